package queue

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// MaxRecorded is how long a time Recorded reads, and RecordedSince how long ago that
// begins at most: what became of the tickets since then is read, too.
const (
	MaxRecorded   = 31 * 24 * time.Hour
	RecordedSince = 92 * 24 * time.Hour
)

// recording is what the log says of a ticket that came in the time.
type recording struct {
	Arrival
	id     string
	agent  string
	status ticket.Status
	asleep bool
	since  time.Time // since when it counts with its agent; zero: it doesn't
}

// Recorded are the tickets that came between two moments, in order, as Simulate takes
// them: each in the queue in which it first waited. Handling is for how long it counted
// with agents until now: that somebody had it, it didn't sleep, and his answer was
// wanted. Those that were never in a queue are left out. Agents need the permission
// SeeAnalytics. A time of more than 31 days, or that began more than 92 days ago, is a
// *store.FieldError.
func (s *Service) Recorded(ctx context.Context, actor event.Actor, from, to time.Time) (all []Arrival, err error) {
	if to.Sub(from) > MaxRecorded || to.Before(from) {
		return nil, &store.FieldError{Field: "to", Reason: "is at most 31 days after from"}
	}
	if s.now().Sub(from) > RecordedSince {
		return nil, &store.FieldError{Field: "from", Reason: "is at most 92 days ago"}
	}
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		return s.people.Authorize(ctx, tx, actor, identity.SeeAnalytics, identity.On{Subject: "queues", Read: true})
	})
	if err != nil {
		return nil, err
	}
	es, err := s.since(ctx, from)
	if err != nil {
		return nil, err
	}
	came := map[string]*recording{}
	var order []*recording
	for _, e := range slices.Backward(es) { // the walk was backwards
		r := came[e.Subject]
		if r == nil {
			if e.Type != ticket.Created || e.Time.Before(from) || !e.Time.Before(to) {
				continue
			}
			r = &recording{id: e.Subject, Arrival: Arrival{Time: e.Time}}
			came[e.Subject] = r
			order = append(order, r)
		}
		if err := r.take(e); err != nil {
			return nil, err
		}
	}
	for _, r := range order {
		if r.count(s.now()); r.Queue == "" {
			continue
		}
		if err := s.describe(ctx, r); err != nil {
			return nil, err
		}
		all = append(all, r.Arrival)
	}
	return all, nil
}

// since are the events of tickets from a moment on, newest first.
func (s *Service) since(ctx context.Context, from time.Time) (es []*event.Event, err error) {
	for cursor, done := "", false; !done; {
		err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			walk := s.events.Back("", cursor)
			for range eventsAtOnce {
				e, err := walk.Peek(ctx, tx)
				if err != nil {
					return err
				}
				if done = e == nil || e.Time.Before(from.Add(-time.Minute)); done { // clocks differ a little
					return nil
				}
				walk.Take()
				if strings.HasPrefix(e.Type, "ticket.") && e.Type != ticket.Read {
					es = append(es, e)
				}
			}
			cursor = walk.Cursor()
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return es, nil
}

func (r *recording) take(e *event.Event) error {
	var f ticket.Facts
	if err := e.Payload(&f); err != nil {
		return err
	}
	r.count(e.Time)
	r.status, r.Channel = f.Status, f.Channel
	switch e.Type {
	case ticket.Snoozed:
		r.asleep = true
	case ticket.Woken:
		r.asleep = false
	case ticket.Assigned, ticket.Reopened:
		if r.agent = ""; f.To.Kind == event.Agent {
			r.agent = f.To.ID
		}
	}
	if r.Queue == "" {
		r.Queue = f.Queue
	}
	if r.agent != "" && r.status.Open() && !r.asleep && r.status != ticket.StatusAgentReplied {
		r.since = e.Time
	}
	return nil
}

// count adds the time up to a moment, if the ticket counts with its agent.
func (r *recording) count(until time.Time) {
	if !r.since.IsZero() {
		r.Handling += until.Sub(r.since)
		r.since = time.Time{}
	}
}

// describe adds what the log doesn't say.
func (s *Service) describe(ctx context.Context, r *recording) error {
	return s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err := ticket.Peek(ctx, tx, r.id)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err == nil {
			r.Language, r.Priority = t.Language, t.Priority
		}
		return err
	})
}
