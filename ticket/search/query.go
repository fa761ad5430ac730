package search

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxUnits is how many words of a search are looked for; what follows is left out.
const maxUnits = 64

// unit is one thing that is looked for.
type unit struct {
	terms  []string // one word, or several in this order
	must   bool     // it was in quotes: nothing does without
	exact  bool     // as it is: an address, an id, a code
	prefix bool     // the word may go on
	parts  []string // of a code: its words, where nothing has all of it
}

// query is what a person typed.
type query struct {
	units  []unit
	all    string // the whole text, which may be an id with spaces
	number int64  // of a ticket; 0 if it isn't one
	only   bool   // that number, and nothing else
}

// parse reads what a person typed. Whatever it is, it is a query.
func parse(text string, typing bool) *query {
	q := &query{all: strings.TrimSpace(text)}
	digits, sign := strings.CutPrefix(q.all, "#")
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil && n > 0 && digits[0] != '+' {
		q.number, q.only = n, sign
		if sign {
			return q
		}
	}
	seen := map[string]bool{}
	for len(text) > 0 && len(q.units) < maxUnits {
		open := strings.IndexFunc(text, quote)
		if open < 0 {
			q.words(text, seen, typing)
			break
		}
		q.words(text[:open], seen, false)
		_, size := utf8.DecodeRuneInString(text[open:])
		text = text[open+size:]
		end := strings.IndexFunc(text, quote)
		if end < 0 { // the second one isn't typed yet
			q.words(text, seen, typing)
			break
		}
		q.phrase(text[:end])
		_, size = utf8.DecodeRuneInString(text[end:])
		text = text[end+size:]
	}
	return q
}

func quote(r rune) bool { return r == '"' || r == '“' || r == '”' || r == '„' }

// phrase adds words that stand in this order.
func (q *query) phrase(text string) {
	ts := tokens(text)
	if address(strings.ToLower(strings.TrimSpace(text))) && len(ts) > 0 {
		q.add(unit{terms: []string{ts[0].term}, exact: true, must: true})
		return
	}
	var terms []string
	for i, t := range ts {
		switch {
		case t.kind == whole, t.kind == one && i+1 < len(ts) && ts[i+1].place == t.place:
			continue // a pair says more
		case t.kind == one && i == len(ts)-1 && len(terms) > 0 && ts[i-1].kind == pair:
			continue // the last pair has it
		}
		terms = append(terms, t.term)
	}
	if len(terms) > maxUnits {
		terms = terms[:maxUnits]
	}
	if len(terms) > 0 {
		q.add(unit{terms: terms, must: true})
	}
}

func (q *query) add(u unit) {
	if len(q.units) < maxUnits {
		q.units = append(q.units, u)
	}
}

// words adds words of which a ticket may have some.
func (q *query) words(text string, seen map[string]bool, typing bool) {
	ts := tokens(text)
	plain := meaningful(ts)
	for i := 0; i < len(ts); i++ {
		t := ts[i]
		u := unit{terms: []string{t.term}}
		switch {
		case t.kind == whole:
			u.exact = true
			mail := address(t.term)
			for i+1 < len(ts) && ts[i+1].start < t.end {
				i++
				if !mail && ts[i].kind != one {
					u.parts = append(u.parts, ts[i].term)
				}
			}
		case t.kind == one && (i+1 < len(ts) && ts[i+1].kind == pair && ts[i+1].place == t.place || i > 0 && ts[i-1].kind == pair && ts[i-1].end == t.end):
			continue
		case t.kind == pair && plain && onlyHiragana(t.term):
			continue
		}
		if typing && t.end == len(text) && t.kind == word && utf8.RuneCountInString(t.term) > 1 {
			// What is typed so far isn't cut as a whole word is.
			u.terms[0], u.prefix = cut(fold(text[t.start:t.end])), true
		}
		if !seen[u.terms[0]] {
			seen[u.terms[0]] = true
			q.add(u)
		}
	}
}

// meaningful says whether enough is left of a Japanese text without the pairs of
// hiragana, which are endings and particles mostly.
func meaningful(ts []token) bool {
	n := 0
	for _, t := range ts {
		if t.kind == word || t.kind == pair && !onlyHiragana(t.term) {
			n++
		}
	}
	return n >= 2
}

func onlyHiragana(term string) bool {
	for _, r := range term {
		if !unicode.Is(unicode.Hiragana, r) {
			return false
		}
	}
	return true
}
