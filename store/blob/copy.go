package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/frontdesk-go/frontdesk/store"
)

// Keeper is a Store that takes over blobs of another one.
type Keeper interface {
	Store
	// Keep is Put under the id, and with the time, that info says. The content has
	// info.Size bytes, or nothing is kept. An id that is taken is store.ErrExists.
	Keep(ctx context.Context, info Info, r io.Reader) error
}

var (
	errBadID = errors.New("this is no id of a blob")
	errSize  = errors.New("the content hasn't the size that was told")
)

// Copied says what Copy did.
type Copied struct {
	Blobs   int   `json:"blobs"`   // of the source
	Bytes   int64 `json:"bytes"`   // of these
	Written int   `json:"written"` // that were missing in the target, or different
}

// MismatchError says that a blob was not the same on both sides when it was read
// again.
type MismatchError struct {
	ID string
}

func (e *MismatchError) Error() string { return fmt.Sprintf("blob %s differs after copying", e.ID) }

// Copy brings all blobs of one store to another, a Keeper, with their ids and
// times. It may be interrupted and run again: a blob is in the target whole or not
// at all. Each is read again there and compared by its size and SHA-256. Blobs
// that only the target has stay; those deleted meanwhile are passed over.
func Copy(ctx context.Context, from, to Store) (done Copied, err error) {
	keeper, ok := to.(Keeper)
	if !ok {
		return done, fmt.Errorf("copy blobs: a %T can't take over blobs of another store", to)
	}
	for after := ""; ; {
		page, err := from.List(ctx, after, sweepPage)
		if err != nil {
			return done, fmt.Errorf("copy blobs: %w", err)
		}
		for _, info := range page {
			if err := copyOne(ctx, from, keeper, info, &done); err != nil {
				return done, fmt.Errorf("copy blob %s: %w", info.ID, err)
			}
		}
		if len(page) < sweepPage {
			return done, nil
		}
		after = page[len(page)-1].ID
	}
}

func copyOne(ctx context.Context, from Store, to Keeper, info Info, done *Copied) error {
	want, err := digest(ctx, from, info.ID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	got, err := digest(ctx, to, info.ID)
	if err == nil && got != want {
		if err = to.Delete(ctx, info.ID); err == nil {
			err = ErrNotFound
		}
	}
	if errors.Is(err, ErrNotFound) {
		if err := transfer(ctx, from, to, info); err != nil {
			return err
		}
		done.Written++
		got, err = digest(ctx, to, info.ID)
	}
	if err != nil {
		return err
	}
	if got != want {
		return &MismatchError{info.ID}
	}
	done.Blobs++
	done.Bytes += got.size
	return nil
}

func transfer(ctx context.Context, from Store, to Keeper, info Info) (err error) {
	r, _, err := from.Open(ctx, info.ID)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return to.Keep(ctx, info, r)
}

// content tells one content from another.
type content struct {
	size int64
	sum  [sha256.Size]byte
}

func digest(ctx context.Context, s Store, id string) (c content, err error) {
	r, _, err := s.Open(ctx, id)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	h := sha256.New()
	if c.size, err = io.Copy(h, bound(ctx, r, 1<<62)); err != nil {
		return c, err
	}
	h.Sum(c.sum[:0])
	return c, nil
}

// sized fails where a content isn't as long as was told.
type sized struct {
	*bounded
}

func exactly(ctx context.Context, r io.Reader, size int64) io.Reader {
	return sized{bound(ctx, r, size)}
}

func (s sized) Read(p []byte) (int, error) {
	n, err := s.bounded.Read(p)
	if errors.Is(err, store.ErrTooLarge) || errors.Is(err, io.EOF) && s.n < s.limit {
		err = errSize
	}
	return n, err
}
