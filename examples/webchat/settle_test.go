package main

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// askingDesk is a desk in memory that asks whether it is solved, and for a rating;
// end users may have several conversations.
func askingDesk(t *testing.T) *frontdesk.Desk {
	t.Helper()
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{})
	if err != nil {
		t.Fatal(err)
	}
	app, err := desk.Tickets.App(t.Context(), ticket.DefaultApp)
	if err != nil {
		t.Fatal(err)
	}
	chat, err := app.Platform("webchat")
	if err != nil {
		t.Fatal(err)
	}
	chat.AskResolved, chat.CSAT, chat.Several = true, true, true
	if err := desk.Tickets.SaveApp(t.Context(), host, app); err != nil {
		t.Fatal(err)
	}
	if err := desk.People.SaveAgent(t.Context(), host, &identity.Agent{ID: "mira", Name: "Mira Okafor", Role: identity.Admin}); err != nil {
		t.Fatal(err)
	}
	return desk
}

var (
	host = event.Actor{Kind: event.System}
	mira = event.Actor{Kind: event.Agent, ID: "mira"}
)

// opened is the widget on a page, open.
func opened(t *testing.T, page *tab) *tab {
	t.Helper()
	page.until(10*time.Second, "the launcher", shown(`widget?.querySelector(".launcher")`))
	var open bool // as another tab of the browser left it
	if page.js(`widget.querySelector(".frame").classList.contains("open")`, &open); !open {
		page.click(`widget.querySelector(".launcher")`)
	}
	return page
}

// click clicks on what the expression names, as soon as it is there.
func (b *tab) click(node string) {
	b.t.Helper()
	b.until(5*time.Second, node, node)
	var done bool
	b.js("("+node+".click(), true)", &done)
}

// newest is the ticket that changed last.
func newest(t *testing.T, desk *frontdesk.Desk) *ticket.Ticket {
	t.Helper()
	var found *ticket.Ticket
	waitFor(t, 5*time.Second, "a ticket", func() bool {
		ts, _, err := desk.Tickets.List(t.Context(), mira, ticket.Filter{}, "", 1)
		if err != nil || len(ts) == 0 {
			return false
		}
		found = ts[0]
		return true
	})
	return found
}

// fillTopic answers the form for the field that has to be filled in before somebody
// resolves.
func (b *tab) fillTopic(topic string) {
	b.t.Helper()
	b.until(5*time.Second, "the form for the topic", `document.querySelector("dialog select")`)
	b.js(`(document.querySelector("dialog select").value = `+quoted(topic)+`, true)`, new(bool))
	b.click(`document.querySelector("dialog .primary")`)
}

const settleText = `widget.querySelector(".settle").textContent`

// The end user says that it is solved and rates it, all by keyboard; his other tab
// sees it, and he may change the rating. Another time it isn't solved.
func TestSolvedAndRatedInTheWidget(t *testing.T) {
	desk := askingDesk(t)
	ctx := browser(t)
	base := serveDesk(t, desk)
	page := opened(t, open(t, ctx, base+"/"))
	page.write(widgetField, "Where is my parcel?")
	page.until(5*time.Second, "the message", widgetSent+`.includes("Where is my parcel?")`)
	second, end := chromedp.NewContext(ctx)
	t.Cleanup(end)
	other := open(t, second, base+"/?lang=ar") // open as the first one is, from right to left
	other.click(`widget?.querySelector(".list .entry")`)
	id := newest(t, desk).ID
	resolve := func() {
		t.Helper()
		if _, _, err := desk.Tickets.Reply(t.Context(), mira, id, ticket.Draft{Text: "On its way."}); err != nil {
			t.Fatal(err)
		}
		if _, err := desk.Tickets.Resolve(t.Context(), mira, id); err != nil {
			t.Fatal(err)
		}
	}
	resolve()
	page.until(5*time.Second, "the question", settleText+`.includes("Did that solve it?")`)
	other.until(5*time.Second, "the question in Arabic", settleText+`.includes("هل حُلّت المشكلة؟")`)
	page.front()
	page.shoot("asked")
	page.focus(`widget.querySelector(".choice")`)
	page.do(chromedp.KeyEvent(kb.Enter))
	page.until(5*time.Second, "the survey, and the focus on it", `widget.activeElement?.type === "radio"`)
	page.do(chromedp.KeyEvent(" "), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight))
	page.until(5*time.Second, "the score", `widget.querySelector(":checked")?.value === "4"`)
	page.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("Fast & friendly"), chromedp.KeyEvent(kb.Tab))
	page.shoot("survey")
	page.do(chromedp.KeyEvent(kb.Enter))
	page.until(5*time.Second, "the rating", settleText+`.includes("Thank you for your rating!") && `+settleText+`.includes("Fast & friendly")`)
	other.until(5*time.Second, "the rating in the other tab", `widget.querySelectorAll(".star.on").length === 4 && `+settleText+`.includes("Fast & friendly")`)
	other.shoot("arabic")
	page.front()
	page.shoot("rated")
	page.click(`widget.querySelector(".rated .text-button")`)
	page.click(`widget.querySelector("input[value='5']")`)
	page.click(`widget.querySelector(".survey .primary")`)
	other.until(5*time.Second, "the new rating", `widget.querySelectorAll(".star.on").length === 5`)
	waitFor(t, 5*time.Second, "the new rating at the desk", func() bool { return newest(t, desk).Resolution.Survey.Score == 5 })
	if got := newest(t, desk).Resolution; got.Survey.Comment != "Fast & friendly" || got.Answer != ticket.Accepted {
		t.Errorf("the desk has %+v", got)
	}

	page.write(widgetField, "And the other one?")
	waitFor(t, 5*time.Second, "the next conversation", func() bool { next := newest(t, desk).ID; ok := next != id; id = next; return ok })
	page.until(5*time.Second, "its place in the panel", widgetSent+`.at(-1) === "And the other one?"`)
	page.until(5*time.Second, "no question there", settleText+`=== ""`)
	resolve()
	page.click(`widget.querySelectorAll(".choice")[1]`)
	page.until(5*time.Second, "the question what is missing", settleText+`.includes("What is still missing?")`)
	page.until(5*time.Second, "the focus in the composer", `widget.activeElement === `+widgetField+` && `+widgetField+`.placeholder.includes("missing")`)
	page.do(chromedp.KeyEvent("It never came"), chromedp.KeyEvent(kb.Enter))
	waitFor(t, 5*time.Second, "the reopening", func() bool { tk := newest(t, desk); return tk.ID == id && tk.Status.Open() && tk.Reopened == 1 })
	page.until(5*time.Second, "no card any more", settleText+`=== ""`)
}

// What can't be answered any more goes away quietly, whether the conversation went on
// or the end user has answered elsewhere.
func TestAnswersThatCameTooLate(t *testing.T) {
	desk := askingDesk(t)
	page := opened(t, open(t, browser(t), serveDesk(t, desk)+"/"))
	page.write(widgetField, "Is it sent?")
	page.until(5*time.Second, "the message", widgetSent+`.includes("Is it sent?")`)
	tk := newest(t, desk)
	resolve := func() {
		t.Helper()
		if _, err := desk.Tickets.Resolve(t.Context(), mira, tk.ID); err != nil {
			t.Fatal(err)
		}
		page.until(5*time.Second, "the question", `widget.querySelectorAll(".choice").length === 2`)
	}
	cut := func(on bool) {
		t.Helper()
		page.js(`(window.whole ||= window.fetch, window.fetch = (at, how) => (`+quoted(map[bool]string{true: "/solved"}[on])+` && String(at).endsWith("/solved") ? Promise.reject(new TypeError("cut")) : window.whole(at, how)), dispatchEvent(new Event("online")), true)`, new(bool))
	}
	const kept = `Object.keys(localStorage).some((k) => k.includes(":answer:"))`
	resolve()
	cut(true)
	page.click(`widget.querySelector(".choice")`)
	page.until(5*time.Second, "that it is on its way", settleText+`.includes("Sending") && `+kept)
	if _, err := desk.Tickets.Reopen(t.Context(), mira, tk.ID); err != nil {
		t.Fatal(err)
	}
	page.until(5*time.Second, "no card any more, and no answer", settleText+`=== "" && !`+kept)
	cut(false)
	resolve()
	cut(true)
	page.click(`widget.querySelectorAll(".choice")[1]`)
	page.until(5*time.Second, "that it is on its way", settleText+`.includes("Sending")`)
	if _, err := desk.Tickets.Confirm(t.Context(), event.Actor{Kind: event.EndUser, ID: tk.EndUser}, tk.ID, true); err != nil {
		t.Fatal(err)
	}
	cut(false)
	page.until(10*time.Second, "what he said elsewhere", `widget.querySelector(".survey") && !`+kept)
}

// An answer is kept while the desk is away.
func TestAnswersWaitForTheDesk(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		s.start()
		endUser, staff := conversation(t, s)
		endUser.write(widgetField, "Is the oolong back?")
		staff.click(`[...document.querySelectorAll("a.ticket")].find((n) => n.textContent.includes("oolong"))`)
		staff.front()
		staff.write(staffField, "It is.")
		staff.until(5*time.Second, "the reply", staffBubbles+`.includes("It is.")`)
		staff.click(`document.querySelector(".actions .primary")`)
		staff.fillTopic("Something else")
		endUser.front()
		endUser.until(5*time.Second, "the question", `widget.querySelector(".choice")`)
		s.kill()
		endUser.click(`widget.querySelector(".choice")`)
		endUser.until(5*time.Second, "a word that it is on its way", settleText+`.includes("Sending")`)
		s.start()
		endUser.until(30*time.Second, "the survey", `widget.querySelector(".survey")`)
		s.kill()
		endUser.click(`widget.querySelector("input[value='2']")`)
		endUser.click(`widget.querySelector(".survey .primary")`)
		s.start()
		endUser.until(30*time.Second, "the rating", `widget.querySelector(".rated .text-button")`)
		staff.until(10*time.Second, "the rating at the agent's", `document.querySelector(".feedback .stars")?.getAttribute("aria-label") === "2 of 5"`)
		endUser.click(`widget.querySelector(".rated .text-button")`)
		staff.front()
		staff.click(`document.querySelector(".actions .primary")`) // opens it again: the survey is void
		endUser.front()
		endUser.until(10*time.Second, "no card any more", settleText+`=== ""`)
	})
}

// A conversation is merged while it is open in the panel: the widget goes to the
// other one, with what was being written, in order of time and nothing twice.
func TestMergedWhileOpen(t *testing.T) {
	desk := askingDesk(t)
	page := opened(t, open(t, browser(t), serveDesk(t, desk)+"/"))
	page.write(widgetField, "One.")
	page.until(5*time.Second, "the first message", widgetSent+`.includes("One.")`)
	one := newest(t, desk).ID
	page.click(`widget.querySelector(".head button")`)
	page.click(`widget.querySelector(".list-screen .primary")`)
	page.write(widgetField, "Two.")
	page.until(5*time.Second, "the second conversation", widgetSent+`.includes("Two.")`)
	waitFor(t, 5*time.Second, "both tickets", func() bool { return newest(t, desk).ID != one })
	two := newest(t, desk).ID
	page.click(`widget.querySelector(".head button")`)
	page.click(`[...widget.querySelectorAll(".list .entry")].find((n) => n.textContent.includes("One."))`)
	page.until(5*time.Second, "the first conversation", widgetSent+`.includes("One.")`)
	page.do(chromedp.KeyEvent("half a sent"))
	if _, _, err := desk.Tickets.Merge(t.Context(), mira, one, two, nil); err != nil {
		t.Fatal(err)
	}
	said := func(list ...string) string {
		return `JSON.stringify(` + widgetSent + `.filter((x) => !x.startsWith("Hello"))) === JSON.stringify(` + quotedList(list) + `)`
	}
	page.until(10*time.Second, "both in one, by time", said("One.", "Two."))
	page.until(5*time.Second, "what was being written", widgetField+`.value === "half a sent"`)
	page.do(chromedp.KeyEvent("ence"), chromedp.KeyEvent(kb.Enter))
	page.until(5*time.Second, "all of it, once", said("One.", "Two.", "half a sentence"))
	if tk := newest(t, desk); tk.ID != two || tk.Counts.Inbound != 3 {
		t.Errorf("the last message is on %s, which has %+v", tk.ID, tk.Counts)
	}
	if _, _, err := desk.Tickets.Unmerge(t.Context(), mira, one); err != nil {
		t.Fatal(err)
	}
	page.until(10*time.Second, "what stays when it is undone", said("Two.", "half a sentence"))
	page.click(`widget.querySelector(".head button")`)
	page.click(`[...widget.querySelectorAll(".list .entry")].find((n) => n.textContent.includes("One."))`)
	page.until(5*time.Second, "the first conversation of its own", said("One."))
}
