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

// StopAfterLostAnswer takes the lease, loses an answer as LoseAnswer does, hears of it and
// stops.
func (s *Service) StopAfterLostAnswer(ctx context.Context) error {
	l := &s.assigner.lease
	if _, err := l.held(ctx, s.now()); err != nil {
		return err
	}
	if err := s.LoseAnswer(ctx); err != nil {
		return err
	}
	if err := l.report(ctx, l.doc.Position+1, l.doc.Next); err != nil {
		return err
	}
	return l.release(ctx)
}
