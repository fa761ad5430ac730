package rank

import (
	"cmp"
	"slices"
)

// recalled is a resolved query that is like the one at hand.
type recalled struct {
	query uint32
	like  float32
}

// maxRecalled is how many resolved queries are compared by characters.
const maxRecalled = 100

// recall finds the resolved queries that are most like a query, but for one that is
// left out. What they are is in x.recall, best first.
func (s *shelf) recall(x *scratch, q *asked, skip string) {
	m := &s.past
	x.recall = x.recall[:0]
	if len(m.at) == 0 {
		return
	}
	for _, sl := range q.slots {
		from := len(x.pastFound)
		for _, a := range sl.alts {
			p := m.postings[a.term]
			if p == nil {
				continue
			}
			w := sl.weight * min(sl.weight, s.idf[a.term]) * a.good
			p.each(func(n uint32, _ byte) {
				if x.past[n] == 0 {
					x.pastFound = append(x.pastFound, n)
				}
				x.past[n] += w
			})
		}
		_ = from
	}
	for _, n := range x.pastFound {
		k := &m.queries[n]
		if !k.gone && k.key != skip {
			x.recall = append(x.recall, recalled{n, min(x.past[n]/(q.norm*k.norm), 1)})
		}
	}
	slices.SortFunc(x.recall, func(a, b recalled) int { return cmp.Or(cmp.Compare(b.like, a.like), cmp.Compare(a.query, b.query)) })
	x.recall = x.recall[:min(len(x.recall), maxRecalled)]
	for i := range x.recall {
		k := &m.queries[x.recall[i].query]
		like := (x.recall[i].like + s.gramLikeness(q.grams, k.grams, q.gnorm, k.gnorm)) / 2
		x.recall[i].like = like * root(k.weight)
	}
}

// taught returns how much more like a query is to all that was asked of an article and
// its title than to the title alone, by words and by characters. The query named by
// skip is taken out of it. An article that nothing was asked of has 0, as one has by
// what says nothing new.
func (r *search) taught(c *candidate) (terms, grams float32) {
	terms, grams = r.likeLesson(r.s.docs[c.doc].id)
	if terms == 0 && grams == 0 {
		return 0, 0
	}
	return terms - r.likeTitle(c.doc), grams - float32(c.f[fChars])
}

// likeTitle is how like a query is to a title, by words.
func (r *search) likeTitle(n uint32) (like float32) {
	title := r.s.docs[n].title
	for _, sl := range r.q.slots {
		best := float32(0)
		for _, a := range sl.alts {
			if _, in := slices.BinarySearch(title, a.term); in {
				best = max(best, a.good*r.s.idf[a.term])
			}
		}
		like += sl.weight * best
	}
	return like / (r.q.norm * r.s.termNorm(title))
}

// likeLesson is how like a query is to what was asked of an article and its title.
func (r *search) likeLesson(id string) (terms, grams float32) {
	s, q, skip := r.s, r.q, r.skip
	l := s.past.lessons[id]
	if l == nil {
		return 0, 0
	}
	var out *remembered
	if n, ok := s.past.at[skip]; ok && s.past.queries[n].id == id {
		out = &s.past.queries[n]
		if len(l.queries) == 1 {
			return 0, 0
		}
	}
	norm, gnorm := l.norm, l.gnorm
	without := func(ws []weighted, t uint32, own float32) float32 { return of(ws, t) - own }
	if out != nil {
		norm, gnorm = out.without(s, l)
	}
	for _, sl := range q.slots {
		best := float32(0)
		for _, a := range sl.alts {
			own := float32(0)
			if out != nil {
				if _, in := slices.BinarySearch(out.terms, a.term); in {
					own = out.weight * s.idf[a.term] / out.norm
				}
			}
			best = max(best, a.good*without(l.terms, a.term, own))
		}
		terms += sl.weight * best
	}
	at := 0
	for _, g := range q.grams {
		for at < len(l.grams) && l.grams[at].what < g {
			at++
		}
		if at == len(l.grams) {
			break
		}
		if l.grams[at].what != g {
			continue
		}
		w := l.grams[at].weight
		if out != nil {
			if _, in := slices.BinarySearch(out.grams, g); in {
				w -= out.weight * s.gramIDF[g] / out.gnorm
			}
		}
		grams += s.gramIDF[g] * w
	}
	return terms / (q.norm * root(norm)), grams / (q.gnorm * root(gnorm))
}

// without returns the squares of a lesson's lengths when a query is taken out.
func (k *remembered) without(s *shelf, l *lesson) (norm, gnorm float32) {
	norm, gnorm = l.norm, l.gnorm
	for _, t := range k.terms {
		all, own := of(l.terms, t), k.weight*s.idf[t]/k.norm
		norm += (all-own)*(all-own) - all*all
	}
	for _, g := range k.grams {
		all, own := of(l.grams, g), k.weight*s.gramIDF[g]/k.gnorm
		gnorm += (all-own)*(all-own) - all*all
	}
	return max(norm, 0), max(gnorm, 0)
}
