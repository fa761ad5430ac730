package words

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/ikawaha/kagome-dict/ipa"
	"github.com/ikawaha/kagome/v2/tokenizer"
	"golang.org/x/text/unicode/norm"
)

// unit is what is written in one place: a letter with its marks.
type unit struct {
	text       string
	start, end int
	script     *unicode.RangeTable
}

// dense takes a run of letters of scripts that don't part words.
func (x *lexer) dense(start int) int {
	var units []unit
	at := start
	for at < len(x.text) {
		r, size := utf8.DecodeRuneInString(x.text[at:])
		mark := unicode.IsMark(r) || r == 'ﾞ' || r == 'ﾟ'
		if !Dense(r) && !mark {
			break
		}
		from := at
		at += size
		if mark && len(units) > 0 { // it belongs to the letter before
			u := &units[len(units)-1]
			u.text, u.end = norm.NFKC.String(x.text[u.start:at]), at
			continue
		}
		units = append(units, unit{norm.NFKC.String(x.text[from:at]), from, at, scriptOf(r)})
	}
	for len(units) > 0 {
		n := 1
		for n < len(units) && units[n].script == units[0].script {
			n++
		}
		x.run(units[:n])
		units = units[n:]
	}
	return at
}

// scriptOf tells scripts apart as far as they are taken apart in other ways. Han and
// kana go together.
func scriptOf(r rune) *unicode.RangeTable {
	for _, s := range []*unicode.RangeTable{unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar} {
		if unicode.Is(s, r) {
			return s
		}
	}
	return unicode.Han
}

// run takes letters of one script.
func (x *lexer) run(units []unit) {
	switch {
	case units[0].script == unicode.Hangul:
		x.grams(units, 2, 2)
	case units[0].script != unicode.Han:
		x.grams(units, 2, 3)
	case x.language.japanese && x.japanese(units):
	case x.language.japanese || x.language.chinese:
		x.grams(units, 1, 2)
	default:
		x.grams(units, 2, 2)
	}
}

// grams adds so many letters at a time. Fewer letters than that are added as they are.
func (x *lexer) grams(units []unit, least, most int) {
	least = min(least, len(units))
	for i := range units {
		term := ""
		for n, u := range units[i:min(i+most, len(units))] {
			if term += u.text; n+1 < least {
				continue
			}
			kind := Gram
			if n == 0 {
				kind = Single
			}
			x.add(term, units[i].start, u.end, kind)
		}
	}
}

func (x *lexer) add(term string, start, end int, kind Kind) {
	if term != "" {
		x.tokens = append(x.tokens, Token{cut(strings.ToLower(term)), start, end, kind})
	}
}

// kagome reads its dictionary when the first Japanese text is taken apart.
var kagome = sync.OnceValues(func() (*tokenizer.Tokenizer, error) { return tokenizer.New(ipa.Dict(), tokenizer.OmitBosEos()) })

// japanese adds the words of a dictionary; ok is false if it found none that count.
func (x *lexer) japanese(units []unit) (ok bool) {
	k, err := kagome()
	if err != nil {
		return false // the dictionary is a part of the program
	}
	var b strings.Builder
	var place []int // of each letter: which unit it is of
	for i, u := range units {
		b.WriteString(u.text)
		for range utf8.RuneCountInString(u.text) {
			place = append(place, i)
		}
	}
	for _, t := range k.Analyze(b.String(), tokenizer.Search) {
		pos := t.POS()
		if !counts(pos) || t.Start >= t.End {
			continue
		}
		term, known := t.BaseForm()
		if !known || term == "*" {
			term = t.Surface
		}
		if term == "する" || term == "ある" || term == "いる" || term == "なる" {
			continue
		}
		x.add(term, units[place[t.Start]].start, units[place[t.End-1]].end, Word)
		ok = true
	}
	return ok
}

// counts says whether a part of speech carries meaning. Suffixes do: what a fee, a
// form and a proof are called ends in one.
func counts(pos []string) bool {
	if len(pos) == 0 {
		return false
	}
	switch pos[0] {
	case "助詞", "助動詞", "記号", "フィラー", "接続詞", "連体詞", "その他":
		return false
	case "動詞":
		return len(pos) < 2 || pos[1] == "自立"
	case "名詞":
		return len(pos) < 2 || pos[1] != "非自立"
	}
	return true
}
