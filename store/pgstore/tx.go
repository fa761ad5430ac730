package pgstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/jackc/pgx/v5"
)

type id struct{ coll, key string }

func (a id) compare(b id) int {
	return cmp.Or(cmp.Compare(a.coll, b.coll), cmp.Compare(a.key, b.key))
}

// entry is what a transaction made of a document.
type entry struct {
	was   int64       // the revision that the server has, 0 for none
	doc   *driver.Doc // nil: deleted
	dirty bool        // the server hasn't been told yet
}

func (e *entry) rev() int64 {
	if e.doc == nil {
		return 0
	}
	return e.doc.Rev
}

// layer holds what was written since a savepoint. The server hears of the
// savepoint when it first hears of something behind it; by then it knows
// everything that lies in the layers below.
type layer struct {
	number  int // names the savepoint, and no other one of the transaction
	entries map[id]*entry
	told    bool // of the savepoint
}

func (l *layer) savepoint() string { return fmt.Sprintf("frontdesk_%d", l.number) }

// known is a document as it was read; one of revision 0 wasn't there.
type known struct {
	doc  driver.Doc
	lock driver.Lock
}

// tx is a driver.Tx.
type tx struct {
	s       *Store
	session session
	write   bool
	joined  bool // in a host's transaction
	done    bool
	failed  error // why the server's transaction can't go on
	floor   int   // the layer that has to be given up to get over it

	layers []*layer // the first is the transaction's own
	marks  int      // how many savepoints there have been
	read   map[id]known
	next   map[string][]int64 // numbers that were read ahead
	first  []call             // to be sent before anything else
}

func newTx(s *Store, x session, write bool) *tx {
	return &tx{s: s, session: x, write: write, layers: []*layer{{told: true}}, read: map[id]known{}}
}

// usable also looks at ctx, so that nothing counts as told to the server that was
// never sent.
func (t *tx) usable(ctx context.Context, write bool) error {
	switch {
	case t.done:
		return driver.ErrClosed
	case write && !t.write:
		return driver.ErrReadOnly
	case t.failed != nil:
		return t.failed
	}
	return ctx.Err()
}

// send runs statements, after those that have been waiting for a round trip.
func (t *tx) send(ctx context.Context, calls ...call) error {
	if len(t.first) > 0 {
		calls = append(t.first, calls...)
		t.first = nil
	}
	if len(calls) == 0 {
		return nil
	}
	t.floor = len(t.layers) - 1
	err := t.session.send(ctx, calls)
	if err != nil && !isRefusal(err) {
		t.failed = err
	}
	return err
}

// refusal is an answer with which the server's transaction goes on.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

func isRefusal(err error) bool {
	_, ok := errors.AsType[refusal](err)
	return ok
}

// written is what this transaction made of a document, nil for nothing.
func (t *tx) written(at id) *entry {
	for i := len(t.layers) - 1; i >= 0; i-- {
		if e := t.layers[i].entries[at]; e != nil {
			return e
		}
	}
	return nil
}

// now is a document's revision, if it can be told without asking the server.
func (t *tx) now(at id) (rev int64, ok bool) {
	if e := t.written(at); e != nil {
		return e.rev(), true
	}
	k, ok := t.read[at]
	return k.doc.Rev, ok
}

// Get implements driver.Tx.
func (t *tx) Get(ctx context.Context, coll, key string, lock driver.Lock) (driver.Doc, error) {
	if err := t.usable(ctx, lock != driver.None); err != nil {
		return driver.Doc{}, err
	}
	tb, err := t.s.table(coll)
	if err != nil {
		return driver.Doc{}, err
	}
	at := id{coll, key}
	if e := t.written(at); e != nil {
		return found(e.doc)
	}
	if k, ok := t.read[at]; ok && k.lock >= lock {
		return found(&k.doc)
	}
	if store.CleanText(key) != key {
		return driver.Doc{}, driver.ErrNotFound // PostgreSQL can't even be asked
	}
	d := driver.Doc{Key: key}
	if err := t.send(ctx, tb.read(&d, lock)); err != nil {
		return driver.Doc{}, err
	}
	t.know(at, known{d, lock})
	return found(&d)
}

// know keeps what was read, as long as nobody else works in the transaction.
func (t *tx) know(at id, k known) {
	if t.write && !t.outside() {
		t.read[at] = k
	}
}

// outside says whether the host has the word in its own transaction: what it does
// to it, as going back to a savepoint, isn't heard of here.
func (t *tx) outside() bool { return t.joined && len(t.layers) == 1 }

// read is the statement that reads a document into d; its revision stays 0 if
// there is none.
func (tb *table) read(d *driver.Doc, lock driver.Lock) call {
	sql := tb.get
	switch lock {
	case driver.Share:
		sql = tb.getShare
	case driver.Update:
		sql = tb.getUpdate
	}
	return call{sql: sql, args: []any{d.Key}, rows: func(rows pgx.Rows) error {
		if rows.Next() {
			return rows.Scan(&d.Rev, &d.Version, &d.Data)
		}
		return nil
	}}
}

// Ahead implements driver.Reader.
func (t *tx) Ahead(ctx context.Context, wants []driver.Want) error {
	if err := t.usable(ctx, slices.ContainsFunc(wants, func(w driver.Want) bool { return w.Lock != driver.None || w.Series != "" })); err != nil {
		return err
	}
	var calls []call
	docs, numbers := map[id]*known{}, map[string]int{}
	for _, w := range wants {
		if w.Series != "" {
			numbers[w.Series]++
			continue
		}
		at := id{w.Coll, w.Key}
		if k, ok := t.read[at]; ok && k.lock >= w.Lock || t.written(at) != nil || store.CleanText(w.Key) != w.Key {
			continue
		}
		if docs[at] == nil {
			docs[at] = &known{doc: driver.Doc{Key: w.Key}}
		}
		docs[at].lock = max(docs[at].lock, w.Lock)
	}
	for _, at := range slices.SortedFunc(maps.Keys(docs), id.compare) {
		tb, err := t.s.table(at.coll)
		if err != nil {
			return err
		}
		calls = append(calls, tb.read(&docs[at].doc, docs[at].lock))
	}
	taken := map[string][]int64{}
	for series, n := range numbers {
		c, err := t.nextvals(ctx, series, n, taken)
		if err != nil {
			return err
		}
		calls = append(calls, c)
	}
	if err := t.send(ctx, calls...); err != nil {
		return err
	}
	for at, k := range docs {
		if !t.write {
			t.read[at] = *k // it sees one state all the while
		}
		t.know(at, *k)
	}
	for series, ns := range taken {
		if t.next == nil {
			t.next = map[string][]int64{}
		}
		t.next[series] = append(t.next[series], ns...)
	}
	return nil
}

func found(d *driver.Doc) (driver.Doc, error) {
	if d == nil || d.Rev == 0 {
		return driver.Doc{}, driver.ErrNotFound
	}
	return *d, nil
}

// Put implements driver.Tx.
func (t *tx) Put(ctx context.Context, coll string, d driver.Doc, was int64) error {
	return t.change(ctx, id{coll, d.Key}, &d, was)
}

// Delete implements driver.Tx.
func (t *tx) Delete(ctx context.Context, coll, key string, was int64) error {
	return t.change(ctx, id{coll, key}, nil, was)
}

// change puts a write off where a comparison at the end will do: of a revision
// that this transaction has read, and of a key that is new by construction.
// Everything else is asked now, since the caller wants to hear now.
func (t *tx) change(ctx context.Context, at id, d *driver.Doc, was int64) error {
	if err := t.usable(ctx, true); err != nil {
		return err
	}
	tb, err := t.s.table(at.coll)
	if err != nil {
		return err
	}
	rev, sure := t.now(at)
	switch {
	case sure && was == 0 && rev > 0:
		return driver.ErrExists
	case sure && rev != was:
		return driver.ErrMoved
	case d == nil && was == 0:
		return driver.ErrNotFound
	}
	later := d == nil || !tb.unique || tb.Fresh
	if later && (sure || tb.Fresh && was == 0) {
		t.note(at, d, was)
		return nil
	}
	return t.writeNow(ctx, tb, at, d, was)
}

// note keeps a write in the top layer.
func (t *tx) note(at id, d *driver.Doc, was int64) *entry {
	top := t.layers[len(t.layers)-1]
	if top.entries == nil {
		top.entries = map[id]*entry{}
	}
	e := top.entries[at]
	switch {
	case e == nil:
		e = &entry{was: was}
		top.entries[at] = e
	case !e.dirty:
		e.was = e.rev()
	}
	e.doc, e.dirty = d, true
	return e
}

// Savepoint implements driver.Tx.
func (t *tx) Savepoint(ctx context.Context) (int, error) {
	enter := t.outside()
	if enter {
		t.failed = nil // the host may have mended it
	}
	if err := t.usable(ctx, true); err != nil {
		return 0, err
	}
	t.marks++
	n := len(t.layers)
	t.layers = append(t.layers, &layer{number: t.marks})
	if enter {
		// The host's transaction must survive whatever happens in ours.
		if err := t.send(ctx, t.flushTo(n, "", false)...); err != nil {
			t.layers = t.layers[:n]
			return 0, err
		}
	}
	return n, nil
}

// RollbackTo implements driver.Tx.
func (t *tx) RollbackTo(ctx context.Context, n int) error {
	if t.done {
		return driver.ErrClosed
	}
	if n < 1 || n >= len(t.layers) {
		return fmt.Errorf("there is no savepoint %d", n)
	}
	l := t.layers[n]
	t.layers = append(t.layers[:n], &layer{number: l.number, told: l.told})
	if !l.told || t.failed != nil && t.floor < n {
		return t.failed
	}
	for at, k := range t.read { // the server gives back the locks that were taken since
		k.lock = driver.None
		t.read[at] = k
	}
	was := t.failed
	t.failed = nil
	if err := t.send(ctx, call{sql: "rollback to savepoint " + l.savepoint()}); err != nil {
		t.failed = cmp.Or(was, err)
	}
	return t.failed
}

// Release implements driver.Tx.
func (t *tx) Release(ctx context.Context, n int) error {
	if n < 1 || n >= len(t.layers) {
		return nil // rolled back, with one before it
	}
	l := t.layers[n]
	for _, above := range t.layers[n:] {
		t.merge(t.layers[n-1], above)
	}
	clear(t.layers[n:])
	t.layers = t.layers[:n]
	if l.told && t.failed == nil {
		t.first = append(t.first, call{sql: "release savepoint " + l.savepoint()})
	}
	if !t.outside() || t.failed != nil {
		return nil
	}
	// What the host does next may end our savepoint, and take back what was written.
	clear(t.read)
	maps.DeleteFunc(t.layers[0].entries, func(_ id, e *entry) bool { return !e.dirty })
	return t.send(ctx)
}

// merge moves what was written in one layer to the one below.
func (t *tx) merge(below, l *layer) {
	for at, e := range l.entries {
		if below.entries == nil {
			below.entries = map[id]*entry{}
		}
		if b := below.entries[at]; b != nil && b.dirty && e.dirty {
			e.was = b.was
		}
		below.entries[at] = e
	}
}

// Flush implements driver.Tx.
func (t *tx) Flush(ctx context.Context) error {
	if err := t.usable(ctx, false); err != nil {
		return err
	}
	return t.send(ctx, t.flush("")...)
}

// Commit implements driver.Tx.
func (t *tx) Commit(ctx context.Context) error {
	if err := t.usable(ctx, true); err != nil {
		return err
	}
	strict := t.strict()
	t.first = nil // a commit releases all savepoints
	calls := t.flushTo(len(t.layers)-1, "", true)
	if !strict {
		if err := t.send(ctx, calls...); err != nil {
			return err
		}
		calls = nil
	}
	t.done = true
	return t.session.commit(ctx, calls)
}

// strict says whether all that is left to write can be checked by the server.
func (t *tx) strict() bool {
	for _, l := range t.layers {
		for at, e := range l.entries {
			if tb, err := t.s.table(at.coll); e.dirty && (err != nil || tb.uniqueSide()) {
				return false
			}
		}
	}
	return true
}

// Rollback implements driver.Tx.
func (t *tx) Rollback(ctx context.Context) error {
	if t.done {
		return nil
	}
	t.done = true
	return t.session.rollback(ctx)
}
