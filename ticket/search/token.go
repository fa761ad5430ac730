package search

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// token is a word of a text, in the form in which it is looked up.
type token struct {
	term       string
	start, end int // bytes in the text
	// place counts the words of the text. What is made of the same letters in
	// several ways, as an address and its parts, begins at the same place.
	place int
	kind  kind
}

type kind uint8

const (
	word  kind = iota
	pair       // two letters of a script that doesn't part words
	one        // a letter of such a script
	whole      // an address or a code with punctuation in it, as it is
)

// Limits of what is indexed of a text.
const (
	maxTerm = 100 // bytes; a longer word is cut
)

// tokens returns the words of a text, in order.
//
// Words of scripts that part them with spaces are folded: lower case, compatible
// forms made the same, accents dropped, plurals cut (see stem). Chinese, Japanese,
// Korean, Thai and their like become pairs of letters, and single letters, whatever
// the language of the ticket is said to be.
func tokens(text string) (ts []token) {
	l := lexer{text: text}
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		if unicode.IsSpace(r) {
			at += size
			continue
		}
		end := at
		for end < len(text) {
			r, size := utf8.DecodeRuneInString(text[end:])
			if unicode.IsSpace(r) {
				break
			}
			end += size
		}
		l.piece(at, end)
		at = end
	}
	return l.tokens
}

type lexer struct {
	text   string
	tokens []token
	place  int
}

// piece takes what stands between spaces.
func (l *lexer) piece(start, end int) {
	if from, to, ok := code(l.text, start, end); ok {
		l.tokens = append(l.tokens, token{strings.ToLower(norm.NFKC.String(l.text[from:to])), from, to, l.place, whole})
	}
	for at := start; at < end; {
		r, size := utf8.DecodeRuneInString(l.text[at:])
		switch {
		case dense(r):
			at = l.dense(at, end)
		case letter(r):
			at = l.word(at, end)
		default:
			at += size
		}
	}
}

// code finds an address, an id or a number of an order: letters or digits with
// punctuation within, and an @ or a digit.
func code(text string, start, end int) (from, to int, ok bool) {
	piece := text[start:end]
	inner := strings.TrimLeftFunc(piece, func(r rune) bool { return !letter(r) && r != '+' })
	start += len(piece) - len(inner)
	inner = strings.TrimRightFunc(inner, func(r rune) bool { return !letter(r) })
	if len(inner) > maxTerm || !strings.ContainsAny(inner, "-_.@/:+") || strings.Contains(inner, "://") {
		return 0, 0, false
	}
	if strings.ContainsFunc(inner, dense) || strings.ContainsAny(inner, "()[]<>,;\"") {
		return 0, 0, false
	}
	return start, start + len(inner), strings.ContainsRune(inner, '@') || strings.ContainsAny(inner, "0123456789")
}

// address says whether a text is a mail address and nothing else.
func address(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && a.Name == ""
}

// dense scripts don't part words, or build long ones of short ones.
func dense(r rune) bool {
	if r < 0x0e00 {
		return false
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer,
		unicode.Myanmar) || r == 'ー' || r == 'ｰ' || r == 'ﾞ' || r == 'ﾟ' || r == '々'
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// word takes a word of a script that parts words.
func (l *lexer) word(start, end int) (at int) {
	for at = start; at < end; {
		r, size := utf8.DecodeRuneInString(l.text[at:])
		if !letter(r) || dense(r) {
			break
		}
		at += size
	}
	term := stem(fold(l.text[start:at]))
	if after := strings.HasSuffix(l.text[:start], "'") || strings.HasSuffix(l.text[:start], "’"); after && len(term) == 1 {
		return at // of customer's, don't
	}
	if term != "" {
		l.tokens = append(l.tokens, token{cut(term), start, at, l.place, word})
		l.place++
	}
	return at
}

func cut(term string) string {
	if len(term) <= maxTerm {
		return term
	}
	return strings.ToValidUTF8(term[:maxTerm], "")
}

// dense takes a run of letters of scripts that don't part words.
func (l *lexer) dense(start, end int) int {
	type unit struct {
		text       string
		start, end int
	}
	var units []unit
	at := start
	for at < end {
		r, size := utf8.DecodeRuneInString(l.text[at:])
		mark := unicode.IsMark(r) || r == 'ﾞ' || r == 'ﾟ'
		if !dense(r) && !mark {
			break
		}
		from := at
		at += size
		if mark && len(units) > 0 { // it belongs to the letter before
			u := &units[len(units)-1]
			u.text, u.end = norm.NFKC.String(l.text[u.start:at]), at
			continue
		}
		units = append(units, unit{norm.NFKC.String(l.text[from:at]), from, at})
	}
	for i, u := range units {
		l.tokens = append(l.tokens, token{cut(u.text), u.start, u.end, l.place, one})
		if i+1 < len(units) {
			next := units[i+1]
			l.tokens = append(l.tokens, token{cut(u.text + next.text), u.start, next.end, l.place, pair})
		}
		l.place++
	}
	return at
}
