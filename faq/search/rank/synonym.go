package rank

import (
	"embed"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/faq/search/rank/words"
)

//go:embed thesaurus/*.txt
var thesaurus embed.FS

// Synonyms are words of a language that may stand for one another. Of words of
// several, as "credit card", all have to be there.
type Synonyms struct {
	Language string
	// Words stand for one another; with From they stand for those, and not the other
	// way round.
	Words []string
	From  []string
}

// synonyms are what may stand for a word, by its terms with a space between them.
type synonyms map[string][][]string

// synonymsOf reads those of a language that are a part of the program, and the host's.
func synonymsOf(l *words.Language, extra []Synonyms, builtIn bool) synonyms {
	all := synonyms{}
	for _, e := range extra {
		if words.Base(e.Language) != l.Base {
			continue
		}
		to := eachTerms(l, e.Words)
		from := to
		if len(e.From) > 0 {
			from = eachTerms(l, e.From)
		}
		all.group(from, to)
	}
	if !builtIn {
		return all
	}
	if b, err := thesaurus.ReadFile("thesaurus/" + l.Base + ".txt"); err == nil { // not every language has one
		for line := range strings.Lines(string(b)) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				of := eachTerms(l, strings.Split(line, ","))
				all.group(of, of)
			}
		}
	}
	return all
}

// group adds that each of some words may stand for others, which are given as their terms.
func (s synonyms) group(from, to [][]string) {
	for _, a := range from {
		key := strings.Join(a, " ")
		for _, other := range to {
			if key == "" || len(other) == 0 || key == strings.Join(other, " ") {
				continue
			}
			if !slices.ContainsFunc(s[key], func(have []string) bool { return slices.Equal(have, other) }) {
				s[key] = append(s[key], other)
			}
		}
	}
}

// eachTerms returns the terms of each of some synonyms.
func eachTerms(l *words.Language, texts []string) [][]string {
	all := make([][]string, len(texts))
	for i, text := range texts {
		all[i] = termsOf(l, text)
	}
	return all
}

// termsOf returns the terms of a synonym: one, if it is a word with a hyphen.
func termsOf(l *words.Language, text string) (terms []string) {
	for _, t := range l.Tokens(text) {
		if t.Kind == words.Joined {
			return []string{t.Term}
		}
		if t.Kind != words.Single {
			terms = append(terms, t.Term)
		}
	}
	return terms
}
