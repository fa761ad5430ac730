package search

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold makes forms of a word that people take for the same the same.
func fold(word string) string {
	if ascii(word) {
		return strings.ToLower(word)
	}
	var b strings.Builder
	for _, r := range norm.NFKD.String(word) {
		if unicode.Is(unicode.Mn, r) && !unicode.In(r, unicode.Devanagari, unicode.Bengali, unicode.Tamil, unicode.Telugu, unicode.Gujarati,
			unicode.Gurmukhi, unicode.Kannada, unicode.Malayalam, unicode.Sinhala) {
			continue // an accent; in Indian scripts it is a vowel
		}
		r = unicode.ToLower(r)
		if plain, ok := same[r]; ok {
			b.WriteString(plain)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// same are letters that stand for others, and that no decomposition takes apart.
var same = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ð': "d", 'ł': "l", 'ı': "i", 'þ': "th", 'ħ': "h",
	'ς': "σ",           // at the end of a Greek word
	'ـ': "",            // stretches Arabic words
	'ى': "ي", 'ة': "ه", // written for one another
	'ک': "ك", 'ی': "ي", // Persian forms
	'\u200c': "", '\u200d': "",
}

// stem cuts what a plural adds to words in Latin letters: a few endings that English,
// Spanish, French, Portuguese and Dutch share, and no more. It is applied to what is
// looked for, too, so that what it makes of other languages does no harm.
func stem(word string) string {
	n := len(word)
	if n < 4 || !ascii(word) || word[n-1] != 's' || !letters(word) {
		return word
	}
	switch {
	case strings.HasSuffix(word, "ss"), strings.HasSuffix(word, "us"), strings.HasSuffix(word, "is"):
		return word
	case strings.HasSuffix(word, "ies") && n > 4:
		return word[:n-3] + "y"
	case strings.HasSuffix(word, "sses"), strings.HasSuffix(word, "xes"), strings.HasSuffix(word, "ches"), strings.HasSuffix(word, "shes"):
		return word[:n-2]
	}
	return word[:n-1]
}

func letters(word string) bool {
	for i := range len(word) {
		if word[i] < 'a' || word[i] > 'z' {
			return false
		}
	}
	return true
}
