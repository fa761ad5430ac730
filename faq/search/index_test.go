package search_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/search"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

func (d *desk) dump(t testing.TB, ix *search.Index) (entries []string) {
	t.Helper()
	entries, err := ix.Dump()
	must(t, err)
	// What is in memory says the same as the files.
	for _, text := range []string{"lamp", "parcel", "word", "荷物"} {
		found, err := ix.Find(t.Context(), reader, faq.Search{Text: text, Limit: 50})
		must(t, err)
		all := titles(found) // their order is learned now and then
		if slices.Sort(all); found.Next != "" {
			all = nil
		}
		entries = append(entries, text+": "+strings.Join(all, ", "))
	}
	return entries
}

// rebuilt is what an index holds that is built now.
func (d *desk) rebuilt(t testing.TB) []string {
	t.Helper()
	ix := search.New(search.Parts{DB: d.db, Events: d.events, FAQ: d.faq}, &search.Options{Now: d.clock.now})
	defer func() { must(t, ix.Close()) }()
	_, err := ix.Step(t.Context())
	must(t, err)
	return d.dump(t, ix)
}

// same reports where an index that has followed the log differs from one that is built now.
func (d *desk) same(t testing.TB) {
	t.Helper()
	d.step(t)
	if diff := cmp.Diff(d.rebuilt(t), d.dump(t, d.ix)); diff != "" {
		t.Errorf("built (-), followed (+): %.3000s", diff)
	}
	if n, building, err := d.ix.Lag(t.Context()); n != 0 || building || err != nil {
		t.Errorf("lag %d, building %v, error %v", n, building, err)
	}
}

// change is what happens to articles, at random.
func (d *desk) change(t testing.TB, r *rapid.T, ids []string) []string {
	ctx := t.Context()
	d.clock.forward(1e9)
	words := rapid.SliceOfN(rapid.SampledFrom(strings.Fields("lamp Lamps 荷物が café parcel word x")), 1, 5)
	text := strings.Join(words.Draw(r, "words"), " ")
	what := rapid.IntRange(0, 7).Draw(r, "what")
	if len(ids) == 0 || what == 0 {
		return append(ids, d.write(t, text, "About "+text).ID)
	}
	id := rapid.SampledFrom(ids).Draw(r, "id")
	language := rapid.SampledFrom([]string{"en", "de", "ja"}).Draw(r, "language")
	a, err := d.faq.Article(ctx, host, id)
	if err != nil {
		return ids // it is deleted
	}
	switch what {
	case 1, 2:
		d.publish(t, id, language, text, "New "+text)
	case 3:
		_, err = d.faq.Unpublish(ctx, host, id, language)
	case 4:
		_, err = d.faq.DeleteTranslation(ctx, host, id, language)
	case 5:
		a.Tags, a.Archived = words.Draw(r, "tags"), rapid.Bool().Draw(r, "archived")
		err = d.faq.SaveArticle(ctx, host, a)
	case 6:
		err = d.faq.Remember(ctx, host, &faq.Answer{Article: id, Language: "en", Text: text, By: faq.Opened})
	case 7:
		err = d.faq.DeleteArticle(ctx, host, id)
	}
	_ = err // what is refused changes nothing
	return ids
}

// However the log was read, and whatever happened in between, the index holds what one
// holds that is built from the store.
func TestFollowedIsBuilt(t *testing.T) {
	t.Parallel()
	cases := 0
	rapid.Check(t, func(r *rapid.T) {
		if cases++; cases > 40 {
			return // an index each, which takes long to make
		}
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
		o := &search.Options{Dir: filepath.Join(t.TempDir(), "ix")}
		d.index(t, o)
		a := d.write(t, "Lamp", "x")
		must(t, d.faq.Remember(t.Context(), host, &faq.Answer{Article: a.ID, Text: "zorble", By: faq.SentByAgent}))
		d.step(t)
		must(t, d.ix.Close())
		d.write(t, "Lamp other", "x")
		d.index(t, o)
		d.finds(t, reader, "lamp", "Lamp") // before anybody reads the log
		d.finds(t, reader, "zorble", "Lamp")
		_, err := d.events.Sequence(t.Context())
		must(t, err)
		if n, err := d.ix.Step(t.Context()); n == 0 || n > 20 || err != nil {
			t.Errorf("%d read, error %v", n, err)
		}
		d.finds(t, reader, "lamp", "Lamp", "Lamp other")
		d.same(t)
	})
}

// After an erasure no file of the index has the words of who was erased.
func TestErasure(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		o := &search.Options{Dir: filepath.Join(t.TempDir(), "ix")}
		d.index(t, o)
		eve, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "eve"})
		must(t, err)
		a := d.write(t, "Lamp", "x")
		for _, who := range []string{eve.ID, ""} {
			must(t, d.faq.Remember(t.Context(), host, &faq.Answer{Article: a.ID, Text: "zwiebelfisch" + who, By: faq.Opened, EndUser: who}))
		}
		d.step(t)
		_, err = d.people.Erase(t.Context(), host, eve.ID)
		must(t, err)
		d.step(t)
		must(t, d.ix.Close())
		must(t, filepath.WalkDir(o.Dir, func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			if bytes.Contains(b, []byte("zwiebelfisch"+eve.ID)) {
				t.Errorf("%s has it", path)
			}
			return err
		}))
		d.index(t, o)
		d.finds(t, reader, "zwiebelfisch", "Lamp")
	})
}

// Searches, writers and the one who follows don't get in each other's way.
func TestTogether(t *testing.T) {
	t.Parallel()
	d := open(t, memstore.New(), &search.Options{Dir: filepath.Join(t.TempDir(), "ix")})
	ctx, cancel := context.WithCancel(t.Context())
	var background, wg sync.WaitGroup
	background.Go(func() { _ = d.events.Run(ctx) })
	background.Go(func() { _ = d.ix.Run(ctx) })
	for i := range 3 {
		wg.Go(func() {
			for j := range 15 {
				d.write(t, fmt.Sprintf("Lamp %d-%d", i, j), "x")
				if _, err := d.ix.Find(ctx, reader, faq.Search{Text: "lamp", Limit: 5}); err != nil {
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
		if _, err := d.ix.Find(ctx, reader, faq.Search{Text: "lamp"}); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	background.Wait()
	if n := len(d.find(t, reader, faq.Search{Text: "lamp", Limit: 50}).Hits); n != 45 {
		t.Errorf("%d of 45", n)
	}
}
