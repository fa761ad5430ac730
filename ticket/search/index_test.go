package search_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/frontdesk-go/frontdesk/ticket/search"
)

func dump(t testing.TB, ix *search.Index) []string {
	t.Helper()
	entries, err := ix.Dump(t.Context())
	must(t, err)
	return entries
}

// rebuilt is what an index holds that is built now.
func (d *desk) rebuilt(t testing.TB) []string {
	t.Helper()
	ix := search.New(d.parts, nil)
	defer func() { must(t, ix.Close()) }()
	_, err := ix.Step(t.Context())
	must(t, err)
	return dump(t, ix)
}

// same reports where an index that has followed the log differs from one that is built now.
func (d *desk) same(t testing.TB) {
	t.Helper()
	d.step(t)
	if diff := cmp.Diff(d.rebuilt(t), dump(t, d.ix)); diff != "" {
		t.Errorf("built (-), followed (+): %s", cut(diff, 3000))
	}
	if n, building, err := d.ix.Lag(t.Context()); n != 0 || building || err != nil {
		t.Errorf("lag %d, building %v, error %v", n, building, err)
	}
}

// changes are what happens to tickets, at random.
func (d *desk) change(t testing.TB, r *rapid.T, ids []string) []string {
	ctx := t.Context()
	d.clock.forward(1e9)
	words := rapid.SliceOfN(rapid.SampledFrom([]string{"lamp", "Lamps", "荷物が", "café", "ORD-1-2", "a@b.example", "пакет", "x"}), 1, 5)
	text := strings.Join(words.Draw(r, "words"), " ")
	if len(ids) == 0 {
		return append(ids, d.ask(t, text, text).ID)
	}
	id := rapid.SampledFrom(ids).Draw(r, "id")
	var err error
	switch rapid.IntRange(0, 7).Draw(r, "what") {
	case 0, 1:
		return append(ids, d.ask(t, text, "Text: "+text).ID)
	case 2:
		_, _, err = d.parts.Tickets.Reply(ctx, ann, id, ticket.Draft{Text: text, Reopen: true})
	case 3:
		_, _, err = d.parts.Tickets.Note(ctx, ann, id, ticket.Draft{Text: text})
	case 4:
		_, err = d.parts.Tickets.Edit(ctx, ann, id, ticket.Edit{Title: &text})
	case 5:
		_, err = d.parts.Tickets.Resolve(ctx, ann, id)
	case 6:
		_, err = d.parts.People.Save(ctx, host, identity.Profile{UserID: "eve", Name: cut(text, 50)})
	case 7:
		var from, to *ticket.Ticket
		other := rapid.SampledFrom(ids).Draw(r, "other")
		from, to, err = d.parts.Tickets.Merge(ctx, host, id, other, nil)
		_, _ = from, to
	}
	_ = err // what is refused changes nothing
	return ids
}

// However the log was read, and whatever happened in between, the index holds what one
// holds that is built from the tickets.
func TestFollowedIsBuilt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		d := openMemory(t)
		var ids []string
		for range rapid.IntRange(1, 25).Draw(r, "n") {
			ids = d.change(t, r, ids)
			if rapid.IntRange(0, 3).Draw(r, "step") == 0 {
				d.step(t)
			}
		}
		d.same(t)
		must(t, d.ix.Close())
	})
}

func TestReopened(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		dir := filepath.Join(t.TempDir(), "ix")
		d.index(t, dir)
		d.ask(t, "lamp", "lamp")
		d.step(t)
		must(t, d.ix.Close())
		d.ask(t, "other", "lamp")
		d.index(t, dir)
		d.finds(t, "lamp", "lamp") // before anybody reads the log
		_, err := d.parts.Events.Sequence(t.Context())
		must(t, err)
		if n, err := d.ix.Step(t.Context()); n == 0 || n > 20 || err != nil {
			t.Errorf("%d read, error %v", n, err)
		}
		d.finds(t, "lamp", "lamp", "other")
		if n, err := d.ix.Step(t.Context()); n != 0 || err != nil {
			t.Errorf("%d read, error %v", n, err)
		}
		d.same(t)
	})
}

// An index that can't be gone on with is built anew.
func TestBuiltAnew(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, dir string){
		"no files": func(t *testing.T, dir string) { must(t, os.RemoveAll(filepath.Join(dir, search.Files))) },
		"no root":  func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, search.Files, "root.bolt"))) },
		"damaged root": func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, search.Files, "root.bolt"), []byte(strings.Repeat("nonsense", 2000)), 0o600))
		},
		"empty root": func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, search.Files, "root.bolt"), nil, 0o600))
		},
		"no segments": func(t *testing.T, dir string) {
			for _, name := range segments(t, dir) {
				must(t, os.Remove(name))
			}
		},
		"cut segments": func(t *testing.T, dir string) {
			for _, name := range segments(t, dir) {
				must(t, os.Truncate(name, 10))
			}
		},
		"nothing at all": func(t *testing.T, dir string) { must(t, os.RemoveAll(dir)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "ix")
			d := open(t, memstore.New(), dir)
			world(t, d)
			must(t, d.ix.Close())
			spoil(t, dir)
			d.index(t, dir)
			d.step(t)
			d.finds(t, "parcel", "parcel", "refund")
			d.same(t)
		})
	}
}

func segments(t *testing.T, dir string) []string {
	names, err := filepath.Glob(filepath.Join(dir, search.Files, "*.zap"))
	must(t, err)
	if len(names) == 0 {
		t.Fatal("no segments")
	}
	return names
}

func TestOtherForm(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "ix")
	d := open(t, memstore.New(), dir)
	world(t, d)
	must(t, d.ix.WriteForm("0"))
	must(t, d.ix.Close())
	d.index(t, dir)
	if n, err := d.ix.Step(t.Context()); n < 11 || err != nil {
		t.Errorf("%d read, error %v", n, err)
	}
	d.same(t)
}

// An index of another desk, or of this one before a backup was restored, isn't used.
func TestOtherLog(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "ix")
	d := open(t, memstore.New(), dir)
	world(t, d)
	must(t, d.ix.Close())
	for _, n := range []int{1, 40} { // a shorter log, and a longer one
		other := open(t, memstore.New(), dir)
		for i := range n {
			other.ask(t, fmt.Sprint("other", i), "Completely different.")
		}
		other.step(t)
		other.finds(t, "parcel")
		other.same(t)
		must(t, other.ix.Close())
	}
}

// A directory with other files is left alone.
func TestForeignDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "thesis.txt"), []byte("years of work"), 0o600))
	d := open(t, memstore.New(), dir)
	if _, err := d.ix.Step(t.Context()); err == nil {
		t.Error("it is used")
	}
	if b, err := os.ReadFile(filepath.Join(dir, "thesis.txt")); string(b) != "years of work" || err != nil {
		t.Errorf("%q, error %v", b, err)
	}
	if _, err := os.Stat(filepath.Join(dir, search.Marker)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

// Two processes don't write one index.
func TestDirectoryInUse(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "ix")
	d := open(t, memstore.New(), dir)
	world(t, d)
	second := search.New(d.parts, &search.Options{Dir: dir})
	defer second.Close()
	if _, err := second.Step(t.Context()); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("error %v", err)
	}
	d.same(t)
}

// After an erasure the files are made anew without what was erased, which a deletion
// alone leaves in them.
func TestErasure(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d := open(t, memstore.New(), filepath.Join(t.TempDir(), "ix"))
	otto := d.endUser(t, identity.Profile{UserID: "otto"}) // eve's tickets aren't written again
	for range 20 {
		d.ask(t, "other", "lamp")
	}
	word := ""
	for i := 0; word == "" && i < 50; i++ { // merging in the background may be faster now and then
		try := fmt.Sprint("zwiebelfisch", i)
		tk := d.ask(t, try, "lamp")
		d.step(t)
		_, err := d.parts.Tickets.Edit(ctx, host, tk.ID, ticket.Edit{Title: new("gone")})
		must(t, err)
		d.step(t)
		words, err := d.ix.Words()
		must(t, err)
		if slices.Contains(words, try) {
			word = try
		}
	}
	if word == "" {
		t.Fatal("the word is gone already each time, so that this test can't fail")
	}
	must(t, d.parts.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		return d.parts.Events.Append(ctx, tx, &event.Event{Type: "end_user.erased", Subject: otto, Revision: 1000, Owner: otto, Actor: host})
	}))
	d.step(t)
	words, err := d.ix.Words()
	must(t, err)
	if slices.Contains(words, word) || !slices.Contains(words, "gone") {
		t.Errorf("%q", words)
	}
	d.same(t)
}

// Searches, writers and the one who follows don't get in each other's way.
func TestTogether(t *testing.T) {
	t.Parallel()
	d := open(t, memstore.New(), filepath.Join(t.TempDir(), "ix"))
	ctx, cancel := context.WithCancel(t.Context())
	var background, wg sync.WaitGroup
	background.Go(func() { _ = d.parts.Events.Run(ctx) })
	background.Go(func() { _ = d.ix.Run(ctx) })
	for i := range 3 {
		wg.Go(func() {
			for j := range 30 {
				d.ask(t, fmt.Sprintf("t%d-%d", i, j), "lamp")
				if _, err := d.ix.Find(ctx, ann, ticket.Search{Text: "lamp", Limit: 5}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for { // Run brings it up by itself
		n, building, err := d.ix.Lag(ctx)
		must(t, err)
		if n == 0 && !building {
			break
		}
		if _, err := d.ix.Find(ctx, ann, ticket.Search{Text: "lamp"}); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	background.Wait()
	var got []string
	for s := (ticket.Search{Text: "lamp", Newest: true, Limit: 50}); ; {
		found := d.find(t, s)
		for _, h := range found.Hits {
			got = append(got, h.Ticket.Title)
		}
		if s.After = found.Next; s.After == "" {
			break
		}
	}
	slices.Sort(got)
	if len(slices.Compact(got)) != 90 {
		t.Errorf("%d of 90 tickets", len(got))
	}
}

// More tickets and events than are read at once.
func TestManyTickets(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	create := func(n int) {
		news := make([]ticket.New, n)
		for i := range news {
			news[i] = ticket.New{EndUser: d.eve, Title: fmt.Sprint("t", i), Message: &ticket.Draft{Text: "lamp"}}
		}
		_, err := d.parts.Tickets.CreateMany(t.Context(), news)
		must(t, err)
	}
	create(450)
	if n, err := d.ix.Step(t.Context()); n < 450 || err != nil {
		t.Errorf("%d read, error %v", n, err)
	}
	create(400)
	create(400)
	d.same(t)
	// A change of their end user is one of all of them.
	d.endUser(t, identity.Profile{UserID: "eve", Name: "Eva Maier"})
	d.same(t)
}
