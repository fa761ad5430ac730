package store

import (
	"context"
	"sync"

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
// given to Open, and used for every access; it doesn't change from then on.
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

	once  sync.Once
	plain *untyped // see there; made once
}

// Any is a collection of whatever type; *Collection is the only implementation.
type Any interface{ untyped() *untyped }

// Get returns the document with this key, or ErrNotFound.
func (c *Collection[T]) Get(ctx context.Context, tx *Tx, key string) (*T, error) {
	return c.Lock(ctx, tx, key, driver.None)
}

// Shared is Get for what is read far more often than it changes: settings, staff, an end
// user who writes. All who ask get the same value, which nobody changes, and while it is
// asked for it is decoded once for each revision.
func (c *Collection[T]) Shared(ctx context.Context, tx *Tx, key string) (*T, error) {
	return c.LockShared(ctx, tx, key, driver.None)
}

// LockShared is Lock for what Shared is for, by who only reads it.
func (c *Collection[T]) LockShared(ctx context.Context, tx *Tx, key string, lock driver.Lock) (*T, error) {
	return typed[T](c.untyped().lockShared(ctx, tx, key, lock))
}

// Lock is Get, and keeps others from changing (Share) or using (ForUpdate) the
// document until the transaction ends.
func (c *Collection[T]) Lock(ctx context.Context, tx *Tx, key string, lock driver.Lock) (*T, error) {
	return typed[T](c.untyped().lock(ctx, tx, key, lock))
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
	return c.untyped().put(ctx, tx, v)
}

// Delete removes v if its revision is still the stored one; errors as for Put.
func (c *Collection[T]) Delete(ctx context.Context, tx *Tx, v *T) error {
	return c.untyped().delete(ctx, tx, v)
}
