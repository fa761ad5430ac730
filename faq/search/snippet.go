package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/search/rank"
)

const (
	// around is how long a snippet is, in bytes; before is what of it comes before the
	// first word.
	around, before = 240, 60
	maxSnippets    = 2
)

func marks(ms []rank.Mark) (all []faq.Mark) {
	for _, m := range ms {
		all = append(all, faq.Mark{Start: m.Start, End: m.End})
	}
	return all
}

// snippets are the parts of a text with the most words that were looked for, in the
// order of the text. A text without any gives its beginning.
func snippets(text string, ms []faq.Mark) (all []faq.Snippet) {
	if len(ms) == 0 {
		if begin := strings.TrimSpace(shorten(text, around)); begin != "" {
			all = append(all, faq.Snippet{Text: begin})
		}
		return all
	}
	type window struct{ start, end int }
	var taken []window
	for range maxSnippets {
		best, most := -1, 0
		for i, from := range ms {
			if slices.ContainsFunc(taken, func(w window) bool { return from.Start < w.end && from.Start+around > w.start }) {
				continue
			}
			n := 0
			for n < len(ms)-i && ms[i+n].End <= from.Start+around-before {
				n++
			}
			if n > most {
				best, most = i, n
			}
		}
		if best < 0 {
			break
		}
		start := boundary(text, max(0, ms[best].Start-before), ms[best].Start)
		end := len(text)
		if start+around < end {
			end = len(shorten(text, max(start+around, ms[best].End)))
		}
		taken = append(taken, window{start, end})
	}
	slices.SortFunc(taken, func(a, b window) int { return a.start - b.start })
	for _, w := range taken {
		s := faq.Snippet{Text: text[w.start:w.end]}
		for _, m := range ms {
			if m.Start >= w.start && m.Start < w.end {
				s.Marks = append(s.Marks, faq.Mark{Start: m.Start - w.start, End: min(m.End, w.end) - w.start})
			}
		}
		all = append(all, s)
	}
	return all
}

// boundary is where a word begins between two places of a text, or else the first one
// at which a letter does.
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
