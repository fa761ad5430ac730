package predict

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"unicode/utf8"
)

// MaxFile is how many bytes the file of a model has at most.
const MaxFile = 10_000_000

// The file begins with its name and version and ends with a checksum (CRC-32C, four
// bytes) of all before. Between: numbers as varints and as IEEE 754 floats, little
// endian, in the order of encode.
const (
	fileName    = "fdpredict"
	fileVersion = 4
)

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// WriteTo writes the model as a file that ReadModel reads, and returns how many bytes it
// has. The same model gives the same bytes.
func (m *Model) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(m.encode())
	return int64(n), err
}

func (m *Model) encode() []byte {
	e := encoder(append([]byte(fileName), fileVersion))
	e.uint(m.seed)
	e.uint(uint64(len(m.labels)))
	for l, label := range m.labels {
		e.uint(uint64(len(label)))
		e = append(e, label...)
		e.double(m.least[l])
	}
	e.uint(uint64(len(m.words.count)))
	last := uint32(0)
	for _, k := range m.words.keys() {
		e.uint(uint64(k - last))
		last = k
	}
	e.uint(uint64(m.words.rows))
	for _, place := range m.words.ranked {
		e.uint(uint64(m.words.count[place]))
	}
	for _, b := range m.blend {
		e.double(b)
	}
	for _, l := range m.sure.usual {
		e.double(l.mean)
		e.double(l.spread)
	}
	e.double(m.sure.slope)
	e.double(m.sure.offset)
	e.linear(m.linear)
	for _, n := range m.network {
		e.network(n)
	}
	return binary.LittleEndian.AppendUint32(e, checksum(e))
}

// ReadModel reads a model that WriteTo wrote. It reads all of r, and no more than
// MaxFile bytes. What isn't a model, or isn't whole, is ErrDamaged; one written by a newer
// version of this package is ErrNewer, and by one that made other models ErrOlder.
func ReadModel(r io.Reader) (*Model, error) {
	b, err := readFile(r)
	if err != nil {
		return nil, err
	}
	body := len(b) - 4
	if body < len(fileName)+1 || string(b[:len(fileName)]) != fileName {
		return nil, fmt.Errorf("%w: it doesn't begin as one", ErrDamaged)
	}
	switch v := b[len(fileName)]; {
	case v > fileVersion:
		return nil, fmt.Errorf("%w: version %d, known is %d", ErrNewer, v, fileVersion)
	case v < fileVersion:
		return nil, fmt.Errorf("%w: version %d, known is %d", ErrOlder, v, fileVersion)
	}
	if len(b) > MaxFile {
		return nil, fmt.Errorf("%w: it has more than %d bytes", ErrDamaged, MaxFile)
	}
	if checksum(b[:body]) != binary.LittleEndian.Uint32(b[body:]) {
		return nil, fmt.Errorf("%w: its checksum is wrong", ErrDamaged)
	}
	d := &decoder{rest: b[len(fileName)+1 : body]}
	m := d.model()
	if d.bad || len(d.rest) > 0 {
		return nil, fmt.Errorf("%w: its content makes no sense", ErrDamaged)
	}
	return m.ready(), nil
}

// readFile reads all of r, and a byte more than a file has at most. Where r knows how much
// it has, nothing is allocated twice.
func readFile(r io.Reader) ([]byte, error) {
	var b bytes.Buffer
	if sized, ok := r.(interface{ Len() int }); ok {
		b.Grow(min(sized.Len(), MaxFile+1) + bytes.MinRead)
	}
	_, err := b.ReadFrom(io.LimitReader(r, MaxFile+1))
	return b.Bytes(), err
}

func (d *decoder) model() *Model {
	m := &Model{seed: d.uint(math.MaxUint64)}
	for range d.uint(MaxLabels) {
		label := string(d.bytes(int(d.uint(MaxLabel))))
		least := d.double()
		n := len(m.labels)
		if label == "" || !utf8.ValidString(label) || n > 0 && m.labels[n-1] >= label || !(least >= 0 && least <= 1) {
			d.bad = true
			return m
		}
		m.labels, m.least = append(m.labels, label), append(m.least, least)
	}
	if len(m.labels) < 2 {
		d.bad = true
		return m
	}
	m.words = d.dictionary()
	for i := range m.blend {
		m.blend[i] = d.double()
	}
	for i := range m.sure.usual {
		m.sure.usual[i] = usual{d.double(), d.double()}
		d.bad = d.bad || m.sure.usual[i].spread <= 0
	}
	m.sure.slope, m.sure.offset = d.double(), d.double()
	labels := len(m.labels)
	m.linear = d.linear(m.words.plain(), labels)
	for k := range m.network {
		m.network[k] = d.network(k, m.words.countFor(k), labels)
	}
	return m
}

func (d *decoder) dictionary() *dictionary {
	n := d.uint(1 << spaceBits)
	if n > uint64(len(d.rest)) { // a byte each at least
		d.bad, n = true, 0
	}
	keys := make([]uint32, n)
	last := uint64(0)
	for i := range keys {
		step := d.uint(1 << spaceBits)
		if last += step; last >= 1<<spaceBits || step == 0 && i > 0 {
			d.bad = true
			return newDictionary(nil, nil, 0)
		}
		keys[i] = uint32(last)
	}
	rows := d.uint(math.MaxInt32)
	count := make([]uint32, len(keys))
	for i := range count {
		count[i] = uint32(d.uint(rows))
	}
	return newDictionary(keys, count, int(rows))
}

// encoder appends values to a file.
type encoder []byte

func (e *encoder) uint(v uint64)    { *e = binary.AppendUvarint(*e, v) }
func (e *encoder) double(v float64) { *e = binary.LittleEndian.AppendUint64(*e, math.Float64bits(v)) }

func (e *encoder) floats(v []float32) {
	*e = slices.Grow(*e, 4*len(v))
	for _, x := range v {
		*e = binary.LittleEndian.AppendUint32(*e, math.Float32bits(x))
	}
}

func (e *encoder) table(t *table) {
	e.floats(t.scale)
	*e = slices.Grow(*e, len(t.cell))
	for _, c := range t.cell {
		*e = append(*e, byte(c))
	}
}

// network appends a network: 0 if there is none.
func (e *encoder) network(n *network) {
	if n == nil {
		e.uint(0)
		return
	}
	e.uint(uint64(n.least))
	e.uint(uint64(n.in.width))
	e.table(n.in)
	e.floats(n.inBias)
	e.floats(n.out)
	e.floats(n.outBias)
}

func (e *encoder) linear(m *linear) {
	e.floats(m.bias)
	e.floats(m.scale)
	for f := range m.scale {
		from, to := m.start[f], m.start[f+1]
		e.uint(uint64(to - from))
		last := uint16(0)
		for i := from; i < to; i++ {
			e.uint(uint64(m.label[i] - last))
			last = m.label[i]
			*e = append(*e, byte(m.cell[i]))
		}
	}
}

// decoder takes values from a file. Once something is wrong it is bad, and gives zeros.
type decoder struct {
	rest []byte
	bad  bool
}

// uint returns a number that is most at the most.
func (d *decoder) uint(most uint64) uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 || v > most {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// bytes returns n bytes of the file, nil if there are fewer.
func (d *decoder) bytes(n int) []byte {
	if n > len(d.rest) {
		d.bad, d.rest = true, nil
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) double() float64 {
	b := d.bytes(8)
	if b == nil {
		return 0
	}
	x := math.Float64frombits(binary.LittleEndian.Uint64(b))
	d.bad = d.bad || math.IsNaN(x) || math.IsInf(x, 0)
	return x
}

// mostFloat is more than any weight of a model; beyond, sums could overflow.
const mostFloat = 1e9

func (d *decoder) floats(n int) []float32 {
	b := d.bytes(4 * n)
	if b == nil {
		return nil
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		d.bad = d.bad || !(v[i] >= -mostFloat && v[i] <= mostFloat)
	}
	return v
}

func (d *decoder) table(rows, width int) *table {
	t := &table{width: width, scale: d.floats(rows)}
	b := d.bytes(rows * width)
	t.cell = make([]int8, len(b))
	for i, c := range b {
		t.cell[i] = int8(c)
	}
	return t
}

func (d *decoder) network(k int, count []uint32, labels int) *network {
	least := d.uint(math.MaxUint32)
	if least == 0 {
		return nil
	}
	width := int(d.uint(wide))
	known := knownFrom(count, uint32(least))
	in := d.table(known.size, width)
	if d.bad {
		return nil
	}
	return &network{least: known.least, row: in.index(known.at), byWord: k == networkByWord, in: in, inBias: d.floats(width), out: d.floats(width * labels), outBias: d.floats(labels)}
}

func (d *decoder) linear(features, labels int) *linear {
	m := &linear{bias: d.floats(labels), scale: d.floats(features), start: make([]uint32, 1, features+1)}
	m.label, m.cell = make([]uint16, 0, len(d.rest)/2), make([]int8, 0, len(d.rest)/2)
	for range features {
		last := uint64(0)
		for i := range d.uint(uint64(labels)) {
			step := d.uint(uint64(labels))
			cell := d.bytes(1)
			if last += step; last >= uint64(labels) || step == 0 && i > 0 || cell == nil {
				d.bad = true
				return m
			}
			m.label, m.cell = append(m.label, uint16(last)), append(m.cell, int8(cell[0]))
		}
		m.start = append(m.start, uint32(len(m.cell)))
	}
	return m.ready()
}
