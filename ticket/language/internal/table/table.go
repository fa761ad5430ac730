// Package table holds what is known of the n-grams of languages that share a
// script, in a compact form: which hash of an n-gram weighs how much for which
// language.
package table

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
)

// Weight is how much an n-gram speaks for a language, in sixteenths of a natural
// logarithm above what an n-gram that was never seen in it is worth.
type Weight struct {
	Language uint8 // index in Table.Languages
	Weight   uint8
}

// Table is what is known of one script. Its parts stand as they do in the file, which is
// a part of the program: the system reads what is asked for, and nobody waits until
// megabytes are unpacked.
type Table struct {
	Script    string
	Languages []string

	hashes  []byte                   // of 4 bytes each, ascending
	starts  []byte                   // of 4 bytes each: where each hash's weights begin, and the last one's end
	weights []byte                   // pairs of a language and its weight
	index   [1<<indexBits + 1]uint32 // where the hashes with these first bits begin
}

const indexBits = 12

// Hash names an n-gram. Two n-grams of one name are rare enough to leave alone.
func Hash(gram []rune) uint32 {
	h := uint64(14695981039346656037)
	for _, r := range gram {
		h = (h ^ uint64(r)) * 1099511628211
	}
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	return uint32(h >> 32)
}

// nth is a number of a list of them.
func nth(list []byte, i int) uint32 { return binary.LittleEndian.Uint32(list[4*i:]) }

// Add adds what an n-gram weighs for each language to their sums.
func (t *Table) Add(sums []int32, hash uint32) {
	first := hash >> (32 - indexBits)
	low, high := int(t.index[first]), int(t.index[first+1])
	for end := high; low < end; {
		if middle := int(uint(low+end) >> 1); nth(t.hashes, middle) < hash {
			low = middle + 1
		} else {
			end = middle
		}
	}
	if low == high || nth(t.hashes, low) != hash {
		return
	}
	for w := t.weights[2*nth(t.starts, low) : 2*nth(t.starts, low+1)]; len(w) > 1; w = w[2:] {
		sums[w[0]] += int32(w[1])
	}
}

// Len is the number of n-grams.
func (t *Table) Len() int { return len(t.hashes) / 4 }

// New makes a table of the weights of hashes.
func New(script string, languages []string, grams map[uint32][]Weight) *Table {
	t := &Table{Script: script, Languages: languages, starts: make([]byte, 4)}
	hashes := make([]uint32, 0, len(grams))
	for h := range grams {
		hashes = append(hashes, h)
	}
	slices.Sort(hashes)
	for _, h := range hashes {
		for _, w := range slices.SortedFunc(slices.Values(grams[h]), func(a, b Weight) int { return cmp.Compare(a.Language, b.Language) }) {
			t.weights = append(t.weights, w.Language, w.Weight)
		}
		t.hashes = binary.LittleEndian.AppendUint32(t.hashes, h)
		t.starts = binary.LittleEndian.AppendUint32(t.starts, uint32(len(t.weights)/2))
	}
	t.fillIndex()
	return t
}

func (t *Table) fillIndex() {
	at := 0
	for i := range t.index {
		for at < t.Len() && uint64(nth(t.hashes, at)) < uint64(i)<<(32-indexBits) {
			at++
		}
		t.index[i] = uint32(at)
	}
}

const magic = "FDLANG2\n"

// errForm: what Read was given isn't what Write wrote.
var errForm = errors.New("not a file of language tables")

// Write writes tables in the form that Read reads.
func Write(w io.Writer, tables []*Table) error {
	b := []byte(magic)
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	b = binary.AppendUvarint(b, uint64(len(tables)))
	for _, t := range tables {
		text(t.Script)
		b = binary.AppendUvarint(b, uint64(len(t.Languages)))
		for _, l := range t.Languages {
			text(l)
		}
		b = binary.AppendUvarint(b, uint64(t.Len()))
		b = binary.AppendUvarint(b, uint64(len(t.weights)/2))
		b = slices.Concat(b, t.hashes, t.starts, t.weights)
	}
	_, err := w.Write(b)
	return err
}

// Read reads tables. They go on using file, which isn't to be changed.
func Read(file []byte) ([]*Table, error) {
	rest, ok := bytes.CutPrefix(file, []byte(magic))
	if !ok {
		return nil, errForm
	}
	r := &reader{rest: rest}
	tables := make([]*Table, r.count(8))
	for i := range tables {
		tables[i] = r.table()
	}
	if r.err != nil || len(r.rest) > 0 {
		return nil, errForm
	}
	return tables, nil
}

// reader reads until something is wrong, and gives zeros from then on.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.err, r.rest = errForm, nil
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

// count reads how many of something follow, each of which takes a byte at least.
func (r *reader) count(most int) int {
	n := r.number()
	if n > uint64(most) {
		r.err = errForm
		return 0
	}
	return int(n)
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.rest) {
		r.err, r.rest = errForm, nil
		return make([]byte, n)
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) text() string { return string(r.bytes(r.count(len(r.rest)))) }

func (r *reader) table() *Table {
	t := &Table{Script: r.text(), Languages: make([]string, r.count(math.MaxUint8))}
	for i := range t.Languages {
		t.Languages[i] = r.text()
	}
	n, weights := r.count(len(r.rest)/4), r.count(len(r.rest)/2)
	t.hashes, t.starts, t.weights = r.bytes(4*n), r.bytes(4*(n+1)), r.bytes(2*weights)
	if r.err == nil && !t.sound() {
		r.err = errForm
	}
	t.fillIndex()
	return t
}

// sound says whether nothing in the table points out of it.
func (t *Table) sound() bool {
	if nth(t.starts, 0) != 0 || int(nth(t.starts, t.Len())) != len(t.weights)/2 {
		return false
	}
	for i := range t.Len() {
		if nth(t.starts, i) > nth(t.starts, i+1) || i > 0 && nth(t.hashes, i-1) >= nth(t.hashes, i) {
			return false
		}
	}
	for i := 0; i < len(t.weights); i += 2 {
		if int(t.weights[i]) >= len(t.Languages) {
			return false
		}
	}
	return true
}
