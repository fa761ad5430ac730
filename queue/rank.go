package queue

import (
	"context"
	"errors"
	"slices"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Rank says in which order queues are served, best first: the ids of all of them, each
// once, else it is a *store.FieldError. So a queue that was made or deleted meanwhile is
// neither forgotten nor brought back.
func (s *Service) Rank(ctx context.Context, actor event.Actor, order ...string) error {
	return s.configure(ctx, actor, "queues", func(ctx context.Context, tx *store.Tx) error {
		set, err := current(ctx, tx, store.ForUpdate)
		if err != nil || slices.Equal(order, set.Order) {
			return err
		}
		if !slices.Equal(slices.Sorted(slices.Values(order)), slices.Sorted(slices.Values(set.Order))) {
			return &store.FieldError{Field: "order", Reason: "names every queue once"}
		}
		set.Order = slices.Clone(order)
		return s.putSettings(ctx, tx, actor, set)
	})
}

// SetDefault says which queue gets the tickets that no other one is given. It has to be
// there: store.ErrNotFound.
func (s *Service) SetDefault(ctx context.Context, actor event.Actor, id string) error {
	return s.configure(ctx, actor, "queues", func(ctx context.Context, tx *store.Tx) error {
		set, err := current(ctx, tx, store.ForUpdate)
		if err != nil || set.Default == id {
			return err
		}
		if _, err := queues.Lock(ctx, tx, id, store.Share); err != nil {
			return err
		}
		set.Default = id
		return s.putSettings(ctx, tx, actor, set)
	})
}

// ErrDefault: the default queue can't be deleted. Make another one the default first.
var ErrDefault = errors.New("the default queue has to stay")
