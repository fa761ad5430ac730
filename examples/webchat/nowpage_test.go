package main

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/queue"
)

// nowRow is the row of a queue or an agent.
func nowRow(name string) string { return withText(".now-table tbody tr", name) }

// A supervisor sees what waits as it comes, sends somebody for lunch, and pauses a queue.
func TestNowInTheOffice(t *testing.T) {
	t.Parallel()
	desk, ctx, url := shopDesk(t)
	mira := as(t, ctx, url, "Mira", "mine")
	mira.js(`(location.hash = "#/office/now", true)`, new(bool))

	mira.until(10*time.Second, "that it is live", withText(".now-live.on", "Live"))
	mira.until(10*time.Second, "the queues", nowRow("Questions"))
	mira.until(10*time.Second, "herself at work", nowRow("Mira Okafor")+`?.textContent.includes("Available")`)
	for _, name := range []string{"Ada", "Bea", "Cem"} {
		asks(t, desk, name, "")
	}
	mira.until(15*time.Second, "what she has by now", nowRow("Mira Okafor")+`?.textContent.includes("3 chat")`)
	mira.until(10*time.Second, "what came in the hour", `/[3-9] came/.test(`+nowRow("Questions")+`.textContent)`)
	mira.shoot("now")
	if _, err := desk.Queues.SetAvailability(t.Context(), frontdesk.Host(), "jonas", queue.Available, ""); err != nil {
		t.Fatal(err)
	}
	mira.until(15*time.Second, "Jonas", nowRow("Jonas"))
	mira.click(nowRow("Jonas") + `.querySelector(".icon-button")`)
	mira.click(withText(".menu-item", "Away"))
	mira.until(15*time.Second, "that Jonas is away", nowRow("Jonas")+`?.textContent.includes("Away")`)
	mira.click(nowRow("Questions") + `.querySelector(".icon-button")`)
	mira.until(15*time.Second, "that the queue is paused", nowRow("Questions")+`?.textContent.includes("Paused")`)
	asks(t, desk, "Dora", "")
	mira.until(15*time.Second, "that somebody waits", nowRow("Questions")+`?.children[1].textContent === "1"`)
	mira.shoot("paused")
	for _, look := range []struct {
		name, scheme string
		width        int64
	}{{"dark", "dark", 1280}, {"phone", "light", 390}} {
		if _, err := chromedp.Run(mira.ctx, looks(look.width, look.scheme)); err != nil {
			t.Fatal(err)
		}
		var wide bool
		mira.js(`document.documentElement.scrollWidth > document.documentElement.clientWidth`, &wide)
		if wide {
			t.Errorf("the page is wider than a screen of %d", look.width)
		}
		mira.shoot(look.name)
	}
}
