package rank

import (
	"cmp"
	"math"
	"slices"
)

// Resolved is a query that an article answered.
type Resolved struct {
	Key      string // names it, for Forget
	ID       string // of the article
	Language string
	Text     string
	// Weight is how much it counts: 1 for a sure one of today, less for others.
	Weight float64
}

// memory holds resolved queries, as documents of their article.
type memory struct {
	queries  []remembered
	at       map[string]uint32  // by key
	lessons  map[string]*lesson // by article
	postings map[uint32]*postings
	counts   map[uint32]uint32 // public queries by term
	public   int
	gone     int
}

// remembered is a resolved query.
type remembered struct {
	key, id      string
	text         string // to take it apart again, and for nothing else
	terms, grams []uint32
	weight       float32
	public, gone bool
	norm, gnorm  float32
}

// lesson is what the resolved queries of an article, and its title, have in common:
// the sum of their vectors.
type lesson struct {
	queries     []uint32
	terms       []weighted
	grams       []weighted
	norm, gnorm float32 // squares of their lengths
}

// weighted is a term or an n-gram with its weight, in order of what.
type weighted struct {
	what   uint32
	weight float32
}

// maxLesson is how many queries of an article are kept: the newest.
const maxLesson = 50

func newMemory() memory {
	return memory{at: map[string]uint32{}, lessons: map[string]*lesson{}, postings: map[uint32]*postings{}, counts: map[uint32]uint32{}}
}

func (m *memory) count(t uint32) uint32 { return m.counts[t] }

// remember adds a query.
func (s *shelf) remember(r *Resolved) {
	m := &s.past
	m.forget(r.Key)
	k := remembered{key: r.Key, id: r.ID, text: r.Text, weight: float32(min(max(r.Weight, 0), 1))}
	for _, c := range counted(s.language.Tokens(r.Text)) {
		k.terms = append(k.terms, s.term(c.word))
	}
	slices.Sort(k.terms)
	k.grams = s.gramsOf(grams(s.language, r.Text), true)
	if n, ok := s.at[r.ID]; ok {
		k.public = s.docs[n].public
	}
	n := uint32(len(m.queries))
	m.queries = append(m.queries, k)
	m.at[r.Key] = n
	l := m.lessons[r.ID]
	if l == nil {
		l = &lesson{}
		m.lessons[r.ID] = l
	}
	for _, t := range k.terms {
		p := m.postings[t]
		if p == nil {
			p = &postings{}
			m.postings[t] = p
		}
		p.add(n, 1)
	}
	m.tally(&k, 1)
	l.queries = append(l.queries, n)
	if len(l.queries) > maxLesson {
		m.forget(m.queries[l.queries[0]].key)
	}
	s.stale = true
}

func (m *memory) tally(k *remembered, by int) {
	if !k.public {
		return
	}
	m.public += by
	for _, t := range k.terms {
		m.counts[t] += uint32(by)
	}
}

// forget drops a query, and says whether it was there.
func (m *memory) forget(key string) bool {
	n, ok := m.at[key]
	if !ok {
		return false
	}
	delete(m.at, key)
	k := &m.queries[n]
	m.tally(k, -1)
	l := m.lessons[k.id]
	l.queries = slices.DeleteFunc(slices.Clone(l.queries), func(i uint32) bool { return i == n })
	if len(l.queries) == 0 {
		delete(m.lessons, k.id)
	}
	*k = remembered{gone: true}
	m.gone++
	if m.gone > 64 && m.gone > len(m.queries)/2 {
		m.compact()
	}
	return true
}

// compact writes everything anew without what is gone.
func (m *memory) compact() {
	old := m.queries
	m.queries, m.gone = nil, 0
	m.postings = map[uint32]*postings{}
	for _, l := range m.lessons {
		l.queries = nil
	}
	for _, k := range old {
		if k.gone {
			continue
		}
		n := uint32(len(m.queries))
		m.queries = append(m.queries, k)
		m.at[k.key] = n
		m.lessons[k.id].queries = append(m.lessons[k.id].queries, n)
		for _, t := range k.terms {
			if m.postings[t] == nil {
				m.postings[t] = &postings{}
			}
			m.postings[t].add(n, 1)
		}
	}
}

// moved notes that an article came, changed or went: its queries count if it is public.
func (m *memory) moved(s *shelf, id string) {
	l := m.lessons[id]
	if l == nil {
		return
	}
	n, there := s.at[id]
	for _, i := range l.queries {
		k := &m.queries[i]
		if now := there && s.docs[n].public; now != k.public {
			m.tally(k, -1)
			k.public = now
			m.tally(k, 1)
		}
	}
	s.stale = true
}

// refresh works the vectors out with the weights of now.
func (m *memory) refresh(s *shelf) {
	for i := range m.queries {
		k := &m.queries[i]
		k.norm, k.gnorm = s.termNorm(k.terms), s.gramNorm(k.grams)
	}
	for id, l := range m.lessons {
		l.refresh(s, id)
	}
}

func (l *lesson) refresh(s *shelf, id string) {
	terms, grams := map[uint32]float32{}, map[uint32]float32{}
	add := func(ts, gs []uint32, norm, gnorm, weight float32) {
		for _, t := range ts {
			terms[t] += weight * s.idf[t] / norm
		}
		for _, g := range gs {
			grams[g] += weight * s.gramIDF[g] / gnorm
		}
	}
	for _, n := range l.queries {
		k := &s.past.queries[n]
		add(k.terms, k.grams, k.norm, k.gnorm, k.weight)
	}
	if n, ok := s.at[id]; ok {
		d := &s.docs[n]
		add(d.title, d.grams, s.termNorm(d.title), s.gramNorm(d.grams), 1)
	}
	l.terms, l.norm = inOrder(terms)
	l.grams, l.gnorm = inOrder(grams)
}

func inOrder(m map[uint32]float32) (ws []weighted, square float32) {
	ws = make([]weighted, 0, len(m))
	for what, w := range m {
		ws = append(ws, weighted{what, w})
	}
	slices.SortFunc(ws, func(a, b weighted) int { return cmp.Compare(a.what, b.what) })
	for _, w := range ws {
		square += w.weight * w.weight
	}
	return ws, square
}

// of returns the weight of a term; 0 is none.
func of(ws []weighted, what uint32) float32 {
	i, ok := slices.BinarySearchFunc(ws, what, func(w weighted, what uint32) int { return cmp.Compare(w.what, what) })
	if !ok {
		return 0
	}
	return ws[i].weight
}

func root(x float32) float32 { return max(float32(math.Sqrt(float64(x))), 1e-6) }

func (s *shelf) termNorm(ts []uint32) (sum float32) {
	for _, t := range ts {
		sum += s.idf[t] * s.idf[t]
	}
	return root(sum)
}

func (s *shelf) gramNorm(gs []uint32) (sum float32) {
	for _, g := range gs {
		sum += s.gramIDF[g] * s.gramIDF[g]
	}
	return root(sum)
}

// gramLikeness is the cosine of two texts by their n-grams.
func (s *shelf) gramLikeness(a, b []uint32, anorm, bnorm float32) (sum float32) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			sum += s.gramIDF[a[0]] * s.gramIDF[a[0]]
			a, b = a[1:], b[1:]
		}
	}
	return sum / (anorm * bnorm)
}
