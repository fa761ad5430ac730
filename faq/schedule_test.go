package faq_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"pgregory.net/rapid"
)

func TestSchedule(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a := d.article(d.section("shop", "Paying"))
		d.write(a, "en", "Sale", "soon")
		at, end := start.Add(time.Hour), start.Add(2*time.Hour)
		got, err := d.faq.Schedule(t.Context(), lea, a.ID, "en", at, end)
		must(t, err)
		if tr := got.In("en"); !tr.PublishAt.Equal(at) || !tr.UnpublishAt.Equal(end) {
			t.Errorf("scheduled is %+v", tr)
		}
		d.write(a, "en", "Sale!", "now")
		step := func(to time.Time, want string) {
			t.Helper()
			d.clock.forward(to.Sub(d.clock.now()))
			d.drain()
			if got := d.reads(anybody(), a); got != want {
				t.Errorf("at %v %q is read, want %q", to, got, want)
			}
		}
		step(at.Add(-time.Microsecond), "")
		step(at, "en Sale!")
		step(end.Add(-time.Microsecond), "en Sale!")
		d.clock.forward(time.Microsecond)
		if got := d.reads(anybody(), a); got != "" {
			t.Errorf("over, though nobody has noted it, and %q is read", got)
		}
		step(end, "")
		got, err = d.faq.Article(t.Context(), lea, a.ID)
		must(t, err)
		if tr := got.In("en"); tr.Version != 0 || !tr.PublishAt.IsZero() || !tr.UnpublishAt.IsZero() || tr.Last != 1 {
			t.Errorf("at the end it is %+v", tr)
		}
		if p, u := d.told(faq.Published), d.told(faq.Unpublished); p != 1 || u != 1 {
			t.Errorf("%d publications, %d ends", p, u)
		}
	})
}

// What is late happens in the order in which it was planned.
func TestScheduleTakesTurns(t *testing.T) {
	d := openMemory(t)
	c := d.section("shop", "Paying")
	for i, plan := range []struct {
		at, end time.Duration
		want    string
	}{{time.Minute, time.Hour, ""}, {time.Hour, time.Minute, "en Sale"}} {
		a := d.published(c, "Sale")
		now := d.clock.now()
		must(t, second(d.faq.Schedule(t.Context(), lea, a.ID, "en", now.Add(plan.at), now.Add(plan.end))))
		d.clock.forward(2 * time.Hour)
		d.drain()
		if got := d.reads(anybody(), a); got != plan.want {
			t.Errorf("plan %d: %q is read", i, got)
		}
	}
}

func TestScheduleRefused(t *testing.T) {
	d := openMemory(t)
	a := d.article(d.section("shop", "Paying"))
	d.write(a, "en", "Sale", "soon")
	now := d.clock.now()
	for name, c := range map[string]struct {
		at, end time.Time
		field   string
	}{
		"now": {at: now, field: "publish_at"}, "past": {end: now.Add(-1), field: "unpublish_at"}, "far": {at: now.Add(faq.MaxAhead + time.Second), field: "publish_at"},
		"both": {at: now.Add(time.Hour), end: now.Add(time.Hour), field: "unpublish_at"}, "nothing to end": {end: now.Add(time.Hour), field: "unpublish_at"},
	} {
		_, err := d.faq.Schedule(t.Context(), lea, a.ID, "en", c.at, c.end)
		if t.Run(name, func(t *testing.T) { refuses(t, err, c.field) }); t.Failed() {
			return
		}
	}
	must(t, second(d.faq.Schedule(t.Context(), lea, a.ID, "en", now.Add(faq.MaxAhead), time.Time{})))
	must(t, second(d.faq.Schedule(t.Context(), lea, a.ID, "en", now.Add(time.Microsecond), time.Time{})))
	is(t, second(d.faq.Schedule(t.Context(), lea, a.ID, "de", now.Add(time.Hour), time.Time{})), store.ErrNotFound)
	refuses(t, second(d.faq.Schedule(t.Context(), lea, a.ID, "deutsch", now.Add(time.Hour), time.Time{})), "language")
}

// What was scheduled before the desk was closed happens when it is open again, once.
func TestScheduleOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	eachstore.Durable(t, func(t *testing.T, reopen func() driver.Store) {
		d := open(t, reopen())
		a := d.article(d.section("shop", "Paying"))
		d.write(a, "en", "Sale", "soon")
		b := d.published(d.section("shop", "Sending"), "Parcels")
		must(t, second(d.faq.Schedule(t.Context(), lea, a.ID, "en", start.Add(time.Hour), time.Time{})))
		must(t, second(d.faq.Schedule(t.Context(), lea, b.ID, "en", time.Time{}, start.Add(time.Hour))))
		must(t, d.db.Close())
		for range 2 {
			d = open(t, reopen())
			d.clock.forward(3 * time.Hour)
			d.drain()
			if got := d.reads(anybody(), a) + "|" + d.reads(anybody(), b); got != "en Sale|" {
				t.Errorf("read is %q", got)
			}
			must(t, d.db.Close())
		}
		d = open(t, reopen())
		if p, u := d.told(faq.Published), d.told(faq.Unpublished); p != 2 || u != 1 {
			t.Errorf("%d publications, %d ends", p, u)
		}
	})
}

// plan is what a test knows of a translation.
type plan struct {
	draft, live string
	at, end     time.Time
}

// due does what is due, in order.
func (p *plan) due(now time.Time) {
	for {
		at, end := !p.at.IsZero() && !now.Before(p.at), !p.end.IsZero() && !now.Before(p.end)
		switch {
		case at && (!end || p.at.Before(p.end)):
			p.live, p.at = p.draft, time.Time{}
		case end:
			p.live, p.end = "", time.Time{}
		default:
			return
		}
	}
}

// reads is what readers see, whether or not what is due was done.
func (p *plan) reads(now time.Time) string {
	if p.live == "" || !p.end.IsZero() && !now.Before(p.end) {
		return ""
	}
	return "en " + p.live
}

// However moments are set, moved and passed, with the process dying in between, readers
// see what the plan says.
func TestSchedules(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		c := d.section("shop", "Paying")
		rounds := 0
		rapid.Check(t, func(rt *rapid.T) {
			if rounds++; rounds > 25 {
				return
			}
			a := d.article(c)
			d.write(a, "en", "t0", "")
			p := &plan{draft: "t0"}
			for n := range rapid.IntRange(3, 20).Draw(rt, "acts") {
				p.act(rt, d, a, n)
				if got, want := d.reads(anybody(), a), p.reads(d.clock.now()); got != want {
					rt.Fatalf("read is %q, should %q: %+v", got, want, p)
				}
			}
			tr, err := d.faq.Article(t.Context(), lea, a.ID)
			must(t, err)
			if got := tr.In("en"); !got.PublishAt.Equal(p.at) || !got.UnpublishAt.Equal(p.end) {
				rt.Fatalf("planned is %+v, should %+v", got, p)
			}
		})
	})
}

// refusedAtOnce says whether moments can't be right, whatever the plan.
func refusedAtOnce(at, end time.Time) bool { return at.Equal(end) && !at.IsZero() }

func (p *plan) act(rt *rapid.T, d *desk, a *faq.Article, n int) {
	ctx, now := d.t.Context(), d.clock.now()
	moment := func(name string) time.Time {
		if m := rapid.IntRange(0, 6).Draw(rt, name); m > 0 {
			return now.Add(time.Duration(m) * time.Minute)
		}
		return time.Time{}
	}
	switch rapid.SampledFrom([]string{"write", "publish", "unpublish", "schedule", "schedule", "pass", "pass", "late", "restart"}).Draw(rt, "act") {
	case "write":
		p.due(now)
		p.draft = fmt.Sprint("t", n+1)
		d.write(a, "en", p.draft, "")
	case "publish":
		must(d.t, second(d.faq.Publish(ctx, lea, a.ID, "en")))
		p.due(now)
		p.live, p.at = p.draft, time.Time{}
	case "unpublish":
		must(d.t, second(d.faq.Unpublish(ctx, lea, a.ID, "en")))
		p.due(now)
		p.live, p.end = "", time.Time{}
	case "schedule":
		at, end := moment("at"), moment("end")
		_, err := d.faq.Schedule(ctx, lea, a.ID, "en", at, end)
		was := *p
		p.due(now)
		refused := refusedAtOnce(at, end) || !end.IsZero() && at.IsZero() && p.live == ""
		if refused != (err != nil) {
			rt.Fatalf("schedule %v, %v of %+v: %v", at, end, p, err)
		}
		if p.at, p.end = at, end; refused {
			*p = was // nothing of it was done
		}
	case "pass":
		d.clock.forward(rapid.SampledFrom([]time.Duration{0, time.Minute, 3 * time.Minute, 10 * time.Minute}).Draw(rt, "so long"))
		d.drain()
		p.due(d.clock.now())
	case "late": // nobody does what is due
		d.clock.forward(rapid.SampledFrom([]time.Duration{time.Minute, 5 * time.Minute}).Draw(rt, "so long"))
	case "restart":
		d.serve()
		d.drain()
		p.due(d.clock.now())
	}
}
