package job

import (
	"context"

	"github.com/frontdesk-go/frontdesk/store"
)

// Touch reads the jobs in a transaction, for which what it has written so far must
// be sent to the store.
func Touch(ctx context.Context, tx *store.Tx) error {
	_, _, err := jobs.Page(ctx, tx, store.By("due").Limit(1))
	return err
}
