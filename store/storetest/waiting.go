package storetest

import (
	"context"
	"sync"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

var waitingCases = []testCase{
	{"EndedContext", "View and Update with a ctx that has ended fail with its error, and don't run their function.", endedContext},
	{"WaitCancelled", "Whoever waits for a turn to write, or for a lock, gives up when its ctx is cancelled, and doesn't disturb the others.", waitCancelled},
	{"ViewDoesNotWait", "A View doesn't wait for a writer.", viewDoesNotWait},
	{"CloseWaits", "Transactions that are under way when the store is closed end well.", closeWaits},
}

func endedContext(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	nothing := func(context.Context, *store.Tx) error { t.Error("the function ran"); return nil }
	for range 20 { // a choice between the turn and the ctx would sometimes be right
		want(t, "update", db.Update(ctx, nothing), context.Canceled)
		want(t, "view", db.View(ctx, nothing), context.Canceled)
	}
	put(t, db, notes, &note{ID: "1"})
}

// hold keeps a writer at document "1" until release is called, and returns when
// it is there.
func hold(t *testing.T, db *store.DB) (release func()) {
	t.Helper()
	there, done, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			v, err := notes.Lock(ctx, tx, "1", store.ForUpdate)
			close(there)
			<-done
			if err != nil {
				return err
			}
			return notes.Put(ctx, tx, v)
		})
		want(t, "the holder", err, nil)
	}()
	<-there
	return sync.OnceFunc(func() { close(done); <-ended })
}

func waitCancelled(t *testing.T, d driver.Store) {
	waits(t, d)
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "1"})
	release := hold(t, db)
	defer release()
	var wait, stay sync.WaitGroup
	write := func(ctx context.Context) error {
		return db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			v, err := notes.Lock(ctx, tx, "1", store.ForUpdate)
			if err != nil {
				return err
			}
			return notes.Put(ctx, tx, v)
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	for range 4 {
		wait.Go(func() { want(t, "cancelled writer", write(ctx), context.Canceled) })
		stay.Go(func() { want(t, "patient writer", write(t.Context()), nil) })
	}
	cancel()
	wait.Wait() // while the holder still holds
	release()
	stay.Wait()
	if rev := get(t, db, notes, "1").Rev; rev != 6 {
		t.Errorf("revision is %d, want 6: one of the holder, four of the patient writers", rev)
	}
}

func viewDoesNotWait(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "1"})
	release := hold(t, db)
	defer release()
	if v := get(t, db, notes, "1"); v == nil || v.Rev != 1 {
		t.Errorf("the document is %v, want revision 1", v)
	}
}

func closeWaits(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "1"})
	closed := make(chan error, 1)
	there, goOn := make(chan struct{}), make(chan struct{})
	var readers sync.WaitGroup
	readers.Go(func() {
		err := db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			close(there)
			<-goOn
			_, err := notes.Get(ctx, tx, "1")
			return err
		})
		want(t, "the View that was under way", err, nil)
	})
	<-there
	release := hold(t, db)
	go func() { closed <- db.Close() }()
	close(goOn)
	release()
	readers.Wait()
	want(t, "close", <-closed, nil)
	want(t, "a View afterwards", db.View(t.Context(), func(context.Context, *store.Tx) error { return nil }), store.ErrClosed)
}
