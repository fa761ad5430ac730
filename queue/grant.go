package queue

import (
	"context"
	"errors"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// write writes decisions in one transaction. What isn't as it was when they were made
// is read anew.
func (a *assigner) write(ctx context.Context, ds []decision) error {
	var stale []int
	revs, refused := make([]int64, len(ds)), map[int]error{}
	var head int64 // of the log, if nothing is in it behind what the board knows but what is written here
	err := a.s.root.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		stale, head = stale[:0], 0
		clear(refused)
		before, err := a.headIn(ctx, tx)
		if err != nil {
			return err
		}
		if err := a.lease.fence(ctx, tx, a.at, a.nextMoment()); err != nil {
			return err
		}
		if err := tx.Ahead(ctx, a.wants(ds)...); err != nil {
			return err
		}
		takers := map[string]*identity.Agent{}
		for i := range ds {
			rev, err := a.give(ctx, tx, &ds[i], takers)
			if err != nil && ownFault(ctx, err) {
				refused[i], err = err, nil
			}
			if err != nil {
				return err
			}
			if revs[i] = rev; rev <= 0 {
				stale = append(stale, i)
			}
		}
		if after, err := a.headIn(ctx, tx); err != nil {
			return err
		} else if before == a.at && after == before+int64(len(ds)-len(stale)) {
			head = after
		}
		return nil
	})
	if err != nil {
		a.b = nil // what was decided isn't so
		switch {
		case a.lease.lost(err):
			err = nil
		case errors.Is(err, store.ErrTooLarge) && len(ds) > 1: // hooks may write much for each
			a.group, err = len(ds)/2, nil
		}
		return err
	}
	a.lease.written()
	if head > 0 {
		a.at = head
	} else {
		for i, rev := range revs {
			if rev > 0 {
				a.own[ds[i].row.id] = rev
			}
		}
	}
	for i, why := range refused {
		c := ds[i].card
		a.s.log.WarnContext(ctx, "a ticket can't be given", "ticket", c.id, "agent", ds[i].seat.id, "error", why)
		a.bar(c)
	}
	if len(stale) == 0 {
		return nil
	}
	var n news
	for _, i := range stale {
		n.tickets, n.agents = append(n.tickets, ds[i].row.id), append(n.agents, ds[i].seat.id)
	}
	if err := a.refresh(ctx, &n); err != nil {
		return err
	}
	for _, i := range stale {
		// A ticket that is what it was, and can't be given all the same, would be given
		// again at once.
		if r := a.b.rows.get(ds[i].card.id); revs[i] == 0 && r != nil && r.lane != nil && ds[i].seat.available && r.same(&ds[i].card) {
			a.bar(ds[i].card)
			a.b.put(card{id: r.id})
		}
	}
	return nil
}

// headIn is the log's end as of a transaction. Where processes share a store it isn't to
// be had: events get their positions later.
func (a *assigner) headIn(ctx context.Context, tx *store.Tx) (int64, error) {
	if tx.Shared() {
		return -1, nil
	}
	return a.s.events.HeadIn(ctx, tx)
}

func (a *assigner) bar(c card) { a.barred[c.id] = bar{c, a.s.now().Add(barredFor)} }

// ownFault says that an error is the ticket's, not the store's, nor the process's.
func ownFault(ctx context.Context, err error) bool {
	for _, about := range []error{store.ErrConflict, store.ErrStale, store.ErrTooLarge, store.ErrUnavailable, store.ErrUnknown, store.ErrClosed,
		store.ErrFailed, store.ErrIndexBuilding, store.ErrNewer} {
		if errors.Is(err, about) {
			return false
		}
	}
	return ctx.Err() == nil
}

func (a *assigner) wants(ds []decision) (ws []store.Want) {
	seen := map[string]bool{}
	for i := range ds {
		ws = append(ws, ticket.Wants(ds[i].row.id)...)
		if who := ds[i].seat.id; !seen[who] {
			seen[who] = true
			ws = append(ws, availabilities.Want(who, store.Share))
			ws = append(ws, a.s.people.Wants(event.Actor{Kind: event.Agent, ID: who})...)
		}
	}
	return ws
}

// agentAway is give's revision where it isn't the ticket that has changed.
const agentAway = -1

// give writes a decision, and returns the revision that the ticket has then: 0, and
// nothing is written, if it is another one by now, agentAway if the agent isn't available
// any more.
func (a *assigner) give(ctx context.Context, tx *store.Tx, d *decision, takers map[string]*identity.Agent) (rev int64, err error) {
	to, known := takers[d.seat.id]
	if !known {
		if to, err = a.taker(ctx, tx, d.seat.id); err != nil {
			return 0, err
		}
		takers[d.seat.id] = to
	}
	if to == nil {
		return agentAway, nil
	}
	set := a.b.set
	g := ticket.Giving{Ticket: d.card.id, Agent: to, Why: d.why(a.at), Still: func(t *ticket.Ticket) bool {
		now := cardOf(t, d.line.q, set)
		now.last = d.card.last // which may be another ticket's
		return now.same(&d.card)
	}}
	if d.offered {
		g.Offer = d.line.q.Offer
	}
	t, given, err := a.s.tickets.In(tx).Give(ctx, g)
	if !given {
		return 0, err
	}
	return int64(t.Rev), nil
}

// taker is an agent as he is until the transaction ends, nil if he isn't available.
func (a *assigner) taker(ctx context.Context, tx *store.Tx, id string) (*identity.Agent, error) {
	av, err := availabilities.Lock(ctx, tx, id, store.Share)
	if err == nil && av.State != Available {
		return nil, nil
	}
	var m *identity.Agent
	if err == nil {
		m, err = a.s.people.Member(ctx, tx, id)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return m, err
}

// why is the decision as the log keeps it.
func (d *decision) why(at int64) ticket.Decision {
	w := ticket.Decision{Queue: d.line.q.ID, Strategy: string(d.strategy), Position: at, Load: inTickets(d.load), Weight: inTickets(d.card.weight),
		Here: inTickets(d.here), HereLimit: d.line.q.Limit}
	if d.limit < noLimit {
		w.Limit = inTickets(d.limit)
	}
	for i := range d.short.n {
		w.Candidates = append(w.Candidates, ticket.Candidate{Agent: d.short.seats[i].id, Load: inTickets(d.short.loads[i])})
	}
	return w
}

// inTickets is a load in units of a ticket that weighs 1.
func inTickets(load int64) float64 { return float64(load) / unit }
