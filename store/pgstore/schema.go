package pgstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/jackc/pgx/v5"
)

// SchemaError says that the database lacks something, and that this program may
// not, or can't, add it.
type SchemaError struct {
	Schema  string
	Missing []string // what is missing or has another form, one a line
}

func (e *SchemaError) Error() string {
	return fmt.Sprintf("PostgreSQL schema %s isn't as this program needs it (apply the SQL that pgstore.SQL, or the command frontdesk schema, prints): %s", e.Schema, strings.Join(e.Missing, "; "))
}

// step is a change of the database.
type step struct {
	what   string // for errors
	sql    string
	index  string // the index of a table that has documents: it is built by itself
	on     string // its table
	stale  bool   // there is one, whose building was interrupted or goes on
	large  bool   // so that writers can't wait for it
	unique bool
}

// Apply implements driver.Store. It adds schema, tables, columns and indexes that
// are missing, and drops unique indexes that nobody declares any more; data is
// never dropped. Several processes may do so at the same time.
func (s *Store) Apply(ctx context.Context, schemas []driver.Schema) error {
	tables := make([]*table, len(schemas))
	for i, sc := range schemas {
		tables[i] = newTable(s.schema, sc)
	}
	err := s.names(tables)
	if err == nil {
		err = again(ctx, func() error { return s.apply(ctx, tables) })
	}
	if err != nil {
		return fmt.Errorf("prepare PostgreSQL schema %s: %w", s.name, mayNot(err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range tables {
		s.tables[t.Name] = t
		for _, series := range t.Series {
			s.series[series] = true
		}
	}
	return nil
}

// mayNot says what helps where the role may not change the database.
func mayNot(err error) error {
	if errors.Is(err, ErrDenied) {
		return fmt.Errorf("%w (let somebody who may apply the SQL that pgstore.SQL, or the command frontdesk schema, prints)", err)
	}
	return err
}

// names refuses names that PostgreSQL would cut off, and two things of one name:
// documents of different kinds would be in one table.
func (s *Store) names(tables []*table) error {
	taken := map[string]string{}
	var wrong []error
	add := func(name, what string) {
		if len(name) > maxIdentifier || strings.ContainsRune(name, 0) {
			wrong = append(wrong, fmt.Errorf("%s: the name %q has more than %d bytes, or a zero", what, name, maxIdentifier))
		}
		if other, ok := taken[name]; ok && other != what {
			wrong = append(wrong, fmt.Errorf("%s and %s: both would be %q", other, what, name))
		}
		taken[name] = what
	}
	for _, t := range tables {
		add(t.Name, "collection "+t.Name)
		for _, ix := range t.Indexes {
			what := fmt.Sprintf("index of %s on %q", t.Name, t.names(ix))
			if x := t.side(ix.Name); x != nil {
				add(x.base, what)
				add(x.byKey(), what)
			} else {
				add(t.indexName(ix), what)
			}
		}
		for _, v := range t.Views {
			add(v.Name, "view "+v.Name)
		}
	}
	taken = map[string]string{}
	add(s.name, "schema")
	for _, t := range tables {
		for _, c := range t.Schema.Columns {
			add(c.Name, "column")
		}
	}
	return errors.Join(wrong...)
}

func (s *Store) apply(ctx context.Context, tables []*table) error {
	found, err := s.look(ctx)
	if err != nil {
		return explain(ctx, err)
	}
	steps, wrong := found.missing(s, tables)
	if len(wrong) > 0 || len(steps) > 0 && !s.migrate {
		for _, st := range steps {
			wrong = append(wrong, st.what+" is missing")
		}
		return &SchemaError{s.name, wrong}
	}
	builds := slices.DeleteFunc(slices.Clone(steps), func(st step) bool { return st.index == "" })
	if err := s.change(ctx, slices.DeleteFunc(steps, func(st step) bool { return st.index != "" })); err != nil {
		return err
	}
	for _, st := range builds {
		if err := s.build(ctx, st); err != nil && !errors.Is(err, driver.ErrExists) {
			return err
		}
	}
	return nil
}

// catalog is what the database has.
type catalog struct {
	schema  bool
	moved   bool                         // there is the function that ends a transaction
	columns map[string]map[string]string // type by table and column
	indexes map[string]indexState
	pages   map[string]int64 // how large a table is
	views   map[string]viewState
	series  map[string]bool // sequences
}

type viewState struct {
	comment string
	columns []string // with their types
}

type indexState struct {
	table  string // "": there is no such index
	valid  bool
	unique bool
}

func (s *Store) look(ctx context.Context) (*catalog, error) {
	c := &catalog{columns: map[string]map[string]string{}, indexes: map[string]indexState{}, pages: map[string]int64{}, views: map[string]viewState{}, series: map[string]bool{}}
	var b pgx.Batch
	b.Queue("select exists (select from pg_namespace where nspname = $1)", s.name).QueryRow(func(row pgx.Row) error { return row.Scan(&c.schema) })
	b.Queue("select exists (select from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = $1 and p.proname = $2)", s.name, movedFunction).
		QueryRow(func(row pgx.Row) error { return row.Scan(&c.moved) })
	b.Queue(`select c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), coalesce(pg_relation_size(c.oid), 0) / 8192
		from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
		where n.nspname = $1 and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped`, s.name).Query(func(rows pgx.Rows) error {
		var table, column, typ string
		var pages int64
		_, err := pgx.ForEachRow(rows, []any{&table, &column, &typ, &pages}, func() error {
			if c.columns[table] == nil {
				c.columns[table] = map[string]string{}
			}
			c.columns[table][column], c.pages[table] = typ, pages
			return nil
		})
		return err
	})
	b.Queue(`select i.relname::text, t.relname::text, x.indisvalid, x.indisunique
		from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid join pg_namespace n on n.oid = i.relnamespace
		where n.nspname = $1`, s.name).Query(func(rows pgx.Rows) error {
		var name string
		var st indexState
		_, err := pgx.ForEachRow(rows, []any{&name, &st.table, &st.valid, &st.unique}, func() error {
			c.indexes[name] = st
			return nil
		})
		return err
	})
	b.Queue(`select c.relname::text, coalesce(obj_description(c.oid, 'pg_class'), ''), array(select a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
		from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum)
		from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relkind = 'v'`, s.name).Query(func(rows pgx.Rows) error {
		var name string
		var st viewState
		_, err := pgx.ForEachRow(rows, []any{&name, &st.comment, &st.columns}, func() error { c.views[name] = st; return nil })
		return err
	})
	b.Queue("select sequencename::text from pg_sequences where schemaname = $1", s.name).Query(func(rows pgx.Rows) error {
		var name string
		_, err := pgx.ForEachRow(rows, []any{&name}, func() error { c.series[name] = true; return nil })
		return err
	})
	return c, s.pool.SendBatch(ctx, &b).Close()
}

// missing compares what is there with what these tables need.
func (c *catalog) missing(s *Store, tables []*table) (steps []step, wrong []string) {
	if !c.schema {
		steps = append(steps, step{what: "schema " + s.name, sql: "create schema if not exists " + s.schema})
	}
	if !c.moved {
		steps = append(steps, step{what: "function " + movedFunction, sql: s.createMoved()})
	}
	for _, t := range tables {
		more, bad := c.missingOf(t)
		steps, wrong = append(steps, more...), append(wrong, bad...)
	}
	declared := map[string]bool{}
	for _, t := range tables {
		declared[t.Name] = true
	}
	for _, t := range tables {
		for _, v := range t.Views {
			if of := cmp.Or(v.Of, t.Name); !declared[of] && c.columns[of] == nil {
				continue // a view of what this program doesn't keep
			}
			if st := t.replaceView(v, c.views[v.Name]); st.sql != "" {
				steps = append(steps, st)
			}
		}
	}
	return steps, wrong
}

func (c *catalog) missingOf(t *table) (steps []step, wrong []string) {
	for _, st := range t.createSeries() {
		if name := strings.TrimPrefix(st.what, "sequence "); !c.series[name] {
			steps = append(steps, st)
		}
	}
	have, there := c.columns[t.Name]
	if !there {
		return append(steps, t.create()...), nil
	}
	for i, col := range t.Schema.Columns {
		switch typ := have[col.Name]; typ {
		case "":
			what := fmt.Sprintf("column %s.%s", t.Name, col.Name)
			steps = append(steps, step{what: what, sql: fmt.Sprintf("alter table %s add column if not exists %s", t.name, t.column(i))})
		case sqlType(col.Kind):
		default:
			wrong = append(wrong, fmt.Sprintf("column %s.%s is %s, and should be %s", t.Name, col.Name, typ, sqlType(col.Kind)))
		}
	}
	declared := map[string]bool{}
	for _, ix := range t.Indexes {
		name := t.indexName(ix)
		declared[name] = true
		if x := t.side(ix.Name); x != nil {
			if _, ok := c.columns[x.base]; !ok {
				steps = append(steps, t.createSide(x)...)
			}
			continue
		}
		if !c.indexes[name].valid {
			steps = append(steps, t.rebuildIndex(ix, c))
		}
	}
	for name, st := range c.indexes {
		if st.table == t.Name && st.unique && strings.HasSuffix(name, "_ux") && !declared[name] {
			steps = append(steps, t.dropIndex(name))
		}
	}
	return steps, wrong
}

func (t *table) dropIndex(name string) step {
	return step{what: "index " + name, sql: "drop index if exists " + t.schema + "." + quote(name)}
}

func (t *table) column(i int) string {
	k := t.Schema.Columns[i].Kind
	return t.columns[i] + " " + sqlType(k) + collate(k)
}

// create returns all of a table.
func (t *table) create() []step {
	cols := []string{`_key text collate "C" primary key`, "_rev bigint not null", "_form integer not null", "_doc jsonb not null"}
	for i := range t.Schema.Columns {
		cols = append(cols, t.column(i))
	}
	sql := fmt.Sprintf("create table if not exists %s (%s) with (fillfactor = 85)", t.name, strings.Join(cols, ", "))
	steps := []step{{what: "table " + t.Name, sql: sql}}
	for _, ix := range t.Indexes {
		if x := t.side(ix.Name); x != nil {
			steps = append(steps, t.createSide(x)...)
			continue
		}
		steps = append(steps, t.createIndex(ix, false))
	}
	return steps
}

// createSeries makes the sequences of the series that the collection declares.
func (t *table) createSeries() (steps []step) {
	for _, series := range t.Series {
		name := seriesPrefix + series
		steps = append(steps, step{what: "sequence " + name, sql: createSequence(t.schema + "." + quote(name))})
	}
	return steps
}

// createIndex makes a B-tree that leaves out what is absent. An index that isn't
// unique ends with the key, which orders equal values.
func (t *table) createIndex(ix driver.Index, large bool) step {
	var cols, present []string
	for _, c := range ix.Columns {
		cols = append(cols, t.columns[c])
		present = append(present, t.columns[c]+" is not null")
	}
	verb := "create index"
	if ix.Unique {
		verb = "create unique index"
	} else {
		cols = append(cols, "_key")
	}
	if large {
		verb += " concurrently"
	}
	name := t.indexName(ix)
	sql := fmt.Sprintf("%s if not exists %s on %s (%s) where %s", verb, quote(name), t.name, strings.Join(cols, ", "), strings.Join(present, " and "))
	return step{what: "index " + name, sql: sql, unique: ix.Unique}
}

// createSide makes the table of an index on many values.
func (t *table) createSide(x *side) []step {
	cols, order := []string{`_value text collate "C" not null`}, []string{"_value"}
	if x.then >= 0 {
		k := t.Schema.Columns[x.then].Kind
		cols = append(cols, "_then "+sqlType(k)+collate(k)+" not null")
		order = append(order, "_then")
	}
	cols = append(cols, `_key text collate "C" not null`)
	unique := slices.Clone(order)
	if !x.Unique {
		unique = append(unique, "_key")
	}
	sql := fmt.Sprintf("create table if not exists %s (%s, primary key (%s))", x.name, strings.Join(cols, ", "), strings.Join(unique, ", "))
	byKey := fmt.Sprintf("create index if not exists %s on %s (_key)", quote(x.byKey()), x.name)
	return []step{{what: "table " + x.base, sql: sql}, {what: "index of table " + x.base, sql: byKey}}
}

// createMoved makes the function by which a transaction ends that finds a document
// changed, with the code of a serialization failure: whoever began it tries again.
func (s *Store) createMoved() string {
	return fmt.Sprintf(`create or replace function %s.%s() returns boolean language plpgsql as
	$$begin raise exception 'a document was changed by another transaction' using errcode = '%s'; end$$`, s.schema, movedFunction, serialization)
}

// SQL is what Apply does to an empty database, for hosts that change theirs with a
// tool of their own. Each statement leaves what is there as it is.
func SQL(schema string, schemas []driver.Schema) string {
	s := New(nil, &Options{Schema: schema})
	var b strings.Builder
	fmt.Fprintf(&b, "create schema if not exists %s;\n\n%s;\n", s.schema, s.createMoved())
	for _, sc := range schemas {
		t := newTable(s.schema, sc)
		b.WriteByte('\n')
		for _, st := range append(t.createSeries(), t.create()...) {
			b.WriteString(st.sql + ";\n")
		}
		for i := range sc.Columns {
			fmt.Fprintf(&b, "alter table %s add column if not exists %s;\n", t.name, t.column(i))
		}
	}
	for _, sc := range schemas {
		for _, v := range sc.Views {
			b.WriteString("\n" + newTable(s.schema, sc).createView(v).sql)
		}
	}
	return b.String()
}
