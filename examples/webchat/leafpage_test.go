package main

import (
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const widgetCards = `[...widget.querySelectorAll(".cards .found-title")].map((n) => n.textContent)`

// Whole way from the shop to a person: who writes is asked for name and email once, gets
// articles, picks "talk to a person", and waits in the right queue from then on.
func TestFromTheBotToAPerson(t *testing.T) {
	ctx := browser(t)
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{Bots: bot.Options{Functions: functions()}})
	if err != nil {
		t.Fatal(err)
	}
	if err := furnish(t.Context(), desk, "a secret of the shop that is long enough", extras{rules: true, articles: true, bots: true}); err != nil {
		t.Fatal(err)
	}
	inTheChat(t, desk, func(p *ticket.Platform) {
		p.Several = true
		p.Questions = []ticket.Question{{Key: "name", Label: "Your name", Kind: "text", Required: true}, {Key: "email", Label: "Your email", Kind: "email", Required: true}}
	})
	url := serveDesk(t, desk)
	waitFor(t, 10*time.Second, "the search", func() bool {
		_, building, err := desk.Articles.Lag(t.Context())
		return err == nil && !building
	})
	page := opened(t, open(t, ctx, url+"/"))
	page.click(`widget.querySelector(".write-us")`)
	page.until(10*time.Second, "name and email", `[...widget.querySelectorAll(".question label")].map((n) => n.textContent).join() === "Your name,Your email"`)
	page.fill(`widget.querySelector("#fd-q-name")`, "Ada")
	page.fill(`widget.querySelector("#fd-q-email")`, "ada@example")
	page.click(`widget.querySelector(".prechat .primary")`)
	page.until(5*time.Second, "that it is no address", `widget.querySelector("#fd-q-email").ariaInvalid === "true"`)
	page.fill(`widget.querySelector("#fd-q-email")`, "ada@example.com")
	page.click(`widget.querySelector(".prechat .primary")`)
	page.write(widgetField, "Hello there")
	page.until(10*time.Second, "what it is about", offered+`.join() === "Where is my order?,A question about tea,Talk to a person"`)
	page.shoot("leaf-about")
	page.click(`widget.querySelectorAll(".choices .choice")[1]`)
	page.until(10*time.Second, "the question", widgetSent+`.at(-1) === "What would you like to know?"`)
	page.write(widgetField, "My tea tastes bitter")
	page.until(10*time.Second, "articles, and whether they help", widgetCards+`.length > 0 && `+offered+`.join() === "Yes,No"`)
	page.shoot("leaf-articles")
	page.click(`widget.querySelectorAll(".choices .choice")[1]`)
	page.until(10*time.Second, "what to do then", offered+`.join() === "Ask something else,Talk to a person"`)

	one := lastOpened(t, desk)
	if one.Assignee != (event.Actor{Kind: event.Bot, ID: leaf}) || !one.WaitingSince.IsZero() {
		t.Errorf("with the bot: %+v, waiting since %v", one.Assignee, one.WaitingSince)
	}
	before := time.Now().Add(-time.Second)
	page.click(`widget.querySelectorAll(".choices .choice")[1]`)
	page.until(10*time.Second, "a hand-off", widgetSent+`.at(-1).startsWith("Of course.") && !widget.querySelector(".answers")`)
	page.shoot("leaf-handed-over")
	waitFor(t, 5*time.Second, "the wait", func() bool {
		one = lastOpened(t, desk)
		return one.Assignee.Kind != event.Bot && !one.WaitingSince.IsZero()
	})
	if one.Queue != queue.DefaultQueue || one.WaitingSince.Before(before) || one.WaitingSince.Before(one.Times.Created) {
		t.Errorf("in queue %s, waiting since %v; created %v", one.Queue, one.WaitingSince, one.Times.Created)
	}
	ada, err := desk.People.EndUser(t.Context(), one.EndUser)
	if err != nil || ada.Name != "Ada" || ada.Email != (identity.Contact{Value: "ada@example.com"}) {
		t.Errorf("end user %+v, %v: what she says of herself is a claim", ada, err)
	}

	// A second conversation asks neither again, and another way leads to the other queue.
	page.click(`widget.querySelector(".head .icon-button")`)
	page.click(`widget.querySelector(".list-screen .primary")`)
	page.until(5*time.Second, "no questions", `!widget.querySelector(".composer").hidden && widget.querySelector(".prechat-place").hidden`)
	page.write(widgetField, "And another thing")
	page.until(10*time.Second, "what it is about", offered+`.length === 3`)
	page.click(`widget.querySelectorAll(".choices .choice")[0]`)
	page.until(10*time.Second, "a number", answerField+`?.type === "number"`)
	page.write(answerField, "20417") // which is late
	page.until(10*time.Second, "a date", answerField+`?.type === "date"`)
	setAnswer(page, "2026-11-02")
	page.until(10*time.Second, "a hand-off", widgetSent+`.at(-1).startsWith("Order F-20417 should have been there")`)
	waitFor(t, 5*time.Second, "the parcels' queue", func() bool {
		x := lastOpened(t, desk)
		v, _ := ticket.ValueOf[string](x, "order")
		return x.ID != one.ID && x.Queue == "orders" && v == "F-20417" && !x.WaitingSince.IsZero()
	})

	staff := as(t, ctx, url+"/support/agent/", "Mira", "open")
	staff.click(inList("Of course."))
	staff.until(5*time.Second, "that she waits", `document.querySelector(".conversation")?.textContent.includes("Waiting")`)
	staff.shoot("leaf-staff")
}

// inTheChat changes the settings of the shop's chat.
func inTheChat(t *testing.T, desk *frontdesk.Desk, change func(*ticket.Platform)) {
	t.Helper()
	app, err := desk.Tickets.App(t.Context(), ticket.DefaultApp)
	if err != nil {
		t.Fatal(err)
	}
	p, err := app.Platform("webchat")
	if err != nil {
		t.Fatal(err)
	}
	change(p)
	if err := desk.Tickets.SaveApp(t.Context(), host, app); err != nil {
		t.Fatal(err)
	}
}

// lastOpened is the ticket that was created last.
func lastOpened(t *testing.T, desk *frontdesk.Desk) *ticket.Ticket {
	t.Helper()
	ts, _, err := desk.Tickets.List(t.Context(), host, ticket.Filter{}, "", 50)
	if err != nil || len(ts) == 0 {
		t.Fatalf("%d tickets, %v", len(ts), err)
	}
	last := ts[0]
	for _, x := range ts {
		if x.Number > last.Number {
			last = x
		}
	}
	if last, err = desk.Tickets.Get(t.Context(), host, last.ID); err != nil {
		t.Fatal(err)
	}
	return last
}
