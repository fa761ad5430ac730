package ticket

import (
	"slices"
	"strings"
	"unicode"
)

// scriptAgrees says whether a language, as a BCP 47 tag, can be written in the script
// of the text: in the prevailing one if there are several. A text with no letters
// agrees with every language, and a language that isn't known here with every text.
func scriptAgrees(language, text string) bool {
	allowed := scriptsOf(language)
	if allowed == nil {
		return true
	}
	script := prevailingScript(text)
	if script == nil {
		return true
	}
	return slices.Contains(allowed, script)
}

// latin stands first, because most letters are.
var scripts = []*unicode.RangeTable{
	unicode.Latin, unicode.Cyrillic, unicode.Han, unicode.Hiragana, unicode.Hangul, unicode.Arabic, unicode.Devanagari, unicode.Thai,
	unicode.Greek, unicode.Hebrew, unicode.Armenian, unicode.Georgian, unicode.Bengali, unicode.Gujarati, unicode.Gurmukhi,
	unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Khmer, unicode.Lao,
	unicode.Myanmar, unicode.Ethiopic, unicode.Oriya, unicode.Tibetan, unicode.Mongolian, unicode.Thaana, unicode.Syriac,
}

// scriptTags are the subtags that name a script in a language's tag. Hiragana is
// both kana here.
var scriptTags = map[string][]*unicode.RangeTable{
	"latn": {unicode.Latin}, "cyrl": {unicode.Cyrillic}, "arab": {unicode.Arabic}, "deva": {unicode.Devanagari},
	"hans": {unicode.Han}, "hant": {unicode.Han}, "hani": {unicode.Han}, "jpan": {unicode.Hiragana, unicode.Han},
	"kore": {unicode.Hangul, unicode.Han}, "grek": {unicode.Greek}, "hebr": {unicode.Hebrew}, "guru": {unicode.Gurmukhi},
	"mong": {unicode.Mongolian}, "armn": {unicode.Armenian}, "geor": {unicode.Georgian}, "thai": {unicode.Thai},
}

// usualScripts are what languages are written in that use other letters than Latin
// ones, or not these alone.
var usualScripts = map[string][]*unicode.RangeTable{
	"zh": {unicode.Han}, "yue": {unicode.Han}, "ja": {unicode.Hiragana, unicode.Han}, "ko": {unicode.Hangul, unicode.Han},
	"ru": {unicode.Cyrillic}, "uk": {unicode.Cyrillic}, "be": {unicode.Cyrillic}, "bg": {unicode.Cyrillic}, "mk": {unicode.Cyrillic},
	"ky": {unicode.Cyrillic, unicode.Latin}, "tg": {unicode.Cyrillic, unicode.Arabic}, "tt": {unicode.Cyrillic, unicode.Latin},
	"ba": {unicode.Cyrillic}, "kk": {unicode.Cyrillic, unicode.Latin, unicode.Arabic}, "mn": {unicode.Cyrillic, unicode.Mongolian},
	"sr": {unicode.Cyrillic, unicode.Latin}, "bs": {unicode.Latin, unicode.Cyrillic}, "sh": {unicode.Latin, unicode.Cyrillic},
	"uz": {unicode.Latin, unicode.Cyrillic}, "az": {unicode.Latin, unicode.Cyrillic, unicode.Arabic},
	"tk": {unicode.Latin, unicode.Cyrillic}, "ku": {unicode.Latin, unicode.Arabic}, "ckb": {unicode.Arabic, unicode.Latin},
	"ar": {unicode.Arabic}, "fa": {unicode.Arabic}, "ur": {unicode.Arabic}, "ps": {unicode.Arabic}, "ug": {unicode.Arabic},
	"sd": {unicode.Arabic, unicode.Devanagari}, "ks": {unicode.Arabic, unicode.Devanagari}, "dv": {unicode.Thaana}, "syr": {unicode.Syriac},
	"he": {unicode.Hebrew}, "iw": {unicode.Hebrew}, "yi": {unicode.Hebrew}, "el": {unicode.Greek}, "hy": {unicode.Armenian}, "ka": {unicode.Georgian},
	"hi": {unicode.Devanagari}, "mr": {unicode.Devanagari}, "ne": {unicode.Devanagari}, "sa": {unicode.Devanagari},
	"bn": {unicode.Bengali}, "as": {unicode.Bengali}, "gu": {unicode.Gujarati}, "pa": {unicode.Gurmukhi, unicode.Arabic},
	"ta": {unicode.Tamil}, "te": {unicode.Telugu}, "kn": {unicode.Kannada}, "ml": {unicode.Malayalam}, "si": {unicode.Sinhala},
	"or": {unicode.Oriya}, "th": {unicode.Thai}, "lo": {unicode.Lao}, "km": {unicode.Khmer}, "my": {unicode.Myanmar},
	"am": {unicode.Ethiopic}, "ti": {unicode.Ethiopic}, "bo": {unicode.Tibetan}, "dz": {unicode.Tibetan},
}

// latinLanguages are written in Latin letters.
const latinLanguages = " af br ca co cs cy da de en eo es et eu fi fil fo fr fy ga gd gl gn ha haw hr ht hu id ig in is it jv la lb lt lv mg mi ms mt " +
	"nb nl nn no ny oc pl pt qu rm ro rw sk sl sm sn so sq st su sv sw tl to tr vi wo xh yo zu "

// scriptsOf returns the scripts of a language, nil if they aren't known.
func scriptsOf(tag string) []*unicode.RangeTable {
	language, rest, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	subtag, _, _ := strings.Cut(rest, "-")
	if named := scriptTags[subtag]; named != nil {
		return named
	}
	if usual := usualScripts[language]; usual != nil {
		return usual
	}
	if len(language) < 4 && language != "" && strings.Contains(latinLanguages, " "+language+" ") {
		return scripts[:1]
	}
	return nil
}

// prevailingScript returns the script of most of the text, nil if it has no letters.
// Addresses are left out. Where letters are syllables or words, each counts for more,
// and a few kana make Han letters Japanese, which the table of Hiragana stands for.
func prevailingScript(text string) *unicode.RangeTable {
	counts := make([]int, len(scripts))
	for piece := range strings.FieldsSeq(text) {
		if strings.Contains(piece, "://") || strings.ContainsRune(piece, '@') || strings.HasPrefix(piece, "www.") {
			continue
		}
		for _, r := range piece {
			if i := scriptIndex(r); i >= 0 {
				counts[i]++
			}
		}
	}
	const han, kana, hangul, weight = 2, 3, 4, 3
	if counts[kana] > 0 && counts[kana]*8 >= counts[han] {
		counts[kana], counts[han] = counts[kana]+counts[han], 0
	}
	for _, i := range []int{han, kana, hangul} {
		counts[i] *= weight
	}
	best := 0
	for i, n := range counts {
		if n > counts[best] {
			best = i
		}
	}
	if counts[best] == 0 {
		return nil
	}
	return scripts[best]
}

func scriptIndex(r rune) int {
	if !unicode.IsLetter(r) {
		return -1
	}
	if unicode.Is(unicode.Katakana, r) || r == 'ー' {
		r = 'あ'
	}
	for i, s := range scripts {
		if unicode.Is(s, r) {
			return i
		}
	}
	return -1
}
