package queue_test

import (
	"context"
	"sync/atomic"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// counting is a store that counts transactions.
type counting struct {
	driver.Store
	n atomic.Int64
}

func (c *counting) Begin(ctx context.Context, write bool) (driver.Tx, error) {
	c.n.Add(1)
	return c.Store.Begin(ctx, write)
}
