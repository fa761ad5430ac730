package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// untyped is a collection without the type of its documents: what works with them, and
// only hands them on, is compiled once for all and not once for each type, of which a
// desk has more than a hundred. A document goes as any, and is always a *T.
type untyped struct {
	typed    Any // whose it is
	name     string
	declared driver.Schema // but for columns and indexes
	columns  []column
	indexes  []Index
	make     func() any // a new document
	key      func(any) string
	rev      func(any) *Rev
	walk     *walker

	version  int
	upgrades []upgrade
	older    func(driver.Encoding, any) ([]byte, error) // nil: there is no form before

	subjects func(any) []string
	erase    func(v any, subject string) (keep bool)
	found    []Way
	show     func(v any, subjects []string) any
}

// column is a Column without its type.
type column struct {
	driver.Column
	of func(any) any
}

// untyped takes the type away, the first time that it is asked for.
func (c *Collection[T]) untyped() *untyped {
	c.once.Do(func() {
		u := &untyped{
			typed: c, name: c.Name, indexes: c.Indexes,
			declared: driver.Schema{Name: c.Name, Fresh: c.Fresh, Series: c.Series, Views: c.Views},
			make:     func() any { return new(T) }, key: without(c.Key), rev: without(c.Rev),
			walk:    walkerOf(reflect.TypeFor[T]()),
			version: max(c.Version, 1), subjects: without(c.Subjects), found: c.Found,
		}
		for _, col := range c.Columns {
			u.columns = append(u.columns, column{driver.Column{Name: col.Name, Kind: col.Kind}, without(col.Of)})
		}
		for _, up := range c.Upgrades {
			u.upgrades = append(u.upgrades, up.upgrade)
		}
		if c.Older != nil {
			u.older = c.Older.write
		}
		if c.Erase != nil {
			u.erase = func(v any, subject string) bool { return c.Erase(v.(*T), subject) }
		}
		if c.Show != nil {
			u.show = func(v any, subjects []string) any { return c.Show(v.(*T), subjects) }
		}
		c.plain = u
	})
	return c.plain
}

// without is f for a document whose type isn't told.
func without[T, R any](f func(*T) R) func(any) R {
	if f == nil {
		return nil
	}
	return func(v any) R { return f(v.(*T)) }
}

// typed tells a document's type again.
func typed[T any](v any, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return v.(*T), nil
}

func (u *untyped) schema() (driver.Schema, error) {
	s := u.declared
	at := map[string]int{}
	for i, col := range u.columns {
		at[col.Name] = i
		s.Columns = append(s.Columns, col.Column)
	}
	for _, ix := range u.indexes {
		d := driver.Index{Name: ix.Name, Unique: ix.Unique}
		for i, name := range ix.On {
			n, ok := at[name]
			if !ok {
				return s, fmt.Errorf("collection %s: index %s is on column %q, which isn't declared", u.name, ix.Name, name)
			}
			if s.Columns[n].Kind == Texts && (i > 0 || len(ix.On) > 2) {
				return s, fmt.Errorf("collection %s: index %s: a Texts column must lead, followed by at most one other", u.name, ix.Name)
			}
			d.Columns = append(d.Columns, n)
		}
		s.Indexes = append(s.Indexes, d)
	}
	return s, nil
}

// values returns the values of all columns, nil where absent.
func (u *untyped) values(v any) ([]any, error) {
	if len(u.columns) == 0 {
		return nil, nil
	}
	vals := make([]any, len(u.columns))
	for i, col := range u.columns {
		x, ok := present(col.Kind, col.of(v))
		if !ok {
			return nil, fmt.Errorf("column %s: a %T doesn't fit its kind: %w", col.Name, col.of(v), ErrValue)
		}
		if tooLong(x) {
			return nil, fmt.Errorf("column %s: a text in a column has at most %d bytes: %w", col.Name, maxText, ErrValue)
		}
		vals[i] = x
	}
	return vals, nil
}

func tooLong(x any) bool {
	switch x := x.(type) {
	case string:
		return len(x) > maxText
	case []string:
		return slices.ContainsFunc(x, func(s string) bool { return len(s) > maxText })
	}
	return false
}

// present normalises a column's value; ok is false where its type is wrong.
func present(k driver.Kind, x any) (v any, ok bool) {
	switch x := x.(type) {
	case nil:
		return nil, true
	case string:
		if x == "" {
			return nil, k == Text
		}
		return x, k == Text
	case int64:
		return x, k == Int
	case time.Time:
		if x.IsZero() {
			return nil, k == Time
		}
		return driver.Micro(x), k == Time
	case []string:
		if len(x) == 0 {
			return nil, k == Texts
		}
		return x, k == Texts
	}
	return nil, false
}

// Lock is Get, and keeps others from changing (Share) or using (ForUpdate) the
// document until the transaction ends.
func (u *untyped) lock(ctx context.Context, tx *Tx, key string, lock driver.Lock) (any, error) {
	d, err := tx.get(ctx, u.name, key, lock)
	if err != nil {
		return nil, &Error{"get", u.name, key, err}
	}
	return u.decode("get", tx, d)
}

// lockShared is Lock for what Shared is for, by who only reads it.
func (u *untyped) lockShared(ctx context.Context, tx *Tx, key string, lock driver.Lock) (any, error) {
	at := id{u.name, key}
	known, ok := tx.db.shared.find(at)
	watcher, watches := tx.d.(driver.Watcher)
	if ok && watches && tx.usable(lock != driver.None) == nil && watcher.Still(u.name, key, known.moment) {
		if known.value == nil {
			return nil, &Error{"get", u.name, key, ErrNotFound}
		}
		return known.value, nil
	}
	d, err := tx.get(ctx, u.name, key, lock)
	if err != nil {
		if watches && tx.writes == 0 && errors.Is(err, ErrNotFound) {
			tx.db.shared.keep(at, shared{moment: watcher.Moment()})
		}
		return nil, &Error{"get", u.name, key, err}
	}
	// The bytes are compared as well: one that was deleted and created anew has the same
	// revisions.
	read, fresh := known, !ok || !known.is(d)
	if fresh {
		v, err := u.decode("get", tx, d)
		if err != nil {
			return nil, err
		}
		d.Data = bytes.Clone(d.Data)
		read = shared{Doc: d, value: v}
	}
	if watches {
		read.moment = watcher.Moment()
	}
	if tx.writes == 0 && (fresh || read.moment > known.moment) { // and not what may yet be rolled back
		tx.db.shared.keep(at, read)
	}
	return read.value, nil
}

// Put stores v, and moves v to its new revision. A v of revision 0 is created
// (ErrExists if the key is taken); otherwise the stored document must still have
// v's revision, else the error is ErrConflict if this transaction read it, and
// ErrStale if v came from outside. Put cleans v in place: text that isn't valid
// UTF-8 or holds U+0000 gets U+FFFD there, times become whole microseconds UTC, a
// negative zero becomes zero. If the transaction ends without a commit, v gets its
// old revision back.
func (u *untyped) put(ctx context.Context, tx *Tx, v any) error {
	fail := func(err error) error { return &Error{"put", u.name, u.key(v), err} }
	if err := u.walk.clean(v); err != nil {
		return fail(err)
	}
	key, rev := u.key(v), u.rev(v) // cleaned, a key may be longer
	if key == "" || len(key) > maxKey {
		return fail(fmt.Errorf("a key has 1 to %d bytes: %w", maxKey, ErrValue))
	}
	cols, err := u.values(v)
	if err == nil {
		err = u.entriesFit(key, cols)
	}
	if err != nil {
		return fail(err)
	}
	data, version, err := u.encode(tx.db, tx, v)
	if err != nil {
		return fail(err)
	}
	if len(data) > MaxDocument {
		return fail(fmt.Errorf("%d bytes, at most %d: %w", len(data), MaxDocument, ErrTooLarge))
	}
	d := driver.Doc{Key: key, Rev: int64(*rev) + 1, Version: version, Data: data, Cols: cols}
	if err := tx.put(ctx, u.name, d, int64(*rev)); err != nil {
		return fail(err)
	}
	tx.moved(rev, *rev+1)
	return nil
}

// The limits of a key, of a text in a column, and of an entry of an index with all
// its texts, in bytes: what every back end's indexes can hold.
const (
	maxKey   = 1024
	maxText  = 1024
	maxEntry = 2560
)

// entriesFit refuses an entry that is longer than an index can hold, although none
// of its texts is.
func (u *untyped) entriesFit(key string, cols []any) error {
	for _, ix := range u.indexes {
		n := len(key)
		for _, name := range ix.On {
			i := slices.IndexFunc(u.columns, func(col column) bool { return col.Name == name })
			switch x := cols[i].(type) {
			case string:
				n += len(x)
			case []string:
				longest := 0
				for _, s := range x {
					longest = max(longest, len(s))
				}
				n += longest
			}
		}
		if n > maxEntry {
			return fmt.Errorf("index %s: the texts of an entry and the key have at most %d bytes together: %w", ix.Name, maxEntry, ErrValue)
		}
	}
	return nil
}

// Delete removes v if its revision is still the stored one; errors as for Put.
func (u *untyped) delete(ctx context.Context, tx *Tx, v any) error {
	key, rev := u.key(v), u.rev(v)
	if err := tx.delete(ctx, u.name, key, int64(*rev)); err != nil {
		return &Error{"delete", u.name, key, err}
	}
	tx.moved(rev, 0)
	return nil
}

// reindex writes d's columns and index entries afresh, and leaves the rest.
func (u *untyped) reindex(ctx context.Context, tx *Tx, d driver.Doc) error {
	v, err := u.decode("reindex", tx, d)
	if err != nil {
		return err
	}
	if d.Cols, err = u.values(v); err != nil {
		return &Error{"reindex", u.name, d.Key, err}
	}
	data, version, err := u.encode(tx.db, tx, v)
	if err != nil {
		return &Error{"reindex", u.name, d.Key, err}
	}
	d.Data, d.Version = data, version
	if err := tx.put(ctx, u.name, d, d.Rev); err != nil {
		if errors.Is(err, ErrExists) {
			err = fmt.Errorf("a new unique index finds two documents with one value: %w", err)
		}
		return &Error{"reindex", u.name, d.Key, err}
	}
	return nil
}
