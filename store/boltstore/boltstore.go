// Package boltstore keeps a store in one bbolt file, with commits in groups:
// writers that come at about the same time share one flush to disk.
//
// # Caveats
//
// One process at a time has the file open; a second one gets store.ErrInUse.
// After a flush that failed, a full disk say, the store refuses to write
// (store.ErrFailed) until it is opened again, since nobody knows what the disk
// holds.
package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/internal/kv"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Store is a driver.Store in a bbolt file.
type Store struct {
	*kv.Store
	db *bolt.DB
}

// Options of Open; nil means the defaults.
type Options struct {
	// Wait is for how long Open waits for another process to give the file up.
	// Default 1 s.
	Wait time.Duration
	// Map is how many bytes of addresses are taken at the start. A file that
	// outgrows them waits, once, for all readers to end. Default 1 GiB; the file
	// isn't larger for it.
	Map int
}

// fill is how full bbolt leaves pages behind it. Keys grow with time, so hardly
// anything is added to a page later; at 0.9 the file has two thirds of the size.
const fill = 0.9

var bucket = []byte("frontdesk")

// Open opens the file, or creates it. It fails with store.ErrInUse if another
// process has it open.
func Open(path string, o *Options) (*Store, error) {
	if o == nil {
		o = &Options{}
	}
	bo := *bolt.DefaultOptions
	bo.Timeout, bo.InitialMmapSize = o.Wait, o.Map
	if bo.Timeout == 0 {
		bo.Timeout = time.Second
	}
	if bo.InitialMmapSize == 0 {
		bo.InitialMmapSize = 1 << 30
	}
	db, err := bolt.Open(path, 0o600, &bo)
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("open %s: %w", path, driver.ErrInUse)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(bucket)
		return err
	})
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &Store{kv.New(&file{db: db, group: &group{db: db}}), db}, nil
}

// Dump writes a bbolt file that holds the documents of one moment, and says how
// many bytes that were. Writers go on meanwhile; but a file that outgrows its map
// waits for Dump to end, so w should be quick. A store that has failed isn't
// written: store.ErrFailed.
func (s *Store) Dump(ctx context.Context, w io.Writer) (n int64, err error) {
	turn, err := s.Begin(ctx, true)
	if err != nil {
		return 0, fmt.Errorf("dump: %w", err)
	}
	if err := turn.Rollback(ctx); err != nil {
		return 0, fmt.Errorf("dump: %w", err)
	}
	err = s.db.View(func(tx *bolt.Tx) error {
		n, err = tx.WriteTo(w)
		return err
	})
	if err != nil {
		return n, fmt.Errorf("dump: %w", closedOr(err))
	}
	return n, nil
}

// file is a KV in a bbolt file.
type file struct {
	db    *bolt.DB
	group *group
}

func (f *file) Begin(ctx context.Context, write bool) (kv.Tx, error) {
	if write {
		b, err := f.group.join(ctx)
		if err != nil {
			return nil, err
		}
		return &writer{view{b: b}, f.group, false}, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	tx, err := f.db.Begin(false)
	if err != nil {
		return nil, closedOr(err)
	}
	return &view{tx, tx.Bucket(bucket)}, nil
}

func closedOr(err error) error {
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return driver.ErrClosed
	}
	return err
}

func (f *file) Close() error {
	f.group.close()
	return f.db.Close()
}

// view is a transaction that only reads.
type view struct {
	tx *bolt.Tx
	b  *bolt.Bucket
}

func (v *view) Get(k []byte) []byte { return v.b.Get(k) }

func (v *view) Put(_, _ []byte) error { return driver.ErrReadOnly }

func (v *view) Delete([]byte) error { return driver.ErrReadOnly }

func (v *view) End() error { return v.tx.Rollback() }

func (v *view) Walk(from, to []byte, desc bool, fn func(k, v []byte) bool) {
	c := v.b.Cursor()
	if !desc {
		for k, val := c.Seek(from); k != nil && bytes.Compare(k, to) < 0 && fn(k, val); {
			k, val = c.Next()
		}
		return
	}
	first, _ := c.First()
	if first == nil || bytes.Compare(first, to) >= 0 {
		return
	}
	step := c.Prev
	if k, _ := c.Seek(to); k == nil {
		step = c.Last // nothing lies at or behind to
	}
	for k, val := step(); ; k, val = c.Prev() {
		for k == nil {
			// Not the beginning, which ends the walk below, but a page whose
			// keys this transaction has all deleted.
			k, val = c.Prev()
		}
		if bytes.Compare(k, from) < 0 || !fn(k, val) || bytes.Equal(k, first) {
			return
		}
	}
}

// writer is one member of a group.
type writer struct {
	view
	group *group
	wrote bool
}

func (w *writer) Put(k, v []byte) error {
	w.wrote = true
	w.group.bytes += len(k) + len(v)
	return w.b.Put(k, v)
}

func (w *writer) Delete(k []byte) error {
	w.wrote = true
	return w.b.Delete(k)
}

func (w *writer) End() error { return w.group.leave(w.wrote) }
