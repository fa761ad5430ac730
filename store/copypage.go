package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// The limits of what a copy reads, or writes, at a time.
const (
	copyPage  = 256     // documents
	copyBytes = 4 << 20 // of documents, about
	copyFirst = 16      // documents of the first page, whose size nobody knows
)

// side reads one collection in the order of its keys, a page in each View.
type side struct {
	r    Runner
	coll string

	docs  []driver.Doc // that were read and haven't been taken
	last  string       // key of the last one that was read
	limit int
	end   bool // nothing is left to be read
}

func newSide(r Runner, coll string) *side { return &side{r: r, coll: coll, limit: copyFirst} }

// peek returns the next document, nil at the end.
func (s *side) peek(ctx context.Context) (*driver.Doc, error) {
	if len(s.docs) == 0 && !s.end {
		if err := s.r.View(ctx, s.read); err != nil {
			return nil, err
		}
	}
	if len(s.docs) == 0 {
		return nil, nil
	}
	return &s.docs[0], nil
}

// done says that everything has been taken.
func (s *side) done() bool { return s.end && len(s.docs) == 0 }

func (s *side) take() { s.docs = s.docs[1:] }

func (s *side) read(ctx context.Context, tx *Tx) error {
	if err := tx.usable(false); err != nil {
		return err
	}
	q := driver.Query{Limit: s.limit}
	if s.last != "" {
		q.After = &driver.Mark{Key: s.last}
	}
	rows, err := tx.d.Scan(ctx, s.coll, q)
	if err != nil {
		return &Error{"scan", s.coll, "", err}
	}
	size := 0
	s.docs = make([]driver.Doc, len(rows))
	for i, r := range rows {
		s.docs[i] = r.Doc
		s.docs[i].Data = slices.Clone(r.Data) // it outlives the transaction
		size += len(r.Data)
		s.last = r.Key
	}
	if s.end = len(rows) < s.limit; !s.end {
		s.limit = min(max(copyBytes/max(size/len(rows), 1), 1), copyPage)
	}
	return nil
}

// pair takes the next key of either side: with one of them nil where only the
// other side has it, and both at the end.
func pair(ctx context.Context, left, right *side) (l, r *driver.Doc, err error) {
	if l, err = left.peek(ctx); err != nil {
		return nil, nil, fmt.Errorf("source: %w", err)
	}
	if r, err = right.peek(ctx); err != nil {
		return nil, nil, fmt.Errorf("target: %w", err)
	}
	switch {
	case l != nil && r != nil && l.Key < r.Key:
		r = nil
	case l != nil && r != nil && l.Key > r.Key:
		l = nil
	}
	if l != nil {
		left.take()
	}
	if r != nil {
		right.take()
	}
	return l, r, nil
}

// batch is what is written to a collection in one transaction.
type batch struct {
	to    *DB
	coll  string
	gone  []driver.Doc
	puts  []driver.Doc
	bytes int
}

func (b *batch) remove(d *driver.Doc) { b.gone = append(b.gone, driver.Doc{Key: d.Key, Rev: d.Rev}) }

func (b *batch) add(d driver.Doc) {
	b.puts = append(b.puts, d)
	b.bytes += len(d.Data)
}

func (b *batch) flushFull(ctx context.Context) error {
	if max(len(b.puts), len(b.gone)) < copyPage && b.bytes < copyBytes {
		return nil
	}
	return b.flush(ctx)
}

// flush deletes first: what is replaced begins anew, with the source's revision,
// and nothing that goes stands in its way.
func (b *batch) flush(ctx context.Context) error {
	if len(b.puts)+len(b.gone) == 0 {
		return nil
	}
	err := b.to.Update(ctx, func(ctx context.Context, tx *Tx) error {
		for _, d := range b.gone {
			if err := tx.delete(ctx, b.coll, d.Key, d.Rev); err != nil {
				return &Error{"delete", b.coll, d.Key, err}
			}
		}
		for _, d := range b.puts {
			if err := tx.put(ctx, b.coll, d, 0); err != nil {
				return &Error{"put", b.coll, d.Key, err}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	b.gone, b.puts, b.bytes = nil, nil, 0
	return nil
}

// carry returns a document of one store as another one keeps it.
func (u *untyped) carry(d driver.Doc, from, to *DB) (driver.Doc, error) {
	fail := func(err error) (driver.Doc, error) { return driver.Doc{}, &Error{"copy", u.name, d.Key, err} }
	v, err := u.read(from.traits.Encoding, d)
	if err != nil {
		return fail(err)
	}
	if d.Cols, err = u.values(v); err != nil {
		return fail(err)
	}
	if d.Data, d.Version, err = u.encode(to, nil, v); err != nil {
		return fail(err)
	}
	return d, nil
}

// canonical is the content of a document, whatever its encoding and stored form.
func (u *untyped) canonical(e driver.Encoding, d driver.Doc) ([]byte, error) {
	v, err := u.read(e, d)
	if err != nil {
		return nil, &Error{"read", u.name, d.Key, err}
	}
	return encodeAs(driver.CBOR, v)
}

// sum reads a whole collection.
func sum(ctx context.Context, r Runner, db *DB, coll string) (s Sum, err error) {
	h := sha256.New()
	field := func(b []byte) {
		h.Write(binary.AppendUvarint(nil, uint64(len(b)))) // so that no two lists of fields look alike
		h.Write(b)
	}
	for docs := newSide(r, coll); ; s.Documents++ {
		d, err := docs.peek(ctx)
		if err != nil {
			return s, err
		}
		if d == nil {
			s.Hash = hex.EncodeToString(h.Sum(nil))
			return s, nil
		}
		b, err := db.colls[coll].canonical(db.traits.Encoding, *d)
		if err != nil {
			return s, err
		}
		field([]byte(d.Key))
		field(binary.AppendVarint(nil, d.Rev))
		field(b)
		docs.take()
	}
}
