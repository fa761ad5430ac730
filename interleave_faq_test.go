package frontdesk_test

import (
	"context"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// withArticles makes a section with a published article, whose draft goes further, and an
// empty section.
func withArticles(x *table) {
	ctx, host := x.t.Context(), frontdesk.Host()
	full := &faq.Section{App: ticket.DefaultApp, Names: []faq.Localised{{Text: "Paying"}}}
	x.must(x.FAQ.SaveSection(ctx, host, full))
	x.must(x.FAQ.SaveSection(ctx, host, &faq.Section{App: ticket.DefaultApp, Names: []faq.Localised{{Text: "Empty"}}}))
	a := &faq.Article{Section: full.ID, External: "one"}
	x.must(x.FAQ.SaveArticle(ctx, host, a))
	d := &faq.Draft{Article: a.ID, Language: "en", Content: faq.Content{Title: "Refunds"}}
	_, err := x.FAQ.SaveDraft(ctx, host, d)
	x.must(err)
	_, err = x.FAQ.Publish(ctx, host, a.ID, "en")
	x.must(err)
	d.Body = "More."
	_, err = x.FAQ.SaveDraft(ctx, host, d)
	x.must(err)
}

// shelf returns the id of a section by its place.
func (x *table) shelf(n int) string {
	x.t.Helper()
	all, err := x.FAQ.Sections(x.t.Context(), frontdesk.Host(), ticket.DefaultApp)
	x.must(err)
	if n >= len(all) {
		return "none"
	}
	return all[n].ID
}

// refunds is the article.
func (x *table) refunds() *faq.Article {
	x.t.Helper()
	a, err := x.FAQ.ArticleByExternal(x.t.Context(), frontdesk.Host(), ticket.DefaultApp, "one")
	x.must(err)
	return a
}

// onFAQ is an act on the article, or on the empty section.
func onFAQ(do func(ctx context.Context, s *faq.Service, article, empty string) error) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		return do(ctx, d.FAQ, x.kept["article"], x.kept["empty"])
	}
}

func faqRaces() []race {
	host := frontdesk.Host()
	before := func(x *table) {
		withArticles(x)
		x.kept = map[string]string{"article": x.refunds().ID, "empty": x.shelf(1)}
	}
	newIn := func(external string) act {
		return onFAQ(func(ctx context.Context, s *faq.Service, _, empty string) error {
			return s.SaveArticle(ctx, host, &faq.Article{Section: empty, External: external})
		})
	}
	deleteSection := onFAQ(func(ctx context.Context, s *faq.Service, _, empty string) error {
		return s.DeleteSection(ctx, host, empty)
	})
	deleteArticle := onFAQ(func(ctx context.Context, s *faq.Service, article, _ string) error {
		return s.DeleteArticle(ctx, host, article)
	})
	publish := onFAQ(func(ctx context.Context, s *faq.Service, article, _ string) error {
		return only(s.Publish(ctx, host, article, "en"))
	})
	unpublish := onFAQ(func(ctx context.Context, s *faq.Service, article, _ string) error {
		return only(s.Unpublish(ctx, host, article, "en"))
	})
	vote := func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		return d.FAQ.Vote(ctx, faq.Viewer{Actor: event.Actor{Kind: event.EndUser, ID: x.eve}, App: ticket.DefaultApp}, x.kept["article"], faq.Feedback{Opinion: faq.Helpful})
	}
	remember := onFAQ(func(ctx context.Context, s *faq.Service, article, _ string) error {
		return s.Remember(ctx, host, &faq.Answer{Article: article, Text: "money", By: faq.Opened})
	})
	nothingLeft := func(x *table) {
		_, err := x.Drain(x.t.Context())
		x.must(err)
		as, _, err := x.FAQ.Answers(x.t.Context(), host, "", 10)
		x.must(err)
		if len(as) > 0 {
			x.t.Errorf("left are %d answers", len(as))
		}
		for p, err := range x.DB.Personal(x.t.Context(), "article_vote", x.eve) {
			x.must(err)
			x.t.Errorf("left is the opinion %s", p.Key)
		}
	}
	version := func(want int) func(x *table) {
		return func(x *table) {
			if tr := x.refunds().In("en"); tr.Version != want || tr.Last != 2 {
				x.t.Errorf("version %d of %d, want %d of 2", tr.Version, tr.Last, want)
			}
		}
	}
	noArticle := isErr(store.ErrNotFound)
	return []race{
		{name: "no article in a section that is gone", before: before, first: deleteSection, second: newIn("two"), then: field("article.section")},
		{name: "a section with an article stays", before: before, first: newIn("two"), second: deleteSection, then: field("section")},
		{name: "an article's id elsewhere is unique", before: before, first: newIn("two"), second: newIn("two"), then: isErr(store.ErrExists)},
		{name: "two articles at the end of a section", before: before, first: newIn("two"), second: newIn("three"), then: fine, ends: func(x *table) {
			as, _, err := x.FAQ.Articles(x.t.Context(), host, faq.Filter{Section: x.kept["empty"]}, "", 10)
			x.must(err)
			if len(as) != 2 || as[0].Rank >= as[1].Rank {
				x.t.Errorf("there are %d, at %+v", len(as), as)
			}
		}},
		{name: "a draft is published once", before: before, first: publish, second: publish, then: fine, ends: version(2)},
		{name: "published, then taken away", before: before, first: publish, second: unpublish, then: fine, ends: version(0)},
		{name: "no opinion of an erased end user", before: before, host: erase, second: vote, then: noArticle},
		{name: "no opinion of an article that is gone", before: before, first: deleteArticle, second: vote, then: noArticle},
		{name: "an article is gone after an opinion", before: before, first: vote, second: deleteArticle, then: fine, ends: nothingLeft},
		{name: "no answer by an article that is gone", before: before, first: deleteArticle, second: remember, then: noArticle},
		{name: "an article is gone after an answer", before: before, first: remember, second: deleteArticle, then: fine, ends: nothingLeft},
	}
}
