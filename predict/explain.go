package predict

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
)

// explained is how many different words of a text Explain looks at, from its beginning.
const explained = 200

// Weight is what a word of a text says for a label, or against it.
type Weight struct {
	// Word is as the text has it where it is first.
	Word string
	// From and To are where that is, in bytes.
	From, To int
	// Share is how much of what all words say together this one says; below 0 it speaks
	// against the label. The sizes of all words' shares add up to 1.
	Share float64
}

// Explain returns the n words of a text that say most about a label, for it or against
// it: what would change if the word weren't there. In scripts without spaces words are
// stretches of the same script. It costs a prediction for each word, looks at no more
// than the first 200 different ones, and returns none for a label that the model doesn't
// know. All words are the text's own: the model has none.
func (m *Model) Explain(text, label string, n int) []Weight {
	l, ok := slices.BinarySearch(m.labels, label)
	if !ok {
		return nil
	}
	g := m.pool.Get().(*guess)
	defer m.pool.Put(g)
	m.judge(g, text)
	whole := odds(g.probability[l])
	words := wordsOf(&g.reader, text)
	sum := 0.0
	for i := range words {
		m.judge(g, words[i].without(text))
		words[i].Share = whole - odds(g.probability[l])
		sum += math.Abs(words[i].Share)
	}
	out := make([]Weight, 0, len(words))
	for _, w := range words {
		if w.Share != 0 {
			w.Share /= sum
			out = append(out, w.Weight)
		}
	}
	slices.SortStableFunc(out, func(a, b Weight) int { return cmp.Compare(math.Abs(b.Share), math.Abs(a.Share)) })
	return slices.Clip(out[:max(min(n, len(out)), 0)])
}

// odds is the logarithm of a probability's odds.
func odds(p float64) float64 {
	const least = 1e-9
	p = min(max(p, least), 1-least)
	return math.Log(p / (1 - p))
}

// place is a word and where else in the text it is.
type place struct {
	Weight
	all [][2]int
}

// without returns the text with spaces where the word is.
func (p *place) without(text string) string {
	var b strings.Builder
	from := 0
	for _, at := range p.all {
		b.WriteString(text[from:at[0]])
		b.WriteByte(' ')
		from = at[1]
	}
	b.WriteString(text[from:])
	return b.String()
}

// wordsOf returns the different words of the text that r has read.
func wordsOf(r *reader, text string) []place {
	var found []place
	at := map[string]int{}
	for _, s := range r.spans {
		for from := s.from; from < s.to; {
			to := from + 1
			for to < s.to && (!s.raw || scriptOf(r.runes[to]) == scriptOf(r.runes[from])) {
				to++
			}
			end := len(text)
			if to < len(r.at) {
				end = r.at[to]
			}
			// Up to the next word there may be spaces.
			bytes := [2]int{r.at[from], r.at[from] + len(strings.TrimRightFunc(text[r.at[from]:end], outside))}
			word := string(r.runes[from:to])
			from = to
			if bytes[0] == bytes[1] {
				continue // marks between words that have no spaces
			}
			k, ok := at[word]
			if !ok && len(found) < explained {
				k, ok = len(found), true
				at[word] = k
				found = append(found, place{Weight: Weight{Word: text[bytes[0]:bytes[1]], From: bytes[0], To: bytes[1]}})
			}
			if ok {
				found[k].all = append(found[k].all, bytes)
			}
		}
	}
	return found
}

// outside says whether a character is of no word.
func outside(c rune) bool {
	kind := kindOf(fold(c))
	return kind == charSpace || kind == charNone
}

func scriptOf(c rune) *unicode.RangeTable {
	for _, t := range []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana} {
		if unicode.Is(t, c) {
			return t
		}
	}
	return nil
}
