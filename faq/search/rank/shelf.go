package rank

import (
	"cmp"
	"math"
	"slices"

	"github.com/frontdesk-go/frontdesk/faq/search/rank/words"
)

// shelf holds the documents of one language, and what is learned from them. Only
// public documents are counted, so that the others leave no trace in what is found
// without them.
type shelf struct {
	language *words.Language
	without  map[string]bool
	synonyms synonyms

	terms map[string]uint32
	vocab []term
	alike alike

	docs                []doc
	titleLen, bodyLen   []float32 // of docs, in words
	at                  map[string]uint32
	gone                int
	public              int
	titleSize, bodySize float64 // words of public documents

	grams     map[string]uint32 // n-grams of characters
	gramCount []uint32          // public documents with it in the title

	past  memory
	trans translation
	model model

	// What refresh works out, and whether it has to.
	stale   bool
	idf     []float32 // of terms
	absent  []float32 // logarithm of how likely a document of mean length hasn't it
	gramIDF []float32
}

// term is a word of the vocabulary.
type term struct {
	text        string
	public      uint32 // public documents with it
	title, body postings
}

// doc is a document.
type doc struct {
	id           string
	facets       []uint32 // ascending
	title        []uint32 // the terms of the title, each once, ascending
	titleBag     bag
	bodyBag      bag
	grams        []uint32 // of the title, ascending
	vector       []float32
	public, gone bool
}

func newShelf(language string, extra []Synonyms, without []string) *shelf {
	l := words.For(language)
	s := &shelf{language: l, terms: map[string]uint32{}, at: map[string]uint32{}, grams: map[string]uint32{},
		model: defaults(), past: newMemory(), without: map[string]bool{}}
	for _, part := range without {
		s.without[part] = true
	}
	s.synonyms = synonymsOf(l, extra, !s.without["thesaurus"])
	s.leaveOut()
	return s
}

// Parts are the names of what Options.Without leaves out.
var Parts = []string{"title", "body", "both", "cover", "title cover", "title used", "characters", "translation", "most alike", "taught",
	"taught characters", "vectors", "learned words", "thesaurus", "spelling", "fitted weights", "titles asked"}

// leaveOut takes the weights of the parts away that are to be left out.
func (s *shelf) leaveOut() {
	for i := range features {
		if s.without[Parts[i]] {
			s.model.weights[i] = 0
		}
	}
}

// term returns the number of a word, which it learns if need be.
func (s *shelf) term(text string) uint32 {
	n, ok := s.terms[text]
	if !ok {
		n = uint32(len(s.vocab))
		s.terms[text] = n
		s.vocab = append(s.vocab, term{text: text})
		s.alike.add(n, text)
	}
	return n
}

// numbered turns words and how often they are into terms, in order.
func (s *shelf) numbered(counts []wordCount) []entry {
	es := make([]entry, len(counts))
	for i, c := range counts {
		es[i] = entry{s.term(c.word), c.n}
	}
	slices.SortFunc(es, func(a, b entry) int { return cmp.Compare(a.term, b.term) })
	return es
}

// put adds a document, in place of one with the same id.
func (s *shelf) put(c *content, facets []uint32) {
	s.remove(c.ID)
	title, body := s.numbered(c.title), s.numbered(c.body)
	d := doc{id: c.ID, facets: facets, public: !c.Aside, titleBag: bagOf(title), bodyBag: bagOf(body), vector: unitVector(c.Vector)}
	d.title = make([]uint32, len(title))
	n := uint32(len(s.docs))
	titleLen, bodyLen := 0, 0
	for i, e := range title {
		d.title[i] = e.term
		titleLen += e.frequency
		s.vocab[e.term].title.add(n, e.frequency)
	}
	for _, e := range body {
		bodyLen += e.frequency
		s.vocab[e.term].body.add(n, e.frequency)
	}
	d.grams = s.gramsOf(c.grams, true)
	s.docs = append(s.docs, d)
	s.titleLen = append(s.titleLen, float32(titleLen))
	s.bodyLen = append(s.bodyLen, float32(bodyLen))
	s.at[c.ID] = n
	s.stale = true // also for the words of one that doesn't count
	s.count(n, 1)
	s.past.moved(s, c.ID)
}

// count adds a document to the statistics, or takes it out.
func (s *shelf) count(n uint32, by int) {
	d := &s.docs[n]
	if !d.public {
		return
	}
	s.stale = true
	s.public += by
	s.titleSize += float64(by) * float64(s.titleLen[n])
	s.bodySize += float64(by) * float64(s.bodyLen[n])
	for _, t := range d.title {
		s.vocab[t].public += uint32(by)
	}
	d.bodyBag.each(func(t uint32, _ byte) {
		if _, both := slices.BinarySearch(d.title, t); !both {
			s.vocab[t].public += uint32(by)
		}
	})
	for _, g := range d.grams {
		s.gramCount[g] += uint32(by)
	}
}

// remove takes a document out.
func (s *shelf) remove(id string) {
	n, ok := s.at[id]
	if !ok {
		return
	}
	delete(s.at, id)
	s.count(n, -1)
	s.docs[n] = doc{gone: true}
	s.gone++
	if s.gone > 64 && s.gone > len(s.docs)/4 {
		s.compact()
	}
}

// compact writes everything anew without what is gone.
func (s *shelf) compact() {
	old, titleLen, bodyLen := s.docs, s.titleLen, s.bodyLen
	s.docs, s.titleLen, s.bodyLen, s.gone = nil, nil, nil, 0
	for i := range s.vocab {
		s.vocab[i].title, s.vocab[i].body = postings{}, postings{}
	}
	for i, d := range old {
		if d.gone {
			continue
		}
		n := uint32(len(s.docs))
		d.titleBag.each(func(t uint32, f byte) { s.vocab[t].title.add(n, int(f)) })
		d.bodyBag.each(func(t uint32, f byte) { s.vocab[t].body.add(n, int(f)) })
		s.at[d.id] = n
		s.docs = append(s.docs, d)
		s.titleLen = append(s.titleLen, titleLen[i])
		s.bodyLen = append(s.bodyLen, bodyLen[i])
	}
}

// gramsOf returns the numbers of n-grams, each once and in order. Unknown ones are
// learned or left out.
func (s *shelf) gramsOf(grams []string, learn bool) []uint32 {
	ids := make([]uint32, 0, len(grams))
	for _, g := range grams {
		n, ok := s.grams[g]
		if !ok {
			if !learn {
				continue
			}
			n = uint32(len(s.gramCount))
			s.grams[g] = n
			s.gramCount = append(s.gramCount, 0)
		}
		ids = append(ids, n)
	}
	slices.Sort(ids)
	return slices.Clip(slices.Compact(ids))
}

// refresh works out how much each term says: what few documents and few resolved
// queries have says more.
func (s *shelf) refresh() {
	if !s.stale {
		return
	}
	s.stale = false
	n := float64(s.public + s.past.public)
	s.idf = slices.Grow(s.idf[:0], len(s.vocab))[:len(s.vocab)]
	s.absent = slices.Grow(s.absent[:0], len(s.vocab))[:len(s.vocab)]
	for i := range s.vocab {
		s.absent[i] = float32(math.Log1p(-float64(s.vocab[i].public) / float64(s.public+1)))
		s.idf[i] = inverse(n, float64(s.vocab[i].public)+float64(s.past.count(uint32(i))))
	}
	s.gramIDF = slices.Grow(s.gramIDF[:0], len(s.gramCount))[:len(s.gramCount)]
	for i, c := range s.gramCount {
		s.gramIDF[i] = inverse(float64(s.public), float64(c))
	}
	s.past.refresh(s)
}

// inverse is BM25's weight of a word that so many of n have.
func inverse(n, have float64) float32 {
	n = max(n, have)
	return float32(math.Log(1 + (n-have+0.5)/(have+0.5)))
}

// rarest is the weight of a word that nothing has.
func (s *shelf) rarest() float32 { return inverse(float64(s.public+s.past.public), 0) }

// known says whether a public document, or a resolved query of one, has a term.
func (s *shelf) known(t uint32) bool { return s.vocab[t].public > 0 || s.past.count(t) > 0 }
