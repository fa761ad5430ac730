package boltstore

import (
	"os"

	"github.com/frontdesk-go/frontdesk/store/internal/kv"
	bolt "go.etcd.io/bbolt"
)

// OpenBreakable opens a store whose file can be taken away: breakIt has every
// flush from then on fail, as on a full or faulty disk.
func OpenBreakable(path string) (s *Store, breakIt func(), err error) {
	whole, err := Open(path, nil) // creates the bucket
	if err != nil {
		return nil, nil, err
	}
	if err := whole.Close(); err != nil {
		return nil, nil, err
	}
	var disk *os.File
	bo := *bolt.DefaultOptions
	bo.OpenFile = func(name string, flag int, mode os.FileMode) (f *os.File, err error) {
		disk, err = os.OpenFile(name, flag, mode)
		return disk, err
	}
	db, err := bolt.Open(path, 0o600, &bo)
	if err != nil {
		return nil, nil, err
	}
	f := &file{path: path}
	f.live.Store(db)
	f.group = newGroup(&f.live)
	return &Store{kv.New(f), f}, func() { disk.Close() }, nil
}

// Flushes is how many flushes there have been.
func (s *Store) Flushes() int64 { return s.file.group.flushes.Load() }
