package main

import (
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// somebody is an end user of whom nothing else is known.
func somebody(t *testing.T, desk *frontdesk.Desk) string {
	t.Helper()
	u, err := desk.People.Save(t.Context(), host, identity.Profile{UserID: "somebody"})
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

// The office shows bots with their flows as drawings, plays them, and publishes what was
// changed.
func TestBotsOfTheOffice(t *testing.T) {
	desk, ctx, url := shopDeskWith(t, extras{samples: true, rules: true, articles: true, bots: true})
	page := as(t, ctx, url, "Mira", "open")
	page.do(looks(1500, "light"))
	page.at("bots", `document.querySelectorAll(".bot-entry").length === 2 && document.querySelectorAll(".flow-step").length === 16`)
	page.until(5*time.Second, "lines between the steps", `document.querySelectorAll(".flow-line").length > 10`)
	page.until(5*time.Second, "what gives it tickets", `document.querySelector(".bot-takes").textContent === "Gets tickets from: new tickets of Fernhill, webchat" && document.querySelector(".bot-check.good")`)
	page.shoot("bots")
	say := func(text string) {
		t.Helper()
		page.fill(`document.querySelector(".try-form input")`, text)
		page.js(`(document.querySelector(".try-form").requestSubmit(), true)`, new(bool))
	}
	say("Hi there")
	page.until(5*time.Second, "the first question", withText(".try-choices .button", "Where is my order?"))
	page.click(withText(".try-choices .button", "Where is my order?"))
	page.until(5*time.Second, "that it waits for a number", withText(".bot-try small", "Waits for a number"))
	say("20418")
	page.until(5*time.Second, "that it waits for a date", withText(".bot-try small", "Waits for a date"))
	page.shoot("bots-try")
	say("2026-11-20")
	page.until(5*time.Second, "what it set", `document.querySelector(".try-deed")?.textContent.includes("order=F-20418")`)
	if b, err := desk.Bots.Bot(t.Context(), host, leaf); err != nil || b.State != bot.Published || b.Version != 1 {
		t.Fatalf("%+v, %v", b, err)
	}
	page.until(5*time.Second, "the end of it", `document.querySelector(".try-choices .button")`)

	// A visitor talks with it, and goes: where he ended is seen.
	w, err := desk.Tickets.Write(t.Context(), ticket.Inbound{EndUser: somebody(t, desk), Platform: "webchat", Channel: "chat", Draft: ticket.Draft{Text: "Hello"}})
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, 10*time.Second, "the bot's question", func() bool {
		x, err := desk.Tickets.Get(t.Context(), host, w.Ticket.ID)
		return err == nil && x.Assignee.ID == leaf && x.Marks.Last == 2
	})
	if _, err := desk.Tickets.Write(t.Context(), ticket.Inbound{EndUser: w.Ticket.EndUser, Ticket: w.Ticket.ID, Draft: ticket.Draft{Text: "Talk to a person"}}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, 10*time.Second, "a hand-off", func() bool {
		x, err := desk.Tickets.Get(t.Context(), host, w.Ticket.ID)
		return err == nil && x.Assignee.Kind != event.Bot
	})
	page.js(`(location.hash = "#/office/rules", true)`, new(bool))
	page.at("bots", `[...document.querySelectorAll(".bot-main .label-figure dd")].map((n) => n.textContent).join() === "1,1,0,0" && document.querySelector(".bot-drops tbody th").textContent === "people"`)
	page.shoot("bots-figures")
	page.scrollTo(`.flow-step.does-suggest`)
	page.shoot("bots-flow")

	// A draft with mistakes says where they are, and can't be published.
	page.click(withText(".bot-acts .button", "Edit draft"))
	page.fill(`document.querySelector("dialog .flow-source")`, "steps:\n  - {id: hello, ask: {text: Hi!, as: choice, choices: [{id: a, text: Tea, next: nowhere}]}}\n  - {id: bye, hand_off: {queue: gone}}")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(10*time.Second, "what is wrong", `document.querySelectorAll(".flow-step.wrong").length === 2 && document.querySelector(".bot-check.bad") && document.querySelector(".bot-acts .primary").disabled`)
	page.shoot("bots-problems")
	page.do(looks(1500, "dark"))
	page.shoot("bots-dark")
	page.do(looks(390, "light"))
	page.shoot("bots-phone")
	page.do(looks(1500, "light"))
	page.click(`document.querySelector("[aria-label='More on Leaf']")`)
	page.click(withText(".menu-item", "Disable"))
	page.click(withText("dialog .button", "Disable"))
	waitFor(t, 5*time.Second, "that it is disabled", func() bool {
		b, err := desk.Bots.Bot(t.Context(), host, leaf)
		return err == nil && b.State == bot.Disabled
	})
}
