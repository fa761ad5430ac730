package ticket

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxWord is how many characters of a word an index holds.
const maxWord = 40

// fold makes texts alike that people take for the same: capitals, and the wide
// forms of Latin letters that Japanese keyboards type.
func fold(s string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '\u3000':
			return ' '
		}
		return r
	}, s))
}

// unspaced says whether r is of a script that puts no spaces between words.
func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// runs yields what stands between spaces and marks in a folded text, and whether
// it is of a script that puts no spaces.
func runs(s string) iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		start, wide := -1, false
		for i, r := range s {
			joins := unicode.In(r, unicode.M, unicode.Lm) // goes with whatever it follows
			word := joins || unicode.IsLetter(r) || unicode.IsNumber(r)
			if start >= 0 && (!word || !joins && unspaced(r) != wide) {
				if !yield(s[start:i], wide) {
					return
				}
				start = -1
			}
			if word && start < 0 {
				start, wide = i, unspaced(r)
			}
		}
		if start >= 0 {
			yield(s[start:], wide)
		}
	}
}

// words yields the words of a text, as an index holds them. Where a script puts no
// spaces they are pairs of characters, and, in a text to be found, the last
// character, so that whatever begins one is found by each part of it.
func words(text string, found bool) iter.Seq[string] {
	return func(yield func(string) bool) {
		for run, wide := range runs(fold(text)) {
			if !wide {
				if !yield(shorten(run, maxWord)) {
					return
				}
				continue
			}
			for i, r := range run {
				first := utf8.RuneLen(r)
				_, second := utf8.DecodeRuneInString(run[i+first:])
				if second == 0 && i > 0 && !found {
					break // it is the second one of the last pair
				}
				if !yield(run[i : i+first+second]) {
					return
				}
			}
		}
	}
}
