package kv

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// Scan implements driver.Tx.
func (t *tx) Scan(_ context.Context, coll string, q driver.Query) ([]driver.Row, error) {
	if err := t.usable(q.Claim); err != nil {
		return nil, err
	}
	sc, err := t.s.of(coll)
	if err != nil {
		return nil, err
	}
	if q.Index == "" {
		return t.scanKeys(coll, q), nil
	}
	i := slices.IndexFunc(sc.Indexes, func(ix driver.Index) bool { return ix.Name == q.Index })
	if i < 0 {
		return nil, fmt.Errorf("collection %s has no index %q", coll, q.Index)
	}
	return t.scanIndex(sc.Schema, sc.Indexes[i], q)
}

// Count implements driver.Tx.
func (t *tx) Count(_ context.Context, coll string, q driver.Query) (n int, err error) {
	if err := t.usable(false); err != nil {
		return 0, err
	}
	sc, err := t.s.of(coll)
	if err != nil {
		return 0, err
	}
	var from, to []byte
	if q.Index == "" {
		from, to = keyRange(coll, q)
	} else {
		i := slices.IndexFunc(sc.Indexes, func(ix driver.Index) bool { return ix.Name == q.Index })
		if i < 0 {
			return 0, fmt.Errorf("collection %s has no index %q", coll, q.Index)
		}
		from, to = indexRange(sc.Schema, sc.Indexes[i], q)
	}
	t.kv.Walk(from, to, false, func(_, _ []byte) bool {
		n++
		return q.Limit == 0 || n < q.Limit
	})
	return n, nil
}

// keyRange is where a query by key walks.
func keyRange(coll string, q driver.Query) (from, to []byte) {
	from, to = bounds(docKey(coll, ""), q, func(b []byte, v any) []byte { return append(b, v.(string)...) })
	if q.After != nil {
		from, to = beyond(from, to, docKey(coll, q.After.Key), q.Desc)
	}
	return from, to
}

// indexRange is where a query of an index walks.
func indexRange(sc *driver.Schema, ix driver.Index, q driver.Query) (from, to []byte) {
	top := indexPrefix(sc.Name, ix.Name)
	prefix := bytes.Clone(top)
	for _, v := range q.Eq {
		prefix = appendValue(prefix, v)
	}
	from, to = bounds(prefix, q, appendValue)
	if q.After == nil {
		return from, to
	}
	mark := bytes.Clone(top)
	for _, v := range q.After.At {
		mark = appendValue(mark, v)
	}
	return beyond(from, to, append(mark, q.After.Key...), q.Desc)
}

func (t *tx) scanKeys(coll string, q driver.Query) (rows []driver.Row) {
	prefix := docKey(coll, "")
	from, to := keyRange(coll, q)
	t.kv.Walk(from, to, q.Desc, func(k, v []byte) bool {
		if q.Bare {
			rows = append(rows, driver.Row{Doc: driver.Doc{Key: string(k[len(prefix):])}})
			return len(rows) < q.Limit
		}
		r := readRecord(v)
		rows = append(rows, driver.Row{Doc: driver.Doc{Key: string(k[len(prefix):]), Rev: r.rev, Version: r.version, Data: r.data}})
		return len(rows) < q.Limit
	})
	return rows
}

func (t *tx) scanIndex(sc *driver.Schema, ix driver.Index, q driver.Query) ([]driver.Row, error) {
	top := indexPrefix(sc.Name, ix.Name)
	from, to := indexRange(sc, ix, q)
	rows := make([]driver.Row, 0, min(q.Limit, 16)) // most queries find far fewer than their limit
	t.kv.Walk(from, to, q.Desc, func(k, _ []byte) bool {
		var r driver.Row
		r.At, r.Key = readValues(k[len(top):], sc, ix)
		rows = append(rows, r)
		return len(rows) < q.Limit
	})
	if q.Bare {
		return rows, nil
	}
	for i := range rows {
		d, err := t.get(sc.Name, rows[i].Key)
		if err != nil {
			return nil, fmt.Errorf("index %s names a document %q: %w", ix.Name, rows[i].Key, err)
		}
		rows[i].Doc = d
	}
	return rows, nil
}

// bounds is the stretch of keys that a query means, before its mark.
func bounds(prefix []byte, q driver.Query, add func([]byte, any) []byte) (from, to []byte) {
	from, to = prefix, after(prefix)
	if q.From != nil {
		from = add(bytes.Clone(prefix), q.From)
	}
	if q.To != nil {
		to = add(bytes.Clone(prefix), q.To)
	}
	return from, to
}

// beyond cuts off what lies before mark in the direction of the walk.
func beyond(from, to, mark []byte, desc bool) (_, _ []byte) {
	if desc {
		if bytes.Compare(mark, to) < 0 {
			to = mark
		}
		return from, to
	}
	if next := append(mark, 0); bytes.Compare(next, from) > 0 {
		from = next
	}
	return from, to
}
