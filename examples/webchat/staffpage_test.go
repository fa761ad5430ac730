package main

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// shopDesk is the shop's desk with its samples, and the agents' page as somebody.
func shopDesk(t *testing.T) (*frontdesk.Desk, context.Context, string) {
	t.Helper()
	return shopDeskWith(t, extras{samples: true})
}

func shopDeskWith(t *testing.T, with extras) (*frontdesk.Desk, context.Context, string) {
	t.Helper()
	ctx := browser(t)
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{Bots: bot.Options{Functions: functions()}})
	if err != nil {
		t.Fatal(err)
	}
	if err := furnish(t.Context(), desk, "a secret that is long enough to be one", with); err != nil {
		t.Fatal(err)
	}
	return desk, ctx, serveDesk(t, desk) + "/support/agent/"
}

// as opens the agents' page as one of them, at a view. All pages of a browser are the
// same agent's.
func as(t *testing.T, ctx context.Context, url, agent, view string) *tab {
	t.Helper()
	page := open(t, ctx, url)
	page.click(`[...document.querySelectorAll(".person")].find((n) => n.textContent.includes(` + quoted(agent) + `))`)
	page.until(10*time.Second, "the list of tickets", `document.querySelector("a.ticket")`)
	page.js(`(location.hash = "#/view/`+view+`", true)`, new(bool))
	page.until(10*time.Second, "the view", `document.querySelector(".view[aria-current=page]")?.hash === "#/view/`+view+`"`)
	return page
}

func inList(text string) string {
	return `[...document.querySelectorAll("a.ticket")].find((n) => n.textContent.includes(` + quoted(text) + `))`
}

func byTitle(selector, title string) string {
	return `[...document.querySelectorAll(` + quoted(selector) + `)].find((n) => n.title === ` + quoted(title) + `)`
}

func withText(selector, text string) string {
	return `[...document.querySelectorAll(` + quoted(selector) + `)].find((n) => n.textContent.includes(` + quoted(text) + `))`
}

// titled is the ticket of this title, as soon as lists have it.
func titled(t *testing.T, desk *frontdesk.Desk, title string) (found *ticket.Ticket) {
	t.Helper()
	waitFor(t, 5*time.Second, "the ticket "+title, func() bool {
		ts, _, err := desk.Tickets.List(t.Context(), host, ticket.Filter{}, "", 50)
		for _, tk := range ts {
			if err == nil && tk.Title == title {
				found = tk
			}
		}
		return found != nil
	})
	return found
}

// A macro is found by its shortcut, changed, and sent with the keyboard alone.
func TestMacroByKeyboard(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	page := as(t, ctx, url, "Mira", "open")
	page.click(inList("Parcel says delivered"))
	page.until(5*time.Second, "the conversation", staffBubbles+`.length > 0`)
	page.focus(staffField)
	page.do(chromedp.KeyEvent("/"))
	page.until(5*time.Second, "the quick replies", `document.querySelectorAll(".reply-option").length > 2`)
	page.do(chromedp.KeyEvent(kb.ArrowDown))
	page.until(5*time.Second, "the second one", `document.querySelectorAll(".reply-option")[1].getAttribute("aria-selected") === "true"`)
	page.do(chromedp.KeyEvent("repl"))
	page.until(5*time.Second, "the one that is meant", `document.querySelectorAll(".reply-option").length === 1`)
	page.do(chromedp.KeyEvent(kb.Enter))
	// She writes in English, whatever her browser speaks.
	page.until(5*time.Second, "its text in the ticket's language", staffField+`.value.startsWith("I'm sorry that your parcel")`)
	page.until(5*time.Second, "what it does", `document.querySelector(".chosen").textContent.includes("resolves")`)
	page.do(chromedp.KeyEvent(" Kind regards"), chromedp.KeyEvent(kb.Enter))
	page.until(5*time.Second, "the reply", staffBubbles+`.at(-1).includes("Kind regards")`)
	waitFor(t, 5*time.Second, "the macro's actions", func() bool {
		tk := titled(t, desk, "Parcel says delivered")
		v, _ := tk.Field("replacement")
		return tk.Status == ticket.StatusResolved && v.Checked
	})
	page.until(5*time.Second, "an empty composer", staffField+`.value.trim() === "" && document.querySelector(".chosen").hidden`)

	// One that asks for what the ticket doesn't have says what is missing.
	page.click(inList("Café order"))
	page.until(5*time.Second, "the other conversation", staffBubbles+`.length === 1`)
	page.focus(staffField)
	page.do(chromedp.KeyEvent("/order"), chromedp.KeyEvent(kb.Enter)) // faster than the desk finds it
	page.until(5*time.Second, "what is missing", `document.querySelector(".toast.bad")?.textContent.includes("field.order")`)
	page.shoot("macro")
	if tk := titled(t, desk, "Café order"); tk.Counts.Agent != 0 {
		t.Errorf("the shortcut was sent as it is: %+v", tk.Counts)
	}

	// One that resolves asks for the field that has to be filled in, and is sent then.
	end := &ticket.QuickReply{Title: "Good-bye", Shortcut: "/bye", Texts: []ticket.ReplyText{{Text: "Until next time!"}}, Actions: []ticket.Action{{Do: ticket.DoResolve}}}
	if err := desk.Tickets.SaveQuickReply(t.Context(), host, end); err != nil {
		t.Fatal(err)
	}
	page.js(`(`+staffField+`.select(), true)`, new(bool))
	page.do(chromedp.KeyEvent("/bye"), chromedp.KeyEvent(kb.Enter))
	page.until(5*time.Second, "its text", staffField+`.value === "Until next time!"`)
	page.do(chromedp.KeyEvent(kb.Enter))
	page.click(withText(".failed-actions button", "Fill in"))
	page.fillTopic("Wholesale")
	waitFor(t, 5*time.Second, "the end of it", func() bool {
		tk := titled(t, desk, "Café order")
		return tk.Status == ticket.StatusResolved && tk.Counts.Agent == 1
	})
}

func TestMergeAndUndoOnThePage(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	page := as(t, ctx, url, "Mira", "open")
	page.click(inList("Missing birthday parcel"))
	page.until(5*time.Second, "the conversation", staffBubbles+`.length === 1`)
	page.click(byTitle(".actions button", "More"))
	page.click(withText(".menu-item", "Merge into"))
	page.click(`document.querySelector("dialog .pick input")`)
	page.click(`document.querySelector("dialog .primary")`)
	page.until(5*time.Second, "the other ticket with all messages", `document.querySelector(".head").textContent.includes("Parcel says delivered") && `+staffBubbles+`.length === 5`)
	page.until(5*time.Second, "where they come from", `document.querySelector(".banner.merged")?.textContent.includes("Holds the messages of #2")`)
	if tk := titled(t, desk, "Missing birthday parcel"); tk.Merged == nil {
		t.Errorf("it isn't merged: %+v", tk)
	}
	page.shoot("merged")
	page.click(`document.querySelector(".toast-action")`)
	page.until(5*time.Second, "the ticket of its own", `document.querySelector(".head").textContent.includes("Missing birthday parcel") && `+staffBubbles+`.length === 1`)
	page.until(5*time.Second, "no word of a merge", `!document.querySelector(".banner.merged")`)
	page.click(inList("Parcel says delivered"))
	page.until(5*time.Second, "the other one without them", staffBubbles+`.length === 4`)

	// Another customer's ticket, by its number, is asked about first.
	number := titled(t, desk, "Café order").Number
	page.click(byTitle(".actions button", "More"))
	page.click(withText(".menu-item", "Merge into"))
	page.until(5*time.Second, "the form", `document.querySelector("dialog .control")`)
	page.js(`(document.querySelector("dialog .control").value = "#`+strconv.FormatInt(number, 10)+`", true)`, new(bool))
	page.click(`document.querySelector("dialog .primary")`)
	page.until(5*time.Second, "the question", `document.querySelector("dialog .danger")`)
	page.shoot("abroad")
	page.click(`document.querySelector("dialog .danger")`)
	page.until(5*time.Second, "the note on the other ticket", `document.querySelector(".head").textContent.includes("Café order") && `+staffBubbles+`.at(-1)?.includes("was merged into this one")`)
}

// Several are resolved at once; the one that lacks a required field says so, stays
// selected, and is resolved by its form.
func TestBulkOnThePage(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	page := as(t, ctx, url, "Mira", "open")
	tick := func(title string) {
		t.Helper()
		page.click(`(` + inList(title) + `)?.parentNode.querySelector(".tick")`)
	}
	tick("Parcel says delivered")
	tick("Brewing Slow Amber")
	tick("Café order")
	page.until(5*time.Second, "how many", `document.querySelector(".bulk-count").textContent === "3 selected"`)
	page.click(byTitle(".bulk button", "Resolve"))
	page.until(5*time.Second, "the results", `document.querySelectorAll("dialog .result.good").length === 2 && document.querySelector("dialog .result.bad").textContent.includes("Needs Topic first")`)
	page.shoot("bulk")
	page.click(`document.querySelector("dialog .result.bad a")`)
	page.until(5*time.Second, "the one that failed, selected still", `document.querySelector(".bulk-count").textContent === "1 selected" && document.querySelector(".head").textContent.includes("Café order")`)
	page.click(byTitle(".bulk button", "Select none"))
	page.click(`document.querySelector(".actions .primary")`)
	page.fillTopic("Wholesale")
	waitFor(t, 5*time.Second, "all of them resolved", func() bool {
		n := 0
		for _, title := range []string{"Parcel says delivered", "Brewing Slow Amber", "Café order"} {
			if titled(t, desk, title).Status == ticket.StatusResolved {
				n++
			}
		}
		return n == 3
	})
}

// A view is made, its filter's mistake shown where it is, and its count and list
// follow what happens.
func TestViewOnThePage(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	page := as(t, ctx, url, "Mira", "open")
	page.click(byTitle(".smart-head button", "New view"))
	fill := func(name, filter string) {
		t.Helper()
		page.until(5*time.Second, "the form", `document.querySelector("dialog .filter")`)
		page.js(`(document.querySelector("dialog input").value = `+quoted(name)+`, document.querySelector("dialog .filter").value = `+quoted(filter)+`, true)`, new(bool))
		page.click(`document.querySelector("dialog .primary")`)
	}
	fill("Low ones", `ticket.open and ticket.prority == "low"`)
	page.until(5*time.Second, "where it is wrong", `document.querySelector(".filter-error").textContent.includes("column 17") && document.querySelector(".filter-error").textContent.includes("ticket.priority")`)
	page.shoot("filter")
	fill("Low ones", `ticket.open and ticket.priority == "low"`)
	page.until(10*time.Second, "the view and its count", withText(".view.smart", "Low ones")+`?.querySelector(".count").textContent === "1"`)
	page.until(5*time.Second, "its list", inList("Brewing Slow Amber")+` && document.querySelectorAll("a.ticket").length === 1`)
	low := ticket.Low
	if _, err := desk.Tickets.Edit(t.Context(), mira, titled(t, desk, "Café order").ID, ticket.Edit{Priority: &low}); err != nil {
		t.Fatal(err)
	}
	page.until(10*time.Second, "the count as it is now", withText(".view.smart", "Low ones")+`?.querySelector(".count").textContent === "2"`)
	page.until(10*time.Second, "the list as it is now", inList("Café order")+` && document.querySelectorAll("a.ticket").length === 2`)
	page.shoot("view")
}

func TestSearchOnThePage(t *testing.T) {
	_, ctx, url := shopDesk(t)
	page := as(t, ctx, url, "Mira", "mine")
	page.do(chromedp.KeyEvent("/"))
	page.until(5*time.Second, "the focus in the search", `document.activeElement.classList.contains("search-input")`)
	page.do(chromedp.KeyEvent("letter box"))
	page.until(10*time.Second, "the ticket that has the words", inList("Parcel says delivered")+` && [...document.querySelectorAll(".snippet mark")].some((n) => n.textContent === "letter")`)
	page.shoot("search")
	page.do(chromedp.KeyEvent(kb.Escape))
	page.until(5*time.Second, "the view again", `document.querySelector("#list-title").textContent === "Mine"`)
	page.do(chromedp.KeyEvent("odile@example.com"))
	page.until(10*time.Second, "the ticket of the address", inList("Colis pour la Réunion")+` && document.querySelectorAll("a.ticket").length === 1`)
}

// Two agents at one ticket see each other.
func TestCollisionOnThePage(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	page := as(t, ctx, url, "Mira", "open")
	page.click(inList("Café order"))
	page.until(5*time.Second, "the conversation", staffBubbles+`.length === 1`)
	tk := titled(t, desk, "Café order")
	jonas := event.Actor{Kind: event.Agent, ID: "jonas"}
	leave := desk.Presence.View(tk, jonas)
	page.until(5*time.Second, "who looks", `document.querySelector(".banner.viewing")?.textContent.includes("Jonas Lind is viewing")`)
	desk.Presence.Typing(tk, jonas, true)
	page.until(5*time.Second, "who types", `document.querySelector(".banner.typing-now")?.textContent.includes("Jonas Lind is typing")`)
	page.shoot("collision")
	waitFor(t, 5*time.Second, "Mira's own look at the desk", func() bool { return len(desk.Presence.Viewers(tk.ID)) == 2 })
	leave()
	page.until(5*time.Second, "nobody else", `!document.querySelector(".banner.viewing, .banner.typing-now")`)
}

// A ticket is put aside and woken, what doesn't belong to it is split off, and its
// history tells all of that; what people wrote stays text.
func TestSleepSplitAndHistoryOnThePage(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	evil := `<img src=x onerror="document.title='broken in'">`
	if _, err := desk.Tickets.Edit(t.Context(), mira, titled(t, desk, "Brewing Slow Amber").ID, ticket.Edit{Title: &evil, Fields: map[string]any{"order": evil}}); err != nil {
		t.Fatal(err)
	}
	page := as(t, ctx, url, "Mira", "open")
	page.click(inList("onerror"))
	page.until(5*time.Second, "the conversation", staffBubbles+`.length === 2`)
	page.click(byTitle(".actions button", "Snooze"))
	page.click(withText(".menu-item", "Another moment"))
	page.until(5*time.Second, "the form", `document.querySelector("dialog input[type=text]")`)
	page.js(`(document.querySelector("dialog input[type=text]").value = `+quoted(evil)+`, true)`, new(bool))
	page.click(`document.querySelector("dialog .primary")`)
	page.until(5*time.Second, "that it sleeps, and why", `document.querySelector(".banner.snoozed")?.textContent.includes("onerror")`)
	page.until(5*time.Second, "the count of those that sleep", withText(".view.smart", "Asleep")+`?.querySelector(".count").textContent === "2"`)
	page.click(`document.querySelector(".banner.snoozed button")`)
	page.until(5*time.Second, "that it is awake", `!document.querySelector(".banner.snoozed")`)

	page.click(byTitle(".actions button", "More"))
	page.click(withText(".menu-item", "Split"))
	page.click(`document.querySelector("dialog .pick input")`)
	page.js(`(document.querySelector("dialog .control").value = "The bitter cup", true)`, new(bool))
	page.click(`document.querySelector("dialog .primary")`)
	page.until(5*time.Second, "the new ticket", `document.querySelector(".head").textContent.includes("The bitter cup") && `+staffBubbles+`.length === 1`)
	page.click(`document.querySelector(".link-list a")`)
	page.until(5*time.Second, "the old one without the message", `document.querySelector(".head").textContent.includes("onerror") && `+staffBubbles+`.length === 1`)
	page.click(`document.querySelector("#pane-history")`)
	for _, says := range []string{"snoozed it until", "woke the ticket", "split off #8", "Order number"} {
		page.until(5*time.Second, "the history: "+says, `document.querySelector(".history").textContent.includes(`+quoted(says)+`)`)
	}
	page.shoot("history")
	var title string
	page.js(`document.title`, &title)
	if title == "broken in" {
		t.Error("what somebody wrote was run")
	}
}
