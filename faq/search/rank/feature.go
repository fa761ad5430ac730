package rank

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// The features of an article for a query. All but the last are from 0 to about 2, and
// don't depend on how long the query is.
const (
	fTitle      = iota // BM25 of the title, by the sum of the query's weights
	fBody              // of the body
	fBoth              // of both as one text, in which the title counts more
	fCover             // share of the query that is there, and not by chance
	fTitleCover        // share of the query that is in the title
	fTitleUsed         // share of the title that is in the query
	fChars             // likeness of query and title by characters
	fTrans             // words by which such bodies are called
	fBest              // likeness of the resolved query that is most alike
	fTaught            // likeness to all resolved queries and the title, by words
	fTaughtChars
	fVector  // likeness by the host's embedder
	fLearned // what was learned of the query's words for this article
	features
)

type vector [features]float64

// candidate is an article that may answer.
type candidate struct {
	doc   uint32
	f     vector
	score float64
}

// closely is how many articles are looked at closely.
const closely = 100

// role is what a term is for a query.
type role struct {
	slot  uint16 // and one more
	first uint16 // of the words that it is translated to, and one more
	good  float32
}

// search is one search in one language.
type search struct {
	s    *shelf
	x    *scratch
	q    *asked
	in   []uint64  // by facet, the groups that need it or another one
	all  uint64    // the groups
	near []float32 // the query's vector
	skip string    // resolved query that is left out
}

// link says that a slot may be called by a term.
type link struct {
	slot   uint16
	next   uint16 // and one more
	likely float32
}

// run returns the articles that fit best, best first.
func (r *search) run() []candidate {
	r.x.reset(len(r.s.docs), len(r.s.past.queries), len(r.s.vocab))
	r.x.ask(r.q.grams, len(r.s.gramIDF))
	r.s.gather(r.x, r.q)
	r.s.recall(r.x, r.q, r.skip)
	cs := r.candidates()
	r.roles()
	best := r.recalled()
	u := r.s.model.unit(r.q, r.s)
	for i := range cs {
		c := &cs[i]
		r.look(c)
		d := &r.s.docs[c.doc]
		c.f[fBest] = best[d.id]
		terms, grams := r.taught(c)
		c.f[fTaught], c.f[fTaughtChars] = float64(terms), float64(grams)
		c.f[fLearned] = r.s.model.learned(d.id, u)
		c.score = r.s.model.score(&c.f)
	}
	r.order(cs)
	return cs
}

func (r *search) order(cs []candidate) {
	slices.SortFunc(cs, func(a, b candidate) int {
		if a.score != b.score {
			return cmp.Compare(b.score, a.score)
		}
		return strings.Compare(r.s.docs[a.doc].id, r.s.docs[b.doc].id)
	})
}

// visible says whether a document is one that the search may find.
func (r *search) visible(d *doc) bool {
	if d.gone {
		return false
	}
	var have uint64
	if len(r.in) > 0 {
		for _, f := range d.facets {
			have |= r.in[f]
		}
	}
	return have == r.all
}

// recalled returns the likeness of the most alike resolved query by article.
func (r *search) recalled() map[string]float64 {
	if len(r.x.recall) == 0 {
		return nil
	}
	best := map[string]float64{}
	for _, k := range r.x.recall {
		id := r.s.past.queries[k.query].id
		best[id] = max(best[id], float64(k.like))
	}
	return best
}

// candidates chooses those that are looked at closely, among those that are visible.
func (r *search) candidates() []candidate {
	w := &r.s.model.weights
	wTitle, wBody, wBoth, wCover := float32(w[fTitle]), float32(w[fBody]), float32(w[fBoth]), float32(max(w[fCover], 0.5))
	all := leaders{docs: r.s.docs, most: closely, of: make([]scored, 0, closely)}
	for _, n := range r.x.found {
		u := &r.x.sums[n]
		all.offer(r, n, wTitle*u.title+wBody*u.body+wBoth*u.both+wCover*u.cover)
	}
	cs := make([]candidate, 0, len(all.of)+16)
	in := map[uint32]bool{}
	add := func(n uint32) {
		if !in[n] && r.visible(&r.s.docs[n]) {
			in[n] = true
			cs = append(cs, candidate{doc: n})
		}
	}
	for _, a := range all.of {
		cs = append(cs, candidate{doc: a.doc})
		if len(r.x.recall) > 0 || len(r.near) > 0 {
			in[a.doc] = true
		}
	}
	for _, k := range r.x.recall {
		if n, ok := r.s.at[r.s.past.queries[k.query].id]; ok {
			add(n)
		}
	}
	for _, n := range r.nearest() {
		add(n)
	}
	return cs
}

// closest is how many articles are looked at because they are like in meaning.
const closest = 50

// nearest returns the visible documents whose vectors are most like the query's. It
// looks at all of them: 100,000 of 384 numbers take some 30 ms.
func (r *search) nearest() (ns []uint32) {
	if len(r.near) == 0 {
		return nil
	}
	all := leaders{docs: r.s.docs, most: closest}
	for n := range r.s.docs {
		if like := cosine(r.near, r.s.docs[n].vector); like > 0 {
			all.offer(r, uint32(n), float32(like))
		}
	}
	for _, k := range all.of {
		ns = append(ns, k.doc)
	}
	return ns
}

// roles notes what each term is for the query.
func (r *search) roles() {
	x := r.x
	x.links = append(x.links[:0], link{})
	note := func(t uint32) *role {
		p := &x.role[t]
		if p.slot == 0 && p.first == 0 {
			x.roled = append(x.roled, t)
		}
		return p
	}
	for i, sl := range r.q.slots {
		for _, a := range sl.alts {
			if p := note(a.term); a.good > p.good {
				p.slot, p.good = uint16(i+1), a.good
			}
		}
		if len(sl.alts) == 0 || sl.alts[0].good < 1 {
			continue
		}
		for _, src := range r.s.trans.from[sl.alts[0].term] {
			p := note(src.term)
			x.links = append(x.links, link{uint16(i), p.first, src.likely})
			p.first = uint16(len(x.links) - 1)
		}
	}
}

// look works out the features that need the whole document.
func (r *search) look(c *candidate) {
	s, q, x := r.s, r.q, r.x
	d, u := &s.docs[c.doc], &x.sums[c.doc]
	ideal := max(q.ideal, 1e-6)
	var cover, called, inTitles, inBodies [maxSlots + maxKey]float32
	var have, all, total float32
	share := func(t uint32, w float32) {
		total += w
		p := &x.role[t]
		if p.slot > 0 {
			called[p.slot-1] += w * p.good
		}
		for l := p.first; l > 0; l = x.links[l].next {
			called[x.links[l].slot] += w * x.links[l].likely
		}
	}
	for _, t := range d.title {
		w := s.idf[t]
		all += w
		if p := &x.role[t]; p.slot > 0 {
			have += w * p.good
			cover[p.slot-1] = max(cover[p.slot-1], p.good)
			inTitles[p.slot-1] = max(inTitles[p.slot-1], p.good)
		}
		share(t, titleShare*w)
	}
	length := s.bodyLen[c.doc] * float32(s.public) / float32(max(s.bodySize, 1))
	d.bodyBag.each(func(t uint32, n byte) {
		share(t, s.idf[t]*logs[n])
		if p := &x.role[t]; p.slot > 0 && q.slots[p.slot-1].late {
			inBodies[p.slot-1] = max(inBodies[p.slot-1], float32(n)*p.good)
		}
		if p := &x.role[t]; p.slot > 0 && cover[p.slot-1] < p.good {
			chance := 1 - float32(math.Exp(float64(s.absent[t]*length)))
			cover[p.slot-1] = max(cover[p.slot-1], p.good*(1-chance))
		}
	})
	total = max(total, 1e-6)
	const half = 0.01 // a share of the document that counts half
	sum := *u
	var covered, trans float32
	for i, sl := range q.slots {
		if sl.late {
			sum.add(sl.weight, inTitles[i], inBodies[i], s.titleLen[c.doc]*float32(s.public)/float32(max(s.titleSize, 1)), length)
		}
		covered += sl.weight * cover[i]
		f := called[i] / total
		trans += sl.weight * f / (f + half)
	}
	c.f[fTitle], c.f[fBody], c.f[fBoth] = float64(sum.title/ideal), float64(sum.body/ideal), float64(sum.both/ideal)
	c.f[fCover], c.f[fTrans] = float64(covered/ideal), float64(trans/ideal)
	c.f[fTitleCover], c.f[fTitleUsed] = float64(have/ideal), float64(have/max(all, 1e-6))
	c.f[fChars] = float64(r.gramLikeness(d.grams))
	c.f[fVector] = cosine(r.near, d.vector)
}

// gramLikeness is the cosine of the query and a title by their n-grams.
func (r *search) gramLikeness(grams []uint32) float32 {
	var both, norm float32
	for _, g := range grams {
		w := r.s.gramIDF[g] * r.s.gramIDF[g]
		norm += w
		if r.x.gram[g] {
			both += w
		}
	}
	return both / (r.q.gnorm * root(norm))
}
