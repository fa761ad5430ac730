package store_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/store/internal/sharedtest"
)

// Wakes reach the other processes, many as one, and what is missed while the
// connection is broken is made good for.
func TestWakesAreCoalesced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sharedtest.New()
		a, b := running(t, s, items1()), running(t, s, items1())
		var heard atomic.Int64
		stop := b.db.OnWake(func() { heard.Add(1) })
		pass(time.Second)
		sent := s.Wakes()
		heard.Store(0)
		for range 1000 {
			a.db.Wake()
		}
		pass(time.Second)
		if n := s.Wakes() - sent; n < 1 || n > 2 {
			t.Errorf("a burst is sent as %d wakes", n)
		}
		if n := heard.Load(); n < 1 || n > 2 {
			t.Errorf("a burst is heard as %d wakes", n)
		}
		sent = s.Wakes()
		for range 1000 { // for a second
			a.db.Wake()
			<-time.After(time.Millisecond)
		}
		if n := s.Wakes() - sent; n < 25 || n > 52 {
			t.Errorf("a second's stream is sent as %d wakes", n)
		}
		pass(time.Second)
		heard.Store(0)
		s.Break()
		pass(10 * time.Second)
		if heard.Load() == 0 {
			t.Error("nobody looks after the connection was broken")
		}
		stop()
		heard.Store(0)
		a.db.Wake()
		pass(time.Second)
		if heard.Load() > 0 {
			t.Error("it is still called after stop")
		}
		a.end()
		b.end()
	})
}

// The clock of the store is compared with the process's own.
func TestOffset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sharedtest.New()
		p := launch(t, s, items1())
		s.SetClock(func() time.Time {
			<-time.After(20 * time.Millisecond) // on the way there
			now := time.Now().Add(3 * time.Second)
			<-time.After(20 * time.Millisecond) // and back
			return now
		})
		if d, err := p.db.Offset(t.Context(), time.Now); err != nil || d != 3*time.Second {
			t.Errorf("the store's clock is %v ahead, %v; want 3s", d, err)
		}
	})
}
