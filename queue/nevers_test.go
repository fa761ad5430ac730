package queue_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The queues of the desk on which everybody does everything, best rank first, and who is
// in their groups. Nothing but rank, groups, weights and limits says who can take what.
var (
	busyQueues = []string{"first", "second", "third"}
	busyGroups = map[string][]string{"first": {"g0"}, "second": {"g0", "g1"}, "third": {"g1", "g2"}}
)

const (
	busyAgents = 9
	busyLimit  = 2.0
	mailWeight = 0.25
)

func busyAgent(i int) string { return fmt.Sprint("agent", i) }

// groupOf is the group of an agent.
func groupOf(agent string) string {
	return fmt.Sprint("g", int(agent[len(agent)-1]-'0')%3)
}

func serves(agent, q string) bool { return slices.Contains(busyGroups[q], groupOf(agent)) }

func openBusy(t testing.TB, s driver.Store) *desk {
	t.Helper()
	d := openAt(t, s, time.Now)
	for i := range 3 {
		must(t, d.people.SaveGroup(t.Context(), host, &identity.Group{ID: fmt.Sprint("g", i), Name: fmt.Sprint("Group ", i)}))
	}
	for i := range busyAgents {
		a := busyAgent(i)
		must(t, d.people.SaveAgent(t.Context(), host, &identity.Agent{ID: a, Name: a, Groups: []string{groupOf(a)}}))
	}
	for _, q := range busyQueues {
		d.queue(t, q, func(x *queue.Queue) {
			for _, g := range busyGroups[q] {
				x.Groups = append(x.Groups, queue.Eligible{Group: g})
			}
		})
	}
	must(t, d.queues.Rank(t.Context(), host, append(slices.Clone(busyQueues), queue.DefaultQueue)...))
	set := got[*queue.Settings](t)(d.queues.Settings(t.Context()))
	set.Limit, set.Weights = busyLimit, []queue.Weight{{Channel: "email", Weight: mailWeight}}
	must(t, d.queues.SaveSettings(t.Context(), host, set))
	return d
}

// act does something at random. What the desk refuses is no failure.
func (d *desk) act(ctx context.Context, r *rand.Rand) error {
	agent := event.Actor{Kind: event.Agent, ID: busyAgent(r.IntN(busyAgents))}
	if r.IntN(3) == 0 {
		n := ticket.New{EndUser: d.eve, Platform: "webchat", Channel: []string{"chat", "email"}[r.IntN(2)], Queue: busyQueues[r.IntN(3)], Message: &ticket.Draft{Text: "Hello?"}}
		_, err := d.tickets.Create(ctx, n)
		return err
	}
	what, f := r.IntN(16), ticket.Filter{Open: true}
	if what < 9 { // as many are closed as are given by hand
		f.Assignee = agent
	}
	ts, _, err := d.tickets.List(ctx, host, f, "", 40)
	if err != nil || len(ts) == 0 {
		return err
	}
	tk := ts[r.IntN(len(ts))]
	switch what {
	case 0, 1, 2, 3, 4, 5:
		_, err = d.tickets.Resolve(ctx, agent, tk.ID)
	case 6, 7:
		_, _, err = d.tickets.Reply(ctx, agent, tk.ID, ticket.Draft{Text: "Here."})
	case 8:
		_, err = d.tickets.Unassign(ctx, host, tk.ID)
	case 9:
		_, err = d.tickets.Write(ctx, ticket.Inbound{EndUser: d.eve, Ticket: tk.ID, Draft: ticket.Draft{Text: "And now?"}})
	case 10:
		_, err = d.tickets.Take(ctx, agent, tk.ID)
	case 11:
		_, err = d.tickets.AssignQueue(ctx, host, tk.ID, busyQueues[r.IntN(3)])
	case 12:
		_, err = d.tickets.Snooze(ctx, host, tk.ID, time.Now().Add(time.Hour), "")
	default:
		_, err = d.queues.SetAvailability(ctx, host, agent.ID, []queue.State{queue.Available, queue.Available, queue.Away}[r.IntN(3)], fmt.Sprint(r.IntN(9)))
	}
	_, taken := errors.AsType[*ticket.TakenError](err)
	_, transition := errors.AsType[*ticket.TransitionError](err)
	_, merged := errors.AsType[*ticket.MergedError](err)
	if taken || transition || merged {
		return nil
	}
	return err
}

// background runs what a desk runs until stop is called.
func (d *desk) background(t testing.TB) (stop func()) {
	return run(t, d.db.Run, d.events.Run, d.jobs.Run, d.queues.Run)
}

func run(t testing.TB, parts ...func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	for _, part := range parts {
		wg.Go(func() {
			if err := part(ctx); err != nil && ctx.Err() == nil {
				t.Errorf("background work ended: %v", err)
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

// Whatever 64 goroutines do at the same time, the log shows none of the nevers.
func TestNevers(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		d := openBusy(t, s)
		stop := d.background(t)
		enough, most := int64(150), 500
		if d.db.Shared() {
			enough = 40 // where 64 goroutines wait for a few connections
		}
		if testing.Short() {
			enough, most = 20, 100
		}
		decided := d.decisions(t)
		var wg sync.WaitGroup
		for g := range 64 {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(uint64(g), 7))
				for n := 0; n < most && (n < 20 || decided.Load() < enough); n++ {
					if err := d.act(t.Context(), r); err != nil && !errors.Is(err, store.ErrConflict) {
						t.Errorf("act: %v", err)
					}
				}
			})
		}
		wg.Wait()
		stop()
		d.settle(t)
		if n := d.checkLog(t); int64(n) < enough {
			t.Errorf("the engine decided %d times: little was tested", n)
		}
		d.checkEnd(t)
	})
}

// decisions counts what the engine decides from now on, while the background runs.
func (d *desk) decisions(t testing.TB) *atomic.Int64 {
	var n atomic.Int64
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	wg.Go(func() {
		for e, err := range d.events.Tail(ctx, 0) {
			if err != nil {
				return
			}
			var f ticket.Facts
			if e.Type == ticket.Assigned && e.Payload(&f) == nil && f.Decision != nil {
				n.Add(1)
			}
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	return &n
}

// held is what the log says of a ticket.
type heldTicket struct {
	agent, queue string
	status       ticket.Status
	asleep       bool
	intake       bool
	weight       float64
	since        int64 // position of the event since which it waits as it does
	// heavy is the position of the event since which it counts with its agent, and
	// engine says that the engine gave it to him then.
	heavy  int64
	engine bool
}

func (h *heldTicket) load() float64 {
	if h.agent == "" || !h.status.Open() || h.asleep || h.status == ticket.StatusAgentReplied {
		return 0
	}
	return h.weight
}

func (h *heldTicket) waits() bool {
	return h.agent == "" && h.status.Open() && !h.asleep && !h.intake && h.status != ticket.StatusAgentReplied
}

// checkLog reads the whole log, and checks each decision of the engine against what the
// log says up to there. It returns how many there were.
func (d *desk) checkLog(t testing.TB) (decisions int) {
	t.Helper()
	all := map[string]*heldTicket{}
	var order []string
	for at := int64(0); ; {
		es, err := d.events.Since(t.Context(), d.db, at, 200)
		must(t, err)
		if len(es) == 0 {
			return decisions
		}
		for _, e := range es {
			at = e.Position
			if !strings.HasPrefix(e.Type, "ticket.") {
				continue
			}
			var f ticket.Facts
			must(t, e.Payload(&f))
			h := all[e.Subject]
			if h == nil {
				h = &heldTicket{weight: 1, intake: e.Type == ticket.Created}
				if f.Channel == "email" {
					h.weight = mailWeight
				}
				all[e.Subject] = h
				order = append(order, e.Subject)
			}
			if f.Decision != nil && e.Type == ticket.Assigned {
				decisions++
				checkDecision(t, all, order, e, &f, h)
			}
			was, load := h.waits(), h.load()
			if h.take(e, &f); h.waits() && !was {
				h.since = e.Position
			}
			if h.load() > load || f.Decision != nil {
				h.heavy, h.engine = e.Position, f.Decision != nil
			}
		}
	}
}

// take is what an event makes of a ticket.
func (h *heldTicket) take(e *event.Event, f *ticket.Facts) {
	h.status = f.Status
	switch e.Type {
	case ticket.Created:
		h.queue = f.Queue
	case ticket.Admitted:
		h.intake = false
	case ticket.Snoozed:
		h.asleep = true
	case ticket.Woken:
		h.asleep = false
	case ticket.Assigned, ticket.Reopened:
		if f.To.ID != h.agent && h.agent != "" {
			h.heavy, h.engine = e.Position, false
		}
		h.agent = f.To.ID
		if f.Queue != h.queue {
			h.queue, h.since = f.Queue, e.Position
		}
	}
}

func checkDecision(t testing.TB, all map[string]*heldTicket, order []string, e *event.Event, f *ticket.Facts, h *heldTicket) {
	t.Helper()
	why, who := f.Decision, f.To.ID
	if f.From != no || h.agent != "" {
		t.Errorf("at %d ticket %s was given to %s while %s had it", e.Position, e.Subject, who, h.agent)
	}
	if f.Forced || f.Move != ticket.MoveGiven || e.Actor != ticket.Engine() || e.Reason != "queue "+why.Queue || len(why.Candidates) == 0 || why.Candidates[0].Agent != who {
		t.Errorf("at %d: facts %+v, decision %+v, reason %q", e.Position, f, why, e.Reason)
	}
	if !serves(who, why.Queue) && why.Queue != queue.DefaultQueue {
		t.Errorf("at %d: %s isn't in a group of %s", e.Position, who, why.Queue)
	}
	// What came to count behind the position that the engine had read it could not know
	// of, but for what it gave him itself.
	load := 0.0
	for _, id := range order {
		if o := all[id]; o.agent == who && (o.engine || o.heavy <= why.Position) {
			load += o.load()
		}
	}
	if load+why.Weight > busyLimit {
		t.Errorf("at %d (read up to %d) %s carries %v, and got %v more: the limit is %v. It thought %v", e.Position, why.Position, who, load, why.Weight, busyLimit, why.Load)
	}
	// A better-ranked queue had nothing for him: nothing that waited there when the
	// engine had read the log, and waits yet.
	for _, q := range busyQueues {
		if q == why.Queue {
			break
		}
		if !serves(who, q) {
			continue
		}
		for _, id := range order {
			if o := all[id]; o.queue == q && o.waits() && o.since <= why.Position && o.weight <= why.Weight {
				t.Errorf("at %d (read up to %d) %s got a ticket of %s, while %s waits in %s since %d", e.Position, why.Position, who, why.Queue, id, q, o.since)
				return
			}
		}
	}
}

// checkEnd checks that nothing waits that somebody could take, once nothing happens any
// more.
func (d *desk) checkEnd(t testing.TB) {
	t.Helper()
	loads, free := map[string]float64{}, map[string]bool{}
	weight := func(tk *ticket.Ticket) float64 {
		if tk.Channel == "email" {
			return mailWeight
		}
		return 1
	}
	for i := range busyAgents {
		a := busyAgent(i)
		free[a] = got[*queue.Availability](t)(d.queues.Availability(t.Context(), a)).State == queue.Available
		must(t, d.db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for tk, err := range ticket.HeldBy(ctx, tx, a) {
				if err != nil {
					return err
				}
				if tk.Snoozed == nil && tk.Status != ticket.StatusAgentReplied {
					loads[a] += weight(tk)
				}
			}
			return nil
		}))
	}
	for _, q := range busyQueues {
		for after, more := "", true; more; more = after != "" {
			must(t, d.db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				ts, next, err := ticket.Backlog(ctx, tx, q, after, 200)
				after = next
				for _, tk := range ts {
					for a, ok := range free {
						if ok && serves(a, q) && loads[a]+weight(tk) <= busyLimit {
							t.Errorf("ticket %d waits in %s, and %s, who carries %v, could take it", tk.Number, q, a, loads[a])
						}
					}
				}
				return err
			}))
		}
	}
}
