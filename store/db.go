package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// DB is an open store with its collections.
type DB struct {
	d      driver.Store
	traits driver.Traits
	log    *slog.Logger
	colls  map[string]*untyped
	shared sharing
	meta   atomic.Pointer[Meta] // as last read; replaced, never changed
	self   *member
	wakes  *wakes
}

// Options of Open; nil means the defaults.
type Options struct {
	// Hooks names what must run inside the writers' transactions. A name once
	// given stays required: opening without it fails.
	Hooks []string
	// ForCopy opens the store for Copy alone, not for working: hooks that it
	// requires may be missing, and it may be the target of a copy that was
	// interrupted.
	ForCopy bool
	// Log gets warnings. nil discards them.
	Log *slog.Logger
}

// Open declares the collections to the driver, and checks that this program may
// write what is stored there: ErrNewer if a newer one has.
func Open(ctx context.Context, d driver.Store, o *Options, colls ...Any) (*DB, error) {
	if o == nil {
		o = &Options{}
	}
	db := &DB{d: d, traits: d.Traits(), log: o.Log, colls: map[string]*untyped{}, wakes: newWakes()}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	schemas := make([]driver.Schema, 0, len(colls)+2)
	for _, c := range append(own(), colls...) {
		u := c.untyped()
		if db.colls[u.name] != nil {
			return nil, fmt.Errorf("open store: collection %s is declared twice", u.name)
		}
		db.colls[u.name] = u
		s, err := u.schema()
		if err == nil && u.walk.err != nil {
			err = fmt.Errorf("collection %s: %w", u.name, u.walk.err)
		}
		if err != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
		schemas = append(schemas, s)
	}
	if err := db.checkWays(); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := d.Apply(ctx, schemas); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	db.self = newMember(db, schemas, o)
	if err := db.self.join(ctx); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	return db, nil
}

// Close ends the store. It waits for transactions that are under way.
func (db *DB) Close() error {
	db.leave()
	return db.d.Close()
}

// Shared says whether other processes may write at the same time.
func (db *DB) Shared() bool { return db.traits.Shared }

// longView is how long a View may take before it is reported: on some back ends
// an open one keeps the file from being reused, or from growing.
const longView = 5 * time.Second

// View implements Runner.
func (db *DB) View(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	start := time.Now()
	err := db.once(ctx, fn, db.begin(ctx, false))
	if d := time.Since(start); d > longView {
		db.log.WarnContext(ctx, "a View was open for long: read page by page", "seconds", d.Seconds())
	}
	return err
}

// maxTries bounds how often Update runs its function.
const maxTries = 20

// Update implements Runner. After ErrConflict it runs fn again, some twenty times
// at most, with growing random pauses.
func (db *DB) Update(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if err := db.attend(ctx); err != nil {
		return err
	}
	return db.update(ctx, fn)
}

// Prepare implements Runner.
func (db *DB) Prepare(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	d, ok := db.d.(driver.Drafter)
	if !ok {
		return db.Update(ctx, fn)
	}
	if err := db.attend(ctx); err != nil {
		return err
	}
	err := db.once(ctx, fn, func() (*Tx, error) {
		tx, err := d.Draft(ctx)
		return &Tx{db: db, d: tx, write: true, draft: true}, err
	})
	if errors.Is(err, ErrConflict) {
		return db.update(ctx, fn)
	}
	return err
}

func (db *DB) update(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	for try := 0; ; try++ {
		err := db.once(ctx, fn, db.begin(ctx, true))
		if !errors.Is(err, ErrConflict) || try == maxTries {
			return err
		}
		pause := time.NewTimer(rand.N(time.Millisecond << min(try, 6)))
		select {
		case <-ctx.Done():
			pause.Stop()
			return errors.Join(ctx.Err(), err)
		case <-pause.C:
		}
	}
}

// inside is the context key under which a DB finds its own transaction.
type inside struct{ db *DB }

func (db *DB) begin(ctx context.Context, write bool) func() (*Tx, error) {
	return func() (*Tx, error) {
		d, err := db.d.Begin(ctx, write)
		return &Tx{db: db, d: d, write: write}, err
	}
}

func (db *DB) once(ctx context.Context, fn func(ctx context.Context, tx *Tx) error, begin func() (*Tx, error)) (err error) {
	if ctx.Value(inside{db}) != nil {
		return ErrNested
	}
	tx, err := begin()
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	d, finished := tx.d, false
	defer func() {
		tx.done = true
		tx.leaveRoom()
		if finished {
			return
		}
		tx.giveBack(0) // fn panicked
		d.Rollback(context.WithoutCancel(ctx))
	}()
	err = fn(context.WithValue(ctx, inside{db}, true), tx)
	finished = true
	if err == nil && tx.write {
		if err = tx.commit(ctx); err == nil {
			for _, f := range tx.after {
				f()
			}
			return nil
		}
		err = fmt.Errorf("commit: %w", tx.late(err))
	}
	tx.giveBack(0)
	if back := d.Rollback(context.WithoutCancel(ctx)); back != nil {
		err = errors.Join(err, fmt.Errorf("roll back: %w", back))
	}
	return err
}

// commit ends a transaction that went well.
func (tx *Tx) commit(ctx context.Context) error {
	if !tx.draft {
		return tx.d.Commit(ctx)
	}
	d := tx.d.(driver.Draft)
	return d.Turn(ctx, func() error {
		for _, f := range tx.last {
			if err := f(); err != nil {
				return err
			}
		}
		for _, x := range tx.notes {
			d.Note(x.name, x.n)
		}
		return nil
	})
}

// Join lets the engine write in a transaction that the host itself begins and
// commits: what it writes is there if and only if the host commits. d comes from
// the back end, as from pgstore.Store.In.
func (db *DB) Join(d driver.Tx) *Tx { return &Tx{db: db, d: d, write: true, joined: true} }

// Schemas describes collections, and the store's own, as a back end sees them: for
// hosts that prepare a database themselves.
func Schemas(colls ...Any) ([]driver.Schema, error) {
	var schemas []driver.Schema
	for _, c := range append(own(), colls...) {
		s, err := c.untyped().schema()
		if err != nil {
			return nil, err
		}
		schemas = append(schemas, s)
	}
	return schemas, nil
}
