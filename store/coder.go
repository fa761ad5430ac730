package store

import (
	"encoding/json"
	"fmt"
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
	}.EncMode())
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

func decodeAs(e driver.Encoding, data []byte, v any) error {
	if e == driver.JSON {
		return json.Unmarshal(data, v)
	}
	return cborDecode.Unmarshal(data, v)
}

// Upgrade reads one older form of a collection's documents.
type Upgrade[T any] struct {
	from int
	read func(driver.Encoding, []byte) (*T, error)
}

// UpgradeFrom reads documents that were stored with this version as Old, and
// turns them into the current form. A stored document is rewritten when it is
// next put.
func UpgradeFrom[Old, T any](version int, f func(*Old) (*T, error)) Upgrade[T] {
	walk := walkerOf[Old]()
	return Upgrade[T]{version, func(e driver.Encoding, data []byte) (*T, error) {
		old := new(Old)
		if err := decodeAs(e, data, old); err != nil {
			return nil, err
		}
		walk.times(old)
		return f(old)
	}}
}

// Downgrade writes the form before the current one.
type Downgrade[T any] struct {
	write func(driver.Encoding, *T) ([]byte, error)
}

// WriteAs writes documents in the form before the current one, while processes
// that know no newer one may still be running.
func WriteAs[Old, T any](f func(*T) *Old) *Downgrade[T] {
	return &Downgrade[T]{func(e driver.Encoding, v *T) ([]byte, error) { return encodeAs(e, f(v)) }}
}

// prepare looks at T once, and refuses what no store can keep.
func (c *Collection[T]) prepare() error {
	c.once.Do(func() { c.walk = walkerOf[T]() })
	if c.walk.err != nil {
		return fmt.Errorf("collection %s: %w", c.Name, c.walk.err)
	}
	return nil
}

func (c *Collection[T]) encode(db *DB, v *T) (data []byte, version int, err error) {
	e, version := db.traits.Encoding, c.version()
	if c.Older != nil && db.writeVersion(c.Name, version) < version {
		data, err = c.Older.write(e, v)
		return data, version - 1, err
	}
	data, err = encodeAs(e, v)
	return data, version, err
}

func (c *Collection[T]) decode(op string, tx *Tx, d driver.Doc) (*T, error) {
	v, err := c.read(tx.db.traits.Encoding, d)
	if err != nil {
		return nil, &Error{op, c.Name, d.Key, err}
	}
	*c.Rev(v) = Rev(d.Rev)
	return v, nil
}

func (c *Collection[T]) read(e driver.Encoding, d driver.Doc) (*T, error) {
	switch {
	case d.Version > c.version():
		return nil, fmt.Errorf("stored form %d, this program knows up to %d: %w", d.Version, c.version(), ErrNewer)
	case d.Version < c.version():
		for _, u := range c.Upgrades {
			if u.from == d.Version {
				return u.read(e, d.Data)
			}
		}
		return nil, fmt.Errorf("stored form %d, this program writes %d and has no upgrade from it", d.Version, c.version())
	}
	v := new(T)
	if err := decodeAs(e, d.Data, v); err != nil {
		return nil, err
	}
	c.walk.times(v)
	return v, nil
}

// The range of moments that keep their microseconds in every encoding: CBOR's
// time is a fraction of seconds in 64 bits, which the encoder takes from rounded
// nanoseconds; behind the year 2106 the two roundings add up to a microsecond.
var (
	minTime = time.Date(1840, 1, 1, 0, 0, 0, 0, time.UTC)
	maxTime = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)
