package rank

import "github.com/frontdesk-go/frontdesk/faq/search/rank/words"

// Where nothing was asked yet, the articles themselves say what their bodies are worth:
// each title is asked of the bodies alone, and its own is to come first. That tells, as
// no constant can, whether bodies here are short answers or long texts in which every
// word comes by chance.

// Bounds of asking titles.
const (
	minTitles = 30
	maxTitles = 1000
	// titlesShare is how far weights move to what fits titles best: end users don't ask
	// in titles' words, nor do they look at bodies alone.
	titlesShare = 0.6
)

// fitTitles returns weights under which titles find their own bodies, those given where
// there are too few. Of titles that several have, as those of a page's parts are, none
// is asked.
func (s *shelf) fitTitles(weights vector) vector {
	asked, es := s.untitled(), []example(nil)
	asked.model.weights = weights
	x := &scratch{}
	for n := range asked.docs {
		d := &s.docs[s.at[asked.docs[n].id]]
		if r := (search{s: asked, x: x, q: asked.askTerms(s, d.title)}); len(r.q.slots) > 1 {
			if e := r.example(asked.docs[n].id); e.right >= 0 {
				es = append(es, e)
			}
		}
	}
	if len(es) < minTitles {
		return weights
	}
	fitted := fit(es, weights)
	for i := range weights {
		weights[i] = max(0, weights[i]+titlesShare*(fitted[i]-weights[i]))
	}
	return weights
}

// untitled is a shelf of the same articles without their titles: of those that are alone
// in having theirs, so many of them as are asked.
func (s *shelf) untitled() *shelf {
	have := map[string]int{}
	ordered := s.ordered()
	for _, n := range ordered {
		have[string(s.docs[n].titleBag)]++
	}
	t := newShelf(s.language.Base, nil, nil)
	t.synonyms = s.synonyms
	step := max(1, (len(ordered)+maxTitles-1)/maxTitles)
	for i := 0; i < len(ordered); i += step {
		d := &s.docs[ordered[i]]
		if have[string(d.titleBag)] > 1 {
			continue
		}
		c := &content{Document: Document{ID: d.id}}
		d.bodyBag.each(func(term uint32, n byte) { c.body = append(c.body, wordCount{s.vocab[term].text, int(n)}) })
		t.put(c, nil)
	}
	t.refresh()
	return t
}

// askTerms makes a query of terms of another shelf.
func (s *shelf) askTerms(other *shelf, terms []uint32) *asked {
	q, seen := &asked{}, map[string]bool{}
	for _, n := range terms[:min(len(terms), maxSlots)] {
		text := other.vocab[n].text
		t := words.Token{Term: text, End: len(text)}
		if ts := s.language.Tokens(text); len(ts) == 1 {
			t.Kind = ts[0].Kind
		}
		if sl, ok := s.slot(text, t, false, seen); ok {
			q.slots = append(q.slots, sl)
		}
	}
	s.weigh(q, 0)
	return q
}
