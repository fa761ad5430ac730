package store

import "context"

// sweepPage is how many documents a sweep deletes in a transaction.
const sweepPage = 100

// Sweep deletes all documents that a query finds, a page to a transaction, and says
// how many. After an error some are gone: call it again. It is for housekeeping;
// several processes may sweep at once.
func (c *Collection[T]) Sweep(ctx context.Context, r Runner, q Query) (n int, err error) {
	return c.untyped().sweep(ctx, r, q)
}

func (u *untyped) sweep(ctx context.Context, r Runner, q Query) (n int, err error) {
	for {
		var gone int
		err = r.Update(ctx, func(ctx context.Context, tx *Tx) error {
			page, _, err := u.page(ctx, tx, q.Limit(sweepPage))
			if err != nil {
				return err
			}
			for _, v := range page {
				if err := u.delete(ctx, tx, v); err != nil {
					return err
				}
			}
			gone = len(page)
			return nil
		})
		if err != nil || gone == 0 {
			return n, err
		}
		n += gone
	}
}
