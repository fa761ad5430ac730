package faq_test

import (
	"context"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

// Who reads the database itself finds articles and their figures in views.
func TestSQLViews(t *testing.T) {
	t.Parallel()
	pool, schema := pgtest.Schema(t)
	d := open(t, pgstore.New(pool, &pgstore.Options{Schema: schema}))
	a := d.published(d.section("shop", "Paying"), "Refunds", func(a *faq.Article) { a.Tags = []string{"money"} })
	must(t, d.faq.View(t.Context(), anybody(), a.ID, ""))
	must(t, d.faq.Vote(t.Context(), anybody(), a.ID, faq.Feedback{Opinion: faq.Helpful}))
	d.drain()
	var got string
	must(t, pool.QueryRow(context.Background(), strings.ReplaceAll(`select concat_ws(' ', a.app, a.tags->>0, a.translations->0->>'title', a.archived, a.created at time zone 'UTC', f.views, f.helpful, f.unhelpful, f.last_view is not null)
		from $.articles a join $.article_figures f on f.article = a.id`, "$", schema)).Scan(&got))
	if want := "shop money Refunds f 2026-05-04 09:00:00 1 1 0 t"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
