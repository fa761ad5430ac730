package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/fxamacker/cbor/v2"
)

// Everything that knows how documents become bytes is in this file.

var (
	cborEncode = must(cbor.EncOptions{
		Sort:          cbor.SortCanonical,
		Time:          cbor.TimeUnixMicro,
		TextMarshaler: cbor.TextMarshalerTextString,
	}.UserBufferEncMode())
	cborDecode = must(cbor.DecOptions{
		// What the encoder may write, the decoder must read: a document of the
		// largest size can be one long list.
		MaxArrayElements: MaxDocument,
		MaxMapPairs:      MaxDocument,
		MaxNestedLevels:  20 * maxDepth,
		TextUnmarshaler:  cbor.TextUnmarshalerTextString,
		DefaultMapType:   nil,
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // the options above are constants
	}
	return v
}

func encodeAs(e driver.Encoding, v any) ([]byte, error) {
	if e == driver.JSON {
		return json.Marshal(v)
	}
	return cborEncode.Marshal(v)
}

// maxRoom is how many bytes of documents are encoded in one piece of memory.
const maxRoom = 16 << 10

// rooms are what transactions that have ended encoded their documents in.
var rooms = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// encode makes CBOR in memory that is used again when the transaction has ended: what a
// driver is given belongs to it until then.
func (tx *Tx) encode(v any) ([]byte, error) {
	if tx.room == nil {
		tx.room = rooms.Get().(*bytes.Buffer)
	} else if tx.room.Len() > maxRoom {
		tx.room = new(bytes.Buffer)
	}
	from := tx.room.Len()
	if err := cborEncode.MarshalToBuffer(v, tx.room); err != nil {
		tx.room.Truncate(from)
		return nil, err
	}
	return tx.room.Bytes()[from:], nil
}

// leaveRoom lets another transaction encode where this one did.
func (tx *Tx) leaveRoom() {
	if tx.room != nil && tx.room.Cap() <= 2*maxRoom {
		tx.room.Reset()
		rooms.Put(tx.room)
	}
	tx.room = nil
}

func decodeAs(e driver.Encoding, data []byte, v any) error {
	if e == driver.JSON {
		return json.Unmarshal(data, v)
	}
	return cborDecode.Unmarshal(data, v)
}

// Upgrade reads one older form of a collection's documents.
type Upgrade[T any] struct{ upgrade }

type upgrade struct {
	from int
	read func(driver.Encoding, []byte) (any, error)
}

// UpgradeFrom reads documents that were stored with this version as Old, and
// turns them into the current form. A stored document is rewritten when it is
// next put.
func UpgradeFrom[Old, T any](version int, f func(*Old) (*T, error)) Upgrade[T] {
	walk := walkerOf(reflect.TypeFor[Old]())
	return Upgrade[T]{upgrade{version, func(e driver.Encoding, data []byte) (any, error) {
		old := new(Old)
		if err := decodeAs(e, data, old); err != nil {
			return nil, err
		}
		walk.times(old)
		return f(old)
	}}}
}

// Downgrade writes the form before the current one.
type Downgrade[T any] struct {
	write func(driver.Encoding, any) ([]byte, error)
}

// WriteAs writes documents in the form before the current one, while processes
// that know no newer one may still be running.
func WriteAs[Old, T any](f func(*T) *Old) *Downgrade[T] {
	return &Downgrade[T]{func(e driver.Encoding, v any) ([]byte, error) { return encodeAs(e, f(v.(*T))) }}
}

// encode is v as db is to keep it; of a transaction of db, if tx isn't nil, only until that
// has ended.
func (u *untyped) encode(db *DB, tx *Tx, v any) (data []byte, version int, err error) {
	e, version := db.traits.Encoding, u.version
	switch {
	case u.older != nil && db.writeVersion(u.name, version) < version:
		version--
		data, err = u.older(e, v)
	case tx != nil && e == driver.CBOR:
		data, err = tx.encode(v)
	default:
		data, err = encodeAs(e, v)
	}
	return data, version, err
}

func (u *untyped) decode(op string, tx *Tx, d driver.Doc) (any, error) {
	v, err := u.read(tx.db.traits.Encoding, d)
	if err != nil {
		return nil, &Error{op, u.name, d.Key, err}
	}
	*u.rev(v) = Rev(d.Rev)
	return v, nil
}

func (u *untyped) read(e driver.Encoding, d driver.Doc) (any, error) {
	switch {
	case d.Version > u.version:
		return nil, fmt.Errorf("stored form %d, this program knows up to %d: %w", d.Version, u.version, ErrNewer)
	case d.Version < u.version:
		for _, up := range u.upgrades {
			if up.from == d.Version {
				return up.read(e, d.Data)
			}
		}
		return nil, fmt.Errorf("stored form %d, this program writes %d and has no upgrade from it", d.Version, u.version)
	}
	v := u.make()
	if err := decodeAs(e, d.Data, v); err != nil {
		return nil, err
	}
	u.walk.times(v)
	return v, nil
}

// The range of moments that keep their microseconds in every encoding: CBOR's
// time is a fraction of seconds in 64 bits, which the encoder takes from rounded
// nanoseconds; behind the year 2106 the two roundings add up to a microsecond.
var (
	minTime = time.Date(1840, 1, 1, 0, 0, 0, 0, time.UTC)
	maxTime = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)
