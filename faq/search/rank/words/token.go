package words

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Token is a word of a text, in the form in which it is compared.
type Token struct {
	Term       string
	Start, End int // bytes in the text
	Kind       Kind
}

// Kind says what a token is made of.
type Kind uint8

// The kinds of tokens.
const (
	Word   Kind = iota // a word between spaces, or one of a dictionary
	Gram               // letters of a script that doesn't part words
	Single             // one such letter
	Joined             // words with a hyphen between them, as one: e-mail, email
)

// maxTerm is how long a term may be, in bytes; what is longer is cut.
const maxTerm = 64

// Tokens returns the words of a text, in the order in which they begin.
func (l *Language) Tokens(text string) []Token {
	return l.tokens(lexer{language: l, text: text, tokens: make([]Token, 0, len(text)/6+1)})
}

// Among is as Tokens, but may leave out words whose terms don't begin with one of some
// letters of ASCII, small ones: those that needn't be stemmed, to know that. Words of
// other scripts are all there.
func (l *Language) Among(text string, heads *Heads) []Token {
	if !l.headed {
		heads = nil
	}
	return l.tokens(lexer{language: l, text: text, heads: heads})
}

// Heads are first letters of terms.
type Heads [utf8.RuneSelf]bool

// Add adds the one of a term.
func (h *Heads) Add(term string) {
	if term != "" && term[0] < utf8.RuneSelf {
		h[term[0]] = true
	}
}

func (l *Language) tokens(x lexer) []Token {
	text := x.text
	for at := 0; at < len(text); {
		c := text[at]
		if c < utf8.RuneSelf && !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9') {
			at++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[at:])
		switch {
		case Dense(r):
			at = x.dense(at)
		case Letter(r):
			at = x.word(at)
		default:
			at += size
		}
	}
	return x.tokens
}

type lexer struct {
	language *Language
	text     string
	tokens   []Token
	heads    *Heads // nil: all
}

// Letter says whether words are made of a letter: letters, digits and marks are.
func Letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// Dense says whether a letter is of a script that doesn't part words by spaces, or
// builds long ones of short ones.
func Dense(r rune) bool {
	if r < 0x0e00 {
		return false
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer,
		unicode.Myanmar) || r == 'ー' || r == 'ｰ' || r == 'ﾞ' || r == 'ﾟ' || r == '々'
}

// word takes a word of a script that parts words, with the apostrophes in it.
func (x *lexer) word(start int) (at int) {
	apostrophe := -1
	for at = start; at < len(x.text); {
		if c := x.text[at]; c < utf8.RuneSelf {
			if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' {
				at++
				continue
			}
		}
		r, size := utf8.DecodeRuneInString(x.text[at:])
		if r == '\'' || r == '’' {
			next, _ := utf8.DecodeRuneInString(x.text[at+size:])
			if !Letter(next) || Dense(next) || apostrophe >= 0 {
				break
			}
			apostrophe = at
			if x.language.elides && at-start <= 4 { // l'article, dell'ordine
				return at + size
			}
			at += size
			continue
		}
		if !Letter(r) || Dense(r) {
			break
		}
		at += size
	}
	if x.passes(start, at) {
		return at
	}
	surface := x.text[start:at]
	if apostrophe >= 0 {
		surface = unelide(x.text[start:apostrophe], x.text[apostrophe:at])
	}
	if term := x.language.Term(surface); term != "" {
		x.tokens = append(x.tokens, Token{Term: cut(term), Start: start, End: at})
		x.joined()
	}
	return at
}

// passes says whether a word is one to leave out. Words that a hyphen ties are not.
func (x *lexer) passes(start, end int) bool {
	first := x.text[start]
	if x.heads == nil || first >= utf8.RuneSelf || start > 0 && x.text[start-1] == '-' || end < len(x.text) && x.text[end] == '-' {
		return false
	}
	if 'A' <= first && first <= 'Z' {
		first += 'a' - 'A'
	}
	return !x.heads[first]
}

// unelide makes one word of one with an apostrophe: customer of customer's, dont of
// don't.
func unelide(before, after string) string {
	_, size := utf8.DecodeRuneInString(after)
	after = after[size:]
	if after == "s" || after == "S" {
		return before
	}
	return before + after
}

// joined adds words with a hyphen between them as one, if one of them is so short that
// people leave the hyphen out.
func (x *lexer) joined() {
	const short = 3
	n := len(x.tokens) - 1
	if n == 0 {
		return
	}
	a, b := x.tokens[n-1], x.tokens[n]
	if a.Kind != Word || b.Start != a.End+1 || x.text[a.End] != '-' || min(a.End-a.Start, b.End-b.Start) > short {
		return
	}
	if term := x.language.Term(x.text[a.Start:a.End] + x.text[b.Start:b.End]); term != "" {
		x.tokens = append(x.tokens[:n], Token{Term: cut(term), Start: a.Start, End: b.End, Kind: Joined}, b)
	}
}

func cut(term string) string {
	if len(term) <= maxTerm {
		return term
	}
	return strings.ToValidUTF8(term[:maxTerm], "")
}
