package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/frontdesk-go/frontdesk/automation"
)

// fill puts a value into a control of the form, as a person does.
func (b *tab) fill(control, value string) {
	b.t.Helper()
	b.until(5*time.Second, control, control)
	b.js(`((n) => { n.value = `+quoted(value)+`; n.dispatchEvent(new Event("input", { bubbles: true })); n.dispatchEvent(new Event("change", { bubbles: true })); return true; })(`+control+`)`, new(bool))
}

func inForm(label string) string {
	return `document.querySelector("dialog [aria-label='` + label + `']")`
}

func lastInForm(label string) string {
	return `[...document.querySelectorAll("dialog [aria-label='` + label + `']")].at(-1)`
}

// An admin makes a rule in the form, tries it on a ticket and on what has happened, and a
// new chat shows it at work.
func TestARuleIsMadeInTheOffice(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	page := as(t, ctx, url, "Mira", "open")
	page.at("rules", `document.querySelector(".empty-rules")`)
	page.shoot("rules-none")
	page.click(withText(".office .button:not([hidden])", "New rule"))
	page.fill(inForm("Name"), "Cups are fragile")
	page.click(withText("dialog .text-button", "Add a condition"))
	page.fill(lastInForm("What is asked"), "message.text")
	page.fill(lastInForm("How it is asked"), "contains")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "that the value is missing", `document.querySelector("dialog .row-wrong:not([hidden])")`)
	page.shoot("rule-row-wrong")
	page.fill(lastInForm("Value"), "broken cup")
	page.fill(lastInForm("What it does"), "ask")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "that the question is missing", `document.querySelector("dialog .do-card .row-wrong:not([hidden])")`)
	page.fill(inForm("Question"), "I'm sorry! Shall we send another one?")
	for _, choice := range []string{"Yes, please", "No, money back"} {
		page.fill(inForm("Answers to pick"), choice)
	}
	page.click(withText("dialog .button", "Add an action"))
	page.fill(lastInForm("What it does"), "priority")
	page.fill(lastInForm("Priority"), "high")
	page.js(`(document.querySelector(".rule-try").open = true, true)`, new(bool))
	page.fill(inForm("Number of a ticket"), "#1")
	page.click(withText("dialog .button", "Try"))
	page.until(10*time.Second, "that it wouldn't run", `document.querySelector(".verdict.no")?.textContent.includes("#1") && document.querySelector(".parts .false")`)
	page.shoot("rule-tried")
	page.click(withText("dialog .button", "Backtest"))
	page.until(20*time.Second, "what would have been", `/tickets looked at/.test(document.querySelector(".report .verdict")?.textContent)`)
	page.shoot("rule-backtest")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "the rule in the list", withText(".rule", "Cups are fragile")+" && !document.querySelector(\"dialog\")")

	other, end := chromedp.NewContext(ctx)
	t.Cleanup(end)
	visitor := opened(t, open(t, other, strings.TrimSuffix(url, "/support/agent/")+"/"))
	visitor.write(widgetField, "I got a broken cup")
	visitor.until(10*time.Second, "its choices", offered+`.length === 2`)
	visitor.click(`widget.querySelector(".choice")`)
	visitor.until(5*time.Second, "the answer", widgetSent+`.at(-1) === "Yes, please"`)

	page.front()
	page.at("people", "true")
	page.at("rules", withText(".rule", "1 time in 7 days"))
	page.shoot("rules-one")
	page.click(`document.querySelector("[aria-label='More on Cups are fragile']")`)
	page.click(withText(".menu-item", "Runs"))
	page.until(5*time.Second, "the run", withText(".run", "Ask a question"))
	page.shoot("rule-runs")
	page.do(chromedp.KeyEvent(kb.Escape))
	page.js(`(location.hash = "#/ticket/`+newest(t, desk).ID+`", true)`, new(bool))
	page.click(`document.querySelector("#pane-rules")`)
	page.until(5*time.Second, "what ran on the ticket", withText(".run", "Cups are fragile"))
	page.shoot("ticket-rules")
}

// A wrong condition shows its place, and what could stand there; rows and text are two
// sides of one condition; a rule is moved, switched off and deleted.
func TestConditionsInTheOffice(t *testing.T) {
	desk, ctx, url := shopDeskWith(t, extras{samples: true, rules: true})
	page := as(t, ctx, url, "Mira", "open")
	page.at("rules", `document.querySelectorAll(".rule").length === `+"11")
	page.shoot("rules")
	page.do(looks(390, "dark"))
	page.shoot("rules-phone-dark")
	page.do(looks(1360, "light"))
	page.click(`document.querySelector("[aria-label='Change Ask what it is about']")`)
	page.until(5*time.Second, "three rows", `document.querySelectorAll("dialog .when-row").length === 3`)
	page.shoot("rule-form")
	page.do(looks(390, "dark"))
	page.shoot("rule-form-phone-dark")
	page.do(looks(1360, "light"))
	page.click(withText("dialog .seg", "Text"))
	page.until(5*time.Second, "the text", inForm("Condition")+`?.value.includes("startsWith")`)
	page.fill(inForm("Condition"), "not user.known\nand user.langage == 1")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "the place", withText("dialog .filter-error:not([hidden])", "Line 2, column 5"))
	page.until(5*time.Second, "what could stand there", withText("dialog .allowed code", "user.language"))
	page.shoot("rule-text-wrong")
	page.fill(inForm("Condition"), `not user.known or user.language == "en"`)
	page.click(withText("dialog .seg", "Form"))
	page.until(5*time.Second, "two rows of which any is enough", `document.querySelectorAll("dialog .when-row").length === 2 && `+inForm("How the rows are joined")+`.value === "any"`)
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "the change", withText(".rule code", `user.known != true or user.language == "en"`))

	rule := func(id string) *automation.Rule {
		r, err := desk.Rules.Rule(t.Context(), host, id)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	page.click(`document.querySelector("[aria-label='Move Refunds go to Returns up']")`)
	page.until(5*time.Second, "the order", `document.querySelector(".rule").dataset.rule === "refunds"`)
	page.click(`document.querySelector("[aria-label='Refunds go to Returns is on']")`)
	page.until(5*time.Second, "that it is off", `document.querySelector(".rule").classList.contains("off")`)
	if !rule("refunds").Off {
		t.Error("it is on")
	}
	// Who saves a form as it is changes nothing.
	for _, id := range []string{"refunds", "too-long", "silence", "morning", "warehouse", "rating", "deliveries"} {
		before := rule(id)
		page.click(`document.querySelector("[data-rule='` + id + `'] [aria-label^='Change ']")`)
		page.until(5*time.Second, "the form", `document.querySelector("dialog .rule-form")`)
		if id == "too-long" {
			page.click(withText("dialog .text-button", "How many are overdue already?"))
			page.until(5*time.Second, "how many", withText(".on-overdue", "overdue"))
			page.shoot("rule-time")
		}
		page.click(`document.querySelector("dialog [type=submit]")`)
		page.until(5*time.Second, "no form", `!document.querySelector("dialog")`)
		after := rule(id)
		if before.Rev++; after.Rev != before.Rev {
			t.Errorf("%s wasn't saved", id)
		}
		before.Updated = after.Updated
		if x, y := jsonOf(t, before), jsonOf(t, after); x != y {
			t.Errorf("was %s, is %s", x, y)
		}
	}
	page.click(`document.querySelector("[aria-label='More on Refunds go to Returns']")`)
	page.click(withText(".menu-item", "Delete"))
	page.click(withText("dialog .button", "Delete rule"))
	page.until(5*time.Second, "ten rules", `document.querySelectorAll(".rule").length === 10`)
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A visitor's first message shows a rule at work, and what he picks the next one. Nothing
// is wrong with the shop's rules.
func TestAFirstMessageInTheShop(t *testing.T) {
	desk, ctx, url := shopDeskWith(t, extras{rules: true})
	visitor := opened(t, open(t, ctx, strings.TrimSuffix(url, "/support/agent/")+"/"))
	visitor.write(widgetField, "Hi there!")
	visitor.until(10*time.Second, "the question", offered+`.length === 4`)
	visitor.shoot("shop-first")
	visitor.click(`widget.querySelector(".choice")`)
	visitor.until(10*time.Second, "what the next rule says", widgetLines+`.at(-1)?.includes("order number")`)
	visitor.shoot("shop-second")
	tk, err := desk.Tickets.Get(t.Context(), host, newest(t, desk).ID)
	if err != nil {
		t.Fatal(err)
	}
	if topic, _ := tk.Field("topic"); tk.Queue != "orders" || topic.Text != "Delivery" || !slices.Contains(tk.Tags, "parcel") {
		t.Errorf("%+v", tk)
	}
	found, err := desk.Rules.Lint(t.Context(), host)
	if err != nil || len(found) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
}
