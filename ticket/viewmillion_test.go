package ticket

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/event"
)

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
	d, err := boltstore.Open(path, &boltstore.Options{Map: 8 << 30})
	bulkMust(b, err)
	s := bulkDesk(b, d, n)
	info, err := os.Stat(path)
	bulkMust(b, err)
	b.Logf("%d tickets in %s, %d MB", n, time.Since(began).Round(time.Second), info.Size()>>20)
	host, me := event.Actor{Kind: event.System}, event.Actor{Kind: event.Agent, ID: "agent7"}
	vs := map[string]*View{
		"Open":     {Filter: `ticket.open`, Sort: SortWaiting},
		"Mine":     {Filter: `ticket.assignee == me and ticket.open and ticket.title contains "parcel"`, Sort: SortPriority, Desc: true},
		"Label":    {Filter: `ticket.label == "label17" and "tag1" in ticket.tags or ticket.label == "label18"`, Sort: SortUpdated, Desc: true},
		"Tagged":   {Filter: `"tag5" in ticket.tags and ticket.platform == "ios" and ticket.status == "resolved"`, Sort: SortCreated, Desc: true},
		"LastWeek": {Filter: `ticket.queue == "queue3" and ticket.created > now - days(30000)`, Sort: SortCreated},
	}
	for name, v := range vs {
		v.Name = name
		bulkMust(b, s.SaveView(b.Context(), host, v))
	}
	began = time.Now()
	for more := 1; more > 0; {
		more, err = s.jobs.Step(b.Context())
		bulkMust(b, err)
	}
	b.Logf("counts built in %s", time.Since(began).Round(time.Second))
	for name, v := range vs {
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
				if cs, err := s.ViewCounts(b.Context(), me, v.ID); err != nil || cs[0].N == 0 || cs[0].Building {
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
			err = bk.Put(fmt.Appendf(nil, "ticket_facets\x00imade\x00o:queue=queue%d\x00\x01%09d%036d", i%20, i, i), nil)
		}
		return err
	}))
	prefix := []byte("ticket_facets\x00imade\x00o:queue=queue3\x00")
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
