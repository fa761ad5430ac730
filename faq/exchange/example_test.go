package exchange_test

import (
	"context"
	"fmt"
	"log"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/exchange"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// emptyFAQ has nothing in it.
func emptyFAQ(ctx context.Context) *faq.Service {
	db, err := store.Open(ctx, memstore.New(), nil, slices.Concat(event.Collections(), job.Collections(), identity.Collections(), faq.Collections())...)
	if err != nil {
		log.Fatal(err)
	}
	events := event.NewLog(db, nil)
	people, err := identity.Open(ctx, db, events, nil)
	if err != nil {
		log.Fatal(err)
	}
	s, err := faq.Open(db, events, job.New(db, nil), people, nil)
	if err != nil {
		log.Fatal(err)
	}
	return s
}

func ExampleImport() {
	ctx := context.Background()
	articles, host := emptyFAQ(ctx), event.Actor{Kind: event.System, ID: "host"}
	files := fstest.MapFS{
		"paying/refunds.md":    {Data: []byte("# Refunds\n\nWithin 30 days.")},
		"paying/refunds.de.md": {Data: []byte("---\ntitle: Geld zurück\n---\nBinnen 30 Tagen.")},
		"paying/bonus.md":      {Data: []byte("---\ntitle: Bonus\naudience: friends\n---\n")},
	}
	for _, dry := range []bool{true, false} {
		report, err := exchange.Import(ctx, articles, host, exchange.Markdown(files), &exchange.Options{App: "shop", DryRun: dry})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(report.Created, "created,", report.Updated, "updated,", report.Refused, "refused")
		for _, p := range report.Problems {
			fmt.Println(p.At, p.Field, p.Reason)
		}
	}
	// Output:
	// 1 created, 1 updated, 1 refused
	// paying/bonus.md article.audience is empty, signed_in, matching or staff
	// 1 created, 1 updated, 1 refused
	// paying/bonus.md article.audience is empty, signed_in, matching or staff
}

func ExampleWriteCSV() {
	ctx := context.Background()
	articles, host := emptyFAQ(ctx), event.Actor{Kind: event.System, ID: "host"}
	_, err := exchange.Import(ctx, articles, host, exchange.JSON(strings.NewReader(`[{"id": "1", "section_id": "s", "section": "Paying", "texts": [{"title": "Refunds", "body": "Soon.", "draft": true}]}]`)), &exchange.Options{App: "shop"})
	if err != nil {
		log.Fatal(err)
	}
	var file strings.Builder
	if err := exchange.WriteCSV(&file, exchange.Export(ctx, articles, host, "shop")); err != nil {
		log.Fatal(err)
	}
	fmt.Print(file.String())
	// Output:
	// id,section,section_id,language,title,body,format,keywords,tags,platforms,audience,condition,archived,status
	// 1,Paying,s,en,Refunds,Soon.,markdown,,,,,,,draft
}
