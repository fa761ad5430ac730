package deflect_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/deflect"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func TestDeflection(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		lost, late := d.article("Lost parcels"), d.article("Late parcels")
		for _, c := range []struct {
			name     string
			after    time.Duration // to the ticket; 0: there is none
			deflects bool
		}{{"content", 0, true}, {"soon", time.Second, false}, {"just", deflect.Window, false}, {"later", deflect.Window + time.Second, true}} {
			before := d.report()
			who := d.endUser(c.name)
			d.views(who, lost, "")
			d.drain()
			if c.after > 0 {
				d.clock.forward(c.after)
				d.writes(who, "hello")
			}
			d.clock.forward(32*time.Minute - c.after)
			d.drain()
			d.drain()
			r := d.report()
			if r.Views != before.Views+1 || (r.Deflected == before.Deflected+1) != c.deflects {
				t.Errorf("%s: %+v, before %+v", c.name, r, before)
			}
		}
		before := d.report()
		who := d.endUser("reader")
		d.writes(who, "before it")
		d.clock.forward(time.Second)
		d.views(who, lost, "")
		d.views(who, late, "")
		d.clock.forward(time.Minute)
		_, err := d.tickets.Create(t.Context(), ticket.New{Actor: ann, EndUser: who, App: ticket.DefaultApp, Message: &ticket.Draft{Text: "an agent's"}})
		must(t, err)
		must(t, d.faq.View(t.Context(), faq.Viewer{App: ticket.DefaultApp, Session: "nobody known"}, lost, ""))
		must(t, d.faq.View(t.Context(), faq.Viewer{Actor: ann, App: ticket.DefaultApp}, lost, ""))
		d.drain()
		if r := d.report(); r.Views != before.Views {
			t.Errorf("settled too early: %+v", r)
		}
		d.clock.forward(time.Hour)
		d.drain()
		if r := d.report(); r.Views != before.Views+2 || r.Deflected != before.Deflected+2 {
			t.Errorf("%+v, before %+v", r, before)
		}
	})
}

// Who logs in between is the same end user.
func TestDeflectionAfterMerge(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		lost := d.article("Lost parcels")
		u, err := d.people.Save(t.Context(), host, identity.Profile{Email: "from@shop.example"})
		must(t, err)
		from, into := u.ID, d.endUser("into")
		d.views(from, lost, d.searches(from, "where is it"))
		d.clock.forward(time.Minute)
		_, err = d.people.MergeEndUsers(t.Context(), host, from, into)
		must(t, err)
		d.writes(into, "hello")
		d.clock.forward(time.Hour)
		d.drain()
		if r := d.report(); r.Views != 1 || r.Deflected != 0 {
			t.Errorf("%+v", r)
		}
		if all := d.answers(); len(all) != 0 {
			t.Errorf("remembered: %+v", all)
		}
	})
}

func TestReport(t *testing.T) {
	d := openMemory(t, nil)
	for days, ok := range map[int]bool{0: true, deflect.MaxDays - 1: true, deflect.MaxDays: false, -1: false} {
		_, err := d.deflect.Report(t.Context(), ann, ticket.DefaultApp, start, start.AddDate(0, 0, days))
		if bad, is := errors.AsType[*store.FieldError](err); ok != (err == nil) || is == ok || is && bad.Field != "to" {
			t.Errorf("%d days: %v", days, err)
		}
	}
	if r := (&deflect.Report{Views: 4, Deflected: 3}); r.Share() != 0.75 || (&deflect.Report{}).Share() != 0 {
		t.Error("share")
	}
}

// Counts are what one would count by hand, whenever consumers and timers get to it.
func TestDeflectionByHand(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		articles := []string{d.article("Lost parcels"), d.article("Late parcels")}
		type view struct {
			who string
			at  time.Time
		}
		round := 0
		rapid.Check(t, func(r *rapid.T) {
			if round++; round > 20 && !strings.HasSuffix(t.Name(), "/memory") {
				return // the rest would say nothing that memory doesn't
			}
			before := d.report()
			var users []string
			for i := range 3 {
				users = append(users, d.endUser(fmt.Sprint(round, "-", i)))
			}
			var seen []view
			wrote := map[string][]time.Time{}
			last := map[string]time.Time{}
			for range rapid.IntRange(1, 12).Draw(r, "acts") {
				d.clock.forward(time.Duration(rapid.IntRange(1, 25).Draw(r, "minutes")) * time.Minute)
				who := rapid.SampledFrom(users).Draw(r, "who")
				switch rapid.IntRange(0, 2).Draw(r, "act") {
				case 0:
					a := rapid.SampledFrom(articles).Draw(r, "article")
					d.views(who, a, "")
					if at, ok := last[who+a]; !ok || d.clock.now().Sub(at) > 30*time.Minute { // else it is the same view
						seen = append(seen, view{who, d.clock.now()})
						last[who+a] = d.clock.now()
					}
				case 1:
					d.writes(who, "hello")
					wrote[who] = append(wrote[who], d.clock.now())
				case 2:
					d.drain()
				}
			}
			d.clock.forward(time.Hour)
			d.drain()
			views, deflected := before.Views, before.Deflected
			for _, v := range seen {
				views++
				followed := false
				for _, at := range wrote[v.who] {
					followed = followed || at.After(v.at) && !at.After(v.at.Add(deflect.Window))
				}
				if !followed {
					deflected++
				}
			}
			if got := d.report(); got.Views != views || got.Deflected != deflected {
				r.Fatalf("%d of %d, want %d of %d", got.Deflected, got.Views, deflected, views)
			}
		})
	})
}

func TestRememberOpened(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		lost, late := d.article("Lost parcels"), d.article("Late parcels")
		settled := func() { d.clock.forward(time.Hour); d.drain() }
		content := d.endUser("content")
		d.views(content, lost, d.searches(content, "where is it"))
		settled()
		all := d.answers()
		if len(all) != 1 || all[0].Article != lost || all[0].Text != "where is it" || all[0].By != faq.Opened || all[0].EndUser != content || all[0].Language != "en" {
			t.Fatalf("remembered: %+v", all)
		}
		for name, act := range map[string]func(who, search string){
			"without a search": func(who, _ string) { d.views(who, lost, "") },
			"another's search": func(who, _ string) { d.views(who, lost, d.searches(content, "not his")) },
			"a ticket":         func(who, q string) { d.views(who, lost, q); d.clock.forward(time.Minute); d.writes(who, "hello") },
			"a vote against": func(who, q string) {
				d.views(who, lost, q)
				must(t, d.faq.Vote(t.Context(), d.by(who), lost, faq.Feedback{Opinion: faq.Unhelpful}))
			},
			"erased": func(who, q string) {
				d.views(who, lost, q)
				d.drain()
				_, err := d.people.Erase(t.Context(), host, who)
				must(t, err)
			},
		} {
			who := d.endUser(name)
			act(who, d.searches(who, "where is it"))
			settled()
			if n := len(d.answers()); n != 1 {
				t.Fatalf("%s: %d are remembered", name, n)
			}
		}
		both := d.endUser("both")
		q := d.searches(both, "when does it come")
		d.views(both, lost, q)
		d.clock.forward(time.Minute)
		d.views(both, late, q)
		settled()
		if all := d.answers(); len(all) != 2 || all[1].Article != late {
			t.Errorf("of two: %+v", all)
		}
	})
}

func TestSend(t *testing.T) {
	eachStore(t, &deflect.Options{Link: func(a *faq.Article, language string) string {
		return "https://shop.example/" + language + "/" + a.External
	}}, func(t *testing.T, d *desk) {
		ctx := t.Context()
		lost := d.article("Lost parcels", func(a *faq.Article) { a.External = "lost" })
		internal := d.article("Internal parcels", func(a *faq.Article) { a.Audience = faq.StaffOnly })
		who := d.endUser("eve")
		id := d.writes(who, "where is it").ID
		if _, _, err := d.deflect.Send(ctx, ann, id, internal, ticket.Draft{}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("for staff only: %v", err)
		}
		_, m, err := d.deflect.Send(ctx, ann, id, lost, ticket.Draft{ClientID: "1", Text: "Look:"})
		must(t, err)
		if m.Text != "Look:\n\nLost parcels\nhttps://shop.example/en/" {
			t.Errorf("sent: %q", m.Text)
		}
		_, again, err := d.deflect.Send(ctx, ann, id, lost, ticket.Draft{ClientID: "1", Text: "Look:"})
		must(t, err)
		if again.Seq != m.Seq {
			t.Error("it is sent twice")
		}
		d.drain()
		if n := len(d.answers()); n != 0 {
			t.Errorf("%d are remembered before it is resolved", n)
		}
		for range 2 {
			_, err = d.tickets.Resolve(ctx, ann, id)
			must(t, err)
			d.drain()
			_, err = d.tickets.Reopen(ctx, ann, id)
			must(t, err)
		}
		all := d.answers()
		if len(all) != 1 || all[0].Text != "where is it" || all[0].By != faq.SentByAgent || all[0].EndUser != who {
			t.Errorf("remembered: %+v", all)
		}
		bots := d.writes(d.endUser("bo"), "where is it").ID
		_, _, err = d.deflect.Send(ctx, greet, bots, lost, ticket.Draft{})
		must(t, err)
		rejected := d.writes(d.endUser("re"), "where is it").ID
		_, _, err = d.deflect.Send(ctx, ann, rejected, lost, ticket.Draft{})
		must(t, err)
		_, err = d.tickets.Reject(ctx, ann, rejected)
		must(t, err)
		_, err = d.tickets.Resolve(ctx, ann, bots)
		must(t, err)
		d.drain()
		if n := len(d.answers()); n != 1 {
			t.Errorf("%d are remembered", n)
		}
	})
}

func TestSendAsText(t *testing.T) {
	d := openMemory(t, nil)
	id := d.writes(d.endUser("eve"), "where is it").ID
	_, m, err := d.deflect.Send(t.Context(), ann, id, d.article("Lost parcels"), ticket.Draft{})
	must(t, err)
	if m.Text != "Lost parcels\n\nAll about it." {
		t.Errorf("sent: %q", m.Text)
	}
}

func TestSuggest(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		ctx := t.Context()
		lost := d.article("Lost parcels")
		d.article("Parcels on the phone", func(a *faq.Article) { a.Platforms = []string{"ios"} })
		internal := d.article("Courier routes", func(a *faq.Article) { a.Audience = faq.StaffOnly })
		d.article("Parcels of members", func(a *faq.Article) { a.Audience, a.Condition = faq.Matching, `user.organisation == "acme"` })
		id := d.writes(d.endUser("eve"), "Lost, says the Courier. Parcels!").ID
		s, err := d.deflect.Suggest(ctx, ann, id, 5)
		must(t, err)
		if len(s.Articles) != 2 || s.Articles[0].Article.ID != internal || !s.Articles[0].Internal || s.Articles[1].Article.ID != lost || s.Articles[1].Internal || !s.Fits || s.Confidence != 0.7 {
			t.Errorf("for an agent: %+v", s)
		}
		s, err = d.deflect.Suggest(ctx, greet, id, 5)
		must(t, err)
		if len(s.Articles) != 1 || s.Articles[0].Article.ID != lost || s.Fits || s.Confidence != 0.4 {
			t.Errorf("for a bot: %+v", s)
		}
		if s, err = d.deflect.Suggest(ctx, ann, id, 1); err != nil || len(s.Articles) != 1 {
			t.Errorf("one: %+v %v", s, err)
		}
		none := d.writes(d.endUser("mo"), "helicopter").ID
		if s, err = d.deflect.Suggest(ctx, ann, none, 5); err != nil || s.Fits || len(s.Articles) != 0 {
			t.Errorf("none: %+v %v", s, err)
		}
		if _, err := d.deflect.Suggest(ctx, ann, "nothing", 5); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no ticket: %v", err)
		}
		long := d.writes(d.endUser("lo"), strings.Repeat("x", 5000)).ID
		_, err = d.deflect.Suggest(ctx, ann, long, 5)
		must(t, err)
		if n := len([]rune(d.shelf.last.Text)); n > faq.MaxSearchText {
			t.Errorf("%d characters are searched for", n)
		}
		f, err := d.faq.Figures(ctx, host, lost)
		must(t, err)
		if f.Views != 0 {
			t.Error("a suggestion is no view")
		}
	})
}

func TestThreshold(t *testing.T) {
	for _, v := range []float64{-0.1, 1.1} {
		if _, err := deflect.Open(deflect.Parts{}, &deflect.Options{Threshold: v}); err == nil {
			t.Errorf("%v is taken", v)
		}
	}
}
