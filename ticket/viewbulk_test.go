package ticket

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// bulkDesk is a desk with n tickets, of which two in a hundred are open, written
// past the log, and the projection's documents with them.
func bulkDesk(t testing.TB, d driver.Store, n int) *Service {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, d, nil, append(append(append(event.Collections(), job.Collections()...), identity.Collections()...), Collections()...)...)
	bulkMust(t, err)
	t.Cleanup(func() { db.Close() })
	events := event.NewLog(db, nil)
	people, err := identity.Open(ctx, db, events, nil)
	bulkMust(t, err)
	s, err := Open(ctx, db, events, job.New(db, nil), people, nil)
	bulkMust(t, err)
	bulkMust(t, people.SaveAgent(ctx, event.Actor{Kind: event.System}, &identity.Agent{ID: "agent7", Name: "Seven"}))
	from := bulkStart()
	for made := 0; made < n; {
		bulkMust(t, db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			for range min(2_000, n-made) {
				one := bulkTicket(from, made)
				if err := tickets.Put(ctx, tx, one); err != nil {
					return err
				}
				f := &facet{Ticket: one.ID, EndUser: one.EndUser}
				f.describe(one, nil)
				if err := facets.Put(ctx, tx, f); err != nil {
					return err
				}
				made++
			}
			return nil
		}))
	}
	return s
}

// bulkStart is when the first ticket was made; each 20 seconds there was one more.
func bulkStart() time.Time { return time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC) }

func bulkTicket(from time.Time, i int) *Ticket {
	at := from.Add(time.Duration(i) * 20 * time.Second)
	t := &Ticket{
		ID: fmt.Sprintf("%08x-%04x-7000-8000-%012x", i>>16, i&0xffff, i*7919), Number: int64(i + 1), App: "default", Platform: []string{"ios", "android", "webchat"}[i%3],
		EndUser: "user" + strconv.Itoa(i%300_000), Title: "Where is my parcel?", Status: StatusResolved, Language: "en",
		Queue: "queue" + strconv.Itoa(i%20), Assignee: event.Actor{Kind: event.Agent, ID: "agent" + strconv.Itoa(i%200)},
		Label: &Label{Name: "label" + strconv.Itoa(i%50), Source: "predicted"},
		Times: Times{Created: at, Updated: at.Add(time.Duration(i%5000) * time.Minute), FirstAssigned: at, FirstResponse: at, Resolved: at.Add(time.Hour)},
	}
	t.Channel = t.Platform
	if i%10 == 0 {
		t.Tags = []string{"tag" + strconv.Itoa(i/10%100)}
	}
	if i%4 == 0 {
		t.Priority = High
	}
	if i%50 == 7 {
		t.Status, t.Times.Resolved, t.WaitingSince = StatusWaitingForAgent, time.Time{}, at
	}
	return t
}

func bulkMust(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A count that is made when asked looks at 10,000 tickets, and says so, but for what
// the index counts alone. A page
// looks at no more than its share, and goes on where it stopped.
func TestBoundsOfCountsAndPages(t *testing.T) {
	t.Parallel()
	s, host := bulkDesk(t, memstore.New(), maxCount+1), event.Actor{Kind: event.System}
	since := func(i int) string { return bulkStart().Add(time.Duration(i) * 20 * time.Second).Format(time.RFC3339) }
	save := func(filter string) string {
		v := &View{Name: "View", Filter: filter, Sort: SortCreated}
		bulkMust(t, s.SaveView(t.Context(), host, v))
		return v.ID
	}
	for from, want := range map[int]ViewCount{0: {N: maxCount, AtLeast: true}, 1: {N: maxCount}, 2: {N: maxCount - 1}} {
		for _, rest := range []string{` and ticket.title contains "parcel"`, ""} {
			if rest == "" {
				want = ViewCount{N: maxCount + 1 - from}
			}
			want.View = save(fmt.Sprintf("ticket.created < now and ticket.created >= date(%q)%s", since(from), rest))
			cs, err := s.ViewCounts(t.Context(), host, want.View)
			if bulkMust(t, err); cs[0] != want {
				t.Errorf("counted %+v, want %+v", cs[0], want)
			}
		}
	}
	none := save(`ticket.title contains "nothing"`)
	pages := 0
	for after := ""; ; pages++ {
		ts, next, err := s.ViewTickets(t.Context(), host, none, after, 50)
		if bulkMust(t, err); len(ts) > 0 {
			t.Fatalf("page %d has %d tickets", pages, len(ts))
		}
		if after = next; next == "" {
			break
		}
	}
	if want := maxCount / maxRows; pages != want {
		t.Errorf("the cursor stopped %d times, want %d", pages, want)
	}
}
