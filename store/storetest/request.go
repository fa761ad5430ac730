package storetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

var requestCases = []testCase{
	{"Once", "A request that comes again gives the first one's result, and nothing is created again, also in the same transaction.", once},
	{"OnceReused", "The same key with other content is ErrKeyReused, and the first result stays.", onceReused},
	{"OnceApart", "Keys of different actors, or of different methods, don't meet; a request without a key isn't remembered.", onceApart},
	{"OnceExpires", "A key is remembered for 7 days, and free again after that.", onceExpires},
	{"OnceFailed", "When the creation fails, or the transaction, nothing is remembered.", onceFailed},
	{"OnceSwallowed", "When the creation fails and the transaction is committed all the same, what it wrote is gone and the request can be made again.", onceSwallowed},
	{"OnceConcurrent", "Of requests that come at the same time one creates, and all get its result.", onceConcurrent},
	{"OnceLongKey", "A key has at most 255 characters, else the error is ErrTooLarge.", onceLongKey},
	{"ForgetRequests", "ForgetRequests drops the requests whose time is over, over any number of pages, and no others.", forgetRequests},
}

// asker makes requests that create notes.
type asker struct {
	t  *testing.T
	db *store.DB
}

func (a asker) ask(r store.Request, content any, now time.Time, id string) (result string, again bool, err error) {
	err = a.db.Update(a.t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		result, again, err = tx.Once(ctx, r, content, now, func() (string, error) { return id, notes.Put(ctx, tx, &note{ID: id}) })
		return err
	})
	return result, again, err
}

// expect makes a request and checks its result.
func (a asker) expect(r store.Request, content any, now time.Time, id, result string, again bool) {
	a.t.Helper()
	got, was, err := a.ask(r, content, now, id)
	if got != result || was != again || err != nil {
		a.t.Errorf("request %+v gives %q, again %v, %v; want %q, %v", r, got, was, err, result, again)
	}
}

var request = store.Request{Actor: "ann", Method: "note.create", Key: "k"}

func once(t *testing.T, d driver.Store) {
	a := asker{t, openDB(t, d, notes)}
	content := map[string]int{"a": 1, "b": 2}
	a.expect(request, content, noon, "1", "1", false)
	a.expect(request, content, noon, "2", "1", true)
	a.expect(request, map[string]int{"b": 2, "a": 1}, noon.Add(time.Hour), "3", "1", true)
	other := request
	other.Key = "l"
	update(t, a.db, func(ctx context.Context, tx *store.Tx) error {
		for i := range 2 {
			id, again, err := tx.Once(ctx, other, "x", noon, func() (string, error) { return "4", notes.Put(ctx, tx, &note{ID: "4"}) })
			if id != "4" || again != (i > 0) || err != nil {
				t.Errorf("call %d gives %q, %v, %v", i, id, again, err)
			}
		}
		return nil
	})
	finds(t, a.db, "notes", store.ByKey(), "1", "4")
}

func onceReused(t *testing.T, d driver.Store) {
	a := asker{t, openDB(t, d, notes)}
	a.expect(request, "one", noon, "1", "1", false)
	_, _, err := a.ask(request, "two", noon, "2")
	want(t, "other content", err, store.ErrKeyReused)
	a.expect(request, "one", noon, "3", "1", true)
	finds(t, a.db, "notes", store.ByKey(), "1")
}

func onceApart(t *testing.T, d driver.Store) {
	a := asker{t, openDB(t, d, notes)}
	a.expect(request, "c", noon, "1", "1", false)
	a.expect(store.Request{Actor: "bob", Method: "note.create", Key: "k"}, "c", noon, "2", "2", false)
	a.expect(store.Request{Actor: "ann", Method: "note.copy", Key: "k"}, "c", noon, "3", "3", false)
	a.expect(store.Request{Actor: "ann", Method: "note.create k", Key: ""}, "c", noon, "4", "4", false)
	a.expect(store.Request{Actor: "ann note.create", Method: "k", Key: " "}, "c", noon, "5", "5", false)
	a.expect(store.Request{Actor: "ann", Method: "note.create"}, "c", noon, "6", "6", false)
	a.expect(store.Request{Actor: "ann", Method: "note.create"}, "c", noon, "7", "7", false)
}

func onceExpires(t *testing.T, d driver.Store) {
	a := asker{t, openDB(t, d, notes)}
	a.expect(request, "c", noon, "1", "1", false)
	end := noon.Add(store.KeepRequests)
	a.expect(request, "c", end.Add(-time.Microsecond), "2", "1", true)
	a.expect(request, "other", end, "3", "3", false)
	a.expect(request, "other", end.Add(store.KeepRequests-time.Second), "4", "3", true)
	finds(t, a.db, "notes", store.ByKey(), "1", "3")
}

func onceFailed(t *testing.T, d driver.Store) {
	a := asker{t, openDB(t, d, notes)}
	err := a.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, _, err := tx.Once(ctx, request, "c", noon, func() (string, error) { return "", errPurpose })
		return err
	})
	want(t, "a creation that fails", err, errPurpose)
	err = a.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, _, err := tx.Once(ctx, request, "c", noon, func() (string, error) { return "1", notes.Put(ctx, tx, &note{ID: "1"}) })
		want(t, "once", err, nil)
		return errPurpose
	})
	want(t, "a transaction that fails", err, errPurpose)
	a.expect(request, "other", noon, "2", "2", false)
	finds(t, a.db, "notes", store.ByKey(), "2")
}

func onceSwallowed(t *testing.T, d driver.Store) {
	a := asker{t, openDB(t, d, notes)}
	update(t, a.db, func(ctx context.Context, tx *store.Tx) error {
		_, _, err := tx.Once(ctx, request, "c", noon, func() (string, error) {
			return "", errors.Join(notes.Put(ctx, tx, &note{ID: "half"}), errPurpose)
		})
		want(t, "once", err, errPurpose)
		return nil
	})
	a.expect(request, "c", noon, "1", "1", false)
	a.expect(request, "c", noon, "2", "1", true)
	finds(t, a.db, "notes", store.ByKey(), "1")
}

func onceConcurrent(t *testing.T, d driver.Store) {
	a := asker{t, openDB(t, d, notes)}
	var wait sync.WaitGroup
	results := make(chan string, crowd)
	for i := range int64(crowd) {
		wait.Go(func() {
			id, _, err := a.ask(request, "c", noon, numbered(i))
			want(t, "request", err, nil)
			results <- id
		})
	}
	wait.Wait()
	created := find(t, a.db, store.ByKey())
	if len(created) != 1 {
		t.Fatalf("%q were created, want one", created)
	}
	for range crowd {
		same(t, "result", <-results, created[0])
	}
}

func onceLongKey(t *testing.T, d driver.Store) {
	a := asker{t, openDB(t, d, notes)}
	r := request
	r.Key = strings.Repeat("\u00e9", store.MaxRequestKey)
	a.expect(r, "c", noon, "1", "1", false)
	r.Key += "x"
	_, _, err := a.ask(r, "c", noon, "2")
	want(t, "a long key", err, store.ErrTooLarge)
}

func forgetRequests(t *testing.T, d driver.Store) {
	a := asker{t, openDB(t, d, notes)}
	const n = 600
	update(t, a.db, func(ctx context.Context, tx *store.Tx) error {
		for i := range int64(n) {
			r := store.Request{Actor: "ann", Method: "m", Key: numbered(i)}
			_, _, err := tx.Once(ctx, r, i, noon.Add(time.Duration(i)*time.Second), func() (string, error) { return r.Key, nil })
			if err != nil {
				return err
			}
		}
		return nil
	})
	// Request 549 has just expired, 550 has a second left.
	dropped, err := a.db.ForgetRequests(t.Context(), noon.Add(store.KeepRequests+549*time.Second))
	if dropped != 550 || err != nil {
		t.Errorf("%d were dropped, %v; want 550", dropped, err)
	}
	late := noon.Add(600 * time.Second)
	a.expect(store.Request{Actor: "ann", Method: "m", Key: numbered(549)}, 549, late, "again", "again", false)
	a.expect(store.Request{Actor: "ann", Method: "m", Key: numbered(550)}, 550, late, "no", numbered(550), true)
	dropped, err = a.db.ForgetRequests(t.Context(), noon)
	if dropped != 0 || err != nil {
		t.Errorf("%d more were dropped, %v", dropped, err)
	}
}
