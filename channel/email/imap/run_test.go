package imap_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	library "github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/channel/email/imap"
)

// running runs a fetcher until the function that it returns is called.
func running(t testing.TB, f *imap.Fetcher) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	})
}

func TestMailsAreToldOf(t *testing.T) {
	t.Parallel()
	polled := library.CapSet{library.CapIMAP4rev1: {}}
	for name, c := range map[string]struct {
		caps library.CapSet
		in   time.Duration
	}{"with IDLE": {allCaps, time.Second}, "without": {polled, time.Minute}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, d := newPlace(t, c.caps), &desk{}
				f := p.fetcher(d, imap.Options{})
				var tries atomic.Int64
				f.Dial(func(ctx context.Context) (net.Conn, error) { tries.Add(1); return p.dial(ctx) })
				defer running(t, f)()
				time.Sleep(3 * time.Hour)
				p.put(texts(1, 2)...)
				time.Sleep(c.in)
				synctest.Wait()
				if got := d.mails(); !slices.Equal(got, texts(1, 2)) {
					t.Errorf("kept %d mails", len(got))
				}
				if n := tries.Load(); n != 1 {
					t.Errorf("connected %d times", n)
				}
				if s := f.Status(); !s.Connected || s.Error != nil || time.Since(s.Contact) > 10*time.Minute {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// After an outage all that came is fetched, and the server isn't asked all the time
// meanwhile.
func TestAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, d := newPlace(t, allCaps), &desk{}
		f := p.fetcher(d, imap.Options{})
		var tries atomic.Int64
		f.Dial(func(ctx context.Context) (net.Conn, error) { tries.Add(1); return p.dial(ctx) })
		defer running(t, f)()
		p.put(text(1))
		time.Sleep(time.Minute)
		p.down()
		p.put(texts(2, 300)...)
		tries.Store(0)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if s := f.Status(); s.Connected || s.Error == nil || time.Since(s.Failed) > 10*time.Minute || time.Since(s.Contact) < 23*time.Hour {
			t.Errorf("%+v", s)
		}
		if n := tries.Load(); n < 24*60/10 || n > 24*60/2 {
			t.Errorf("connected %d times in a day", n)
		}
		p.back()
		time.Sleep(8 * time.Minute)
		synctest.Wait()
		if got := d.mails(); !slices.Equal(got, texts(1, 300)) {
			t.Errorf("kept %d mails", len(got))
		}
		if s := f.Status(); !s.Connected || s.Error != nil {
			t.Errorf("%+v", s)
		}
	})
}

// Two processes fetch one mailbox and move its mails; each is kept once.
func TestTwoFetchers(t *testing.T) {
	t.Parallel()
	p, d := newPlace(t, allCaps), &desk{}
	p.put(texts(1, 200)...)
	var both sync.WaitGroup
	for range 2 {
		f := p.fetcher(d, imap.Options{After: imap.AfterMove, Folder: "Done"})
		both.Go(func() {
			var err error
			for range 5 { // the library's server has no good answer to moving what is gone
				if _, err = f.Fetch(t.Context()); err == nil {
					return
				}
			}
			t.Error(err)
		})
	}
	both.Wait()
	got := d.mails()
	slices.Sort(got)
	want := texts(1, 200)
	slices.Sort(want)
	if moved, _ := p.there("Done"); !slices.Equal(got, want) || moved != 200 {
		t.Errorf("kept %d mails, moved %d", len(got), moved)
	}
}

// cutting is a connection that breaks after so many bytes.
type cutting struct {
	net.Conn
	left int
}

func (c *cutting) Write(b []byte) (int, error) {
	if c.left -= len(b); c.left < 0 {
		n, _ := c.Conn.Write(b[:len(b)+c.left])
		c.Conn.Close()
		return n, net.ErrClosed
	}
	return c.Conn.Write(b)
}

// step is something that happens to a mailbox, its connection, the process or the store.
type step struct{ What, N int }

// Whatever happens to the mailbox, the connection and the store, every mail is kept
// once, unless somebody took it away before.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{rapid.IntRange(0, 7).Draw(t, "what"), rapid.IntRange(0, 1000).Draw(t, "n")}
	}), 1, 12)
	rapid.Check(t, func(rt *rapid.T) {
		after := rapid.SampledFrom([]imap.Options{{}, {After: imap.AfterSeen}, {After: imap.AfterMove, Folder: "Done"}, {After: imap.AfterDelete}}).Draw(rt, "after")
		plan, problem := steps.Draw(rt, "steps"), ""
		synctest.Test(t, func(t *testing.T) { problem = played(t, after, plan) })
		if problem != "" {
			rt.Fatal(problem)
		}
	})
}

// played plays the steps and says what is wrong at the end.
func played(t *testing.T, after imap.Options, steps []step) string {
	p, d := newPlace(t, allCaps), &desk{}
	defer p.close()
	var cut atomic.Int64 // bytes until connections break; 0 never
	p.wrap = func(c net.Conn) net.Conn {
		if n := cut.Load(); n > 0 {
			return &cutting{Conn: c, left: int(n)}
		}
		return c
	}
	f := p.fetcher(d, after)
	end := running(t, f)
	sent, validity := 0, 1
	for _, s := range steps {
		switch s.What {
		case 0, 1, 2:
			n := 1 + s.N%70
			p.put(texts(sent+1, sent+n)...)
			sent += n
		case 3: // the process dies, and another begins
			end()
			f = p.fetcher(d, after)
			end = running(t, f)
		case 4:
			cut.Store(int64(5 * s.N))
			p.down()
			p.back()
		case 5:
			d.failAfter(s.N % 30)
		case 6:
			time.Sleep(time.Duration(s.N) * time.Second)
		case 7:
			if after.After == imap.AfterLeave { // all are offered again
				must(t, p.user.Delete("INBOX"))
				must(t, p.user.Create("INBOX", nil))
				p.put(texts(1, sent)...)
				p.down()
				p.back()
				validity++
			}
		}
	}
	d.failAfter(1 << 30)
	cut.Store(0)
	p.down()
	p.back()
	time.Sleep(time.Hour)
	synctest.Wait()
	end()
	return wrong(p, d, after.After, sent, validity)
}

// failAfter has the store fail after so many mails more.
func (d *desk) failAfter(left int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fails = func(string) error {
		if left--; left < 0 {
			return errors.New("the store is away")
		}
		return nil
	}
}

// wrong says what is wrong with what a desk has of so many mails, which were numbered
// anew so often.
func wrong(p *place, d *desk, after imap.After, sent, validity int) string {
	count := map[string]int{}
	for _, m := range d.mails() {
		count[m]++
	}
	for n := 1; n <= sent; n++ {
		if c := count[text(n)]; c < 1 || c > validity {
			return fmt.Sprintf("mail %d of %d was kept %d times", n, sent, c)
		}
	}
	if len(count) > sent {
		return fmt.Sprintf("%d mails were kept of %d", len(count), sent)
	}
	left, unseen := p.there("INBOX")
	if after == imap.AfterSeen && unseen > 0 {
		return fmt.Sprintf("%d mails are unread", unseen)
	}
	if (after == imap.AfterMove || after == imap.AfterDelete) && left > 0 {
		return fmt.Sprintf("%d mails are left", left)
	}
	return ""
}
