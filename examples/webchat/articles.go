package main

import (
	"context"
	"embed"
	"fmt"
	"maps"
	"slices"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/exchange"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The shop's help center: a folder is a section, a file an article in one language, in
// their order, as an import reads them.
//
//go:embed articles
var articleFiles embed.FS

// shelves are the sections' names, by folder.
var shelves = map[string][]faq.Localised{
	"1-orders":       {{Language: "en", Text: "Orders and delivery"}, {Language: "de", Text: "Bestellung und Lieferung"}, {Language: "ja", Text: "ご注文と配送"}},
	"2-brewing":      {{Language: "en", Text: "Tea and brewing"}, {Language: "de", Text: "Tee und Zubereitung"}, {Language: "ja", Text: "お茶と淹れ方"}},
	"3-subscription": {{Language: "en", Text: "Subscription"}, {Language: "de", Text: "Abo"}, {Language: "ja", Text: "定期便"}},
	"4-account":      {{Language: "en", Text: "Payment and account"}, {Language: "de", Text: "Bezahlung und Konto"}, {Language: "ja", Text: "お支払いとアカウント"}},
	"5-returns":      {{Language: "en", Text: "Returns and other things"}, {Language: "de", Text: "Rückgabe und anderes"}, {Language: "ja", Text: "返品・その他"}},
}

// library gives the desk its articles, and some of what readers did with them.
func library(ctx context.Context, desk *frontdesk.Desk) error {
	for _, folder := range slices.Sorted(maps.Keys(shelves)) {
		c := &faq.Section{App: ticket.DefaultApp, Names: shelves[folder], External: folder}
		if err := desk.FAQ.SaveSection(ctx, frontdesk.Host(), c); err != nil {
			return fmt.Errorf("section %s: %w", folder, err)
		}
	}
	got, err := exchange.Import(ctx, desk.FAQ, frontdesk.Host(), exchange.Markdown(articleFiles), &exchange.Options{App: ticket.DefaultApp})
	if err != nil {
		return err
	}
	if got.Refused > 0 {
		p := got.Problems[0]
		return fmt.Errorf("article %s: %s %s", p.At, p.Field, p.Reason)
	}
	return readership(ctx, desk)
}

// reading is what some readers did with an article.
type reading struct {
	article    string
	views      int
	yes, no    int
	complaints []string // of those who say no
}

func readings() []reading {
	return []reading{
		{article: "where-is-my-parcel", views: 31, yes: 9, no: 2},
		{article: "delivery-times", views: 22, yes: 7, no: 1},
		{article: "pause", views: 17, yes: 8},
		{article: "what-posting-costs", views: 14, yes: 3, no: 4, complaints: []string{"What about Canada?", "I still don't know what it costs to send a present to another address."}},
		{article: "voucher", views: 12, yes: 1, no: 5, complaints: []string{"My code has nine letters.", "It says the date has passed but there is no date on the card"}},
		{article: "slow-amber", views: 11, yes: 6},
		{article: "bitter", views: 9, yes: 4, no: 1},
		{article: "cancel", views: 8, yes: 3, no: 1},
		{article: "refund-time", views: 6, yes: 2, no: 1, complaints: []string{"Six days now, by card."}},
		{article: "caffeine", views: 5, yes: 2},
	}
}

// readership replays what readers did, and what they searched for in vain.
func readership(ctx context.Context, desk *frontdesk.Desk) error {
	visitor := 0
	next := func() faq.Viewer {
		visitor++
		return faq.Viewer{App: ticket.DefaultApp, Platform: "webchat", Languages: []string{[]string{"en", "de", "en", "ja"}[visitor%4]}, Session: fmt.Sprint("sample-", visitor)}
	}
	for _, r := range readings() {
		a, err := desk.FAQ.ArticleByExternal(ctx, frontdesk.Host(), ticket.DefaultApp, r.article)
		if err != nil {
			return fmt.Errorf("article %s: %w", r.article, err)
		}
		for i := range r.views {
			v := next()
			if err := desk.FAQ.View(ctx, v, a.ID, ""); err != nil {
				return fmt.Errorf("view of %s: %w", r.article, err)
			}
			f := faq.Feedback{Opinion: faq.Helpful}
			switch {
			case i >= r.yes+r.no:
				continue
			case i >= r.yes:
				f.Opinion = faq.Unhelpful
				if n := i - r.yes; n < len(r.complaints) {
					f.Comment = r.complaints[n]
				}
			}
			if err := desk.FAQ.Vote(ctx, v, a.ID, f); err != nil {
				return fmt.Errorf("vote on %s: %w", r.article, err)
			}
		}
	}
	for _, text := range []string{"matcha", "matcha", "matcha", "loose leaf or bags", "loose leaf or bags", "visit the shop", "gift wrapping", "gift wrapping"} {
		if _, err := desk.FAQ.Searched(ctx, next(), text, 0); err != nil {
			return err
		}
	}
	return nil
}
