package faq_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
)

func TestDraftsStayWithStaff(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a := d.article(d.section("shop", "Paying"))
		d.write(a, "en", "Refunds", "# How to get one")
		if got := d.reads(anybody("en"), a); got != "" {
			t.Errorf("a draft is read: %q", got)
		}
		_, err := d.faq.Publish(t.Context(), lea, a.ID, "EN")
		must(t, err)
		if got := d.reads(anybody("en"), a); got != "en Refunds" {
			t.Errorf("published, and read is %q", got)
		}
		d.write(a, "en", "Money back", "# Soon")
		p, err := d.faq.Read(t.Context(), anybody("en"), a.ID)
		must(t, err)
		if p.Title != "Refunds" || p.HTML != "<markdown># How to get one" || p.Text != "How to get one" {
			t.Errorf("read before the draft is published: %+v", p)
		}
		if tr := p.Article.In("en"); tr.DraftTitle != "" || tr.Ahead || !tr.Updated.IsZero() || tr.Title != "Refunds" {
			t.Errorf("a reader is shown %+v", tr)
		}
		got, err := d.faq.Article(t.Context(), lea, a.ID)
		must(t, err)
		if tr := got.In("en"); tr.DraftTitle != "Money back" || !tr.Ahead || tr.Title != "Refunds" || tr.Version != 1 {
			t.Errorf("staff is shown %+v", tr)
		}
		_, err = d.faq.Unpublish(t.Context(), lea, a.ID, "en")
		must(t, err)
		if got := d.reads(anybody("en"), a); got != "" {
			t.Errorf("taken away, and read is %q", got)
		}
	})
}

func TestVersions(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a := d.article(d.section("shop", "Paying"))
		for n := range faq.MaxVersions + 3 {
			d.publish(a, "en", "Refunds", fmt.Sprint("text ", n+1))
		}
		all, err := d.faq.Versions(t.Context(), lea, a.ID, "en")
		must(t, err)
		if len(all) != faq.MaxVersions || all[0].Number != faq.MaxVersions+3 || all[len(all)-1].Number != 4 {
			t.Errorf("%d versions, from %d to %d", len(all), all[0].Number, all[len(all)-1].Number)
		}
		_, err = d.faq.Version(t.Context(), lea, a.ID, "en", 3)
		is(t, err, store.ErrNotFound)
		draft, err := d.faq.Draft(t.Context(), lea, a.ID, "en")
		must(t, err)
		_, err = d.faq.Restore(t.Context(), lea, a.ID, "en", 7, draft.Rev-1)
		is(t, err, store.ErrStale)
		was, err := d.faq.Restore(t.Context(), lea, a.ID, "en", 7, draft.Rev)
		must(t, err)
		if was.Body != "text 7" {
			t.Errorf("restored %q", was.Body)
		}
		if p, err := d.faq.Read(t.Context(), anybody(), a.ID); err != nil || p.Text != "text 53" {
			t.Errorf("restoring shows readers %v, %v", p, err)
		}
		_, err = d.faq.Publish(t.Context(), lea, a.ID, "en")
		must(t, err)
		if p, err := d.faq.Read(t.Context(), anybody(), a.ID); err != nil || p.Text != "text 7" {
			t.Errorf("then they read %v, %v", p, err)
		}
	})
}

// What is published once more as it is makes no version, and no event.
func TestPublishingAgain(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a := d.published(d.section("shop", "Paying"), "Refunds")
		before, err := d.faq.Article(t.Context(), lea, a.ID)
		must(t, err)
		after, err := d.faq.Publish(t.Context(), lea, a.ID, "en")
		must(t, err)
		if after.Rev != before.Rev {
			t.Errorf("revision %d, was %d", after.Rev, before.Rev)
		}
		for range 2 { // the second time there is nothing to take away
			_, err = d.faq.Unpublish(t.Context(), lea, a.ID, "en")
			must(t, err)
		}
		after, err = d.faq.Publish(t.Context(), lea, a.ID, "en")
		must(t, err)
		if tr := after.In("en"); tr.Version != 1 || tr.Last != 1 || after.Rev != before.Rev+2 {
			t.Errorf("back with version %d of %d, revision %d after %d", tr.Version, tr.Last, after.Rev, before.Rev)
		}
	})
}

// Who changes the article itself, and who its texts, don't get into each other's way; two
// who change the same do.
func TestStale(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a := d.article(d.section("shop", "Paying"))
		again, err := d.faq.Article(t.Context(), lea, a.ID)
		must(t, err)
		d.publish(a, "en", "Refunds", "soon")
		a.Tags = []string{"money"}
		must(t, d.faq.SaveArticle(t.Context(), lea, a))
		if got, err := d.faq.Article(t.Context(), lea, a.ID); err != nil || len(got.Tags) != 1 || got.In("en").Version != 1 {
			t.Errorf("saved %+v, %v", got, err)
		}
		again.Tags = []string{"other"}
		is(t, d.faq.SaveArticle(t.Context(), lea, again), store.ErrStale)
		if a.In("en") == nil {
			t.Error("the article that was saved doesn't know its translations")
		}
		must(t, d.faq.SaveArticle(t.Context(), lea, a))

		one, err := d.faq.Draft(t.Context(), lea, a.ID, "en")
		must(t, err)
		other := *one
		one.Title = "Refund"
		_, err = d.faq.SaveDraft(t.Context(), lea, one)
		must(t, err)
		_, err = d.faq.SaveDraft(t.Context(), lea, &other)
		is(t, err, store.ErrStale)
		_, err = d.faq.SaveDraft(t.Context(), lea, &faq.Draft{Article: a.ID, Language: "en", Content: faq.Content{Title: "x"}})
		is(t, err, store.ErrExists)
	})
}

func TestOrder(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		c, other := d.section("shop", "Paying"), d.section("shop", "Sending")
		var ids []string
		for i := range 4 {
			ids = append(ids, d.published(c, fmt.Sprint("a", i)).ID)
		}
		d.published(other, "b0")
		order := func() string {
			var titles []string
			shelves, next, err := d.faq.Home(t.Context(), anybody(), 10, "", 10)
			must(t, err)
			for _, shelf := range shelves {
				titles = append(titles, shelf.Name+":")
				for _, i := range shelf.Items {
					titles = append(titles, i.Title)
				}
			}
			if next != "" {
				t.Errorf("there is more: %q", next)
			}
			return strings.Join(titles, " ")
		}
		check := func(want string) {
			t.Helper()
			if got := order(); got != want {
				t.Errorf("order %s, want %s", got, want)
			}
		}
		check("Paying: a0 a1 a2 a3 Sending: b0")
		move := func(id, section, before string) {
			t.Helper()
			_, err := d.faq.MoveArticle(t.Context(), lea, id, section, before)
			must(t, err)
		}
		move(ids[3], c.ID, ids[0])
		check("Paying: a3 a0 a1 a2 Sending: b0")
		move(ids[0], c.ID, "")
		check("Paying: a3 a1 a2 a0 Sending: b0")
		move(ids[1], c.ID, ids[2]) // where it is
		move(ids[1], c.ID, ids[1])
		check("Paying: a3 a1 a2 a0 Sending: b0")
		move(ids[1], other.ID, "")
		check("Paying: a3 a2 a0 Sending: b0 a1")
		must(t, d.faq.MoveSection(t.Context(), lea, other.ID, c.ID))
		check("Sending: b0 a1 Paying: a3 a2 a0")
		must(t, d.faq.MoveSection(t.Context(), lea, other.ID, ""))
		check("Paying: a3 a2 a0 Sending: b0 a1")
		_, err := d.faq.MoveArticle(t.Context(), lea, ids[0], c.ID, ids[1])
		refuses(t, err, "before")
		_, err = d.faq.MoveArticle(t.Context(), lea, ids[0], d.section("club", "Members").ID, "")
		refuses(t, err, "article.section")
		refuses(t, d.faq.MoveSection(t.Context(), lea, c.ID, "none"), "before")

		other.Archived = true
		must(t, d.faq.SaveSection(t.Context(), lea, other))
		check("Paying: a3 a2 a0")
	})
}

func TestCopyAndDelete(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		c := d.section("shop", "Paying")
		a := d.published(c, "Refunds", func(a *faq.Article) { a.Tags, a.External = []string{"money"}, "42" })
		d.write(a, "de", "Geld zurück", "bald")
		b, err := d.faq.CopyArticle(t.Context(), lea, a.ID, c.ID)
		must(t, err)
		if got := d.reads(anybody("en"), b); got != "" {
			t.Errorf("a copy is read: %q", got)
		}
		draft, err := d.faq.Draft(t.Context(), lea, b.ID, "de")
		must(t, err)
		if draft.Title != "Geld zurück" || !slices.Equal(b.Tags, a.Tags) || b.External != "" || b.Rank <= a.Rank {
			t.Errorf("the copy is %+v with %+v", b, draft)
		}
		refuses(t, d.faq.DeleteSection(t.Context(), lea, c.ID), "section")
		must(t, d.faq.DeleteArticle(t.Context(), lea, a.ID))
		for _, err := range []error{d.faq.DeleteArticle(t.Context(), lea, a.ID), second(d.faq.Article(t.Context(), lea, a.ID)),
			second(d.faq.Draft(t.Context(), lea, a.ID, "de")), second(d.faq.Version(t.Context(), lea, a.ID, "en", 1)), second(d.faq.Read(t.Context(), anybody(), a.ID))} {
			is(t, err, store.ErrNotFound)
		}
		_, err = d.faq.DeleteTranslation(t.Context(), lea, b.ID, "de")
		must(t, err)
		_, err = d.faq.DeleteTranslation(t.Context(), lea, b.ID, "de")
		is(t, err, store.ErrNotFound)
		must(t, d.faq.DeleteArticle(t.Context(), lea, b.ID))
		must(t, d.faq.DeleteSection(t.Context(), lea, c.ID))
		is(t, second(d.faq.Section(t.Context(), lea, c.ID)), store.ErrNotFound)
	})
}

func second[T any](_ T, err error) error { return err }

func TestExternalIDsAreUnique(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		c, other := d.section("shop", "Paying"), d.section("club", "Paying")
		a := d.article(c, func(a *faq.Article) { a.External = "7" })
		is(t, d.faq.SaveArticle(t.Context(), lea, &faq.Article{Section: c.ID, External: "7"}), store.ErrExists)
		d.article(other, func(a *faq.Article) { a.External = "7" })
		got, err := d.faq.ArticleByExternal(t.Context(), lea, "shop", "7")
		must(t, err)
		if got.ID != a.ID {
			t.Errorf("found %s, want %s", got.ID, a.ID)
		}
	})
}

// tongues are more languages than an article may have.
var tongues = strings.Fields(`af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk
	km kn ko ky lo lt lv mk ml mn mr ms my nb ne nl pa pl pt ro`)

// Each limit, at it and above it.
func TestLimits(t *testing.T) {
	d := openMemory(t)
	c := d.section("shop", "Paying")
	long := func(n int) string { return strings.Repeat("ü", n) }
	many := func(n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprint("w", i))
		}
		return all
	}
	article := func(edit func(*faq.Article)) error {
		a := &faq.Article{Section: c.ID}
		edit(a)
		return d.faq.SaveArticle(t.Context(), lea, a)
	}
	draft := func(edit func(*faq.Content)) error {
		a := d.article(c)
		text := &faq.Draft{Article: a.ID, Language: "en", Content: faq.Content{Title: "x"}}
		edit(&text.Content)
		_, err := d.faq.SaveDraft(t.Context(), lea, text)
		return err
	}
	section := func(edit func(*faq.Section)) error {
		s := &faq.Section{App: "shop", Names: []faq.Localised{{Text: "x"}}}
		edit(s)
		return d.faq.SaveSection(t.Context(), lea, s)
	}
	for _, limit := range []struct {
		field string
		most  int
		do    func(n int) error
	}{
		{"article.tags", faq.MaxTags, func(n int) error { return article(func(a *faq.Article) { a.Tags = many(n) }) }},
		{"article.tags", 100, func(n int) error { return article(func(a *faq.Article) { a.Tags = []string{long(n)} }) }},
		{"article.external", faq.MaxExternal, func(n int) error { return article(func(a *faq.Article) { a.External = long(n) }) }},
		{"draft.title", faq.MaxTitle, func(n int) error { return draft(func(c *faq.Content) { c.Title = long(n) }) }},
		{"draft.body", faq.MaxBody, func(n int) error { return draft(func(c *faq.Content) { c.Body = strings.Repeat("\U0001f600", n) }) }},
		{"draft.keywords", faq.MaxKeywords, func(n int) error { return draft(func(c *faq.Content) { c.Keywords = many(n) }) }},
		{"draft.keywords", 100, func(n int) error { return draft(func(c *faq.Content) { c.Keywords = []string{long(n)} }) }},
		{"section.names", faq.MaxTitle, func(n int) error { return section(func(s *faq.Section) { s.Names[0].Text = long(n) }) }},
		{"section.names", faq.MaxLanguages, func(n int) error {
			return section(func(s *faq.Section) {
				s.Names = nil
				for i := range n {
					s.Names = append(s.Names, faq.Localised{Language: tongues[i], Text: "x"})
				}
			})
		}},
		{"article.translations", faq.MaxLanguages, func(n int) (err error) {
			a := d.article(c)
			for i := range n {
				_, err = d.faq.SaveDraft(t.Context(), lea, &faq.Draft{Article: a.ID, Language: tongues[i], Content: faq.Content{Title: "x"}})
			}
			return err
		}},
		{"section.external", faq.MaxExternal, func(n int) error { return section(func(s *faq.Section) { s.External = long(n) }) }},
		{"viewer.session", 255, func(n int) error {
			return second(d.faq.Sight(t.Context(), faq.Viewer{App: "shop", Session: long(n)}))
		}},
		{"viewer.languages", 20, func(n int) error {
			return second(d.faq.Sight(t.Context(), faq.Viewer{App: "shop", Languages: many(n)}))
		}},
		{"search.text", faq.MaxSearchText, func(n int) error { return (&faq.Search{Text: long(n)}).Check() }},
		{"search.limit", faq.MaxHits, func(n int) error { return (&faq.Search{Limit: n}).Check() }},
		{"search.tags", 100, func(n int) error { return (&faq.Search{Tags: many(n)}).Check() }},
	} {
		for _, n := range []int{limit.most - 1, limit.most} {
			if err := limit.do(n); err != nil {
				t.Errorf("%s of %d: %v", limit.field, n, err)
			}
		}
		err := limit.do(limit.most + 1)
		refuses(t, err, limit.field)
		if bad, ok := errors.AsType[*store.FieldError](err); ok && bad.Limit != limit.most {
			t.Errorf("%s of %d: the limit is %d", limit.field, limit.most+1, bad.Limit)
		}
	}
}

// What can't be right is refused, and changes nothing.
func TestRefused(t *testing.T) {
	d := openMemory(t)
	ctx := t.Context()
	c := d.section("shop", "Paying")
	a := d.article(c)
	head, err := d.events.Head(ctx)
	must(t, err)
	article := func(edit func(*faq.Article)) error {
		b := &faq.Article{Section: c.ID}
		edit(b)
		return d.faq.SaveArticle(ctx, lea, b)
	}
	draft := func(language string, content faq.Content) error {
		_, err := d.faq.SaveDraft(ctx, lea, &faq.Draft{Article: a.ID, Language: language, Content: content})
		return err
	}
	for field, err := range map[string]error{
		"article.id":        article(func(a *faq.Article) { a.ID = "mine" }),
		"article.section":   article(func(a *faq.Article) { a.Section = "none" }),
		"article.audience":  article(func(a *faq.Article) { a.Audience = "friends" }),
		"article.condition": article(func(a *faq.Article) { a.Condition = "user.known" }),
		"article.platforms": article(func(a *faq.Article) { a.Platforms = []string{"fax"} }),
		"draft.language":    draft("english", faq.Content{Title: "x"}),
		"draft.title":       draft("en", faq.Content{Body: "x"}),
		"draft.format":      draft("en", faq.Content{Title: "x", Format: "rtf"}),
		"section.names":     d.faq.SaveSection(ctx, lea, &faq.Section{App: "shop"}),
		"app":               d.faq.SaveSection(ctx, lea, &faq.Section{App: "shut", Names: []faq.Localised{{Text: "x"}}}),
		"section.app":       d.faq.SaveSection(ctx, lea, &faq.Section{Names: []faq.Localised{{Text: "x"}}}),
		"section.id":        d.faq.SaveSection(ctx, lea, &faq.Section{ID: "mine", App: "shop", Names: []faq.Localised{{Text: "x"}}}),
		"viewer.app":        second(d.faq.Read(ctx, faq.Viewer{}, a.ID)),
		"viewer.platform":   second(d.faq.Read(ctx, faq.Viewer{App: "shop", Platform: "fax"}, a.ID)),
		"viewer.for":        second(d.faq.Read(ctx, faq.Viewer{App: "shop", For: d.eve.ID}, a.ID)),
		"filter.app":        third(d.faq.Articles(ctx, lea, faq.Filter{}, "", 1)),
		"filter.status":     third(d.faq.Articles(ctx, lea, faq.Filter{App: "shop", Status: "x"}, "", 1)),
		"filter.language":   third(d.faq.Articles(ctx, lea, faq.Filter{App: "shop", Language: "x"}, "", 1)),
	} {
		refuses(t, err, field)
	}
	err = article(func(a *faq.Article) { a.Audience, a.Condition = faq.Matching, "user.shoe_size > 3" })
	if bad, ok := errors.AsType[*faq.ConditionError](err); !ok || bad.Column != 1 {
		t.Errorf("a bad condition: %v", err)
	}
	for _, err := range []error{
		d.faq.SaveArticle(ctx, ann, &faq.Article{Section: c.ID}), d.faq.SaveSection(ctx, d.eve, &faq.Section{App: "shop", Names: []faq.Localised{{Text: "x"}}}),
		second(d.faq.Draft(ctx, ann, a.ID, "en")), second(d.faq.Publish(ctx, greet, a.ID, "en")),
	} {
		if _, ok := errors.AsType[*identity.PermissionError](err); !ok {
			t.Errorf("error %v, want one about the permission", err)
		}
	}
	if now, err := d.events.Head(ctx); err != nil || now != head {
		t.Errorf("the log has gone from %d to %d, %v", head, now, err)
	}
}

func third[T, U any](_ T, _ U, err error) error { return err }

func TestStaffLists(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		c := d.section("shop", "Paying")
		draft, live, old := d.article(c), d.published(c, "Live"), d.published(c, "Old")
		d.write(draft, "de", "Entwurf", "")
		_, err := d.faq.Schedule(t.Context(), lea, draft.ID, "de", d.clock.now().Add(time.Hour), time.Time{})
		must(t, err)
		old.Archived = true
		must(t, d.faq.SaveArticle(t.Context(), lea, old))
		for _, want := range []struct {
			f   faq.Filter
			ids []string
		}{
			{faq.Filter{Section: c.ID}, []string{draft.ID, live.ID}},
			{faq.Filter{App: "club"}, nil},
			{faq.Filter{Section: c.ID, Status: faq.StatusDraft}, []string{draft.ID}},
			{faq.Filter{Section: c.ID, Status: faq.StatusScheduled}, []string{draft.ID}},
			{faq.Filter{Section: c.ID, Status: faq.StatusPublished}, []string{live.ID}},
			{faq.Filter{Section: c.ID, Status: faq.StatusArchived}, []string{old.ID}},
			{faq.Filter{Section: c.ID, Language: "DE"}, []string{draft.ID}},
			{faq.Filter{Section: c.ID, Language: "en", Status: faq.StatusPublished}, []string{live.ID}},
		} {
			var ids []string
			for after := ""; ; {
				page, next, err := d.faq.Articles(t.Context(), lea, want.f, after, 1)
				must(t, err)
				for _, a := range page {
					ids = append(ids, a.ID)
				}
				if after = next; after == "" {
					break
				}
			}
			if !slices.Equal(ids, want.ids) {
				t.Errorf("%+v: %v, want %v", want.f, ids, want.ids)
			}
		}
	})
}
