package faq_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

func TestSectionsOfAnApp(t *testing.T) {
	d := openMemory(t)
	var last *faq.Section
	for i := range faq.MaxSections {
		last = d.section("shop", fmt.Sprint("s", i))
	}
	refuses(t, d.faq.SaveSection(t.Context(), lea, &faq.Section{App: "shop", Names: []faq.Localised{{Text: "one too many"}}}), "section")
	d.section("club", "elsewhere there is room")
	must(t, d.faq.MoveSection(t.Context(), lea, last.ID, ""))
	all, err := d.faq.Sections(t.Context(), lea, "shop")
	must(t, err)
	if len(all) != faq.MaxSections || all[0].Names[0].Text != "s0" || all[len(all)-1].ID != last.ID {
		t.Errorf("%d sections, from %s", len(all), all[0].Names[0].Text)
	}
	must(t, d.faq.DeleteSection(t.Context(), lea, last.ID))
	again := d.section("shop", "room again")
	if all, err = d.faq.Sections(t.Context(), lea, "shop"); err != nil || all[len(all)-1].ID != again.ID {
		t.Errorf("the last one isn't the new one: %v", err)
	}
	stale := *again
	must(t, d.faq.SaveSection(t.Context(), lea, again))
	is(t, d.faq.SaveSection(t.Context(), lea, &stale), store.ErrStale)
	again.App = "club"
	refuses(t, d.faq.SaveSection(t.Context(), lea, again), "section.app")
}

// The gaps that nobody has asked for longest go, where there are too many.
func TestGapsAreBounded(t *testing.T) {
	d := openMemory(t)
	for i := range faq.MaxGaps + 3 {
		d.clock.forward(1000)
		must(t, second(d.faq.Searched(t.Context(), anybody(), fmt.Sprint("question ", i), 0)))
	}
	d.drain()
	n, texts := 0, map[string]bool{}
	for after := ""; ; {
		page, next, err := d.faq.Gaps(t.Context(), lea, "shop", after, 200)
		must(t, err)
		for _, g := range page {
			texts[g.Text] = true
		}
		n += len(page)
		if after = next; next == "" {
			break
		}
	}
	if n != faq.MaxGaps || texts["question 2"] || !texts["question 3"] {
		t.Errorf("%d gaps", n)
	}
}

func TestFits(t *testing.T) {
	a := &faq.Article{Section: "s", Tags: []string{"Money", "card"}}
	for _, c := range []struct {
		s    faq.Search
		want bool
	}{{faq.Search{}, true}, {faq.Search{Section: "s"}, true}, {faq.Search{Section: "t"}, false}, {faq.Search{Tags: []string{"money"}}, true}, {faq.Search{Tags: []string{"money", "CARD"}}, true}, {faq.Search{Tags: []string{"money", "cash"}}, false}} {
		if got := c.s.Fits(a); got != c.want {
			t.Errorf("%+v: %v", c.s, got)
		}
	}
	var s faq.Search
	if must(t, s.Check()); s.Limit != 10 {
		t.Errorf("the limit is %d", s.Limit)
	}
}

func TestPreview(t *testing.T) {
	d := openMemory(t)
	r, err := d.faq.Preview(faq.Content{Title: "x", Body: "a\r\nb"})
	must(t, err)
	if r.HTML != "<markdown>a\nb" {
		t.Errorf("shown is %q", r.HTML)
	}
	refuses(t, second(d.faq.Preview(faq.Content{Body: "x"})), "draft.title")
}

// Without a renderer and apps of a host, bodies are text, and every id is an app.
func TestWithoutOptions(t *testing.T) {
	db, err := store.Open(t.Context(), memstore.New(), nil, collections()...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	events := event.NewLog(db, nil)
	people, err := identity.Open(t.Context(), db, events, nil)
	must(t, err)
	s, err := faq.Open(db, events, job.New(db, nil), people, nil)
	must(t, err)
	c := &faq.Section{App: "any", Names: []faq.Localised{{Text: "x"}}}
	must(t, s.SaveSection(t.Context(), host, c))
	a := &faq.Article{Section: c.ID}
	must(t, s.SaveArticle(t.Context(), host, a))
	must(t, second(s.SaveDraft(t.Context(), host, &faq.Draft{Article: a.ID, Language: "en", Content: faq.Content{Title: "x", Body: "<b>y</b>", Format: faq.HTML}})))
	must(t, second(s.Publish(t.Context(), host, a.ID, "en")))
	p, err := s.Read(t.Context(), faq.Viewer{App: "any"}, a.ID)
	must(t, err)
	if p.HTML != "" || p.Text != "<b>y</b>" {
		t.Errorf("read is %+v", p.Rendered)
	}
}

// Who has only written something isn't signed in.
func TestSignedIn(t *testing.T) {
	d := openMemory(t)
	a := d.published(d.section("shop", "Paying"), "Bonus", func(a *faq.Article) { a.Audience = faq.SignedIn })
	sess, err := d.people.Begin(t.Context(), identity.Visit{App: "shop", Platform: "web", Device: strings.Repeat("d", 40)})
	must(t, err)
	v := faq.Viewer{Actor: sess.Actor(), App: "shop"}
	for range 2 {
		if got := d.reads(v, a); got != "" {
			t.Errorf("an anonymous end user reads %q", got)
		}
		must(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { return second(d.people.Ensure(ctx, tx, sess)) }))
	}
	if got := d.reads(d.byEve(), a); got != "en Bonus" {
		t.Errorf("eve reads %q", got)
	}
}

// Who doesn't say which languages he wants gets what is known of him.
func TestKnownLanguage(t *testing.T) {
	d := openMemory(t)
	a := d.published(d.section("shop", "Paying"), "Refunds")
	d.publish(a, "de", "Geld zurück", "bald")
	u, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "dora", Language: "de-AT"})
	must(t, err)
	v := faq.Viewer{Actor: event.Actor{Kind: event.EndUser, ID: u.ID}, App: "shop"}
	bot := faq.Viewer{Actor: greet, For: u.ID, App: "shop"}
	for want, v := range map[string]faq.Viewer{"de Geld zurück": v, "en Refunds": {Actor: v.Actor, App: "shop", Languages: []string{"fr"}}} {
		if got := d.reads(v, a); got != want {
			t.Errorf("%+v reads %q", v, got)
		}
	}
	if got := d.reads(bot, a); got != "de Geld zurück" {
		t.Errorf("a bot reads %q for her", got)
	}
}

// A search by which he found it is his own, or it isn't remembered.
func TestOnlyOwnSearchesAreRemembered(t *testing.T) {
	d := openMemory(t)
	a := d.published(d.section("shop", "Paying"), "Refunds")
	id, err := d.faq.Searched(t.Context(), d.byEve(), "eve's words", 1)
	must(t, err)
	for _, search := range []string{id, "none"} {
		must(t, d.faq.Vote(t.Context(), anybody(), a.ID, faq.Feedback{Opinion: faq.Helpful, Search: search}))
		must(t, d.faq.Vote(t.Context(), anybody(), a.ID, faq.Feedback{}))
	}
	for range 2 { // saying so again is no second answer
		must(t, d.faq.Vote(t.Context(), d.byEve(), a.ID, faq.Feedback{Opinion: faq.Helpful, Search: id}))
	}
	all, _, err := d.faq.Answers(t.Context(), host, "", 10)
	must(t, err)
	if len(all) != 1 || all[0].Text != "eve's words" {
		t.Errorf("remembered are %+v", all)
	}
}
