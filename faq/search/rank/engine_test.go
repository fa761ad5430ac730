package rank_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/faq/search/rank"
)

// A resolved query finds its article when somebody asks alike, and no more when it is
// forgotten.
func TestResolvedQueries(t *testing.T) {
	t.Parallel()
	e := engine(nil, "en", "bin|Emptying the bin|Press the lid.", "lamp|Changing the lamp|Turn it.", "key|Lost keys|Call us.")
	ask := func() []string { return ids(e.Search(rank.Query{Text: "my gizmo squeaks"})) }
	if got := ask(); len(got) > 0 {
		t.Fatalf("found is %q", got)
	}
	e.Remember(rank.Resolved{Key: "1", ID: "lamp", Language: "en", Text: "The gizmo squeaks again", Weight: 1},
		rank.Resolved{Key: "2", ID: "gone", Language: "en", Text: "my gizmo squeaks", Weight: 1})
	if got := ask(); !slices.Equal(got, []string{"lamp"}) {
		t.Errorf("found is %q", got)
	}
	e.Forget("1", "unknown")
	if got := ask(); len(got) > 0 {
		t.Errorf("forgotten, and found is %q", got)
	}
}

// What an article that is aside says changes nothing for those who don't see it.
func TestAsideLeavesNoTrace(t *testing.T) {
	t.Parallel()
	articles := []string{"a|How to pay|By card or by invoice.", "b|How to cancel|Within a day."}
	plain, with := engine(nil, "en", articles...), engine(nil, "en", articles...)
	for i, e := range []*rank.Engine{plain, with} {
		for _, id := range []string{"a", "b"} {
			e.Put(rank.Document{ID: id, Language: "en", Title: strings.Split(articles[0], "|")[1], Facets: []string{"for=all"}})
		}
		if i == 1 {
			for n := range 20 {
				e.Put(rank.Document{ID: fmt.Sprint("secret", n), Language: "en", Title: "How to pay the merger bonus", Body: "invoices card", Facets: []string{"for=staff"}, Aside: true})
			}
			e.Remember(rank.Resolved{Key: "1", ID: "secret1", Language: "en", Text: "how to pay a bonus", Weight: 1})
		}
		e.Learn()
	}
	for _, q := range []string{"how to pay", "merger", "meger", "invoice", "pay the bonus", "card bonu"} {
		all := rank.Query{Text: q, Typing: true, Needs: [][]string{{"for=all"}}, Limit: 2}
		if diff := cmp.Diff(plain.Search(all), with.Search(all)); diff != "" {
			t.Errorf("%q: %s", q, diff)
		}
	}
	if got := ids(with.Search(rank.Query{Text: "merger bonus", Needs: [][]string{{"for=all", "for=staff"}}, Limit: 3})); len(got) != 3 {
		t.Errorf("staff finds %q", got)
	}
}

// world is articles of few words, so that they share some.
func world(t *rapid.T) []rank.Document {
	word := rapid.SampledFrom(strings.Fields("order parcel refund card invoice address login password change lost broken late how where"))
	text := func(least, most int) string {
		return strings.Join(rapid.SliceOfN(word, least, most).Draw(t, "words"), " ")
	}
	n := rapid.IntRange(1, 12).Draw(t, "articles")
	docs := make([]rank.Document, n)
	for i := range docs {
		docs[i] = rank.Document{ID: fmt.Sprintf("%02d", i), Language: "en", Title: text(1, 5), Body: text(0, 12)}
	}
	return docs
}

// Whoever types a title finds the article first, or one with the same words in it; an
// article more takes no other away; and the same gives the same.
func TestProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		docs := world(t)
		e := rank.New(nil)
		e.Put(docs...)
		pick := rapid.IntRange(0, len(docs)-1).Draw(t, "pick")
		q := rank.Query{Text: docs[pick].Title, Limit: 50}
		hits := e.Search(q)
		if !slices.Contains(ids(hits), docs[pick].ID) {
			t.Fatalf("%q doesn't find itself", q.Text)
		}
		if !slices.IsSortedFunc(hits, func(a, b rank.Hit) int { return int(1e9 * (b.Score - a.Score)) }) {
			t.Fatal("not the best first")
		}
		for _, h := range hits {
			if h.Confidence < 0 || h.Confidence > 1 {
				t.Fatalf("confidence %v", h.Confidence)
			}
		}
		again := rank.New(nil)
		for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(len(docs)) { // in another order, twice
			again.Put(docs[i])
			again.Put(docs[i])
		}
		if diff := cmp.Diff(ids(hits), ids(again.Search(q))); diff != "" {
			t.Fatalf("another order finds something else: %s", diff)
		}
		e.Put(rank.Document{ID: "new", Language: "en", Title: "zebra crossing", Body: "stripes"})
		more := ids(e.Search(q))
		for _, id := range ids(hits) {
			if !slices.Contains(more, id) {
				t.Fatalf("an article more takes %s away", id)
			}
		}
		e.Delete("new", "en")
		if diff := cmp.Diff(ids(hits), ids(e.Search(q))); diff != "" {
			t.Fatalf("taking it out again leaves a difference: %s", diff)
		}
	})
}

// Packed and put, a document is what it is when put as it is.
func TestPacked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		docs := world(t)
		docs[0].Facets, docs[0].Aside, docs[0].Vector = []string{"app=shop"}, true, []float32{1, 0.5}
		a, b := rank.New(nil), rank.New(nil)
		a.Put(docs...)
		if err := b.PutPacked(a.Pack(docs...)...); err != nil {
			t.Fatal(err)
		}
		q := rank.Query{Text: docs[0].Title, Vector: []float32{1, 1}}
		if diff := cmp.Diff(a.Search(q), b.Search(q)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Deleting most articles writes the engine anew, and finds the rest as before.
func TestCompacting(t *testing.T) {
	t.Parallel()
	e, few := rank.New(nil), rank.New(nil)
	for i := range 500 {
		d := rank.Document{ID: fmt.Sprintf("%03d", i), Language: "en", Title: fmt.Sprint("Article about word", i%50), Body: fmt.Sprint("body", i)}
		e.Put(d)
		if i >= 450 {
			few.Put(d)
		}
	}
	for i := range 450 {
		e.Delete(fmt.Sprintf("%03d", i), "en")
	}
	for i := range 50 {
		q := rank.Query{Text: fmt.Sprint("word", i)}
		if diff := cmp.Diff(ids(few.Search(q)), ids(e.Search(q))); diff != "" {
			t.Fatal(diff)
		}
	}
	if e.Len() != 50 {
		t.Errorf("%d documents", e.Len())
	}
}

// A vector finds what is like in meaning among what words have found.
func TestVectors(t *testing.T) {
	t.Parallel()
	e := rank.New(nil)
	e.Put(rank.Document{ID: "a", Language: "en", Title: "Paying", Body: "help", Vector: []float32{1, 0}},
		rank.Document{ID: "b", Language: "en", Title: "Leaving", Body: "help", Vector: []float32{0, 1}},
		rank.Document{ID: "c", Language: "en", Title: "Moving", Body: "nothing", Vector: []float32{0.9, 0.1}})
	if got := ids(e.Search(rank.Query{Text: "help", Vector: []float32{0, 1}})); got[0] != "b" {
		t.Errorf("found is %q", got)
	}
	if got := ids(e.Search(rank.Query{Text: "wander", Vector: []float32{0.9, 0.1}})); len(got) == 0 || got[0] != "c" {
		t.Errorf("by meaning alone found is %q", got)
	}
	if got := ids(e.Search(rank.Query{Text: "help", Vector: []float32{1, 2, 3}})); len(got) != 2 {
		t.Errorf("with a vector of another model found is %q", got)
	}
}

func FuzzSearch(f *testing.F) {
	e := engine(nil, "en", "a|How to pay|By card.", "b|Lost parcels|Call us.")
	e.Put(rank.Document{ID: "c", Language: "ja", Title: "パスワードを忘れた", Body: "再設定"}, rank.Document{ID: "d", Language: "th", Title: "รหัสผ่าน"})
	for _, s := range []string{"pay", "ﾊﾟｽ", "ลืม", "don't", "e-mail", "\xff\xfe", "🙂", "а́", "l'été", strings.Repeat("x", 200), "กำ", "ｶﾞ\u3099"} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, text string, typing bool) {
		for _, h := range e.Search(rank.Query{Text: text, Typing: typing}) {
			if h.Confidence < 0 || h.Confidence > 1 || h.Score != h.Score {
				t.Errorf("%+v", h)
			}
		}
		for _, language := range []string{"en", "ja", "de", "tr", "zh"} {
			at := 0
			for _, m := range e.Look(language, text, typing).Marks(text) {
				if m.Start < at || m.End <= m.Start || m.End > len(text) {
					t.Fatalf("mark %v of %q", m, text)
				}
				at = m.End
			}
		}
	})
}
