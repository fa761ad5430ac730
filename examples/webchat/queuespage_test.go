package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// asks has a new customer write into a queue; "" is the default one.
func asks(t *testing.T, desk *frontdesk.Desk, name, in string) *ticket.Ticket {
	t.Helper()
	u, err := desk.People.Save(t.Context(), host, identity.Profile{UserID: name, Name: name})
	if err != nil {
		t.Fatal(err)
	}
	tk, err := desk.Tickets.Create(t.Context(), ticket.New{Actor: host, EndUser: u.ID, Platform: "webchat", Channel: "chat", Queue: in})
	if err == nil {
		_, err = desk.Tickets.Write(t.Context(), ticket.Inbound{EndUser: u.ID, Ticket: tk.ID, Draft: ticket.Draft{Text: "Can you help me?", ClientID: "first"}})
	}
	if err != nil {
		t.Fatal(err)
	}
	return tk
}

// assigned waits until a ticket is an agent's, "" being nobody's.
func assigned(t *testing.T, desk *frontdesk.Desk, id, agent string) {
	t.Helper()
	waitFor(t, 10*time.Second, "the ticket at "+agent, func() bool {
		tk, err := desk.Tickets.Get(t.Context(), host, id)
		return err == nil && tk.Assignee.ID == agent
	})
}

// choose picks an entry of the menu at the agent's switch.
func (b *tab) choose(entry string) {
	b.t.Helper()
	b.click(`document.querySelector(".work-switch")`)
	b.click(withText(".menu-item", entry))
}

// looks puts the page on a screen of this width, in the dark or not.
func looks(width int64, scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 850, DeviceScaleFactor: 1})
		if err == nil {
			_, err = cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		}
		return err
	})
}

// Who signs in is given what comes, without doing anything; who is away isn't; and who
// is full lets the next visitor see his place in line.
func TestAVisitorIsGivenToAnAgent(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	mira := as(t, ctx, url, "Mira", "mine")
	mira.until(10*time.Second, "that she is available", `document.querySelector(".work-switch").textContent.includes("Available")`)
	first := asks(t, desk, "Ada", "")
	assigned(t, desk, first.ID, "mira")
	mira.until(10*time.Second, "the ticket in her list", inList("Ada"))
	mira.click(inList("Ada"))
	mira.until(10*time.Second, "its queue", withText(".details .fact", "Questions"))
	mira.click(`document.querySelector("#pane-history")`)
	mira.until(5*time.Second, "why", withText(".history-why", "Queue Questions, longest idle: carried 0 of 8 before. Who could have it: Mira Okafor (0)."))
	mira.shoot("decision")

	mira.choose("Away: lunch")
	mira.until(5*time.Second, "that she is away", `document.querySelector(".work-switch").textContent.includes("Lunch")`)
	second := asks(t, desk, "Bea", "")
	mira.until(10*time.Second, "the rest", `document.querySelector(".view-waiting .count")`)
	if tk, err := desk.Tickets.Get(t.Context(), host, second.ID); err != nil || tk.Assignee.ID != "" {
		t.Errorf("given to %v who is away, %v", tk.Assignee, err)
	}
	mira.choose("Available")
	assigned(t, desk, second.ID, "mira")
	for i := range 6 {
		assigned(t, desk, asks(t, desk, fmt.Sprint("Visitor ", i), "").ID, "mira")
	}
	other, end := chromedp.NewContext(ctx)
	t.Cleanup(end)
	visitor := opened(t, open(t, other, strings.TrimSuffix(url, "/support/agent/")+"/"))
	visitor.write(widgetField, "Is anybody there?")
	visitor.until(30*time.Second, "the place in line", `!widget.querySelector(".line").hidden && widget.querySelector(".line").textContent.includes("1")`)
	visitor.shoot("in-line")
	// A ticket that goes makes room.
	if _, err := desk.Tickets.Resolve(t.Context(), host, first.ID); err != nil {
		t.Fatal(err)
	}
	mira.front()
	mira.until(10*time.Second, "the visitor in her list", inList("Is anybody there?"))
}

// What is offered shows with the time that is left; it is declined, or accepted.
func TestAnOfferOnThePage(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	mira := as(t, ctx, url, "Mira", "open")
	offered := asks(t, desk, "Ada", "vip")
	mira.until(10*time.Second, "the offer", withText(".offer", "Ada")+` && /^\d+ s$/.test(document.querySelector(".offer-left").textContent)`)
	mira.shoot("offer")
	mira.do(looks(390, "dark"))
	mira.until(5*time.Second, "the small screen", `getComputedStyle(document.querySelector(".details")).visibility === "hidden"`)
	mira.shoot("offer-phone-dark")
	mira.do(looks(1000, "dark"))
	mira.shoot("offer-narrow-dark")
	mira.do(looks(1360, "light"))
	mira.click(withText(".offer .button", "Decline"))
	mira.until(5*time.Second, "no offer", `!document.querySelector(".offer")`)
	second := asks(t, desk, "Bea", "vip")
	mira.until(10*time.Second, "the next offer", withText(".offer", "Bea"))
	mira.click(withText(".offer .button", "Accept"))
	assigned(t, desk, second.ID, "mira")
	mira.until(5*time.Second, "its conversation", `document.querySelector(".head h2")?.textContent.startsWith("Bea")`)
	// She takes the one that she didn't want, and passes it to another queue.
	mira.click(inList("Ada"))
	mira.until(5*time.Second, "the conversation", `document.querySelector(".head h2")?.textContent.startsWith("Ada")`)
	mira.click(withText(".actions .button", "Take"))
	assigned(t, desk, offered.ID, "mira")
	mira.click(`document.querySelector(".actions [aria-label=More]")`)
	mira.click(withText(".menu-item", "Move to a queue"))
	mira.until(5*time.Second, "the form", `document.querySelector("dialog select")`)
	mira.js(`((n) => { n.value = "returns"; return true; })(document.querySelector("dialog select"))`, new(bool))
	mira.click(`document.querySelector("dialog [type=submit]")`)
	waitFor(t, 5*time.Second, "the other queue", func() bool {
		tk, err := desk.Tickets.Get(t.Context(), host, offered.ID)
		return err == nil && tk.Queue == "returns" && tk.Assignee.ID == ""
	})
	mira.click(`document.querySelector("#pane-history")`)
	mira.until(5*time.Second, "its history", withText(".history-entry", "moved it from VIP to Returns")+" && "+withText(".history-entry", "declined it"))
	mira.shoot("moved")
}

// An admin makes a queue, is told what is wrong, moves it up and pauses it; and looks
// after those who are at work.
func TestQueuesInTheOffice(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	page := as(t, ctx, url, "Mira", "open")
	asks(t, desk, "Ada", "returns")
	page.at("queues", withText(".office-table tr", "Offered for 30s")+" && "+withText(".office-table tr", "1, just now"))
	page.shoot("office-queues")
	page.do(looks(390, "dark"))
	page.shoot("office-queues-phone-dark")
	page.do(looks(1360, "light"))
	page.click(withText(".office .button:not([hidden])", "New queue"))
	page.until(5*time.Second, "the form", `document.querySelector("dialog [aria-label=Name]")`)
	set := func(label, value string) {
		t.Helper()
		page.js(`((n) => { n.value = `+quoted(value)+`; return true; })(document.querySelector("dialog [aria-label='`+label+`']"))`, new(bool))
	}
	set("Name", "Repairs")
	set("Tea people after", "5m")
	set("Amber after", "soon")
	page.js(`(document.querySelector("dialog [value=tea]").click(), true)`, new(bool))
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "what is wrong", withText("dialog [role=alert]", "not “soon”"))
	set("Amber after", "10m")
	page.shoot("queue-form")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "the queue", withText(".office-table tr", "Tea people after 5m"))
	page.click(`document.querySelector("[aria-label='Move Repairs up']")`)
	page.until(5*time.Second, "its new rank", `[...document.querySelectorAll(".office-table tbody strong")].at(-2).textContent === "Repairs"`)
	page.click(`document.querySelector("[aria-label='More on Repairs']")`)
	page.click(withText(".menu-item", "Pause"))
	waitFor(t, 5*time.Second, "the pause", func() bool {
		qs, _, err := desk.Queues.Queues(t.Context())
		for _, q := range qs {
			if err == nil && q.Name == "Repairs" && q.Paused && q.Groups[0].After == 5*time.Minute && q.Amber == 10*time.Minute {
				return true
			}
		}
		return false
	})
	page.click(withText(".office .button:not([hidden])", "Settings"))
	page.until(5*time.Second, "the settings", `document.querySelector("dialog [aria-label=Weights]")`)
	page.shoot("queue-settings")
	set("Weights", "chat=1, email=0.5")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "no form any more", `!document.querySelector("dialog")`)

	// Who saves a form as it is changes nothing.
	vip, err := desk.Queues.Queue(t.Context(), "vip")
	if err != nil {
		t.Fatal(err)
	}
	page.click(`document.querySelector("[aria-label='Change VIP']")`)
	page.until(5*time.Second, "the form of VIP", `document.querySelector("dialog [aria-label='Offered for']")?.value === "30s"`)
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "no form", `!document.querySelector("dialog")`)
	again, err := desk.Queues.Queue(t.Context(), "vip")
	if err != nil {
		t.Fatal(err)
	}
	vip.Rev, vip.Updated = again.Rev, again.Updated
	if fmt.Sprintf("%+v", vip) != fmt.Sprintf("%+v", again) {
		t.Errorf("was %+v, is %+v", vip, again)
	}

	page.at("work", withText(".office-table tr", "language=ja"))
	page.click(`document.querySelector("[aria-label='State of Yuki Arai']")`)
	page.click(withText(".menu-item", "Away: meeting"))
	page.until(5*time.Second, "that Yuki is away", withText(".office-table tr", "by Mira Okafor"))
	page.click(`document.querySelector("[aria-label='Change Jonas Lind']")`)
	page.until(5*time.Second, "the form", `document.querySelector("dialog [aria-label=Skills]")`)
	set("Skills", "language=en, language=es")
	set("Limit", "2")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "the change", withText(".office-table tr", "language=es"))
	page.shoot("office-work")
	page.do(looks(1360, "dark"))
	page.shoot("office-work-dark")
	page.do(looks(390, "dark"))
	page.shoot("office-work-phone-dark")
}
