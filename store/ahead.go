package store

import (
	"context"
	"fmt"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// Want names a document, or the next number of a series, that a transaction is
// going to ask for.
type Want struct{ w driver.Want }

// Want names the document with this key, to be locked like that.
func (c *Collection[T]) Want(key string, lock driver.Lock) Want {
	return Want{driver.Want{Coll: c.Name, Key: key, Lock: lock}}
}

// WantNumber names the next number of a series.
func WantNumber(series string) Want { return Want{driver.Want{Series: series}} }

// Want names what is remembered of the request; nothing, if it has no key.
func (r Request) Want() Want {
	if r.Key == "" {
		return Want{}
	}
	return Want{driver.Want{Coll: "request", Key: r.id(), Lock: ForUpdate}}
}

// Ahead reads what the transaction is going to ask for, in one round trip where
// each costs one; the Gets, Locks and Nexts that follow find it there. What isn't
// there is no error. A View, which takes no locks, ignores them. Where reading costs
// nothing it does nothing.
func (tx *Tx) Ahead(ctx context.Context, wants ...Want) error {
	d, ok := tx.d.(driver.Reader)
	if !ok || len(wants) == 0 {
		return nil
	}
	if err := tx.usable(false); err != nil {
		return err
	}
	ws := make([]driver.Want, 0, len(wants))
	for _, w := range wants {
		if !tx.write {
			w.w.Lock = driver.None
		}
		if w.w != (driver.Want{}) {
			ws = append(ws, w.w)
		}
	}
	if err := d.Ahead(ctx, ws); err != nil {
		return fmt.Errorf("read ahead: %w", err)
	}
	return nil
}
