// Package table holds what is known of the n-grams of languages that share a
// script, in a compact form: which hash of an n-gram weighs how much for which
// language.
package table

import (
	"bytes"
	"cmp"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
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

// Table is what is known of one script.
type Table struct {
	Script    string
	Languages []string

	hashes  []uint32 // ascending
	starts  []uint32 // of each hash's weights, and the end of the last one's
	weights []Weight
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

// Lookup returns the weights of an n-gram, none if it says nothing. They are not
// to be changed.
func (t *Table) Lookup(hash uint32) []Weight {
	first := hash >> (32 - indexBits)
	low, high := t.index[first], t.index[first+1]
	i, found := slices.BinarySearch(t.hashes[low:high], hash)
	if !found {
		return nil
	}
	at := int(low) + i
	return t.weights[t.starts[at]:t.starts[at+1]]
}

// Len is the number of n-grams.
func (t *Table) Len() int { return len(t.hashes) }

// New makes a table of the weights of hashes.
func New(script string, languages []string, grams map[uint32][]Weight) *Table {
	t := &Table{Script: script, Languages: languages, starts: []uint32{0}}
	for h := range grams {
		t.hashes = append(t.hashes, h)
	}
	slices.Sort(t.hashes)
	for _, h := range t.hashes {
		ws := slices.SortedFunc(slices.Values(grams[h]), func(a, b Weight) int { return cmp.Compare(a.Language, b.Language) })
		t.weights = append(t.weights, ws...)
		t.starts = append(t.starts, uint32(len(t.weights)))
	}
	t.fillIndex()
	return t
}

func (t *Table) fillIndex() {
	at := uint32(0)
	for i := range t.index {
		for at < uint32(len(t.hashes)) && uint64(t.hashes[at]) < uint64(i)<<(32-indexBits) {
			at++
		}
		t.index[i] = at
	}
}

const magic = "FDLANG1\n"

// errForm: what Read was given isn't what Write wrote.
var errForm = errors.New("not a file of language tables")

// Write writes tables in the form that Read reads. Like things stand together, so
// that they are compressed well.
func Write(w io.Writer, tables []*Table) error {
	var b []byte
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	b = binary.AppendUvarint(b, uint64(len(tables)))
	for _, t := range tables {
		text(t.Script)
		b = binary.AppendUvarint(b, uint64(len(t.Languages)))
		for _, l := range t.Languages {
			text(l)
		}
		b = binary.AppendUvarint(b, uint64(len(t.hashes)))
		last := uint32(0)
		for _, h := range t.hashes {
			b = binary.AppendUvarint(b, uint64(h-last))
			last = h
		}
		for i := range t.hashes {
			b = binary.AppendUvarint(b, uint64(t.starts[i+1]-t.starts[i]))
		}
		for _, p := range t.weights {
			b = append(b, p.Language)
		}
		for _, p := range t.weights {
			b = append(b, p.Weight)
		}
	}
	if _, err := io.WriteString(w, magic); err != nil {
		return err
	}
	z, err := flate.NewWriter(w, flate.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(b); err != nil {
		return err
	}
	return z.Close()
}

// Read reads tables.
func Read(file []byte) ([]*Table, error) {
	packed, ok := bytes.CutPrefix(file, []byte(magic))
	if !ok {
		return nil, errForm
	}
	b, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	if err != nil {
		return nil, fmt.Errorf("language tables: %w", err)
	}
	r := &reader{rest: b}
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
	n := r.count(len(r.rest))
	t.hashes, t.starts = make([]uint32, n), make([]uint32, n+1)
	last := uint32(0)
	for i := range t.hashes {
		last += uint32(r.number())
		t.hashes[i] = last
	}
	for i := range n {
		t.starts[i+1] = t.starts[i] + uint32(r.count(len(t.Languages)))
	}
	if int(t.starts[n]) > len(r.rest) {
		r.err = errForm
		return t
	}
	t.weights = make([]Weight, t.starts[n])
	for i, l := range r.bytes(len(t.weights)) {
		if int(l) >= len(t.Languages) {
			r.err = errForm
		}
		t.weights[i].Language = l
	}
	for i, w := range r.bytes(len(t.weights)) {
		t.weights[i].Weight = w
	}
	t.fillIndex()
	return t
}
