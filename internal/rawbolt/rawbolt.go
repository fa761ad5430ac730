// Package rawbolt is what benchmarks are held against: what an act of the engine puts
// into its file, put there by bbolt alone.
package rawbolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/uuid"
	bolt "go.etcd.io/bbolt"
)

var bucket = []byte("frontdesk")

// Open opens a file with the settings of boltstore.
func Open(path string) (*bolt.DB, error) {
	o := *bolt.DefaultOptions
	o.InitialMmapSize = 1 << 30
	return bolt.Open(path, 0o600, &o)
}

// Copy copies a file that nobody writes to, and opens the copy.
func Copy(from, to string) (*bolt.DB, error) {
	in, err := os.Open(from)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err != nil {
		return nil, err
	}
	return Open(to)
}

// Commit is a way to have a function's writes on the disk when it returns.
type Commit func(func(*bolt.Bucket) error) error

// Update has one transaction for each function.
func Update(db *bolt.DB) Commit {
	return func(fn func(*bolt.Bucket) error) error {
		return db.Update(func(tx *bolt.Tx) error { return fn(open(tx)) })
	}
}

// Batch is bbolt's own, with its default settings.
func Batch(db *bolt.DB) Commit {
	return func(fn func(*bolt.Bucket) error) error {
		return db.Batch(func(tx *bolt.Tx) error { return fn(open(tx)) })
	}
}

func open(tx *bolt.Tx) *bolt.Bucket {
	b := tx.Bucket(bucket)
	b.FillPercent = 0.9
	return b
}

// most is how many functions share a transaction of Drain.
const most = 256

// Drain has one transaction for all who wait: whoever comes first commits for them, and
// for those who have come meanwhile, until nobody waits.
func Drain(db *bolt.DB) Commit {
	type waiter struct {
		fn   func(*bolt.Bucket) error
		done chan error
	}
	var mu sync.Mutex
	var waiting []waiter
	busy := false
	next := func() (group []waiter) {
		mu.Lock()
		defer mu.Unlock()
		n := min(len(waiting), most)
		group, waiting = waiting[:n:n], waiting[n:]
		busy = n > 0
		return group
	}
	return func(fn func(*bolt.Bucket) error) error {
		w := waiter{fn, make(chan error, 1)}
		mu.Lock()
		waiting = append(waiting, w)
		first := !busy
		busy = true
		mu.Unlock()
		if first {
			for group := next(); len(group) > 0; group = next() {
				err := db.Update(func(tx *bolt.Tx) error {
					b := open(tx)
					for _, w := range group {
						if err := w.fn(b); err != nil {
							return err
						}
					}
					return nil
				})
				for _, w := range group {
					w.done <- err
				}
			}
		}
		return <-w.done
	}
}

// Act is what an act put, to be put again and again with other ids and numbers.
type Act struct {
	puts []put
	n    atomic.Uint64
}

type put struct {
	key      []byte
	id       int // where the subject's id is in the key, -1: it was there before
	value    []byte
	document any // nil: the value is put as it is
}

// Record compares two states of a file: what is in after and not in before was put by an
// act that made the subject with this id. types has a new value for each collection
// whose documents are to be encoded each time, as the engine has to.
func Record(before, after *bolt.DB, id string, types map[string]func() any) (*Act, error) {
	if err := errors.Join(errEncode, errDecode); err != nil {
		return nil, err
	}
	a, was := &Act{}, map[string]string{}
	err := before.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucket).ForEach(func(k, v []byte) error { was[string(k)] = string(v); return nil })
	})
	if err != nil {
		return nil, err
	}
	err = after.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucket).ForEach(func(k, v []byte) error {
			old, had := was[string(k)]
			if had && old == string(v) {
				return nil
			}
			p := put{key: bytes.Clone(k), id: -1, value: bytes.Clone(v)}
			if !had {
				if p.id = bytes.Index(k, []byte(id)); p.id < 0 {
					return fmt.Errorf("key %q has nothing of %s", k, id)
				}
			}
			coll, rest, _ := strings.Cut(string(k), "\x00")
			if of := types[coll]; of != nil && strings.HasPrefix(rest, "d") {
				head := header(v)
				p.value, p.document = bytes.Clone(v[:head]), of()
				if err := decode.Unmarshal(v[head:], p.document); err != nil {
					return fmt.Errorf("%q: %w", k, err)
				}
			}
			a.puts = append(a.puts, p)
			return nil
		})
	})
	if len(a.puts) == 0 {
		err = errors.Join(err, errors.New("nothing was put"))
	}
	return a, err
}

// header is how many bytes a record has before its document: revision, version, and its
// index entries.
func header(v []byte) (n int) {
	number := func() int {
		x, w := binary.Uvarint(v[n:])
		n += w
		return int(x)
	}
	number()
	number()
	for range number() {
		n += number()
	}
	return n
}

// Decode reads the document of a record as the engine does.
func Decode(record []byte, v any) error { return decode.Unmarshal(record[header(record):], v) }

// Codecs as those of package store.
var (
	encode, errEncode = cbor.EncOptions{Sort: cbor.SortCanonical, Time: cbor.TimeUnixMicro, TextMarshaler: cbor.TextMarshalerTextString}.EncMode()
	decode, errDecode = cbor.DecOptions{TextUnmarshaler: cbor.TextUnmarshalerTextString}.DecMode()
)

// Again puts it all once more: under a new id, with numbers that grow, the documents
// encoded anew before the writer's turn.
func (a *Act) Again(commit Commit) error {
	id, n := uuid.Must(uuid.NewV7()).String(), a.n.Add(1)
	puts := make([]put, len(a.puts))
	for i, p := range a.puts {
		if p.document != nil {
			data, err := encode.Marshal(p.document)
			if err != nil {
				return err
			}
			p.value = slices.Concat(p.value, data)
		}
		if p.id >= 0 {
			p.key = bytes.Clone(p.key)
			copy(p.key[p.id:], id)
			if kind := bytes.IndexByte(p.key, 0) + 1; p.key[kind] == 'i' { // ends with a number before the id
				binary.BigEndian.PutUint64(p.key[p.id-8:], 1<<63+1<<40+n)
			}
		}
		puts[i] = p
	}
	return commit(func(b *bolt.Bucket) error {
		for _, p := range puts {
			if err := b.Put(p.key, p.value); err != nil {
				return err
			}
		}
		return nil
	})
}
