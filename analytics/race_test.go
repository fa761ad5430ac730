package analytics_test

import (
	"context"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What is counted by the projection while a rebuild, which has found nothing more in the log,
// waits to become what is read, isn't lost.
func TestRebuildWaits(t *testing.T) {
	t.Parallel()
	pool, schema := pgtest.Emptied(t)
	d, err := frontdesk.Open(t.Context(), frontdesk.Config{Store: pgstore.New(pool, &pgstore.Options{Schema: schema})})
	must(t, err)
	t.Cleanup(func() { must(t, d.Close()) })
	ctx, host := t.Context(), frontdesk.Host()
	eve, err := d.People.Save(ctx, host, identity.Profile{UserID: "eve"})
	must(t, err)
	create := func() {
		t.Helper()
		_, err := d.Tickets.Create(ctx, ticket.New{EndUser: eve.ID, Platform: "webchat", Message: &ticket.Draft{Text: "hello"}})
		must(t, err)
		for n := 1; n > 0; {
			n, err = d.Events.Step(ctx)
			must(t, err)
		}
	}
	must(t, d.Analytics.Rebuild(ctx, host))
	create()

	held, release, gone := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() { // another transaction, that is busy with the current generation
		gone <- d.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			err := analytics.Root(ctx, tx)
			close(held)
			<-release
			return err
		})
	}()
	<-held
	built := make(chan error, 1)
	go func() {
		for done := false; !done; {
			err := d.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
				done, err = d.Analytics.RebuildPage(ctx, tx, "2")
				return err
			})
			if err != nil {
				built <- err
				return
			}
		}
		built <- nil
	}()
	for waiting := false; !waiting; {
		must(t, pool.QueryRow(ctx, "select exists (select from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock')", schema).Scan(&waiting))
		select {
		case err := <-built:
			t.Fatal("the rebuild doesn't wait:", err)
		case <-time.After(2 * time.Millisecond):
		}
	}
	create()
	close(release)
	must(t, <-gone)
	must(t, <-built)
	table, err := d.Analytics.Query(ctx, host, analytics.Query{From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour), Metrics: []analytics.Metric{analytics.Created}})
	must(t, err)
	if v := value(t, table); v.Number != 2 {
		t.Errorf("of two tickets %v are counted", v.Number)
	}
}
