package search_test

import (
	"context"
	"fmt"
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
