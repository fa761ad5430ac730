package pgstore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/jackc/pgx/v5/pgconn"
)

// errLate is a comparison that was put off and failed.
var errLate = fmt.Errorf("%w: a document that the transaction read was changed meanwhile", store.ErrConflict)

// flush returns the statements for what the server hasn't been told: all of it, or
// what a scan of one collection needs. It goes layer by layer, since a savepoint
// must have everything below it.
func (t *tx) flush(coll string) []call {
	top := -1
	for i, l := range t.layers {
		if l.dirty(coll) {
			top = i
		}
	}
	return t.flushTo(top, coll, false)
}

// flushTo flushes all layers below one, and in it what belongs to a collection,
// or everything.
func (t *tx) flushTo(top int, coll string, strict bool) (calls []call) {
	for i := range top + 1 {
		if l := t.layers[i]; !l.told {
			calls = append(calls, call{sql: "savepoint " + l.savepoint()})
			l.told = true
		}
		only := coll
		if i < top {
			only = ""
		}
		calls = append(calls, t.flushLayer(i, only, strict)...)
	}
	return calls
}

func (l *layer) dirty(coll string) bool {
	for at, e := range l.entries {
		if e.dirty && (coll == "" || at.coll == coll) {
			return true
		}
	}
	return false
}

// flushLayer writes in the order of collections and keys, so that two writers of
// the same documents wait in one direction.
func (t *tx) flushLayer(n int, coll string, strict bool) (calls []call) {
	l := t.layers[n]
	var todo []id
	for at, e := range l.entries {
		if e.dirty && (coll == "" || at.coll == coll) {
			todo = append(todo, at)
		}
	}
	slices.SortFunc(todo, id.compare)
	for len(todo) > 0 {
		coll, kind := todo[0].coll, l.entries[todo[0]].kind()
		var run []string
		var entries []*entry
		for len(todo) > 0 && todo[0].coll == coll && l.entries[todo[0]].kind() == kind {
			e := l.entries[todo[0]]
			run, entries, todo = append(run, todo[0].key), append(entries, e), todo[1:]
			e.dirty = false
		}
		tb, err := t.s.table(coll)
		if err != nil {
			return append(calls, call{sql: "select 1", done: func(pgconn.CommandTag) error { return err }})
		}
		calls = append(calls, tb.write(kind, run, entries, strict)...)
	}
	for i, c := range calls {
		if c.done == nil {
			continue
		}
		// By now the savepoints above this layer stand behind what went wrong.
		calls[i].done = func(tag pgconn.CommandTag) error {
			err := c.done(tag)
			if err != nil {
				t.floor = n
			}
			return err
		}
	}
	return calls
}

// kind is what has to be done about an entry.
type kind int

const (
	nothing kind = iota // created and deleted in the same transaction
	insert
	update
	remove
)

func (e *entry) kind() kind {
	switch {
	case e.doc == nil && e.was == 0:
		return nothing
	case e.doc == nil:
		return remove
	case e.was == 0:
		return insert
	}
	return update
}

// group is from how many documents on they are written by one statement.
const group = 3

// write returns the statements for a run of documents of one kind.
func (tb *table) write(k kind, keys []string, entries []*entry, strict bool) (calls []call) {
	if k == nothing {
		return nil
	}
	w := &tb.checked
	if strict {
		w = &tb.strict
	}
	if len(keys) >= group {
		return tb.writeMany(w, k, keys, entries, strict)
	}
	check := late(1)
	if strict {
		check = nil // by the statement itself
	}
	for i, key := range keys {
		calls = append(calls, tb.writeOne(w, k, key, entries[i], check)...)
	}
	return calls
}

// late checks that a comparison that was put off went well.
func late(n int64) func(pgconn.CommandTag) error {
	return func(tag pgconn.CommandTag) error {
		if tag.RowsAffected() != n {
			return errLate
		}
		return nil
	}
}

func (tb *table) writeOne(w *writes, k kind, key string, e *entry, check func(pgconn.CommandTag) error) (calls []call) {
	if k == remove {
		calls = append(calls, call{sql: w.remove, args: []any{key, e.was}, done: check})
		for _, x := range tb.sides {
			calls = append(calls, call{sql: x.drop, args: []any{key}})
		}
		return calls
	}
	args := append([]any{key, e.doc.Rev, int32(e.doc.Version), json.RawMessage(e.doc.Data)}, e.doc.Cols...)
	if k == insert {
		calls = append(calls, call{sql: w.insert, args: args, done: check})
	} else {
		calls = append(calls, call{sql: w.update, args: append(args, e.was), done: check})
	}
	for _, x := range tb.sides {
		if k == update {
			calls = append(calls, call{sql: x.drop, args: []any{key}})
		}
		values, then := x.row(e.doc)
		if len(values) == 0 {
			continue
		}
		args := []any{key, values}
		if x.then >= 0 {
			args = append(args, then)
		}
		put := call{sql: x.put, args: args}
		if x.Unique {
			put.done = late(int64(len(values)))
		}
		calls = append(calls, put)
	}
	return calls
}

// row is what a document has in the index; nothing where a value is absent.
func (x *side) row(d *driver.Doc) (values []string, then any) {
	values, _ = d.Cols[x.many].([]string)
	if x.then >= 0 {
		if then = d.Cols[x.then]; then == nil {
			return nil, nil
		}
	}
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values), then
}

func (tb *table) writeMany(w *writes, k kind, keys []string, entries []*entry, strict bool) (calls []call) {
	was := make([]int64, len(keys))
	for i, e := range entries {
		was[i] = e.was
	}
	check := late(int64(len(keys)))
	if strict {
		check = nil
	}
	if k == remove {
		calls = append(calls, call{sql: w.removeMany, args: []any{keys, was}, done: check})
	} else {
		args := tb.arrays(keys, entries)
		if k == insert {
			calls = append(calls, call{sql: w.insertMany, args: args, done: check})
		} else {
			calls = append(calls, call{sql: w.updateMany, args: append(args, was), done: check})
		}
	}
	for _, x := range tb.sides {
		if k != insert {
			calls = append(calls, call{sql: x.dropMany, args: []any{keys}})
		}
		if k != remove {
			calls = append(calls, x.putAll(tb, keys, entries)...)
		}
	}
	return calls
}

// arrays turns documents into one array a column.
func (tb *table) arrays(keys []string, entries []*entry) []any {
	revs, forms, docs := make([]int64, len(keys)), make([]int32, len(keys)), make([]string, len(keys))
	for i, e := range entries {
		revs[i], forms[i], docs[i] = e.doc.Rev, int32(e.doc.Version), string(e.doc.Data)
	}
	args := []any{keys, revs, forms, docs}
	for i, c := range tb.Columns {
		args = append(args, column(c.Kind, len(keys), func(n int) any { return entries[n].doc.Cols[i] }))
	}
	return args
}

// column is an array of a column's values, nil where absent.
func column(k driver.Kind, n int, value func(int) any) any {
	switch k {
	case driver.Int:
		return optional[int64](n, value)
	case driver.Time:
		return optional[time.Time](n, value)
	case driver.Texts:
		return optional[string](n, func(i int) any {
			if list, ok := value(i).([]string); ok {
				return literal(list)
			}
			return nil
		})
	}
	return optional[string](n, value)
}

func optional[T any](n int, value func(int) any) []*T {
	all := make([]*T, n)
	for i := range n {
		if v, ok := value(i).(T); ok {
			all[i] = &v
		}
	}
	return all
}

// literal is a list of texts as PostgreSQL writes it.
func literal(list []string) string {
	b := []byte{'{'}
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		for j := range len(s) {
			if s[j] == '"' || s[j] == '\\' {
				b = append(b, '\\')
			}
			b = append(b, s[j])
		}
		b = append(b, '"')
	}
	return string(append(b, '}'))
}

// putAll adds the entries of many documents.
func (x *side) putAll(tb *table, keys []string, entries []*entry) []call {
	var at, values []string
	var then []any
	for i, e := range entries {
		row, order := x.row(e.doc)
		for _, v := range row {
			at, values, then = append(at, keys[i]), append(values, v), append(then, order)
		}
	}
	if len(at) == 0 {
		return nil
	}
	args := []any{at, values}
	if x.then >= 0 {
		args = append(args, column(tb.Columns[x.then].Kind, len(then), func(i int) any { return then[i] }))
	}
	put := call{sql: x.putMany, args: args}
	if x.Unique {
		put.done = late(int64(len(at)))
	}
	return []call{put}
}

// try is the savepoint of a write whose refusal the transaction survives.
const try = "frontdesk_try"

// writeNow asks the server at once, and says what it says.
func (t *tx) writeNow(ctx context.Context, tb *table, at id, d *driver.Doc, was int64) error {
	calls := t.flushTo(len(t.layers)-1, "", false)
	e := &entry{was: was, doc: d}
	// An insert that collides does nothing. What else can be refused in the middle
	// has to be undone.
	guarded := len(tb.sides) > 0 || tb.unique && was > 0
	if guarded {
		calls = append(calls, call{sql: "savepoint " + try})
	}
	for i, c := range tb.writeOne(&tb.checked, e.kind(), at.key, e, late(1)) {
		refused := refusal{driver.ErrExists} // one of many values is
		if i == 0 && was > 0 {
			refused.error = driver.ErrMoved
		}
		if check := c.done; check != nil {
			c.done = func(tag pgconn.CommandTag) error {
				if check(tag) != nil {
					return refused
				}
				return nil
			}
		}
		c.now = true
		calls = append(calls, c)
	}
	err := t.send(ctx, calls...)
	if guarded {
		if err == nil {
			t.first = append(t.first, call{sql: "release savepoint " + try})
		} else if isRefusal(err) {
			if back := t.send(ctx, call{sql: "rollback to savepoint " + try}); back != nil {
				return back
			}
		}
	}
	if err != nil {
		delete(t.read, at) // it isn't any more as it was read
		return err
	}
	written := t.note(at, d, was)
	written.dirty = false
	return nil
}
