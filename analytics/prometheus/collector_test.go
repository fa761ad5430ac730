package prometheus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics/prometheus"
	"github.com/frontdesk-go/frontdesk/frontdesktest"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	client "github.com/prometheus/client_golang/prometheus"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// scrape is what Prometheus would read: series with their values.
func scrape(t testing.TB, r *client.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	must(t, err)
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			var labels []string
			for _, l := range m.Label {
				labels = append(labels, fmt.Sprintf("%s=%s", l.GetName(), l.GetValue()))
			}
			slices.Sort(labels)
			all[f.GetName()+"{"+strings.Join(labels, ",")+"}"] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return all
}

// collector is that of a desk, with the registry that asks it.
func collector(t testing.TB, d *frontdesk.Desk) (*prometheus.Collector, *client.Registry) {
	t.Helper()
	c := prometheus.New(prometheus.Parts{DB: d.DB, Events: d.Events, Analytics: d.Analytics}, nil)
	r := client.NewPedanticRegistry()
	must(t, r.Register(c))
	return c, r
}

// A desk at work is shown as it stands, and what happens on it is counted.
func TestDeskAtWork(t *testing.T) {
	t.Parallel()
	d := frontdesktest.New(t)
	c, registry := collector(t, d.Desk)
	people(t, d)
	d.Advance(time.Minute)
	es, err := d.Events.Since(t.Context(), d.DB, 0, 1000)
	must(t, err)
	for _, e := range es {
		must(t, c.Take(e))
	}
	got := scrape(t, registry)
	for series, want := range map[string]float64{
		"frontdesk_tickets_created_total{app=default,queue=default}":           2,
		"frontdesk_tickets_resolved_total{app=default,by=agent,queue=default}": 1,
		"frontdesk_tickets_reopened_total{app=default,queue=default}":          1,
		"frontdesk_messages_total{app=default,author=end_user}":                3,
		"frontdesk_messages_total{app=default,author=agent}":                   1,
		"frontdesk_tickets_open{queue=default}":                                2,
		"frontdesk_tickets_open_by_app{app=default}":                           2,
		"frontdesk_tickets_backlog{queue=default}":                             1,
		"frontdesk_backlog_wait_seconds{queue=default}":                        60,
		"frontdesk_consumer_lag_events{consumer=analytics}":                    0,
		"frontdesk_consumer_lag_seconds{consumer=analytics}":                   0,
		"frontdesk_consumer_incomplete{consumer=analytics}":                    0,
	} {
		if v, ok := got[series]; !ok || v != want {
			t.Errorf("%s is %v (%v), want %v", series, v, ok, want)
		}
	}
	if n, ok := got["frontdesk_tickets_created_total{app=default,queue=}"]; ok {
		t.Errorf("%v are counted before they have left intake", n)
	}
	d.EndUser("Cem").Writes("Hello")
	if lag := scrape(t, registry)["frontdesk_consumer_lag_events{consumer=analytics}"]; lag == 0 {
		t.Error("there is no lag, though nobody has taken the events")
	}
}

// Run counts what comes from then on, and ends with its context.
func TestRun(t *testing.T) {
	t.Parallel()
	d := frontdesktest.New(t)
	people(t, d)
	d.Drain()
	c, registry := collector(t, d.Desk)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	const series = "frontdesk_tickets_created_total{app=default,queue=default}"
	for n := 0; scrape(t, registry)[series] == 0; n++ {
		// It may begin behind any of these: each is counted once, or not at all.
		u, err := d.People.Save(t.Context(), frontdesk.Host(), identity.Profile{UserID: fmt.Sprint("late-", n)})
		must(t, err)
		_, err = d.Tickets.Create(t.Context(), ticket.New{Actor: frontdesk.Host(), EndUser: u.ID})
		must(t, err)
		d.Drain()
		select {
		case <-tick.C:
		case err := <-ended:
			t.Fatalf("it ended with %v", err)
		}
		if n > 2000 {
			t.Fatal("nothing is counted")
		}
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}

// people write to the desk: Ann's ticket is resolved and comes again, Ben's waits.
func people(t testing.TB, d *frontdesktest.Desk) {
	t.Helper()
	ann, mira := d.EndUser("Ann"), d.Agent("Mira")
	tk := ann.Writes("Hello")
	d.Drain() // it leaves intake for its queue
	mira.Replies(tk, "Hello!")
	mira.Resolves(tk)
	_, err := d.Tickets.Reopen(t.Context(), event.Actor{Kind: event.Agent, ID: mira.ID}, tk)
	must(t, err)
	ann.Writes("Once more")
	d.EndUser("Ben").Writes("Anybody there?")
	d.Drain()
}

// What can't be read makes the scrape fail: an old figure would hide that.
func TestClosedDesk(t *testing.T) {
	t.Parallel()
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{})
	must(t, err)
	_, registry := collector(t, desk)
	must(t, desk.Close())
	if _, err := registry.Gather(); !errors.Is(err, store.ErrClosed) && (err == nil || !strings.Contains(err.Error(), store.ErrClosed.Error())) {
		t.Errorf("a closed desk: %v", err)
	}
}
