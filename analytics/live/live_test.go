package live_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/analytics/live"
	"github.com/frontdesk-go/frontdesk/frontdesktest"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

var host = frontdesk.Host()

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eachDesk runs a test on a desk over each store.
func eachDesk(t *testing.T, test func(t *testing.T, d *frontdesktest.Desk)) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		test(t, frontdesktest.Open(t, frontdesk.Config{Store: s}))
	})
}

// tea makes a queue of the group tea, with Jonas in it, who takes at most two tickets.
func tea(t testing.TB, d *frontdesktest.Desk) (jonas event.Actor) {
	t.Helper()
	ctx := t.Context()
	must(t, d.People.SaveGroup(ctx, host, &identity.Group{ID: "tea", Name: "Tea"}))
	a := &identity.Agent{ID: "jonas", Name: "Jonas", Groups: []string{"tea"}}
	must(t, d.People.SaveAgent(ctx, host, a))
	must(t, d.Queues.SaveWorker(ctx, host, &queue.Worker{Agent: "jonas", Limit: 2}))
	must(t, d.Queues.Save(ctx, host, &queue.Queue{ID: "tea", Name: "Tea", Groups: []queue.Eligible{{Group: "tea"}}, Amber: 10 * time.Minute, Red: time.Hour}))
	return a.Actor()
}

func now(t testing.TB, d *frontdesktest.Desk, who event.Actor) *live.Snapshot {
	t.Helper()
	n, err := d.Live.Now(t.Context(), who)
	must(t, err)
	return n
}

// of is the queue with this id.
func of(t testing.TB, n *live.Snapshot, id string) *live.Queue {
	t.Helper()
	for i := range n.Queues {
		if n.Queues[i].ID == id {
			return &n.Queues[i]
		}
	}
	t.Fatalf("there is no queue %q among %+v", id, n.Queues)
	return nil
}

func enter(t testing.TB, d *frontdesktest.Desk, who, queue string) string {
	t.Helper()
	id := d.EndUser(who).Begins("Where is my tea?")
	_, err := d.Tickets.AssignQueue(t.Context(), host, id, queue)
	must(t, err)
	return id
}

// Three people ask; one of them is answered, and the others go on waiting.
func TestNow(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *frontdesktest.Desk) {
		jonas := tea(t, d)
		first := enter(t, d, "Ann", "tea")
		d.Advance(4 * time.Minute)
		enter(t, d, "Ben", "tea")
		enter(t, d, "Cem", "tea")
		d.Advance(6 * time.Minute)
		q := of(t, now(t, d, host), "tea")
		if q.Open != 3 || q.Backlog != 3 || q.Wait != 22*time.Minute/3 || q.Front.Waited != 10*time.Minute || q.Front.Colour != queue.Amber || q.Available != 0 || q.Agents != 1 || *q.Capacity != 0 || q.Hour.Created != 3 {
			t.Errorf("with nobody there: %+v", q)
		}
		_, err := d.Queues.SetAvailability(t.Context(), host, "jonas", queue.Available, "")
		must(t, err)
		d.Drain()
		_, _, err = d.Tickets.Reply(t.Context(), jonas, first, ticket.Draft{Text: "It comes tomorrow."})
		must(t, err)
		_, err = d.Tickets.Resolve(t.Context(), jonas, first)
		must(t, err)
		d.Drain()
		n := now(t, d, host)
		q = of(t, n, "tea")
		if q.Open != 2 || q.Backlog != 0 || q.Wait != 0 || q.Front.Colour != queue.Green || q.Available != 1 || *q.Capacity != 0 ||
			q.Hour != (live.Hour{Created: 3, Assigned: 3, FirstResponses: 1, Resolved: 1, FirstResponse: analytics.Value{Number: 600, Known: true}}) {
			t.Errorf("at work: %+v", q)
		}
		if n.Total.Open != 2 || n.Total.Hour.Created != 3 || n.Minutes[49].Created != 1 || n.Minutes[53].Created != 2 || n.Minutes[59].Resolved != 1 {
			t.Errorf("on the whole: %+v, %v", n.Total, n.Minutes)
		}
		want := live.Agent{ID: "jonas", Name: "Jonas", State: queue.Available, Since: d.Now(), Waiting: 2,
			Load: queue.Load{Agent: "jonas", Tickets: 2, Weight: 2, Limit: 2, Channels: []queue.ChannelLoad{{Channel: "chat", Tickets: 2}}}}
		if len(n.Agents) != 1 || !n.Agents[0].Since.Equal(want.Since) {
			t.Fatalf("agents: %+v", n.Agents)
		}
		want.Since = n.Agents[0].Since
		if !reflect.DeepEqual(n.Agents[0], want) {
			t.Errorf("%+v, want %+v", n.Agents[0], want)
		}
		w, err := d.Queues.Worker(t.Context(), "jonas")
		must(t, err)
		w.Limit = 5
		must(t, d.Queues.SaveWorker(t.Context(), host, w))
		d.Drain()
		if q = of(t, now(t, d, host), "tea"); *q.Capacity != 3 {
			t.Errorf("with a higher limit: %v", *q.Capacity)
		}
		d.Advance(time.Hour)
		if q = of(t, now(t, d, host), "tea"); q.Hour != (live.Hour{}) || q.Open != 2 {
			t.Errorf("an hour later: %+v", q)
		}
	})
}

// Who sees only his groups' tickets sees those counted, and who may not look sees nothing.
func TestSight(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *frontdesktest.Desk) {
		ctx := t.Context()
		jonas := tea(t, d)
		must(t, d.People.SaveAgent(ctx, host, &identity.Agent{ID: "lea", Name: "Lea", Role: identity.Supervisor, Groups: []string{"tea"}}))
		lea := event.Actor{Kind: event.Agent, ID: "lea"}
		access, err := d.People.Access(ctx)
		must(t, err)
		access.Supervisor.May = append(access.Supervisor.May, identity.SeeRealTime)
		access.Supervisor.Sees = identity.SeesGroups
		must(t, d.People.SaveAccess(ctx, host, access))
		enter(t, d, "Ann", "tea")
		mine := enter(t, d, "Ben", "tea")
		_, err = d.Tickets.AssignGroup(ctx, host, mine, "tea")
		must(t, err)
		d.Drain()
		if n := now(t, d, host); n.Total.Open != 2 || of(t, n, "tea").Backlog+of(t, n, "default").Backlog != 2 {
			t.Errorf("the host sees %+v", n.Total)
		}
		if n := now(t, d, lea); n.Total.Open != 1 || n.Total.Backlog != 1 {
			t.Errorf("she sees %+v", n.Total)
		}
		_, err = d.Live.Now(ctx, jonas)
		if _, ok := errors.AsType[*identity.PermissionError](err); !ok {
			t.Errorf("an agent sees it: %v", err)
		}
	})
}

// What is read again by what happened is what reading everything gives.
func TestBoardFollows(t *testing.T) {
	t.Parallel()
	d := frontdesktest.New(t) // one for all, as opening it is most of the work
	tea(t, d)
	must(t, d.People.SaveAgent(t.Context(), host, &identity.Agent{ID: "kim", Name: "Kim", Groups: []string{"tea"}}))
	users, all := 0, []string{}
	rapid.Check(t, func(r *rapid.T) {
		var ids []string
		any := func() string { return rapid.SampledFrom(ids).Draw(r, "ticket") }
		agent := func() string { return rapid.SampledFrom([]string{"jonas", "kim"}).Draw(r, "agent") }
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			what := rapid.IntRange(0, 12).Draw(r, "what")
			if len(ids) == 0 {
				what = 0
			}
			var err error // a refused change is one, too
			switch ctx := t.Context(); what {
			case 0, 1:
				users++
				ids = append(ids, enter(t, d, fmt.Sprint("user ", users), "tea"))
				all = append(all, ids[len(ids)-1])
			case 2:
				_, err = d.Queues.SetAvailability(ctx, host, agent(), rapid.SampledFrom([]queue.State{queue.Available, queue.Away, queue.Offline}).Draw(r, "state"), "")
			case 3, 10, 11, 12:
				_, err = d.Tickets.Assign(ctx, host, any(), agent())
			case 4:
				_, err = d.Tickets.Resolve(ctx, host, any())
			case 5:
				_, err = d.Tickets.Snooze(ctx, host, any(), d.Now().Add(time.Hour), "")
			case 6:
				err = d.Queues.SaveWorker(ctx, host, &queue.Worker{Agent: agent(), Limit: float64(rapid.IntRange(1, 3).Draw(r, "limit"))})
			case 7:
				var a *identity.Agent
				if a, err = d.People.Agent(ctx, "kim"); err == nil {
					a.Name, a.Inactive = "Kim 2", rapid.Bool().Draw(r, "inactive")
					err = d.People.SaveAgent(ctx, host, a)
				}
			case 8:
				_, err = d.Queues.Pause(ctx, host, "tea", rapid.Bool().Draw(r, "paused"))
			case 9:
				_, _, err = d.Tickets.Merge(ctx, host, any(), any(), nil)
			}
			_ = err
			d.Drain()
			if rapid.IntRange(0, 2).Draw(r, "look") == 0 {
				continue // more is new next time
			}
			got := now(t, d, host)
			fresh := live.New(d.Live.Parts, &live.Options{Now: d.Now})
			want, err := fresh.Now(t.Context(), host)
			must(t, err)
			if g, w := text(t, got), text(t, want); g != w {
				r.Fatalf("after step %d:\n%s\nwant\n%s", what, g, w)
			}
		}
		// And what is counted is how tickets stand.
		open, backlog := 0, 0
		for _, id := range all {
			tk := d.Ticket(id)
			if tk.Status.Open() {
				open++
			}
			if tk.Backlogged() {
				backlog++
			}
		}
		if n := now(t, d, host); n.Total.Open != open || n.Total.Backlog != backlog {
			r.Fatalf("%d open and %d in the backlog, want %d and %d", n.Total.Open, n.Total.Backlog, open, backlog)
		}
	})
}

func text(t testing.TB, n *live.Snapshot) string {
	b, err := json.MarshalIndent(n.Form(), "", " ")
	must(t, err)
	return string(b)
}
