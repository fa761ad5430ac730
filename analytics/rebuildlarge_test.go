package analytics_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// A rebuild gets past events of which a page is too much for a transaction, as where a whole
// staff leaves after a month: the projection takes fewer of them at a time, too.
func TestRebuildLarge(t *testing.T) {
	t.Parallel()
	y := tell(t, memstore.New())
	ctx, host := t.Context(), frontdesk.Host()
	var staff []string
	for i := range 250 {
		id := strings.Repeat("a", 40) + strconv.Itoa(i)
		must(t, y.People.SaveAgent(ctx, host, &identity.Agent{ID: id, Name: "Somebody"}))
		staff = append(staff, id)
	}
	become := func(state queue.State) {
		for _, id := range staff {
			_, err := y.Queues.SetAvailability(ctx, host, id, state, "")
			must(t, err)
		}
	}
	become(queue.Available)
	y.later(31 * 24 * time.Hour)
	become(queue.Offline)
	must(t, y.Analytics.Rebuild(ctx, host))
	for range 3 {
		if _, err := y.Jobs.Step(ctx); err != nil {
			t.Fatal(err)
		}
	}
	rows := y.ask(analytics.Query{From: began.Add(-24 * time.Hour), To: y.now.Add(time.Hour), Metrics: []analytics.Metric{analytics.AvailableTime}})
	if got, want := rows[0].Values[0].Number, 250*31*24*time.Hour.Seconds(); got != want {
		t.Errorf("they were available for %v s, want %v", got, want)
	}
}
