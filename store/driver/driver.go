// Package driver defines what a storage back end implements. Programs use
// package store, which puts types, retries and upgrades on top.
//
// A back end keeps documents in collections. A document has a key, a revision,
// the version of its stored form, its encoded bytes, and the values of the
// declared columns, which the indexes are made of. The suite in package
// storetest is the whole test of a driver: each of its cases names the rule that
// it checks.
package driver

import (
	"context"
	"errors"
	"time"
)

// The errors that a driver reports; it may wrap them.
var (
	// ErrNotFound: there is no document with that key.
	ErrNotFound = errors.New("not found")
	// ErrExists: the key, or an entry of a unique index, is taken. The
	// transaction stays usable.
	ErrExists = errors.New("already exists")
	// ErrMoved: the stored revision isn't the one that the writer named. Package
	// store turns it into ErrConflict or ErrStale; from Flush or Commit it is
	// always ErrConflict.
	ErrMoved = errors.New("revision moved on")
	// ErrReadOnly: a write, or a lock, in a transaction that only reads.
	ErrReadOnly = errors.New("the transaction only reads")
	// ErrFailed: an earlier flush failed, and what is on disk is in doubt. The
	// store refuses to write until it is opened again.
	ErrFailed = errors.New("the store failed to flush and must be opened again")
	// ErrInUse: another process has the store open.
	ErrInUse = errors.New("the store is in use by another process")
	// ErrClosed: the store, or the transaction, has ended.
	ErrClosed = errors.New("closed")
	// ErrUnavailable: the store's server can't be reached, or refuses to work,
	// at the moment. Nothing was changed; trying again later may help.
	ErrUnavailable = errors.New("the store is unavailable")
	// ErrUnknown: the connection broke while the transaction was being
	// committed. It has happened whole, or not at all, and nobody knows which.
	ErrUnknown = errors.New("the outcome of the commit is unknown")
)

// Kind says how values of a column are compared.
type Kind uint8

// The kinds of column.
const (
	Text  Kind = iota // string, by bytes
	Int               // int64
	Time              // time.Time, in microseconds UTC
	Texts             // []string: one index entry for each distinct value
)

// Column is a value of a document that indexes can use.
type Column struct {
	Name string
	Kind Kind
}

// Index orders the documents of a collection by some of its columns, then by
// key. A document in which one of them is absent isn't in the index.
type Index struct {
	Name    string
	Columns []int // positions in Schema.Columns
	Unique  bool  // at most one document for each list of values
}

// Schema describes a collection.
type Schema struct {
	Name    string // [a-z][a-z0-9_]*
	Columns []Column
	Indexes []Index
	// Fresh says that keys and unique values are new by construction: random ids,
	// numbers of a series, revisions of another document. A driver may then find
	// a collision as late as in Flush or Commit, and report it as ErrMoved.
	Fresh bool
	// Series are those that the collection's numbers come from, where a driver has
	// to prepare something for them.
	Series []string
	// Views are what a driver over SQL shows of the documents to those who read
	// the database itself.
	Views []SQLView
}

// SQLView is a view with documented columns, for tools that read the database:
// psql, or what draws charts.
type SQLView struct {
	Name    string
	Of      string // the collection; default: the one that declares it
	Doc     string
	Where   Equal // which documents; the zero value is all
	Columns []SQLColumn
}

// Equal compares a text in a document with a value.
type Equal struct{ Path, Value string }

// SQLColumn is a column of a view.
type SQLColumn struct {
	Name string
	Path string // in the document's JSON, as in times.created; "" is the document's key
	In   string // a field that holds JSON of its own (bytes), in which Path leads
	Kind SQLKind
	Doc  string
}

// SQLKind is the type of a view's column.
type SQLKind uint8

// The types of a view's columns.
const (
	SQLText SQLKind = iota
	SQLInt
	SQLNumber
	SQLTime // null where it is zero
	SQLBool // false where it is absent
	SQLJSON
)

// Doc is one document.
type Doc struct {
	Key     string
	Rev     int64  // 1 when created
	Version int    // of the stored form
	Data    []byte // in the encoding that the store names
	// Cols is parallel to Schema.Columns: string, int64, time.Time, []string, or
	// nil where absent. A driver needs it in Put and doesn't fill it in Get.
	Cols []any
}

// Row is a document that a scan found, and where.
type Row struct {
	Doc
	At []any // the values of the index's columns there; empty when scanning by key
}

// Mark is a place in an index: the values of its columns, then a key.
type Mark struct {
	At  []any
	Key string
}

// Query asks for a page of an index: an equality prefix, then one half-open
// range on the next column. With no Index the walk is by key, and From and To,
// if given, are keys.
type Query struct {
	Index    string
	Eq       []any
	From, To any // From is included, To isn't; nil is open
	Desc     bool
	After    *Mark // begin behind this place, in the direction of the walk
	Limit    int   // above 0
	Claim    bool  // lock what is found, and pass over what others hold
	Bare     bool  // only Key and At of rows are wanted; not with Claim
}

// Lock says what a reader wants to rely on until its transaction ends.
type Lock uint8

// The locks, weakest first. Where writers take turns they cost nothing.
const (
	None   Lock = iota
	Share       // nobody else changes the document; many may share
	Update      // nobody else changes or shares it
)

// Encoding names the form of Doc.Data.
type Encoding uint8

// The encodings.
const (
	CBOR Encoding = iota
	JSON
)

// Traits are what package store needs to know about a back end.
type Traits struct {
	Encoding Encoding
	// Shared says that several processes may write at the same time. Where it is
	// false, writers take turns, in this process alone.
	Shared bool
}

// Store is a back end.
type Store interface {
	Traits() Traits
	// Apply declares collections. It adds what is missing, and drops no data.
	Apply(ctx context.Context, schemas []Schema) error
	// Begin starts a transaction. Waiting for a turn to write obeys ctx.
	Begin(ctx context.Context, write bool) (Tx, error)
	// Close ends the store. It waits for transactions that are under way.
	Close() error
}

// Drafter is a Store whose writers take turns, and may prepare what they are going to
// write before theirs.
type Drafter interface {
	Store
	// Draft starts a transaction that writes, and waits for no turn before it commits.
	Draft(ctx context.Context) (Draft, error)
}

// Draft is a transaction that reads what was committed when it began, and its own
// writes, of which nobody knows before they are committed. Rollback leaves no trace.
type Draft interface {
	Tx
	// Turn is Commit. In the writer's turn it compares what the draft has read with what
	// is there now, and runs last, if it isn't nil, which may read and write with this
	// transaction and sees what writers before have written. It is ErrMoved if anything
	// differs; then, and if last fails, nothing is written. Waiting for the turn obeys ctx.
	Turn(ctx context.Context, last func() error) error
	// Note keeps a number under a name for the next draft that is committed, if this one
	// is. Noted is what the one before has noted, in last alone; false if that is nothing,
	// or if somebody who is no draft may have written since.
	Note(name string, n int64)
	Noted(name string) (n int64, ok bool)
}

// Waker is a Store whose processes can wake each other. It is a courtesy:
// whoever sleeps looks now and then all the same.
type Waker interface {
	Store
	// Wake wakes those who listen, in all processes.
	Wake(ctx context.Context) error
	// Listen calls woken after each Wake of another process or of this one, and
	// whenever some may have been missed, until ctx ends or the connection breaks.
	Listen(ctx context.Context, woken func()) error
}

// Indexer is a Store that may leave a unique index for later, where Apply finds
// two documents with one value.
type Indexer interface {
	Store
	// Index builds what Apply left of an index; nothing is left of most. ErrExists
	// says that two documents still have one value. It is called outside of any
	// transaction, when all documents have their columns.
	Index(ctx context.Context, coll, index string) error
}

// Compactor is a Store in which what was deleted or replaced leaves traces, and
// takes room, until Compact removes them.
type Compactor interface {
	Store
	// Compact returns when nothing is left of what had been deleted when it began.
	Compact(ctx context.Context) error
}

// Clock is a Store with a clock of its own, which its processes share.
type Clock interface {
	Store
	Now(ctx context.Context) (time.Time, error)
}

// Watcher is a Tx that may know without reading what a document is.
type Watcher interface {
	Tx
	// Moment is a number that never falls from one transaction to a later one: what was
	// committed up to it is in what this one reads, and maybe more.
	Moment() int64
	// Still says whether this transaction would read what another one of that moment has
	// read; false where that isn't known. If it is true the document counts as read.
	Still(coll, key string, moment int64) bool
}

// Tx is a transaction; one goroutine uses it at a time. Bytes that it returns are
// valid until its next call, and bytes given to it belong to it until it ends.
type Tx interface {
	Get(ctx context.Context, coll, key string, lock Lock) (Doc, error)
	// Put stores d with d.Rev if the stored revision is was; 0 means that the
	// document must not exist. Where this transaction has read that revision, or
	// that there is none, a driver may compare as late as in Flush or Commit.
	Put(ctx context.Context, coll string, d Doc, was int64) error
	// Delete removes the document if its stored revision is was.
	Delete(ctx context.Context, coll, key string, was int64) error
	// Scan returns one page. It sees the transaction's own writes.
	Scan(ctx context.Context, coll string, q Query) ([]Row, error)
	// Count returns how many rows Scan would find, at most Limit if that isn't 0,
	// without looking at the documents. Desc and Claim don't matter.
	Count(ctx context.Context, coll string, q Query) (int, error)
	// Next gives the next number of a series: unique, growing, from 1. A number
	// is used up even if the transaction is rolled back.
	Next(ctx context.Context, series string) (int64, error)
	// Series returns the last number of each series that was used, or more where
	// numbers have been passed over.
	Series(ctx context.Context) (map[string]int64, error)
	// Advance makes the next number of a series larger than n. Copying a store
	// needs it.
	Advance(ctx context.Context, series string, n int64) error
	// Savepoint marks a moment to which RollbackTo can return, more than once.
	Savepoint(ctx context.Context) (int, error)
	RollbackTo(ctx context.Context, savepoint int) error
	// Release says that nobody will return to the savepoint.
	Release(ctx context.Context, savepoint int) error
	// Flush compares and writes whatever the driver has put off until Commit.
	Flush(ctx context.Context) error
	// Commit returns once the transaction is durable.
	Commit(ctx context.Context) error
	// Rollback leaves no trace. It returns only when everything that the
	// transaction could have read is durable, and fails if that isn't so. After
	// Commit or Rollback it does nothing.
	Rollback(ctx context.Context) error
}

// Want names a document that is going to be read, or the next number of a series
// that is going to be taken.
type Want struct {
	Coll, Key string
	Lock      Lock
	Series    string
}

// Reader is a Tx for which one reading of many documents is cheaper than many of
// one. The Gets and Nexts that follow answer from what Ahead has read.
type Reader interface {
	Tx
	Ahead(ctx context.Context, wants []Want) error
}

// Micro is t as stores keep it: whole microseconds, UTC.
func Micro(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
