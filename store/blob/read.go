package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/frontdesk-go/frontdesk/store"
)

// Open implements Store. Reading obeys ctx, too; a blob that is deleted meanwhile
// ends with ErrNotFound.
func (d *Docs) Open(ctx context.Context, id string) (io.ReadSeekCloser, Info, error) {
	if !valid(id) {
		return nil, Info{}, notFound("open", id)
	}
	var h *head
	err := d.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		h, err = heads.Get(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, Info{}, fmt.Errorf("open blob %q: %w", id, err)
	}
	return &docReader{ctx: ctx, db: d.db, head: h, n: -1}, h.info(), nil
}

// docReader reads a chunk at a time, each in a View of its own.
type docReader struct {
	ctx  context.Context
	db   *store.DB
	head *head
	at   int64
	n    int    // the chunk in data, -1 for none
	data []byte // of that chunk
	done bool
}

func (r *docReader) Read(p []byte) (int, error) {
	switch {
	case r.done:
		return 0, fmt.Errorf("read blob: %w", fs.ErrClosed)
	case len(p) == 0:
		return 0, nil
	case r.at >= r.head.Size:
		return 0, io.EOF
	}
	n := int(r.at / r.head.Chunk)
	if n != r.n {
		if err := r.load(n); err != nil {
			return 0, err
		}
	}
	skip := r.at % r.head.Chunk
	if skip >= int64(len(r.data)) {
		return 0, fmt.Errorf("read blob: chunk %d is too short: %w", n, io.ErrUnexpectedEOF)
	}
	copied := copy(p, r.data[skip:])
	r.at += int64(copied)
	return copied, nil
}

func (r *docReader) load(n int) error {
	return r.db.View(r.ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := chunks.Get(ctx, tx, chunkKey(r.head.ID, n))
		if err != nil {
			return fmt.Errorf("read blob: %w", err)
		}
		r.n, r.data = n, c.Data
		return nil
	})
}

func (r *docReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.head.Size
	}
	if offset < 0 || whence < io.SeekStart || whence > io.SeekEnd {
		return 0, errors.New("seek blob: there is no such place")
	}
	r.at = offset
	return offset, nil
}

func (r *docReader) Close() error {
	r.done, r.data = true, nil
	return nil
}
