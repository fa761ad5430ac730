package words

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/lang/ckb"
	"github.com/blevesearch/bleve/v2/analysis/lang/fa"
	"github.com/blevesearch/bleve/v2/analysis/lang/hi"
	"github.com/blevesearch/bleve/v2/analysis/lang/hr"
	"github.com/blevesearch/bleve/v2/analysis/lang/pl"
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/arabic"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	sgerman "github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/irish"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/tamil"
	"github.com/blevesearch/snowballstem/turkish"
	"golang.org/x/text/unicode/norm"
)

// Language takes texts of one language apart. It may be used by several goroutines.
type Language struct {
	// Base is the language without region: de of de-AT. Unknown ones have their own.
	Base string
	// Compounds says that the language writes words of several as one.
	Compounds bool

	stem     func(string) string // nil: a few endings only
	script   *unicode.RangeTable // of the words that stem is for
	headed   bool                // a term begins as its word does, if that is a letter of ASCII
	elides   bool                // articles are tied to words by an apostrophe
	german   bool
	turkish  bool
	japanese bool
	chinese  bool
	memo     *memo
}

// Base is a language without script and region, named as For names it: de of de-AT, no
// of nb.
func Base(tag string) string {
	base, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	if named, ok := sameAs[base]; ok {
		return named
	}
	return base
}

// For returns what takes apart texts of a language, named as in BCP 47. Any name is
// good: what is unknown is taken apart by its script alone.
func For(tag string) *Language {
	base := Base(tag)
	l := &Language{Base: base, script: unicode.Latin, japanese: base == "ja", chinese: base == "zh", turkish: base == "tr", german: base == "de", memo: newMemo()}
	switch base {
	case "de", "nl", "sv", "da", "no", "fi", "hu":
		l.Compounds = true
	case "fr", "it", "ca":
		l.elides = true
	}
	l.stem = stemmer(base)
	_, suffixes := snowball[base]
	l.headed = suffixes && base != "ga" || l.stem == nil // Irish changes the beginnings of words, too
	switch base {
	case "ar", "ckb", "fa":
		l.script = unicode.Arabic
	case "ru":
		l.script = unicode.Cyrillic
	case "hi":
		l.script = unicode.Devanagari
	case "ta":
		l.script = unicode.Tamil
	}
	return l
}

// sameAs are other names of languages.
var sameAs = map[string]string{"nb": "no", "nn": "no", "iw": "he", "in": "id", "yue": "zh", "cmn": "zh", "gsw": "de"}

// snowball are the stemmers that bleve has, too.
var snowball = map[string]func(*snowballstem.Env) bool{
	"ar": arabic.Stem, "da": danish.Stem, "nl": dutch.Stem, "en": english.Stem, "fi": finnish.Stem, "fr": french.Stem, "de": sgerman.Stem,
	"hu": hungarian.Stem, "ga": irish.Stem, "it": italian.Stem, "no": norwegian.Stem, "pt": portuguese.Stem, "ro": romanian.Stem,
	"ru": russian.Stem, "es": spanish.Stem, "sv": swedish.Stem, "ta": tamil.Stem, "tr": turkish.Stem,
}

func stemmer(base string) func(string) string {
	if stem, ok := snowball[base]; ok {
		return func(word string) string {
			env := snowballstem.NewEnv(word)
			stem(env)
			return env.Current()
		}
	}
	switch base {
	case "hi":
		return filtered(hi.NewHindiNormalizeFilter(), hi.NewHindiStemmerFilter())
	case "ckb":
		return filtered(ckb.NewSoraniNormalizeFilter(), ckb.NewSoraniStemmerFilter())
	case "fa":
		return filtered(fa.NewPersianNormalizeFilter())
	case "hr":
		return filtered(hr.NewSuffixTransformationFilter(), hr.NewCroatianStemmerFilter())
	case "pl":
		return func(word string) string { return polish()(word) }
	}
	return nil
}

// polish reads its table when it is needed.
var polish = sync.OnceValue(func() func(string) string {
	f, err := pl.NewPolishStemmerFilter()
	if err != nil {
		return plural // the table is a part of the program
	}
	return filtered(f)
})

// filtered makes a function of bleve's filters.
func filtered(filters ...analysis.TokenFilter) func(string) string {
	return func(word string) string {
		ts := analysis.TokenStream{{Term: []byte(word)}}
		for _, f := range filters {
			ts = f.Filter(ts)
		}
		if len(ts) == 0 {
			return ""
		}
		return string(ts[0].Term)
	}
}

// english is for words in Latin letters in texts of another script.
var latin = stemmer("en")

// Term is the form in which a word is compared.
func (l *Language) Term(word string) string { return l.memo.of(word, l.term) }

func (l *Language) term(word string) string {
	if l.turkish {
		word = strings.ToLowerSpecial(unicode.TurkishCase, word)
	} else {
		word = strings.ToLower(word)
	}
	first, _ := utf8.DecodeRuneInString(word)
	switch {
	case first >= '0' && first <= '9' && ascii(word):
		return word
	case l.german:
		return Fold(l.stem(german(word)))
	case l.stem != nil && (first < 0x80 && l.script == unicode.Latin || unicode.Is(l.script, first)):
		return Fold(l.stem(compose(word)))
	case first < 0x80 && l.script != unicode.Latin, l.japanese || l.chinese:
		return Fold(latin(word))
	}
	return plural(Fold(word))
}

// Unstemmed is a word as far as it has been typed, which has no ending yet.
func (l *Language) Unstemmed(word string) string {
	word = strings.ToLower(word)
	if l.german {
		word = german(word)
	}
	return Fold(word)
}

func compose(word string) string {
	if ascii(word) {
		return word
	}
	return norm.NFC.String(word)
}

// plural cuts what a plural adds to words in Latin letters in languages that have no
// stemmer here. It is applied to what is looked for, too, so that what it makes of
// other languages does no harm.
func plural(word string) string {
	n := len(word)
	if n < 4 || !ascii(word) || word[n-1] != 's' {
		return word
	}
	switch {
	case strings.HasSuffix(word, "ss"), strings.HasSuffix(word, "us"), strings.HasSuffix(word, "is"):
		return word
	case strings.HasSuffix(word, "ies") && n > 4:
		return word[:n-3] + "y"
	}
	return word[:n-1]
}
