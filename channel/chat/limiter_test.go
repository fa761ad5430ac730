package chat

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/channel/problem"
	"github.com/frontdesk-go/frontdesk/store"
	"pgregory.net/rapid"
)

var somewhere = netip.MustParseAddr("203.0.113.1")

func newTestLimiter(t *testing.T, l Limits, now *time.Time) *limiter {
	t.Helper()
	lim, err := newLimiter(l, func() time.Time { return *now })
	if err != nil {
		t.Fatal(err)
	}
	return lim
}

// wait is how long the limiter says to wait; 0: it let one through.
func wait(err error) time.Duration {
	if e, ok := errors.AsType[*problem.LimitError](err); ok {
		return e.After
	}
	return 0
}

// A limiter lets through what a bucket does that is refilled continuously, and what
// it says to wait is neither too short nor too long.
func TestLimiterIsATokenBucket(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		burst := rapid.IntRange(1, 5).Draw(r, "burst")
		every := time.Duration(rapid.IntRange(1, 1000).Draw(r, "every")) * time.Millisecond
		now := time.Unix(1000, 0)
		l, err := newLimiter(Limits{Messages: Limit{Rate{burst, every}, Rate{Burst: -1}}}, func() time.Time { return now })
		if err != nil {
			r.Fatal(err)
		}
		tokens, last := time.Duration(burst)*every, now // in time that they are worth
		for range 50 {
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(r, "pause")) * time.Millisecond / 2)
			tokens = min(tokens+now.Sub(last), time.Duration(burst)*every)
			last = now
			got := wait(l.take(aMessage, "ann", somewhere))
			if want := max(every-tokens, 0); got != want {
				r.Fatalf("wait %v, want %v", got, want)
			}
			if got == 0 {
				tokens -= every
			}
		}
	})
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	l := newTestLimiter(t, Limits{Messages: Limit{Rate{2, time.Minute}, Rate{3, time.Minute}}}, &now)
	take := func(who, from string, let bool) {
		t.Helper()
		a, _ := netip.ParseAddr(from)
		if got := wait(l.take(aMessage, who, a)); (got == 0) != let {
			t.Errorf("%s from %q waits %v", who, from, got)
		}
	}
	take("ann", "203.0.113.1", true)
	take("ann", "203.0.113.1", true)
	take("ann", "203.0.113.1", false) // and doesn't count for the address
	take("bob", "203.0.113.1", true)
	take("bob", "203.0.113.1", false)
	take("bob", "203.0.113.2", true)
	take("a1", "2001:db8::1", true)
	take("a2", "2001:db8::2", true)
	take("a3", "2001:db8::ffff:3", true)
	take("a4", "2001:db8::4", false) // the same /64
	take("a4", "2001:db8:0:1::4", true)
	for i := range 10 {
		for _, from := range []string{"", "127.0.0.1", "::1", "10.1.2.3", "192.168.1.1", "fd00::1", "fe80::1"} {
			take(fmt.Sprint(from, i), from, true)
		}
	}
	if err := l.take(anUpload, "ann", somewhere); err != nil {
		t.Errorf("another kind: %v", err)
	}
	now = now.Add(time.Minute)
	take("ann", "203.0.113.1", true)
	var off *limiter
	if err := off.take(aMessage, "ann", somewhere); err != nil {
		t.Error(err)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for _, r := range []Rate{{Burst: 1}, {Every: time.Second}, {1, -1}, {0, 1}} {
		for _, l := range []Limits{{Sessions: Limit{EndUser: r}}, {Sessions: Limit{IP: r}}} {
			_, err := newLimiter(l, time.Now)
			if bad, ok := errors.AsType[*store.FieldError](err); !ok || bad.Field != "limits.session" {
				t.Errorf("%+v: %v", l, err)
			}
		}
	}
	now := time.Unix(1000, 0)
	l := newTestLimiter(t, Limits{Messages: Limit{Rate{Burst: -1}, Rate{Burst: -1}}}, &now)
	for range 1000 {
		if err := l.take(aMessage, "ann", somewhere); err != nil {
			t.Fatal(err)
		}
	}
	if len(l.recent) > 0 {
		t.Error("something is kept of what has no limit")
	}
	for range standard().Tickets.EndUser.Burst {
		if err := l.take(aTicket, "ann", netip.Addr{}); err != nil {
			t.Error(err)
		}
	}
	if got := wait(l.take(aTicket, "ann", netip.Addr{})); got != time.Minute {
		t.Errorf("a sixth ticket waits %v", got)
	}
	if l, err := newLimiter(Limits{Off: true}, time.Now); l != nil || err != nil {
		t.Errorf("off: %v, %v", l, err)
	}
}

// The memory of a limiter is bounded, and who comes again and again isn't forgotten
// for those who come once.
func TestLimiterForgets(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	l := newTestLimiter(t, Limits{Messages: Limit{Rate{100, time.Hour}, Rate{Burst: -1}}}, &now)
	l.capacity = 10
	for i := range 1000 {
		err := l.take(aMessage, fmt.Sprint(i), somewhere)
		if err == nil && i%5 == 0 {
			err = l.take(aMessage, "ann", somewhere)
		}
		if n := len(l.recent) + len(l.earlier); n > 2*l.capacity {
			t.Fatalf("%d buckets", n)
		}
		if want := i >= 500 && i%5 == 0; want != (err != nil) {
			t.Fatalf("%d: %v", i, err)
		}
	}
}

func BenchmarkLimiter(b *testing.B) {
	l, err := newLimiter(Limits{}, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	names := make([]string, 200_000)
	for i := range names {
		names[i] = fmt.Sprint("0199-", i)
	}
	b.Run("take", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			l.take(aMessage, names[i%len(names)], somewhere)
		}
	})
	b.Run("map", func(b *testing.B) { // the raw baseline: a map of one moment each
		m := map[bucket]time.Time{}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			m[bucket{aMessage, names[i%len(names)]}] = time.Now()
		}
	})
}
