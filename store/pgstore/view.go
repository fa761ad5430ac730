package pgstore

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// createView makes a view and says on it, and on each of its columns, what it
// shows. The comment ends with a mark of what made it, so that a view of an older
// program is known.
func (t *table) createView(v driver.SQLView) step {
	name := t.schema + "." + quote(v.Name)
	var cols []string
	for _, c := range v.Columns {
		cols = append(cols, fmt.Sprintf("  %s as %s", expression(c), quote(c.Name)))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "create or replace view %s as select\n%s\nfrom %s.%s", name, strings.Join(cols, ",\n"), t.schema, quote(cmp.Or(v.Of, t.Name)))
	if v.Where.Path != "" {
		fmt.Fprintf(&b, " where %s = %s", path("_doc", "#>>", v.Where.Path), literalText(v.Where.Value))
	}
	b.WriteString(";\n")
	for _, c := range v.Columns {
		fmt.Fprintf(&b, "comment on column %s.%s is %s;\n", name, quote(c.Name), literalText(c.Doc))
	}
	h := fnv.New64a()
	h.Write([]byte(b.String()))
	fmt.Fprintf(&b, "comment on view %s is %s;\n", name, literalText(fmt.Sprintf("%s [%016x]", v.Doc, h.Sum64())))
	return step{what: "view " + v.Name, sql: b.String()}
}

// replaceView is the step that makes a view of what is there; it does nothing if
// that is the same, or has more columns: a newer program's. Columns can only be
// added while the view stays, with what others were granted on it.
func (t *table) replaceView(v driver.SQLView, have viewState) step {
	st := t.createView(v)
	if strings.HasSuffix(have.comment, mark(st)) {
		return step{}
	}
	for i, c := range v.Columns {
		if i == len(have.columns) {
			return st
		}
		if have.columns[i] != c.Name+" "+viewType(c.Kind) {
			st.sql = fmt.Sprintf("drop view %s.%s;\n%s", t.schema, quote(v.Name), st.sql)
			return st
		}
	}
	if len(have.columns) > len(v.Columns) {
		return step{}
	}
	return st
}

func viewType(k driver.SQLKind) string {
	switch k {
	case driver.SQLInt:
		return "bigint"
	case driver.SQLNumber:
		return "double precision"
	case driver.SQLTime:
		return "timestamp with time zone"
	case driver.SQLBool:
		return "boolean"
	case driver.SQLJSON:
		return "jsonb"
	}
	return "text"
}

// mark is how the comment of the view ends that a step makes.
func mark(st step) string {
	i := strings.LastIndexByte(st.sql, '[')
	return st.sql[i : strings.LastIndexByte(st.sql, ']')+1]
}

func literalText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func path(doc, op, p string) string {
	return fmt.Sprintf("%s %s '{%s}'", doc, op, strings.ReplaceAll(p, ".", ","))
}

// zeroTime is how a document writes a time that hasn't come.
const zeroTime = "0001-01-01T00:00:00Z"

func expression(c driver.SQLColumn) string {
	doc := "_doc"
	if c.In != "" {
		doc = fmt.Sprintf("convert_from(decode(%s, 'base64'), 'UTF8')::jsonb", path(doc, "#>>", c.In))
	}
	if c.Path == "" {
		if c.In != "" {
			return doc
		}
		return "_key"
	}
	text := "(" + path(doc, "#>>", c.Path) + ")"
	switch c.Kind {
	case driver.SQLInt:
		return text + "::bigint"
	case driver.SQLNumber:
		return text + "::double precision"
	case driver.SQLTime:
		return fmt.Sprintf("nullif(%s, '%s')::timestamp with time zone", text, zeroTime)
	case driver.SQLBool:
		return fmt.Sprintf("coalesce(%s::boolean, false)", text)
	case driver.SQLJSON:
		return path(doc, "#>", c.Path)
	}
	return "nullif(" + text + ", '')"
}
