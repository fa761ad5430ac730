package queue

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// assigner gives tickets to agents: one of a desk, elected by a lease where processes
// share a store.
type assigner struct {
	turn  chan struct{} // holds one while a goroutine is at it
	s     *Service
	lease lease
	b     *board // nil: it has to be made
	at    int64  // position of the log up to which the board has come
	group int    // how many decisions are written at a time, less after that was too much
	// own are the tickets that this process gave to agents, and their revisions from
	// then: it knows what the log will say of that.
	own map[string]int64
	// barred are tickets that couldn't be given for a reason of their own, as a hook
	// that refuses it: as they were, and until when they aren't tried again. Others go on.
	barred map[string]bar
}

type bar struct {
	card  card
	until time.Time
}

// barredFor is how long a ticket isn't tried again, unless it changes.
const barredFor = time.Minute

const (
	eventsAtOnce = 256
	// decisionsAtOnce is how many decisions are written together at most: where one
	// process owns the store, which has no other writer to get in the way of, what a
	// transaction takes to become durable is shared by more.
	decisionsAtOnce = 64
	decisionsAlone  = 256
	readAtOnce      = 500
	// lookBack is how many of the newest events say, at the start, when agents last
	// worked on a ticket.
	lookBack = 2000
)

// step does what is there to be done, and says whether it did anything.
func (a *assigner) step(ctx context.Context) (did bool, err error) {
	mine, err := a.lease.held(ctx, a.s.now())
	if err != nil || !mine {
		a.b = nil
		return false, err
	}
	if a.lease.fresh || a.b != nil && a.clockWentBack() {
		a.b, a.lease.fresh = nil, false
	}
	if a.b == nil {
		a.own, a.barred = map[string]int64{}, map[string]bar{}
		if err := a.read(ctx); err != nil {
			if a.lease.lost(err) {
				err = nil
			}
			return false, err
		}
	}
	more, full, err := a.follow(ctx)
	if err != nil {
		return did, fmt.Errorf("follow the log: %w", err)
	}
	if a.b == nil || full {
		return true, nil // it decides when it knows all that has happened
	}
	a.b.advance(a.s.now().UnixMicro())
	if err := a.unbar(ctx); err != nil {
		return did, err
	}
	owed, err := a.discharge(ctx)
	if err != nil {
		return did, err
	}
	ds := a.b.settle(a.group)
	if len(ds) > 0 {
		if err := a.write(ctx, ds); err != nil {
			return did, fmt.Errorf("assign: %w", err)
		}
	}
	did = did || more || owed || len(ds) > 0
	if !did || a.lease.late() {
		err = a.lease.report(ctx, a.at, a.nextMoment())
	}
	return did, err
}

// nextMoment is when there will be something to do, if nothing happens before.
func (a *assigner) nextMoment() time.Time {
	var next time.Time
	if a.b == nil {
		return next
	}
	if at := a.b.nextMoment(); at > 0 {
		next = time.UnixMicro(at).UTC()
	}
	for _, x := range a.barred {
		if next.IsZero() || x.until.Before(next) {
			next = x.until
		}
	}
	return next
}

// clockWentBack says that the board is ahead of the clock, which was set right: its
// timers are wrong then.
func (a *assigner) clockWentBack() bool {
	return a.b.now-a.s.now().UnixMicro() > time.Second.Microseconds()
}

// follow takes over what happened since the board was last looked at: at most a page,
// and full says that it was one.
func (a *assigner) follow(ctx context.Context) (more, full bool, err error) {
	var news news
	err = a.s.root.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		es, err := a.s.events.Since(ctx, tx, a.at, eventsAtOnce)
		if full = len(es) == eventsAtOnce; err != nil || len(es) == 0 {
			return err
		}
		if news, err = newsOf(es, a.own); err != nil {
			return err
		}
		return a.s.readNews(ctx, tx, &news, a.b)
	})
	if err != nil || news.last == 0 {
		return false, false, err
	}
	if news.anew {
		a.b = nil // settings that the board can't take over as it is
		return true, false, nil
	}
	a.take(&news)
	a.at = news.last
	return true, full, nil
}

// refresh reads tickets and agents anew.
func (a *assigner) refresh(ctx context.Context, n *news) error {
	err := a.s.root.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		n.cards, n.gone, n.posts = nil, nil, nil
		return a.s.readNews(ctx, tx, n, a.b)
	})
	if err != nil {
		a.b = nil
		return err
	}
	a.take(n)
	return nil
}

// unbar tries tickets again that were barred.
func (a *assigner) unbar(ctx context.Context) error {
	var n news
	for id, x := range a.barred {
		if !x.until.After(a.s.now()) {
			delete(a.barred, id)
			n.tickets = append(n.tickets, id)
		}
	}
	if len(n.tickets) == 0 {
		return nil
	}
	return a.refresh(ctx, &n)
}

// take puts news on the board. A ticket that is barred stays off it as long as it is
// what it was.
func (a *assigner) take(n *news) {
	for i, c := range n.cards {
		x, ok := a.barred[c.id]
		if !ok {
			continue
		}
		if x.card.same(&c) {
			n.cards[i] = card{id: c.id}
		} else {
			delete(a.barred, c.id)
		}
	}
	n.take(a.b)
}

// discharge does what the board alone can't.
func (a *assigner) discharge(ctx context.Context) (did bool, err error) {
	duties := a.b.duties
	a.b.duties = nil
	for _, d := range duties {
		var err error
		switch d.kind {
		case escalate:
			q := d.row.line.q
			_, err = a.s.tickets.EscalateWaiting(ctx, d.row.id, d.row.queue, q.Escalate.To)
		case expire:
			err = a.s.tickets.ExpireOffer(ctx, d.row.id)
		case withdraw:
			err = a.s.tickets.WithdrawOffer(ctx, d.row.id, d.row.agent)
		case idle:
			if !a.b.inactive(d.seat) {
				continue // he has worked since
			}
			err = a.s.lapse(ctx, d.seat.id, time.UnixMicro(d.seat.since).UTC(), Away, WhyInactivity)
		}
		if err != nil && ownFault(ctx, err) {
			a.s.log.WarnContext(ctx, "the queues' engine can't do what is due", "what", string(d.kind), "error", err)
			a.b.again(d, barredFor)
			continue
		}
		if err == nil {
			a.b.again(d, time.Second)
		}
		if err != nil {
			a.b = nil // and with it what else was owed
			return true, fmt.Errorf("%s: %w", d.kind, err)
		}
	}
	return len(duties) > 0, nil
}

// news is what events say has changed.
type news struct {
	last     int64 // position
	tickets  []string
	agents   []string
	settings bool
	worked   map[string]int64 // when agents worked on a ticket

	cards []card
	gone  []string
	posts []post
	set   *Settings
	rungs []rung
	anew  bool
}

// newsOf sorts events by what has to be read anew. Those that tell what this process
// did itself, by subject and revision, are no news.
func newsOf(es []*event.Event, own map[string]int64) (n news, err error) {
	seen := map[string]bool{}
	n.worked = map[string]int64{}
	for _, e := range es {
		n.last = e.Position
		if e.Revision == own[e.Subject] && (e.Type == ticket.Assigned || e.Type == ticket.Offered) {
			delete(own, e.Subject)
			continue
		}
		kind, _, _ := strings.Cut(e.Type, ".")
		switch kind {
		case "ticket":
			if err := n.ticket(e); err != nil {
				return n, err
			}
			if e.Type != ticket.Read && !seen[e.Subject] {
				seen[e.Subject] = true
				n.tickets = append(n.tickets, e.Subject)
			}
		case "agent", "worker", "availability":
			_, id, _ := strings.Cut(e.Subject, ":")
			if !seen["agent:"+id] {
				seen["agent:"+id] = true
				n.agents = append(n.agents, id)
			}
		case "queue", "calendar":
			n.settings = true
		}
	}
	return n, nil
}

// ticket notes who worked on a ticket: who did something with it, or was given it.
func (n *news) ticket(e *event.Event) error {
	if e.Actor.Kind == event.Agent && e.Type != ticket.Read {
		n.worked[e.Actor.ID] = max(n.worked[e.Actor.ID], e.Time.UnixMicro())
	}
	if e.Type != ticket.Assigned {
		return nil
	}
	var f ticket.Facts
	if err := e.Payload(&f); err != nil {
		return err
	}
	if f.To.Kind == event.Agent {
		n.worked[f.To.ID] = max(n.worked[f.To.ID], e.Time.UnixMicro())
	}
	return nil
}

// take puts the news on a board.
func (n *news) take(b *board) {
	if n.settings && !b.toggle(n.set, n.rungs) {
		b.configure(n.set, n.rungs)
	}
	for _, p := range n.posts {
		b.post(p)
	}
	for _, id := range n.gone {
		b.put(card{id: id})
	}
	for _, c := range n.cards {
		b.put(c)
	}
	for id, at := range n.worked {
		b.worked(id, at)
	}
}
