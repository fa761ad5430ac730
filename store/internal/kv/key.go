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
	return appendDocKey(make([]byte, 0, len(coll)+2+len(key)), coll, key)
}

func (t *tx) docKey(coll, key string) []byte {
	return appendDocKey(t.room(len(coll)+2+len(key)), coll, key)
}

func appendDocKey(b []byte, coll, key string) []byte {
	b = append(append(b, coll...), 0, 'd')
	return append(b, key...)
}

func indexPrefix(coll, index string) []byte {
	return appendIndexPrefix(make([]byte, 0, 96), coll, index)
}

func appendIndexPrefix(b []byte, coll, index string) []byte {
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
func readValues(b []byte, sc *driver.Schema, ix driver.Index) (at []any, key string) {
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
func (t *tx) entriesOf(sc *driver.Schema, d driver.Doc) (entries, uniques [][]byte) {
	entries = make([][]byte, 0, len(sc.Indexes))
	for _, ix := range sc.Indexes {
		if slices.ContainsFunc(ix.Columns, func(c int) bool { return d.Cols[c] == nil }) {
			continue
		}
		from := len(entries)
		if texts, many := d.Cols[ix.Columns[0]].([]string); many {
			for _, s := range slices.Compact(slices.Sorted(slices.Values(texts))) {
				entries = append(entries, t.entry(sc, ix, d, s))
			}
		} else {
			entries = append(entries, t.entry(sc, ix, d, d.Cols[ix.Columns[0]]))
		}
		for _, e := range entries[from:] {
			if n := len(e) - len(d.Key); ix.Unique {
				uniques = append(uniques, e[:n:n])
			}
		}
	}
	return entries, uniques
}

// entry is a document's entry in an index, where the first column has this value.
func (t *tx) entry(sc *driver.Schema, ix driver.Index, d driver.Doc, first any) []byte {
	size := len(sc.Name) + 3 + len(ix.Name) + sizeOf(first) + len(d.Key)
	for _, c := range ix.Columns[1:] {
		size += sizeOf(d.Cols[c])
	}
	b := appendValue(appendIndexPrefix(t.room(size), sc.Name, ix.Name), first)
	for _, c := range ix.Columns[1:] {
		b = appendValue(b, d.Cols[c])
	}
	return append(b, d.Key...)
}

// sizeOf is how many bytes a value has in a key, unless it is a text with a NUL.
func sizeOf(v any) int {
	if s, ok := v.(string); ok {
		return len(s) + 2
	}
	return 8
}

// record is the stored form of a document: revision, version, its index entries,
// its bytes.
type record struct {
	rev     int64
	version int
	entries [][]byte
	data    []byte
}

// size is how many bytes it has at most.
func (r record) size() int {
	n := 3*binary.MaxVarintLen64 + len(r.data)
	for _, e := range r.entries {
		n += binary.MaxVarintLen16 + len(e)
	}
	return n
}

func (r record) append(b []byte) []byte {
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
