package main

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// shelf is a search that finds what it is told to, once it is built.
type shelf struct {
	hits  []faq.Hit
	built atomic.Bool
}

func (s *shelf) Find(_ context.Context, v faq.Viewer, q faq.Search) (*faq.Found, error) {
	found := &faq.Found{Building: !s.built.Load()}
	if found.Building {
		return found, nil
	}
	for _, h := range s.hits {
		if (v.For == "" || h.Article.Audience != faq.StaffOnly) && (!q.Typing || strings.Contains(h.Title, q.Text)) {
			found.Hits = append(found.Hits, h)
			found.Confidence = max(found.Confidence, h.Confidence)
		}
	}
	return found, nil
}

// An agent sees which article may answer a ticket, reads it as the customer would, and
// sends it with a few words.
func TestAnArticleIsSentFromATicket(t *testing.T) {
	ctx := browser(t)
	search := &shelf{}
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{Searcher: search})
	if err != nil {
		t.Fatal(err)
	}
	if err := furnish(t.Context(), desk, "a secret that is long enough to be one", extras{samples: true, articles: true}); err != nil {
		t.Fatal(err)
	}
	for id, sure := range map[string]float64{"cafes": 0.86, "house-rules-refunds": 0.31} { // in any order
		a, err := desk.FAQ.ArticleByExternal(t.Context(), host, ticket.DefaultApp, id)
		if err != nil {
			t.Fatal(err)
		}
		search.hits = append(search.hits, faq.Hit{Article: a, Language: "en", Title: a.In("en").Title, Confidence: sure,
			Snippets: []faq.Snippet{{Text: "Yes, by the kilogram, in resealable bags.", Marks: []faq.Mark{{Start: 12, End: 20}}}}})
	}
	page := as(t, ctx, serveDesk(t, desk)+"/support/agent/", "Mira", "open")
	page.click(inList("Café order"))
	page.until(10*time.Second, "that there may be more", withText(".card", "The search is being built"))
	search.built.Store(true)
	page.until(10*time.Second, "the suggestion", withText(".suggested", "Very likely · 86%"))
	page.until(5*time.Second, "one for staff", withText(".suggested", "Staff only"))
	page.shoot("suggested")
	page.fill(`document.querySelector(".suggested-find")`, "refunds")
	page.until(5*time.Second, "what was searched for", `document.querySelectorAll(".suggested").length === 1 && document.querySelector(".suggested .audience-staff")`)
	page.fill(`document.querySelector(".suggested-find")`, "")
	page.until(5*time.Second, "the suggestions again", `document.querySelectorAll(".suggested").length === 2`)
	page.click(withText(".suggested-title", "Do you sell to cafés"))
	page.until(10*time.Second, "the article", `document.querySelector("dialog .prose")?.textContent.includes("resealable")`)
	page.shoot("suggested-read")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "that it goes along", `document.querySelector(".chosen").textContent.includes("Do you sell to cafés") && !document.querySelector(".send").disabled`)
	page.shoot("suggested-chosen")
	page.focus(staffField)
	page.do(chromedp.KeyEvent("Gladly! This says how:"), chromedp.KeyEvent(kb.Enter))
	page.until(10*time.Second, "the reply", staffBubbles+`.at(-1).startsWith("Gladly! This says how:\n\nDo you sell to cafés") && !document.querySelector(".row.pending")`)
	page.until(5*time.Second, "an empty composer", `document.querySelector(".chosen").hidden && `+staffField+`.value === ""`)
	page.shoot("suggested-sent")
	ms, _, err := desk.Tickets.Messages(t.Context(), host, titled(t, desk, "Café order").ID, 0, 100, 10)
	if err != nil || len(ms) != 2 || !strings.Contains(ms[1].Text, "three samples") {
		t.Errorf("%d messages, %v", len(ms), err)
	}
}

// The desk's own search knows the shop's articles: the customer's own words are enough.
func TestTheShopsSearchSuggests(t *testing.T) {
	_, ctx, url := shopDeskWith(t, extras{samples: true, articles: true})
	page := as(t, ctx, url, "Mira", "open")
	page.click(inList("Brewing Slow Amber"))
	page.until(20*time.Second, "the article", withText(".suggested", "My tea turns bitter"))
	page.fill(`document.querySelector(".suggested-find")`, "voucher")
	page.until(10*time.Second, "what was searched for", `document.querySelector(".suggested-title")?.textContent === "My voucher code isn't accepted" && document.querySelector(".suggested mark")`)
	page.shoot("suggested-searched")
}
