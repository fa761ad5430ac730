package rank

import (
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/faq/search/rank/words"
)

// slot is one thing that a query asks for: a word, or others that may stand for it.
type slot struct {
	weight float32
	alts   []alt
	known  bool // something public has it
	late   bool // so many have it that it is looked at only in documents that others found
}

// alt is a term that a slot may be, and how good that is: 1 is the word itself.
type alt struct {
	term uint32
	good float32
}

// How good it is to have a word that stands for the one that was asked for.
const (
	goodSynonym  = 0.5
	goodCompound = 0.7
	goodPart     = 0.7
	goodPrefix   = 0.8
	goodSpelling = 0.7
)

// Limits of a query.
const (
	maxSlots = 64
	maxKey   = 3 // words of what synonyms stand for
)

// asked is a query taken apart.
type asked struct {
	slots []slot
	grams []uint32
	ideal float32 // what the slots' weights add up to
	known float32 // share of it that anything public has
	norm  float32 // length of the vector of the slots' weights
	gnorm float32 // of the n-grams
}

// ask takes a query apart.
func (s *shelf) ask(text string, typing bool) *asked {
	pieces := grams(s.language, text)
	slices.Sort(pieces)
	pieces = slices.Compact(pieces)
	q := &asked{grams: s.gramsOf(pieces, false)}
	tokens := s.language.Tokens(text)
	seen := map[string]bool{}
	for i, t := range tokens {
		if len(q.slots) == maxSlots {
			break
		}
		last := typing && i == len(tokens)-1 && t.End == len(text)
		if sl, ok := s.slot(text, t, last, seen); ok {
			q.slots = append(q.slots, sl)
		}
		s.phrases(q, tokens[:i+1], seen)
	}
	s.putOff(q.slots)
	s.weigh(q, len(pieces))
	return q
}

// weigh adds up what a query's parts say; it has so many n-grams.
func (s *shelf) weigh(q *asked, pieces int) {
	var known float32
	for _, sl := range q.slots {
		q.ideal += sl.weight
		q.norm += sl.weight * sl.weight
		if sl.known {
			known += sl.weight
		}
	}
	q.norm = root(q.norm)
	// What nothing has counts, too, as much as what nothing public has.
	rare := inverse(float64(s.public), 0)
	norm := s.gramNorm(q.grams)
	q.gnorm = root(norm*norm + rare*rare*float32(pieces-len(q.grams)))
	if q.ideal > 0 {
		q.known = known / q.ideal
	}
}

// A word of a large FAQ that so many have says little, and takes long to add up.
const (
	largeFAQ = 5000
	littleID = 1.2 // of weight: three in ten have it
)

// putOff marks what is looked at late, if there is anything else.
func (s *shelf) putOff(slots []slot) {
	little := func(sl slot) bool { return sl.weight < littleID && len(sl.alts) > 0 }
	if s.public < largeFAQ || !slices.ContainsFunc(slots, func(sl slot) bool { return !little(sl) && len(sl.alts) > 0 }) {
		return
	}
	for i := range slots {
		slots[i].late = little(slots[i])
	}
}

// slot makes a slot of a word; ok is false for one that there is already, and for one
// that says nothing.
func (s *shelf) slot(text string, t words.Token, last bool, seen map[string]bool) (sl slot, ok bool) {
	if seen[t.Term] {
		return sl, false
	}
	seen[t.Term] = true
	known := false
	sl.weight = s.rarest()
	if n, there := s.terms[t.Term]; there {
		// Also what no public document has: those who may see it find it.
		sl.alts = append(sl.alts, alt{n, 1})
		if known = s.known(n); known {
			sl.weight = s.idf[n]
		}
	}
	if t.Kind == words.Joined && !known {
		return sl, false // its parts are there
	}
	also := s.others(text, t, last, known)
	sl.known = known || len(also) > 0
	for i, a := range also {
		if !known && (i == 0 || s.idf[a.term] > sl.weight) {
			sl.weight = s.idf[a.term]
		}
		sl.alts = append(sl.alts, a)
	}
	if t.Kind == words.Single {
		sl.weight /= 2 // pairs of letters are there, too
	}
	return sl, true
}

// others are the terms that may stand for a word.
func (s *shelf) others(text string, t words.Token, last, known bool) (alts []alt) {
	for _, terms := range s.synonyms[t.Term] {
		alts = s.append(alts, terms)
	}
	if t.Kind != words.Word {
		return alts
	}
	add := func(found []uint32, good float32) {
		for _, n := range found {
			alts = append(alts, alt{n, good})
		}
	}
	if last {
		typed := s.language.Unstemmed(text[t.Start:t.End])
		add(s.prefixed(typed), goodPrefix)
	}
	if s.language.Compounds {
		add(s.compounds(t.Term), goodCompound)
		if len(t.Term) >= 2*minPart {
			add(s.split(s.language.Unstemmed(text[t.Start:t.End])), goodPart)
		}
	}
	if !known && len(alts) == 0 && !s.without["spelling"] {
		add(s.spelled(t.Term), goodSpelling)
	}
	return alts
}

// append adds a synonym: of several words each counts for its part.
func (s *shelf) append(alts []alt, terms []string) []alt {
	for _, term := range terms {
		if n, ok := s.terms[term]; ok && s.vocab[n].public > 0 {
			alts = append(alts, alt{n, goodSynonym / float32(len(terms))})
		}
	}
	return alts
}

// phrases adds what stands for the last words of several.
func (s *shelf) phrases(q *asked, tokens []words.Token, seen map[string]bool) {
	key := ""
	for k := 1; k <= min(maxKey, len(tokens)); k++ {
		key = strings.TrimSuffix(tokens[len(tokens)-k].Term+" "+key, " ")
		if k == 1 || seen[key] || len(s.synonyms[key]) == 0 {
			continue
		}
		seen[key] = true
		sl := slot{known: true}
		for _, terms := range s.synonyms[key] {
			sl.alts = s.append(sl.alts, terms)
		}
		for _, a := range sl.alts {
			sl.weight = max(sl.weight, s.idf[a.term])
		}
		if len(sl.alts) > 0 {
			q.slots = append(q.slots, sl)
		}
	}
}
