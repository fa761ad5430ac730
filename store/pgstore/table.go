package pgstore

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// table is what this package knows of a collection: its names in the database,
// and the statements that work on it. The columns of the package itself begin
// with an underscore, which those of a collection don't.
type table struct {
	driver.Schema
	schema string // quoted
	name   string // quoted, with the schema
	unique bool   // it has a unique index
	sides  []*side

	get, getShare, getUpdate string
	checked, strict          writes
	columns                  []string // quoted, parallel to Schema.Columns
}

// writes are the statements that change documents: one, or those of arrays. In the
// checked form they tell how many rows they found, and go on; in the strict form
// they fail where that isn't all, so that a commit can follow in the same round
// trip.
type writes struct {
	insert, update, remove             string
	insertMany, updateMany, removeMany string
}

// side is the table of an index that is led by many values of a document: a row
// for each of them, in the order of the index.
type side struct {
	driver.Index
	base           string // name, not quoted
	name           string // quoted, with the schema
	many           int    // position of the Texts column
	then           int    // position of the ordering column, -1 if there is none
	put, putMany   string
	drop, dropMany string
}

// types are the types of columns. Text is compared by bytes, as everywhere in
// package store.
func sqlType(k driver.Kind) string {
	switch k {
	case driver.Int:
		return "bigint"
	case driver.Time:
		return "timestamp with time zone"
	case driver.Texts:
		return "text[]"
	}
	return "text"
}

func collate(k driver.Kind) string {
	if k == driver.Text || k == driver.Texts {
		return ` collate "C"`
	}
	return ""
}

// maxIdentifier is the length of PostgreSQL's names in bytes.
const maxIdentifier = 63

// fit shortens a name that PostgreSQL would cut off.
func fit(name string) string {
	if len(name) <= maxIdentifier {
		return name
	}
	h := fnv.New32a()
	h.Write([]byte(name))
	return fmt.Sprintf("%s_%08x", name[:maxIdentifier-9], h.Sum32())
}

func newTable(schema string, sc driver.Schema) *table {
	t := &table{Schema: sc, schema: schema, name: schema + "." + quote(sc.Name)}
	for _, c := range sc.Columns {
		t.columns = append(t.columns, quote(c.Name))
	}
	for _, ix := range sc.Indexes {
		t.unique = t.unique || ix.Unique
		if sc.Columns[ix.Columns[0]].Kind == driver.Texts {
			t.sides = append(t.sides, t.newSide(ix))
		}
	}
	t.statements()
	return t
}

// indexName tells what an index is on, so that one whose columns change is
// another index.
func (t *table) indexName(ix driver.Index) string {
	end := "ix"
	if ix.Unique {
		end = "ux"
	}
	return fit(t.Name + "__" + strings.Join(t.names(ix), "__") + "_" + end)
}

func (t *table) names(ix driver.Index) (names []string) {
	for _, c := range ix.Columns {
		names = append(names, t.Schema.Columns[c].Name)
	}
	return names
}

func (t *table) newSide(ix driver.Index) *side {
	base := t.Name + "__" + strings.Join(t.names(ix), "__")
	if ix.Unique {
		base += "_ux" // one that isn't unique any more, or hasn't been, is another table
	}
	x := &side{Index: ix, base: fit(base), many: ix.Columns[0], then: -1}
	x.name = t.schema + "." + quote(x.base)
	order, value, cast := "", "", ""
	if len(ix.Columns) > 1 {
		x.then = ix.Columns[1]
		order, value, cast = ", _then", ", $3::"+sqlType(t.Schema.Columns[x.then].Kind), ", u.o"
	}
	x.drop = fmt.Sprintf("delete from %s where _key = $1", x.name)
	x.dropMany = fmt.Sprintf("delete from %s where _key = any($1::text[])", x.name)
	x.put = fmt.Sprintf("insert into %s (_key, _value%s) select $1, v%s from unnest($2::text[]) v on conflict do nothing", x.name, order, value)
	types := "$1::text[], $2::text[]"
	names := "k, v"
	if x.then >= 0 {
		types += ", $3::" + sqlType(t.Schema.Columns[x.then].Kind) + "[]"
		names += ", o"
	}
	x.putMany = fmt.Sprintf("insert into %s (_key, _value%s) select u.k, u.v%s from unnest(%s) u(%s) on conflict do nothing", x.name, order, cast, types, names)
	return x
}

// byKey is the name of the index by which the rows of a document are found.
func (x *side) byKey() string { return fit(x.base + "_key") }

// statements are written once for a collection, so that the server plans them
// once for a connection.
func (t *table) statements() {
	cols := slices.Concat([]string{"_key", "_rev", "_form", "_doc"}, t.columns)
	types := []string{"text", "bigint", "integer", "jsonb"}
	for _, c := range t.Schema.Columns {
		types = append(types, sqlType(c.Kind))
	}
	var values, sets, setMany, arrays, picks []string
	for i, c := range cols {
		values = append(values, fmt.Sprintf("$%d", i+1))
		arrays = append(arrays, fmt.Sprintf("$%d::%s[]", i+1, element(types[i])))
		pick := fmt.Sprintf("u.c%d", i)
		if types[i] == "text[]" {
			pick += "::text[]" // an array of arrays would have to be of one length
		}
		picks = append(picks, pick)
		if i > 0 {
			sets = append(sets, fmt.Sprintf("%s = $%d", c, i+1))
			setMany = append(setMany, fmt.Sprintf("%s = %s", c, pick))
		}
	}
	names := make([]string, len(cols))
	for i := range cols {
		names[i] = fmt.Sprintf("c%d", i)
	}
	n := len(cols) + 1
	list := strings.Join(cols, ", ")
	t.get = fmt.Sprintf("select _rev, _form, _doc from %s where _key = $1", t.name)
	t.getShare, t.getUpdate = t.get+" for share", t.get+" for update"
	t.checked.insert = fmt.Sprintf("insert into %s (%s) values (%s)", t.name, list, strings.Join(values, ", "))
	t.checked.update = fmt.Sprintf("update %s set %s where _key = $1 and _rev = $%d", t.name, strings.Join(sets, ", "), n)
	t.checked.remove = fmt.Sprintf("delete from %s where _key = $1 and _rev = $2", t.name)
	from := fmt.Sprintf("unnest(%s) u(%s)", strings.Join(arrays, ", "), strings.Join(names, ", "))
	t.checked.insertMany = fmt.Sprintf("insert into %s (%s) select %s from %s", t.name, list, strings.Join(picks, ", "), from)
	t.checked.updateMany = fmt.Sprintf("update %s d set %s from unnest(%s, $%d::bigint[]) u(%s, was) where d._key = u.c0 and d._rev = u.was",
		t.name, strings.Join(setMany, ", "), strings.Join(arrays, ", "), n, strings.Join(names, ", "))
	t.checked.removeMany = fmt.Sprintf("delete from %s d using unnest($1::text[], $2::bigint[]) u(k, was) where d._key = u.k and d._rev = u.was", t.name)

	all := func(sql, count string) string {
		return fmt.Sprintf("with w as (%s returning 1) select case when count(*) = %s then true else %s.%s() end from w", sql, count, t.schema, movedFunction)
	}
	t.strict = writes{
		insert: t.checked.insert, insertMany: t.checked.insertMany, // a collision is an error
		update: all(t.checked.update, "1"), updateMany: all(t.checked.updateMany, "cardinality($1::text[])"),
		remove: all(t.checked.remove, "1"), removeMany: all(t.checked.removeMany, "cardinality($1::text[])"),
	}
	t.checked.insert += " on conflict do nothing"
	t.checked.insertMany += " on conflict do nothing"
}

// movedFunction ends a transaction that finds a document changed.
const movedFunction = "moved"

// element is the type whose array carries a column of many documents: a list of
// texts goes as its literal.
func element(typ string) string {
	if typ == "text[]" {
		return "text"
	}
	return typ
}

func (t *table) index(name string) (driver.Index, error) {
	for _, ix := range t.Indexes {
		if ix.Name == name {
			return ix, nil
		}
	}
	return driver.Index{}, fmt.Errorf("collection %s has no index %q", t.Name, name)
}

func (t *table) side(name string) *side {
	for _, x := range t.sides {
		if x.Name == name {
			return x
		}
	}
	return nil
}

// uniqueSide says whether one of many values must be unique, which only a count of
// rows tells.
func (t *table) uniqueSide() bool {
	return slices.ContainsFunc(t.sides, func(x *side) bool { return x.Unique })
}
