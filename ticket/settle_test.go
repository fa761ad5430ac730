package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// answered is a ticket that an agent has, answered and resolved.
func (d *desk) settled(t testing.TB, s string) *ticket.Ticket {
	t.Helper()
	tk := d.fresh(t, s)
	d.reply(t, ann, tk.ID, "Here it is.")
	return did2(t)(d.tickets.Resolve(t.Context(), ann, tk.ID))
}

// platform changes the settings of the tests' platform.
func (d *desk) platform(t testing.TB, change func(*ticket.Platform)) {
	t.Helper()
	app, err := d.tickets.App(t.Context(), ticket.DefaultApp)
	must(t, err)
	p, err := app.Platform("webchat")
	must(t, err)
	change(p)
	must(t, d.tickets.SaveApp(t.Context(), host, app))
}

func TestResolutionIsAccepted(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.settled(t, "Where is it?")
		r := tk.Resolution
		if r.Answer != ticket.Asked || r.By != ann || r.Assignee != ann || !r.Until.Equal(start.Add(3*24*time.Hour)) || !r.Survey.Asked.IsZero() {
			t.Fatalf("resolution %+v", r)
		}
		_, err := d.tickets.Rate(t.Context(), d.user(), tk.ID, 5, "")
		is(t, err, ticket.ErrNotAsked)
		d.clock.forward(time.Hour)
		tk = did2(t)(d.tickets.Confirm(t.Context(), d.user(), tk.ID, true))
		v := tk.Resolution.Survey
		if tk.Resolution.Answer != ticket.Accepted || !v.Asked.Equal(start.Add(time.Hour)) || !v.Until.Equal(start.Add(time.Hour+365*24*time.Hour)) || tk.Status != ticket.StatusResolved {
			t.Errorf("resolution %+v", tk.Resolution)
		}
		head := d.head(t)
		did2(t)(d.tickets.Confirm(t.Context(), d.user(), tk.ID, true))
		d.unchanged(t, tk, head)
		_, err = d.tickets.Confirm(t.Context(), d.user(), tk.ID, false)
		is(t, err, ticket.ErrNotAsked)
		// It has ended the conversation: the next message begins another one.
		if w := d.write(t, tk.ID, "One more thing."); w.Ticket.ID == tk.ID || w.Ticket.FollowUpOf() != tk.ID {
			t.Errorf("the message is on %+v", w.Ticket)
		}
		d.step(t)
		if v := d.get(t, tk.ID).Resolution.Survey; !v.Void {
			t.Error("a new ticket leaves the survey open")
		}
		_, err = d.tickets.Rate(t.Context(), d.user(), tk.ID, 5, "")
		is(t, err, ticket.ErrNotAsked)
	})
}

func TestResolutionIsRejected(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.policy(t, ticket.ReopenPolicy{}) // never
		tk := d.settled(t, "Where is it?")
		tk = did2(t)(d.tickets.Confirm(t.Context(), d.user(), tk.ID, false))
		if tk.Resolution.Answer != ticket.SaidNo || tk.Status != ticket.StatusResolved || !tk.Resolution.Survey.Asked.IsZero() {
			t.Errorf("%s, %+v", tk.Status, tk.Resolution)
		}
		w := d.write(t, tk.ID, "It isn't here.")
		if w.Ticket.ID != tk.ID || w.Ticket.Status != ticket.StatusWaitingForAgent || w.Ticket.Assignee != ann || w.Ticket.Reopened != 1 {
			t.Errorf("the message is on %+v", w.Ticket)
		}
		// Resolved again it is asked again.
		if tk = did2(t)(d.tickets.Resolve(t.Context(), bob, tk.ID)); tk.Resolution.Answer != ticket.Asked || tk.Resolution.By != bob {
			t.Errorf("resolution %+v", tk.Resolution)
		}
	})
}

func TestQuestionExpires(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.platform(t, func(p *ticket.Platform) { p.QuestionTime = time.Hour })
		tk := d.settled(t, "Where is it?")
		d.clock.forward(time.Hour - time.Microsecond)
		if d.step(t); d.get(t, tk.ID).Resolution.Answer != ticket.Asked {
			t.Error("it expires too early")
		}
		d.clock.forward(time.Microsecond)
		_, err := d.tickets.Confirm(t.Context(), d.user(), tk.ID, true)
		is(t, err, ticket.ErrNotAsked)
		d.step(t)
		if tk = d.get(t, tk.ID); tk.Resolution.Answer != ticket.Expired || !tk.Resolution.Survey.Asked.IsZero() {
			t.Errorf("resolution %+v", tk.Resolution)
		}
		if w := d.write(t, tk.ID, "Hello?"); w.Ticket.ID != tk.ID { // the window of 7 days
			t.Error("an expired question keeps the ticket from being reopened")
		}
	})
}

// Where nothing is asked about the solution, the survey comes at once; and to
// nobody who was rejected, merged or has no survey on his platform.
func TestSurveyWithoutQuestion(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.platform(t, func(p *ticket.Platform) { p.AskResolved, p.SurveyTime = false, time.Hour })
		tk := d.settled(t, "Where is it?")
		if !tk.Resolution.Survey.Open(start) || tk.Resolution.Answer != ticket.NotAsked {
			t.Fatalf("resolution %+v", tk.Resolution)
		}
		for _, score := range []int{0, 6, -1} {
			_, err := d.tickets.Rate(t.Context(), d.user(), tk.ID, score, "")
			refuses(t, err, "score")
		}
		_, err := d.tickets.Rate(t.Context(), d.user(), tk.ID, 1, strings.Repeat("ü", ticket.MaxComment+1))
		refuses(t, err, "comment")
		for _, who := range []event.Actor{ann, bot, rule} {
			_, err = d.tickets.Rate(t.Context(), who, tk.ID, 5, "")
			forbidden(t, err)
			_, err = d.tickets.Confirm(t.Context(), who, tk.ID, true)
			forbidden(t, err)
		}
		did2(t)(d.tickets.Rate(t.Context(), d.user(), tk.ID, 1, strings.Repeat("ü", ticket.MaxComment)))
		d.clock.forward(time.Hour - time.Microsecond)
		tk = did2(t)(d.tickets.Rate(t.Context(), d.user(), tk.ID, 5, " Found it! "))
		if v := tk.Resolution.Survey; v.Score != 5 || v.Comment != "Found it!" || !v.Rated.Equal(d.clock.now()) {
			t.Errorf("survey %+v", v)
		}
		var scores []int
		for _, e := range d.eventsOf(t, tk.ID) {
			var f ticket.Facts
			must(t, e.Payload(&f))
			if e.Type == ticket.Rated {
				scores = append(scores, f.Score)
				if f.To != ann || f.By != ann {
					t.Errorf("facts %+v", f)
				}
			}
		}
		if !slices.Equal(scores, []int{1, 5}) {
			t.Errorf("events with scores %v", scores)
		}
		d.clock.forward(time.Microsecond)
		_, err = d.tickets.Rate(t.Context(), d.user(), tk.ID, 4, "")
		is(t, err, ticket.ErrNotAsked)
	})
}

func TestWhoIsNotAsked(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		own := did2(t)(d.tickets.Resolve(t.Context(), d.user(), d.fresh(t, "Never mind.").ID))
		if own.Resolution.Answer != ticket.NotAsked || !own.Resolution.Survey.Open(start) {
			t.Errorf("who resolved himself is asked %+v", own.Resolution)
		}
		if w := d.write(t, own.ID, "But now."); w.Ticket.ID != own.ID || !w.Ticket.Resolution.Survey.Void {
			t.Errorf("his message is on %s, survey %+v", w.Ticket.ID, w.Ticket.Resolution)
		}
		spam := did2(t)(d.tickets.Reject(t.Context(), ann, d.fresh(t, "Buy!").ID))
		_, err := d.tickets.Confirm(t.Context(), d.user(), spam.ID, true)
		is(t, err, ticket.ErrNotAsked)
		_, err = d.tickets.AskRating(t.Context(), rule, spam.ID)
		if err == nil {
			t.Error("a rejected ticket is rated")
		}
		d.platform(t, func(p *ticket.Platform) { p.AskResolved, p.CSAT = false, false })
		quiet := d.settled(t, "Quiet.")
		if !quiet.Resolution.Survey.Asked.IsZero() {
			t.Error("a platform without surveys asks")
		}
		// A rule asks all the same, once.
		asked := did2(t)(d.tickets.AskRating(t.Context(), rule, quiet.ID))
		if !asked.Resolution.Survey.Open(start) {
			t.Errorf("resolution %+v", asked.Resolution)
		}
		head := d.head(t)
		did2(t)(d.tickets.AskRating(t.Context(), rule, quiet.ID))
		d.unchanged(t, asked, head)
		_, err = d.tickets.AskRating(t.Context(), d.user(), quiet.ID)
		forbidden(t, err)
	})
}

// A rating stays when the conversation goes on, and can't be changed then.
func TestReopeningClosesTheSurvey(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.platform(t, func(p *ticket.Platform) { p.AskResolved = false })
		tk := d.settled(t, "Where is it?")
		did2(t)(d.tickets.Rate(t.Context(), d.user(), tk.ID, 4, ""))
		d.write(t, tk.ID, "Wait.")
		if v := d.get(t, tk.ID).Resolution.Survey; v.Score != 4 || !v.Void {
			t.Errorf("survey %+v", v)
		}
		_, err := d.tickets.Rate(t.Context(), d.user(), tk.ID, 5, "")
		is(t, err, ticket.ErrNotAsked)
		if slices.Contains(d.history(t, tk.ID), ticket.RatingVoid) {
			t.Error("an answered survey is told to be void")
		}
		// A rating that was given isn't void by a new ticket, only an open survey is.
		rated, open := d.settled(t, "a"), d.settled(t, "b")
		did2(t)(d.tickets.Rate(t.Context(), d.user(), rated.ID, 4, ""))
		d.clock.forward(time.Minute)
		d.fresh(t, "c")
		d.step(t)
		if d.get(t, rated.ID).Resolution.Survey.Void || !d.get(t, open.ID).Resolution.Survey.Void {
			t.Error("a new ticket closes the wrong surveys")
		}
	})
}

// Each target of the policy, and where it leads when it is gone.
func TestReopenTargets(t *testing.T) {
	there := map[ticket.Place]bool{{Queue: "first"}: true, {Queue: "named"}: true, {Bot: "greeter"}: true}
	for name, c := range map[string]struct {
		policy ticket.ReopenPolicy
		gone   []ticket.Place
		queue  string
		who    event.Actor
	}{
		"the last agent":              {ticket.ReopenPolicy{To: ticket.ToLastAgent}, nil, "second", ann},
		"the original queue":          {ticket.ReopenPolicy{To: ticket.ToOriginalQueue}, nil, "first", event.Actor{}},
		"the original queue is gone":  {ticket.ReopenPolicy{To: ticket.ToOriginalQueue}, []ticket.Place{{Queue: "first"}}, "", event.Actor{}},
		"a named queue":               {ticket.ReopenPolicy{To: ticket.ToQueue, Queue: "named"}, nil, "named", event.Actor{}},
		"a named queue is gone":       {ticket.ReopenPolicy{To: ticket.ToQueue, Queue: "named"}, []ticket.Place{{Queue: "named"}}, "first", event.Actor{}},
		"a named queue and the first": {ticket.ReopenPolicy{To: ticket.ToQueue, Queue: "named"}, []ticket.Place{{Queue: "named"}, {Queue: "first"}}, "", event.Actor{}},
		"a bot":                       {ticket.ReopenPolicy{To: ticket.ToBot, Bot: "greeter"}, nil, "second", bot},
		"a bot is unpublished":        {ticket.ReopenPolicy{To: ticket.ToBot, Bot: "greeter"}, []ticket.Place{{Bot: "greeter"}}, "first", event.Actor{}},
		"the default queue":           {ticket.ReopenPolicy{To: ticket.ToDefaultQueue}, nil, "", event.Actor{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openMemory(t, &ticket.Options{Exists: existing(there, c.gone)})
			c.policy.Window = -1
			d.policy(t, c.policy)
			tk := d.ask(t)
			did2(t)(d.tickets.AssignQueue(t.Context(), host, tk.ID, "first"))
			did2(t)(d.tickets.AssignQueue(t.Context(), host, tk.ID, "second"))
			d.reply(t, ann, tk.ID, "Here.")
			did2(t)(d.tickets.Resolve(t.Context(), ann, tk.ID))
			got := d.write(t, tk.ID, "Hm.").Ticket
			if got.ID != tk.ID || got.Queue != c.queue || got.Assignee != c.who {
				t.Errorf("it is in %q, %s has it", got.Queue, got.Assignee)
			}
		})
	}
}

// The timer of a question that was asked before doesn't end the next one.
func TestQuestionHasItsOwnTimer(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.platform(t, func(p *ticket.Platform) { p.AskResolved = true })
		tk := d.settled(t, "1")
		day := 24 * time.Hour
		d.clock.forward(day)
		did2(t)(d.tickets.Reopen(t.Context(), ann, tk.ID))
		did2(t)(d.tickets.Resolve(t.Context(), ann, tk.ID))
		for _, c := range []struct {
			after time.Duration
			want  ticket.Answer
		}{{ticket.DefaultQuestionTime - day, ticket.Asked}, {day - time.Microsecond, ticket.Asked}, {time.Microsecond, ticket.Expired}} {
			d.clock.forward(c.after)
			d.step(t)
			if got := d.get(t, tk.ID).Resolution.Answer; got != c.want {
				t.Errorf("at %v it is %q, want %q", d.clock.now(), got, c.want)
			}
		}
	})
}

// A new ticket ends the surveys that are older, of its app, and not answered; no
// others.
func TestWhichSurveysANewTicketEnds(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.platform(t, func(p *ticket.Platform) { p.AskResolved, p.CSAT = false, true })
		must(t, d.tickets.SaveApp(t.Context(), host, ticket.NewApp("game", "Game")))
		later := d.fresh(t, "2")
		d.step(t)
		d.clock.forward(time.Minute)
		rated, asked := d.settled(t, "1"), d.fresh(t, "3")
		did2(t)(d.tickets.Rate(t.Context(), d.user(), rated.ID, 4, ""))
		d.step(t)
		d.clock.forward(time.Minute)
		did2(t)(d.tickets.Resolve(t.Context(), ann, asked.ID))
		d.clock.forward(time.Minute)
		other := d.inbound("", "In another app.")
		other.App, other.Fresh = "game", true
		_, err := d.tickets.Write(t.Context(), other)
		must(t, err)
		d.step(t)
		if d.get(t, asked.ID).Resolution.Survey.Void {
			t.Error("a ticket of another app ends the survey")
		}
		d.clock.forward(time.Minute)
		d.fresh(t, "4")
		d.clock.forward(time.Minute)
		d.reply(t, ann, later.ID, "2!")
		did2(t)(d.tickets.Resolve(t.Context(), ann, later.ID))
		d.step(t)
		for id, void := range map[string]bool{rated.ID: false, later.ID: false, asked.ID: true} {
			if got := d.get(t, id); got.Resolution.Survey.Void != void {
				t.Errorf("survey of ticket %d: %+v", got.Number, got.Resolution.Survey)
			}
		}
		did2(t)(d.tickets.Rate(t.Context(), d.user(), rated.ID, 5, ""))
	})
}
