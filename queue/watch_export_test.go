package queue

import (
	"context"

	"github.com/frontdesk-go/frontdesk/store"
)

// Watch looks after heartbeats, without giving tickets.
func (s *Service) Watch(ctx context.Context) error { return s.watch(ctx) }

// LoseAnswer writes the lease as this process's, as a commit does whose answer is lost.
func (s *Service) LoseAnswer(ctx context.Context) error {
	return s.root.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		h, err := holdings.Get(ctx, tx, holdingKey)
		if err != nil {
			return err
		}
		h.Holder = s.assigner.lease.process
		return holdings.Put(ctx, tx, h)
	})
}
