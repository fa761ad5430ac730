package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/bot"
)

// The shop's figures: reports, filters and comparison, on a desk with some made-up days, in
// the light, in the dark and on a phone; and files to take away.
func TestFiguresOnThePage(t *testing.T) {
	ctx := browser(t)
	played := &past{clock: &clock{}, days: 16}
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{Now: played.clock.now, Bots: bot.Options{Functions: functions()}})
	if err != nil {
		t.Fatal(err)
	}
	if err := furnish(t.Context(), desk, "a secret that is long enough to be one", extras{samples: true, rules: true, articles: true, bots: true, past: played}); err != nil {
		t.Fatal(err)
	}
	page := as(t, ctx, serveDesk(t, desk)+"/support/agent/", "Mira", "open")
	page.at("people", `document.querySelector(".office-tab[href='figures/']")`)
	page.shoot("office-people")
	for name, want := range map[string]string{"table.csv": "agent,agent_name,resolved_by_agent", "series.csv": "start,replies", "workbook.xlsx": "PK", "chart.svg": "<svg"} {
		var got struct {
			Status int
			Text   string
		}
		page.js(`((x) => (x.open("GET", "figures/`+name+`?report=agents&range=7d", false), x.send(), { Status: x.status, Text: x.responseText.slice(0, 400) }))(new XMLHttpRequest())`, &got)
		if got.Status != 200 || !strings.HasPrefix(got.Text, want) {
			t.Errorf("%s: %d %q", name, got.Status, got.Text)
		}
	}
	page.click(`document.querySelector(".office-tab[href='figures/']")`)
	const tiles = `[...document.querySelectorAll(".tile .value")].map((n) => n.textContent)`
	page.until(10*time.Second, "the overview", `document.title === "Overview · Figures" && document.querySelectorAll(".graph-line").length > 3`)
	page.js(`(location.search = "?range=7d", true)`, new(bool))
	page.until(10*time.Second, "a week with figures", `location.search === "?range=7d" && Number(`+tiles+`[0]) > 20 && document.querySelector(".change.better, .change.worse")`)
	page.shoot("figures-overview")

	page.click(withText(".tabs a", "Agents"))
	page.until(10*time.Second, "agents by name", `document.title === "Agents · Figures" && [...document.querySelectorAll(".groups tbody th")].some((n) => n.textContent === "Yuki Arai")`)
	page.shoot("figures-agents")
	page.click(withText(".groups thead a", "Satisfaction"))
	page.until(10*time.Second, "another order", `document.readyState === "complete" && document.querySelector("[aria-sort=descending]")?.textContent.includes("Satisfaction")`)
	page.js(`((s) => { s.value = "orders"; s.dispatchEvent(new Event("change", { bubbles: true })); return true; })(document.querySelector("[name=queue]"))`, new(bool))
	page.until(10*time.Second, "the queue alone", withText(".chips a", "Queue: Orders")+` && location.search.includes("sort=csat")`)
	page.until(5*time.Second, "a point", `document.querySelector(".graph-x li:nth-child(4) .graph-tip")`)
	waitFor(t, 5*time.Second, "what a point says", func() (says bool) { // it may have moved away from the pointer
		page.point(`.graph-x li:nth-child(4)`)
		page.js(`getComputedStyle(document.querySelector(".graph-x li:nth-child(4) .graph-tip")).display === "block"`, &says)
		return says
	})
	page.shoot("figures-point")
	page.click(`document.querySelector(".charts summary")`)
	page.until(5*time.Second, "the same as a table", `document.querySelectorAll(".charts details[open] tbody tr").length === 7`)
	page.shoot("figures-table")

	for _, r := range []string{"bots", "service", "faq"} {
		page.js(`(location.search = "?report=`+r+`&range=7d", true)`, new(bool))
		page.until(10*time.Second, "the report "+r, `location.search.includes("`+r+`") && document.querySelectorAll(".groups tbody tr").length > 0`)
		page.do(looks(1360, "dark"))
		page.shoot("figures-" + r + "-dark")
	}
	page.do(looks(390, "light"))
	page.until(5*time.Second, "a page that fits a phone", `document.documentElement.scrollWidth <= innerWidth`)
	page.shoot("figures-phone")
	page.do(looks(1360, "light"))
	page.click(`document.querySelector(".back")`)
	page.until(10*time.Second, "the office", `document.querySelector(".office-tab[aria-current=page]")?.hash === "#/office/people"`)
}

// point moves the pointer to an element.
func (b *tab) point(selector string) {
	b.t.Helper()
	var at struct{ X, Y float64 }
	b.js(`((n) => (n.scrollIntoView({ block: "center" }), (({ x, y, width, height }) => ({ X: x + width / 2, Y: y + height / 2 }))(n.getBoundingClientRect())))(document.querySelector(`+quoted(selector)+`))`, &at)
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: at.X, Y: at.Y})
		return err
	}))
}

// A new desk's file has its past when it appears, and the desk opens on it as on any other.
func TestDeskWithAPast(t *testing.T) {
	t.Parallel()
	config := frontdesk.Config{Path: filepath.Join(t.TempDir(), "support.db"), Bots: bot.Options{Functions: functions()}}
	const secret = "a secret that is long enough to be one"
	with := extras{samples: true, rules: true, articles: true, bots: true}
	if err := prepare(t.Context(), config, secret, with, 4); err != nil {
		t.Fatal(err)
	}
	if err := prepare(t.Context(), config, secret, with, 4); err != nil {
		t.Errorf("a second time: %v", err)
	}
	desk, err := frontdesk.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	if err := furnish(t.Context(), desk, secret, with); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	got, err := desk.Analytics.Query(t.Context(), host, analytics.Query{From: now.AddDate(0, 0, -5), To: now, Metrics: []analytics.Metric{analytics.Created, analytics.Resolved, analytics.BotTickets, analytics.Views, analytics.Satisfaction}})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range got.Rows[0].Values {
		if !v.Known || v.Number == 0 {
			t.Errorf("%s is %+v", got.Metrics[i], v)
		}
	}
}
