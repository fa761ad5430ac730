package job

import (
	"context"
	"errors"
	"fmt"

	"github.com/frontdesk-go/frontdesk/store"
)

// chain is the root of the jobs of one key. Whoever adds a job to the key or
// takes one away puts it, so that a job which is added while the head is being
// completed is either behind it, or becomes the head itself. It is there as long
// as the key has jobs.
type chain struct {
	Key    string    `json:"key"`
	Head   string    `json:"head"`             // id of the job that may run
	Last   int64     `json:"last,omitempty"`   // the highest place that was given
	Behind int64     `json:"behind,omitempty"` // how many wait behind the head
	Rev    store.Rev `json:"-"`
}

var chains = &store.Collection[chain]{
	Name:       "job_key",
	Key:        func(c *chain) string { return c.Key },
	Rev:        func(c *chain) *store.Rev { return &c.Rev },
	Impersonal: "holds ids and numbers",
}

// join gives e its place behind the other jobs of its key.
func (q *Queue) join(ctx context.Context, tx *store.Tx, e *entry) error {
	e.Seq = 0
	if e.Key == "" {
		return nil
	}
	c, err := chains.Lock(ctx, tx, e.Key, store.ForUpdate)
	if errors.Is(err, store.ErrNotFound) {
		return taken(chains.Put(ctx, tx, &chain{Key: e.Key, Head: e.ID}))
	}
	if err != nil {
		return err
	}
	c.Last++
	c.Behind++
	e.Seq = c.Last
	return chains.Put(ctx, tx, c)
}

// taken turns the error of a document that another transaction created meanwhile
// into the one for which Update runs again.
func taken(err error) error {
	if errors.Is(err, store.ErrExists) {
		return fmt.Errorf("%w: %w", store.ErrConflict, err)
	}
	return err
}

// leave gives up e's place, and calls the next one if e was the head.
func (q *Queue) leave(ctx context.Context, tx *store.Tx, e *entry) error {
	if !e.chained() {
		return nil
	}
	c, err := chains.Lock(ctx, tx, e.Key, store.ForUpdate)
	if err != nil {
		return err
	}
	if e.Seq > 0 {
		c.Behind--
		return chains.Put(ctx, tx, c)
	}
	for next, err := range jobs.Scan(ctx, tx, store.By("behind", e.Key).Limit(1)) {
		if err != nil {
			return err
		}
		next.Seq = 0
		if err := jobs.Put(ctx, tx, next); err != nil {
			return err
		}
		c.Head = next.ID
		c.Behind--
		tx.After(func() { q.announce(next.Kind) })
		return chains.Put(ctx, tx, c)
	}
	return chains.Delete(ctx, tx, c)
}

// lock reads a job to change it, the root of its key first: everybody takes the
// two in this order, so that nobody waits in a circle.
func (q *Queue) lock(ctx context.Context, tx *store.Tx, id string) (*entry, error) {
	e, err := jobs.Get(ctx, tx, id)
	if err != nil || !tx.Shared() {
		return e, err
	}
	if e.chained() {
		_, err := chains.Lock(ctx, tx, e.Key, store.ForUpdate)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	return jobs.Lock(ctx, tx, id, store.ForUpdate)
}
