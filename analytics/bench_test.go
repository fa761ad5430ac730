package analytics_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// mill makes up what a large desk's log tells: 100 queues, 300 agents in 20 teams, 8
// languages, 30 labels, 3 platforms; and has it counted.
type mill struct {
	t      testing.TB
	db     *store.DB
	events *event.Log
	jobs   *job.Queue
	s      *analytics.Service
	r      *rand.Rand
	now    time.Time
	n      int
	took   time.Duration // for counting
	solved []float64     // seconds to each resolution
}

func newMill(t testing.TB, d driver.Store) *mill {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, d, nil, frontdesk.Collections()...)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	m := &mill{t: t, db: db, r: rand.New(rand.NewPCG(1, 1)), now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	now := func() time.Time { return m.now }
	m.events = event.NewLog(db, &event.Options{Now: now})
	m.jobs = job.New(db, &job.Options{Now: now})
	people, err := identity.Open(ctx, db, m.events, &identity.Options{Now: now})
	must(t, err)
	m.s = analytics.New(analytics.Parts{DB: db, Events: m.events, Jobs: m.jobs, People: people}, &analytics.Options{Now: now})
	return m
}

func onDisk(t testing.TB) driver.Store {
	t.Helper()
	d, err := boltstore.Open(t.TempDir()+"/mill.db", nil)
	must(t, err)
	return d
}

// conversation is the events of a ticket: created, assigned, answered, written to, answered
// and resolved, within some hours.
func (m *mill) conversation(at time.Time) (es []*event.Event) {
	m.n++
	pick := func(what string, of int) string { return fmt.Sprintf("%s-%03d", what, min(m.r.IntN(of), m.r.IntN(of))) }
	a := ticket.After{Language: pick("lang", 8), Label: pick("label", 30), Queue: pick("queue", 100), Group: pick("group", 10)}
	agent := event.Actor{Kind: event.Agent, ID: pick("agent", 300)}
	f := ticket.Facts{Status: ticket.StatusNew, App: "shop", Platform: []string{"ios", "android", "webchat"}[m.r.IntN(3)], Channel: "chat"}
	id := fmt.Sprintf("ticket-%08d", m.n)
	add := func(what string, by event.Actor, set func(f *ticket.Facts)) {
		e := &event.Event{Type: what, Subject: id, Revision: int64(len(es) + 1), Time: at, Actor: by}
		g, after := f, a
		g.After = &after
		set(&g)
		var err error
		e.Facts, err = event.JSON(g)
		must(m.t, err)
		es = append(es, e)
		at = at.Add(time.Duration(m.r.Int64N(int64(40 * time.Minute))))
	}
	began, eve := at, event.Actor{Kind: event.EndUser, ID: "eve"}
	a.Waiting, a.Backlog = at, true
	add(ticket.Created, eve, func(f *ticket.Facts) { f.Message, f.Author = ticket.Public, eve })
	f.Status, a.Backlog, a.Assignee = ticket.StatusNewForAgent, false, agent
	add(ticket.Assigned, event.Actor{Kind: event.System}, func(f *ticket.Facts) { f.To = agent })
	waited := at.Sub(a.Waiting).Microseconds()
	f.Status, a.Waiting = ticket.StatusAgentReplied, time.Time{}
	add(ticket.MessageAdded, agent, func(f *ticket.Facts) { f.Message, f.Author, f.Waited = ticket.Public, agent, waited })
	f.Status, a.Waiting = ticket.StatusWaitingForAgent, at
	add(ticket.MessageAdded, eve, func(f *ticket.Facts) { f.Message, f.Author = ticket.Public, eve })
	waited = at.Sub(a.Waiting).Microseconds()
	f.Status, a.Waiting = ticket.StatusAgentReplied, time.Time{}
	add(ticket.MessageAdded, agent, func(f *ticket.Facts) { f.Message, f.Author, f.Waited = ticket.Public, agent, waited })
	f.Status = ticket.StatusResolved
	m.solved = append(m.solved, at.Sub(began).Seconds())
	add(ticket.Resolved, agent, func(*ticket.Facts) {})
	return es
}

// grind counts about so many events, evenly over a time.
func (m *mill) grind(events int, over time.Duration) {
	m.t.Helper()
	const at = 600
	from := m.now
	for done := 0; done < events; done += at {
		var es []*event.Event
		for len(es) < at {
			es = append(es, m.conversation(m.now)...)
		}
		m.now = from.Add(over * time.Duration(done+at) / time.Duration(events))
		must(m.t, m.db.Update(m.t.Context(), func(ctx context.Context, tx *store.Tx) error { return m.events.Append(ctx, tx, es...) }))
		began := time.Now()
		for n := 1; n > 0; {
			var err error
			n, err = m.events.Step(m.t.Context())
			must(m.t, err)
		}
		m.took += time.Since(began)
	}
}

// BenchmarkCount counts a day of a desk's events, b.N of them.
func BenchmarkCount(b *testing.B) {
	m := newMill(b, onDisk(b))
	m.grind(b.N, 24*time.Hour)
	b.ReportMetric(float64(m.took.Microseconds())/float64(max(b.N, 600)), "µs/event")
}

// BenchmarkRebuild counts a log of b.N events anew.
func BenchmarkRebuild(b *testing.B) {
	m := newMill(b, onDisk(b))
	m.grind(b.N, 24*time.Hour)
	b.ResetTimer()
	must(b, m.s.Rebuild(b.Context(), frontdesk.Host()))
	for n := 1; n > 0; {
		var err error
		n, err = m.jobs.Step(b.Context())
		must(b, err)
	}
}

// BenchmarkQuery asks for a month by day and queue, of a desk with 100 queues and 3,300
// events a day.
func BenchmarkQuery(b *testing.B) {
	m := newMill(b, onDisk(b))
	from := m.now
	m.grind(100_000, 30*24*time.Hour)
	zone := zone(b, "Asia/Kathmandu")
	plain := []analytics.Metric{analytics.Created, analytics.Open, analytics.Resolved, analytics.FirstResponseTimeAvg}
	for name, q := range map[string]analytics.Query{
		"queues":           {Metrics: plain, By: []analytics.Dimension{analytics.Queue}},
		"queues_far":       {Metrics: plain, By: []analytics.Dimension{analytics.Queue}, Zone: zone},
		"queues_quantile":  {Metrics: append(plain, analytics.FirstResponseTimeP90), By: []analytics.Dimension{analytics.Queue}},
		"queues_all":       {By: []analytics.Dimension{analytics.Queue}},
		"total_all":        {},
		"agents_of_queue":  {Metrics: plain, By: []analytics.Dimension{analytics.Agent}, Where: []analytics.Filter{{By: analytics.Queue, Values: []string{"queue-003"}}}},
		"agents_and_label": {Metrics: plain, By: []analytics.Dimension{analytics.Agent, analytics.Label}},
	} {
		q.From, q.To, q.Grain, q.Limit = from, m.now, analytics.Day, analytics.MaxRows
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, err := m.s.Query(b.Context(), frontdesk.Host(), q)
				must(b, err)
			}
		})
	}
}

// BenchmarkQueryOfAMillionADay asks for a month by day and queue, of a desk with 100 queues on
// which everything that is counted happens in each of them in each quarter of an hour, as with
// 1,000,000 events a day.
func BenchmarkQueryOfAMillionADay(b *testing.B) {
	m := newMill(b, onDisk(b))
	from := m.now
	var queues []string
	for i := range 100 {
		queues = append(queues, fmt.Sprintf("queue-%03d", i))
	}
	for m.now.Before(from.AddDate(0, 0, 31)) {
		must(b, m.db.Update(b.Context(), func(ctx context.Context, tx *store.Tx) error { return analytics.FillDay(ctx, tx, m.now, 3, queues...) }))
		m.now = m.now.AddDate(0, 0, 1)
	}
	plain := []analytics.Metric{analytics.Created, analytics.Resolved, analytics.Replies, analytics.FirstResponseTimeAvg}
	for name, q := range map[string]analytics.Query{
		"one":    {Metrics: plain[:1]},
		"four":   {Metrics: plain},
		"levels": {Metrics: []analytics.Metric{analytics.Open, analytics.Backlog}},
		"far":    {Metrics: plain, Zone: zone(b, "Asia/Kathmandu")},
	} {
		q.From, q.To, q.Grain, q.Limit, q.By = from, from.AddDate(0, 0, 30), analytics.Day, analytics.MaxRows, []analytics.Dimension{analytics.Queue}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := m.s.Query(b.Context(), frontdesk.Host(), q)
				must(b, err)
			}
		})
	}
}
