package words

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold makes forms of a word that people take for the same the same: case, accents,
// compatible letters.
func Fold(word string) string {
	if ascii(word) {
		return strings.ToLower(word)
	}
	var b strings.Builder
	for _, r := range norm.NFKD.String(word) {
		if unicode.Is(unicode.Mn, r) && !unicode.In(r, unicode.Devanagari, unicode.Bengali, unicode.Tamil, unicode.Telugu, unicode.Gujarati,
			unicode.Gurmukhi, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) {
			continue // an accent; in these scripts it is a vowel
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
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// same are letters that stand for others, and that no decomposition takes apart.
var same = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ð': "d", 'ł': "l", 'ı': "i", 'þ': "th", 'ħ': "h",
	'ς': "σ",                               // at the end of a Greek word
	'ـ': "",                                // stretches Arabic words
	'ى': "ي", 'ة': "ه", 'أ': "ا", 'إ': "ا", // written for one another
	'ک': "ك", 'ی': "ي", 'ہ': "ه", // Persian and Urdu forms
	'\u200c': "", '\u200d': "", '\u00ad': "",
}

// german makes the ways to write an umlaut the same: ä, ae and a. A u before e is left
// after a vowel and q, as in neue and Quelle.
func german(word string) string {
	if !strings.ContainsAny(word, "eäöüß") {
		return word
	}
	var b strings.Builder
	var before, before2 rune
	for _, r := range word {
		switch {
		case r == 'e' && (before == 'a' || before == 'o' || before == 'u' && !strings.ContainsRune("aeioquyäöü", before2)):
			before2, before = before, 'x'
			continue
		case r == 'ä':
			b.WriteByte('a')
		case r == 'ö':
			b.WriteByte('o')
		case r == 'ü':
			b.WriteByte('u')
		case r == 'ß':
			b.WriteString("ss")
		default:
			b.WriteRune(r)
		}
		before2, before = before, r
	}
	return b.String()
}
