package kv

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// The layout of keys: documents are collection NUL 'd' key, index entries
// collection NUL 'i' index NUL values key. Values sort as their bytes do: text
// has its NULs escaped and ends with NUL 1; numbers and times have their sign
// turned round, and eight bytes.

func docKey(coll, key string) []byte {
	b := make([]byte, 0, len(coll)+2+len(key))
	b = append(append(b, coll...), 0, 'd')
	return append(b, key...)
}

func indexPrefix(coll, index string) []byte {
	b := make([]byte, 0, 96)
	b = append(append(b, coll...), 0, 'i')
	return append(append(b, index...), 0)
}

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		if strings.IndexByte(v, 0) < 0 {
			b = append(b, v...)
		} else {
			b = append(b, strings.ReplaceAll(v, "\x00", "\x00\xff")...)
		}
		return append(b, 0, 1)
	case int64:
		return binary.BigEndian.AppendUint64(b, uint64(v)^1<<63)
	case time.Time:
		return binary.BigEndian.AppendUint64(b, uint64(v.UnixMicro())^1<<63)
	}
	panic("kv: a column holds a value that package store doesn't let through")
}

// readValues takes the values of an index off an entry's key; the rest is the
// document's key. b comes from this package, so it is whole.
func readValues(b []byte, sc driver.Schema, ix driver.Index) (at []any, key string) {
	at = make([]any, len(ix.Columns))
	for i, c := range ix.Columns {
		switch kind := sc.Columns[c].Kind; kind {
		case driver.Text, driver.Texts:
			at[i], b = readText(b)
		default:
			n := int64(binary.BigEndian.Uint64(b) ^ 1<<63)
			b = b[8:]
			if at[i] = any(n); kind == driver.Time {
				at[i] = time.UnixMicro(n).UTC()
			}
		}
	}
	return at, string(b)
}

func readText(b []byte) (s string, rest []byte) {
	for i := 0; ; i++ {
		if b[i] == 0 && b[i+1] == 1 {
			return strings.ReplaceAll(string(b[:i]), "\x00\xff", "\x00"), b[i+2:]
		}
		if b[i] == 0 {
			i++ // an escaped NUL
		}
	}
}

// after is the first key behind all that begin with p.
func after(p []byte) []byte {
	p = bytes.Clone(p)
	for i := len(p) - 1; i >= 0; i-- {
		if p[i]++; p[i] != 0 {
			return p[:i+1]
		}
	}
	return nil
}

// entriesOf returns the index entries of a document, and for unique indexes the
// part of the key that may be there once.
func entriesOf(sc driver.Schema, d driver.Doc) (entries, uniques [][]byte) {
	entries = make([][]byte, 0, len(sc.Indexes))
	for _, ix := range sc.Indexes {
		if slices.ContainsFunc(ix.Columns, func(c int) bool { return d.Cols[c] == nil }) {
			continue
		}
		for _, b := range valuesOf(sc, ix, d) {
			if ix.Unique {
				uniques = append(uniques, b[:len(b):len(b)])
			}
			entries = append(entries, append(b, d.Key...))
		}
	}
	return entries, uniques
}

// valuesOf returns the beginnings of a document's entries in one index: one, or
// one for each distinct text where a many-valued column leads.
func valuesOf(sc driver.Schema, ix driver.Index, d driver.Doc) [][]byte {
	prefix := indexPrefix(sc.Name, ix.Name)
	texts, many := d.Cols[ix.Columns[0]].([]string)
	if !many {
		for _, c := range ix.Columns {
			prefix = appendValue(prefix, d.Cols[c])
		}
		return [][]byte{prefix}
	}
	texts = slices.Compact(slices.Sorted(slices.Values(texts)))
	bs := make([][]byte, len(texts))
	for i, s := range texts {
		b := appendValue(bytes.Clone(prefix), s)
		for _, c := range ix.Columns[1:] {
			b = appendValue(b, d.Cols[c])
		}
		bs[i] = b
	}
	return bs
}

// record is the stored form of a document: revision, version, its index entries,
// its bytes.
type record struct {
	rev     int64
	version int
	entries [][]byte
	data    []byte
}

func (r record) append(b []byte) []byte {
	size := 4*binary.MaxVarintLen32 + len(r.data)
	for _, e := range r.entries {
		size += binary.MaxVarintLen16 + len(e)
	}
	b = slices.Grow(b, size)
	b = binary.AppendUvarint(b, uint64(r.rev))
	b = binary.AppendUvarint(b, uint64(r.version))
	b = binary.AppendUvarint(b, uint64(len(r.entries)))
	for _, e := range r.entries {
		b = append(binary.AppendUvarint(b, uint64(len(e))), e...)
	}
	return append(b, r.data...)
}

// readRecord doesn't copy: the parts share b.
func readRecord(b []byte) (r record) {
	number := func() uint64 {
		n, w := binary.Uvarint(b)
		b = b[w:]
		return n
	}
	r.rev, r.version = int64(number()), int(number())
	if n := number(); n > 0 {
		r.entries = make([][]byte, n)
	}
	for i := range r.entries {
		n := number()
		r.entries[i], b = b[:n:n], b[n:]
	}
	r.data = b
	return r
}
