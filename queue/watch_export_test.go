package queue

import "context"

// Watch looks after heartbeats, without giving tickets.
func (s *Service) Watch(ctx context.Context) error { return s.watch(ctx) }
