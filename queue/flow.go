package queue

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// maxFlow is how many assignments of a queue are remembered.
const maxFlow = 64

// flow is when tickets were last given to agents out of a queue's backlog. It is a
// projection of the log, from which waits are estimated.
type flow struct {
	Queue string      `json:"queue"`
	Given []time.Time `json:"given"` // in the order of the log
	Rev   store.Rev   `json:"-"`
}

var flows = &store.Collection[flow]{
	Name:       "queue_flow",
	Key:        func(f *flow) string { return f.Queue },
	Rev:        func(f *flow) *store.Rev { return &f.Rev },
	Impersonal: "holds times",
}

// project notes the assignments of a batch of events.
func (s *Service) project(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	given := map[string][]time.Time{}
	for _, e := range es {
		var f ticket.Facts
		if err := e.Payload(&f); err != nil {
			return err
		}
		if f.To.Kind == event.Agent && f.From == (event.Actor{}) && f.Queue != "" {
			given[f.Queue] = append(given[f.Queue], e.Time)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(given)) {
		f, err := flows.Lock(ctx, tx, id, store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) {
			f, err = &flow{Queue: id}, nil
		}
		if err != nil {
			return err
		}
		all := slices.Concat(f.Given, given[id])
		f.Given = all[max(0, len(all)-maxFlow):]
		if err := flows.Put(ctx, tx, f); err != nil {
			return err
		}
	}
	return nil
}

// The least that an estimate is made of, and how old that may be, in open time of the
// queue.
const (
	minFlow = 5
	flowAge = 24 * time.Hour
)

// basis is what a queue's last assignments say of its pace.
func basis(ctx context.Context, tx *store.Tx, queue string, cal *hours.Calendar, now time.Time) (b Basis, ok bool, err error) {
	f, err := flows.Get(ctx, tx, queue)
	if errors.Is(err, store.ErrNotFound) {
		return b, false, nil
	}
	if err != nil {
		return b, false, err
	}
	for _, at := range slices.Backward(f.Given) {
		open := cal.Elapsed(at, now)
		if open > flowAge {
			break
		}
		b.Assignments++
		b.Window = max(b.Window, open)
	}
	return b, b.Assignments >= minFlow, nil
}
