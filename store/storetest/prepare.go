package storetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

// Drafted is a store of which writers are drafts: in Run it shows that the rules of a
// store hold for what is prepared before its turn. The driver is a driver.Drafter. As in
// store.DB.Prepare, a draft that came too late is followed by a writer that has the turn
// from its beginning; if all were drafts, of a crowd that changes one document now and
// then one would be too late each of the times that store.DB.Update tries.
func Drafted(d driver.Store) driver.Store {
	return drafted{d, d.(driver.Drafter), new(atomic.Int64)}
}

type drafted struct {
	driver.Store
	drafter driver.Drafter
	late    *atomic.Int64 // drafts that nobody has followed yet
}

func (d drafted) Begin(ctx context.Context, write bool) (driver.Tx, error) {
	if !write {
		return d.Store.Begin(ctx, false)
	}
	if late := d.late.Load(); late > 0 && d.late.CompareAndSwap(late, late-1) {
		return d.Store.Begin(ctx, true)
	}
	tx, err := d.drafter.Draft(ctx)
	return draftedTx{tx, d.late}, err
}

type draftedTx struct {
	driver.Draft
	late *atomic.Int64
}

func (tx draftedTx) Commit(ctx context.Context) error {
	err := tx.Turn(ctx, nil)
	if errors.Is(err, driver.ErrMoved) {
		tx.late.Add(1)
	}
	return err
}

// waits skips a case in which a writer waits for another one's end.
func waits(t *testing.T, d driver.Store) {
	t.Helper()
	if _, ok := d.(drafted); ok {
		t.Skip("a draft waits for nobody before it commits")
	}
}

// turns skips a case that only makes sense where writers take turns.
func turns(t *testing.T, d driver.Store) {
	t.Helper()
	if d.Traits().Shared {
		t.Skip("writers don't take turns here")
	}
}

var prepareCases = []testCase{
	{"PrepareCommits", "What Prepare has written is there when it returns; what fails in it, or in its Last, leaves no trace.", prepareCommits},
	{"PrepareConflict", "If a document that Prepare has read changes before its turn, it runs once more, and sees the change.", prepareConflict},
	{"PreparePhantom", "Where writers take turns Prepare runs once more, too, if what it looked for in vain, or a stretch that it read, has changed.", preparePhantom},
	{"PrepareShared", "It does so, too, if what it knew by Shared has changed, or has come into being, without being read anew.", prepareShared},
	{"SharedMoments", "Shared gives each transaction what was there when it began, and its own writes, whatever others know.", sharedMoments},
	{"PrepareFresh", "In Prepare, too, a key or unique value of a fresh collection that is taken all the same is refused in the end, whoever has taken it.", prepareFresh},
	{"PrepareAlone", "What changes elsewhere, or in a stretch that wasn't read, doesn't make Prepare run again.", prepareAlone},
	{"PrepareOwn", "A scan in Prepare shows its own writes among the others, in both directions, up to its limit.", prepareOwn},
	{"PrepareLast", "Last sees what writers with an earlier turn have written: of many that append, none takes another one's place.", prepareLast},
	{"PrepareNotes", "What a Last has noted holds for the Last of the next writer who prepares, unless it came to nothing, or somebody wrote without preparing.", prepareNotes},
	{"PrepareNested", "A Last of a nested Update that failed doesn't run.", prepareNested},
	{"PrepareNumbers", "Numbers drawn in Prepare and in Update are unique, and grow for each caller, whatever is rolled back.", prepareNumbers},
	{"PrepareMixed", "Of many writers that read a document, add to it and put it, some prepared and some not, no addition is lost.", prepareMixed},
	{"PreparePanics", "A function that panics in Prepare, or in its Last, takes nobody else with it, and the store goes on.", preparePanics},
}

func prepareCommits(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	one, two := full("1"), full("2")
	want(t, "prepare", db.Prepare(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := notes.Put(ctx, tx, one); err != nil {
			return err
		}
		return tx.Last(ctx, func(ctx context.Context, tx *store.Tx) error { return notes.Put(ctx, tx, two) })
	}), nil)
	same(t, "revisions", []store.Rev{one.Rev, two.Rev}, []store.Rev{1, 1})
	finds(t, db, "documents", store.ByKey(), "1", "2")
	three, four := full("3"), full("4")
	want(t, "one that fails", db.Prepare(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(notes.Put(ctx, tx, three), notes.Delete(ctx, tx, one), errPurpose)
	}), errPurpose)
	want(t, "one whose last fails", db.Prepare(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := notes.Put(ctx, tx, four); err != nil {
			return err
		}
		return tx.Last(ctx, func(context.Context, *store.Tx) error { return errPurpose })
	}), errPurpose)
	same(t, "revisions of what failed", []store.Rev{three.Rev, four.Rev, one.Rev}, []store.Rev{0, 0, 1})
	finds(t, db, "documents", store.ByKey(), "1", "2")
	want(t, "delete", db.Prepare(t.Context(), func(ctx context.Context, tx *store.Tx) error { return notes.Delete(ctx, tx, one) }), nil)
	finds(t, db, "documents", store.ByKey(), "2")
	want(t, "what is stale", db.Prepare(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		old := full("2")
		old.Rev = 7
		return notes.Put(ctx, tx, old)
	}), store.ErrStale)
}

// twice runs fn in Prepare, with other between its first run and its turn, and returns
// how often it ran.
func twice(t *testing.T, db *store.DB, other func(), fn do) (runs int) {
	t.Helper()
	want(t, "prepare", db.Prepare(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		runs++
		err := fn(ctx, tx)
		if runs == 1 {
			// Another call of the store, which ctx would have be part of this one.
			done := make(chan struct{})
			go func() { defer close(done); other() }()
			<-done
		}
		return err
	}), nil)
	return runs
}

// known is the text of a note, by Shared.
func known(ctx context.Context, tx *store.Tx, key string) (text string, err error) {
	n, err := notes.Shared(ctx, tx, key)
	if errors.Is(err, store.ErrNotFound) {
		return "nothing", nil
	} else if err != nil {
		return "", err
	}
	return n.Text, nil
}

func sharedMoments(t *testing.T, d driver.Store) {
	turns(t, d)
	db := openDB(t, d, notes)
	for _, key := range []string{"there", "missing"} {
		before := "nothing"
		if key == "there" {
			put(t, db, notes, full(key))
			before = full(key).Text
		}
		is := func(ctx context.Context, tx *store.Tx, when, wanted string) error {
			text, err := known(ctx, tx, key)
			same(t, when+" "+key+" is", text, wanted)
			return err
		}
		write := func(ctx context.Context, tx *store.Tx) error {
			n, err := notes.Get(ctx, tx, key)
			if errors.Is(err, store.ErrNotFound) {
				n, err = full(key), nil
			}
			if err != nil {
				return err
			}
			n.Text += ", changed"
			return errors.Join(notes.Put(ctx, tx, n), is(ctx, tx, "to who writes it", n.Text))
		}
		look := func(when, wanted string) {
			view(t, db, func(ctx context.Context, tx *store.Tx) error { return is(ctx, tx, when, wanted) })
		}
		look("at first", before)
		after := full(key).Text + ", changed"
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			done := make(chan struct{})
			go func() {
				defer close(done)
				want(t, "prepare", db.Prepare(t.Context(), write), nil)
				look("later", after)
			}()
			<-done
			return is(ctx, tx, "to who began before", before)
		})
		look("now", after)
		update(t, db, write)
		look("in the end", after+", changed")
	}
}

func prepareShared(t *testing.T, d driver.Store) {
	turns(t, d)
	db := openDB(t, d, notes)
	put(t, db, notes, full("there"))
	for _, key := range []string{"there", "missing"} {
		view(t, db, func(ctx context.Context, tx *store.Tx) error { // from here on it is known
			_, err := known(ctx, tx, key)
			return err
		})
		var seen []string
		twice(t, db, func() {
			update(t, db, func(ctx context.Context, tx *store.Tx) error {
				n, err := notes.Get(ctx, tx, key)
				if errors.Is(err, store.ErrNotFound) {
					n, err = full(key), nil
				}
				if err == nil {
					n.Text, n.Owner = "new", key
					err = notes.Put(ctx, tx, n)
				}
				return err
			})
		}, func(ctx context.Context, tx *store.Tx) error {
			text, err := known(ctx, tx, key)
			seen = append(seen, text)
			return errors.Join(err, notes.Put(ctx, tx, &note{ID: "by " + key}))
		})
		before := map[string]string{"there": full("there").Text, "missing": "nothing"}[key]
		same(t, "what is seen of "+key, seen, []string{before, "new"})
	}
}

func prepareConflict(t *testing.T, d driver.Store) {
	turns(t, d) // elsewhere the others may have to wait for a lock
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "1", Rank: new(int64(1))}, &note{ID: "2", Rank: new(int64(1))})
	runs := twice(t, db, func() { put(t, db, notes, &note{ID: "1", Rank: new(int64(10)), Rev: 1}) }, func(ctx context.Context, tx *store.Tx) error {
		read, err := notes.Get(ctx, tx, "1")
		if err != nil {
			return err
		}
		v, err := notes.Get(ctx, tx, "2")
		if err != nil {
			return err
		}
		*v.Rank += *read.Rank
		return notes.Put(ctx, tx, v)
	})
	if v := get(t, db, notes, "2"); runs != 2 || *v.Rank != 11 || v.Rev != 2 {
		t.Errorf("after %d runs the sum is %d at revision %d, want 2, 11 and 2", runs, *v.Rank, v.Rev)
	}
}

func preparePhantom(t *testing.T, d driver.Store) {
	turns(t, d)
	put(t, openDB(t, d, notes), notes, &note{ID: "f"}, &note{ID: "h"})
	for name, look := range map[string]func(ctx context.Context, tx *store.Tx) (int, error){
		"a key": func(ctx context.Context, tx *store.Tx) (int, error) {
			_, err := notes.Get(ctx, tx, "g1")
			if errors.Is(err, store.ErrNotFound) {
				return 0, nil
			}
			return 1, err
		},
		"a stretch": func(ctx context.Context, tx *store.Tx) (int, error) {
			vs, _, err := notes.Page(ctx, tx, store.By("group", "g").Limit(9))
			return len(vs), err
		},
		"a stretch, from its end": func(ctx context.Context, tx *store.Tx) (int, error) {
			vs, _, err := notes.Page(ctx, tx, store.By("group", "g").Desc().Limit(9))
			return len(vs), err
		},
		"a number": func(ctx context.Context, tx *store.Tx) (int, error) {
			return notes.Count(ctx, tx, store.By("group", "g"))
		},
		"behind a stretch": func(ctx context.Context, tx *store.Tx) (int, error) {
			vs, _, err := notes.Page(ctx, tx, store.ByKey().To("h").Limit(9))
			return len(vs) - 1, err
		},
		"before a stretch": func(ctx context.Context, tx *store.Tx) (int, error) {
			vs, _, err := notes.Page(ctx, tx, store.ByKey().From("g").Desc().Limit(9))
			return len(vs) - 1, err
		},
	} {
		db := openDB(t, d, notes)
		found := 0
		runs := twice(t, db, func() { put(t, db, notes, &note{ID: "g1", Group: "g"}) }, func(ctx context.Context, tx *store.Tx) (err error) {
			found, err = look(ctx, tx)
			return err
		})
		if runs != 2 || found != 1 {
			t.Errorf("%s: after %d runs it has found %d, want 2 and 1", name, runs, found)
		}
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			v, err := notes.Get(ctx, tx, "g1")
			if err != nil {
				return err
			}
			return notes.Delete(ctx, tx, v)
		})
	}
}

func prepareAlone(t *testing.T, d driver.Store) {
	turns(t, d)
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "1", Group: "g"}, &note{ID: "2", Group: "g"}, &note{ID: "3", Group: "h"})
	other := func() {
		put(t, db, notes, &note{ID: "3", Group: "h", Rev: 1}, &note{ID: "4", Group: "h"}, &note{ID: "5", Group: "g"})
	}
	runs := twice(t, db, other, func(ctx context.Context, tx *store.Tx) error {
		// The first alone: what lies behind it wasn't read.
		for _, err := range notes.Scan(ctx, tx, store.By("group", "g").Limit(1)) {
			if err != nil {
				return err
			}
			break
		}
		return notes.Put(ctx, tx, &note{ID: "6", Group: "g"})
	})
	if runs != 1 {
		t.Errorf("it ran %d times", runs)
	}
	finds(t, db, "group g", store.By("group", "g"), "1", "2", "5", "6")
}

func prepareOwn(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "b", Group: "g"}, &note{ID: "d", Group: "g"}, &note{ID: "f", Group: "g"})
	want(t, "prepare", db.Prepare(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		d, err := notes.Get(ctx, tx, "d")
		if err != nil {
			return err
		}
		if err := notes.Delete(ctx, tx, d); err != nil {
			return err
		}
		for _, id := range []string{"a", "c", "g"} {
			if err := notes.Put(ctx, tx, &note{ID: id, Group: "g"}); err != nil {
				return err
			}
		}
		page := func(what string, q store.Query, ids ...string) {
			vs, _, err := notes.Page(ctx, tx, q)
			want(t, what, err, nil)
			var got []string
			for _, v := range vs {
				got = append(got, v.ID)
			}
			same(t, what, got, ids)
		}
		page("upwards", store.By("group", "g").Limit(9), "a", "b", "c", "f", "g")
		page("downwards", store.By("group", "g").Desc().Limit(9), "g", "f", "c", "b", "a")
		page("the first two", store.By("group", "g").Limit(2), "a", "b")
		page("the last two", store.By("group", "g").Desc().Limit(2), "g", "f")
		page("a stretch", store.ByKey().From("b").To("f").Limit(9), "b", "c")
		page("a stretch downwards", store.ByKey().From("b").To("f").Desc().Limit(9), "c", "b")
		return nil
	}), nil)
	finds(t, db, "documents", store.ByKey(), "a", "b", "c", "f", "g")
}

// appended puts a note behind the last one, by rank.
func appended(ctx context.Context, tx *store.Tx, id string) error {
	return tx.Last(ctx, func(ctx context.Context, tx *store.Tx) error {
		e, found, err := notes.First(ctx, tx, store.By("rank").Desc())
		if err != nil {
			return err
		}
		rank := int64(1)
		if found {
			rank = e.At[0].(int64) + 1
		}
		return notes.Put(ctx, tx, &note{ID: id, Rank: &rank})
	})
}

func prepareLast(t *testing.T, d driver.Store) {
	turns(t, d)
	db := openDB(t, d, notes)
	var wait sync.WaitGroup
	for i := range crowd {
		wait.Go(func() {
			for j := range 20 {
				fn := func(ctx context.Context, tx *store.Tx) error { return appended(ctx, tx, numbered(int64(i*100+j))) }
				if j%4 == 0 {
					want(t, "update", db.Update(t.Context(), fn), nil)
				} else {
					want(t, "prepare", db.Prepare(t.Context(), fn), nil)
				}
			}
		})
	}
	wait.Wait()
	next := int64(1)
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		for v, err := range notes.All(ctx, tx, store.By("rank")) {
			if err != nil || *v.Rank != next {
				t.Fatalf("rank %d comes at place %d: %v", *v.Rank, next, err)
			}
			next++
		}
		return nil
	})
	if next != crowd*20+1 {
		t.Errorf("%d places, want %d", next-1, crowd*20)
	}
}

func prepareNested(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	want(t, "prepare", db.Prepare(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		want(t, "the nested one", tx.Prepare(ctx, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(appended(ctx, tx, "gone"), errPurpose)
		}), errPurpose)
		return appended(ctx, tx, "kept")
	}), nil)
	finds(t, db, "documents", store.ByKey(), "kept")
}

func prepareNumbers(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	var mu sync.Mutex
	given := map[int64]bool{}
	var wait sync.WaitGroup
	for i := range crowd {
		wait.Go(func() {
			last := int64(0)
			for j := range 20 {
				run := db.Prepare
				if (i+j)%3 == 0 {
					run = db.Update
				}
				var n int64
				err := run(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
					if n, err = tx.Next(ctx, "n"); err == nil && j%5 == 0 {
						err = errPurpose
					}
					return err
				})
				if !errors.Is(err, errPurpose) {
					want(t, "next", err, nil)
				}
				mu.Lock()
				if given[n] || n <= last {
					t.Errorf("number %d comes after %d, or twice", n, last)
				}
				given[n], last = true, n
				mu.Unlock()
			}
		})
	}
	wait.Wait()
}

func prepareMixed(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "1", Rank: new(int64(0))})
	var wait sync.WaitGroup
	for i := range crowd {
		run := []func(context.Context, do) error{db.Prepare, db.Update}[i%2]
		wait.Go(func() {
			for range 20 {
				want(t, "a writer", run(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					v, err := notes.Lock(ctx, tx, "1", store.ForUpdate)
					if err != nil {
						return err
					}
					*v.Rank++
					return notes.Put(ctx, tx, v)
				}), nil)
			}
		})
	}
	wait.Wait()
	if v := get(t, db, notes, "1"); *v.Rank != crowd*20 || v.Rev != crowd*20+1 {
		t.Errorf("after %d additions the sum is %d, the revision %d", crowd*20, *v.Rank, v.Rev)
	}
}

func preparePanics(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	for name, fn := range map[string]do{
		"a function": func(ctx context.Context, tx *store.Tx) error {
			want(t, "put", notes.Put(ctx, tx, &note{ID: "1"}), nil)
			panic(errPurpose)
		},
		"a last": func(ctx context.Context, tx *store.Tx) error {
			want(t, "put", notes.Put(ctx, tx, &note{ID: "1"}), nil)
			return tx.Last(ctx, func(context.Context, *store.Tx) error { panic(errPurpose) })
		},
	} {
		func() {
			defer func() {
				if p := recover(); p != errPurpose {
					t.Errorf("%s panics with %v, want its own", name, p)
				}
			}()
			db.Prepare(t.Context(), fn)
			t.Errorf("%s that panics returns", name)
		}()
	}
	finds(t, db, "documents", store.ByKey())
	put(t, db, notes, &note{ID: "2"})
	finds(t, db, "documents", store.ByKey(), "2")
}
