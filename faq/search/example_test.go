package search_test

import (
	"context"
	"fmt"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/search"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

func Example() {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	db, err := store.Open(ctx, memstore.New(), nil, collections()...)
	check(err)
	defer db.Close()
	events, jobs := event.NewLog(db, nil), job.New(db, nil)
	people, err := identity.Open(ctx, db, events, nil)
	check(err)
	faqs, err := faq.Open(db, events, jobs, people, nil)
	check(err)

	host := event.Actor{Kind: event.System}
	section := &faq.Section{App: "shop", Names: []faq.Localised{{Language: "en", Text: "Orders"}}}
	check(faqs.SaveSection(ctx, host, section))
	for _, c := range []faq.Content{
		{Title: "How do I return a lamp?", Body: "Within 14 days, with the receipt."},
		{Title: "How long does shipping take?", Body: "Two days."},
	} {
		a := &faq.Article{Section: section.ID}
		check(faqs.SaveArticle(ctx, host, a))
		_, err := faqs.SaveDraft(ctx, host, &faq.Draft{Article: a.ID, Language: "en", Content: c})
		check(err)
		_, err = faqs.Publish(ctx, host, a.ID, "en")
		check(err)
	}

	ix := search.New(search.Parts{DB: db, Events: events, FAQ: faqs}, nil)
	defer ix.Close()
	_, err = ix.Step(ctx) // or go ix.Run(ctx)
	check(err)
	for _, text := range []string{"returning lamps", "when will my package be delivered"} {
		found, err := ix.Find(ctx, faq.Viewer{App: "shop"}, faq.Search{Text: text, Limit: 1})
		check(err)
		for _, h := range found.Hits {
			fmt.Printf("%s: %s\n", text, h.Title)
		}
	}
	// Output:
	// returning lamps: How do I return a lamp?
	// when will my package be delivered: How long does shipping take?
}
