package predict

import (
	"unicode"
	"unicode/utf8"
)

// A text becomes features: words, pairs of words and pieces of words, each as a number
// below 1<<spaceBits. No text of a feature is kept anywhere.
const spaceBits = 22

// Features are of three views, which are weighed against each other as a whole: what
// words and pairs of words a text has, what pieces of words, and which words are two
// apart.
const (
	words = iota
	pieces
	skips
	views
)

// The space is dealt out, so that a feature's number says what kind it is of: words and
// pairs; pieces of words; pieces of text without spaces; words two apart.
const (
	wordsEnd  = 1 << 20
	piecesEnd = wordsEnd + 5<<18
	rawsEnd   = piecesEnd + 5<<18
	skipsEnd  = 1 << spaceBits
)

// Kinds of features, so that the same letters as a word and as a piece differ.
const (
	kindWord = iota + 1
	kindPair
	kindPiece
	kindRaw
	kindSkip
)

// Pieces have so many characters; raw ones are of text without spaces.
const (
	pieceLeast = 2
	pieceMost  = 5
	rawMost    = 3
)

// span is a word of a text, in its folded characters.
type span struct {
	from, to int
	raw      bool // of a script that has no spaces
}

// reader takes a text apart. It is scratch space, for one goroutine at a time.
type reader struct {
	seed   uint64
	runes  []rune // folded
	at     []int  // where each was in the text, in bytes
	spans  []span
	padded []rune // the word that is taken apart, with a space before and after it
	keys   [views][]uint32
	// word is which word of the text each feature is of; in text without spaces each
	// character is one.
	word  [views][]uint16
	words int // how many there are
}

// read fills keys with the features of a text, as often as each is there.
func (r *reader) read(text string) {
	r.split(text)
	r.features()
}

// split folds a text and finds its words.
func (r *reader) split(text string) {
	r.runes, r.at, r.spans = r.runes[:0], r.at[:0], r.spans[:0]
	start, raw, n := -1, false, 0
	for i, c := range text {
		if n++; n > MaxText {
			break
		}
		c = fold(c)
		kind := kindOf(c)
		switch kind {
		case charNone:
			continue
		case charSpace, charMark:
			if raw && !unicode.IsSpace(c) {
				break // it belongs to the pieces around it
			}
			r.end(start, raw)
			start, raw = -1, false
			if kind == charMark {
				r.put(c, i)
				r.end(len(r.runes)-1, false)
			}
			continue
		case charRaw:
			raw = true
		}
		if start < 0 {
			start = len(r.runes)
		}
		r.put(c, i)
	}
	r.end(start, raw)
}

func (r *reader) put(c rune, at int) {
	r.runes, r.at = append(r.runes, c), append(r.at, at)
}

func (r *reader) end(start int, raw bool) {
	if start >= 0 {
		r.spans = append(r.spans, span{start, len(r.runes), raw})
	}
}

// What a character is to a word.
const (
	charWord  = iota
	charRaw   // of a script without spaces
	charSpace // ends a word
	charMark  // a word by itself: currencies, emojis
	charNone  // not there: don't is written dont, too
)

func kindOf(c rune) int {
	if c < utf8.RuneSelf {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			return charWord
		case c == '\'', c == '`':
			return charNone
		case c == '$', c == '%', c == '?', c == '+':
			return charMark
		}
		return charSpace
	}
	switch {
	case unspaced(c):
		return charRaw
	case unicode.IsLetter(c), unicode.IsMark(c), unicode.IsDigit(c):
		return charWord
	case c == '’', c == '‘', c == '\u00ad', c == '\u200b', c == '\u200d', c == '\ufe0f':
		return charNone
	case unicode.IsSymbol(c) && c != utf8.RuneError:
		return charMark
	}
	return charSpace
}

// unspaced says whether a script puts no spaces between words.
func unspaced(c rune) bool {
	switch {
	case c < 0x0e00:
		return false
	case c <= 0x0eff: // Thai, Lao
		return true
	case 0x1000 <= c && c <= 0x109f, 0x1780 <= c && c <= 0x17ff: // Myanmar, Khmer
		return true
	case 0x3041 <= c && c <= 0x30ff && c != '・', 0x31f0 <= c && c <= 0x31ff, c == '々', c == '〆', c == '〇': // Kana
		return true
	case 0x3400 <= c && c <= 0x4dbf, 0x4e00 <= c && c <= 0x9fff, 0xf900 <= c && c <= 0xfaff: // Han
		return true
	case 0x20000 <= c && c <= 0x3ffff:
		return true
	}
	return false
}

// fold makes forms of a character that mean the same the same.
func fold(c rune) rune {
	switch {
	case c < utf8.RuneSelf:
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		return c
	case 0xff01 <= c && c <= 0xff5e: // full width
		return fold(c - 0xff01 + '!')
	case c == 0x3000:
		return ' '
	case c < 0x1000:
		return unicode.ToLower(c)
	}
	return c
}

// features fills keys with the features of the words that were found.
func (r *reader) features() {
	for view := range r.keys {
		r.keys[view], r.word[view] = r.keys[view][:0], r.word[view][:0]
	}
	r.words = 0
	before, secondBefore := start(r.seed, kindPair), start(r.seed, kindSkip)
	for _, s := range r.spans {
		if s.raw {
			r.raw(s)
			before, secondBefore = start(r.seed, kindPair), start(r.seed, kindSkip)
			continue
		}
		h := start(r.seed, kindWord)
		for _, c := range r.runes[s.from:s.to] {
			h = step(h, c)
		}
		r.found(words, key(h, 0, wordsEnd))
		r.found(words, key(mix(before, h), 0, wordsEnd))
		r.found(skips, key(mix(secondBefore+kindSkip, h), rawsEnd, skipsEnd))
		before, secondBefore = h, before
		r.pieces(s)
		r.words++
	}
	// Where a text ends says something, too.
	if n := len(r.spans); n > 0 && !r.spans[n-1].raw {
		r.words--
		r.found(words, key(mix(before, start(r.seed, kindPair)), 0, wordsEnd))
		r.words++
	}
}

// found adds a feature of the word that is read.
func (r *reader) found(view int, key uint32) {
	r.keys[view], r.word[view] = append(r.keys[view], key), append(r.word[view], uint16(r.words))
}

// pieces adds the parts of a word, with a space before and after it.
func (r *reader) pieces(s span) {
	r.padded = append(append(append(r.padded[:0], ' '), r.runes[s.from:s.to]...), ' ')
	keys, word := r.keys[pieces], r.word[pieces]
	for i := range r.padded {
		h := start(r.seed, kindPiece)
		for n, c := range r.padded[i:min(i+pieceMost, len(r.padded))] {
			h = step(h, c)
			if n+1 >= pieceLeast {
				keys, word = append(keys, key(h, wordsEnd, piecesEnd)), append(word, uint16(r.words))
			}
		}
	}
	r.keys[pieces], r.word[pieces] = keys, word
}

// raw adds the parts of text without spaces, single characters included, with a space
// before and after it.
func (r *reader) raw(s span) {
	at := func(i int) rune {
		if i < s.from || i >= s.to {
			return ' '
		}
		return r.runes[i]
	}
	for i := s.from - 1; i < s.to; i++ {
		h := start(r.seed, kindRaw)
		for n := 1; n <= rawMost && i+n <= s.to+1; n++ {
			h = step(h, at(i+n-1))
			r.found(pieces, key(h, piecesEnd, rawsEnd))
		}
		r.words++
	}
}

func start(seed, kind uint64) uint64 { return seed ^ kind*0x9e3779b97f4a7c15 }

func step(h uint64, c rune) uint64 { return mix(h, uint64(c)) }

func mix(h, v uint64) uint64 {
	h = (h ^ v) * 0xff51afd7ed558ccd
	return h ^ h>>32
}

// key turns a hash into a number of a part of the space.
func key(h uint64, from, end uint32) uint32 {
	return from + uint32(h*0xc4ceb9fe1a85ec53>>32*uint64(end-from)>>32)
}
