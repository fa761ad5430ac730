package identity

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

// olderUsers are end users as a program declares them that knows of no merges.
func olderUsers() *store.Collection[EndUser] {
	return &store.Collection[EndUser]{
		Name: endUsers.Name, Key: endUsers.Key, Rev: endUsers.Rev, Columns: endUsers.Columns[:3], Indexes: endUsers.Indexes[:3],
		Subjects: endUsers.Subjects, Erase: endUsers.Erase,
	}
}

// As long as a program runs that would write over it, nothing is merged; the login
// succeeds all the same. Once it is gone, the next one merges.
func TestNoMergeBesideAnOlderProgram(t *testing.T) {
	t.Parallel()
	pool, schema := pgtest.Schema(t)
	ctx, host := t.Context(), event.Actor{Kind: event.System}
	program := func(colls []store.Any) *store.DB {
		db, err := store.Open(ctx, pgstore.New(pool, &pgstore.Options{Schema: schema}), nil, slices.Concat(event.Collections(), colls)...)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	older := Collections()
	older[slices.Index(older, store.Any(endUsers))] = olderUsers()
	old, db := program(older), program(Collections())
	defer db.Close()
	s, err := Open(ctx, db, event.NewLog(db, nil), nil)
	must(err)
	secret, err := s.AddSecret(ctx, host, "default", "")
	must(err)
	visit := func(l *Login) *Session {
		t.Helper()
		sess, err := s.Begin(ctx, Visit{App: "default", Device: strings.Repeat("d", 32), Login: l, Anonymous: MergeAnonymous})
		must(err)
		return sess
	}
	first := visit(nil)
	must(db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := s.Ensure(ctx, tx, first)
		return err
	}))
	id := first.EndUser.ID
	l := Login{UserID: "ann", HMAC: Sign(secret, "ann", "")}
	in := visit(&l)
	if u, err := s.EndUser(ctx, id); err != nil || u.ID != id || in.EndUser.UserID != "ann" {
		t.Fatalf("merged beside an older program: %+v, %v", u, err)
	}
	must(s.Logout(ctx, in))
	if visit(nil).EndUser.ID != id {
		t.Error("after logout the device is another one's")
	}
	must(old.Close())
	must(db.Backfill(ctx))
	in = visit(&l)
	if u, err := s.EndUser(ctx, id); err != nil || u.ID != in.EndUser.ID {
		t.Errorf("not merged once the older program is gone: %+v, %v", u, err)
	}
}
