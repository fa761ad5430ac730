package pgstore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// listener keeps the last page that was asked for.
type listener struct {
	sql  string
	args []any
}

func (l *listener) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (l *listener) TraceBatchQuery(_ context.Context, _ *pgx.Conn, q pgx.TraceBatchQueryData) {
	if strings.Contains(q.SQL, " limit ") {
		l.sql, l.args = q.SQL, q.Args
	}
}

func (l *listener) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func (l *listener) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

func (l *listener) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// explain returns the server's plan of what was heard, made for these values, or
// for any after it was asked some times.
func (l *listener) explain(t *testing.T, conn *pgx.Conn, times int) string {
	t.Helper()
	var args []string
	for _, a := range l.args {
		args = append(args, fmt.Sprintf("'%v'", a))
	}
	run := "explain execute page"
	if len(args) > 0 {
		run += "(" + strings.Join(args, ", ") + ")"
	}
	for _, sql := range []string{"deallocate all", "prepare page as " + l.sql} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	var lines []string
	for range times {
		rows, err := conn.Query(t.Context(), run, pgx.QueryExecModeSimpleProtocol)
		if err == nil {
			lines, err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return strings.Join(lines, "\n")
}

// A page costs what it yields, however large the table: the server walks an index,
// and neither the table nor all that fits.
func TestPlans(t *testing.T) {
	t.Parallel()
	pool, schema := pgtest.Schema(t)
	c, heard := pool.Config(), &listener{}
	c.ConnConfig.Tracer = heard
	listened, err := pgxpool.NewWithConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(listened.Close)
	d := openOn(t, listened, schema)
	d.sql(`insert into $.card (_key, _rev, _form, _doc, n, owner, tags) select 'k' || i, 1, 1, jsonb_build_object('id', 'k' || i), i % 20, 'o' || i, array['a', 't' || i % 10]
		from generate_series(1, 60000) i`)
	d.sql("insert into $.card__tags__n select unnest(tags), n, _key from $.card")
	d.sql("analyze $.card")
	d.sql("analyze $.card__tags__n")
	conn, err := pool.Acquire(t.Context())
	d.must(err)
	defer conn.Release()
	for what, q := range map[string]store.Query{
		"keys": store.ByKey(), "a range of keys": store.ByKey().From("k1").To("k5").Desc(),
		"an order": store.By("n"), "one value": store.By("n", 5), "one value, backwards": store.By("n", 5).Desc(), "a range": store.By("n").From(3).To(15).Desc(),
		"a unique order": store.By("owner"), "a unique range": store.By("owner").From("o2").Desc(),
		"all values": store.By("tag"), "one of many": store.By("tag", "a"), "one of many, backwards": store.By("tag", "t5").Desc(),
		"one of many and a range": store.By("tag", "a").From(3).To(15),
	} {
		cursor := ""
		for _, claim := range []bool{false, false, true} {
			d.must(d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
				if claim {
					for _, err = range d.cards.Claim(ctx, tx, q.Limit(20)) {
					}
					return err
				}
				_, cursor, err = d.cards.Page(ctx, tx, q.Limit(20).After(cursor))
				return err
			}))
			for _, times := range []int{1, 8} {
				plan := heard.explain(t, conn.Conn(), times)
				steps := strings.ReplaceAll(plan, "Incremental Sort", "") // of those with one value
				if strings.Contains(steps, "Sort  (") || strings.Contains(steps, "Seq Scan") || strings.Contains(steps, "Bitmap") || strings.Contains(steps, "Hash") {
					t.Errorf("%s, plan %d:\n%s\n%s", what, times, heard.sql, plan)
				}
			}
		}
	}
}
