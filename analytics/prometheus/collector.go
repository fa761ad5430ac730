package prometheus

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	client "github.com/prometheus/client_golang/prometheus"
)

// Parts are what a collector reads. All of them are needed.
type Parts struct {
	DB        *store.DB
	Events    *event.Log
	Analytics *analytics.Service
}

// Options are what has defaults; nil is all of them.
type Options struct {
	Timeout time.Duration // of a scrape's reading; 0 is 5 seconds
	Log     *slog.Logger  // nil discards
}

// Collector is a desk's figures for a registry of Prometheus. It may be used by several
// goroutines.
type Collector struct {
	Parts
	timeout time.Duration
	log     *slog.Logger
	counts  counts

	openApp, openQueue, backlog, wait *client.Desc
	lagEvents, lagSeconds, incomplete *client.Desc
}

// New returns a collector. Register it, and Run it.
func New(p Parts, o *Options) *Collector {
	c := &Collector{Parts: p, timeout: 5 * time.Second, log: slog.New(slog.DiscardHandler), counts: newCounts()}
	if o != nil && o.Timeout > 0 {
		c.timeout = o.Timeout
	}
	if o != nil && o.Log != nil {
		c.log = o.Log
	}
	gauge := func(name, help string, labels ...string) *client.Desc {
		return client.NewDesc("frontdesk_"+name, help, labels, nil)
	}
	c.openApp = gauge("tickets_open_by_app", "Open tickets of an app.", "app")
	c.openQueue = gauge("tickets_open", "Open tickets in a queue; the queue \"\" is none.", "queue")
	c.backlog = gauge("tickets_backlog", "Tickets that wait for a person, and nobody has.", "queue")
	c.wait = gauge("backlog_wait_seconds", "For how long the tickets of the backlog wait, on average.", "queue")
	c.lagEvents = gauge("consumer_lag_events", "Events that a consumer of the log hasn't taken yet.", "consumer")
	c.lagSeconds = gauge("consumer_lag_seconds", "Age of the oldest of these events.", "consumer")
	c.incomplete = gauge("consumer_incomplete", "1 if a projection has set an event aside that it couldn't take.", "consumer")
	return c
}

// Describe implements the library's Collector.
func (c *Collector) Describe(out chan<- *client.Desc) {
	for _, d := range []*client.Desc{c.openApp, c.openQueue, c.backlog, c.wait, c.lagEvents, c.lagSeconds, c.incomplete} {
		out <- d
	}
	for _, v := range c.counts.all() {
		v.Describe(out)
	}
}

// Collect implements the library's Collector. What can't be read is told as an invalid
// metric, which makes the scrape fail: an old figure would hide that.
func (c *Collector) Collect(out chan<- client.Metric) {
	for _, v := range c.counts.all() {
		v.Collect(out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
	defer cancel()
	if err := c.levels(ctx, out); err != nil {
		c.log.WarnContext(ctx, "levels for Prometheus", "error", err)
		out <- client.NewInvalidMetric(c.openQueue, err)
	}
	if err := c.lags(ctx, out); err != nil {
		c.log.WarnContext(ctx, "lags for Prometheus", "error", err)
		out <- client.NewInvalidMetric(c.lagEvents, err)
	}
}

func (c *Collector) levels(ctx context.Context, out chan<- client.Metric) error {
	var queues, apps []analytics.Level
	err := c.DB.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if queues, err = c.Analytics.Levels(ctx, tx, analytics.Queue, nil); err != nil {
			return err
		}
		apps, err = c.Analytics.Levels(ctx, tx, analytics.App, nil)
		return err
	})
	if err != nil {
		return err
	}
	for _, l := range apps {
		out <- gauge(c.openApp, float64(l.Open), l.Value)
	}
	for _, l := range queues {
		out <- gauge(c.openQueue, float64(l.Open), l.Value)
		out <- gauge(c.backlog, float64(l.Backlog), l.Value)
		out <- gauge(c.wait, l.Wait.Seconds(), l.Value)
	}
	return nil
}

func (c *Collector) lags(ctx context.Context, out chan<- client.Metric) error {
	all, err := c.Events.Lags(ctx)
	if err != nil {
		return err
	}
	// Partitions of a consumer are one: the one that is farthest behind.
	var names []string
	worst := map[string]event.Lag{}
	for _, l := range all {
		name, _, _ := strings.Cut(l.Consumer, "/")
		w, ok := worst[name]
		if !ok {
			names = append(names, name)
		}
		worst[name] = event.Lag{Events: max(w.Events, l.Events), Age: max(w.Age, l.Age), Incomplete: w.Incomplete || l.Incomplete}
	}
	for _, name := range names {
		l, incomplete := worst[name], 0.0
		if l.Incomplete {
			incomplete = 1
		}
		out <- gauge(c.lagEvents, float64(l.Events), name)
		out <- gauge(c.lagSeconds, l.Age.Seconds(), name)
		out <- gauge(c.incomplete, incomplete, name)
	}
	return nil
}

func gauge(d *client.Desc, v float64, labels ...string) client.Metric {
	return client.MustNewConstMetric(d, client.GaugeValue, v, labels...)
}

// Run counts what happens from now on, until ctx ends; it returns why.
func (c *Collector) Run(ctx context.Context) error {
	head, err := c.Events.Head(ctx)
	if err != nil {
		return err
	}
	for e, err := range c.Events.Tail(ctx, head) {
		if err != nil {
			return err
		}
		if err := c.counts.take(e); err != nil {
			c.log.WarnContext(ctx, "event for Prometheus", "event", e.ID, "error", err)
		}
	}
	return ctx.Err()
}
