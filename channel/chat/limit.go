package chat

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/channel/problem"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
)

// Rate lets Burst requests through at once, and then one each Every. The zero Rate
// is the default; one with a negative Burst lets everything through.
type Rate struct {
	Burst int
	Every time.Duration
}

// Limit is how often something may be done, by one end user and from one IP address
// (of IPv6, from one /64).
type Limit struct{ EndUser, IP Rate }

// Limits are how often end users may do what costs the desk something. They are
// counted in memory, by each process for itself: two processes let twice as much
// through. Addresses of this machine and of private networks aren't counted by
// address: behind a proxy that [Options] doesn't name everybody comes from there.
type Limits struct {
	Off      bool  // no limits at all
	Messages Limit // 30, then one each second; of an address 200, then five a second
	Tickets  Limit // new ones: 5, then one a minute; of an address 50, then one each 6 seconds
	Uploads  Limit // 30, then one each 5 seconds; of an address 200, then one a second
	Sessions Limit // by device: 30, then one each 2 seconds; of an address 300, then five a second
	Reading  Limit // of the FAQ, searches too: 60, then two a second; of an address 600, then 20 a second
}

// standard are the limits of who doesn't ask for others.
func standard() Limits {
	return Limits{
		Messages: Limit{Rate{30, time.Second}, Rate{200, time.Second / 5}},
		Tickets:  Limit{Rate{5, time.Minute}, Rate{50, 6 * time.Second}},
		Uploads:  Limit{Rate{30, 5 * time.Second}, Rate{200, time.Second}},
		Sessions: Limit{Rate{30, 2 * time.Second}, Rate{300, time.Second / 5}},
		Reading:  Limit{Rate{60, time.Second / 2}, Rate{600, time.Second / 20}},
	}
}

// counted is what is counted.
type counted string

const (
	aMessage counted = "message"
	aTicket  counted = "ticket"
	anUpload counted = "upload"
	aSession counted = "session"
	aReading counted = "reading"
)

// limiter counts what is done by whom. Of each who it keeps one moment: the one at
// which all that he did would have been let through at his steady rate.
type limiter struct {
	now    func() time.Time
	limits map[counted]Limit

	mu       sync.Mutex
	recent   map[bucket]time.Time
	earlier  map[bucket]time.Time // what recent was before; who comes again moves back
	capacity int                  // of each of the two
}

type bucket struct {
	what counted
	who  string
}

// maxBuckets bounds the memory of a limiter: two times that many, of about 100
// bytes. Who is forgotten because of it begins anew.
const maxBuckets = 50_000

// newLimiter returns a limiter, nil where there are no limits. A rate without an
// interval is a *store.FieldError.
func newLimiter(l Limits, now func() time.Time) (*limiter, error) {
	if l.Off {
		return nil, nil
	}
	d := standard()
	of := map[counted]Limit{}
	for _, x := range []struct {
		what   counted
		l, std Limit
	}{{aMessage, l.Messages, d.Messages}, {aTicket, l.Tickets, d.Tickets}, {anUpload, l.Uploads, d.Uploads}, {aSession, l.Sessions, d.Sessions}, {aReading, l.Reading, d.Reading}} {
		for _, r := range []struct{ r, std *Rate }{{&x.l.EndUser, &x.std.EndUser}, {&x.l.IP, &x.std.IP}} {
			if *r.r == (Rate{}) {
				*r.r = *r.std
			}
			if r.r.Burst >= 0 && (r.r.Burst == 0 || r.r.Every <= 0) {
				return nil, &store.FieldError{Field: "limits." + string(x.what), Reason: "needs a burst and an interval, or a negative burst for no limit"}
			}
		}
		of[x.what] = x.l
	}
	return &limiter{now: now, limits: of, recent: map[bucket]time.Time{}, earlier: map[bucket]time.Time{}, capacity: maxBuckets}, nil
}

// take counts one more, or says after what time there may be one more. What isn't
// let through doesn't count.
func (l *limiter) take(what counted, who string, from netip.Addr) error {
	if l == nil {
		return nil
	}
	limit, now := l.limits[what], l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	address := limit.IP
	if !from.IsValid() || from.IsLoopback() || from.IsPrivate() || from.IsLinkLocalUnicast() {
		address.Burst = -1
	}
	mine, theirs := bucket{what, "u" + who}, bucket{what, "a" + network(from)}
	wait := max(l.wait(mine, limit.EndUser, now), l.wait(theirs, address, now))
	l.put(mine, limit.EndUser, now, wait <= 0)
	l.put(theirs, address, now, wait <= 0)
	if wait > 0 {
		return &problem.LimitError{What: string(what), After: wait}
	}
	return nil
}

// at is a bucket's moment, now at the earliest.
func (l *limiter) at(b bucket, now time.Time) time.Time {
	at, ok := l.recent[b]
	if !ok {
		at = l.earlier[b]
	}
	if at.Before(now) {
		return now
	}
	return at
}

// wait is how long one more has to wait; 0 or less is not at all.
func (l *limiter) wait(b bucket, r Rate, now time.Time) time.Duration {
	if r.Burst < 0 {
		return 0
	}
	return l.at(b, now).Sub(now) - time.Duration(r.Burst-1)*r.Every
}

// put keeps the bucket's moment, one later if one more is through. Who isn't let
// through is kept as well, or he would be forgotten for those who are.
func (l *limiter) put(b bucket, r Rate, now time.Time, through bool) {
	if r.Burst < 0 {
		return
	}
	at := l.at(b, now)
	if through {
		at = at.Add(r.Every)
	}
	if _, ok := l.recent[b]; !ok && len(l.recent) >= l.capacity {
		l.earlier, l.recent = l.recent, map[bucket]time.Time{}
	}
	l.recent[b] = at
}

// network is by what an address is counted: a customer of IPv6 has a /64 at least.
func network(a netip.Addr) string {
	if a.Is6() {
		p, _ := a.Prefix(64)
		return p.String()
	}
	return a.String()
}

// limited refuses what comes too often.
func (c *Chat) limited(what counted, h func(http.ResponseWriter, *http.Request, *identity.Session) error) func(http.ResponseWriter, *http.Request, *identity.Session) error {
	return func(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
		if err := c.limits.take(what, sess.EndUser.ID, c.from(r)); err != nil {
			return err
		}
		return h(w, r, sess)
	}
}
