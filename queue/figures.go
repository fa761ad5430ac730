package queue

import (
	"context"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Colour is how long the longest wait of a queue is, compared with its targets.
type Colour string

// The colours.
const (
	Green Colour = "green" // below Queue.Amber, or no target is set
	Amber Colour = "amber"
	Red   Colour = "red"
)

// Front is how long the longest wait of a queue is, and whether the queue is at work.
type Front struct {
	// Oldest is since when the end user waits who waits longest, zero if nobody does;
	// Waited is the queue's open time since then, by which it has its Colour.
	Oldest time.Time
	Waited time.Duration
	Colour Colour
	Open   bool
	Until  time.Time // when it closes, or opens; zero: never
	// Turns is when the colour gets worse if nobody takes the ticket; zero: never.
	Turns  time.Time
	Paused bool
	Manual bool // its tickets aren't given, but taken; so says the queue, or the desk
}

// Figures are how a queue stands now.
type Figures struct {
	Queue   string // id
	Backlog int    // tickets that wait in it for a person; MaxBacklog means at least so many
	Front
	// Agents is how many are available for it, busy or not; of the first 200 of the desk
	// that are available.
	Agents int
}

// MaxBacklog is how far Figures counts.
const MaxBacklog = 10_000

// Figures says how a queue stands now, from the heads of indexes. It needs the permission
// SeeRealTime. A queue that isn't there is store.ErrNotFound.
func (s *Service) Figures(ctx context.Context, actor event.Actor, id string) (f *Figures, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.people.Authorize(ctx, tx, actor, identity.SeeRealTime, identity.On{Subject: "queue:" + id, Read: true}); err != nil {
			return err
		}
		q, err := queues.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		f = &Figures{Queue: id}
		if f.Backlog, err = ticket.CountBacklog(ctx, tx, id, MaxBacklog); err != nil {
			return err
		}
		if f.Front, err = s.Front(ctx, tx, q); err != nil {
			return err
		}
		f.Agents, err = s.availableFor(ctx, tx, q, nil, maxAgents)
		return err
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Front says how a queue stands now, from the head of its index, in the caller's
// transaction. It asks nobody whether he may see it.
func (s *Service) Front(ctx context.Context, tx *store.Tx, q *Queue) (f Front, err error) {
	set, err := current(ctx, tx, 0)
	if err != nil {
		return f, err
	}
	cal, err := s.tickets.Hours(ctx, tx, q.Calendar)
	if err != nil {
		return f, err
	}
	f.Paused, f.Manual = q.Paused, q.Manual || set.Manual
	now := s.now()
	next := cal.NextOpen
	if f.Open = cal.IsOpen(now); f.Open {
		next = cal.NextClose
	}
	if at, ok := next(now); ok {
		f.Until = at
	}
	first, _, err := ticket.Backlog(ctx, tx, q.ID, "", 1)
	if err != nil {
		return f, err
	}
	if len(first) > 0 {
		f.Oldest = first[0].WaitsSince()
		f.Waited = cal.Elapsed(f.Oldest, now)
	}
	worse := q.Amber
	switch f.Colour = Green; {
	case q.Red > 0 && f.Waited >= q.Red:
		f.Colour, worse = Red, 0
	case q.Amber > 0 && f.Waited >= q.Amber:
		f.Colour, worse = Amber, q.Red
	case q.Amber == 0:
		worse = q.Red
	}
	if worse > 0 && !f.Oldest.IsZero() {
		if at, ok := cal.Add(f.Oldest, worse); ok {
			f.Turns = at
		}
	}
	return f, nil
}
