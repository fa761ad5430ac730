package boltstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/frontdesk-go/frontdesk/store/driver"
	bolt "go.etcd.io/bbolt"
)

// compactBytes is how much is copied in a transaction.
const compactBytes = 16 << 20

// temp is where the file is written anew.
func (f *file) temp() string { return f.path + ".compact" }

// Compact writes the file anew, so that it holds what is stored and not one byte of
// what was deleted or replaced, and takes no more room than it needs. Writers wait
// until it has ended; who reads goes on. Beside the file there has to be room for
// another one. A process that dies meanwhile leaves the old file or the new one,
// both whole. It implements driver.Compactor.
func (s *Store) Compact(ctx context.Context) error {
	f := s.file
	f.compacting.Lock()
	defer f.compacting.Unlock()
	if err := f.group.alone(ctx, f.rewrite); err != nil {
		return fmt.Errorf("compact %s: %w", f.path, err)
	}
	return nil
}

// rewrite runs while nobody writes. It returns with what ends the use of the file
// before, which waits for its readers.
func (f *file) rewrite(ctx context.Context) (end func() error, err error) {
	if err := os.Remove(f.temp()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	fresh, err := f.open(f.temp())
	if err != nil {
		return nil, err
	}
	old := f.live.Load()
	err = copyBucket(ctx, fresh, old)
	if err == nil {
		err = f.replace()
	}
	if err != nil {
		return nil, errors.Join(err, fresh.Close(), os.Remove(f.temp()))
	}
	// From here on it is the new file that counts.
	f.live.Store(fresh)
	if err := syncDir(filepath.Dir(f.path)); err != nil {
		err = fmt.Errorf("%w: nobody knows which of the two files the disk has: %w", driver.ErrFailed, err)
		return old.Close, err
	}
	return old.Close, nil
}

// replace puts the new file in the place of the old one, with its permissions.
func (f *file) replace() error {
	st, err := os.Stat(f.path)
	if err == nil {
		err = os.Chmod(f.temp(), st.Mode().Perm())
	}
	if err == nil {
		err = os.Rename(f.temp(), f.path)
	}
	return err
}

// copyBucket brings all that is stored to a new file, and to the disk.
func copyBucket(ctx context.Context, to, from *bolt.DB) error {
	// One flush at the end will do, and little room for what is to come.
	to.NoSync, to.AllocSize = true, 1<<20
	err := from.View(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucket).Cursor()
		k, v := c.First()
		for first := true; first || k != nil; first = false {
			if err := ctx.Err(); err != nil {
				return err
			}
			err := to.Update(func(tx *bolt.Tx) error {
				b, err := tx.CreateBucketIfNotExists(bucket)
				if err != nil {
					return err
				}
				b.FillPercent = fill
				for n := 0; k != nil && n < compactBytes; k, v = c.Next() {
					if err := b.Put(k, v); err != nil {
						return err
					}
					n += len(k) + len(v)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return closedOr(err)
	}
	to.NoSync, to.AllocSize = false, from.AllocSize
	return to.Sync()
}

// syncDir makes the names in a directory last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
