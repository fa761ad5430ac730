package main

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// asking is a rule that asks who writes for the first time what it is about.
func asking(question string, choices ...string) *automation.Rule {
	return &automation.Rule{Name: "What is it about?", On: automation.Trigger{Kind: automation.OnCreated},
		Do: []automation.Action{{Action: ticket.Action{Do: automation.DoAsk}, Texts: []ticket.ReplyText{{Text: question}}, Choices: choices}}}
}

const offered = `[...widget.querySelectorAll(".choices .choice")].map((n) => n.textContent)`

// A rule's question has buttons in the widget: with the keyboard one is chosen, which
// writes it, and takes the buttons away. The agent's page shows what was offered.
func TestChoicesInTheWidget(t *testing.T) {
	ctx := browser(t)
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := desk.Rules.SaveRule(t.Context(), host, asking("Is it about tea, or about a parcel that is on its way to you?", "Tea", "A parcel", "Something else that takes a few more words to say")); err != nil {
		t.Fatal(err)
	}
	if err := desk.People.SaveAgent(t.Context(), host, &identity.Agent{ID: "mira", Name: "Mira Okafor"}); err != nil {
		t.Fatal(err)
	}
	url := serveDesk(t, desk)
	page := opened(t, open(t, ctx, url+"/"))
	page.write(widgetField, "Hello?")
	page.until(10*time.Second, "the choices", offered+`.length === 3`)
	page.shoot("choices")
	page.do(looks(390, "dark"))
	page.until(5*time.Second, "that all of it is within the screen", `[...widget.querySelectorAll(".choice")].every((n) => { const r = n.getBoundingClientRect(); return r.left >= 0 && r.right <= innerWidth && r.bottom <= widget.querySelector(".scroller").getBoundingClientRect().bottom + 1 && r.height >= 38; })`)
	page.shoot("choices-phone-dark")
	page.do(looks(1360, "light"))
	backwards := func(to string) {
		t.Helper()
		for range 5 {
			page.do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift)))
			var there bool
			if page.js(`!!widget.activeElement?.textContent.startsWith(`+quoted(to)+`)`, &there); there {
				return
			}
		}
		t.Fatalf("the keyboard doesn't reach %q", to)
	}
	backwards("Something else")
	backwards("A parcel")
	page.do(chromedp.KeyEvent(kb.Enter))
	page.until(5*time.Second, "the answer", widgetSent+`.at(-1) === "A parcel"`)
	page.until(5*time.Second, "no choices, and the composer in focus", `!widget.querySelector(".choices") && widget.activeElement?.id === "fd-input"`)

	other, end := chromedp.NewContext(ctx)
	t.Cleanup(end)
	staff := as(t, other, url+"/support/agent/", "Mira", "open")
	staff.click(inList("A parcel"))
	staff.until(5*time.Second, "what was offered", `[...document.querySelectorAll(".offered li")].length === 3 && document.querySelector(".offered .picked")?.textContent.includes("A parcel")`)
	staff.shoot("offered")
}

// From right to left they begin at the right.
func TestChoicesFromRightToLeft(t *testing.T) {
	ctx := browser(t)
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := desk.Rules.SaveRule(t.Context(), host, asking("عمّ تسأل؟", "الشاي", "طرد", "شيء آخر")); err != nil {
		t.Fatal(err)
	}
	page := opened(t, open(t, ctx, serveDesk(t, desk)+"/?lang=ar"))
	page.write(widgetField, "مرحبا")
	page.until(10*time.Second, "the choices", offered+`.length === 3`)
	page.until(5*time.Second, "that the first one is at the right", `((first, second) => first.left > second.left)(...[...widget.querySelectorAll(".choice")].map((n) => n.getBoundingClientRect()))`)
	page.shoot("choices-arabic")
	page.click(`widget.querySelectorAll(".choice")[1]`)
	page.until(5*time.Second, "the answer", widgetSent+`.at(-1) === "طرد"`)
}
