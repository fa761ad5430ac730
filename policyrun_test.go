package frontdesk_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// While the desk runs, what is due is said at its moment, and an agent learns of it.
func TestBreachesAreSaidInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, host := t.Context(), frontdesk.Host()
		d, err := frontdesk.Open(ctx, frontdesk.Config{})
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(err)
		var wg sync.WaitGroup
		wg.Go(func() { d.Run(ctx) })
		must(d.Tickets.SavePolicy(ctx, host, &ticket.Policy{Name: "All", First: time.Hour, Resolution: 10 * time.Hour, AtRisk: 50}))
		must(d.People.SaveAgent(ctx, host, &identity.Agent{ID: "mira", Name: "Mira"}))
		eve, err := d.People.Save(ctx, host, identity.Profile{UserID: "eve"})
		must(err)
		var ids []string
		for range 20 {
			tk, err := d.Tickets.Create(ctx, ticket.New{EndUser: eve.ID, Message: &ticket.Draft{Text: "Where is it?"}})
			must(err)
			_, err = d.Tickets.Assign(ctx, host, tk.ID, "mira")
			must(err)
			ids = append(ids, tk.ID)
			<-time.After(time.Minute)
		}
		<-time.After(24 * time.Hour)
		synctest.Wait()
		for _, id := range ids {
			es, _, err := d.Events.History(ctx, d.DB, id, "", 50)
			must(err)
			var said []string
			for _, e := range es {
				var f ticket.Facts
				must(json.Unmarshal(e.Facts, &f))
				if e.Type != ticket.AtRisk && e.Type != ticket.Breached {
					continue
				}
				after := e.Time.Sub(es[0].Time)
				if late := after - after.Truncate(time.Minute); late > time.Second {
					t.Errorf("%s was said %v late", e.Type, late)
				}
				said = append(said, fmt.Sprint(e.Type, " ", f.Target, " ", after.Truncate(time.Minute)))
			}
			want := []string{"ticket.at_risk first_response 30m0s", "ticket.breached first_response 1h0m0s", "ticket.at_risk resolution 5h0m0s", "ticket.breached resolution 10h0m0s"}
			if !slices.Equal(said, want) {
				t.Errorf("said %q", said)
			}
		}
		ns, _, err := d.Tickets.Notices(ctx, host, "mira", "", 200)
		must(err)
		if n := len(slices.DeleteFunc(ns, func(n *ticket.Notice) bool { return n.Kind != identity.NoticeBreach })); n != 2*len(ids) {
			t.Errorf("%d notices of breaches", n)
		}
		must(d.Close())
		wg.Wait()
	})
}
