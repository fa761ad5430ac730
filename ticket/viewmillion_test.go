package ticket

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// bulkDesk is a desk in a file with n tickets, of which two in a hundred are open,
// written past the log, and the projection's documents with them.
func bulkDesk(b *testing.B, path string, n int) *Service {
	b.Helper()
	ctx := b.Context()
	d, err := boltstore.Open(path, &boltstore.Options{Map: 8 << 30})
	bulkMust(b, err)
	db, err := store.Open(ctx, d, nil, append(append(append(event.Collections(), job.Collections()...), identity.Collections()...), Collections()...)...)
	bulkMust(b, err)
	b.Cleanup(func() { db.Close() })
	events := event.NewLog(db, nil)
	people, err := identity.Open(ctx, db, events, nil)
	bulkMust(b, err)
	s, err := Open(ctx, db, events, job.New(db, nil), people, nil)
	bulkMust(b, err)
	bulkMust(b, people.SaveAgent(ctx, event.Actor{Kind: event.System}, &identity.Agent{ID: "agent7", Name: "Seven"}))
	from := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for made := 0; made < n; {
		bulkMust(b, db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			for range min(2_000, n-made) {
				t := bulkTicket(events, from, made)
				if err := tickets.Put(ctx, tx, t); err != nil {
					return err
				}
				f := &facet{Ticket: t.ID, EndUser: t.EndUser}
				f.describe(t, nil)
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

func bulkTicket(events *event.Log, from time.Time, i int) *Ticket {
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

func bulkMust(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkViewsOfMillion is what views over a million tickets in a file cost. It
// takes minutes to prepare: FRONTDESK_VIEW_TICKETS says how many tickets, and
// without it nothing runs.
func BenchmarkViewsOfMillion(b *testing.B) {
	n, _ := strconv.Atoi(os.Getenv("FRONTDESK_VIEW_TICKETS"))
	if n == 0 {
		b.Skip("FRONTDESK_VIEW_TICKETS isn't set")
	}
	path := filepath.Join(b.TempDir(), "desk.db")
	began := time.Now()
	s := bulkDesk(b, path, n)
	info, err := os.Stat(path)
	bulkMust(b, err)
	b.Logf("%d tickets in %s, %d MB", n, time.Since(began).Round(time.Second), info.Size()>>20)
	host, me := event.Actor{Kind: event.System}, event.Actor{Kind: event.Agent, ID: "agent7"}
	for name, v := range map[string]View{
		"Open":     {Filter: `ticket.open`, Sort: SortWaiting},
		"Mine":     {Filter: `ticket.assignee == me and ticket.open and ticket.title contains "parcel"`, Sort: SortPriority, Desc: true},
		"Label":    {Filter: `ticket.label == "label17" and "tag1" in ticket.tags or ticket.label == "label18"`, Sort: SortUpdated, Desc: true},
		"Tagged":   {Filter: `"tag5" in ticket.tags and ticket.platform == "ios" and ticket.status == "resolved"`, Sort: SortCreated, Desc: true},
		"LastWeek": {Filter: `ticket.queue == "queue3" and ticket.created > now - days(30000)`, Sort: SortCreated},
	} {
		v.Name = name
		bulkMust(b, s.SaveView(b.Context(), host, &v))
		b.Run(name+"/FirstPage", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ts, _, err := s.ViewTickets(b.Context(), me, v.ID, "", 50)
				if err != nil || len(ts) != 50 {
					b.Fatal(len(ts), err)
				}
			}
		})
		b.Run(name+"/Count", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if cs, err := s.ViewCounts(b.Context(), me, v.ID); err != nil || len(cs) != 1 {
					b.Fatal(cs, err)
				}
			}
		})
	}
	b.Run("FirstPageRaw", func(b *testing.B) { rawCursor(b, path) })
}

// rawCursor is bbolt alone, reading 50 keys of an index.
func rawCursor(b *testing.B, path string) {
	db, err := bolt.Open(path+".raw", 0o600, nil)
	bulkMust(b, err)
	defer db.Close()
	bulkMust(b, db.Update(func(tx *bolt.Tx) error {
		bk, err := tx.CreateBucket([]byte("frontdesk"))
		for i := 0; i < 100_000 && err == nil; i++ {
			err = bk.Put(fmt.Appendf(nil, "ticket_facet\x00imade\x00o:queue=queue%d\x00\x01%09d%036d", i%20, i, i), nil)
		}
		return err
	}))
	prefix := []byte("ticket_facet\x00imade\x00o:queue=queue3\x00")
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		bulkMust(b, db.View(func(tx *bolt.Tx) error {
			c := tx.Bucket([]byte("frontdesk")).Cursor()
			for k, _ := c.Seek(prefix); n < 50 && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
				n++
			}
			return nil
		}))
		if n != 50 {
			b.Fatal(n)
		}
	}
}
