package main

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/frontdesk-go/frontdesk/predict/labels"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// scrollTo brings an element of the page into view, for pictures.
func (b *tab) scrollTo(selector string) {
	b.t.Helper()
	b.js(`(document.querySelector(`+quoted(selector)+`).scrollIntoView({ block: "start" }), true)`, new(bool))
}

// The shop's model is trained when the desk runs; a new chat gets its label, whose reasons
// an agent sees and which he changes by a click. The office tells how good the model is,
// and what to look at.
func TestLabelsOnThePage(t *testing.T) {
	desk, ctx, url := shopDeskWith(t, extras{samples: true, labels: true})
	waitFor(t, 30*time.Second, "the model", func() bool {
		ms, err := desk.Labels.Models(t.Context(), host)
		return err == nil && len(ms) == 1 && ms[0].Active != ""
	})
	w, err := desk.Tickets.Write(t.Context(), ticket.Inbound{EndUser: titled(t, desk, "Café order").EndUser, Platform: "webchat", Channel: "chat", Language: "en", Fresh: true, Draft: ticket.Draft{Text: "Hello! My parcel hasn't arrived, where is it?"}})
	if err != nil {
		t.Fatal(err)
	}
	page := as(t, ctx, url, "Mira", "open")
	page.click(inList("My parcel hasn't arrived"))
	page.until(10*time.Second, "the label", `document.querySelector(".label-now .pill")?.textContent === "delivery" && document.querySelectorAll(".label-choice").length === 3 && document.querySelector(".label-words .word")`)
	page.until(5*time.Second, "how it came", withText(".label-now", "predicted"))
	page.shoot("label-predicted")
	page.click(`document.querySelectorAll(".label-choice")[1]`)
	page.until(5*time.Second, "that it was changed", withText(".label-now", "set by hand")+` && document.querySelectorAll(".label-choice")[1].matches(".on")`)
	page.fill(`document.querySelector(".label-other")`, "wholesale")
	page.until(5*time.Second, "another label", `document.querySelector(".label-now .pill")?.textContent === "wholesale"`)
	page.shoot("label-changed")
	if _, err := desk.Tickets.Resolve(t.Context(), host, w.Ticket.ID); err != nil {
		t.Fatal(err)
	}

	page.at("labels", `document.querySelectorAll(".label-table tbody tr").length === 8`)
	page.until(5*time.Second, "the report", withText(".label-card", "Version 1")+` && document.querySelector(".mix .hit") && document.querySelectorAll(".findings > li").length > 3`)
	page.until(5*time.Second, "what people made of it", `document.querySelector(".label-figure.live dd")`)
	page.shoot("labels-report")
	page.scrollTo(`.label-table`)
	page.shoot("labels-each")
	page.scrollTo(`.mix`)
	page.shoot("labels-mixed")
	page.scrollTo(`.label-versions`)
	page.shoot("labels-versions")
	page.fill(`document.querySelector(".label-range")`, "80")
	page.until(5*time.Second, "what it would do", withText(".range-says", "80%"))
	page.click(withText(".label-part .button", "Use it"))
	waitFor(t, 5*time.Second, "the threshold", func() bool { return threshold(t, desk.Labels) == 0.8 })

	page.click(withText(".office .button.primary", "Train"))
	page.until(5*time.Second, "the form", `document.querySelector("dialog [value=uploaded]").checked`)
	page.shoot("labels-train")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(30*time.Second, "the second version", `document.querySelectorAll(".label-versions tbody tr").length === 2 && document.querySelector("[aria-label='More on version 2']")`)
	page.click(`document.querySelector("[aria-label='More on version 2']")`)
	page.click(withText(".menu-item", "Run in the shadow"))
	page.until(5*time.Second, "the shadow", withText(".label-versions .pill.shadow", "In the shadow"))
	page.click(`document.querySelector("[aria-label='More on version 2']")`)
	page.click(withText(".menu-item", "Compare with version 1"))
	page.until(5*time.Second, "both", `document.querySelectorAll("dialog .label-compare tbody tr").length > 10`)
	page.shoot("labels-compare")
	page.do(chromedp.KeyEvent(kb.Escape))
	page.click(`document.querySelector("[aria-label='More on version 2']")`)
	page.click(withText(".menu-item", "Let it label"))
	page.until(5*time.Second, "the way back", withText(".label-part .button", "Roll back to version 1"))
	page.scrollTo(`.label-versions`)
	page.shoot("labels-second")
	page.click(withText(".label-part .button", "Roll back to version 1"))
	page.until(5*time.Second, "version 1 again", withText(".label-part .button", "Roll back to version 2"))
}

func threshold(t *testing.T, s *labels.Service) float64 {
	t.Helper()
	vs, _, err := s.Versions(t.Context(), host, labels.Scope{}, "", 1)
	if err != nil || len(vs) == 0 || len(vs[0].Thresholds) == 0 {
		return 0
	}
	return vs[0].Thresholds[0].Least
}

// Without a model the page says how to get one.
func TestNoLabelsYet(t *testing.T) {
	_, ctx, url := shopDesk(t)
	page := as(t, ctx, url, "Mira", "open")
	page.at("labels", withText(".label-empty", "No model yet"))
	page.shoot("labels-none")
	page.click(withText(".label-empty .button", "Train"))
	page.click(`document.querySelector("dialog [value=uploaded]")`)
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "that the rows are missing", withText("dialog .form-problem", "Choose a file"))
	page.click(`document.querySelector("dialog [value=tickets]")`)
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(20*time.Second, "why it can't be done", withText(".label-versions .pill.bad", "Failed"))
	page.shoot("labels-failed")
}
