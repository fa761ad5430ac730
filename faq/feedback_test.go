package faq_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// counted checks the figures of an article, as views, helpful and unhelpful.
func (d *desk) counted(a *faq.Article, want string) {
	d.t.Helper()
	d.drain()
	f, err := d.faq.Figures(d.t.Context(), lea, a.ID)
	must(d.t, err)
	if got := fmt.Sprint(f.Views, " ", f.Helpful, " ", f.Unhelpful); got != want {
		d.t.Errorf("figures %s, want %s", got, want)
	}
	var sum faq.Language
	for _, l := range f.By {
		if l.Views < 0 || l.Helpful < 0 || l.Unhelpful < 0 {
			d.t.Errorf("figures of %+v", l)
		}
		sum.Views, sum.Helpful, sum.Unhelpful = sum.Views+l.Views, sum.Helpful+l.Helpful, sum.Unhelpful+l.Unhelpful
	}
	if got := fmt.Sprint(sum.Views, " ", sum.Helpful, " ", sum.Unhelpful); got != want {
		d.t.Errorf("languages together %s, want %s", got, want)
	}
}

func TestViews(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a := d.published(d.section("shop", "Paying"), "Refunds")
		view := func(v faq.Viewer) {
			t.Helper()
			must(t, d.faq.View(t.Context(), v, a.ID, ""))
		}
		view(anybody())
		view(anybody()) // the same one, again
		view(d.byEve())
		view(faq.Viewer{Actor: ann, App: "shop"})                // staff doesn't count
		view(faq.Viewer{Actor: ann, For: d.eve.ID, App: "shop"}) // nor when it looks for somebody
		view(faq.Viewer{App: "shop", Platform: "web"})           // nobody knows who
		view(faq.Viewer{App: "shop", Platform: "web"})           // nor whether it is the same
		must(t, d.faq.View(t.Context(), d.byEve(), a.ID, ""))    // the same
		other := anybody()
		other.Session = "visit 2"
		view(other)
		d.counted(a, "5 0 0")
		d.clock.forward(31 * time.Minute)
		view(anybody())
		d.counted(a, "6 0 0")
		r, err := d.faq.Reading(t.Context(), anybody(), start)
		must(t, err)
		if r.Views != 2 || !slices.Equal(r.Articles, []string{a.ID}) || r.Unhelpful || !r.Last.Equal(d.clock.now()) {
			t.Errorf("reading %+v", r)
		}
		if r, err = d.faq.Reading(t.Context(), anybody(), d.clock.now().Add(time.Second)); err != nil || r.Views != 0 {
			t.Errorf("reading since later %+v, %v", r, err)
		}
		is(t, d.faq.View(t.Context(), anybody(), d.article(d.section("shop", "x")).ID, ""), store.ErrNotFound)
	})
}

func TestVotes(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a := d.published(d.section("shop", "Paying"), "Refunds")
		d.publish(a, "de", "Geld zurück", "bald")
		vote := func(v faq.Viewer, o faq.Opinion, comment string) {
			t.Helper()
			must(t, d.faq.Vote(t.Context(), v, a.ID, faq.Feedback{Opinion: o, Comment: comment}))
		}
		vote(anybody(), faq.Helpful, "")
		vote(anybody(), faq.Helpful, "")
		d.counted(a, "0 1 0")
		vote(anybody("de"), faq.Unhelpful, "Which bank?")
		d.counted(a, "0 0 1")
		vote(d.byEve(), faq.Unhelpful, "")
		vote(faq.Viewer{Actor: ann, App: "shop"}, faq.Helpful, "")
		d.counted(a, "0 0 2")
		if o, err := d.faq.Opinion(t.Context(), d.byEve(), a.ID); err != nil || o != faq.Unhelpful {
			t.Errorf("eve says %q, %v", o, err)
		}
		if r, err := d.faq.Reading(t.Context(), d.byEve(), start); err != nil || !r.Unhelpful {
			t.Errorf("reading %+v, %v", r, err)
		}
		vote(d.byEve(), faq.NoOpinion, "")
		d.counted(a, "0 0 1")
		cs, _, err := d.faq.Comments(t.Context(), lea, a.ID, "", 10)
		must(t, err)
		if len(cs) != 1 || cs[0].Comment != "Which bank?" || cs[0].Language != "de" || strings.Contains(cs[0].Reader, "visit") {
			t.Errorf("comments %+v", cs)
		}
		for field, f := range map[string]faq.Feedback{"feedback.opinion": {Opinion: "maybe"}, "feedback.comment": {Opinion: faq.Helpful, Comment: "x"}} {
			refuses(t, d.faq.Vote(t.Context(), anybody(), a.ID, f), field)
		}
		most := strings.Repeat("ü", faq.MaxComment)
		vote(anybody(), faq.Unhelpful, most)
		refuses(t, d.faq.Vote(t.Context(), anybody(), a.ID, faq.Feedback{Opinion: faq.Unhelpful, Comment: most + "x"}), "feedback.comment")
		refuses(t, d.faq.Vote(t.Context(), faq.Viewer{App: "shop"}, a.ID, faq.Feedback{Opinion: faq.Helpful}), "viewer.session")
	})
}

// One who is merged into another has one vote on each article, and what he read was read.
func TestVotesOfMerged(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		c := d.section("shop", "Paying")
		both, one := d.published(c, "Both"), d.published(c, "One")
		u, err := d.people.Save(t.Context(), host, identity.Profile{Email: "bea@shop.example"})
		must(t, err)
		bea := faq.Viewer{Actor: event.Actor{Kind: event.EndUser, ID: u.ID}, App: "shop"}
		say := func(v faq.Viewer, a *faq.Article, o faq.Opinion) {
			t.Helper()
			must(t, d.faq.Vote(t.Context(), v, a.ID, faq.Feedback{Opinion: o}))
		}
		say(bea, both, faq.Unhelpful)
		say(bea, one, faq.Helpful)
		say(d.byEve(), both, faq.Helpful)
		must(t, d.faq.View(t.Context(), bea, one.ID, ""))
		d.counted(both, "0 1 1")
		_, err = d.people.MergeEndUsers(t.Context(), host, bea.Actor.ID, d.eve.ID)
		must(t, err)
		d.counted(both, "0 1 0")
		d.counted(one, "1 1 0")
		for _, v := range []faq.Viewer{d.byEve(), bea} { // an alias is he, too
			say(v, one, faq.Unhelpful)
			d.counted(one, "1 0 1")
		}
		if r, err := d.faq.Reading(t.Context(), d.byEve(), start); err != nil || r.Views != 1 {
			t.Errorf("reading %+v, %v", r, err)
		}
	})
}

func TestGaps(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		search := func(v faq.Viewer, text string, hits int) string {
			t.Helper()
			id, err := d.faq.Searched(t.Context(), v, text, hits)
			must(t, err)
			return id
		}
		search(anybody(), "Gift wrapping?", 0)
		search(d.byEve(), "  gift   WRAPPING ", 0)
		search(anybody(), "Ｇift wrapping！", 0)
		search(d.byEve(), "opening hours", 0)
		search(anybody(), "refunds", 3)
		search(anybody(), "??", 0)
		if id := search(faq.Viewer{Actor: ann, App: "shop"}, "what staff searches for", 0); id != "" {
			t.Errorf("a search of staff is noted as %s", id)
		}
		if id := search(anybody(), " \n", 0); id != "" {
			t.Errorf("nothing is noted as %s", id)
		}
		d.drain()
		check := func(want ...string) {
			t.Helper()
			gs, _, err := d.faq.Gaps(t.Context(), lea, "shop", "", 10)
			must(t, err)
			var got []string
			for _, g := range gs {
				got = append(got, fmt.Sprint(g.Count, " ", g.Text))
			}
			if diff := cmp.Diff(want, got, cmpopts.SortSlices(strings.Compare)); diff != "" {
				t.Error(diff)
			}
		}
		check("3 gift wrapping", "1 opening hours", "1 ??")
		search(anybody(), "Gift wrapping", 1) // somebody has written about it
		d.drain()
		check("1 opening hours", "1 ??")
		_, err := d.faq.Searched(t.Context(), anybody(), strings.Repeat("x", faq.MaxSearchText+1), 0)
		refuses(t, err, "search.text")
	})
}

// An end user who is erased takes his words along; what was counted stays.
func TestErasure(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a := d.published(d.section("shop", "Paying"), "Refunds")
		id, err := d.faq.Searched(t.Context(), d.byEve(), "my secret trouble", 0)
		must(t, err)
		_, err = d.faq.Searched(t.Context(), d.byEve(), "gift wrapping", 0)
		must(t, err)
		bea := faq.Viewer{Actor: d.endUser("bea", ""), App: "shop"}
		_, err = d.faq.Searched(t.Context(), bea, "gift wrapping", 0)
		must(t, err)
		must(t, d.faq.View(t.Context(), d.byEve(), a.ID, id))
		must(t, d.faq.Vote(t.Context(), d.byEve(), a.ID, faq.Feedback{Opinion: faq.Helpful, Search: id}))
		all, _, err := d.faq.Answers(t.Context(), lea, "", 10)
		must(t, err)
		if len(all) != 1 || all[0].Text != "my secret trouble" || all[0].EndUser != d.eve.ID || all[0].By != faq.SaidHelpful {
			t.Fatalf("answers %+v", all)
		}
		d.drain()
		_, err = d.people.Erase(t.Context(), host, d.eve.ID)
		must(t, err)
		d.drain()
		d.counted(a, "1 1 0")
		left, _, err := d.faq.Answers(t.Context(), lea, "", 10)
		must(t, err)
		gaps, _, err := d.faq.Gaps(t.Context(), lea, "shop", "", 10)
		must(t, err)
		if len(left) != 0 || len(gaps) != 1 || gaps[0].Text != "gift wrapping" || gaps[0].Count != 2 || len(gaps[0].Askers) != 1 {
			t.Errorf("left are %+v and %+v", left, gaps)
		}
		if n := d.told(faq.Forgotten); n != 1 {
			t.Errorf("%d answers are told as forgotten", n)
		}
		is(t, d.faq.Vote(t.Context(), d.byEve(), a.ID, faq.Feedback{Opinion: faq.Unhelpful}), store.ErrNotFound)
		is(t, d.faq.View(t.Context(), d.byEve(), a.ID, ""), store.ErrNotFound)
		_, err = d.faq.Searched(t.Context(), d.byEve(), "again", 0)
		is(t, err, store.ErrNotFound)
		for _, coll := range d.db.PersonalCollections() {
			for p, err := range d.db.Personal(t.Context(), coll, d.eve.ID) {
				must(t, err)
				if strings.HasPrefix(p.Collection, "article") {
					t.Errorf("%s has %s of him", p.Collection, p.Key)
				}
			}
		}
	})
}

// told is how many events of a type there are.
func (d *desk) told(what string) (n int) {
	d.t.Helper()
	for after := int64(0); ; {
		es, err := d.events.Since(d.t.Context(), d.db, after, 100)
		must(d.t, err)
		for _, e := range es {
			if e.Type == what {
				n++
			}
			after = e.Position
		}
		if len(es) == 0 {
			return n
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	d := openMemory(t)
	a := d.published(d.section("shop", "Paying"), "Refunds")
	for i := range faq.MaxAnswers + 2 {
		d.clock.forward(time.Second)
		must(t, d.faq.Remember(t.Context(), lea, &faq.Answer{Article: a.ID, Text: fmt.Sprint("q", i), By: faq.SentByAgent}))
	}
	n, first := 0, ""
	for after := ""; ; {
		page, next, err := d.faq.Answers(t.Context(), lea, after, 200)
		must(t, err)
		if n == 0 {
			first = page[0].Text
		}
		if n += len(page); next == "" {
			break
		}
		after = next
	}
	if n != faq.MaxAnswers || first != "q2" || d.told(faq.Forgotten) != 2 {
		t.Errorf("%d answers from %s, %d forgotten", n, first, d.told(faq.Forgotten))
	}
	must(t, d.faq.DeleteArticle(t.Context(), lea, a.ID))
	d.drain()
	if left, _, err := d.faq.Answers(t.Context(), lea, "", 1); err != nil || len(left) > 0 {
		t.Errorf("left are %v, %v", left, err)
	}
	for field, bad := range map[string]faq.Answer{"answer.text": {By: faq.Opened}, "answer.by": {Text: "x"}, "answer.language": {Text: "x", By: faq.Opened, Language: "?"}} {
		refuses(t, d.faq.Remember(t.Context(), lea, &bad), field)
	}
	is(t, d.faq.Remember(t.Context(), lea, &faq.Answer{Article: "none", Text: "x", By: faq.Opened}), store.ErrNotFound)
}

func TestReports(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		c := d.section("shop", "Paying")
		a, b, gone := d.published(c, "A"), d.published(c, "B"), d.published(c, "Gone")
		d.clock.forward(40 * 24 * time.Hour)
		d.publish(a, "de", "A auf Deutsch", "")
		reader := func(i int) faq.Viewer { return faq.Viewer{App: "shop", Session: fmt.Sprint("s", i)} }
		for i := range 10 {
			o := faq.Unhelpful
			if i == 0 {
				o = faq.Helpful
			}
			must(t, d.faq.View(t.Context(), reader(i), b.ID, ""))
			must(t, d.faq.Vote(t.Context(), reader(i), b.ID, faq.Feedback{Opinion: o}))
		}
		must(t, d.faq.View(t.Context(), reader(0), a.ID, ""))
		must(t, d.faq.Vote(t.Context(), reader(0), a.ID, faq.Feedback{Opinion: faq.Unhelpful})) // one of one, which says less
		must(t, d.faq.DeleteArticle(t.Context(), lea, gone.ID))
		d.drain()
		titles := func(rs []faq.Reported, _ string, err error) string {
			t.Helper()
			must(t, err)
			var out []string
			for _, r := range rs {
				s := r.Article.In("en").Title
				if len(r.Missing) > 0 {
					s += fmt.Sprint(r.Missing)
				}
				out = append(out, s)
			}
			return strings.Join(out, " ")
		}
		ctx := t.Context()
		for name, got := range map[string][2]string{
			"viewed":    {titles(d.faq.MostViewed(ctx, lea, "shop", "", 10)), "B A"},
			"unhelpful": {titles(d.faq.MostUnhelpful(ctx, lea, "shop", "", 10)), "B A"},
			"stale":     {titles(d.faq.Stale(ctx, lea, "shop", 30*24*time.Hour, "", 10)), "B"},
			"missing":   {titles(d.faq.MissingTranslations(ctx, lea, "shop", "", "", 10)), "A[ja] B[de ja]"},
			"Swiss":     {titles(d.faq.MissingTranslations(ctx, lea, "shop", "de-CH", "", 10)), "B[de-CH]"},
			"elsewhere": {titles(d.faq.MostViewed(ctx, lea, "club", "", 10)), ""},
		} {
			if got[0] != got[1] {
				t.Errorf("%s: %s, want %s", name, got[0], got[1])
			}
		}
	})
}

// A page of a report is full as long as there are more, however far apart they are.
func TestReportPagesAreFull(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		c := d.section("shop", "Paying")
		var want []string
		for i := range 40 {
			d.clock.forward(time.Minute)
			a := d.published(c, fmt.Sprint("A", i))
			if i%9 > 0 {
				d.publish(a, "de", "x", "")
			} else {
				want = append(want, a.ID)
			}
		}
		slices.Reverse(want)
		var got []string
		for after := ""; ; {
			page, next, err := d.faq.MissingTranslations(t.Context(), lea, "shop", "de", after, 2)
			must(t, err)
			for _, r := range page {
				got = append(got, r.Article.ID)
			}
			if next == "" {
				break
			}
			if after = next; len(page) != 2 {
				t.Errorf("a page of %d, and there are more", len(page))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// For a page at most 1,000 articles are looked at.
func TestReportPagesAreBounded(t *testing.T) {
	t.Parallel()
	for others, want := range map[int]int{999: 1, 1000: 0, 1001: 0} {
		d := openMemory(t)
		c := d.section("shop", "Paying")
		d.published(c, "In English")
		for range others {
			d.clock.forward(time.Second)
			d.article(c) // of which nothing is published
		}
		page, next, err := d.faq.MissingTranslations(t.Context(), lea, "shop", "de", "", 50)
		must(t, err)
		if len(page) != want || want == 0 && next == "" {
			t.Errorf("behind %d others: %d articles, next %q", others, len(page), next)
		}
		if page, _, err = d.faq.MissingTranslations(t.Context(), lea, "shop", "de", next, 50); want == 0 && len(page) != 1 {
			t.Errorf("behind %d others, on the next page: %d articles, %v", others, len(page), err)
		}
	}
}

// The bounds of a table in the literature: Wilson's interval at 95%.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		unhelpful, of int64
		want          float64
	}{{0, 0, 0}, {0, 10, 0}, {1, 1, 0.2065}, {1, 10, 0.0179}, {9, 10, 0.5958}, {10, 10, 0.7225}, {81, 263, 0.2553}} {
		f := faq.Figures{Unhelpful: c.unhelpful, Helpful: c.of - c.unhelpful}
		if got := f.Share(); math.Abs(got-c.want) > 0.00006 {
			t.Errorf("%d of %d: %.4f, want %.4f", c.unhelpful, c.of, got, c.want)
		}
	}
}

func TestSweep(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a := d.published(d.section("shop", "Paying"), "Refunds")
		must(t, d.faq.View(t.Context(), d.byEve(), a.ID, ""))
		_, err := d.faq.Searched(t.Context(), d.byEve(), "refund", 1)
		must(t, err)
		d.drain()
		for _, step := range []struct {
			at   time.Duration
			want int
		}{{faq.KeepViews, 0}, {faq.KeepViews + time.Second, 1}, {faq.KeepQueries + time.Second, 1}} {
			d.clock.forward(start.Add(step.at).Sub(d.clock.now()))
			if n, err := d.faq.Sweep(t.Context()); err != nil || n != step.want {
				t.Errorf("after %v: %d, %v", step.at, n, err)
			}
		}
		d.counted(a, "1 0 0")
	})
}

// Facts hold ids and figures, and no words of anybody's.
func TestEventsHoldNoWords(t *testing.T) {
	d := openMemory(t)
	a := d.published(d.section("shop", "Paying"), "Refunds")
	id, err := d.faq.Searched(t.Context(), d.byEve(), "sesame words", 0)
	must(t, err)
	must(t, d.faq.View(t.Context(), d.byEve(), a.ID, id))
	must(t, d.faq.Vote(t.Context(), d.byEve(), a.ID, faq.Feedback{Opinion: faq.Unhelpful, Comment: "sesame seeds"}))
	must(t, d.faq.Vote(t.Context(), d.byEve(), a.ID, faq.Feedback{Opinion: faq.Helpful, Search: id}))
	es, err := d.events.Since(t.Context(), d.db, 0, 200)
	must(t, err)
	kinds := map[string]bool{}
	for _, e := range es {
		if !strings.HasPrefix(e.Type, "faq.") {
			continue
		}
		kinds[e.Type] = true
		if strings.Contains(string(e.Facts), "sesame") || len(e.Personal) > 0 {
			t.Errorf("%s tells %s %s", e.Type, e.Facts, e.Personal)
		}
		if e.Actor.Kind == event.EndUser && e.Owner != d.eve.ID {
			t.Errorf("%s is of %q", e.Type, e.Owner)
		}
	}
	for _, want := range []string{faq.SectionSaved, faq.ArticleSaved, faq.DraftSaved, faq.Published, faq.Viewed, faq.Voted, faq.Searched, faq.Answered} {
		if !kinds[want] {
			t.Errorf("nothing tells %s", want)
		}
	}
}

// Many readers who speak at once don't wait for each other's figures, and all are counted.
func TestReadersAtOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a := d.published(d.section("shop", "Paying"), "Refunds")
		const readers, times = 8, 6
		var wg sync.WaitGroup
		for r := range readers {
			wg.Go(func() {
				v := faq.Viewer{App: "shop", Session: fmt.Sprint("reader ", r)}
				for n := range times {
					o := []faq.Opinion{faq.Helpful, faq.Unhelpful}[(r+n)%2]
					err := errors.Join(d.faq.View(t.Context(), v, a.ID, ""), d.faq.Vote(t.Context(), v, a.ID, faq.Feedback{Opinion: o}), second(d.faq.Read(t.Context(), v, a.ID)))
					if err != nil {
						t.Errorf("reader %d: %v", r, err)
					}
				}
			})
		}
		wg.Wait()
		d.counted(a, fmt.Sprint(readers, " ", readers/2, " ", readers/2))
	})
}
