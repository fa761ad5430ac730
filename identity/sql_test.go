package identity_test

import (
	"context"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

// Who reads the database itself finds groups and end users in views.
func TestViews(t *testing.T) {
	t.Parallel()
	pool, schema := pgtest.Schema(t)
	d := open(t, pgstore.New(pool, &pgstore.Options{Schema: schema}))
	must(t, d.people.SaveGroup(t.Context(), host, &identity.Group{ID: "tea", Name: "Tea"}))
	must(t, d.people.SaveGroup(t.Context(), host, &identity.Group{ID: "ink", Name: "Ink", Archived: true}))
	_, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "eve", Name: "Eve", Email: "eve@example.com", Phone: "+4912345",
		Attributes: []identity.Attribute{{Key: "plan", Value: "gold"}}})
	must(t, err)
	u, err := d.ensure(t, d.visit(t, "adam", nil))
	must(t, err)
	_, err = d.people.Claim(t.Context(), event.Actor{Kind: event.EndUser, ID: u.ID}, u.ID, identity.Profile{Email: "adam@example.com"})
	must(t, err)
	read := func(sql string) string {
		t.Helper()
		rows, err := pool.Query(context.Background(), strings.ReplaceAll(sql, "$", schema))
		must(t, err)
		defer rows.Close()
		var all []string
		for rows.Next() {
			var line string
			must(t, rows.Scan(&line))
			all = append(all, line)
		}
		must(t, rows.Err())
		return strings.Join(all, "; ")
	}
	if got := read(`select concat_ws(' ', id, name, archived, created at time zone 'UTC') from $.groups order by id`); got != "ink Ink t 2026-05-04 09:00:00; tea Tea f 2026-05-04 09:00:00" {
		t.Errorf("groups: %s", got)
	}
	if got := read(`select concat_ws(' ', user_id, name, email, email_proven, language, attributes->0->>'value', erased, created at time zone 'UTC') from $.end_users order by user_id`); got !=
		"eve Eve eve@example.com t gold f 2026-05-04 09:00:00; adam@example.com f pt-BR f 2026-05-04 09:00:00" {
		t.Errorf("end users: %s", got)
	}
}
