package rank

import (
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/faq/search/rank/words"
)

// Mark says where in a text a word is, in bytes.
type Mark struct{ Start, End int }

// Looker finds the words of a query in texts, to show them. It may be used by several
// goroutines.
type Looker struct {
	language *words.Language
	terms    map[string]bool
	parts    []string     // long words, of which compounds are made
	prefix   string       // of the word that isn't finished
	heads    *words.Heads // first letters of all of them; nil: a compound may begin with any
}

// SameLanguage says whether two languages are searched as one, as pt-BR and pt-PT are.
func SameLanguage(a, b string) bool { return words.Base(a) == words.Base(b) }

// Look returns what finds the words of a query in texts of a language: the words
// themselves, those that may stand for them, and compounds with them.
func (e *Engine) Look(language, query string, typing bool) *Looker {
	e.mu.Lock()
	s := e.shelf(language)
	e.mu.Unlock()
	l, known := s.language, s.synonyms // neither changes
	k := &Looker{language: l, terms: map[string]bool{}}
	ts := l.Tokens(query)
	for i, t := range ts {
		if t.Kind == words.Single && i+1 < len(ts) && ts[i+1].Kind == words.Gram {
			continue // pairs are enough
		}
		k.terms[t.Term] = true
		for _, other := range known[t.Term] {
			for _, o := range other {
				k.terms[o] = true
			}
		}
		if l.Compounds && t.Kind == words.Word && len(t.Term) >= minPart+1 {
			k.parts = append(k.parts, t.Term)
		}
		if typing && i == len(ts)-1 && t.End == len(query) && t.Kind == words.Word {
			k.prefix = l.Unstemmed(query[t.Start:t.End])
		}
	}
	if len(k.parts) == 0 {
		k.heads = &words.Heads{}
		k.heads.Add(k.prefix)
		for term := range k.terms {
			k.heads.Add(term)
		}
	}
	return k
}

// Marks returns where the words are, in order, none within another one.
func (k *Looker) Marks(text string) (marks []Mark) {
	for _, t := range k.language.Among(text, k.heads) {
		if k.has(t.Term) {
			marks = append(marks, Mark{t.Start, t.End})
		}
	}
	slices.SortFunc(marks, func(a, b Mark) int { return a.Start - b.Start })
	merged := marks[:0]
	for _, m := range marks {
		if n := len(merged); n > 0 && m.Start <= merged[n-1].End {
			merged[n-1].End = max(merged[n-1].End, m.End)
			continue
		}
		merged = append(merged, m)
	}
	return merged
}

func (k *Looker) has(term string) bool {
	if k.terms[term] || k.prefix != "" && strings.HasPrefix(term, k.prefix) {
		return true
	}
	return slices.ContainsFunc(k.parts, func(p string) bool { return strings.HasPrefix(term, p) || strings.HasSuffix(term, p) })
}
