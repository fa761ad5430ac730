package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// setting is a document that is read far more often than it changes.
type setting struct {
	ID   string
	Text string
	Rev  store.Rev `json:"-"`
}

var settings = &store.Collection[setting]{
	Name: "setting",
	Key:  func(s *setting) string { return s.ID },
	Rev:  func(s *setting) *store.Rev { return &s.Rev },
}

// What Shared returns is the stored value, whatever other transactions wrote and
// took back, and the same one for all who read the same revision.
func TestShared(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), memstore.New(), nil, settings)
	if err != nil {
		t.Fatal(err)
	}
	back := errors.New("to be rolled back")
	read := func(tx *store.Tx) (s *setting) {
		t.Helper()
		if s, err = settings.Shared(t.Context(), tx, "a"); err != nil {
			t.Fatal(err)
		}
		return s
	}
	save := func(text string, end error) {
		t.Helper()
		err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			s, err := settings.Get(ctx, tx, "a")
			if errors.Is(err, store.ErrNotFound) {
				s, err = &setting{ID: "a"}, nil
			}
			if err != nil {
				return err
			}
			s.Text = text
			if err := settings.Put(ctx, tx, s); err != nil {
				return err
			}
			if got := read(tx); got.Text != text {
				t.Errorf("in its transaction it is %q, want %q", got.Text, text)
			}
			return end
		})
		if !errors.Is(err, end) {
			t.Fatal(err)
		}
	}
	want := func(text string) *setting {
		t.Helper()
		var s *setting
		db.View(t.Context(), func(_ context.Context, tx *store.Tx) error { s = read(tx); return nil })
		if s.Text != text {
			t.Errorf("it is %q, want %q", s.Text, text)
		}
		return s
	}
	save("one", nil)
	if first := want("one"); first != want("one") {
		t.Error("the same revision was decoded twice")
	}
	save("never", back)
	want("one")
	save("two", nil)
	want("two")
	save("never", back)
	save("three", nil) // with the revision that was taken back, which nobody has read since
	want("three")
	err = db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { return settings.Delete(ctx, tx, new(*read(tx))) })
	if err != nil {
		t.Fatal(err)
	}
	save("another", nil)
	save("yet another", nil)
	save("a third", nil) // with the revision of the one that was deleted, and that is still known
	want("a third")
	db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if _, err := settings.Shared(ctx, tx, "b"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("nothing: %v", err)
		}
		return nil
	})
}
