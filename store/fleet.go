package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// process is a program that has a shared store open, as the others see it. What
// they may write, and which indexes they may trust, depends on what it knows.
type process struct {
	ID      string            `json:"id"`
	Forms   map[string]int    `json:"forms"`             // by collection: the newest form that it knows
	Indexes map[string]string `json:"indexes,omitempty"` // by collection.index: its columns
	Started time.Time         `json:"started"`
	Seen    time.Time         `json:"seen"` // by the store's clock
	Rev     Rev               `json:"-"`
}

const processName = "process"

func processDocs() *Collection[process] {
	return &Collection[process]{
		Name:       processName,
		Key:        func(p *process) string { return p.ID },
		Rev:        func(p *process) *Rev { return &p.Rev },
		Impersonal: "holds names of collections and indexes",
	}
}

func (db *DB) processes() *Collection[process] {
	return db.colls[processName].typed.(*Collection[process])
}

const (
	// renewEvery is how often a process shows that it is alive.
	renewEvery = 10 * time.Second
	// stale is when whoever writes shows it before he does, because nobody else has.
	stale = 20 * time.Second
	// deadAfter is when the others take it for dead.
	deadAfter = 45 * time.Second
	// refreshEvery is how soon a process that is woken reads the meta document again.
	refreshEvery = time.Second
)

// member is this process's part in the register.
type member struct {
	card process                         // as it is declared
	join func(ctx context.Context) error // enters the register

	renewed atomic.Pointer[time.Time] // when the others were last shown that it is alive
	turn    chan struct{}             // holds one while somebody renews
	left    bool                      // it is closed; whoever has the turn may look
}

func newMember(db *DB, schemas []driver.Schema, o *Options) *member {
	m := &member{
		card: process{ID: rand.Text(), Forms: map[string]int{}, Indexes: map[string]string{}},
		turn: make(chan struct{}, 1),
	}
	for _, s := range schemas {
		m.card.Forms[s.Name] = db.colls[s.Name].version
		for _, ix := range s.Indexes {
			m.card.Indexes[s.Name+"."+ix.Name] = describe(s, ix)
		}
	}
	m.join = func(ctx context.Context) error {
		start := time.Now()
		if err := db.openMeta(ctx, schemas, o); err != nil {
			return err
		}
		m.renewed.Store(&start)
		if w, ok := db.d.(driver.Waker); ok && db.traits.Shared {
			// Others may have to stop relying on an index. Should they not hear,
			// they look every ten seconds.
			if err := w.Wake(ctx); err != nil {
				db.log.WarnContext(ctx, "waking the other processes", "error", err)
			}
		}
		return nil
	}
	return m
}

// enter writes this process into the register, where it isn't there yet.
func (db *DB) enter(ctx context.Context, tx *Tx, now time.Time) error {
	p, err := db.processes().Get(ctx, tx, db.self.card.ID)
	if errors.Is(err, ErrNotFound) {
		own := db.self.card
		p, err = &own, nil
		p.Started = now
	}
	if err != nil {
		return err
	}
	p.Seen = now
	return db.processes().Put(ctx, tx, p)
}

// others are the live processes but this one. The dead are struck off, so that one
// that was only asleep sees it, and has to enter again before it writes.
func (db *DB) others(ctx context.Context, tx *Tx, now time.Time) (ps []*process, err error) {
	if !db.traits.Shared {
		return nil, nil
	}
	for p, err := range db.processes().All(ctx, tx, ByKey()) {
		switch {
		case err != nil:
			return nil, err
		case p.ID == db.self.card.ID:
		case now.Sub(p.Seen) <= deadAfter:
			ps = append(ps, p)
		default:
			if err := db.processes().Delete(ctx, tx, p); err != nil {
				return nil, err
			}
		}
	}
	return ps, nil
}

// lack says whether one of the processes writes to the index's collection and
// leaves the index out, or has another one of that name.
func lack(ps []*process, index, on string) bool {
	coll, _, _ := strings.Cut(index, ".")
	return slices.ContainsFunc(ps, func(p *process) bool {
		_, writes := p.Forms[coll]
		return writes && p.Indexes[index] != on
	})
}

// attend makes sure that this process is in the register before it writes, also
// where nobody runs Run, or all of it was asleep.
func (db *DB) attend(ctx context.Context) error {
	if !db.traits.Shared || ctx.Value(inside{db}) != nil {
		return nil
	}
	if !db.self.stale() {
		return nil
	}
	return db.renew(ctx, db.self.stale)
}

// stale says whether the others may be about to take this process for dead.
func (m *member) stale() bool {
	was := *m.renewed.Load()
	// A machine that sleeps stops one of the two clocks, and somebody may set the
	// other one.
	return max(time.Since(was), time.Now().Round(0).Sub(was.Round(0))) > stale
}

// renew shows the others that this process is alive, and reads what they have
// settled, if that is still needed when it is its turn.
func (db *DB) renew(ctx context.Context, needed func() bool) error {
	select {
	case db.self.turn <- struct{}{}:
		defer func() { <-db.self.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	switch {
	case db.self.left:
		return ErrClosed
	case !needed():
		return nil
	}
	start := time.Now()
	now, err := db.now(ctx)
	if err != nil {
		return fmt.Errorf("the store's clock: %w", err)
	}
	struck := false
	var m *Meta
	err = db.update(ctx, func(ctx context.Context, tx *Tx) error {
		p, err := db.processes().Get(ctx, tx, db.self.card.ID)
		struck = errors.Is(err, ErrNotFound) || err == nil && now.Sub(p.Seen) > deadAfter
		if struck || err != nil {
			return err
		}
		if m, err = db.metas().Get(ctx, tx, "store"); err != nil {
			return err
		}
		p.Seen = now
		return db.processes().Put(ctx, tx, p)
	})
	if struck {
		err = db.self.join(ctx)
	} else if err == nil {
		err = db.adopt(m)
	}
	if err != nil {
		return fmt.Errorf("the register of processes: %w", err)
	}
	db.self.renewed.Store(&start)
	return nil
}

// refresh reads what the others have settled.
func (db *DB) refresh(ctx context.Context) error {
	return db.View(ctx, func(ctx context.Context, tx *Tx) error {
		m, err := db.metas().Get(ctx, tx, "store")
		if err != nil {
			return err
		}
		return db.adopt(m)
	})
}

// adopt goes by m from now on, unless this program is too old for it.
func (db *DB) adopt(m *Meta) error {
	if m.Format > format {
		return fmt.Errorf("store format %d, this program knows up to %d: %w", m.Format, format, ErrNewer)
	}
	for name, c := range db.colls {
		if m.Writes[name] > c.version {
			return fmt.Errorf("collection %s is written in form %d, this program knows up to %d: %w", name, m.Writes[name], c.version, ErrNewer)
		}
	}
	db.know(m)
	return nil
}

// leave strikes this process off, so that the others needn't wait until it counts
// as dead.
func (db *DB) leave() {
	if !db.traits.Shared {
		return
	}
	db.self.turn <- struct{}{}
	db.self.left = true
	<-db.self.turn
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := db.update(ctx, func(ctx context.Context, tx *Tx) error {
		p, err := db.processes().Get(ctx, tx, db.self.card.ID)
		if err != nil {
			return err
		}
		return db.processes().Delete(ctx, tx, p)
	})
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrClosed) {
		db.log.Warn("leaving the register of processes", "error", err)
	}
}

// Run does what a store needs in the background. It fills new indexes; where
// several processes share the store it also shows the others that this one is
// alive, sends and hears wakes, and has documents written in a newer form once no
// live process is too old to read it. There it blocks until ctx ends, whose error
// it returns, or until this program is too old for what the others write
// (ErrNewer) or the store is closed; elsewhere it returns when the indexes are
// ready.
//
// A process that was killed counts as alive for 45 seconds. Until all older ones
// are gone, new indexes are ErrIndexBuilding; when an older program comes back,
// those that it doesn't know become so again. The others notice that within a
// second where the store can wake them, and within ten elsewhere: until then they
// may miss in such an index what the older program has written.
func (db *DB) Run(ctx context.Context) error {
	if !db.traits.Shared {
		return db.Backfill(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	woken := make(chan struct{}, 1)
	defer db.OnWake(func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	})()
	var wg sync.WaitGroup
	if w, ok := db.d.(driver.Waker); ok {
		wg.Go(func() { db.tell(ctx, w) })
		wg.Go(func() { db.hear(ctx, w) })
	}
	wg.Go(func() { cancel(db.stayAlive(ctx, woken)) })
	wg.Go(func() { db.settle(ctx) })
	wg.Wait()
	return context.Cause(ctx)
}

// stayAlive renews this process's entry, and follows what the others settle.
func (db *DB) stayAlive(ctx context.Context, woken <-chan struct{}) error {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			err = db.renew(ctx, func() bool { return true })
		case <-woken:
			if err = db.refresh(ctx); err == nil {
				err = rest(ctx, refreshEvery) // wakes may come a hundred times a second
			}
		}
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, ErrNewer) || errors.Is(err, ErrClosed) || errors.Is(err, ErrCopying):
			return err
		case err != nil:
			db.log.ErrorContext(ctx, "showing that this process is alive", "error", err)
		}
	}
}

// settle does, now and then, what becomes possible when older processes leave.
func (db *DB) settle(ctx context.Context) {
	for {
		err := errors.Join(db.raise(ctx), db.Backfill(ctx))
		if err != nil && ctx.Err() == nil {
			db.log.ErrorContext(ctx, "raising forms and building indexes", "error", err)
		}
		if rest(ctx, renewEvery) != nil {
			return
		}
	}
}

// raise has each collection written in the newest form that all live processes
// know.
func (db *DB) raise(ctx context.Context) error {
	m := db.meta.Load()
	behind := func(name string) bool { return m.Writes[name] < db.colls[name].version }
	if !slices.ContainsFunc(slices.Collect(maps.Keys(db.colls)), behind) {
		return nil
	}
	now, err := db.now(ctx)
	if err != nil {
		return err
	}
	return db.changeMeta(ctx, func(ctx context.Context, tx *Tx, m *Meta) error {
		others, err := db.others(ctx, tx, now)
		if err != nil {
			return err
		}
		for name, c := range db.colls {
			v := c.version
			for _, p := range others {
				if known, ok := p.Forms[name]; ok {
					v = min(v, known)
				}
			}
			m.Writes[name] = max(m.Writes[name], v)
		}
		return nil
	})
}
