package rank

import (
	"cmp"
	"slices"
)

// translation says which words of titles go with which words of bodies: IBM's first
// model, learned from the documents' own pairs. It finds that a word which a body
// doesn't have is one by which such bodies are called.
type translation struct {
	// of a word of titles: words that it goes with, and how likely it is of each
	from map[uint32][]source
}

type source struct {
	term   uint32
	likely float32
}

// Bounds of what is learned.
const (
	maxLearned    = 20_000 // documents
	maxTitleTerms = 8      // of a document: those that say most
	maxBodyTerms  = 30
	maxSources    = 16 // of a word
	minLikely     = 0.02
	rounds        = 4
	noise         = 1e-4 // how likely a word comes of nothing
	doubt         = 0.5  // times that a pair isn't believed
)

// sample is a document to learn from.
type sample struct {
	title []uint32
	body  []source
	pairs []uint32 // numbers of the pairs, title by title
}

// learnTranslation learns from the public documents, in order of their ids.
func (s *shelf) learnTranslation() translation {
	samples := s.samples()
	var keys []uint64
	for _, e := range samples {
		for _, w := range e.title {
			for _, b := range e.body {
				keys = append(keys, uint64(w)<<32|uint64(b.term))
			}
		}
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	for i := range samples {
		e := &samples[i]
		for _, w := range e.title {
			for _, b := range e.body {
				n, _ := slices.BinarySearch(keys, uint64(w)<<32|uint64(b.term))
				e.pairs = append(e.pairs, uint32(n))
			}
		}
	}
	return translation{from: sources(keys, estimate(samples, keys))}
}

// estimate returns how likely each pair is.
func estimate(samples []sample, keys []uint64) []float32 {
	likely := make([]float32, len(keys))
	for i := range likely {
		likely[i] = 1
	}
	counts := make([]float32, len(keys))
	for range rounds {
		clear(counts)
		total := map[uint32]float32{}
		for _, e := range samples {
			for i := range e.title {
				pairs := e.pairs[i*len(e.body) : (i+1)*len(e.body)]
				sum := float32(noise)
				for j, n := range pairs {
					sum += likely[n] * e.body[j].likely
				}
				for j, n := range pairs {
					counts[n] += likely[n] * e.body[j].likely / sum
				}
			}
		}
		for i, key := range keys {
			total[uint32(key)] += counts[i]
		}
		for i, key := range keys {
			likely[i] = counts[i] / (total[uint32(key)] + doubt)
		}
	}
	return likely
}

func sources(keys []uint64, likely []float32) map[uint32][]source {
	from := map[uint32][]source{}
	for i, key := range keys {
		w, b := uint32(key>>32), uint32(key)
		if w != b && likely[i] >= minLikely {
			from[w] = append(from[w], source{b, likely[i]})
		}
	}
	for w, ss := range from {
		slices.SortFunc(ss, byLikely)
		from[w] = slices.Clip(ss[:min(len(ss), maxSources)])
	}
	return from
}

func byLikely(a, b source) int {
	return cmp.Or(cmp.Compare(b.likely, a.likely), cmp.Compare(a.term, b.term))
}

// samples returns public documents with what says most about them.
func (s *shelf) samples() (all []sample) {
	ordered := s.ordered()
	step := max(1, (len(ordered)+maxLearned-1)/maxLearned)
	for i := 0; i < len(ordered); i += step {
		d := &s.docs[ordered[i]]
		var e sample
		var title []source
		for _, t := range d.title {
			title = append(title, source{t, s.idf[t]})
		}
		slices.SortFunc(title, byLikely)
		for _, t := range title[:min(len(title), maxTitleTerms)] {
			e.title = append(e.title, t.term)
		}
		sum := float32(0)
		s.shares(d, func(t uint32, w float32) { e.body = append(e.body, source{t, w}) })
		slices.SortFunc(e.body, byLikely)
		e.body = e.body[:min(len(e.body), maxBodyTerms)]
		for _, b := range e.body {
			sum += b.likely
		}
		for j := range e.body {
			e.body[j].likely /= sum
		}
		all = append(all, e)
	}
	return all
}

// ordered returns the public documents in order of their ids.
func (s *shelf) ordered() (ns []uint32) {
	for n := range s.docs {
		if d := &s.docs[n]; !d.gone && d.public {
			ns = append(ns, uint32(n))
		}
	}
	slices.SortFunc(ns, func(a, b uint32) int { return cmp.Compare(s.docs[a].id, s.docs[b].id) })
	return ns
}

// titleShare is how often a word of a title counts as one.
const titleShare = 2

// shares calls f for each term of a document, with what it says about it. Terms of
// the title may come twice.
func (s *shelf) shares(d *doc, f func(t uint32, w float32)) {
	for _, t := range d.title {
		f(t, titleShare*s.idf[t])
	}
	d.bodyBag.each(func(t uint32, n byte) { f(t, s.idf[t]*logs[n]) })
}

// logs are the logarithms of frequencies, and one more.
var logs = logarithms()
