package analytics_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/frontdesktest"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// counted is a store that counts what is read by key.
type counted struct {
	driver.Store
	gets  atomic.Int64
	mixes atomic.Int64 // whole sets that were read
}

func (c *counted) Begin(ctx context.Context, write bool) (driver.Tx, error) {
	tx, err := c.Store.Begin(ctx, write)
	return countedTx{tx, c}, err
}

type countedTx struct {
	driver.Tx
	of *counted
}

func (tx countedTx) Get(ctx context.Context, coll, key string, lock driver.Lock) (driver.Doc, error) {
	tx.of.gets.Add(1)
	return tx.Tx.Get(ctx, coll, key, lock)
}

func (tx countedTx) Scan(ctx context.Context, coll string, q driver.Query) ([]driver.Row, error) {
	rows, err := tx.Tx.Scan(ctx, coll, q)
	if coll == "analytics_mix" {
		tx.of.mixes.Add(int64(len(rows)))
	}
	return rows, err
}

// A page of few rows doesn't hold a month of all pairs of keys.
func TestShortPage(t *testing.T) {
	t.Parallel()
	s := &counted{Store: memstore.New()}
	y := tell(t, s)
	for day := range 31 {
		if day == 30 {
			y.drain() // the last one has the days before folded
		}
		_, err := y.Tickets.Create(t.Context(), ticket.New{EndUser: y.users[0], Platform: "webchat", Message: &ticket.Draft{Text: "Hello"}})
		must(t, err)
		if day < 30 {
			y.later(24 * time.Hour)
		}
	}
	y.drain()
	q := analytics.Query{From: began, To: y.now.Add(time.Hour), Grain: analytics.Day, By: []analytics.Dimension{analytics.Queue, analytics.Channel}, Metrics: []analytics.Metric{analytics.Inbound}, Limit: 1}
	read := func(want int) {
		t.Helper()
		before := s.mixes.Load()
		table, err := y.Analytics.Query(t.Context(), frontdesk.Host(), q)
		must(t, err)
		if len(table.Rows) != want {
			t.Fatalf("%d rows", len(table.Rows))
		}
		if n := s.mixes.Load() - before; n < int64(want) || n > 3*int64(want)+5 {
			t.Errorf("for %d rows %d sets were read", want, n)
		}
	}
	read(1)
	q.Limit = 100
	read(31)
}

// Who asks how many tickets were open in 1970, in a hundred queues, costs no look at each
// of the days since.
func TestLongAgo(t *testing.T) {
	t.Parallel()
	s := &counted{Store: memstore.New()}
	d := frontdesktest.Open(t, frontdesk.Config{Store: s})
	d.EndUser("Ann").Writes("Hello")
	d.Advance(24 * time.Hour)
	d.EndUser("Ben").Writes("Hello")
	d.Drain()
	queues := []string{"default"}
	for i := range 99 {
		queues = append(queues, strconv.Itoa(i))
	}
	from := time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC)
	before := s.gets.Load()
	table := ask(t, d, analytics.Query{From: from, To: from.Add(24 * time.Hour), Where: []analytics.Filter{{By: analytics.Queue, Values: queues}}, Metrics: []analytics.Metric{analytics.Open}})
	if v := value(t, table); v.Number != 0 {
		t.Errorf("in 1970 %v tickets were open", v.Number)
	}
	if n := s.gets.Load() - before; n > 1000 {
		t.Errorf("%d documents were looked for", n)
	}
}
