package faq_test

import (
	"context"
	"fmt"
	"log"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/markdown"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// try ends an example that has gone wrong.
func try[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

// helpCenter is a FAQ with a section and an article in two languages.
func helpCenter(ctx context.Context) (s *faq.Service, section *faq.Section, article *faq.Article) {
	db := try(store.Open(ctx, memstore.New(), nil, slices.Concat(event.Collections(), job.Collections(), identity.Collections(), faq.Collections())...))
	events := event.NewLog(db, nil)
	people := try(identity.Open(ctx, db, events, nil))
	s = try(faq.Open(db, events, job.New(db, nil), people, &faq.Options{Render: markdown.New(nil)}))
	host := event.Actor{Kind: event.System, ID: "host"}
	section = &faq.Section{App: "shop", Names: []faq.Localised{{Language: "en", Text: "Paying"}, {Language: "de", Text: "Zahlung"}}}
	try(0, s.SaveSection(ctx, host, section))
	article = &faq.Article{Section: section.ID, Tags: []string{"money"}}
	try(0, s.SaveArticle(ctx, host, article))
	for language, text := range map[string]faq.Content{"en": {Title: "Refunds", Body: "Within **30 days**."}, "de": {Title: "Geld zurück", Body: "Binnen **30 Tagen**."}} {
		try(s.SaveDraft(ctx, host, &faq.Draft{Article: article.ID, Language: language, Content: text}))
		try(s.Publish(ctx, host, article.ID, language))
	}
	return s, section, article
}

func Example() {
	ctx := context.Background()
	articles, _, refunds := helpCenter(ctx)
	reader := faq.Viewer{App: "shop", Platform: "web", Languages: []string{"de-AT", "en"}, Session: "b7c1"}
	shelves, _, err := articles.Home(ctx, reader, 5, "", 10)
	if err != nil {
		log.Fatal(err)
	}
	for _, shelf := range shelves {
		fmt.Println(shelf.Name)
		for _, item := range shelf.Items {
			fmt.Println("  " + item.Title)
		}
	}
	page := try(articles.Read(ctx, reader, refunds.ID))
	fmt.Println(page.HTML)
	try(0, articles.View(ctx, reader, refunds.ID, ""))
	try(0, articles.Vote(ctx, reader, refunds.ID, faq.Feedback{Opinion: faq.Unhelpful, Comment: "And by card?"}))
	fmt.Println(try(articles.Opinion(ctx, reader, refunds.ID)))
	// Output:
	// Zahlung
	//   Geld zurück
	// <p>Binnen <strong>30 Tagen</strong>.</p>
	// no
}

func ExampleService_Publish() {
	ctx := context.Background()
	articles, _, refunds := helpCenter(ctx)
	host, reader := event.Actor{Kind: event.System, ID: "host"}, faq.Viewer{App: "shop"}
	draft := try(articles.Draft(ctx, host, refunds.ID, "en"))
	draft.Body = "Within **60 days**."
	try(articles.SaveDraft(ctx, host, draft))
	fmt.Println(try(articles.Read(ctx, reader, refunds.ID)).Text)
	try(articles.Publish(ctx, host, refunds.ID, "en"))
	fmt.Println(try(articles.Read(ctx, reader, refunds.ID)).Text)
	for _, v := range try(articles.Versions(ctx, host, refunds.ID, "en")) {
		fmt.Println(v.Number, v.Title, v.By)
	}
	// Output:
	// Within 30 days.
	// Within 60 days.
	// 2 Refunds system:host
	// 1 Refunds system:host
}

func ExampleService_Schedule() {
	ctx := context.Background()
	articles, _, refunds := helpCenter(ctx)
	host := event.Actor{Kind: event.System, ID: "host"}
	sale := time.Now().Add(24 * time.Hour)
	a := try(articles.Schedule(ctx, host, refunds.ID, "en", sale, sale.Add(48*time.Hour)))
	fmt.Println(a.In("en").UnpublishAt.Sub(a.In("en").PublishAt))
	// Output: 48h0m0s
}

func ExampleViewer() {
	ctx := context.Background()
	articles, section, _ := helpCenter(ctx)
	host := event.Actor{Kind: event.System, ID: "host"}
	a := &faq.Article{Section: section.ID, Audience: faq.SignedIn}
	try(0, articles.SaveArticle(ctx, host, a))
	try(articles.SaveDraft(ctx, host, &faq.Draft{Article: a.ID, Language: "en", Content: faq.Content{Title: "Your bonus"}}))
	try(articles.Publish(ctx, host, a.ID, "en"))
	for _, viewer := range []faq.Viewer{{App: "shop"}, {App: "shop", Actor: host}} {
		items, _, err := articles.List(ctx, viewer, section.ID, "", 10)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(items))
	}
	// Output:
	// 1
	// 2
}
