package indexfiles_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"
	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk/internal/indexfiles"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// note is what is indexed.
type note struct {
	ID      string
	Text    string // "" is one that was erased
	Changes int64
	Rev     store.Rev `json:"-"`
}

var notes = &store.Collection[note]{
	Name: "note",
	Key:  func(n *note) string { return n.ID },
	Rev:  func(n *note) *store.Rev { return &n.Rev },
}

// How notes change.
const (
	saved  = "note.saved"
	erased = "note.erased"
	looked = "note.looked" // changes nothing
)

var host = event.Actor{Kind: event.System}

// shelf is notes with an index.
type shelf struct {
	db     *store.DB
	events *event.Log
	*indexfiles.Files

	dropped, loaded atomic.Int64
	owed            []string // what Settle is to add
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, d driver.Store, dir string) *shelf {
	t.Helper()
	db, err := store.Open(t.Context(), d, nil, append(event.Collections(), notes)...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	s := &shelf{db: db, events: event.NewLog(db, nil)}
	s.index(t, dir, "1")
	return s
}

func openMemory(t testing.TB) *shelf { return open(t, memstore.New(), "") }

func inDir(t testing.TB) (*shelf, string) {
	dir := filepath.Join(t.TempDir(), "ix")
	return open(t, memstore.New(), dir), dir
}

// index opens another index over the same notes.
func (s *shelf) index(t testing.TB, dir, form string) {
	s.Files = s.files(dir, form)
	ix := s.Files
	t.Cleanup(func() { must(t, ix.Close()) })
}

func (s *shelf) files(dir, form string) *indexfiles.Files {
	return indexfiles.New(indexfiles.Source{
		Name: "notes", Form: form, Build: s.build, Follow: s.follow, Settle: s.settle,
		Load: func(index.IndexReader) error { s.loaded.Add(1); return nil },
		Drop: func() { s.dropped.Add(1) },
	}, indexfiles.Options{DB: s.db, Events: s.events, Dir: dir})
}

func (n *note) add(b *indexfiles.Batch) {
	if n.Text == "" {
		b.Delete(n.ID)
		return
	}
	d := document.NewDocument(n.ID)
	d.AddField(document.NewTextFieldCustom("text", nil, []byte(n.Text), index.IndexField|index.StoreField, nil))
	b.Put(d)
}

const pageSize = 3

func (s *shelf) build(ctx context.Context, b *indexfiles.Batch, after string) (next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		page, cursor, err := notes.Page(ctx, tx, store.ByKey().Limit(pageSize).After(after))
		for _, n := range page {
			n.add(b)
		}
		next = cursor
		return err
	})
	return next, err
}

func (s *shelf) follow(ctx context.Context, b *indexfiles.Batch, es []*event.Event) error {
	return s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, e := range es {
			if e.Type == looked {
				continue
			}
			b.Erased = b.Erased || e.Type == erased
			n, err := notes.Get(ctx, tx, e.Subject)
			if err != nil {
				return err
			}
			n.add(b)
		}
		return nil
	})
}

func (s *shelf) settle(_ context.Context, b *indexfiles.Batch) error {
	for _, id := range s.owed {
		(&note{ID: id, Text: "owed"}).add(b)
	}
	b.Then = func() error { s.owed = nil; return nil }
	return nil
}

// save saves a note and says so.
func (s *shelf) save(ctx context.Context, id, text string) error { return s.put(ctx, saved, id, text) }

// erase empties a note and says so.
func (s *shelf) erase(ctx context.Context, id string) error { return s.put(ctx, erased, id, "") }

func (s *shelf) put(ctx context.Context, what, id, text string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := notes.Get(ctx, tx, id)
		if errors.Is(err, store.ErrNotFound) {
			n, err = &note{ID: id}, nil
		}
		if err != nil {
			return err
		}
		if n.Changes++; what != looked {
			n.Text = text
		}
		if err := notes.Put(ctx, tx, n); err != nil {
			return err
		}
		return s.events.Append(ctx, tx, &event.Event{Type: what, Subject: id, Revision: n.Changes, Actor: host})
	})
}

func (s *shelf) step(t testing.TB) int {
	t.Helper()
	_, err := s.events.Step(t.Context())
	must(t, err)
	n, err := s.Step(t.Context())
	must(t, err)
	return n
}

// dump returns all that an index holds.
func dump(t testing.TB, ix *indexfiles.Files) (entries []string) {
	t.Helper()
	must(t, ix.Read(func(r index.IndexReader) error {
		ids, err := r.DocIDReaderAll()
		if err != nil {
			return err
		}
		defer ids.Close()
		for id, err := ids.Next(); id != nil || err != nil; id, err = ids.Next() {
			if err != nil {
				return err
			}
			key, err := r.ExternalID(id)
			if err != nil {
				return err
			}
			d, err := r.Document(key)
			if err != nil {
				return err
			}
			d.VisitFields(func(f index.Field) {
				if f.Name() == "text" {
					entries = append(entries, fmt.Sprintf("%s %s", key, f.Value()))
				}
			})
		}
		return nil
	}))
	slices.Sort(entries)
	return entries
}

// same reports where an index that has followed the log differs from one that is built now.
func (s *shelf) same(t testing.TB) {
	t.Helper()
	s.step(t)
	built := s.files("", "1")
	defer built.Close()
	_, err := built.Step(t.Context())
	must(t, err)
	if diff := cmp.Diff(dump(t, built), dump(t, s.Files)); diff != "" {
		t.Errorf("built (-), followed (+): %.3000s", diff)
	}
	if n, building, err := s.Lag(t.Context()); n != 0 || building || err != nil {
		t.Errorf("lag %d, building %v, error %v", n, building, err)
	}
}
