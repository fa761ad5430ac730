package words

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// memo keeps what was made of words lately, as stemming one takes ten times as long as
// finding it here: the words of a text repeat, and those of ten articles more so. A word
// has one place, and the one that comes last keeps it, so that it never grows.
type memo struct {
	seed   maphash.Seed
	places [memoSize]atomic.Pointer[known]
}

// memoSize is how many words are kept: 64 KB without them, some 700 KB with them.
const memoSize = 1 << 13

type known struct{ word, term string }

func newMemo() *memo { return &memo{seed: maphash.MakeSeed()} }

// of returns what is made of a word.
func (m *memo) of(word string, term func(string) string) string {
	if len(word) > maxTerm {
		return term(word) // nobody needs those again
	}
	place := &m.places[maphash.String(m.seed, word)%memoSize]
	if k := place.Load(); k != nil && k.word == word {
		return k.term
	}
	// The word is a part of a text, which would be kept with it.
	k := &known{word: strings.Clone(word)}
	k.term = term(k.word)
	place.Store(k)
	return k.term
}
