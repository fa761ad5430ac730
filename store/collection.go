package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// The limits of every store.
const (
	MaxDocument = 1 << 20  // bytes of an encoded document
	MaxWrites   = 10_000   // writes in a transaction
	MaxBytes    = 16 << 20 // bytes of documents written in a transaction
)

// Rev is a document's revision: 0 before it is stored, 1 when created, one more
// at each change.
type Rev int64

// The kinds of column.
const (
	Text  = driver.Text
	Int   = driver.Int
	Time  = driver.Time
	Texts = driver.Texts
)

// Column is a value of a document by which indexes order it.
type Column[T any] struct {
	Name string
	Kind driver.Kind
	// Of returns a string, an int64, a time.Time or a []string, as Kind says. An
	// empty text or list and a zero time are absent, and so is nil; a number is
	// absent only as nil.
	Of func(*T) any
}

// Index orders a collection by columns, then by key. Documents in which one of
// the columns is absent aren't in it.
type Index struct {
	Name   string
	On     []string // names of columns; a Texts column may lead and be followed by one more
	Unique bool
}

// Collection describes how documents of type T are stored. It is declared once,
// given to Open, and used for every access.
type Collection[T any] struct {
	Name    string
	Key     func(*T) string
	Rev     func(*T) *Rev
	Columns []Column[T]
	Indexes []Index
	// Fresh says that keys and unique values are new by construction: random ids,
	// numbers of a series, revisions of another document. Should one be taken all
	// the same, Put may find out as late as at commit, and Update runs again.
	Fresh bool
	// Series names those that numbers of the documents come from.
	Series []string
	// Views are what stores over SQL show of the documents to those who read the
	// database itself.
	Views []driver.SQLView

	// Version of the stored form, from 1 (0 counts as 1). Upgrades read older
	// forms. Older, if set, writes the form before this one, which a fleet needs
	// while some of its processes still run the previous program.
	Version  int
	Upgrades []Upgrade[T]
	Older    *Downgrade[T]

	// Subjects names the end users whose personal data the document holds. Erase
	// removes one subject's data from it and says whether to keep the rest.
	// Impersonal says why a collection without the two holds no such data.
	Subjects   func(*T) []string
	Erase      func(v *T, subject string) (keep bool)
	Impersonal string
	// Found says how one subject's documents are found; together the ways lead to
	// all that Subjects gives to him. nil: the whole collection is looked at, which
	// will do where it is small. Show is what of a document an export shows to some
	// of its subjects, for JSON; what it gives as nil isn't shown to them, nor is its file.
	// A nil Show is the document as it is stored.
	Found []Way
	Show  func(v *T, subjects []string) any

	once sync.Once
	walk *walker
}

// Any is a collection of whatever type; *Collection is the only implementation.
type Any interface {
	schema() (driver.Schema, error)
	name() string
	version() int
	prepare() error
	reindex(ctx context.Context, tx *Tx, row driver.Doc) error
	carry(d driver.Doc, from, to *DB) (driver.Doc, error)
	canonical(e driver.Encoding, d driver.Doc) ([]byte, error)

	personal() bool
	ways() []Way
	owned(ctx context.Context, tx *Tx, q Query, subjects []string) ([]*Personal, string, error)
	owns(ctx context.Context, tx *Tx, key string, subjects []string) (bool, error)
	indexed(index string, doc any, subjects []string) bool
	erasable(doc any, subjects []string) (bool, error)
	eraseOne(ctx context.Context, tx *Tx, key string, subjects []string, cares []Care) (bool, error)
}

func (c *Collection[T]) name() string { return c.Name }
func (c *Collection[T]) version() int { return max(c.Version, 1) }

func (c *Collection[T]) schema() (driver.Schema, error) {
	s := driver.Schema{Name: c.Name, Fresh: c.Fresh, Series: c.Series, Views: c.Views}
	at := map[string]int{}
	for i, col := range c.Columns {
		at[col.Name] = i
		s.Columns = append(s.Columns, driver.Column{Name: col.Name, Kind: col.Kind})
	}
	for _, ix := range c.Indexes {
		d := driver.Index{Name: ix.Name, Unique: ix.Unique}
		for i, name := range ix.On {
			n, ok := at[name]
			if !ok {
				return s, fmt.Errorf("collection %s: index %s is on column %q, which isn't declared", c.Name, ix.Name, name)
			}
			if s.Columns[n].Kind == Texts && (i > 0 || len(ix.On) > 2) {
				return s, fmt.Errorf("collection %s: index %s: a Texts column must lead, followed by at most one other", c.Name, ix.Name)
			}
			d.Columns = append(d.Columns, n)
		}
		s.Indexes = append(s.Indexes, d)
	}
	return s, nil
}

// columns returns the values of all columns, nil where absent.
func (c *Collection[T]) columns(v *T) ([]any, error) {
	if len(c.Columns) == 0 {
		return nil, nil
	}
	vals := make([]any, len(c.Columns))
	for i, col := range c.Columns {
		x, ok := present(col.Kind, col.Of(v))
		if !ok {
			return nil, fmt.Errorf("column %s: a %T doesn't fit its kind: %w", col.Name, col.Of(v), ErrValue)
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

// Get returns the document with this key, or ErrNotFound.
func (c *Collection[T]) Get(ctx context.Context, tx *Tx, key string) (*T, error) {
	return c.Lock(ctx, tx, key, driver.None)
}

// Shared is Get for what is read far more often than it changes, and of which there is
// little: settings, staff. All who ask get the same value, which nobody changes, and it
// is decoded once for each revision.
func (c *Collection[T]) Shared(ctx context.Context, tx *Tx, key string) (*T, error) {
	return c.LockShared(ctx, tx, key, driver.None)
}

// LockShared is Lock for what Shared is for, by who only reads it.
func (c *Collection[T]) LockShared(ctx context.Context, tx *Tx, key string, lock driver.Lock) (*T, error) {
	d, err := tx.get(ctx, c.Name, key, lock)
	if err != nil {
		return nil, &Error{"get", c.Name, key, err}
	}
	at := id{c.Name, key}
	// The bytes are compared as well: one that was deleted and created anew has the same
	// revisions.
	if known, ok := tx.db.shared.Load(at); ok && known.(shared).is(d) {
		return known.(shared).value.(*T), nil
	}
	v, err := c.decode("get", tx, d)
	if err == nil && tx.writes == 0 {
		d.Data = bytes.Clone(d.Data)
		tx.db.shared.Store(at, shared{d, v}) // and not what may yet be rolled back
	}
	return v, err
}

// shared is a document that was decoded for all.
type shared struct {
	driver.Doc
	value any
}

func (s shared) is(d driver.Doc) bool {
	return s.Rev == d.Rev && s.Version == d.Version && bytes.Equal(s.Data, d.Data)
}

// Lock is Get, and keeps others from changing (Share) or using (ForUpdate) the
// document until the transaction ends.
func (c *Collection[T]) Lock(ctx context.Context, tx *Tx, key string, lock driver.Lock) (*T, error) {
	d, err := tx.get(ctx, c.Name, key, lock)
	if err != nil {
		return nil, &Error{"get", c.Name, key, err}
	}
	return c.decode("get", tx, d)
}

// The locks of Collection.Lock.
const (
	Share     = driver.Share
	ForUpdate = driver.Update
)

// Put stores v, and moves v to its new revision. A v of revision 0 is created
// (ErrExists if the key is taken); otherwise the stored document must still have
// v's revision, else the error is ErrConflict if this transaction read it, and
// ErrStale if v came from outside. Put cleans v in place: text that isn't valid
// UTF-8 or holds U+0000 gets U+FFFD there, times become whole microseconds UTC, a
// negative zero becomes zero. If the transaction ends without a commit, v gets its
// old revision back.
func (c *Collection[T]) Put(ctx context.Context, tx *Tx, v *T) error {
	key, rev := c.Key(v), c.Rev(v)
	fail := func(err error) error { return &Error{"put", c.Name, key, err} }
	if err := c.walk.clean(v); err != nil {
		return fail(err)
	}
	if key = c.Key(v); key == "" || len(key) > maxKey { // cleaned, it may be longer
		return fail(fmt.Errorf("a key has 1 to %d bytes: %w", maxKey, ErrValue))
	}
	cols, err := c.columns(v)
	if err == nil {
		err = c.entriesFit(key, cols)
	}
	if err != nil {
		return fail(err)
	}
	data, version, err := c.encode(tx.db, v)
	if err != nil {
		return fail(err)
	}
	if len(data) > MaxDocument {
		return fail(fmt.Errorf("%d bytes, at most %d: %w", len(data), MaxDocument, ErrTooLarge))
	}
	d := driver.Doc{Key: key, Rev: int64(*rev) + 1, Version: version, Data: data, Cols: cols}
	if err := tx.put(ctx, c.Name, d, int64(*rev)); err != nil {
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
func (c *Collection[T]) entriesFit(key string, cols []any) error {
	for _, ix := range c.Indexes {
		n := len(key)
		for _, name := range ix.On {
			i := slices.IndexFunc(c.Columns, func(col Column[T]) bool { return col.Name == name })
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
func (c *Collection[T]) Delete(ctx context.Context, tx *Tx, v *T) error {
	key, rev := c.Key(v), c.Rev(v)
	if err := tx.delete(ctx, c.Name, key, int64(*rev)); err != nil {
		return &Error{"delete", c.Name, key, err}
	}
	tx.moved(rev, 0)
	return nil
}

// reindex writes d's columns and index entries afresh, and leaves the rest.
func (c *Collection[T]) reindex(ctx context.Context, tx *Tx, d driver.Doc) error {
	v, err := c.decode("reindex", tx, d)
	if err != nil {
		return err
	}
	if d.Cols, err = c.columns(v); err != nil {
		return &Error{"reindex", c.Name, d.Key, err}
	}
	data, version, err := c.encode(tx.db, v)
	if err != nil {
		return &Error{"reindex", c.Name, d.Key, err}
	}
	d.Data, d.Version = data, version
	if err := tx.put(ctx, c.Name, d, d.Rev); err != nil {
		if errors.Is(err, ErrExists) {
			err = fmt.Errorf("a new unique index finds two documents with one value: %w", err)
		}
		return &Error{"reindex", c.Name, d.Key, err}
	}
	return nil
}
