package deflect_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/deflect"
	"github.com/frontdesk-go/frontdesk/internal/crash"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// While readers search, open what they find, and some of them write after all, and while
// agents send articles and resolve tickets, processes are killed: each view is settled
// once and by what followed, it counts once, and each answer is remembered once.
func TestKilled(t *testing.T) {
	crash.Run(t, readForEver, func(t *testing.T, p *crash.Place) {
		owed := 0
		for round := range 3 {
			p.Kill(t, 12+round*9)
			d := rejoin(t, p.Open())
			if d.stepOnce() > 0 {
				owed++
			}
			must(t, d.db.Close())
		}
		if owed == 0 {
			t.Error("no process was killed with something left to do")
		}
		d := rejoin(t, p.Open())
		d.clock.forward(24 * time.Hour)
		d.drain()
		d.balanced()
	})
}

// rejoin opens a desk as it was left, a minute later for each thing that has happened.
func rejoin(t *testing.T, s driver.Store) *desk {
	d := open(t, s, nil)
	_, err := d.events.Sequence(t.Context())
	must(t, err)
	n, err := d.events.Head(t.Context())
	must(t, err)
	d.clock.forward(time.Duration(n) * time.Minute)
	return d
}

// stepOnce does what is due now, and says how much it was.
func (d *desk) stepOnce() int {
	d.t.Helper()
	events, err := d.events.Step(d.t.Context())
	must(d.t, err)
	jobs, err := d.jobs.Step(d.t.Context())
	must(d.t, err)
	return events + jobs
}

func readForEver(t *testing.T, s driver.Store, _ string) {
	d := rejoin(t, s)
	lost := d.article("Lost parcels")
	go func() {
		for t.Context().Err() == nil {
			d.stepOnce()
		}
	}()
	first, err := d.events.Head(t.Context())
	must(t, err)
	for i := 0; ; i++ {
		who := d.endUser(fmt.Sprintf("reader %d-%d", first, i))
		d.views(who, lost, d.searches(who, "where is it? asks "+who))
		d.clock.forward(2 * time.Minute)
		switch i % 3 {
		case 1:
			d.writes(who, "I have read it all")
		case 2:
			w := d.writes(who, "hello, says "+who)
			_, _, err := d.deflect.Send(t.Context(), ann, w.ID, lost, ticket.Draft{})
			must(t, err)
			_, err = d.tickets.Resolve(t.Context(), ann, w.ID)
			must(t, err)
		}
		fmt.Println("read", i)
	}
}

// balanced compares what was settled, counted and remembered with what has happened.
func (d *desk) balanced() {
	d.t.Helper()
	ctx := d.t.Context()
	viewed, wrote := map[string]string{}, map[string]bool{} // by end user
	settled, deflected, answers := map[string]int{}, 0, map[string]int{}
	for after := int64(0); ; {
		es, err := d.events.Since(ctx, d.db, after, 200)
		must(d.t, err)
		if len(es) == 0 {
			break
		}
		for _, e := range es {
			switch after = e.Position; {
			case e.Type == faq.Viewed:
				viewed[strings.TrimPrefix(e.Subject, "article_view:")] = e.Owner
			case e.Type == ticket.Created:
				wrote[e.Owner] = true
			case e.Type == ticket.Resolved:
				answers[fmt.Sprint(e.Owner, " ", faq.SentByAgent)]++
			case e.Type == deflect.Settled:
				settled[strings.TrimPrefix(e.Subject, "article_deflection:")]++
			}
		}
	}
	for view, who := range viewed {
		if settled[view] != 1 {
			d.t.Errorf("view %s was settled %d times", view, settled[view])
		}
		if !wrote[who] {
			deflected++
			answers[fmt.Sprint(who, " ", faq.Opened)]++
		}
	}
	r, err := d.deflect.Report(ctx, ann, ticket.DefaultApp, start, start.AddDate(0, 0, deflect.MaxDays-1))
	must(d.t, err)
	if int(r.Views) != len(viewed) || int(r.Deflected) != deflected {
		d.t.Errorf("%d views and %d deflected are reported, there were %d and %d", r.Views, r.Deflected, len(viewed), deflected)
	}
	d.remembered(answers)
}

// remembered compares the answers with who went away content, and with whose ticket was
// resolved.
func (d *desk) remembered(want map[string]int) {
	d.t.Helper()
	got := map[string]int{}
	for after := ""; ; {
		all, next, err := d.faq.Answers(d.t.Context(), host, after, 200)
		must(d.t, err)
		for _, a := range all {
			got[fmt.Sprint(a.EndUser, " ", a.By)]++
		}
		if after = next; after == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		d.t.Errorf("remembered, want (-) and got (+): %.2000s", diff)
	}
}
