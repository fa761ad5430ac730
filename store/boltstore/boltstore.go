// Package boltstore keeps a store in one bbolt file, with commits in groups:
// writers that come at about the same time share one flush to disk.
//
// # Caveats
//
// One process at a time has the file open; a second one gets store.ErrInUse.
// After a flush that failed, a full disk say, the store refuses to write
// (store.ErrFailed) until it is opened again, since nobody knows what the disk
// holds.
//
// What is deleted leaves its bytes in the file until their pages are used again.
// Compact writes the file anew, without them.
package boltstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/internal/kv"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Store is a driver.Store in a bbolt file.
type Store struct {
	*kv.Store
	file *file
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

// pageSize is that of a new file; one that is there keeps its own until Compact. Under
// load a flush changes most of what a page of 4 KB holds, and half as many pages of twice
// the size cost less to find and to write.
const pageSize = 8 << 10

var bucket = []byte("frontdesk")

// Open opens the file, or creates it. It fails with store.ErrInUse if another
// process has it open.
func Open(path string, o *Options) (*Store, error) {
	if o == nil {
		o = &Options{}
	}
	f := &file{path: path, o: *o}
	db, err := f.open(path)
	if err == nil {
		f.path, err = filepath.EvalSymlinks(path) // Compact replaces the file, and not a link to it
	}
	if err == nil {
		err = os.Remove(f.temp()) // of a process that died while it compacted: nobody else has the file now
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if err == nil {
		err = db.Update(func(tx *bolt.Tx) error {
			_, err := tx.CreateBucketIfNotExists(bucket)
			return err
		})
	}
	if err != nil {
		if db != nil {
			db.Close()
		}
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	f.live.Store(db)
	f.group = newGroup(&f.live)
	return &Store{kv.New(f), f}, nil
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
	err = s.file.live.Load().View(func(tx *bolt.Tx) error {
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
	path  string
	o     Options
	live  atomic.Pointer[bolt.DB] // Compact replaces it
	group *group

	compacting sync.Mutex // held by Compact, and by who closes
}

// open opens a bbolt file. While it waited for another process, that one may have
// put another file in its place.
func (f *file) open(path string) (*bolt.DB, error) {
	bo := *bolt.DefaultOptions
	bo.PageSize = pageSize
	bo.Timeout, bo.InitialMmapSize = cmp.Or(f.o.Wait, time.Second), cmp.Or(f.o.Map, 1<<30)
	for {
		var opened os.FileInfo
		bo.OpenFile = func(name string, flag int, mode os.FileMode) (*os.File, error) {
			file, err := os.OpenFile(name, flag, mode)
			if err == nil {
				opened, err = file.Stat()
			}
			return file, err
		}
		db, err := bolt.Open(path, 0o600, &bo)
		if errors.Is(err, bolterrors.ErrTimeout) {
			return nil, driver.ErrInUse
		}
		if err != nil {
			return nil, err
		}
		now, err := os.Stat(path)
		if err == nil && os.SameFile(opened, now) {
			return db, nil
		}
		if err = errors.Join(err, db.Close()); err != nil {
			return nil, err
		}
	}
}

func (f *file) Begin(ctx context.Context, write bool) (kv.Tx, error) {
	if write {
		b, err := f.group.join(ctx)
		if err != nil {
			return nil, err
		}
		return &writer{view: view{b: b, flushes: f.group.flushes.Load()}, group: f.group}, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for {
		flushes := f.group.flushes.Load() // at least these are in what it reads
		db := f.live.Load()
		tx, err := db.Begin(false)
		if err != nil && f.live.Load() != db {
			continue // Compact has put another file in its place
		}
		if err != nil {
			return nil, closedOr(err)
		}
		return &view{tx: tx, b: tx.Bucket(bucket), flushes: flushes}, nil
	}
}

// Land implements kv.KV.
func (f *file) Land(ctx context.Context, snapshot kv.Tx, fn func(turn kv.Turn, moved func(k []byte) bool) error) error {
	return f.group.land(ctx, snapshot.(*view).flushes, fn)
}

func closedOr(err error) error {
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return driver.ErrClosed
	}
	return err
}

func (f *file) Close() error {
	f.group.close()
	f.compacting.Lock()
	defer f.compacting.Unlock()
	return f.live.Load().Close()
}

// view is a transaction that only reads.
type view struct {
	tx      *bolt.Tx
	b       *bolt.Bucket
	flushes int64 // of the group, before it began
	gets    *bolt.Cursor
	walks   *bolt.Cursor // nil while somebody walks with it, too
}

// Get has one cursor for all, whose path Bucket.Get would allocate each time.
func (v *view) Get(k []byte) []byte {
	if v.gets == nil {
		v.gets = v.b.Cursor()
	}
	if found, val := v.gets.Seek(k); bytes.Equal(found, k) {
		return val
	}
	return nil
}

func (v *view) Put(_, _ []byte) error { return driver.ErrReadOnly }

func (v *view) Delete([]byte) error { return driver.ErrReadOnly }

// Moment is how many flushes there were before it began.
func (v *view) Moment() int64 { return v.flushes }

func (v *view) End() error { return v.tx.Rollback() }

// Walk has one cursor for all that don't walk inside another one.
func (v *view) Walk(from, to []byte, desc bool, fn func(k, v []byte) bool) {
	c := v.walks
	if v.walks = nil; c == nil {
		c = v.b.Cursor()
	}
	defer func() { v.walks = c }()
	if !desc {
		for k, val := c.Seek(from); k != nil && bytes.Compare(k, to) < 0 && fn(k, val); {
			k, val = c.Next()
		}
		return
	}
	step := c.Prev
	if k, _ := c.Seek(to); k == nil {
		step = c.Last // nothing lies at or behind to
	}
	var before []byte // the key of the step before
	for k, val := step(); ; k, val = c.Prev() {
		if k == nil && v.begins(before, to) {
			return
		}
		for k == nil {
			// Not the beginning, but a page whose keys this transaction has all deleted.
			k, val = c.Prev()
		}
		if bytes.Compare(k, from) < 0 || !fn(k, val) {
			return
		}
		before = k
	}
}

// begins says whether nothing lies before a key; before to, if there is no key.
func (v *view) begins(key, to []byte) bool {
	first, _ := v.b.Cursor().First()
	if key == nil {
		return first == nil || bytes.Compare(first, to) >= 0
	}
	return bytes.Equal(first, key)
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
	if len(v) > 0 { // an entry of an index holds nothing: it is walked over, and never got
		w.group.recent.note(k)
	}
	return w.b.Put(k, v)
}

func (w *writer) Delete(k []byte) error {
	w.wrote = true
	w.group.recent.note(k)
	return w.b.Delete(k)
}

// Raise implements kv.Turn: once for a group, however many have drawn numbers.
func (w *writer) Raise(k []byte, n int64) {
	w.wrote = true
	w.group.raised[string(k)] = max(w.group.raised[string(k)], n)
}

func (w *writer) End() error { return w.group.leave(w.wrote) }
