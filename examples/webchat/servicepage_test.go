package main

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Tickets show when they are due; an admin makes a policy, is told what is wrong with its
// condition, and moves it to the front.
func TestServiceInTheOffice(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	page := as(t, ctx, url, "Mira", "open")
	page.until(10*time.Second, "a due moment in the list", `document.querySelector(".ticket .due-pill")`)
	page.shoot("due-list")
	page.at("service", withText(".office-table", "Everybody"))
	page.shoot("office-service")
	page.click(withText(".office .button:not([hidden])", "New policy"))
	page.until(5*time.Second, "the form", `document.querySelector("dialog [aria-label='First response']")`)
	set := func(node, value string) {
		t.Helper()
		page.js(`((n) => { n.value = `+quoted(value)+`; n.dispatchEvent(new Event("input")); return true; })(`+node+`)`, new(bool))
	}
	label := func(name string) string { return `document.querySelector("dialog [aria-label='` + name + `']")` }
	page.focus(`document.querySelector("dialog .control")`)
	page.do(chromedp.KeyEvent("Parcels"))
	set(`document.querySelector("dialog textarea")`, `"parcel" in ticket.tag`)
	set(label("First response"), "1h 30m")
	set(label("Next response"), "soon")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "what is wrong with the time", withText("dialog [role=alert]", "not “soon”"))
	set(label("Next response"), "")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "what is wrong with the condition", withText("#when-error", "Line 1, column 13"))
	page.shoot("policy-wrong")
	set(`document.querySelector("dialog textarea")`, `"parcel" in ticket.tags`)
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "the policy", withText(".office-table", "1h 30m"))
	page.click(`document.querySelector("[aria-label='Move Parcels up']")`)
	page.until(5*time.Second, "the new order", `document.querySelectorAll(".office-table tbody tr")[1]?.textContent.startsWith("Parcels")`)
	ps, err := desk.Tickets.Policies(t.Context())
	if err != nil || len(ps) != 3 || ps[1].Name != "Parcels" || ps[1].First != 90*time.Minute || ps[1].Next != 0 {
		t.Errorf("%d policies, %v", len(ps), err)
	}
}
