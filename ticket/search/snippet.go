package search

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/ticket"
)

const (
	// around is how long a snippet is, in bytes; before is what of it comes before
	// the first word.
	around, before = 240, 60
	maxSnippets    = 3
)

// show returns the parts of a ticket in which words of the query are; ok is false if
// the ticket doesn't fit any more.
func (q *query) show(c *content, t tier) (snippets []ticket.Snippet, ok bool) {
	seek := q.seeker(t)
	have := map[string]bool{}
	place := func(where string, seq int64, text string) {
		marks, terms := seek.marks(text)
		if len(marks) == 0 {
			return
		}
		for term := range terms {
			have[term] = true
		}
		s := snippet(text, marks)
		s.Place, s.Seq = where, seq
		snippets = append(snippets, s)
	}
	place(ticket.InTitle, 0, c.ticket.Title)
	place(ticket.InEndUser, 0, c.user.Name)
	for _, m := range c.said {
		place(ticket.InMessage, m.seq, m.text)
	}
	exact := slices.Contains(c.exact(), q.all)
	for _, u := range q.units {
		if u.exact && slices.Contains(c.exact(), u.terms[0]) {
			exact, have[u.terms[0]] = true, true
		}
	}
	if !exact && !seek.enough(have, t) {
		return nil, false
	}
	// Those with the most words, the title and the newest ones first.
	slices.SortStableFunc(snippets, func(a, b ticket.Snippet) int { return cmp.Compare(len(b.Marks), len(a.Marks)) })
	snippets = snippets[:min(len(snippets), maxSnippets)]
	return snippets, true
}

// need is one thing that is looked for.
type need struct {
	term string
	must bool
}

// seeker finds the words of a query in a text.
type seeker struct {
	terms    map[string]bool
	prefixes []string
	like     []string // with a wrong letter
	phrases  [][]string
	needed   []need
}

func (q *query) seeker(t tier) *seeker {
	s := &seeker{terms: map[string]bool{}}
	for _, u := range q.units {
		if len(u.terms) > 1 {
			s.phrases = append(s.phrases, u.terms)
			s.needed = append(s.needed, need{strings.Join(u.terms, " "), true})
			continue
		}
		term := u.terms[0]
		if !u.exact {
			term = stem(term)
		}
		s.terms[term] = true
		s.needed = append(s.needed, need{term, u.must})
		if u.prefix {
			s.prefixes = append(s.prefixes, u.terms[0])
		}
		if t >= mostOf {
			for _, part := range u.parts {
				s.terms[part] = true
			}
		}
		if t == likeOf && !u.exact && utf8.RuneCountInString(term) >= minFuzzy {
			s.like = append(s.like, term)
		}
	}
	return s
}

// enough says whether a ticket that has these words fits, as the tier has it.
func (s *seeker) enough(have map[string]bool, t tier) bool {
	for _, n := range s.needed {
		if (n.must || t == allOf) && !have[n.term] && !s.prefixed(have, n.term) {
			return false
		}
	}
	return len(have) > 0
}

// prefixed says whether what was found goes on from a word that may go on.
func (s *seeker) prefixed(have map[string]bool, term string) bool {
	for _, p := range s.prefixes {
		if stem(p) != term {
			continue
		}
		for h := range have {
			if strings.HasPrefix(h, p) {
				return true
			}
		}
	}
	return false
}

// marks returns where in a text the words are, and which.
func (s *seeker) marks(text string) (marks []ticket.Mark, found map[string]bool) {
	if text == "" {
		return nil, nil
	}
	found = map[string]bool{}
	ts := tokens(text)
	for i, t := range ts {
		if s.has(t.term) {
			marks = append(marks, ticket.Mark{Start: t.start, End: t.end})
			found[t.term] = true
		}
		for _, p := range s.phrases {
			if end, ok := follows(ts, i, p); ok {
				marks = append(marks, ticket.Mark{Start: t.start, End: end})
				found[strings.Join(p, " ")] = true
			}
		}
	}
	return merge(marks), found
}

func (s *seeker) has(term string) bool {
	if s.terms[term] {
		return true
	}
	for _, p := range s.prefixes {
		if strings.HasPrefix(term, p) {
			return true
		}
	}
	for _, l := range s.like {
		if near(l, term) {
			return true
		}
	}
	return false
}

// follows says whether the words of a phrase stand one after the other from token i
// on, and where the last one ends.
func follows(ts []token, i int, phrase []string) (end int, ok bool) {
	at := ts[i].place
	for _, want := range phrase {
		for i < len(ts) && ts[i].place == at && ts[i].term != want {
			i++
		}
		if i == len(ts) || ts[i].place != at {
			return 0, false
		}
		end = ts[i].end
		at++
		for i < len(ts) && ts[i].place < at {
			i++
		}
	}
	return end, true
}

// near says whether a word is another one with one letter wrong, missing, or too
// many, behind the first.
func near(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) == 0 || len(y) == 0 || x[0] != y[0] || len(x)-len(y) > 1 || len(y)-len(x) > 1 {
		return false
	}
	i := 0
	for i < len(x) && i < len(y) && x[i] == y[i] {
		i++
	}
	j := 0
	for j < len(x)-i && j < len(y)-i && x[len(x)-1-j] == y[len(y)-1-j] {
		j++
	}
	return max(len(x), len(y))-i-j <= 1
}

// merge makes one of marks that touch: the pairs of a word are one place to a reader.
func merge(marks []ticket.Mark) (merged []ticket.Mark) {
	slices.SortFunc(marks, func(a, b ticket.Mark) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	for _, m := range marks {
		if n := len(merged); n > 0 && m.Start <= merged[n-1].End {
			merged[n-1].End = max(merged[n-1].End, m.End)
			continue
		}
		merged = append(merged, m)
	}
	return merged
}

// snippet cuts the part out of a text that has the most marks.
func snippet(text string, marks []ticket.Mark) ticket.Snippet {
	best, most := 0, 0
	for i, from := range marks {
		n := 0
		for n < len(marks)-i && marks[i+n].End <= from.Start+around-before {
			n++
		}
		if n > most {
			best, most = i, n
		}
	}
	start := boundary(text, max(0, marks[best].Start-before), marks[best].Start)
	end := len(text)
	if start+around < end {
		end = len(shorten(text, max(start+around, marks[best].End)))
	}
	s := ticket.Snippet{Text: text[start:end]}
	for _, m := range marks {
		if m.Start < start || m.Start >= end {
			continue
		}
		s.Marks = append(s.Marks, ticket.Mark{Start: m.Start - start, End: min(m.End, end) - start})
	}
	return s
}

// boundary is where a word begins between two places of a text, or else the first
// one at which a letter does.
func boundary(text string, from, to int) int {
	if from == 0 {
		return 0
	}
	for from < to && text[from]&0xc0 == 0x80 {
		from++
	}
	if space := strings.IndexFunc(text[from:to], unicode.IsSpace); space >= 0 {
		_, size := utf8.DecodeRuneInString(text[from+space:])
		return from + space + size
	}
	return from
}
