package chat

import (
	"context"
	"errors"
	"slices"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// How many answers the usual reply time looks back on, and how many it needs.
const (
	usualOver = 100
	usualFrom = 5
)

// usual holds how long end users of an app waited for the newest answers.
type usual struct {
	App    string    `json:"app"`
	Waited []int64   `json:"waited"` // µs, oldest first
	Rev    store.Rev `json:"-"`
}

var usuals = &store.Collection[usual]{
	Name:       "chat_usual_reply",
	Key:        func(u *usual) string { return u.App },
	Rev:        func(u *usual) *store.Rev { return &u.Rev },
	Impersonal: "holds durations",
}

// projectUsual collects the waits that agents' replies ended.
func (c *Chat) projectUsual(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	fresh := map[string][]int64{}
	for _, e := range es {
		var f ticket.Facts
		if err := e.Payload(&f); err != nil {
			return err
		}
		if f.Waited > 0 {
			fresh[f.App] = append(fresh[f.App], f.Waited)
		}
	}
	for app, waited := range fresh {
		u, err := usuals.Lock(ctx, tx, app, store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) {
			u, err = &usual{App: app}, nil
		}
		if err != nil {
			return err
		}
		u.Waited = append(u.Waited, waited...)
		u.Waited = u.Waited[max(0, len(u.Waited)-usualOver):]
		if err := usuals.Put(ctx, tx, u); err != nil {
			return err
		}
	}
	return nil
}

// usual is the median of the newest waits, nil where there are too few.
func (c *Chat) usual(ctx context.Context, tx *store.Tx, app string) (*usualForm, error) {
	u, err := usuals.Get(ctx, tx, app)
	if errors.Is(err, store.ErrNotFound) || err == nil && len(u.Waited) < usualFrom {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	waited := slices.Sorted(slices.Values(u.Waited))
	return &usualForm{waited[len(waited)/2] / 1e6}, nil
}
