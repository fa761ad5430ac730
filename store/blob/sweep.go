package blob

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// TempSweeper is a Store that may have left-overs of uploads that never ended.
type TempSweeper interface {
	Store
	// SweepTemp removes the left-overs that were last written before olderThan,
	// and says how many.
	SweepTemp(ctx context.Context, olderThan time.Time) (n int, err error)
}

// sweepPage is how many blobs a sweep lists at a time.
const sweepPage = 256

// Sweep removes blobs that were put before olderThan and that nobody uses, as
// well as left-overs of uploads that never ended. It returns how many it
// removed, also with an error. An error of used ends the sweep, and keeps the
// blob.
func Sweep(ctx context.Context, s Store, used func(ctx context.Context, id string) (bool, error), olderThan time.Time) (n int, err error) {
	if t, ok := s.(TempSweeper); ok {
		if n, err = t.SweepTemp(ctx, olderThan); err != nil {
			return n, err
		}
	}
	for after := ""; ; {
		page, err := s.List(ctx, after, sweepPage)
		if err != nil {
			return n, err
		}
		for _, info := range page {
			gone, err := sweepOne(ctx, s, info, used, olderThan)
			if err != nil {
				return n, err
			}
			if gone {
				n++
			}
		}
		if len(page) < sweepPage {
			return n, nil
		}
		after = page[len(page)-1].ID
	}
}

func sweepOne(ctx context.Context, s Store, info Info, used func(context.Context, string) (bool, error), olderThan time.Time) (gone bool, err error) {
	if !info.Time.Before(olderThan) {
		return false, nil
	}
	inUse, err := used(ctx, info.ID)
	if err != nil {
		return false, fmt.Errorf("sweep blob %s: %w", info.ID, err)
	}
	if inUse {
		return false, nil
	}
	err = s.Delete(ctx, info.ID)
	if errors.Is(err, ErrNotFound) {
		return false, nil // another sweep was faster
	}
	return err == nil, err
}
