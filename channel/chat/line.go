package chat

import (
	"context"
	"errors"
	"time"

	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Estimator says at which place of its queue a ticket waits, and how long it will; false
// where nobody can say. [queue.Service.Estimate] is one.
type Estimator func(ctx context.Context, who event.Actor, ticket string) (queue.Estimate, bool, error)

// lineBeats is how many heartbeats a stream lets pass between two looks at the places of
// tickets that wait: a minute's, since others' tickets move them.
const lineBeats = 4

type estimateForm struct {
	Position    int   `json:"position"`     // 1 is the next one
	WaitSeconds int64 `json:"wait_seconds"` // whole minutes, rounded up
	AtLeast     bool  `json:"at_least"`     // position and wait are so at the least
}

// estimate is where a ticket waits, or nil. What can't be found out keeps nobody from
// his conversation.
func (v *viewer) estimate(ctx context.Context, t *ticket.Ticket) *estimateForm {
	if v.c.estimator == nil || !t.Backlogged() {
		return nil
	}
	e, ok, err := v.c.estimator(ctx, v.who, t.ID)
	if err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrNotFound) {
		v.c.log.WarnContext(ctx, "a place in line can't be told", "ticket", t.ID, "error", err)
	}
	if !ok || err != nil {
		return nil
	}
	minutes := (e.Wait + time.Minute - 1) / time.Minute
	return &estimateForm{Position: e.Position, WaitSeconds: int64(minutes) * 60, AtLeast: e.AtLeast}
}

// line tells where the tickets that wait are by now. One that has changed itself is left
// to news, which tells all of it.
func (t *turn) line(ctx context.Context) error {
	for _, p := range t.at {
		if !p.waits {
			continue
		}
		tk, err := t.c.Tickets.Get(ctx, t.actor(), p.ticket.String())
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if int64(tk.Rev) != p.rev {
			continue
		}
		t.viewer = t.c.viewer(t.actor())
		if err := t.tellState(ctx, tk); err != nil {
			return err
		}
	}
	return nil
}
