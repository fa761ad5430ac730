package chat

import (
	"net/http"
	"net/netip"
	"time"
)

// SetHeartbeat makes streams look at their session more often.
func (c *Chat) SetHeartbeat(d time.Duration) { c.heartbeat = d }

// Serves says whether Run has begun, so that connections are taken over.
func (c *Chat) Serves() bool { return c.room.served() != nil }

// ReadCursor and Cursor are for the fuzzer.
func ReadCursor(text string) (again string, err error) {
	c, err := readCursor(text)
	if err != nil {
		return "", err
	}
	return c.String(), nil
}

// FutureCursor is a place in a ticket that hasn't come so far.
func FutureCursor(ticket string) string {
	p := cursor{}.place(ticket)
	p.mark = mark{seq: 1000, rev: 1000}
	return cursor{p}.String()
}

// From is the address that a request comes from, where a proxy's header is trusted.
func From(proxy string, r *http.Request) netip.Addr { return (&Chat{proxy: proxy}).from(r) }

// SetEstimator replaces who tells the places in line.
func (c *Chat) SetEstimator(e Estimator) { c.estimator = e }
