package faq_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/store"
)

// shelfmark is what an index that follows the log keeps: all that is published, and what
// was answered.
type shelfmark struct {
	d       *desk
	texts   map[string]string // by article and language
	answers map[string]string
	at      int64
}

// build reads all there is, a page at a time.
func (x *shelfmark) build() {
	x.texts, x.answers = map[string]string{}, map[string]string{}
	var err error
	x.at, err = x.d.events.Head(x.d.t.Context())
	must(x.d.t, err)
	for after := ""; ; {
		page, next, err := x.d.faq.All(x.d.t.Context(), host, after, 2)
		must(x.d.t, err)
		for _, w := range page {
			x.put(w)
		}
		if after = next; next == "" {
			break
		}
	}
	all, _, err := x.d.faq.Answers(x.d.t.Context(), host, "", 200)
	must(x.d.t, err)
	for _, a := range all {
		x.answers[a.ID] = a.Text
	}
}

func (x *shelfmark) put(w *faq.Whole) {
	for _, v := range w.Texts {
		if !w.Article.Archived {
			x.texts[w.Article.ID+" "+v.Language] = v.Title + "|" + v.Text
		}
	}
}

// follow reads what has happened since.
func (x *shelfmark) follow() {
	ctx := x.d.t.Context()
	es, err := x.d.events.Since(ctx, x.d.db, x.at, 1000)
	must(x.d.t, err)
	for _, e := range es {
		x.at = e.Position
		var f faq.Facts
		switch e.Type {
		case faq.ArticleSaved, faq.ArticleDeleted, faq.Published, faq.Unpublished, faq.TranslationGone:
			must(x.d.t, e.Payload(&f))
			for key := range x.texts {
				if key[:len(f.Article)] == f.Article {
					delete(x.texts, key)
				}
			}
			w, err := x.d.faq.Whole(ctx, host, f.Article)
			if err == nil {
				x.put(w)
			}
		case faq.Answered:
			must(x.d.t, e.Payload(&f))
			if a, err := x.d.faq.Answer(ctx, host, f.Answer); err == nil {
				x.answers[a.ID] = a.Text
			}
		case faq.Forgotten:
			must(x.d.t, e.Payload(&f))
			delete(x.answers, f.Answer)
		}
	}
}

// An index that follows the log has what one has that is built anew.
func TestAnIndexCanFollow(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		x := &shelfmark{d: d}
		x.build()
		c := d.section("shop", "Paying")
		check := func(texts, answers int) {
			t.Helper()
			d.drain()
			x.follow()
			fresh := &shelfmark{d: d}
			fresh.build()
			if fmt.Sprint(x.texts) != fmt.Sprint(fresh.texts) || fmt.Sprint(x.answers) != fmt.Sprint(fresh.answers) || len(x.texts) != texts || len(x.answers) != answers {
				t.Errorf("following has %v %v, building %v %v, want %d and %d", x.texts, x.answers, fresh.texts, fresh.answers, texts, answers)
			}
		}
		a, b, e := d.published(c, "A"), d.published(c, "B"), d.published(c, "E")
		d.publish(a, "de", "A auf Deutsch", "x")
		check(4, 0)
		must(t, d.faq.Remember(t.Context(), host, &faq.Answer{Article: a.ID, Text: "what is a", By: faq.Opened, EndUser: d.eve.ID}))
		must(t, d.faq.Remember(t.Context(), host, &faq.Answer{Article: b.ID, Text: "what is b", By: faq.SentByAgent}))
		check(4, 2)
		d.write(a, "en", "not yet", "")
		check(4, 2)
		must(t, second(d.faq.Schedule(t.Context(), lea, a.ID, "de", time.Time{}, d.clock.now().Add(time.Minute))))
		d.clock.forward(time.Minute)
		check(3, 2)
		must(t, second(d.faq.DeleteTranslation(t.Context(), lea, a.ID, "en")))
		check(2, 2)
		must(t, d.faq.DeleteArticle(t.Context(), lea, b.ID))
		check(1, 1)
		must(t, second(d.people.Erase(t.Context(), host, d.eve.ID)))
		check(1, 0)
		e, err := d.faq.Article(t.Context(), lea, e.ID)
		must(t, err)
		e.Archived = true
		must(t, d.faq.SaveArticle(t.Context(), lea, e))
		check(0, 0)
	})
}

func TestShow(t *testing.T) {
	d := openMemory(t)
	c := d.section("shop", "Paying")
	a, b := d.published(c, "A"), d.published(c, "B", func(a *faq.Article) { a.Audience = faq.StaffOnly })
	pages, err := d.faq.Show(t.Context(), anybody(), []string{b.ID, "none", a.ID})
	must(t, err)
	if len(pages) != 1 || pages[0].Article.ID != a.ID || pages[0].Text != "All about A" || pages[0].HTML != "" {
		t.Errorf("shown is %+v", pages)
	}
	refuses(t, second(d.faq.Show(t.Context(), anybody(), make([]string, 201))), "ids")
	must(t, second(d.faq.Show(t.Context(), anybody(), make([]string, 200))))
}

// What readers get of an article has nothing of staff's in it.
func TestWhatReadersGet(t *testing.T) {
	d := openMemory(t)
	a := d.published(d.section("shop", "Paying"), "A", func(a *faq.Article) {
		a.Audience, a.Condition, a.External = faq.Matching, `attribute.plan == "gold"`, "internal 7"
	})
	d.write(a, "de", "geheim", "geheim")
	p, err := d.faq.Read(t.Context(), d.byEve(), a.ID)
	must(t, err)
	got := p.Article
	if got.Condition != "" || got.External != "" || got.Edition != 0 || len(got.Translations) != 1 {
		t.Errorf("eve gets %+v", got)
	}
	p, err = d.faq.Read(t.Context(), faq.Viewer{Actor: ann, App: "shop", For: d.eve.ID}, a.ID)
	must(t, err)
	if p.Article.Condition != "" || len(p.Article.Translations) != 1 {
		t.Errorf("who looks for eve gets %+v", p.Article)
	}
	again, err := d.faq.Article(t.Context(), lea, a.ID)
	must(t, err)
	if again.Condition == "" || len(again.Translations) != 2 {
		t.Errorf("staff gets %+v", again)
	}
}

// Every change is told in the transaction that makes it, and in a host's own it is there
// if and only if that commits.
func TestInATransaction(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		c := d.section("shop", "Paying")
		a := &faq.Article{Section: c.ID}
		undone := fmt.Errorf("undone")
		err := d.faq.Inside(t.Context(), inTx(func(tx *store.Tx) error {
			in := d.faq.In(tx)
			if err := in.SaveArticle(t.Context(), lea, a); err != nil {
				return err
			}
			if _, err := in.SaveDraft(t.Context(), lea, &faq.Draft{Article: a.ID, Language: "en", Content: faq.Content{Title: "A"}}); err != nil {
				return err
			}
			if _, err := in.Publish(t.Context(), lea, a.ID, "en"); err != nil {
				return err
			}
			if p, err := in.Read(t.Context(), anybody(), a.ID); err != nil || p.Title != "A" {
				t.Errorf("inside it is %+v, %v", p, err)
			}
			return undone
		}))
		is(t, err, undone)
		is(t, second(d.faq.Article(t.Context(), lea, a.ID)), store.ErrNotFound)
		if d.told(faq.ArticleSaved) != 0 {
			t.Error("what was undone is told")
		}
		if a.Rev != 0 {
			t.Errorf("revision %d of what isn't there", a.Rev)
		}
		a.ID = ""
		must(t, d.faq.SaveArticle(t.Context(), lea, a))
	})
}

func inTx(f func(tx *store.Tx) error) func(context.Context, *store.Tx) error {
	return func(_ context.Context, tx *store.Tx) error { return f(tx) }
}
