package mail

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// VisibleOptions say what a desk's own mails look like.
type VisibleOptions struct {
	// Delimiters are texts that the desk's mails have above what they quote, such as
	// "Write above this line". The first line that contains one, in whatever case,
	// ends the reply. Those that are shorter than five bytes don't count.
	Delimiters []string
}

// Visible returns what the sender of a mail wrote into it: the text without the
// message that it answers and without a signature, in the words and forms of many
// mail programs and languages. Answers below a quote are kept, and where answers
// stand between the quoted lines everything is, as they mean nothing without these;
// so is what somebody forwards. Ends of lines become "\n", spaces before them go, and what isn't UTF-8 is replaced.
//
// It is sure where a program's marks tell what is quoted, or nothing looks like a
// quote. Otherwise it keeps text rather than lose any: what isn't empty never
// becomes empty. The time is proportional to the length of the text.
func Visible(text string, o *VisibleOptions) (visible string, sure bool) {
	return visibleOf(unmarked(strings.ToValidUTF8(text, "\uFFFD")), o)
}

// visibleOf is Visible for a text in which there may be marks.
func visibleOf(text string, o *VisibleOptions) (visible string, sure bool) {
	t := newLines(text)
	if o != nil {
		t.cutDelimiters(o.Delimiters)
	}
	t.find()
	v := t.visible()
	if v == "" {
		all := strings.Trim(strings.Join(t.text, "\n"), "\n")
		return all, all == ""
	}
	return v, t.sure
}

// kind says what a line is.
type kind uint8

const (
	own    kind = iota // the sender's text
	blank              // nothing
	quoted             // begins with >
	above              // tells of a quote that follows
	hidden             // quoted without a mark, or a signature
)

// Marks that htmlText puts before lines, as HTML says more than text.
const (
	markAbove = "\uE010" // the line above a quote
	markRest  = "\uE011" // all that follows is quoted
	marks     = markAbove + markRest
)

// unmarked is a text without marks that its sender may have put there.
func unmarked(s string) string {
	if !strings.ContainsAny(s, marks) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(marks, r) {
			return -1
		}
		return r
	}, s)
}

// lines is a text while it is looked at. plain holds what is compared.
type lines struct {
	text   []string
	plain  []string
	kind   []kind
	strict map[int]bool // the lines that are "-- ", with which signatures begin
	sure   bool
	whole  bool // there is no signature to be hidden

	contact map[int]bool // the lines that tell how somebody is reached, as far as known
}

func newLines(text string) *lines {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	all := strings.Split(text, "\n")
	t := &lines{text: all, plain: make([]string, len(all)), kind: make([]kind, len(all)), strict: map[int]bool{}, contact: map[int]bool{}, sure: true}
	for i, s := range all {
		t.plain[i] = plain(s)
		if s == "-- " {
			t.strict[i] = true
		}
		t.text[i] = strings.TrimRightFunc(strings.TrimLeft(s, marks), unicode.IsSpace)
		switch {
		case t.plain[i] == "":
			t.kind[i] = blank
		case t.plain[i][0] == '>':
			t.kind[i] = quoted
		}
	}
	return t
}

// maxPlain is how much of a line is looked at: programs' own lines are short.
const maxPlain = 600

// plain is a line as it is compared: in lower case, with the digits and punctuation of
// ASCII, and without marks of direction and spaces around.
func plain(s string) string {
	if s = strings.TrimSpace(s); len(s) > maxPlain {
		s = s[:maxPlain]
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '：':
			r = ':'
		case r >= '！' && r <= '～':
			r -= '！' - '!'
		case r == '\u00a0' || r == '\u3000' || r == '\u202f' || r == '\t':
			r = ' '
		case r == '、' || r == '،':
			r = ','
		case r >= '\u0660' && r <= '\u0669':
			r -= '\u0660' - '0'
		case r >= '\u06f0' && r <= '\u06f9':
			r -= '\u06f0' - '0'
		case unicode.Is(unicode.Cf, r):
			continue
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.TrimSpace(b.String())
}

// cutDelimiters hides everything from a desk's own line on. Where that is quoted line by
// line, the marks say how far the quote goes, and an answer may stand below.
func (t *lines) cutDelimiters(delimiters []string) {
	for _, d := range delimiters {
		d = plain(d)
		if len(d) < 5 {
			continue
		}
		for i, s := range t.plain {
			if t.kind[i] != quoted && strings.Contains(s, d) {
				// What stood above the line was the program's, and is found as such.
				t.hide(i, len(t.text))
				break
			}
		}
	}
}

// sentOn makes all lines from i on the sender's: they are meant to be read, with what
// they quote and how they are signed.
func (t *lines) sentOn(i int) {
	t.sure, t.whole = false, true
	for ; i < len(t.kind); i++ {
		if t.kind[i] == quoted {
			t.kind[i] = own
		}
	}
}

func (t *lines) hide(from, to int) {
	for i := from; i < to; i++ {
		t.kind[i] = hidden
	}
}

// find says what each line is.
func (t *lines) find() {
	for i := 0; i < len(t.text); i++ {
		switch t.kind[i] {
		case blank, quoted, hidden:
			continue
		}
		if t.forwards(i) {
			t.sentOn(i)
			return
		}
		if strings.HasPrefix(t.plain[i], markRest) {
			t.hide(i, len(t.text))
			return
		}
		n, whole := t.above(i)
		if n == 0 {
			continue
		}
		for j := i; j < i+n; j++ {
			t.kind[j] = above
		}
		if whole || !t.quotedNext(i+n) {
			t.hide(i, len(t.text))
			return
		}
		i += n - 1
	}
}

// next is the first line from i on that isn't blank.
func (t *lines) next(i int) int {
	for i < len(t.kind) && t.kind[i] == blank {
		i++
	}
	return i
}

// visible returns the lines that are the sender's, when each is known.
func (t *lines) visible() string {
	t.joinWrapped()
	if !t.whole {
		t.hideSignature()
	}
	last := len(t.kind) - 1
	for last >= 0 && t.kind[last] != own {
		last--
	}
	if t.interleaved(last) {
		t.sure = false
		return t.keep(last, func(k kind) bool { return k != hidden })
	}
	return t.keep(last, func(k kind) bool { return k == own || k == blank })
}

// wrapped is how long, in runes, a quoted line is at least when its end was broken off
// into a line without a mark.
const wrapped = 60

// joinWrapped finds the lines without a mark which are the end of a quoted line that a
// program has broken: one after a long line, in the middle of a sentence, with nothing
// between.
func (t *lines) joinWrapped() {
	for i := 1; i < len(t.kind); i++ {
		if t.kind[i] != own || t.kind[i-1] != quoted || utf8.RuneCountInString(t.text[i-1]) < wrapped {
			continue
		}
		r, _ := utf8.DecodeRuneInString(t.text[i])
		if i+1 < len(t.kind) && t.kind[i+1] == quoted && (unicode.IsLower(r) || !unicode.IsLetter(r)) {
			t.kind[i] = quoted
		}
	}
}

// interleaved says whether there is text of the sender between quoted lines.
func (t *lines) interleaved(last int) bool {
	blocks, inQuote, after := 0, false, false
	for _, k := range t.kind[:last+1] {
		switch k {
		case quoted:
			if !inQuote {
				blocks++
			}
			inQuote = true
		case own:
			after = after || inQuote
			inQuote = false
		}
	}
	return blocks > 1 && after || after && t.quotedAfter(last)
}

func (t *lines) quotedAfter(i int) bool {
	for j := i + 1; j < len(t.kind); j++ {
		if t.kind[j] == quoted && strings.Trim(t.plain[j], "> ") != "" {
			return true
		}
	}
	return false
}

// keep joins the lines up to the last one, as far as they are wanted; what was between
// two of them leaves one empty line at most.
func (t *lines) keep(last int, want func(kind) bool) string {
	var out []string
	gap := false
	for i := 0; i <= last; i++ {
		if !want(t.kind[i]) {
			gap = true
			continue
		}
		if gap && t.kind[i] == blank && len(out) > 0 && out[len(out)-1] == "" {
			continue
		}
		if gap && t.kind[i] != blank {
			if len(out) > 0 && out[len(out)-1] != "" {
				out = append(out, "")
			}
			gap = false
		}
		out = append(out, t.text[i])
	}
	return strings.Trim(strings.Join(out, "\n"), "\n")
}
