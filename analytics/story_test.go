package analytics_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// story is a desk on which things happen as numbers say, and its clock.
type story struct {
	*frontdesk.Desk
	t       testing.TB
	now     time.Time
	users   []string
	tickets []string
	article string
}

// began is where stories begin: a few days before the clocks of New York and Lord Howe move.
var began = time.Date(2026, 3, 27, 9, 7, 13, 250_000_000, time.UTC)

var storyAgents = []string{"ann", "bob", "cid"}

func actorOf(agent string) event.Actor { return event.Actor{Kind: event.Agent, ID: agent} }

// tell opens a desk and furnishes it.
func tell(t testing.TB, s driver.Store) *story {
	t.Helper()
	y := &story{t: t, now: began}
	var err error
	y.Desk, err = frontdesk.Open(t.Context(), frontdesk.Config{Store: s, Now: func() time.Time { return y.now }, Random: rand.NewChaCha8([32]byte{3})})
	must(t, err)
	t.Cleanup(func() { must(t, y.Close()) })
	ctx, host := t.Context(), frontdesk.Host()
	must(t, y.People.SaveAgent(ctx, host, &identity.Agent{ID: "boss", Name: "Boss", Role: identity.Admin}))
	for _, id := range []string{"red", "blue"} {
		must(t, y.People.SaveTeam(ctx, host, &identity.Team{ID: id, Name: id, Supervisor: "boss"}))
	}
	must(t, y.People.SaveGroup(ctx, host, &identity.Group{ID: "crew", Name: "Crew"}))
	for i, id := range storyAgents {
		a := &identity.Agent{ID: id, Name: id, Groups: []string{"crew"}}
		if i > 0 {
			a.Team = "red"
		}
		must(t, y.People.SaveAgent(ctx, host, a))
	}
	must(t, y.Queues.Save(ctx, host, &queue.Queue{ID: "vip", Name: "VIP"}))
	set, err := y.Queues.Settings(ctx)
	must(t, err)
	set.Manual = true
	must(t, y.Queues.SaveSettings(ctx, host, set))
	for _, tag := range []string{"one", "two"} {
		must(t, y.Tickets.SaveTag(ctx, host, &ticket.Tag{Name: tag}))
	}
	must(t, y.Tickets.SavePolicy(ctx, host, &ticket.Policy{Name: "All", First: 2 * time.Hour, Next: 3 * time.Hour, Resolution: 10 * time.Hour}))
	y.bots()
	y.articles()
	for _, name := range []string{"Eve", "Tom"} {
		u, err := y.People.Save(ctx, host, identity.Profile{UserID: name, Name: name})
		must(t, err)
		y.users = append(y.users, u.ID)
	}
	y.drain()
	return y
}

func (y *story) bots() {
	ctx, host := y.t.Context(), frontdesk.Host()
	say := flow.Text{"": "Is it solved?"}
	f := &flow.Flow{Steps: []flow.Step{
		{ID: "q", Ask: &flow.Ask{Text: say, As: flow.YesNo, Yes: "done", No: "person"}},
		{ID: "done", Resolve: &flow.Resolve{Text: flow.Text{"": "Good."}}},
		{ID: "person", HandOff: &flow.HandOff{Queue: "vip"}},
	}}
	must(y.t, y.Bots.Save(ctx, host, &bot.Bot{ID: "helper", Name: "Helper", Draft: f}))
	_, err := y.Bots.Publish(ctx, host, "helper")
	must(y.t, err)
}

func (y *story) articles() {
	ctx, host := y.t.Context(), frontdesk.Host()
	c := &faq.Section{App: ticket.DefaultApp, Names: []faq.Localised{{Text: "All"}}}
	must(y.t, y.FAQ.SaveSection(ctx, host, c))
	a := &faq.Article{Section: c.ID}
	must(y.t, y.FAQ.SaveArticle(ctx, host, a))
	_, err := y.FAQ.SaveDraft(ctx, host, &faq.Draft{Article: a.ID, Language: "en", Content: faq.Content{Title: "Terms", Body: "They stay."}})
	must(y.t, err)
	_, err = y.FAQ.Publish(ctx, host, a.ID, "en")
	must(y.t, err)
	y.article = a.ID
}

func (y *story) drain() {
	y.t.Helper()
	_, err := y.Drain(y.t.Context())
	must(y.t, err)
}

// later moves the clock.
func (y *story) later(by time.Duration) { y.now = y.now.Add(by) }

// happen does the act of a number, with something of each kind that other numbers choose.
// That it is refused is no failure: not everything can be done to every ticket.
func (y *story) happen(act, which, who, n int) {
	ctx, host := y.t.Context(), frontdesk.Host()
	agent := storyAgents[who%len(storyAgents)]
	user := y.users[which%len(y.users)]
	id := ""
	if len(y.tickets) > 0 {
		id = y.tickets[which%len(y.tickets)]
	}
	acts := y.acts(ctx, id, user, agent, n)
	if acts[act%len(acts)] != nil && (id != "" || act%len(acts) < 6) {
		_ = acts[act%len(acts)](host)
	}
}

// numberOfActs is how many there are.
const numberOfActs = 36

func drop[T any](_ T, err error) error { return err }

func (y *story) acts(ctx context.Context, id, user, agent string, n int) []func(host event.Actor) error {
	type h = event.Actor
	me, him := actorOf(agent), event.Actor{Kind: event.EndUser, ID: user}
	s := y.Tickets
	view := faq.Viewer{Actor: him, App: ticket.DefaultApp, Platform: "webchat"}
	languages := []string{"en", "de", ""}
	create := func(h) error {
		in := ticket.Inbound{EndUser: user, Platform: []string{"webchat", "ios"}[n%2], Channel: "chat", Fresh: true, Language: languages[n%3], Draft: ticket.Draft{Text: "Help!"}}
		if n%4 == 0 {
			in.Tags = []string{"one"}
		}
		w, err := s.Write(ctx, in)
		if err == nil {
			y.tickets = append(y.tickets, w.Ticket.ID)
		}
		return err
	}
	write := func(h) error {
		tk, err := s.Get(ctx, frontdesk.Host(), id)
		if err != nil {
			return err
		}
		text := []string{"Hello?", "yes", "no"}[n%3]
		w, err := s.Write(ctx, ticket.Inbound{EndUser: tk.EndUser, Ticket: id, Platform: tk.Platform, Channel: "chat", Draft: ticket.Draft{Text: text}})
		if err == nil && !slices.Contains(y.tickets, w.Ticket.ID) {
			y.tickets = append(y.tickets, w.Ticket.ID)
		}
		return err
	}
	owner := func() event.Actor {
		tk, err := s.Get(ctx, frontdesk.Host(), id)
		if err != nil {
			return him
		}
		return event.Actor{Kind: event.EndUser, ID: tk.EndUser}
	}
	edit := func(e ticket.Edit) func(h) error { return func(h h) error { return drop(s.Edit(ctx, h, id, e)) } }
	resolve := func(by event.Actor) func(h) error { return func(h) error { return drop(s.Resolve(ctx, by, id)) } }
	state := func(to queue.State) func(h) error {
		return func(h h) error { return drop(y.Queues.SetAvailability(ctx, h, agent, to, "")) }
	}
	reply := func(by event.Actor, reopen bool) func(h) error {
		return func(h) error {
			_, _, err := s.Reply(ctx, by, id, ticket.Draft{Text: "Here.", Reopen: reopen})
			return err
		}
	}
	return []func(h) error{
		create, create,
		func(h h) error { return y.FAQ.View(ctx, view, y.article, "") },
		func(h h) error { return drop(y.FAQ.Searched(ctx, view, "terms", n%2)) },
		func(h h) error {
			return y.FAQ.Vote(ctx, view, y.article, faq.Feedback{Opinion: []faq.Opinion{faq.Helpful, faq.Unhelpful, faq.NoOpinion}[n%3]})
		},
		state(queue.Available),
		state([]queue.State{queue.Away, queue.Offline}[n%2]),
		write, write, write,
		reply(me, false), reply(me, false), reply(me, n%2 == 0),
		reply(event.Actor{Kind: event.Automation, ID: "rule"}, false),
		func(h) error { return drop(s.Assign(ctx, me, id, agent)) },
		func(h h) error { return drop(s.Assign(ctx, h, id, agent)) },
		func(h h) error { return drop(s.AssignQueue(ctx, h, id, []string{"vip", queue.DefaultQueue}[n%2])) },
		func(h h) error { return drop(s.AssignGroup(ctx, h, id, "crew")) },
		func(h h) error { return drop(s.AssignBot(ctx, h, id, "helper")) },
		func(h h) error { return drop(s.AssignBot(ctx, h, id, "helper")) },
		func(h h) error { return drop(s.Unassign(ctx, h, id)) },
		resolve(me), resolve(me),
		func(h) error { return drop(s.Resolve(ctx, owner(), id)) },
		resolve([]event.Actor{{Kind: event.Automation, ID: "rule"}, {Kind: event.Bot, ID: "helper"}, frontdesk.Host()}[n%3]),
		func(h) error { return drop(s.Reject(ctx, me, id)) },
		func(h) error { return drop(s.Reopen(ctx, me, id)) },
		func(h) error { return drop(s.Confirm(ctx, owner(), id, n%2 == 0)) },
		func(h) error { return drop(s.Rate(ctx, owner(), id, n%5+1, "")) },
		func(h) error { return drop(s.Rate(ctx, owner(), id, (n+2)%5+1, "")) },
		edit(ticket.Edit{Label: &ticket.Label{Name: []string{"refund", "parcel", ""}[n%3], Source: "agent"}}),
		edit([]ticket.Edit{{AddTags: []string{"one"}}, {AddTags: []string{"two"}}, {RemoveTags: []string{"one"}}}[n%3]),
		func(h h) error {
			if n%3 == 0 {
				return drop(s.Wake(ctx, h, id))
			}
			return drop(s.Snooze(ctx, h, id, y.now.Add(time.Duration(n+1)*time.Hour), ""))
		},
		func(h h) error {
			return drop2(s.Merge(ctx, h, id, y.tickets[n%len(y.tickets)], &ticket.MergeOptions{Abroad: n%4 == 0}))
		},
		func(h h) error {
			if n%2 == 0 {
				return drop2(s.Unmerge(ctx, h, id))
			}
			return drop2(s.Split(ctx, h, id, []int64{2}, "Another"))
		},
		func(h h) error { return y.settle(ctx, h, agent, n) },
	}
}

func drop2[T any](_, _ T, err error) error { return err }

// settle changes settings that figures go by: hours, and teams.
func (y *story) settle(ctx context.Context, host event.Actor, agent string, n int) error {
	switch n % 3 {
	case 0:
		a, err := y.People.Agent(ctx, agent)
		if err != nil {
			return err
		}
		a.Team = []string{"", "red", "blue"}[n/3%3]
		return y.People.SaveAgent(ctx, host, a)
	case 1:
		id := []string{ticket.DeskCalendar, "late"}[n/3%2]
		c, err := y.Tickets.Calendar(ctx, id)
		if err != nil {
			c = &ticket.Calendar{ID: id, Name: id}
		}
		c.Hours = hours.Plan{Zone: "America/New_York", Week: hours.Daily(hours.Interval{From: []string{"09:00", "13:30"}[n/6%2], To: "18:00"})}
		return y.Tickets.SaveCalendar(ctx, host, c)
	}
	q, err := y.Queues.Queue(ctx, "vip")
	if err != nil {
		return err
	}
	q.Calendar = []string{"", "late"}[n/3%2]
	return y.Queues.Save(ctx, host, q)
}

// log is all that happened.
func (y *story) log() (all []*event.Event) {
	y.t.Helper()
	for {
		var after int64
		if len(all) > 0 {
			after = all[len(all)-1].Position
		}
		es, err := y.Events.Since(y.t.Context(), y.DB, after, 500)
		must(y.t, err)
		if len(es) == 0 {
			return all
		}
		all = append(all, es...)
	}
}

// ordinary is what every day has: an answer at once, which the end user doesn't take for a
// solution; a bot that helps; and one that the host resolves.
func (y *story) ordinary() {
	ctx, host := y.t.Context(), frontdesk.Host()
	begin := func() string {
		w, err := y.Tickets.Write(ctx, ticket.Inbound{EndUser: y.users[0], Platform: "webchat", Fresh: true, Draft: ticket.Draft{Text: "Hm?"}})
		must(y.t, err)
		y.drain()
		y.later(7 * time.Minute)
		return w.Ticket.ID
	}
	answered, helped, closed := begin(), begin(), begin()
	_, _, err := y.Tickets.Reply(ctx, actorOf("bob"), answered, ticket.Draft{Text: "So."})
	must(y.t, err)
	must(y.t, drop(y.Tickets.Resolve(ctx, actorOf("bob"), answered)))
	must(y.t, drop(y.Tickets.Confirm(ctx, event.Actor{Kind: event.EndUser, ID: y.users[0]}, answered, false)))
	must(y.t, drop(y.Tickets.AssignBot(ctx, host, helped, "helper")))
	y.drain()
	must(y.t, drop(y.Tickets.Write(ctx, ticket.Inbound{EndUser: y.users[0], Ticket: helped, Platform: "webchat", Draft: ticket.Draft{Text: "yes"}})))
	must(y.t, drop(y.Tickets.Resolve(ctx, host, closed)))
	y.drain()
}
