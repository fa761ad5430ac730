package mask

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
)

// CardsName is the name by which New knows the pattern of card numbers.
const CardsName = "cards"

// MaxPattern is the length of a pattern in characters.
const MaxPattern = 500

// Removed stands for what a regular expression found.
const Removed = "[removed]"

// Pattern finds what is to be taken out. It may be used by several goroutines.
type Pattern struct {
	re *regexp.Regexp // nil: card numbers
}

// Cards returns the pattern of payment card numbers.
func Cards() *Pattern { return &Pattern{} }

// New returns the pattern of payment card numbers for "cards" or "", else that of a
// regular expression in Go's syntax. What it finds becomes "[removed]". One that is
// longer than 500 characters, isn't an expression, or fits where there is nothing is
// a *store.FieldError about field.
func New(field, expr string) (*Pattern, error) {
	if expr == "" || expr == CardsName {
		return Cards(), nil
	}
	if utf8.RuneCountInString(expr) > MaxPattern {
		return nil, store.TooLong(field, MaxPattern)
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, &store.FieldError{Field: field, Reason: "isn't a regular expression: " + reason(err)}
	}
	if re.MatchString("") {
		return nil, &store.FieldError{Field: field, Reason: "fits where there is nothing: it has to ask for at least one character"}
	}
	return &Pattern{re}, nil
}

func reason(err error) string {
	_, after, ok := strings.Cut(err.Error(), "error parsing regexp: ")
	if !ok {
		return err.Error()
	}
	return after
}

// Text takes what the pattern finds out of a text, and says how many pieces that
// were. limit is how many characters the result may have: if it would be longer, a
// bullet stands for each piece, which is never longer than the piece.
func (p *Pattern) Text(text string, limit int) (string, int) {
	if p.re == nil {
		return maskCards(text)
	}
	out, n := p.remove(text, Removed)
	if n > 0 && utf8.RuneCountInString(out) > limit {
		out, n = p.remove(text, string(bullet))
	}
	return out, n
}

func maskCards(text string) (out string, n int) {
	if !mayHold(text) {
		return text, 0
	}
	runes := []rune(text)
	_, n = hide(runes)
	if n == 0 {
		return text, 0 // which may hold bytes that aren't letters
	}
	return string(runes), n
}

// mayHold says whether a text has digits enough for a card number, at little cost:
// most texts haven't.
func mayHold(text string) bool {
	n := 0
	for i := 0; i < len(text); i++ {
		if c := text[i]; c >= '0' && c <= '9' || c >= utf8.RuneSelf {
			if n++; n >= minDigits {
				return true
			}
		}
	}
	return false
}

// remove puts something in the place of all that the expression finds. What stands
// for something that was removed before isn't looked at.
func (p *Pattern) remove(text, by string) (string, int) {
	parts := strings.Split(text, Removed)
	n := 0
	for i, part := range parts {
		parts[i] = p.re.ReplaceAllStringFunc(part, func(found string) string {
			if found == "" || found == string(bullet) {
				return found
			}
			n++
			return by
		})
	}
	if n == 0 {
		return text, 0
	}
	return strings.Join(parts, Removed), n
}

// find are the spans that the expression finds in runes.
func (p *Pattern) find(runes []rune) []span {
	text := string(runes)
	var found []span
	runeAt, byteAt := 0, 0
	for _, m := range p.re.FindAllStringIndex(text, -1) {
		if m[0] == m[1] {
			continue
		}
		runeAt += utf8.RuneCountInString(text[byteAt:m[0]])
		n := utf8.RuneCountInString(text[m[0]:m[1]])
		found = append(found, span{runeAt, runeAt + n})
		runeAt, byteAt = runeAt+n, m[1]
	}
	marks := marked(runes)
	return slices.DeleteFunc(found, func(s span) bool {
		for len(marks) > 0 && marks[0].to <= s.from {
			marks = marks[1:]
		}
		return len(marks) > 0 && marks[0].from < s.to
	})
}

// marked are the places of what stands for something that was removed before.
func marked(runes []rune) (at []span) {
	mark := []rune(Removed)
	for i := 0; i < len(runes); i++ {
		switch {
		case runes[i] == bullet:
			at = append(at, span{i, i + 1})
		case runes[i] == mark[0] && i+len(mark) <= len(runes) && slices.Equal(runes[i:i+len(mark)], mark):
			at = append(at, span{i, i + len(mark)})
			i += len(mark) - 1
		}
	}
	return at
}

// Has says whether the pattern finds something in a text.
func (p *Pattern) Has(text string) bool {
	if p.re == nil {
		return mayHold(text) && len(cards([]rune(text), false)) > 0
	}
	return p.re.MatchString(text)
}

// ForCards says whether it is the pattern of card numbers.
func (p *Pattern) ForCards() bool { return p.re == nil }

// String is the pattern as New takes it.
func (p *Pattern) String() string {
	if p.re == nil {
		return CardsName
	}
	return p.re.String()
}
