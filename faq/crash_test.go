package faq_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/internal/crash"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

// While hundreds of articles are due to be published, and others to be taken away,
// processes are killed again and again: each of it happens exactly once.
func TestSchedulesAreKilled(t *testing.T) {
	crash.Run(t, onSchedule, func(t *testing.T, p *crash.Place) {
		const articles = 150
		d := open(t, p.Open())
		as := d.scheduled(t, articles)
		must(t, d.db.Close())
		for range 3 {
			p.Kill(t, 10)
			d := open(t, p.Open())
			must(t, second(d.events.Sequence(t.Context())))
			if n := d.told(faq.Published) + d.told(faq.Unpublished); n < 10 || n >= articles*4/3 {
				t.Errorf("%d things have happened: the process wasn't killed on its way", n)
			}
			must(t, d.db.Close())
		}
		d = open(t, p.Open())
		d.clock.forward(25 * time.Hour) // who was killed has leases of the hour before
		d.drain()
		if p, u := d.told(faq.Published), d.told(faq.Unpublished); p != articles || u != (articles+2)/3 {
			t.Errorf("%d publications, %d ends", p, u)
		}
		for i, a := range as {
			want := fmt.Sprint("en Sale ", i)
			if i%3 == 0 {
				want = ""
			}
			if got := d.reads(anybody(), a); got != want {
				t.Errorf("article %d: %q is read", i, got)
			}
		}
	})
}

// scheduled are articles that are published in an hour; each third one is for an hour.
func (d *desk) scheduled(t *testing.T, n int) (as []*faq.Article) {
	c := d.section("shop", "Sale")
	own := d.faq
	defer func() { d.faq = own }()
	must(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		as, d.faq = nil, own.In(tx)
		for i := range n {
			a := d.article(c)
			d.write(a, "en", fmt.Sprint("Sale ", i), "")
			at, end := start.Add(time.Hour), time.Time{}
			if i%3 == 0 {
				end = start.Add(2 * time.Hour)
			}
			if _, err := d.faq.Schedule(ctx, lea, a.ID, "en", at, end); err != nil {
				return err
			}
			as = append(as, a)
		}
		return nil
	}))
	return as
}

// onSchedule does what is due, and says each publication and each end of one.
func onSchedule(t *testing.T, s driver.Store, _ string) {
	d := open(t, s)
	must(t, second(d.events.Sequence(t.Context())))
	after, err := d.events.Head(t.Context())
	must(t, err)
	d.clock.forward(24 * time.Hour)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			n, err := d.jobs.Step(t.Context())
			must(t, err)
			if n == 0 {
				return
			}
		}
	}()
	for last := false; !last; {
		select {
		case <-done:
			last = true
		default:
		}
		must(t, second(d.events.Sequence(t.Context())))
		es, err := d.events.Since(t.Context(), d.db, after, 500)
		must(t, err)
		for _, e := range es {
			if after = e.Position; e.Type == faq.Published || e.Type == faq.Unpublished {
				fmt.Println(e.Type)
			}
		}
	}
}
