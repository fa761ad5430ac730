package store

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"iter"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// Query walks one index of a collection: an equality prefix, then at most one
// range on the next column. There is no planner; a query costs what it yields.
type Query struct {
	d      driver.Query
	cursor string
	err    error
}

// By walks the named index, where its first columns have these values: string,
// int64, int, or time.Time.
func By(index string, eq ...any) Query {
	q := Query{d: driver.Query{Index: index}}
	for _, v := range eq {
		q.d.Eq = append(q.d.Eq, q.value(v))
	}
	return q
}

// ByKey walks a collection in the order of its keys.
func ByKey() Query { return Query{} }

// From begins at v, which is included.
func (q Query) From(v any) Query { q.d.From = q.value(v); return q }

// To ends before v.
func (q Query) To(v any) Query { q.d.To = q.value(v); return q }

// Desc walks backwards.
func (q Query) Desc() Query { q.d.Desc = true; return q }

// Behind begins behind the document with this key, which needn't be there any more,
// where v is the value of its next column. It is a cursor for those who merge
// several walks.
func (q Query) Behind(v any, key string) Query {
	at := append(slices.Clone(q.d.Eq), q.value(v))
	q.d.After = &driver.Mark{At: at, Key: key}
	return q
}

// Limit bounds the page. Scan and Page need it.
func (q Query) Limit(n int) Query { q.d.Limit = n; return q }

// After goes on behind the place that Page gave as its cursor; "" is the start.
func (q Query) After(cursor string) Query { q.cursor = cursor; return q }

func (q *Query) value(v any) any {
	switch v := v.(type) {
	case string, int64:
		return v
	case int:
		return int64(v)
	case time.Time:
		return driver.Micro(v)
	}
	q.err = fmt.Errorf("a query can't compare with a %T: %w", v, ErrValue)
	return v
}

// allPage is how many documents All reads at a time.
const allPage = 256

// Scan yields at most Limit documents, which it has read before it yields the
// first: the body of the loop may write to them.
func (c *Collection[T]) Scan(ctx context.Context, tx *Tx, q Query) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		vs, _, err := c.Page(ctx, tx, q)
		for _, v := range vs {
			if !yield(v, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// Count returns how many documents the query finds, at most Limit if it has one. It
// reads the index and no documents, so that thousands cost a millisecond. Where an
// index leads with many values, a document counts once for each that fits.
func (c *Collection[T]) Count(ctx context.Context, tx *Tx, q Query) (int, error) {
	return c.untyped().count(ctx, tx, q)
}

func (u *untyped) count(ctx context.Context, tx *Tx, q Query) (int, error) {
	if q.d.Limit < 0 {
		return 0, &Error{"count", u.name, "", fmt.Errorf("a limit below 0: %w", ErrValue)}
	}
	q, err := u.ready(tx, q)
	if err != nil {
		return 0, &Error{"count", u.name, "", err}
	}
	n, err := tx.d.Count(ctx, u.name, q.d)
	if err != nil {
		return 0, &Error{"count", u.name, "", err}
	}
	return n, nil
}

// Claim is Scan which locks what it yields and passes over what others hold. It
// may yield fewer than there are: nothing found doesn't mean that nothing is there.
func (c *Collection[T]) Claim(ctx context.Context, tx *Tx, q Query) iter.Seq2[*T, error] {
	q.d.Claim = true
	return c.Scan(ctx, tx, q)
}

// All yields every document of the query in the transaction, a page at a time.
// It may meet a document again that the loop's body has moved ahead.
func (c *Collection[T]) All(ctx context.Context, tx *Tx, q Query) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		q.d.Limit = allPage
		for {
			vs, next, err := c.Page(ctx, tx, q)
			for _, v := range vs {
				if !yield(v, nil) {
					return
				}
			}
			if err != nil {
				yield(nil, err)
			}
			if err != nil || next == "" {
				return
			}
			q.cursor = next
		}
	}
}

// Page returns at most Limit documents, and the cursor of the next page: "" when
// this is the last. A document that is created, changed or deleted between two
// pages doesn't shift the others.
func (c *Collection[T]) Page(ctx context.Context, tx *Tx, q Query) (vs []*T, next string, err error) {
	docs, next, err := c.untyped().page(ctx, tx, q)
	if err != nil {
		return nil, "", err
	}
	vs = make([]*T, len(docs))
	for i, v := range docs {
		vs[i] = v.(*T)
	}
	return vs, next, nil
}

func (u *untyped) page(ctx context.Context, tx *Tx, q Query) (vs []any, next string, err error) {
	rows, next, err := u.rows(ctx, tx, q)
	if err != nil {
		return nil, "", &Error{"scan", u.name, "", err}
	}
	vs = make([]any, len(rows))
	for i, r := range rows {
		tx.note(u.name, r.Key, r.Rev)
		if vs[i], err = u.decode("scan", tx, r.Doc); err != nil {
			return nil, "", err
		}
	}
	return vs, next, nil
}

// Entry is where a document stands in an index.
type Entry struct {
	Key string
	At  []any // the values of the index's columns: string, int64 or time.Time; none by key
}

// Entries is Page without the documents, which aren't read: what the index tells is
// enough for who counts, or reads the documents that he needs himself. The cursors are
// those of Page.
func (c *Collection[T]) Entries(ctx context.Context, tx *Tx, q Query) (es []Entry, next string, err error) {
	return c.untyped().entries(ctx, tx, q)
}

func (u *untyped) entries(ctx context.Context, tx *Tx, q Query) (es []Entry, next string, err error) {
	q.d.Bare = true
	rows, next, err := u.rows(ctx, tx, q)
	if err != nil {
		return nil, "", &Error{"scan", u.name, "", err}
	}
	es = make([]Entry, len(rows))
	for i, r := range rows {
		es[i] = Entry{r.Key, r.At}
	}
	return es, next, nil
}

// First is the first entry alone; found is false where there is none. It is for what is
// asked in each turn of a writer, as where a log ends.
func (c *Collection[T]) First(ctx context.Context, tx *Tx, q Query) (e Entry, found bool, err error) {
	return c.untyped().first(ctx, tx, q)
}

func (u *untyped) first(ctx context.Context, tx *Tx, q Query) (e Entry, found bool, err error) {
	q.d.Bare, q.d.Limit = true, 1
	if q, err = u.ready(tx, q); err != nil {
		return Entry{}, false, &Error{"scan", u.name, "", err}
	}
	rows, err := tx.d.Scan(ctx, u.name, q.d)
	if err != nil {
		return Entry{}, false, &Error{"scan", u.name, "", err}
	}
	if len(rows) == 0 {
		return Entry{}, false, nil
	}
	return Entry{rows[0].Key, rows[0].At}, true, nil
}

func (u *untyped) rows(ctx context.Context, tx *Tx, q Query) (rows []driver.Row, next string, err error) {
	if q.d.Limit <= 0 {
		return nil, "", fmt.Errorf("a page needs a limit: %w", ErrValue)
	}
	if q, err = u.ready(tx, q); err != nil {
		return nil, "", err
	}
	limit := q.d.Limit
	if !q.d.Claim {
		q.d.Limit++ // to know whether there is more
	}
	rows, err = tx.d.Scan(ctx, u.name, q.d)
	if err != nil || len(rows) <= limit {
		return rows, "", err
	}
	rows = rows[:limit]
	next, err = u.writeCursor(q, rows[limit-1])
	return rows, next, err
}

// ready checks a query, and reads its cursor.
func (u *untyped) ready(tx *Tx, q Query) (Query, error) {
	if err := tx.usable(q.d.Claim); err != nil {
		return q, err
	}
	if q.err != nil {
		return q, q.err
	}
	kinds, err := u.check(q.d)
	if err != nil {
		return q, err
	}
	if tx.db.building(u.name, q.d.Index) {
		return q, fmt.Errorf("index %s: %w", q.d.Index, ErrIndexBuilding)
	}
	if q.cursor != "" {
		q.d.After, err = u.readCursor(q, len(kinds))
	}
	return q, err
}

// check compares the query with the index, and returns the kinds of its columns.
func (u *untyped) check(q driver.Query) (kinds []driver.Kind, err error) {
	if q.Index == "" {
		if len(q.Eq) > 0 {
			return nil, fmt.Errorf("values without an index: %w", ErrValue)
		}
		return nil, cmp.Or(fits(Text, q.From), fits(Text, q.To))
	}
	for _, ix := range u.indexes {
		if ix.Name != q.Index {
			continue
		}
		for _, on := range ix.On {
			for _, col := range u.columns {
				if col.Name == on {
					kinds = append(kinds, col.Kind)
				}
			}
		}
		if n := len(q.Eq); n > len(kinds) || n == len(kinds) && (q.From != nil || q.To != nil) {
			return nil, fmt.Errorf("more values than index %s has columns: %w", ix.Name, ErrValue)
		}
		for i, v := range q.Eq {
			if v == nil {
				return nil, fmt.Errorf("index %s holds no absent values: %w", ix.Name, ErrValue)
			}
			if err := fits(kinds[i], v); err != nil {
				return nil, fmt.Errorf("index %s: %w", ix.Name, err)
			}
		}
		if len(q.Eq) < len(kinds) {
			k := kinds[len(q.Eq)]
			return kinds, cmp.Or(fits(k, q.From), fits(k, q.To))
		}
		return kinds, nil
	}
	return nil, fmt.Errorf("there is no index %q: %w", q.Index, ErrValue)
}

func fits(k driver.Kind, v any) error {
	ok := true
	switch v.(type) {
	case nil:
	case string:
		ok = k == Text || k == Texts
	case int64:
		ok = k == Int
	case time.Time:
		ok = k == Time
	}
	if !ok {
		return fmt.Errorf("a %T doesn't fit its column: %w", v, ErrValue)
	}
	return nil
}

// place is what a cursor holds: the hash of its query, and where it stands.
type place struct {
	Hash uint64 `json:"h"`
	At   []spot `json:"a,omitempty"`
	Key  string `json:"k"`
}

// spot is one value of an index, told by which field is set.
type spot struct {
	Text *string    `json:"t,omitempty"`
	Int  *int64     `json:"i,omitempty"`
	Time *time.Time `json:"m,omitempty"`
}

// hash tells one query from another, whatever its page size.
func (u *untyped) hash(q Query) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%q %q %v %q %q %q", u.name, q.d.Index, q.d.Desc, fmt.Sprintf("%#v", q.d.Eq), fmt.Sprint(q.d.From), fmt.Sprint(q.d.To))
	return h.Sum64()
}

func (u *untyped) writeCursor(q Query, r driver.Row) (string, error) {
	p := place{Hash: u.hash(q), Key: r.Key}
	for _, v := range r.At {
		var s spot
		switch v := v.(type) {
		case string:
			s.Text = &v
		case int64:
			s.Int = &v
		case time.Time:
			s.Time = &v
		}
		p.At = append(p.At, s)
	}
	b, err := encodeAs(driver.JSON, p)
	return base64.RawURLEncoding.EncodeToString(b), err
}

func (u *untyped) readCursor(q Query, columns int) (*driver.Mark, error) {
	b, err := base64.RawURLEncoding.DecodeString(q.cursor)
	var p place
	if err != nil || decodeAs(driver.JSON, b, &p) != nil || p.Hash != u.hash(q) || len(p.At) != columns {
		return nil, ErrCursor
	}
	m := &driver.Mark{Key: p.Key}
	kinds, err := u.check(q.d)
	if err != nil {
		return nil, err
	}
	for i, s := range p.At {
		var v any
		switch {
		case s.Text != nil:
			v = *s.Text
		case s.Int != nil:
			v = *s.Int
		case s.Time != nil:
			v = driver.Micro(*s.Time)
		}
		if v == nil || fits(kinds[i], v) != nil {
			return nil, ErrCursor
		}
		m.At = append(m.At, v)
	}
	return m, nil
}
