package language

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxLetters is how much of a text is read.
const maxLetters = 2000

// The scripts that are told apart. Those that one language has for itself come
// from alone.
const (
	scriptLatin = iota
	scriptCyrillic
	scriptArabic
	scriptDevanagari
	scriptHan
	scriptKana
	firstAlone // Hangul
	numScripts = firstAlone + 20
)

var scriptNames = []string{"Latin", "Cyrillic", "Arabic", "Devanagari"}

var shared = []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Arabic, unicode.Devanagari, unicode.Han, unicode.Hiragana}

// single are scripts that decide alone.
var single = [numScripts - firstAlone]struct {
	table    *unicode.RangeTable
	language string
}{
	{unicode.Hangul, "ko"}, {unicode.Thai, "th"}, {unicode.Greek, "el"}, {unicode.Hebrew, "he"},
	{unicode.Armenian, "hy"}, {unicode.Georgian, "ka"}, {unicode.Bengali, "bn"}, {unicode.Gujarati, "gu"},
	{unicode.Gurmukhi, "pa"}, {unicode.Tamil, "ta"}, {unicode.Telugu, "te"}, {unicode.Kannada, "kn"},
	{unicode.Malayalam, "ml"}, {unicode.Sinhala, "si"}, {unicode.Khmer, "km"}, {unicode.Lao, "lo"},
	{unicode.Myanmar, "my"}, {unicode.Ethiopic, "am"}, {unicode.Oriya, "or"}, {unicode.Tibetan, "bo"},
}

// scriptOf returns the script of a letter, or -1.
func scriptOf(r rune) int {
	if r < 0x250 {
		if unicode.IsLetter(r) {
			return scriptLatin
		}
		return -1
	}
	if unicode.Is(unicode.Katakana, r) || r == 'ー' {
		return scriptKana
	}
	for i, t := range shared {
		if unicode.Is(t, r) {
			return i
		}
	}
	for i, s := range single {
		if unicode.Is(s.table, r) {
			return firstAlone + i
		}
	}
	return -1
}

// text is what a text consists of.
type text struct {
	words   [numScripts][][]rune // by script
	letters [numScripts]int
}

// read splits a text into words, by script, and leaves out what says nothing about
// its language.
func read(s string) *text {
	t := &text{}
	total := 0
	for piece := range strings.FieldsSeq(norm.NFC.String(s)) {
		if total >= maxLetters {
			break
		}
		if !silent(piece) {
			total += t.take(piece)
		}
	}
	return t
}

// silent pieces are addresses, numbers, codes and mentions.
func silent(piece string) bool {
	if strings.Contains(piece, "://") || strings.HasPrefix(piece, "www.") || strings.ContainsAny(piece, "@#_\\<>{}=") {
		return true
	}
	if strings.IndexFunc(piece, unicode.IsDigit) >= 0 && isASCII(piece) {
		return true
	}
	// A name of a host or a file: a dot with letters on both sides.
	dot := strings.IndexByte(piece, '.')
	return dot > 0 && dot+1 < len(piece) && isASCII(piece) && unicode.IsLower(rune(piece[dot+1]))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// take adds the words of a piece, and returns how many letters they have.
func (t *text) take(piece string) (letters int) {
	var word []rune
	script := -1
	end := func() {
		if len(word) > 0 {
			t.words[script] = append(t.words[script], word)
		}
		word = nil
	}
	for _, r := range piece {
		s := scriptOf(r)
		if !unicode.IsLetter(r) {
			s = -1 // signs of vowels, too: the tables know letters only
		}
		if s != script || s < 0 {
			end()
			script = s
		}
		if s >= 0 {
			word = append(word, r)
			t.letters[s]++
			if letters++; letters == maxLetters {
				break
			}
		}
	}
	end()
	return letters
}

// The share of a text's letters that its prevailing script has at least. Names of
// products are in Latin letters in every script; more than a few Latin words that
// aren't capitalised are a second language.
const (
	minShare          = 0.85
	minShareOverNames = 0.45
	mostPlainWords    = 2
	mostLatinWords    = 5
)

// prevailing returns the script of the text, with scriptHan for kana, too; ok is
// false if none prevails.
func (t *text) prevailing() (script int, ok bool) {
	sum, most := 0.0, 0.0
	var share [numScripts]float64
	for s, n := range t.letters {
		weight := float64(n)
		switch {
		case s == scriptKana:
			s = scriptHan
			fallthrough
		case s == scriptHan, s == firstAlone:
			weight *= 2.5 // letters that are syllables or words
		}
		share[s] += weight
		sum += weight
	}
	for s, weight := range share {
		if weight > most {
			script, most = s, weight
		}
	}
	least := minShare
	onlyLatin := most+share[scriptLatin] >= 0.95*sum
	if script != scriptLatin && onlyLatin && len(t.words[scriptLatin]) <= mostLatinWords && t.plainLatin() <= mostPlainWords {
		least = minShareOverNames
	}
	return script, most > 0 && most >= least*sum
}

// plainLatin counts words in Latin letters that aren't capitalised.
func (t *text) plainLatin() (n int) {
	for _, w := range t.words[scriptLatin] {
		if unicode.IsLower(w[0]) {
			n++
		}
	}
	return n
}

// sure is what is answered where the script decides.
func (t *text) sure(language string) (string, float64) { return language, 0.99 }

// names says whether a few words may be no more than names: each is capitalised.
func names(words [][]rune) bool {
	if len(words) > 4 || len(words) == 4 && uppercase(words) {
		return false
	}
	for _, w := range words {
		if !unicode.IsUpper(w[0]) {
			return false
		}
	}
	return true
}

// uppercase says whether there are capitals only.
func uppercase(words [][]rune) bool {
	for _, w := range words {
		for _, r := range w {
			if !unicode.IsUpper(r) {
				return false
			}
		}
	}
	return true
}
