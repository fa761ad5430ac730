package mail

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// How much a signature has at most, in lines that aren't empty and in runes of a line.
const (
	maxSignatures = 3  // below each other
	maxNames      = 8  // below words like "Kind regards"
	maxNameLine   = 70 // of these
	maxCard       = 15 // below a rule
)

var contact = regexp.MustCompile(`@|https?://|www\.|\+?\d[\d ()/.-]{6,}\d`)

// hideSignature hides the signature of the sender, which is at the end of the text or
// above the quote, and before it another one that is below the quote, as lists of mail
// add. What comes first in a mail is never one.
func (t *lines) hideSignature() {
	for range maxSignatures {
		start, end := t.lastOwn()
		if start == end || !t.hideSignatureIn(start, end) {
			return
		}
	}
}

// hideSignatureIn looks at a stretch of the sender's lines, and says whether nothing of
// it is left.
func (t *lines) hideSignatureIn(start, end int) bool {
	seen := t.before(start)
	for i := start; i < end; i++ {
		if t.kind[i] != own {
			continue
		}
		if seen && t.signs(i, end) {
			t.hideOwn(i, end)
			end = i
			break
		}
		seen = true
	}
	// A rule above a signature or a quote belongs to that.
	for i := end - 1; i > start; i-- {
		if t.kind[i] != own {
			continue
		}
		if !rule(t.plain[i]) {
			return false
		}
		t.hideOwn(i, i+1)
	}
	return end == start || t.kind[start] != own
}

// before says whether the sender wrote something above line i.
func (t *lines) before(i int) bool {
	for _, k := range t.kind[:i] {
		if k == own {
			return true
		}
	}
	return false
}

// lastOwn is the last stretch of lines that no quoted one is in.
func (t *lines) lastOwn() (start, end int) {
	end = len(t.kind)
	for end > 0 && t.kind[end-1] != own {
		end--
	}
	start = end
	for start > 0 && (t.kind[start-1] == own || t.kind[start-1] == blank) {
		start--
	}
	return start, end
}

func (t *lines) hideOwn(from, to int) {
	for i := from; i < to; i++ {
		if t.kind[i] == own {
			t.kind[i] = hidden
		}
	}
}

// signs says whether a signature begins at line i and goes on until end. Below a rule
// or a closing there may be text as well, such as a postscript: what has a sentence in
// it stays, unless the rule is one that only programs draw.
func (t *lines) signs(i, end int) bool {
	s := t.plain[i]
	closing := signedOff[strings.Trim(s, ",.! -*_")]
	if !closing && !strings.HasPrefix(s, "--") && !rule(s) && !ornament(s) {
		return isSentFrom(s)
	}
	c := t.measure(i+1, end)
	switch {
	case s == "--":
		return t.strict[i] || c.lines <= maxCard
	case strings.HasPrefix(s, "-- ") && len(s) < 60:
		return c.lines <= 3 && c.longest <= maxNameLine
	case closing:
		return c.lines <= maxNames && c.longest <= maxNameLine && !c.sentence
	case strings.Trim(s, "_") == "":
		return c.reached && (c.lines <= maxCard || c.lines <= 2*maxCard && len(s) >= 20)
	case rule(s) && !strings.ContainsAny(s, "—–─━*"):
		return !c.sentence && (c.reached && c.lines <= maxNames || c.lines <= 3 && c.lines > 0) && c.longest <= maxNameLine
	}
	return ornament(s) && c.reached && c.lines <= maxNames+2 && c.longest <= maxNameLine && !c.sentence || isSentFrom(s)
}

// ornament says whether a line is drawn of one sign, as is usual around signatures in
// Japanese.
func ornament(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	if len(s) < 8*size || unicode.IsLetter(r) || unicode.IsDigit(r) {
		return false
	}
	return strings.Trim(s, string(r)) == ""
}

// card is what may be a signature.
type card struct {
	lines    int  // that aren't empty
	longest  int  // of them, in runes
	reached  bool // one tells how somebody is reached
	sentence bool // one is a sentence
}

// measure looks at the lines that are the sender's, as far as it matters how many.
func (t *lines) measure(from, to int) (c card) {
	for i := from; i < to && c.lines <= 2*maxCard; i++ {
		if t.kind[i] != own {
			continue
		}
		c.lines++
		c.longest = max(c.longest, utf8.RuneCountInString(t.text[i]))
		c.reached = c.reached || c.lines <= maxCard && t.reaches(i)
		c.sentence = c.sentence || isSentence(t.plain[i])
	}
	return c
}

// isSentence says whether a line ends as a sentence does, and isn't a name such as
// "Example Inc.".
func isSentence(s string) bool {
	switch {
	case s == "":
		return false
	case strings.HasSuffix(s, "?"), strings.HasSuffix(s, "。"), strings.HasSuffix(s, "؟"):
		return true
	case strings.HasSuffix(s, "."), strings.HasSuffix(s, "!"):
		return strings.Count(s, " ") >= 4
	}
	return false
}

// reaches says whether a line tells how somebody is reached. It is asked for each line
// that may begin a signature above it, so the answer is kept.
func (t *lines) reaches(i int) bool {
	is, known := t.contact[i]
	if !known {
		is = contact.MatchString(t.plain[i])
		t.contact[i] = is
	}
	return is
}

// isSentFrom says whether a line is the one that a phone or program puts below what is
// written, and not a sentence that goes on.
func isSentFrom(s string) bool {
	s = strings.TrimLeft(s, "-*_[( ")
	if utf8.RuneCountInString(s) > 160 {
		return false
	}
	text, _, _ := strings.Cut(s, "<")
	if utf8.RuneCountInString(text) > 70 || strings.Contains(text, "?") || strings.Contains(text, ", ") && !strings.Contains(text, "excus") {
		return false
	}
	for _, p := range sentFrom {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
