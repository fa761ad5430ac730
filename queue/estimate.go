package queue

import (
	"context"
	"errors"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Estimate is how long a ticket that waits in a queue will wait yet.
type Estimate struct {
	Position int  // 1 is the next one
	AtLeast  bool // there are so many that the position, and so the wait, is at least this
	// Wait is from now on, in the queue's open time: Position times the mean time
	// between two assignments, of which the one that hasn't come yet is one.
	Wait  time.Duration
	Basis Basis
}

// Basis is what an estimate is made of: so many tickets were given out of the queue in
// this time, of which that counts in which it was open.
type Basis struct {
	Assignments int // at most the last 64, of the last 24 hours of open time
	Window      time.Duration
}

// Estimate says at which place of its queue a ticket waits, and how long it will. ok is
// false where nobody can say: it doesn't wait in a queue; that is closed, paused, or left
// to agents to take from; no agent is available for it; or fewer than 5 tickets were given
// out of it in the last 24 hours of its open time. The ticket's end user may ask, and
// whoever of staff sees it; else it is store.ErrNotFound.
func (s *Service) Estimate(ctx context.Context, actor event.Actor, id string) (e Estimate, ok bool, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		e, ok = Estimate{}, false
		t, err := s.tickets.In(tx).Get(ctx, actor, id)
		if err != nil || !t.Backlogged() || t.Queue == "" {
			return err
		}
		q, err := queues.Get(ctx, tx, t.Queue)
		if errors.Is(err, store.ErrNotFound) {
			return nil // it is being moved
		}
		if err != nil {
			return err
		}
		set, err := current(ctx, tx, 0)
		if err != nil || set.Manual || q.Manual || q.Paused {
			return err
		}
		cal, err := s.tickets.Hours(ctx, tx, q.Calendar)
		now := s.now()
		if err != nil || !cal.IsOpen(now) {
			return err
		}
		b, enough, err := basis(ctx, tx, q.ID, cal, now)
		if err != nil || !enough {
			return err
		}
		agents, err := s.availableFor(ctx, tx, q, t, 1)
		if err != nil || agents == 0 {
			return err
		}
		place, exact, err := s.placeOf(ctx, tx, q, t)
		if err != nil {
			return err
		}
		e = Estimate{Position: place, AtLeast: !exact, Basis: b}
		e.Wait, ok = b.Window*time.Duration(e.Position)/time.Duration(b.Assignments), true
		return nil
	})
	return e, ok, err
}

// maxAgents is how many available agents are looked at.
const maxAgents = 200

// availableFor counts available agents who are in one of the queue's groups, and of a
// ticket's one, if it isn't nil; up to a limit.
func (s *Service) availableFor(ctx context.Context, tx *store.Tx, q *Queue, t *ticket.Ticket, limit int) (n int, err error) {
	if t == nil {
		t = &ticket.Ticket{}
	}
	for av, err := range availabilities.Scan(ctx, tx, store.By("state", string(Available)).Limit(maxAgents)) {
		if err != nil {
			return 0, err
		}
		a, err := s.people.In(tx).Agent(ctx, av.Agent)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return 0, err
		}
		if !a.Inactive && q.admits(a, t) {
			if n++; n == limit {
				break
			}
		}
	}
	return n, nil
}
