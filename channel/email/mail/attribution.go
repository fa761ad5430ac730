package mail

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// maxAbove is how many lines a program breaks the line above a quote into, at most.
const maxAbove = 4

// above says how many lines from i on tell of a quote that follows, and whether that is
// all of the rest.
func (t *lines) above(i int) (n int, whole bool) {
	if strings.HasPrefix(t.plain[i], markAbove) {
		return t.untilUnmarked(i), false
	}
	if original[unruled(t.plain[i])] && ruled(t.plain[i]) {
		return 1, !t.quotedNext(i + 1)
	}
	if n := t.header(i); n > 0 {
		return n, true
	}
	if rule(t.plain[i]) {
		if next := t.next(i + 1); next < len(t.text) && t.header(next) > 0 {
			return next - i + t.header(next), true
		}
	}
	return t.attribution(i), false
}

func (t *lines) untilUnmarked(i int) int {
	n := 1
	for i+n < len(t.plain) && strings.HasPrefix(t.plain[i+n], markAbove) {
		n++
	}
	return n
}

// quotedNext says whether a quoted line comes next, or what a desk's own line has hidden.
func (t *lines) quotedNext(i int) bool {
	i = t.next(i)
	return i < len(t.kind) && (t.kind[i] == quoted || t.kind[i] == hidden)
}

// forwards says whether line i is above a message that is sent on.
func (t *lines) forwards(i int) bool {
	s := strings.TrimLeft(t.plain[i], marks)
	text := strings.TrimSuffix(unruled(s), ":")
	if !forwarded[text] {
		return false
	}
	return ruled(s) || strings.HasSuffix(unruled(s), ":") || t.header(t.next(i+1)) > 0
}

const ruleSigns = "-_=*—–─━ "

// unruled is a line without the rules around its text.
func unruled(s string) string { return strings.Trim(s, ruleSigns) }

// ruled says whether a text stands behind a rule.
func ruled(s string) bool {
	return len(s)-len(strings.TrimLeft(s, ruleSigns)) >= 2
}

// rule says whether a line is a rule and nothing else.
func rule(s string) bool { return len(s) >= 2 && strings.Trim(s, ruleSigns) == "" }

// attribution says how many lines from i on are the words above a quote, such as
// "On Monday, 3 May 2021 at 10:00, Ann <ann@example.com> wrote:". Where the words begin
// lower down, what is here is text.
func (t *lines) attribution(i int) int {
	n := t.attributionAt(i)
	for j := i + 1; j < i+n; j++ {
		if startsWithWord(t.plain[j]) && t.attributionAt(j) > 0 {
			return 0
		}
	}
	return n
}

func (t *lines) attributionAt(i int) int {
	if !beginsAttribution(t.plain[i]) {
		return 0
	}
	joined := ""
	for n := 1; n <= maxAbove && i+n <= len(t.plain); n++ {
		s := t.plain[i+n-1]
		if k := t.kind[i+n-1]; k == blank || k == hidden || k == quoted && !tornAddress(joined, s) {
			return 0
		}
		joined = strings.TrimSpace(joined + " " + s)
		if attributes(joined, t.quotedNext(i+n), t.apart(i, i+n)) {
			return n
		}
	}
	return 0
}

// tornAddress says whether a line begins with the > that closes an address.
func tornAddress(before, s string) bool {
	rest := strings.Trim(s, ">: ")
	return strings.Count(before, "<") > strings.Count(before, ">") && (rest == "" || verbs[rest])
}

var (
	address   = lazily(`[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+`)
	clockTime = lazily(`\d{1,2}[:.h時点시时]\s?\d{2}|\d{1,2}\s?(am|pm|uhr|時|시|点)`)
	day       = lazily(`\b(19|20)\d\d\b|\b(19|20)\d\d[年년]|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}`)
	opening   = lazily(`^[^\d]{0,40}\d`)
	wordsHead = lazily(`^(\S+\s+){0,4}[^\s\d]*\d`)
	month     = lazily(`\d{1,2}(\.|th|st|nd|rd|,)?\s+(de\s+)?\pL{3,}|\pL{3,}\.?\s+\d{1,2}\b`)
)

// lazily compiles a pattern when it is first used: a desk that gets no mail does without.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// beginsAttribution says whether a line may be the first of the words above a quote:
// the date comes early in them, or there is a name and its address, or they end as s-nail's.
func beginsAttribution(s string) bool {
	s = strings.TrimLeft(unruled(s), "*_ ")
	return s != "" && (opening().MatchString(s) && wordsHead().MatchString(s) || strings.Contains(s, "@") || startsWithWord(s) || strings.HasSuffix(s, " "+wroteIn))
}

// startsWithWord says whether a line begins with one of the words by which programs
// begin, or with a digit.
func startsWithWord(s string) bool {
	s = strings.TrimLeft(s, "-*_ ")
	if s == "" {
		return false
	}
	if s[0] >= '0' && s[0] <= '9' {
		return true
	}
	head, rest, found := strings.Cut(s, " ")
	if !found {
		return strings.HasPrefix(s, "在") || strings.HasPrefix(s, "於") || strings.HasPrefix(s, "ב-")
	}
	if starters[head] || strings.HasPrefix(head, "在") || strings.HasPrefix(head, "ב-") {
		return true
	}
	second, _, _ := strings.Cut(rest, " ")
	return starters[head+" "+second]
}

// apart says whether there are empty lines around those from one to another.
func (t *lines) apart(from, to int) bool {
	return (from == 0 || t.kind[from-1] == blank) && (to == len(t.kind) || t.kind[to] == blank)
}

// attributes says whether a line is the words above a quote. Those without an address
// may be a sender's, who tells what somebody wrote: they count where the line is apart
// or marked lines follow.
func attributes(s string, quoteFollows, apart bool) bool {
	s = strings.TrimSpace(strings.Trim(s, "-*_ "))
	if s == "" || utf8.RuneCountInString(s) > maxPlain/2 {
		return false
	}
	colon := strings.HasSuffix(s, ":")
	hasVerb := saysWrote(strings.TrimRight(s, ": *_"))
	if !colon && !hasVerb {
		// Some programs write the date and the address alone.
		return quoteFollows && s[0] >= '0' && s[0] <= '9' && strings.HasSuffix(s, ">") && day().MatchString(s) && address().MatchString(s)
	}
	addressed := address().MatchString(s)
	when, date := clockTime().MatchString(s), day().MatchString(s)
	switch {
	case hasVerb && addressed:
		return when || date || month().MatchString(s) || quoteFollows || colon && strings.Contains(s, "<")
	case hasVerb && when && (date || month().MatchString(s)):
		return startsWithWord(s) && apart || quoteFollows
	case hasVerb && (when || date || month().MatchString(s)):
		return quoteFollows
	case colon && addressed && when && date:
		return true
	case colon && quoteFollows:
		return addressed || when && date
	}
	return hasVerb && colon && quoteFollows && utf8.RuneCountInString(s) < 80
}

// saysWrote says whether a line ends with a verb of writing, or has one before the
// address at its end.
func saysWrote(s string) bool {
	if endsWithVerb(s) {
		return true
	}
	if i := strings.LastIndexByte(s, '<'); i > 0 && strings.HasSuffix(s, ">") {
		return endsWithVerb(strings.TrimSpace(cutName(s[:i])))
	}
	return false
}

// cutName leaves what is before the quoted name in front of an address. In Portuguese
// and Arabic the verb may stand before the name.
func cutName(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasSuffix(s, `"`) {
		if i := strings.LastIndexByte(s[:len(s)-1], '"'); i >= 0 {
			return s[:i]
		}
	}
	for w := range strings.FieldsSeq(s) {
		if verbs[strings.Trim(w, ",.:")] {
			return w
		}
	}
	return s
}

// endsWithVerb looks at the last three words of a line, and where words aren't
// separated at its end.
func endsWithVerb(s string) bool {
	fields := strings.Fields(s)
	for n := 1; n <= 3 && n <= len(fields); n++ {
		if verbs[strings.Trim(strings.Join(fields[len(fields)-n:], " "), ",.")] {
			return true
		}
	}
	if len(fields) == 0 {
		return false
	}
	last := fields[len(fields)-1]
	for i, r := range last {
		if i > 0 && r >= 0x3040 && verbs[last[i:]] {
			return true
		}
	}
	return false
}
