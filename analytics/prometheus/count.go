package prometheus

import (
	"strings"

	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	client "github.com/prometheus/client_golang/prometheus"
)

// counts are the counters, which follow the log.
type counts struct {
	created, resolved, reopened, messages, breached, ratings, scores *client.CounterVec
}

func newCounts() counts {
	counter := func(name, help string, more ...string) *client.CounterVec {
		return client.NewCounterVec(client.CounterOpts{Name: "frontdesk_" + name, Help: help}, append([]string{"app"}, more...))
	}
	return counts{
		created:  counter("tickets_created_total", "New tickets that have left intake.", "queue"),
		resolved: counter("tickets_resolved_total", "Resolutions, without merged tickets.", "queue", "by"),
		reopened: counter("tickets_reopened_total", "Reopenings.", "queue"),
		messages: counter("messages_total", "Public messages, by who wrote them.", "author"),
		breached: counter("targets_breached_total", "Targets of service policies that were missed.", "queue", "target"),
		ratings:  counter("ratings_total", "Ratings of end users, given or changed.", "queue"),
		scores:   counter("ratings_sum", "Sum of these ratings, 1 to 5 each.", "queue"),
	}
}

func (c *counts) all() []*client.CounterVec {
	return []*client.CounterVec{c.created, c.resolved, c.reopened, c.messages, c.breached, c.ratings, c.scores}
}

// take counts an event of a ticket; others are none of its business.
func (c *counts) take(e *event.Event) error {
	if !strings.HasPrefix(e.Type, "ticket.") {
		return nil
	}
	var f ticket.Facts
	if err := e.Payload(&f); err != nil {
		return err
	}
	queue, intake := f.Queue, false
	if f.After != nil {
		queue, intake = f.After.Queue, f.After.Intake
	}
	count := func(v *client.CounterVec, more ...string) client.Counter {
		return v.WithLabelValues(append([]string{f.App, queue}, more...)...)
	}
	switch e.Type {
	case ticket.Created:
		if !intake {
			count(c.created).Inc()
		}
	case ticket.Admitted:
		count(c.created).Inc()
	case ticket.Resolved:
		count(c.resolved, string(e.Actor.Kind)).Inc()
	case ticket.Reopened:
		count(c.reopened).Inc()
	case ticket.Breached:
		count(c.breached, string(f.Target)).Inc()
	case ticket.Rated:
		count(c.ratings).Inc()
		count(c.scores).Add(float64(f.Score))
	}
	if f.Seq > 0 && (e.Type == ticket.Created || e.Type == ticket.MessageAdded) && f.Message == ticket.Public {
		// A new ticket's message comes before its queue does: there is none to tell.
		c.messages.WithLabelValues(f.App, string(f.Author.Kind)).Inc()
	}
	return nil
}
