package rank

import "encoding/binary"

// postings say in which documents a term is and how often: the documents' ordinals in
// ascending order, each as the distance from the one before and the frequency.
type postings struct {
	packed []byte
	last   uint32 // the last ordinal, and one more
	n      uint32 // documents, those that are gone included
}

// maxFrequency is what a frequency counts up to: BM25 doesn't tell higher ones apart.
const maxFrequency = 255

func (p *postings) add(doc uint32, frequency int) {
	p.packed = binary.AppendUvarint(p.packed, uint64(doc+1-p.last))
	p.packed = append(p.packed, byte(min(frequency, maxFrequency)))
	p.last = doc + 1
	p.n++
}

// each calls f for every document.
func (p *postings) each(f func(doc uint32, frequency byte)) {
	var doc uint32
	for b := p.packed; len(b) > 0; {
		step, n := uint32(b[0]), 1
		if step >= 0x80 {
			long, k := binary.Uvarint(b)
			step, n = uint32(long), k
		}
		doc += step
		f(doc-1, b[n])
		b = b[n+1:]
	}
}

// bag is what terms a text has and how often, in ascending order of the terms.
type bag []byte

// entry is a term of a text.
type entry struct {
	term      uint32
	frequency int
}

func bagOf(entries []entry) bag {
	var b []byte
	last := uint32(0)
	for _, e := range entries {
		b = binary.AppendUvarint(b, uint64(e.term-last))
		b = append(b, byte(min(e.frequency, maxFrequency)))
		last = e.term
	}
	return b
}

// each calls f for every term.
func (b bag) each(f func(term uint32, frequency byte)) {
	term := uint32(0)
	for len(b) > 0 {
		step, n := uint32(b[0]), 1
		if step >= 0x80 {
			long, k := binary.Uvarint(b)
			step, n = uint32(long), k
		}
		term += step
		f(term, b[n])
		b = b[n+1:]
	}
}
