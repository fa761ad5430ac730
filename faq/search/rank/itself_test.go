package rank

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// shop is so many articles, whose bodies have each word of their titles once, and words
// of other titles often.
func shop(n int, title func(i int) string) (docs []Document) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range n {
		own := title(i)
		body := []string{own}
		for range 6 {
			other := strings.Fields(title(r.IntN(n)))
			word := other[r.IntN(len(other))]
			body = append(body, word, word, word, "and then")
		}
		docs = append(docs, Document{ID: fmt.Sprintf("%03d", i), Language: "en", Title: own, Body: strings.Join(body, " ")})
	}
	return docs
}

func fitted(docs ...Document) vector {
	e := New(nil)
	e.Put(docs...)
	e.Learn()
	return e.shelves["en"].model.weights
}

func threeWords(i int) string { return fmt.Sprintf("w%da w%db w%dc", i%9, i/9, i%7+10) }

// Weights come from how titles find their bodies, where there are enough that tell
// articles apart.
func TestTitlesAreAsked(t *testing.T) {
	t.Parallel()
	if got := fitted(shop(minTitles-1, threeWords)...); got != prior {
		t.Errorf("of too few articles weights are %.2f", got)
	}
	if got := fitted(shop(2*minTitles, func(i int) string { return fmt.Sprintf("part w%d", i/2) })...); got != prior {
		t.Errorf("of titles that two articles have weights are %.2f", got)
	}
	if got := fitted(shop(2*minTitles, func(i int) string { return fmt.Sprintf("w%d", i) })...); got != prior {
		t.Errorf("of titles of one word weights are %.2f", got)
	}
	docs := shop(2*minTitles, threeWords)
	got := fitted(docs...)
	// A body has the right words once and wrong ones thrice: how often says nothing.
	if got[fCover] <= prior[fCover] || got[fBody] >= prior[fBody] {
		t.Errorf("weights are %.2f", got)
	}
	for i, w := range got {
		if w < 0 {
			t.Errorf("weight %d is %.2f", i, w)
		}
		if i != fBody && i != fBoth && i != fCover && i != fTrans && w != prior[i] {
			t.Errorf("weight %d, which bodies say nothing of, is %.2f", i, w)
		}
	}
	for i := range 9 {
		docs = append(docs, Document{ID: fmt.Sprint("aside", i), Language: "en", Title: fmt.Sprintf("secret w%da", i), Body: "w1a w2b", Aside: true})
	}
	if with := fitted(docs...); with != got {
		t.Errorf("with articles that stand aside weights are %.4f, without %.4f", with, got)
	}
}
