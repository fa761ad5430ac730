package faq

import (
	"strings"

	"github.com/frontdesk-go/frontdesk/store"
)

// A rank is a place in a section: text in the digits 0-9a-z that sorts by bytes. The
// first rankHead digits count, so that appending costs no length; what follows divides
// the room between two of them, however often. It never ends in 0, so that there is
// always room before it.
const (
	rankDigits = "0123456789abcdefghijklmnopqrstuvwxyz"
	rankHead   = 7
	maxRank    = 500 // bytes: more than 2,000 articles moved to one place, one after the other
)

// rankBetween returns a rank between two, either of which may be "": the start, the end.
func rankBetween(a, b string) (string, error) {
	switch {
	case a == "" && b == "":
		return "i" + strings.Repeat("0", rankHead-2) + "1", nil
	case b == "":
		if next, ok := rankAfter(a); ok {
			return next, nil
		}
	}
	r := middle(a, b)
	if len(r) > maxRank {
		return "", &store.FieldError{Field: "before", Reason: "is a place to which too much was moved: move something else away first", Limit: maxRank}
	}
	return r, nil
}

// rankAfter counts up. It fails at the end of the numbers.
func rankAfter(a string) (string, bool) {
	head := []byte((a + strings.Repeat("0", rankHead))[:rankHead])
	for i := rankHead - 1; i >= 0; i-- {
		d := strings.IndexByte(rankDigits, head[i])
		if d < len(rankDigits)-1 {
			head[i] = rankDigits[d+1]
			return string(head[:rankHead-1]) + last(head[rankHead-1]), true
		}
		head[i] = rankDigits[0]
	}
	return "", false
}

// last keeps a rank from ending in 0.
func last(digit byte) string {
	if digit == rankDigits[0] {
		return "0" + rankDigits[1:2]
	}
	return string(digit)
}

// middle is a text between two, read as digits behind a point. "" is 0 and 1.
func middle(a, b string) string {
	digit := func(s string, i, none int) int {
		if i < len(s) {
			return strings.IndexByte(rankDigits, s[i])
		}
		return none
	}
	var out []byte
	for i := 0; ; i++ {
		lo, hi := digit(a, i, 0), len(rankDigits)
		if b != "" {
			hi = digit(b, i, 0)
		}
		switch {
		case lo == hi:
			out = append(out, rankDigits[lo])
		case hi-lo > 1:
			return string(append(out, rankDigits[(lo+hi)/2]))
		default: // next to each other: below b, whatever follows
			out = append(out, rankDigits[lo])
			b = ""
		}
	}
}
