package frontdesk_test

import (
	"context"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// newSection is a section of its own.
func (w *office) newSection() *faq.Section {
	c := &faq.Section{App: ticket.DefaultApp, Names: []faq.Localised{{Text: w.next()}}}
	w.must(w.desk.FAQ.SaveSection(w.t.Context(), frontdesk.Host(), c))
	return c
}

// newArticle is an article of its own, published in English.
func (w *office) newArticle() *faq.Article {
	ctx, s, host := w.t.Context(), w.desk.FAQ, frontdesk.Host()
	a := &faq.Article{Section: w.newSection().ID}
	w.must(s.SaveArticle(ctx, host, a))
	_, err := s.SaveDraft(ctx, host, &faq.Draft{Article: a.ID, Language: "en", Content: faq.Content{Title: w.next()}})
	w.must(err)
	a, err = s.Publish(ctx, host, a.ID, "en")
	w.must(err)
	return a
}

// onArticle is an act of those who edit FAQs.
func onArticle(do func(ctx context.Context, s *faq.Service, who event.Actor, a *faq.Article) error) deed {
	return deed{may: identity.EditFAQs, do: func(w *office, who event.Actor) error { return do(w.t.Context(), w.desk.FAQ, who, w.newArticle()) }}
}

func faqActs() map[string]deed {
	type (
		c = context.Context
		s = *faq.Service
		w = event.Actor
		a = *faq.Article
	)
	return map[string]deed{
		"faq.Service.SaveSection": onArticle(func(c c, s s, w w, a a) error {
			return s.SaveSection(c, w, &faq.Section{App: ticket.DefaultApp, Names: []faq.Localised{{Text: "x"}}})
		}),
		"faq.Service.MoveSection": onArticle(func(c c, s s, w w, a a) error { return s.MoveSection(c, w, a.Section, "") }),
		"faq.Service.DeleteSection": {may: identity.EditFAQs, do: func(w *office, who event.Actor) error {
			return w.desk.FAQ.DeleteSection(w.t.Context(), who, w.newSection().ID)
		}},
		"faq.Service.Sections":      onArticle(func(c c, s s, w w, a a) error { return only(s.Sections(c, w, a.App)) }),
		"faq.Service.Section":       onArticle(func(c c, s s, w w, a a) error { return only(s.Section(c, w, a.Section)) }),
		"faq.Service.SaveArticle":   onArticle(func(c c, s s, w w, a a) error { return s.SaveArticle(c, w, a) }),
		"faq.Service.MoveArticle":   onArticle(func(c c, s s, w w, a a) error { return only(s.MoveArticle(c, w, a.ID, a.Section, "")) }),
		"faq.Service.CopyArticle":   onArticle(func(c c, s s, w w, a a) error { return only(s.CopyArticle(c, w, a.ID, a.Section)) }),
		"faq.Service.DeleteArticle": onArticle(func(c c, s s, w w, a a) error { return s.DeleteArticle(c, w, a.ID) }),
		"faq.Service.Article":       onArticle(func(c c, s s, w w, a a) error { return only(s.Article(c, w, a.ID)) }),
		"faq.Service.ArticleByExternal": onArticle(func(c c, s s, w w, a a) error {
			a.External = a.ID
			if err := s.SaveArticle(c, frontdesk.Host(), a); err != nil {
				return err
			}
			return only(s.ArticleByExternal(c, w, a.App, a.External))
		}),
		"faq.Service.Articles": onArticle(func(c c, s s, w w, a a) error {
			return third(s.Articles(c, w, faq.Filter{App: a.App}, "", 1))
		}),
		"faq.Service.SaveDraft": onArticle(func(c c, s s, w w, a a) error {
			return only(s.SaveDraft(c, w, &faq.Draft{Article: a.ID, Language: "de", Content: faq.Content{Title: "x"}}))
		}),
		"faq.Service.Draft":             onArticle(func(c c, s s, w w, a a) error { return only(s.Draft(c, w, a.ID, "en")) }),
		"faq.Service.DeleteTranslation": onArticle(func(c c, s s, w w, a a) error { return only(s.DeleteTranslation(c, w, a.ID, "en")) }),
		"faq.Service.Publish":           onArticle(func(c c, s s, w w, a a) error { return only(s.Publish(c, w, a.ID, "en")) }),
		"faq.Service.Unpublish":         onArticle(func(c c, s s, w w, a a) error { return only(s.Unpublish(c, w, a.ID, "en")) }),
		"faq.Service.Schedule": onArticle(func(c c, s s, w w, a a) error {
			return only(s.Schedule(c, w, a.ID, "en", time.Now().Add(time.Hour), time.Time{}))
		}),
		"faq.Service.Versions": onArticle(func(c c, s s, w w, a a) error { return only(s.Versions(c, w, a.ID, "en")) }),
		"faq.Service.Version":  onArticle(func(c c, s s, w w, a a) error { return only(s.Version(c, w, a.ID, "en", 1)) }),
		"faq.Service.Restore":  onArticle(func(c c, s s, w w, a a) error { return only(s.Restore(c, w, a.ID, "en", 1, 1)) }),
		"faq.Service.All":      onArticle(func(c c, s s, w w, a a) error { return third(s.All(c, w, "", 1)) }),
		"faq.Service.Comments": onArticle(func(c c, s s, w w, a a) error { return third(s.Comments(c, w, a.ID, "", 1)) }),
		"faq.Service.Remember": onArticle(func(c c, s s, w w, a a) error {
			return s.Remember(c, w, &faq.Answer{Article: a.ID, Text: "x", By: faq.Opened})
		}),
		"faq.Service.Answers": onArticle(func(c c, s s, w w, a a) error { return third(s.Answers(c, w, "", 1)) }),
		"faq.Service.Answer": onArticle(func(c c, s s, w w, a a) error {
			kept := &faq.Answer{Article: a.ID, Text: "x", By: faq.Opened}
			if err := s.Remember(c, frontdesk.Host(), kept); err != nil {
				return err
			}
			return only(s.Answer(c, w, kept.ID))
		}),
		"faq.Service.Forget": onArticle(func(c c, s s, w w, a a) error {
			kept := &faq.Answer{Article: a.ID, Text: "x", By: faq.Opened}
			if err := s.Remember(c, frontdesk.Host(), kept); err != nil {
				return err
			}
			return s.Forget(c, w, kept.ID)
		}),
		"faq.Service.Query": onArticle(func(c c, s s, w w, a a) error {
			id, err := s.Searched(c, faq.Viewer{App: a.App, Session: "a"}, "x", 0)
			if err != nil {
				return err
			}
			return only(s.Query(c, w, id))
		}),
		"deflect.Service.Suggest": {may: identity.SuggestFAQs, bots: true, do: func(w *office, who event.Actor) error {
			return only(w.desk.Deflect.Suggest(w.t.Context(), who, w.ticket().ID, 1))
		}},
		"deflect.Service.Send": {may: identity.SuggestFAQs, bots: true, do: func(w *office, who event.Actor) error {
			return second(w.desk.Deflect.Send(w.t.Context(), who, w.ticket().ID, w.newArticle().ID, ticket.Draft{}))
		}},
		"deflect.Service.Report": {may: identity.EditFAQs, do: func(w *office, who event.Actor) error {
			return only(w.desk.Deflect.Report(w.t.Context(), who, ticket.DefaultApp, time.Now(), time.Now()))
		}},
		"faq.Service.Figures":       onArticle(func(c c, s s, w w, a a) error { return only(s.Figures(c, w, a.ID)) }),
		"faq.Service.MostViewed":    onArticle(func(c c, s s, w w, a a) error { return third(s.MostViewed(c, w, a.App, "", 1)) }),
		"faq.Service.MostUnhelpful": onArticle(func(c c, s s, w w, a a) error { return third(s.MostUnhelpful(c, w, a.App, "", 1)) }),
		"faq.Service.Stale":         onArticle(func(c c, s s, w w, a a) error { return third(s.Stale(c, w, a.App, time.Hour, "", 1)) }),
		"faq.Service.MissingTranslations": onArticle(func(c c, s s, w w, a a) error {
			return third(s.MissingTranslations(c, w, a.App, "", "", 1))
		}),
		"faq.Service.Gaps":  onArticle(func(c c, s s, w w, a a) error { return third(s.Gaps(c, w, a.App, "", 1)) }),
		"faq.Service.Whole": onArticle(func(c c, s s, w w, a a) error { return only(s.Whole(c, w, a.ID)) }),
	}
}
