package rank

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"github.com/frontdesk-go/frontdesk/faq/search/rank/words"
)

// Document is an article in one language.
type Document struct {
	ID       string // of the article; with the language it is the document's
	Language string // BCP 47; the base counts
	Title    string
	Body     string // plain text
	Keywords []string
	// Facets are what a search asks for, as "app=shop" or "tag=vip".
	Facets []string
	// Aside keeps a document out of all that is counted and learned: one that not
	// everybody may see. It is found by those who may, and changes nothing for others.
	Aside bool
	// Vector is what an embedder made of it; nil without one.
	Vector []float32
}

// content is a document taken apart.
type content struct {
	Document    // without title, body and keywords
	title, body []wordCount
	grams       []string
}

type wordCount struct {
	word string
	n    int
}

// read takes a document apart.
func read(l *words.Language, d *Document) *content {
	c := &content{Document: *d, grams: grams(l, d.Title)}
	slices.Sort(c.grams)
	c.grams = slices.Compact(c.grams)
	c.title = counted(l.Tokens(d.Title))
	body := l.Tokens(d.Body)
	for _, k := range d.Keywords {
		body = append(body, l.Tokens(k)...)
	}
	c.body = counted(body)
	c.Title, c.Body, c.Keywords = "", "", nil
	return c
}

// counted says how often each word is there.
func counted(tokens []words.Token) []wordCount {
	at := make(map[string]int, len(tokens))
	counts := make([]wordCount, 0, len(tokens))
	for _, t := range tokens {
		i, ok := at[t.Term]
		if !ok {
			i = len(counts)
			at[t.Term] = i
			counts = append(counts, wordCount{word: t.Term})
		}
		counts[i].n++
	}
	return counts
}

// pack writes a document down.
func pack(c *content) []byte {
	b := []byte{packedForm}
	b = appendText(b, c.ID)
	b = appendText(b, c.Language)
	aside := uint64(0)
	if c.Aside {
		aside = 1
	}
	b = binary.AppendUvarint(b, aside)
	b = appendTexts(b, c.Facets)
	b = appendTexts(b, c.grams)
	for _, counts := range [][]wordCount{c.title, c.body} {
		b = binary.AppendUvarint(b, uint64(len(counts)))
		for _, w := range counts {
			b = binary.AppendUvarint(appendText(b, w.word), uint64(w.n))
		}
	}
	b = binary.AppendUvarint(b, uint64(len(c.Vector)))
	for _, v := range c.Vector {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// packedForm is the version of what pack writes.
const packedForm = 1

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendTexts(b []byte, all []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(all)))
	for _, s := range all {
		b = appendText(b, s)
	}
	return b
}

// ErrPacked means that something isn't what [Engine.Pack] wrote.
var ErrPacked = errors.New("rank: not a packed document of this version")

// unpack reads what Pack wrote.
func unpack(b []byte) (*content, error) {
	r := unpacker{b: b}
	if len(b) == 0 || b[0] != packedForm {
		return nil, ErrPacked
	}
	r.b = b[1:]
	c := &content{}
	c.ID, c.Language = r.text(), r.text()
	c.Aside = r.number() == 1
	c.Facets, c.grams = r.texts(), r.texts()
	for _, counts := range []*[]wordCount{&c.title, &c.body} {
		*counts = make([]wordCount, r.size())
		for i := range *counts {
			(*counts)[i] = wordCount{r.text(), int(r.number())}
		}
	}
	if n := r.size(); n > 0 {
		c.Vector = make([]float32, n)
		for i := range c.Vector {
			c.Vector[i] = r.float()
		}
	}
	if r.bad || len(r.b) > 0 {
		return nil, ErrPacked
	}
	return c, nil
}

type unpacker struct {
	b   []byte
	bad bool
}

func (r *unpacker) number() uint64 {
	n, k := binary.Uvarint(r.b)
	if k <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[k:]
	return n
}

// size is how many there are of something; each takes a byte at least.
func (r *unpacker) size() int {
	n := r.number()
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return 0
	}
	return int(n)
}

func (r *unpacker) text() string {
	n := r.size()
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *unpacker) texts() []string {
	all := make([]string, r.size())
	for i := range all {
		all[i] = r.text()
	}
	return all
}

func (r *unpacker) float() float32 {
	if len(r.b) < 4 {
		r.bad, r.b = true, nil
		return 0
	}
	v := math.Float32frombits(binary.LittleEndian.Uint32(r.b))
	r.b = r.b[4:]
	return v
}

// grams returns pieces of a text by characters: three and four letters of words
// between spaces, one and two of scripts without.
func grams(l *words.Language, text string) (out []string) {
	var run []rune
	flush := func() {
		if len(run) > 0 {
			out = pieces(out, run)
			run = run[:0]
		}
	}
	for _, r := range words.Fold(text) {
		switch {
		case !words.Letter(r):
			flush()
		case len(run) > 0 && words.Dense(r) != words.Dense(run[len(run)-1]):
			flush()
			run = append(run, r)
		default:
			run = append(run, r)
		}
	}
	flush()
	return out
}

func pieces(out []string, run []rune) []string {
	if words.Dense(run[0]) {
		for i := range run {
			out = append(out, string(run[i]))
			if i+1 < len(run) {
				out = append(out, string(run[i:i+2]))
			}
		}
		return out
	}
	padded := " " + string(run) + " "
	var starts [66]int // of letters in padded
	n := 0
	for i := range padded {
		if n == len(starts) {
			break // nobody's word
		}
		starts[n] = i
		n++
	}
	end := func(i int) int {
		if i < n {
			return starts[i]
		}
		return len(padded)
	}
	for i := range n {
		if i+3 <= n {
			out = append(out, padded[starts[i]:end(i+3)])
		}
		if i+4 <= n {
			out = append(out, padded[starts[i]:end(i+4)])
		}
	}
	return out
}
