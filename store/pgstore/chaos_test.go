package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The fates of a transfer whose end its writer has heard of.
const (
	kept = iota
	lost
	unknown
)

// ledger is what the writers of TestTransfers were told.
type ledger struct {
	*desk
	accounts, entries *store.Collection[card]
	mu                sync.Mutex
	fates             map[string]int
}

func (l *ledger) note(id string, fate int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fates[id] = fate
}

// transfer moves one from an account to another, by way of a third from which
// everything is taken back again, and writes an entry that says so.
func (l *ledger) transfer(ctx context.Context, tx *store.Tx, id string, r *rand.Rand) error {
	from, to := fmt.Sprint(r.IntN(4)), fmt.Sprint(4+r.IntN(4))
	add := func(ctx context.Context, tx *store.Tx, key string, n int64) error {
		a, err := l.accounts.Lock(ctx, tx, key, driver.Lock(r.IntN(3)))
		if err != nil {
			return err
		}
		a.N += n
		return l.accounts.Put(ctx, tx, a)
	}
	if err := add(ctx, tx, from, -1); err != nil {
		return err
	}
	err := tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := add(ctx, tx, from, -100); err != nil {
			return err
		}
		if r.IntN(2) == 0 {
			if err := drain(ctx, tx, l.accounts); err != nil {
				return err
			}
		}
		return errors.Join(l.entries.Put(ctx, tx, &card{ID: id + " undone", Tags: []string{id}}), errPurpose)
	})
	if !errors.Is(err, errPurpose) {
		return err
	}
	if err := add(ctx, tx, to, 1); err != nil {
		return err
	}
	return l.entries.Put(ctx, tx, &card{ID: id, Tags: []string{id}, N: 1})
}

// own transfers in a transaction of the engine's. Each run of its function is
// another transfer: of those but the last it knows that they are lost.
func (l *ledger) own(ctx context.Context, name string, r *rand.Rand) {
	run, id := 0, ""
	err := l.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if id != "" {
			l.note(id, lost)
		}
		run++
		id = fmt.Sprintf("%s.%d", name, run)
		return l.transfer(ctx, tx, id, r)
	})
	l.ends(id, err)
}

func (l *ledger) ends(id string, err error) {
	switch {
	case err == nil:
		l.note(id, kept)
	case errors.Is(err, store.ErrUnknown):
		l.note(id, unknown)
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrConflict), errors.Is(err, context.DeadlineExceeded):
		l.note(id, lost)
	default:
		l.t.Errorf("transfer %s: %v", id, err)
	}
}

// hosts transfers in a transaction of the host's, who tries once.
func (l *ledger) hosts(ctx context.Context, id string, r *rand.Rand) {
	host, err := l.pool.Begin(ctx)
	if err != nil {
		return
	}
	defer host.Rollback(context.WithoutCancel(ctx))
	err = l.db.Join(l.pg.In(host)).Update(ctx, func(ctx context.Context, tx *store.Tx) error { return l.transfer(ctx, tx, id, r) })
	if err != nil {
		l.ends(id, err)
		return
	}
	if err := host.Commit(ctx); err == nil {
		l.note(id, kept)
	} else {
		l.note(id, unknown)
	}
}

// Whatever happens to connections and to callers' patience, what was acknowledged is
// there once, and what failed isn't at all.
func TestTransfers(t *testing.T) {
	t.Parallel()
	base := openCards(t)
	d := base.set()
	l := &ledger{desk: d, accounts: hand(), entries: newPlayer().fresh, fates: map[string]int{}}
	db, err := store.Open(t.Context(), d.pg, nil, l.accounts, l.entries)
	d.must(err)
	d.db = db
	d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for i := range 8 {
			d.must(l.accounts.Put(ctx, tx, &card{ID: fmt.Sprint(i)}))
		}
		return nil
	}))
	stop := make(chan struct{})
	var killer, writers sync.WaitGroup
	killer.Go(func() { l.harass(base.pool, stop) })
	for w := range 6 {
		writers.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), rand.Uint64()))
			for i := range 40 {
				name := fmt.Sprintf("%d.%d", w, i)
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				if r.IntN(5) == 0 {
					ctx, cancel = context.WithTimeout(ctx, time.Duration(r.IntN(20))*time.Millisecond)
				}
				if r.IntN(3) == 0 {
					l.hosts(ctx, name, r)
				} else {
					l.own(ctx, name, r)
				}
				cancel()
			}
		})
	}
	writers.Wait()
	close(stop)
	killer.Wait()
	l.audit()
}

// told is of how many transfers the writers know what became of them.
func (l *ledger) told() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.fates)
}

// harass ends a connection now and then. It counts transfers, too, as on a slow machine
// none would have the time to get through.
func (l *ledger) harass(pool *pgxpool.Pool, stop <-chan struct{}) {
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	for before := 0; ; {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		n := l.told()
		if n < before+3 {
			continue
		}
		before = n
		_, err := pool.Exec(l.t.Context(), `select pg_terminate_backend(pid) from (
			select pid from pg_stat_activity where application_name = $1 and state <> 'idle' order by random() limit 1) x`, l.schema)
		if err != nil {
			l.t.Error(err)
		}
	}
}

// audit compares what is stored with what the writers were told.
func (l *ledger) audit() {
	there := map[string]bool{}
	sums := map[bool]int64{}
	l.must(l.db.View(l.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		clear(there)
		clear(sums)
		for e, err := range l.entries.All(ctx, tx, store.By("n", 1)) {
			if err != nil {
				return err
			}
			there[e.ID] = true
		}
		for e, err := range l.entries.All(ctx, tx, store.By("tag")) {
			if err != nil {
				return err
			}
			if !there[e.ID] {
				l.t.Errorf("%s is there", e.ID)
			}
		}
		for a, err := range l.accounts.All(ctx, tx, store.ByKey()) {
			if err != nil {
				return err
			}
			sums[a.ID < "4"] += a.N
		}
		return nil
	}))
	count := map[int]int{}
	for id, fate := range l.fates {
		count[fate]++
		if fate != unknown && there[id] != (fate == kept) {
			l.t.Errorf("transfer %s: the writer was told %d, and it is there: %v", id, fate, there[id])
		}
	}
	for id := range there {
		if _, ok := l.fates[id]; !ok {
			l.t.Errorf("nobody knows of %s", id)
		}
	}
	if n := int64(len(there)); sums[true] != -n || sums[false] != n {
		l.t.Errorf("%d transfers moved %d and %d", n, sums[true], sums[false])
	}
	if count[kept] < 20 || count[lost] < 10 {
		l.t.Errorf("%d kept, %d lost, %d unknown: that tests nothing", count[kept], count[lost], count[unknown])
	}
	l.t.Logf("%d kept, %d lost, %d unknown", count[kept], count[lost], count[unknown])
	l.givenBack(l.pool)
}

// givenBack reports connections that nobody gives back. The pool closes broken ones in
// goroutines of its own, 15 seconds each at most, and counts them until then.
func (d *desk) givenBack(pool *pgxpool.Pool) {
	d.t.Helper()
	n := pool.Stat().AcquiredConns()
	for begun := time.Now(); n > 0 && time.Since(begun) < 5*time.Minute; n = pool.Stat().AcquiredConns() {
		<-time.After(5 * time.Millisecond)
	}
	if n > 0 {
		d.t.Errorf("%d connections weren't given back", n)
	}
}
