package frontdesk

import (
	"context"
	"errors"
	"fmt"
)

// Compact removes what deleting and changing has left behind: after an erasure and
// Compact not one byte of what was erased is in the desk's files. It sweeps
// attachments that no message came for within a day, writes the indexes of
// tickets and articles anew, and the store as store.DB.Compact does, with which the desk goes on
// meanwhile. Of a desk in several processes each has an index of its own: Compact
// is called in each, but for the store once will do.
//
// Backups, logs and standbys of a database, and what file systems and disks keep of
// files that were deleted, are out of its reach.
func (d *Desk) Compact(ctx context.Context) error {
	_, swept := d.Tickets.SweepUploads(ctx, d.now().Add(-orphanAge))
	if err := errors.Join(swept, d.Search.Compact(ctx), d.Articles.Compact(ctx), d.DB.Compact(ctx)); err != nil {
		return fmt.Errorf("compact desk: %w", err)
	}
	return nil
}
