package rank

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// alike finds terms by how they begin and end: those that go on from what is typed,
// those that a compound is made of, and those that are spelled alike.
type alike struct {
	heads map[string][]uint32 // by the first one, two and three letters
	tails map[string][]uint32 // by the last three
}

func (a *alike) add(n uint32, text string) {
	if a.heads == nil {
		a.heads, a.tails = map[string][]uint32{}, map[string][]uint32{}
	}
	letters := 0
	for i := range text {
		if letters > 0 && letters <= 3 {
			a.heads[text[:i]] = append(a.heads[text[:i]], n)
		}
		letters++
		if letters > 4 {
			break
		}
	}
	if letters <= 3 {
		a.heads[text] = append(a.heads[text], n)
	}
	if t := tail(text); t != "" {
		a.tails[t] = append(a.tails[t], n)
	}
}

// tail is the last three letters of a text, "" if it has fewer.
func tail(text string) string {
	at := len(text)
	for range 3 {
		_, size := utf8.DecodeLastRuneInString(text[:at])
		if size == 0 {
			return ""
		}
		at -= size
	}
	return text[at:]
}

// head is the first letters of a text, three at most.
func head(text string) string {
	n := 0
	for i := range text {
		if n == 3 {
			return text[:i]
		}
		n++
	}
	return text
}

// Limits of what a word may stand for.
const (
	maxPrefixed  = 30
	maxCompounds = 12
	maxSpelled   = 3
)

// best keeps so many terms, those that most documents have.
func (s *shelf) best(found []uint32, most int) []uint32 {
	slices.SortFunc(found, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(s.vocab[b].public, s.vocab[a].public), strings.Compare(s.vocab[a].text, s.vocab[b].text))
	})
	found = slices.Compact(found)
	return found[:min(len(found), most)]
}

// prefixed returns terms that go on from a word.
func (s *shelf) prefixed(prefix string) (found []uint32) {
	for _, n := range s.alike.heads[head(prefix)] {
		if text := s.vocab[n].text; len(text) > len(prefix) && s.vocab[n].public > 0 && strings.HasPrefix(text, prefix) {
			found = append(found, n)
		}
	}
	return s.best(found, maxPrefixed)
}

// minPart is how many bytes a part of a compound has at least.
const minPart = 4

// compounds returns terms that begin or end with a word.
func (s *shelf) compounds(word string) (found []uint32) {
	if len(word) < minPart {
		return nil
	}
	fits := func(n uint32) bool { return len(s.vocab[n].text) >= len(word)+minPart-1 && s.vocab[n].public > 0 }
	for _, n := range s.alike.heads[head(word)] {
		if fits(n) && strings.HasPrefix(s.vocab[n].text, word) {
			found = append(found, n)
		}
	}
	for _, n := range s.alike.tails[tail(word)] {
		if fits(n) && strings.HasSuffix(s.vocab[n].text, word) {
			found = append(found, n)
		}
	}
	return s.best(found, maxCompounds)
}

// links are what compounds have between their parts.
var links = []string{"", "s", "es", "n", "en", "e", "er"}

// split returns the terms that a compound is made of, if all of it is made of terms.
func (s *shelf) split(word string) []uint32 {
	for i := len(word) - minPart + 1; i >= minPart; i-- {
		last, ok := s.part(word[i:])
		if !ok {
			continue
		}
		for _, link := range links {
			first, ok := strings.CutSuffix(word[:i], link)
			if !ok || len(first) < minPart {
				continue
			}
			if n, ok := s.part(first); ok {
				return []uint32{n, last}
			}
		}
	}
	return nil
}

// part finds a part of a compound as a term of its own.
func (s *shelf) part(text string) (uint32, bool) {
	if !utf8.ValidString(text) {
		return 0, false
	}
	for _, form := range []string{text, s.language.Term(text)} {
		if n, ok := s.terms[form]; ok && s.vocab[n].public > 0 {
			return n, true
		}
	}
	return 0, false
}

// spelled returns the terms that are closest to a word that nothing has.
func (s *shelf) spelled(word string) (found []uint32) {
	letters := []rune(word)
	const few, many = 4, 8
	most := 1
	switch {
	case len(letters) < few:
		return nil
	case len(letters) >= many:
		most = 2
	}
	other := make([]rune, 0, 64) // again and again: thousands are looked at
	try := func(n uint32) {
		if s.vocab[n].public == 0 || len(s.vocab[n].text) > len(word)+2*most || len(word) > len(s.vocab[n].text)+2*most {
			return
		}
		other = other[:0]
		for _, r := range s.vocab[n].text {
			other = append(other, r)
		}
		k := distance(letters, other, most)
		if k < most {
			most, found = k, found[:0]
		}
		if k <= most {
			found = append(found, n)
		}
	}
	for _, n := range s.alike.heads[string(letters[:1])] {
		try(n)
	}
	for _, n := range s.alike.tails[tail(word)] {
		try(n)
	}
	if cut, ok := strings.CutSuffix(word, "e"); ok && len(found) == 0 {
		return s.spelled(cut) // English stems get an e where a misspelt word seems to need it
	}
	return s.best(found, maxSpelled)
}

// distance is how many letters are wrong, missing, too many or swapped, or more than
// most. Words of 64 letters and more are far from all.
func distance(a, b []rune, most int) int {
	var rows [3][64]int8
	if len(a)-len(b) > most || len(b)-len(a) > most || len(a) >= len(rows[0]) || len(b) >= len(rows[0]) {
		return most + 1
	}
	before2, before, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		before[j] = int8(j)
	}
	for i := 1; i <= len(a); i++ {
		row[0] = int8(i)
		least := row[0]
		for j := 1; j <= len(b); j++ {
			wrong := int8(1)
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			row[j] = min(before[j]+1, row[j-1]+1, before[j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before2[j-2]+1)
			}
			least = min(least, row[j])
		}
		if int(least) > most {
			return most + 1
		}
		before2, before, row = before, row, before2
	}
	return int(before[len(b)])
}
