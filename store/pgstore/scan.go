package pgstore

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/jackc/pgx/v5"
)

// Scan implements driver.Tx. What the transaction wrote to the collection is sent
// first, in the same round trip.
func (t *tx) Scan(ctx context.Context, coll string, q driver.Query) ([]driver.Row, error) {
	if err := t.usable(ctx, q.Claim); err != nil {
		return nil, err
	}
	tb, err := t.s.table(coll)
	if err != nil {
		return nil, err
	}
	b, err := tb.query(q)
	if err != nil || b.empty {
		return nil, err
	}
	var rows []driver.Row
	calls := append(t.flush(coll), call{sql: b.sql(q), args: b.args, rows: func(rs pgx.Rows) (err error) {
		rows, err = b.read(rs, q.Bare)
		return err
	}})
	if err := t.send(ctx, calls...); err != nil {
		return nil, err
	}
	if !q.Bare {
		t.remember(coll, rows, q.Claim)
	}
	return rows, nil
}

// Count implements driver.Tx. What the transaction wrote to the collection is sent
// first.
func (t *tx) Count(ctx context.Context, coll string, q driver.Query) (n int, err error) {
	if err := t.usable(ctx, false); err != nil {
		return 0, err
	}
	tb, err := t.s.table(coll)
	if err != nil {
		return 0, err
	}
	b, err := tb.query(q)
	if err != nil || b.empty {
		return 0, err
	}
	calls := append(t.flush(coll), call{sql: b.count(q), args: b.args, rows: func(rs pgx.Rows) error {
		for rs.Next() {
			if err := rs.Scan(&n); err != nil {
				return err
			}
		}
		return rs.Err()
	}})
	return n, t.send(ctx, calls...)
}

// remember keeps what a scan has read, but for what this transaction wrote itself,
// which a savepoint may take back.
func (t *tx) remember(coll string, rows []driver.Row, claimed bool) {
	for _, r := range rows {
		at := id{coll, r.Key}
		if t.written(at) != nil {
			continue
		}
		lock := driver.None
		if claimed {
			lock = driver.Update
		}
		if old, ok := t.read[at]; ok && old.doc.Rev == r.Rev {
			lock = max(lock, old.lock)
		}
		t.know(at, known{r.Doc, lock})
	}
}

// builder makes the statement of a query.
type builder struct {
	tb     *table
	from   string
	order  []string // quoted columns, the key last
	kinds  []driver.Kind
	where  []string
	args   []any
	locked string // the table whose rows are locked
	empty  bool   // nothing can be found
}

func (tb *table) query(q driver.Query) (*builder, error) {
	b := &builder{tb: tb, from: tb.name + " d", locked: "d"}
	if q.Index == "" {
		b.order = []string{"d._key"}
		b.bounds(0, q)
		b.after(0, q)
		return b, nil
	}
	ix, err := tb.index(q.Index)
	if err != nil {
		return nil, err
	}
	for _, c := range ix.Columns {
		b.order = append(b.order, "d."+tb.columns[c])
		b.kinds = append(b.kinds, tb.Columns[c].Kind)
	}
	key := "d._key"
	if x := tb.side(q.Index); x != nil {
		b.from = fmt.Sprintf("%s x join %s d on d._key = x._key", x.name, tb.name)
		key = "x._key"
		b.order = []string{"x._value"}
		if x.then >= 0 {
			b.order = append(b.order, "x._then")
		}
	}
	b.order = append(b.order, key)
	for i, v := range q.Eq {
		b.compare(b.order[i], "=", v)
	}
	b.bounds(len(q.Eq), q)
	b.after(len(q.Eq), q)
	for i := range ix.Columns {
		b.where = append(b.where, b.order[i]+" is not null") // as the index says
	}
	return b, nil
}

func (b *builder) compare(column, op string, v any) {
	if s, ok := v.(string); ok && store.CleanText(s) != s {
		if op == "=" {
			b.empty = true // no stored text is like that, and PostgreSQL can't be asked
			return
		}
		if s, ok = atLeast(s); !ok {
			b.empty = b.empty || op == ">="
			return
		}
		v = s
	}
	b.where = append(b.where, fmt.Sprintf("%s %s %s", column, op, b.arg(v)))
}

func (b *builder) arg(v any) string {
	b.args = append(b.args, v)
	return fmt.Sprintf("$%d", len(b.args))
}

// bounds adds the range on the column behind the equality prefix.
func (b *builder) bounds(n int, q driver.Query) {
	if q.From != nil {
		b.compare(b.order[n], ">=", q.From)
	}
	if q.To != nil {
		b.compare(b.order[n], "<", q.To)
	}
}

// after begins behind a place, which has the values of the equality prefix.
func (b *builder) after(n int, q driver.Query) {
	if q.After == nil {
		return
	}
	var values []string
	for i := n; i < len(q.After.At); i++ {
		v := q.After.At[i]
		if s, ok := v.(string); ok {
			v = store.CleanText(s)
		}
		values = append(values, b.arg(v))
	}
	values = append(values, b.arg(store.CleanText(q.After.Key)))
	op := ">"
	if q.Desc {
		op = "<"
	}
	b.where = append(b.where, fmt.Sprintf("(%s) %s (%s)", strings.Join(b.order[n:], ", "), op, strings.Join(values, ", ")))
}

// sql is the statement. The limit stands in it as a number, so that the server's
// plan for any values is as good as the one for these.
func (b *builder) sql(q driver.Query) string {
	cols, from := b.order, b.from
	if q.Bare {
		from, _, _ = strings.Cut(b.from, " join ") // the texts of an index are in a table of their own
	} else {
		cols = append(append([]string{}, b.order...), "d._rev", "d._form", "d._doc")
	}
	var s strings.Builder
	fmt.Fprintf(&s, "select %s from %s", strings.Join(cols, ", "), from)
	if len(b.where) > 0 {
		s.WriteString(" where " + strings.Join(b.where, " and "))
	}
	order := b.order[min(len(q.Eq), len(b.order)-1):]
	dir := ""
	if q.Desc {
		dir = " desc"
	}
	fmt.Fprintf(&s, " order by %s%s limit %d", strings.Join(order, dir+", "), dir, q.Limit)
	if q.Claim {
		fmt.Fprintf(&s, " for update of %s skip locked", b.locked)
	}
	return s.String()
}

// count is the statement that counts the query's rows. Texts of an index are in a
// table of their own, which is enough.
func (b *builder) count(q driver.Query) string {
	from, _, _ := strings.Cut(b.from, " join ")
	s := "select 1 from " + from
	if len(b.where) > 0 {
		s += " where " + strings.Join(b.where, " and ")
	}
	if q.Limit > 0 {
		s += fmt.Sprintf(" limit %d", q.Limit)
	}
	return "select count(*) from (" + s + ") rows"
}

// read takes the rows of the answer.
func (b *builder) read(rs pgx.Rows, bare bool) (rows []driver.Row, err error) {
	for rs.Next() {
		var r driver.Row
		into := make([]any, 0, len(b.order)+3)
		for _, k := range b.kinds {
			switch k {
			case driver.Int:
				into = append(into, new(int64))
			case driver.Time:
				into = append(into, new(time.Time))
			default:
				into = append(into, new(string))
			}
		}
		if into = append(into, &r.Key); !bare {
			into = append(into, &r.Rev, &r.Version, &r.Data)
		}
		if err := rs.Scan(into...); err != nil {
			return nil, err
		}
		for i := range b.kinds {
			switch v := into[i].(type) {
			case *int64:
				r.At = append(r.At, *v)
			case *time.Time:
				r.At = append(r.At, v.UTC())
			case *string:
				r.At = append(r.At, *v)
			}
		}
		rows = append(rows, r)
	}
	return rows, rs.Err()
}

// atLeast is the first text that PostgreSQL can hold and that doesn't come before
// s, which it can't hold: U+0000, or bytes that aren't UTF-8. It reports false if
// there is none.
func atLeast(s string) (string, bool) {
	good := 0
	for good < len(s) {
		r, n := utf8.DecodeRuneInString(s[good:])
		if r == 0 || r == utf8.RuneError && n <= 1 {
			break
		}
		good += n
	}
	head, rest := s[:good], s[good:]
	i := sort.Search(runes, func(i int) bool { return i > 0 && string(runeAt(i)) >= rest })
	if i < runes {
		return head + string(runeAt(i)), true
	}
	for head != "" { // nothing that begins with head comes behind s
		last, n := utf8.DecodeLastRuneInString(head)
		head = head[:len(head)-n]
		if last == 0xd7ff {
			last = 0xdfff
		}
		if last < utf8.MaxRune {
			return head + string(last+1), true
		}
	}
	return "", false
}

// runes is how many there are, surrogates left out; the order of runes is the
// order of their bytes.
const runes = utf8.MaxRune + 1 - 0x800

func runeAt(i int) rune {
	if i >= 0xd800 {
		i += 0x800
	}
	return rune(i)
}
