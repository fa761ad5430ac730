package rank

import (
	"cmp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/frontdesk-go/frontdesk/faq/search/rank/words"
)

// Options of New; nil means the defaults.
type Options struct {
	// Synonyms are the host's, besides those that the program has.
	Synonyms []Synonyms
	// Without are parts that are left out, to measure what they bring: see [Parts].
	Without []string
}

// Engine finds articles. Its methods may be called by several goroutines.
type Engine struct {
	synonyms []Synonyms
	without  []string
	scratch  sync.Pool

	mu      sync.RWMutex
	shelves map[string]*shelf // by base of the language
	facets  map[string]uint32
	kinds   map[string][]string // facets by what they begin with, up to =
}

// New returns an engine with nothing in it.
func New(o *Options) *Engine {
	e := &Engine{shelves: map[string]*shelf{}, facets: map[string]uint32{}, kinds: map[string][]string{}}
	e.scratch.New = func() any { return &scratch{} }
	if o != nil {
		e.synonyms, e.without = slices.Clone(o.Synonyms), slices.Clone(o.Without)
	}
	return e
}

// shelf returns what holds the documents of a language, and makes it.
func (e *Engine) shelf(language string) *shelf {
	base := words.Base(language)
	s := e.shelves[base]
	if s == nil {
		s = newShelf(language, e.synonyms, e.without)
		e.shelves[base] = s
	}
	return s
}

// Put adds documents, each in place of the one with its id in its language.
func (e *Engine) Put(docs ...Document) {
	cs := make([]*content, len(docs))
	ls := e.languages(docs)
	parallel(len(docs), func(i int) { cs[i] = read(ls[i], &docs[i]) })
	e.put(cs)
}

// languages returns what takes documents apart.
func (e *Engine) languages(docs []Document) []*words.Language {
	e.mu.Lock()
	defer e.mu.Unlock()
	ls := make([]*words.Language, len(docs))
	for i := range docs {
		ls[i] = e.shelf(docs[i].Language).language
	}
	return ls
}

// Pack takes documents apart, and writes that down so that PutPacked needn't do it
// again. It holds words, and no text.
func (e *Engine) Pack(docs ...Document) [][]byte {
	ls, out := e.languages(docs), make([][]byte, len(docs))
	parallel(len(docs), func(i int) { out[i] = pack(read(ls[i], &docs[i])) })
	return out
}

// PutPacked adds documents that [Pack] wrote. If one can't be read, none is added, and
// it returns ErrPacked.
func (e *Engine) PutPacked(packed ...[]byte) error {
	cs, errs := make([]*content, len(packed)), make([]error, len(packed))
	parallel(len(packed), func(i int) { cs[i], errs[i] = unpack(packed[i]) })
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	e.put(cs)
	return nil
}

func (e *Engine) put(cs []*content) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range cs {
		ids := make([]uint32, len(c.Facets))
		for i, f := range c.Facets {
			n, ok := e.facets[f]
			if !ok {
				n = uint32(len(e.facets))
				e.facets[f] = n
				kind := f[:strings.Index(f, "=")+1]
				e.kinds[kind] = append(e.kinds[kind], f)
			}
			ids[i] = n
		}
		slices.Sort(ids)
		e.shelf(c.Language).put(c, ids)
	}
}

// parallel calls f for each of n things, several at a time.
func parallel(n int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}

// Delete takes a document out: what it says, and its place.
func (e *Engine) Delete(id, language string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.shelf(language)
	s.remove(id)
	s.past.moved(s, id)
}

// Remember adds queries that articles answered, each in place of the one with its key.
// They find their article from now on; Learn makes more of them.
func (e *Engine) Remember(rs ...Resolved) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range rs {
		e.forget(rs[i].Key)
		e.shelf(rs[i].Language).remember(&rs[i])
	}
}

// Forget drops resolved queries. What was learned of their words stays until the next
// Learn.
func (e *Engine) Forget(keys ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, key := range keys {
		e.forget(key)
	}
}

func (e *Engine) forget(key string) {
	for _, s := range e.shelves {
		if s.past.forget(key) {
			s.stale = true
		}
	}
}

// Learn fits weights and confidence to what is there. It takes a second or two for
// 10,000 articles; searches go on meanwhile.
func (e *Engine) Learn() {
	e.fresh()
	all := map[string]learned{}
	for base, s := range e.shelves {
		all[base] = s.learn()
	}
	e.mu.RUnlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	for base, l := range all {
		e.shelves[base].trans, e.shelves[base].model = l.trans, l.model
	}
}

// Len returns how many documents there are.
func (e *Engine) Len() (n int) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for _, s := range e.shelves {
		n += len(s.at)
	}
	return n
}

// Query is what is looked for.
type Query struct {
	Text string
	// Typing says that the last word may not be finished.
	Typing bool
	// Languages are those that are searched; none are all.
	Languages []string
	// Needs are groups of facets. Of each group a document has to have one.
	Needs [][]string
	Limit int // 0 is 10
	// Vector is what the embedder that made those of the documents made of Text.
	Vector []float32
}

// Hit is an article that was found.
type Hit struct {
	ID       string
	Language string // in which it fits best
	Score    float64
	// Confidence is how likely it answers, from 0 to 1.
	Confidence float64
}

const defaultLimit = 10

// Search returns the articles that fit best, best first, each once.
func (e *Engine) Search(q Query) []Hit {
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	x := e.scratch.Get().(*scratch)
	defer e.scratch.Put(x)
	e.fresh()
	defer e.mu.RUnlock()
	in, all := e.needs(q.Needs)
	var hits []Hit
	for base, s := range e.shelves {
		if len(q.Languages) > 0 && !slices.ContainsFunc(q.Languages, func(l string) bool { return words.Base(l) == base }) {
			continue
		}
		r := search{s: s, x: x, q: s.ask(q.Text, q.Typing), in: in, all: all, near: unitVector(q.Vector)}
		cs := r.run()
		hits = append(hits, r.hits(cs[:min(len(cs), q.Limit)], cs)...)
	}
	return once(hits, q.Limit)
}

// fresh locks the engine for reading, with all that was changed worked out.
func (e *Engine) fresh() {
	for {
		e.mu.RLock()
		stale := false
		for _, s := range e.shelves {
			stale = stale || s.stale
		}
		if !stale {
			return
		}
		e.mu.RUnlock()
		e.mu.Lock()
		for _, s := range e.shelves {
			s.refresh()
		}
		e.mu.Unlock()
	}
}

// maxNeeds is how many groups of facets a search may have.
const maxNeeds = 64

// needs returns by facet the groups that it is in, as bits, and the bits of all
// groups. Groups above the limit aren't looked at.
func (e *Engine) needs(groups [][]string) (in []uint64, all uint64) {
	for i, group := range groups[:min(len(groups), maxNeeds)] {
		all |= 1 << i
		for _, f := range group {
			if n, ok := e.facets[f]; ok {
				if in == nil {
					in = make([]uint64, len(e.facets))
				}
				in[n] |= 1 << i
			}
		}
	}
	return in, all
}

// Facets returns the facets of a kind, as "app=", that documents have or have had.
func (e *Engine) Facets(kind string) []string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return slices.Clone(e.kinds[kind])
}

// hits makes hits of candidates, whose first confidence is that of the whole search.
func (r *search) hits(cs, all []candidate) (hits []Hit) {
	for i, c := range cs {
		h := Hit{ID: r.s.docs[c.doc].id, Language: r.s.language.Base, Score: c.score}
		v := evidence(r.q.known, all[i:])
		h.Confidence = r.s.model.sure.confidence(&v)
		if i > 0 {
			h.Confidence = min(h.Confidence, hits[i-1].Confidence, 1-hits[0].Confidence)
		}
		hits = append(hits, h)
	}
	return hits
}

// once keeps of each article the language that fits best.
func once(hits []Hit, limit int) []Hit {
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.ID, b.ID), strings.Compare(a.Language, b.Language))
	})
	seen := map[string]bool{}
	hits = slices.DeleteFunc(hits, func(h Hit) bool {
		again := seen[h.ID]
		seen[h.ID] = true
		return again
	})
	return hits[:min(len(hits), limit)]
}
