package pgtest

import (
	"strings"
	"testing"
)

// A schema comes back with its tables, without what was in them, and with sequences at
// their beginning.
func TestEmptied(t *testing.T) {
	var first string
	use := func(sql string) (rows, next int64) {
		t.Run("use", func(t *testing.T) {
			pool, name := Emptied(t)
			if first != "" && name != first {
				t.Fatalf("schema %s, and not %s, which was emptied last", name, first)
			}
			first = name
			if _, err := pool.Exec(t.Context(), strings.ReplaceAll(strings.ReplaceAll(sql, ":mine", name), "mine.", name+".")); err != nil {
				t.Fatal(err)
			}
			count := "select (select count(*) from mine.note) + (select count(*) from mine.book), nextval('mine.number')"
			if err := pool.QueryRow(t.Context(), strings.ReplaceAll(count, "mine.", name+".")).Scan(&rows, &next); err != nil {
				t.Fatal(err)
			}
		})
		return rows, next
	}
	rows, next := use(`create schema :mine; create table mine.note (id int); create table mine.book (id text); create sequence mine.number;
		insert into mine.note values (1); insert into mine.book select repeat(md5(n::text), 3) from generate_series(1, 20000) n`)
	if rows != 20001 || next != 1 {
		t.Errorf("%d rows, number %d", rows, next)
	}
	if rows, next = use("select 1"); rows != 0 || next != 1 {
		t.Errorf("an emptied schema has %d rows, and its next number is %d", rows, next)
	}
}
