package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// Docs keeps blobs in a store, as documents of half a megabyte: where several
// processes share the store, they share the blobs. It is not for use inside a
// transaction of the same store (store.ErrNested).
type Docs struct {
	db *store.DB
}

var (
	_ TempSweeper = (*Docs)(nil)
	_ Keeper      = (*Docs)(nil)
)

// In returns the blobs in db, which was opened with Collections.
func In(db *store.DB) *Docs { return &Docs{db} }

// Put implements Store.
func (d *Docs) Put(ctx context.Context, r io.Reader, maxBytes int64) (Info, error) {
	h := &head{ID: newID(), Time: time.Now()}
	if err := d.write(ctx, h, bound(ctx, r, maxBytes)); err != nil {
		return Info{}, fmt.Errorf("put blob: %w", err)
	}
	return h.info(), nil
}

// Keep implements Keeper.
func (d *Docs) Keep(ctx context.Context, info Info, r io.Reader) error {
	h := &head{ID: info.ID, Time: info.Time}
	err := d.vacant(ctx, info.ID)
	if err == nil {
		err = d.write(ctx, h, exactly(ctx, r, info.Size))
	}
	if err != nil {
		return fmt.Errorf("keep blob %q: %w", info.ID, err)
	}
	return nil
}

// vacant makes sure that an id is free. What an earlier Keep left under it goes.
func (d *Docs) vacant(ctx context.Context, id string) error {
	if !valid(id) {
		return errBadID
	}
	err := d.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := heads.Get(ctx, tx, id)
		return err
	})
	if err == nil {
		return store.ErrExists
	}
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	return d.drop(ctx, id)
}

// write keeps what r yields, chunk by chunk, and h with the last one. If it fails,
// the chunks go again; what can't be removed now is swept as a left-over.
func (d *Docs) write(ctx context.Context, h *head, r io.Reader) (err error) {
	h.Chunk = chunkBytes
	defer func() {
		if err != nil && h.Chunks > 0 {
			err = errors.Join(err, d.drop(context.WithoutCancel(ctx), h.ID))
		}
	}()
	next, err := readChunk(r)
	if err != nil {
		return err
	}
	h.Type = sniff(next[:min(len(next), sniffLen)])
	for {
		data := next
		if len(data) == chunkBytes {
			if next, err = readChunk(r); err != nil {
				return err
			}
		}
		last := len(data) < chunkBytes || len(next) == 0
		if err := d.add(ctx, h, data, last); err != nil {
			return err
		}
		if last {
			return nil
		}
	}
}

// readChunk returns the next chunk, which is shorter than the others at the end.
func readChunk(r io.Reader) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, chunkBytes))
}

// add writes one chunk, and in the same transaction either the head or how many
// chunks wait for it.
func (d *Docs) add(ctx context.Context, h *head, data []byte, last bool) error {
	n := h.Chunks
	err := d.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		p := &part{ID: h.ID}
		if n > 0 {
			var err error
			// A sweep may have taken it for a left-over.
			if p, err = parts.Lock(ctx, tx, h.ID, store.ForUpdate); err != nil {
				return err
			}
		}
		h.Chunks, h.Size = n, int64(n)*chunkBytes+int64(len(data))
		if len(data) > 0 {
			h.Chunks++
			if err := chunks.Put(ctx, tx, &chunk{Blob: h.ID, N: n, Data: data}); err != nil {
				return err
			}
		}
		if !last {
			p.Chunks, p.Time = h.Chunks, time.Now()
			return parts.Put(ctx, tx, p)
		}
		if n > 0 {
			if err := parts.Delete(ctx, tx, p); err != nil {
				return err
			}
		}
		return heads.Put(ctx, tx, h)
	})
	if err != nil {
		h.Chunks = n
	}
	return err
}

// dropPage is how many chunks go in one transaction.
const dropPage = 256

// drop removes the chunks that no head makes a blob.
func (d *Docs) drop(ctx context.Context, id string) error {
	for gone := false; !gone; {
		err := d.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			p, err := parts.Lock(ctx, tx, id, store.ForUpdate)
			if errors.Is(err, ErrNotFound) {
				gone = true
				return nil
			}
			if err != nil {
				return err
			}
			for n := 0; n < dropPage && p.Chunks > 0; n++ {
				p.Chunks--
				if err := chunks.Delete(ctx, tx, &chunk{Blob: id, N: p.Chunks, Rev: 1}); err != nil {
					return err
				}
			}
			if gone = p.Chunks == 0; gone {
				return parts.Delete(ctx, tx, p)
			}
			return parts.Put(ctx, tx, p)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Delete implements Store.
func (d *Docs) Delete(ctx context.Context, id string) error {
	if !valid(id) {
		return notFound("delete", id)
	}
	err := d.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		h, err := heads.Lock(ctx, tx, id, store.ForUpdate)
		if err != nil {
			return err
		}
		if h.Chunks > 0 {
			if err := parts.Put(ctx, tx, &part{ID: id, Chunks: h.Chunks}); err != nil {
				return err
			}
		}
		return heads.Delete(ctx, tx, h)
	})
	if err == nil {
		err = d.drop(ctx, id)
	}
	if err != nil {
		return fmt.Errorf("delete blob %q: %w", id, err)
	}
	return nil
}

// List implements Store.
func (d *Docs) List(ctx context.Context, after string, limit int) (infos []Info, err error) {
	limit = max(limit, 1)
	q := store.ByKey().Limit(limit)
	if after != "" {
		q = store.ByKey().From(store.CleanText(after)).Limit(limit + 1)
	}
	err = d.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		infos = nil
		for h, err := range heads.Scan(ctx, tx, q) {
			if err != nil {
				return err
			}
			if h.ID > after && len(infos) < limit {
				infos = append(infos, h.info())
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list blobs: %w", err)
	}
	return infos, nil
}

// SweepTemp implements TempSweeper.
func (d *Docs) SweepTemp(ctx context.Context, olderThan time.Time) (n int, err error) {
	for cursor := ""; ; {
		var old []string
		err := d.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			page, next, err := parts.Page(ctx, tx, store.ByKey().Limit(sweepPage).After(cursor))
			for _, p := range page {
				// A slow upload moves the time with each chunk.
				if p.Time.Before(olderThan) {
					old = append(old, p.ID)
				}
			}
			cursor = next
			return err
		})
		if err != nil {
			return n, fmt.Errorf("sweep left-overs of blobs: %w", err)
		}
		for _, id := range old {
			if err := d.drop(ctx, id); err != nil {
				return n, fmt.Errorf("sweep left-overs of blobs: %w", err)
			}
			n++
		}
		if cursor == "" {
			return n, nil
		}
	}
}
