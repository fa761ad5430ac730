package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

// A sweep deletes what its query finds, in as many transactions as it takes, and
// nothing else.
func TestSweep(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) {
		db := openCopy(t, d, nil)
		defer db.Close()
		const old, kept = 250, 5
		err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for i := range old + kept {
				if err := slips.Put(ctx, tx, &slip{ID: fmt.Sprintf("%03d", i)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []int{old, 0} {
			if n, err := slips.Sweep(t.Context(), db, store.ByKey().To(fmt.Sprintf("%03d", old))); n != want || err != nil {
				t.Errorf("swept %d, want %d, %v", n, want, err)
			}
		}
		err = db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			left, _, err := slips.Page(ctx, tx, store.ByKey().Limit(100))
			if len(left) != kept || left[0].ID != "250" {
				t.Errorf("left %d", len(left))
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
