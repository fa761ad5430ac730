package event_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// sayMany appends so many events of ten subjects, by turns, a hundred in a transaction.
func sayMany(t *testing.T, db *store.DB, l *event.Log, n int) {
	t.Helper()
	for first := 0; first < n; first += 100 {
		err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for i := first; i < min(first+100, n); i++ {
				e := &event.Event{Type: "thing.changed", Subject: fmt.Sprint("s", i%10), Revision: int64(i/10 + 1), Actor: event.Actor{Kind: event.System}, Owner: "eve", Personal: []byte(`"secret"`)}
				if err := l.Append(ctx, tx, e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Consumers that are further behind than what is kept of the newest events get all of them,
// once, and in order.
func TestFarBehind(t *testing.T) {
	eachStore(t, func(t *testing.T, d driver.Store) {
		db, l := open(t, d)
		const n = 2500
		got := map[string][]int64{}
		reader := func(name string) event.Func {
			return func(_ context.Context, _ *store.Tx, es []*event.Event) error {
				for _, e := range es {
					got[name] = append(got[name], e.Position)
				}
				return nil
			}
		}
		l.Project("one", reader("one"))
		l.Project("two", reader("two"))
		l.React("three", 3, reader("three"))
		sayMany(t, db, l, n)
		step(t, l)
		slices.Sort(got["three"]) // of three partitions
		for name, positions := range got {
			for i, p := range positions {
				if p != int64(i+1) {
					t.Fatalf("%s: event %d is that of position %d", name, i+1, p)
				}
			}
			if len(positions) != n {
				t.Errorf("%s was given %d events", name, len(positions))
			}
		}
	})
}

// What memory holds of an event may be from before an erasure; what a consumer is given
// isn't.
func TestErasedMeanwhile(t *testing.T) {
	t.Parallel()
	db, l := open(t, memstore.New())
	const n = 2500
	read := 0
	l.Project("first", func(ctx context.Context, tx *store.Tx, es []*event.Event) error {
		if read += len(es); read < n {
			return nil
		}
		for i := range 10 {
			for cursor, ended := "", false; !ended; {
				var err error
				cursor, err = l.Reword(ctx, tx, fmt.Sprint("s", i), cursor, 100, func(*event.Event) ([]byte, error) { return nil, nil })
				if err != nil {
					return err
				}
				ended = cursor == ""
			}
		}
		return nil
	})
	check := func(_ context.Context, _ *store.Tx, es []*event.Event) error {
		for _, e := range es {
			if len(e.Personal) > 0 {
				t.Errorf("position %d: %s", e.Position, e.Personal)
			}
		}
		return nil
	}
	l.Project("second", check)
	l.React("third", 2, check)
	sayMany(t, db, l, n)
	step(t, l)
	if read != n {
		t.Errorf("%d events were read", read)
	}
}

// A consumer gets events of the types that it names, and isn't behind because of others.
func TestTypes(t *testing.T) {
	eachStore(t, func(t *testing.T, d driver.Store) {
		db, l := open(t, d)
		got := map[string][]string{}
		reader := func(name string) event.Func {
			return func(_ context.Context, _ *store.Tx, es []*event.Event) error {
				for _, e := range es {
					got[name] = append(got[name], e.Type)
				}
				return nil
			}
		}
		l.Project("whole", reader("whole"), "tea.drunk")
		l.React("family", 2, reader("family"), "tea.", "cake.eaten")
		l.Project("none", reader("none"), "tea") // isn't a family without its dot
		for i, what := range []string{"tea.made", "tea.drunk", "cake.eaten", "cake.baked", "teapot.broken"} {
			err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				return l.Append(ctx, tx, &event.Event{Type: what, Subject: "table", Revision: int64(i + 1), Actor: event.Actor{Kind: event.System}})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		step(t, l)
		if !slices.Equal(got["whole"], []string{"tea.drunk"}) || !slices.Equal(got["family"], []string{"tea.made", "tea.drunk", "cake.eaten"}) || len(got["none"]) > 0 {
			t.Errorf("%q", got)
		}
		lags, err := l.Lags(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, lag := range lags {
			if lag.Events != 0 || lag.Age != 0 {
				t.Errorf("%s is %d events and %v behind", lag.Consumer, lag.Events, lag.Age)
			}
		}
	})
}

// What waits behind a parked event and is of another type isn't given when it goes on.
func TestParkedTypes(t *testing.T) {
	eachStore(t, func(t *testing.T, d driver.Store) {
		db, l := open(t, d)
		bad, got := true, []string{}
		l.React("react", 1, func(_ context.Context, _ *store.Tx, es []*event.Event) error {
			if bad {
				return fmt.Errorf("no")
			}
			for _, e := range es {
				got = append(got, e.Type)
			}
			return nil
		}, "tea.")
		for i, what := range []string{"tea.made", "cake.eaten", "tea.drunk"} {
			err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				return l.Append(ctx, tx, &event.Event{Type: what, Subject: "table", Revision: int64(i + 1), Actor: event.Actor{Kind: event.System}})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		step(t, l)
		bad = false
		if err := l.Retry(t.Context(), "react/table"); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, []string{"tea.made", "tea.drunk"}) {
			t.Errorf("%q", got)
		}
	})
}

// rowsRead counts the rows that transactions read of the log.
type rowsRead struct {
	driver.Store
	n atomic.Int64
}

type rowsReadTx struct {
	driver.Tx
	of *rowsRead
}

// Begin implements driver.Store.
func (r *rowsRead) Begin(ctx context.Context, write bool) (driver.Tx, error) {
	tx, err := r.Store.Begin(ctx, write)
	return &rowsReadTx{tx, r}, err
}

// Scan implements driver.Tx.
func (tx *rowsReadTx) Scan(ctx context.Context, coll string, q driver.Query) ([]driver.Row, error) {
	rows, err := tx.Tx.Scan(ctx, coll, q)
	if coll == "event" && !q.Bare {
		tx.of.n.Add(int64(len(rows)))
	}
	return rows, err
}

// When a process begins, the log is read once for all of its consumers, however many only
// pass over events of types that they don't take; and when they are through, what was read
// is forgotten.
func TestBeginReadsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &rowsRead{Store: memstore.New()}
		db, l := open(t, d)
		const n = 1100 // four pages, and some
		sayMany(t, db, l, n)
		var got atomic.Int64
		count := func(_ context.Context, _ *store.Tx, es []*event.Event) error {
			got.Add(int64(len(es)))
			return nil
		}
		l.Project("all", count)
		l.React("few", 8, count, "cake.")
		for i := range 20 {
			l.Project(fmt.Sprint("none", i), count, "tea.")
		}
		d.n.Store(0)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); l.Run(ctx) }()
		synctest.Wait()
		if got.Load() != n || d.n.Load() > n+n/256 { // after each page it is seen that there is more
			t.Errorf("%d of %d events came, and %d were read", got.Load(), n, d.n.Load())
		}
		if kept := l.Kept(); kept != 0 {
			t.Errorf("%d pages are in memory", kept)
		}
		cancel()
		<-ended
	})
}

// Who follows the log has the newest events out of memory, and those that nobody has read
// yet out of the store.
func TestNext(t *testing.T) {
	t.Parallel()
	d := &rowsRead{Store: memstore.New()}
	db, l := open(t, d)
	follow := func(after int64, limit, want, read int) {
		t.Helper()
		d.n.Store(0)
		es, err := l.Next(t.Context(), after, limit)
		if err != nil || len(es) != want || want > 0 && (es[0].Position != after+1 || es[want-1].Position != after+int64(want)) {
			t.Fatalf("%d events behind %d, %v", len(es), after, err)
		}
		if got := d.n.Load() > 0; got != (read > 0) {
			t.Errorf("behind %d %d events were read of the store", after, d.n.Load())
		}
	}
	sayMany(t, db, l, 10)
	follow(0, 5, 5, 1)
	step(t, l)
	follow(0, 5, 5, 0)
	follow(5, 100, 5, 0)
	follow(10, 100, 0, 0)
	say(t, db, l, "other", 1)
	follow(10, 100, 1, 1)
}
