package prometheus

import "github.com/frontdesk-go/frontdesk/store/event"

// Take counts an event, as Run does.
func (c *Collector) Take(e *event.Event) error { return c.counts.take(e) }
