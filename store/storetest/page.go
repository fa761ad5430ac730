package storetest

import (
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

var pageCases = []testCase{
	{"Page", "Page gives at most Limit documents, and a cursor if there are more; pages put together are the whole, for every index and direction.", pages},
	{"Count", "Count tells how many documents a query finds, at most its Limit, and sees what the transaction has written and not yet committed.", counts},
	{"PageLimit", "Page and Scan need a limit above 0: without one they are ErrValue.", pageLimit},
	{"CursorStable", "A document that is created, deleted or moved between two pages doesn't shift the others: none is lost, none comes twice.", cursorStable},
	{"CursorOfDeleted", "A cursor goes on behind its place although the document there is gone.", cursorOfDeleted},
	{"CursorForeign", "A cursor of another query, direction, range, index or collection is ErrCursor; another page size is fine.", cursorForeign},
	{"CursorDamaged", "A damaged cursor is ErrCursor.", cursorDamaged},
	{"CursorTies", "A cursor stands between documents whose values are equal, and inside the texts of one document.", cursorTies},
	{"All", "All goes through everything, over any number of pages, and its loop may be left.", all},
	{"WriteInScan", "The body of a loop over Scan may change, create and delete documents; it gets those that were there when the scan began.", writeInScan},
	{"WriteInAll", "The body of a loop over All may write; documents that move behind its place don't come again.", writeInAll},
}

var claimCases = []testCase{
	{"Claim", "What one transaction claims and marks no other one gets.", claim},
	{"ClaimSkips", "Claim passes over what another transaction holds instead of waiting.", claimSkips},
	{"LockWaits", "A document locked for update isn't changed by another transaction until the lock's owner ends.", lockWaits},
}

// page reads one page in a View of its own.
func page(t *testing.T, db *store.DB, q store.Query) (keys []string, next string) {
	t.Helper()
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		vs, cursor, err := notes.Page(ctx, tx, q)
		next = cursor
		for _, v := range vs {
			keys = append(keys, v.ID)
		}
		return err
	})
	return keys, next
}

func pages(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	for i := range int64(12) {
		n := full(numbered(i))
		n.Rank, n.Due, n.Group = new(i%5-2), noon.Add(time.Duration(i%3)*time.Hour), []string{"g", "h\x01", "h"}[i%3]
		put(t, db, notes, n)
	}
	queries := []store.Query{
		store.ByKey(), store.ByKey().From(numbered(3)).To(numbered(9)), store.By("rank"), store.By("rank").From(-1).To(2), store.By("group_rank", "h"),
		store.By("group_rank", "h").From(-1), store.By("due"), store.By("group_due"), store.By("tag"), store.By("tag_rank", "one"), store.By("place"), store.By("owner"),
	}
	for i, q := range queries {
		for _, q := range []store.Query{q, q.Desc()} {
			whole := find(t, db, q)
			for _, limit := range []int{1, 2, 5, len(whole), len(whole) + 1} {
				var got []string
				for cursor, n := "", 0; ; n++ {
					keys, next := page(t, db, q.Limit(limit).After(cursor))
					if len(keys) > limit || next != "" && len(keys) != limit || n > len(whole) {
						t.Fatalf("query %d: page %d has %d documents, cursor %q", i, n, len(keys), next)
					}
					got = append(got, keys...)
					if cursor = next; next == "" {
						break
					}
				}
				same(t, "pages put together", got, whole)
			}
		}
	}
}

func counts(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	for i := range int64(12) {
		n := full(numbered(i))
		n.Rank, n.Due = new(i%5-2), noon.Add(time.Duration(i%3)*time.Hour)
		put(t, db, notes, n)
	}
	queries := []store.Query{store.ByKey(), store.ByKey().From(numbered(3)).To(numbered(9)), store.By("rank").From(-1).To(2), store.By("rank", 1),
		store.By("group_rank", "h").From(-1), store.By("due"), store.By("tag", "one"), store.By("tag_rank", "one").From(0), store.By("tag", "nobody's"), store.By("tag", "no\x00body")}
	check := func(ctx context.Context, tx *store.Tx) error {
		for i, q := range queries {
			n := 0
			for _, err := range notes.All(ctx, tx, q) {
				if err != nil {
					return err
				}
				n++
			}
			for limit, want := range map[int]int{0: n, 1: min(n, 1), 3: min(n, 3), 100: n} {
				if got, err := notes.Count(ctx, tx, q.Limit(limit)); err != nil || got != want {
					t.Errorf("query %d, limit %d: %d of %d, error %v", i, limit, got, n, err)
				}
			}
		}
		_, err := notes.Count(ctx, tx, store.By("nothing"))
		want(t, "count", err, store.ErrValue)
		_, err = notes.Count(ctx, tx, store.ByKey().Limit(-1))
		want(t, "count", err, store.ErrValue)
		return nil
	}
	view(t, db, check)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		first, err := notes.Get(ctx, tx, numbered(4))
		if err != nil {
			return err
		}
		if err := notes.Delete(ctx, tx, first); err != nil {
			return err
		}
		n := full(numbered(40))
		n.Rank, n.Due = new(int64(1)), noon
		if err := notes.Put(ctx, tx, n); err != nil {
			return err
		}
		return check(ctx, tx)
	})
}

func pageLimit(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, q := range []store.Query{store.ByKey(), store.By("group"), store.ByKey().Limit(-1)} {
			_, _, err := notes.Page(ctx, tx, q)
			want(t, "page", err, store.ErrValue)
			n := 0
			for _, err := range notes.Scan(ctx, tx, q) {
				want(t, "scan", err, store.ErrValue)
				n++
			}
			if n != 1 {
				t.Errorf("the scan yielded %d times, want one error", n)
			}
		}
		return nil
	})
}

func cursorStable(t *testing.T, d driver.Store) {
	for _, q := range []store.Query{store.By("rank"), store.By("rank").Desc()} {
		db := openDB(t, d, notes)
		ranks := map[string]int64{}
		for i := range int64(20) {
			n := &note{ID: numbered(i), Rank: new(i * 10)}
			ranks[n.ID] = *n.Rank
			if old := get(t, db, notes, n.ID); old != nil {
				n.Rev = old.Rev
			}
			put(t, db, notes, n)
		}
		got, cursor := page(t, db, q.Limit(7))
		first, last := got[0], got[6]
		// Before the cursor: one more, one gone, one that moves to and fro.
		put(t, db, notes, &note{ID: "new", Rank: new(ranks[first] + 1)})
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			gone, err := notes.Get(ctx, tx, got[3])
			if err != nil {
				return err
			}
			still, err := notes.Get(ctx, tx, last)
			if err != nil {
				return err
			}
			still.Text = "changed"
			return errors.Join(notes.Delete(ctx, tx, gone), notes.Put(ctx, tx, still))
		})
		for cursor != "" {
			var keys []string
			keys, cursor = page(t, db, q.Limit(7).After(cursor))
			if got = append(got, keys...); len(got) > 100 {
				t.Fatal("the pages don't end")
			}
		}
		slices.Sort(got)
		same(t, "what the pages met", got, slices.Sorted(maps.Keys(ranks)))
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			n, err := notes.Get(ctx, tx, "new")
			if err != nil {
				return err
			}
			return notes.Delete(ctx, tx, n)
		})
	}
}

func cursorOfDeleted(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	for i := range int64(6) {
		put(t, db, notes, &note{ID: numbered(i), Rank: new(i)})
	}
	for _, q := range []store.Query{store.By("rank"), store.ByKey()} {
		keys, cursor := page(t, db, q.Limit(2))
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			n, err := notes.Get(ctx, tx, keys[1])
			if err != nil {
				return err
			}
			return notes.Delete(ctx, tx, n)
		})
		rest, _ := page(t, db, q.Limit(9).After(cursor))
		same(t, "what comes behind", rest, find(t, db, q)[1:])
	}
}

func cursorForeign(t *testing.T, d driver.Store) {
	others := &store.Collection[note]{Name: "other", Key: notes.Key, Rev: notes.Rev, Columns: notes.Columns, Indexes: notes.Indexes}
	db := openDB(t, d, notes, others)
	for i := range int64(5) {
		n := full(numbered(i))
		n.Rank = new(i)
		put(t, db, notes, n)
	}
	q := store.By("group_rank", "g").From(0).Limit(2)
	_, cursor := page(t, db, q)
	if rest, _ := page(t, db, q.Limit(3).After(cursor)); len(rest) != 3 {
		t.Errorf("with another page size there are %d documents, want 3", len(rest))
	}
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		for what, foreign := range map[string]store.Query{
			"another direction": q.Desc(),
			"another beginning": q.From(1),
			"no beginning":      store.By("group_rank", "g"),
			"an end":            q.To(4),
			"another value":     store.By("group_rank", "h").From(0),
			"another index":     store.By("group_due", "g").From(noon),
			"by key":            store.ByKey(),
		} {
			_, _, err := notes.Page(ctx, tx, foreign.Limit(2).After(cursor))
			want(t, what, err, store.ErrCursor)
		}
		_, _, err := others.Page(ctx, tx, q.After(cursor))
		want(t, "another collection", err, store.ErrCursor)
		return nil
	})
}

func cursorDamaged(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, full("1"), full("2"), full("3"))
	raw := base64.RawURLEncoding
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, q := range []store.Query{store.ByKey().Limit(1), store.By("tag_rank").Limit(1), store.By("due").Desc().Limit(1)} {
			_, cursor, err := notes.Page(ctx, tx, q)
			if err != nil || cursor == "" {
				t.Fatalf("cursor %q, %v", cursor, err)
			}
			for _, bad := range []string{
				cursor[:len(cursor)/2], cursor[1:], cursor + "A", cursor + cursor, "!", " ", "x", raw.EncodeToString([]byte("{}")), raw.EncodeToString([]byte("null")),
				raw.EncodeToString([]byte(`{"h":1,"k":"1"}`)), raw.EncodeToString([]byte("\x00\x01\x02")),
			} {
				_, _, err := notes.Page(ctx, tx, q.After(bad))
				want(t, "cursor "+bad, err, store.ErrCursor)
			}
		}
		return nil
	})
}

func cursorTies(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	for _, k := range []string{"a", "ab", "a\x01", "b"} {
		put(t, db, notes, &note{ID: k, Rank: new(int64(1)), Tags: []string{"x", "xy", "x\x01"}})
	}
	for _, q := range []store.Query{store.By("rank"), store.By("tag"), store.By("tag").Desc(), store.By("tag_rank", "x"), store.By("rank").Desc()} {
		var got []string
		for cursor, more := "", true; more; more = cursor != "" {
			var keys []string
			keys, cursor = page(t, db, q.Limit(1).After(cursor))
			if got = append(got, keys...); len(got) > 100 {
				t.Fatal("the pages don't end")
			}
		}
		same(t, "one by one", got, find(t, db, q))
	}
}

func all(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	for _, n := range []int64{255, 256, 257, 512, 700} {
		var keys []string
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			for i := range n {
				keys = append(keys, numbered(i))
				v, err := notes.Get(ctx, tx, numbered(i))
				if errors.Is(err, store.ErrNotFound) {
					err = notes.Put(ctx, tx, &note{ID: numbered(i), Group: "g", Rank: new(i)})
				}
				if err != nil {
					return errors.Join(err, errors.New(v.ID))
				}
			}
			return nil
		})
		finds(t, db, "by key", store.ByKey(), keys...)
		finds(t, db, "by rank", store.By("group_rank", "g"), keys...)
	}
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		n := 0
		for _, err := range notes.All(ctx, tx, store.ByKey()) {
			if err != nil {
				return err
			}
			if n++; n == 300 {
				break
			}
		}
		return nil
	})
}

func writeInScan(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	for i := range int64(10) {
		put(t, db, notes, &note{ID: numbered(i), Rank: new(i)})
	}
	var got []string
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for n, err := range notes.Scan(ctx, tx, store.By("rank").Limit(6)) {
			if err != nil {
				return err
			}
			got = append(got, n.ID)
			switch *n.Rank % 3 {
			case 0:
				n.Rank = new(*n.Rank + 100)
				err = notes.Put(ctx, tx, n)
			case 1:
				err = notes.Delete(ctx, tx, n)
			default:
				err = notes.Put(ctx, tx, &note{ID: "by " + n.ID, Rank: new(*n.Rank)})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	same(t, "what the scan gave", got, []string{numbered(0), numbered(1), numbered(2), numbered(3), numbered(4), numbered(5)})
	finds(t, db, "what is there now", store.By("rank"), numbered(2), "by "+numbered(2), numbered(5), "by "+numbered(5), numbered(6), numbered(7), numbered(8), numbered(9), numbered(0), numbered(3))
}

func writeInAll(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	const count = 600
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for i := range int64(count) {
			if err := notes.Put(ctx, tx, &note{ID: numbered(i), Rank: new(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	met := 0
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		met = 0
		for n, err := range notes.All(ctx, tx, store.By("rank")) {
			if err != nil {
				return err
			}
			met++
			if *n.Rank%2 == 0 {
				err = notes.Delete(ctx, tx, n)
			} else {
				n.Rank = new(-*n.Rank)
				err = notes.Put(ctx, tx, n)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if met != count {
		t.Errorf("the loop met %d documents, want %d", met, count)
	}
	if n := len(find(t, db, store.By("rank").To(0))); n != count/2 {
		t.Errorf("%d documents have moved, want %d", n, count/2)
	}
}

func claim(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	const jobs = 40
	for i := range int64(jobs) {
		put(t, db, notes, &note{ID: numbered(i), Group: "waiting", Rank: new(i)})
	}
	var mu sync.Mutex
	claimed := map[string]int{}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for len(find(t, db, store.By("group", "waiting"))) > 0 {
				var mine []string
				err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					mine = nil
					for n, err := range notes.Claim(ctx, tx, store.By("group_rank", "waiting").Limit(3)) {
						if err != nil {
							return err
						}
						mine = append(mine, n.ID)
						n.Group = "done"
						if err := notes.Put(ctx, tx, n); err != nil {
							return err
						}
					}
					return nil
				})
				want(t, "claim", err, nil)
				mu.Lock()
				for _, id := range mine {
					claimed[id]++
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	for id, n := range claimed {
		if n != 1 {
			t.Errorf("%s was claimed %d times", id, n)
		}
	}
	if len(claimed) != jobs {
		t.Errorf("%d documents were claimed, want %d", len(claimed), jobs)
	}
}

func claimSkips(t *testing.T, d driver.Store) {
	shared(t, d)
	db := openDB(t, d, notes)
	for i := range int64(4) {
		put(t, db, notes, &note{ID: numbered(i), Rank: new(i)})
	}
	claims := func(ctx context.Context, tx *store.Tx, limit int) (keys []string) {
		for n, err := range notes.Claim(ctx, tx, store.By("rank").Limit(limit)) {
			if err != nil {
				t.Errorf("claim: %v", err)
				break
			}
			keys = append(keys, n.ID)
		}
		return keys
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		mine := claims(ctx, tx, 2)
		same(t, "the first's", mine, []string{numbered(0), numbered(1)})
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			for _, k := range claims(ctx, tx, 4) {
				if slices.Contains(mine, k) {
					t.Errorf("%s was claimed by two", k)
				}
			}
			return nil
		})
		return nil
	})
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		same(t, "once nobody holds any", claims(ctx, tx, 9), []string{numbered(0), numbered(1), numbered(2), numbered(3)})
		return nil
	})
}

func lockWaits(t *testing.T, d driver.Store) {
	waits(t, d)
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "1"})
	release := hold(t, db)
	var order []string // the holder's end, then the other's; release returns after the former
	done := make(chan error, 1)
	go func() {
		done <- db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			v, err := notes.Lock(ctx, tx, "1", store.Share)
			if err != nil {
				return err
			}
			order = append(order, string('0'+rune(v.Rev)))
			return nil
		})
	}()
	release()
	want(t, "the one that waited", <-done, nil)
	same(t, "revisions that it saw", order[len(order)-1:], []string{"2"})
}
