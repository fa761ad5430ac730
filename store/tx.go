package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// Runner runs functions in transactions. A *DB begins one; a *Tx joins its own
// as a savepoint, so that services work alike in both.
type Runner interface {
	// View runs fn over one consistent state. Keep it to a page: what needs long
	// reads on, page by page, in further Views.
	View(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error
	// Update runs fn and keeps its writes if it returns nil. It may run fn more
	// than once: fn does nothing that outlives it but write to tx.
	Update(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error
	// Prepare is Update for what many do at the same time, each to documents of his own:
	// where writers take turns, fn runs before its turn, over what was committed when it
	// began. If something that it has read has changed when the turn comes, it runs once
	// more, in the turn. In a transaction it is Update.
	Prepare(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error
}

// Tx is a transaction. One goroutine uses it at a time, and nobody after the
// function that was given it has returned.
type Tx struct {
	db    *DB
	d     driver.Tx
	write bool
	done  bool

	seen   map[id]span // the revisions that this transaction read or wrote
	revs   []revision  // what to give back if it isn't committed
	after  []func()
	draft  bool           // it runs before its turn
	last   []func() error // what is to be done in the turn
	notes  []noted        // nil: none yet; an Update that failed leaves none of them, but not nil
	room   *bytes.Buffer  // that its documents are encoded in; nil: none yet
	writes int
	bytes  int
	depth  int  // of Updates that are under way inside this transaction
	joined bool // somebody else commits it
}

type id struct{ coll, key string }

// span goes from the first to the last revision of a document that a transaction
// has seen: where writers don't take turns there may be several.
type span struct{ first, last int64 }

// noted is a number under a name.
type noted struct {
	name string
	n    int64
}

type revision struct {
	at  *Rev
	was Rev
}

// View runs fn in this transaction.
func (tx *Tx) View(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return fn(ctx, tx)
}

// Update runs fn in this transaction. If fn fails, its writes are gone and the
// transaction goes on.
func (tx *Tx) Update(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) (err error) {
	if err := tx.usable(true); err != nil {
		return err
	}
	sp, err := tx.d.Savepoint(ctx)
	if err != nil {
		return fmt.Errorf("savepoint: %w", err)
	}
	revs, after, last := len(tx.revs), len(tx.after), len(tx.last)
	writes, bytes := tx.writes, tx.bytes
	finished := false
	tx.depth++
	defer func() {
		tx.depth--
		if finished && err == nil {
			if err = tx.keep(ctx, sp); err == nil {
				return
			}
		}
		tx.giveBack(revs)
		clear(tx.after[after:])
		clear(tx.last[last:])
		tx.after, tx.last, tx.notes, tx.writes, tx.bytes = tx.after[:after], tx.last[:last], []noted{}, writes, bytes
		// A cancelled call must undo its writes, too.
		if back := tx.back(context.WithoutCancel(ctx), sp); back != nil && finished {
			err = errors.Join(err, fmt.Errorf("roll back to savepoint: %w", back))
		}
	}()
	err = fn(ctx, tx)
	finished = true
	return err
}

// Prepare runs fn in this transaction.
func (tx *Tx) Prepare(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return tx.Update(ctx, fn)
}

// Last runs fn where what it reads stays as it is until the transaction ends, if writers
// take turns: in one of Prepare it runs in the turn, when all else is done, and at once
// in others. It is for what depends on who came before, and is to be quick.
func (tx *Tx) Last(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if !tx.draft {
		return fn(ctx, tx)
	}
	tx.last = append(tx.last, func() error { return fn(ctx, tx) })
	return nil
}

// keep ends an Update that went well. Where the host commits, nobody looks at what
// was put off once the outermost one has returned: so it is written now.
func (tx *Tx) keep(ctx context.Context, savepoint int) error {
	if tx.alone() {
		if err := tx.d.Flush(ctx); err != nil {
			return tx.late(err)
		}
	}
	if err := tx.d.Release(ctx, savepoint); err != nil {
		return fmt.Errorf("release savepoint: %w", err)
	}
	return nil
}

// back ends an Update that failed. Nobody returns there twice.
func (tx *Tx) back(ctx context.Context, savepoint int) error {
	if err := tx.d.RollbackTo(ctx, savepoint); err != nil {
		return err
	}
	return tx.d.Release(ctx, savepoint)
}

// late is the error of a comparison that was put off: only what this transaction
// has read, or what is new by construction, is.
func (tx *Tx) late(err error) error {
	if errors.Is(err, driver.ErrMoved) {
		return fmt.Errorf("%w: %w", ErrConflict, err)
	}
	return err
}

// After has f run once the transaction is durable; never, if it is rolled back.
// In a host's own transaction f runs when the host calls Committed: it is for
// waking somebody early, not for work that must be done.
func (tx *Tx) After(f func()) { tx.after = append(tx.after, f) }

// Note keeps a number under a name, for Noted: what was found out in a transaction, as
// the last position of a log that only it writes to meanwhile, needn't be read once more.
// All notes are gone when an Update inside the transaction fails. Those of one of Prepare
// hold for the Last functions of the next one, too, unless somebody else writes before.
func (tx *Tx) Note(name string, n int64) {
	i := slices.IndexFunc(tx.notes, func(x noted) bool { return x.name == name })
	if i < 0 {
		tx.notes = append(tx.notes, noted{name, n})
	} else {
		tx.notes[i].n = n
	}
}

// Noted is the number that was noted under a name last, and false if there is none.
func (tx *Tx) Noted(name string) (n int64, ok bool) {
	for _, x := range tx.notes {
		if x.name == name {
			return x.n, true
		}
	}
	if tx.draft && tx.notes == nil {
		return tx.d.(driver.Draft).Noted(name)
	}
	return 0, false
}

// Committed is for a host that has committed its own transaction, into which this
// one was joined: whoever waits for what is new is woken at once, and not only when
// he looks the next time.
func (tx *Tx) Committed() {
	if !tx.joined || tx.done {
		return
	}
	tx.done = true
	for _, f := range tx.after {
		f()
	}
}

// Next gives the next number of a series: unique and growing, from 1, with gaps
// where transactions were rolled back.
func (tx *Tx) Next(ctx context.Context, series string) (int64, error) {
	if err := tx.usable(true); err != nil {
		return 0, err
	}
	n, err := tx.d.Next(ctx, series)
	if err != nil {
		return 0, fmt.Errorf("next %s: %w", series, err)
	}
	return n, nil
}

// Writes is how many documents this transaction has put and deleted so far.
func (tx *Tx) Writes() int { return tx.writes }

// Shared says whether other processes may write at the same time.
func (tx *Tx) Shared() bool { return tx.db.traits.Shared }

// Writable says whether this is a transaction of Update.
func (tx *Tx) Writable() bool { return tx.write }

func (tx *Tx) usable(write bool) error {
	if tx.done {
		return fmt.Errorf("transaction: %w", ErrClosed)
	}
	if write && !tx.write {
		return ErrReadOnly
	}
	return nil
}

func (tx *Tx) get(ctx context.Context, coll, key string, lock driver.Lock) (driver.Doc, error) {
	if err := tx.usable(lock != driver.None); err != nil {
		return driver.Doc{}, err
	}
	d, err := tx.d.Get(ctx, coll, key, lock)
	if err == nil {
		tx.note(coll, key, d.Rev)
	}
	d.Key = key
	return d, err
}

// note remembers what was read, where somebody may write later on.
func (tx *Tx) note(coll, key string, rev int64) {
	if !tx.write || !tx.db.traits.Shared {
		return // where writers take turns what was read can't move, or is compared as a whole
	}
	if tx.seen == nil {
		tx.seen = map[id]span{}
	}
	at := id{coll, key}
	s, ok := tx.seen[at]
	if !ok {
		s = span{rev, rev}
	}
	tx.seen[at] = span{min(s.first, rev), max(s.last, rev)}
}

// alone says whether a write has no Update around it, and the host commits: nobody
// would look at what is put off.
func (tx *Tx) alone() bool { return tx.joined && tx.depth == 0 }

func (tx *Tx) put(ctx context.Context, coll string, d driver.Doc, was int64) error {
	if tx.alone() {
		return tx.Update(ctx, func(ctx context.Context, tx *Tx) error { return tx.put(ctx, coll, d, was) })
	}
	if err := tx.usable(true); err != nil {
		return err
	}
	if err := tx.charge(len(d.Data)); err != nil {
		return err
	}
	if err := tx.d.Put(ctx, coll, d, was); err != nil {
		return tx.explain(err, coll, d.Key, was)
	}
	tx.note(coll, d.Key, d.Rev)
	return nil
}

func (tx *Tx) delete(ctx context.Context, coll, key string, was int64) error {
	if tx.alone() {
		return tx.Update(ctx, func(ctx context.Context, tx *Tx) error { return tx.delete(ctx, coll, key, was) })
	}
	if err := tx.usable(true); err != nil {
		return err
	}
	if err := tx.charge(0); err != nil {
		return err
	}
	if err := tx.d.Delete(ctx, coll, key, was); err != nil {
		return tx.explain(err, coll, key, was)
	}
	return nil
}

func (tx *Tx) charge(bytes int) error {
	switch {
	case tx.writes+1 > MaxWrites:
		return fmt.Errorf("more than %d writes in a transaction: %w", MaxWrites, ErrTooLarge)
	case tx.bytes+bytes > MaxBytes:
		return fmt.Errorf("more than %d bytes in a transaction: %w", MaxBytes, ErrTooLarge)
	}
	tx.writes++
	tx.bytes += bytes
	return nil
}

// explain turns a moved revision into whose fault it is.
func (tx *Tx) explain(err error, coll, key string, was int64) error {
	if !errors.Is(err, driver.ErrMoved) {
		return err
	}
	if s, ok := tx.seen[id{coll, key}]; was == 0 || ok && s.first <= was && was <= s.last {
		return ErrConflict
	}
	return ErrStale
}

// moved sets a document's revision, to be given back if this isn't committed.
func (tx *Tx) moved(at *Rev, to Rev) {
	tx.revs = append(tx.revs, revision{at, *at})
	*at = to
}

func (tx *Tx) giveBack(from int) {
	for i := len(tx.revs) - 1; i >= from; i-- {
		*tx.revs[i].at = tx.revs[i].was
	}
	tx.revs = tx.revs[:from]
}
