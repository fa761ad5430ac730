package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// at opens a pane of the office.
func (b *tab) at(pane, shows string) {
	b.t.Helper()
	b.js(`(location.hash = "#/office/`+pane+`", true)`, new(bool))
	b.until(10*time.Second, "the office's "+pane, `document.querySelector(".office-tab[aria-current=page]")?.hash === "#/office/`+pane+`" && `+shows)
}

// An admin changes a role, switches a permission off, and finds both in the audit log.
func TestOfficeOnThePage(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	page := as(t, ctx, url, "Mira", "open")
	page.at("people", `document.querySelectorAll(".office-table tbody tr").length === 3 && document.querySelector(".team-card")`)
	page.shoot("office-people")
	page.js(`((s) => { s.value = "supervisor"; s.dispatchEvent(new Event("change")); return true; })(document.querySelector("[aria-label='Role of Jonas Lind']"))`, new(bool))
	waitFor(t, 5*time.Second, "the role", func() bool {
		a, err := desk.People.Agent(t.Context(), "jonas")
		return err == nil && a.Role == identity.Supervisor
	})
	page.at("roles", `document.querySelectorAll(".switch").length > 10`)
	page.click(`document.querySelector("[aria-label='Agent: change in bulk']")`)
	page.until(5*time.Second, "the switch", `!document.querySelector("[aria-label='Agent: change in bulk']").checked`)
	waitFor(t, 5*time.Second, "the permission", func() bool { // the page shows it before it is saved
		access, err := desk.People.Access(t.Context())
		return err == nil && access.Rev == 1
	})
	page.shoot("office-roles")
	page.at("audit", withText(".audit-row", "changed roles"))
	page.until(5*time.Second, "the role in the log", withText(".audit-row", "Jonas Lind"))
	page.shoot("office-audit")
}

// A note is left on a person, and a person is banned, who then reads as that.
func TestNotesAndBansOnThePage(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	page := as(t, ctx, url, "Mira", "open")
	page.click(inList("Café order"))
	page.until(10*time.Second, "the notes", `document.querySelector(".note-input")`)
	page.focus(`document.querySelector(".note-input")`)
	page.do(chromedp.KeyEvent("Pays by"))
	page.js(`(window.card = document.querySelector(".note-input").parentNode, true)`, new(bool))
	if _, err := desk.Tickets.Assign(t.Context(), frontdesk.Host(), titled(t, desk, "Café order").ID, "yuki"); err != nil {
		t.Fatal(err)
	}
	page.until(5*time.Second, "a card that is made anew meanwhile", `!window.card.isConnected`)
	page.do(chromedp.KeyEvent(" invoice"), chromedp.KeyEvent(kb.Enter))
	page.until(5*time.Second, "the note", withText(".people-notes li", "Pays by invoice"))
	page.click(`document.querySelector(".person-more")`)
	page.click(withText(".menu-item", "Ban this person"))
	page.until(5*time.Second, "the question", `document.querySelector("dialog textarea")`)
	page.focus(`document.querySelector("dialog textarea")`)
	page.do(chromedp.KeyEvent("Sends advertising"))
	page.shoot("ban")
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "the ban", withText(".banned-line", "Sends advertising"))
	page.shoot("banned")
	who := titled(t, desk, "Café order").EndUser
	_, err := desk.Tickets.Write(t.Context(), ticket.Inbound{EndUser: who, Draft: ticket.Draft{Text: "Buy now!"}})
	if err == nil || !strings.Contains(err.Error(), "banned") {
		t.Errorf("a banned one writes: %v", err)
	}
	page.at("bans", withText(".office-table tr", "Sends advertising")+" && "+withText(".withheld li", "Buy now!"))
	page.shoot("office-bans")
}

// An agent sees what is his to see, and what he may not isn't offered.
func TestAnAgentSeesHisOwn(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	access, err := desk.People.Access(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	access.Agent.Sees = identity.SeesOwn
	if err := desk.People.SaveAccess(t.Context(), frontdesk.Host(), access); err != nil {
		t.Fatal(err)
	}
	page := as(t, ctx, url, "Jonas", "open")
	page.until(5*time.Second, "his tickets, with the one that he is given", `document.querySelectorAll("a.ticket").length === 3`)
	gone := titled(t, desk, "Parcel says delivered")
	if _, err := desk.Tickets.Assign(t.Context(), frontdesk.Host(), gone.ID, "yuki"); err != nil {
		t.Fatal(err)
	}
	page.until(5*time.Second, "one that was taken from him goes", `document.querySelectorAll("a.ticket").length === 2`)
	page.at("people", `document.querySelectorAll(".office-table tbody tr").length === 3`)
	var offered int
	page.js(`document.querySelectorAll(".office select, .office .button").length`, &offered)
	if offered != 0 {
		t.Errorf("%d things are offered that he may not do", offered)
	}
	page.shoot("office-agent")
}

// Somebody is invited, comes in by the link, and is let go again; what he had goes
// to another one.
func TestInvitationOnThePage(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	page := as(t, ctx, url, "Mira", "open")
	page.at("people", withText(".office .button", "Invite"))
	page.click(withText(".office .button", "Invite"))
	page.until(5*time.Second, "the form", `document.querySelector("dialog input[type=email]")`)
	page.focus(`document.querySelector("dialog input[type=email]")`)
	page.do(chromedp.KeyEvent("pia@fernhill.example"), chromedp.KeyEvent(kb.Enter))
	page.until(5*time.Second, "the link", `document.querySelector(".secret")?.value.includes("#/join/")`)
	page.shoot("invited")
	var link string
	page.js(`document.querySelector(".secret").value`, &link)
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "the invitation in the list", withText(".invited", "pia@fernhill.example"))
	guest := open(t, ctx, link)
	guest.until(10*time.Second, "the welcome", `document.querySelector(".signin input")`)
	guest.focus(`document.querySelector(".signin input")`)
	guest.shoot("join")
	guest.do(chromedp.KeyEvent("Pia Holm"), chromedp.KeyEvent(kb.Enter))
	guest.until(10*time.Second, "the desk", `document.querySelector(".who-name")?.textContent === "Pia Holm" && document.querySelector("a.ticket")`)
	var pia *identity.Agent
	as, _, err := desk.People.Agents(t.Context(), "", 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range as {
		if a.Name == "Pia Holm" {
			pia = a
		}
	}
	if pia == nil || pia.Role != identity.AgentRole || pia.Email != "pia@fernhill.example" {
		t.Fatalf("who came in is %+v", pia)
	}
	hers := titled(t, desk, "Café order")
	if _, err := desk.Tickets.Assign(t.Context(), frontdesk.Host(), hers.ID, pia.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.People.Deactivate(t.Context(), frontdesk.Host(), pia.ID, identity.Handover{To: "yuki"}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, 5*time.Second, "her ticket at another one", func() bool { return titled(t, desk, "Café order").Assignee.ID == "yuki" })
}

// A key is made, and its secret shown once.
func TestKeysOnThePage(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	page := as(t, ctx, url, "Mira", "open")
	page.at("keys", withText(".office .button:not([hidden])", "New key"))
	page.click(withText(".office .button", "New key"))
	page.until(5*time.Second, "the form", `document.querySelectorAll("dialog .pick").length > 5`)
	page.focus(`document.querySelector("dialog input:not([type=checkbox])")`)
	page.do(chromedp.KeyEvent("Order system"), chromedp.KeyEvent(kb.Enter))
	page.until(5*time.Second, "the secret", `document.querySelector(".secret")?.value.startsWith("fd_")`)
	var secret string
	page.js(`document.querySelector(".secret").value`, &secret)
	k, err := desk.People.AuthenticateKey(t.Context(), secret)
	if err != nil || k.Name != "Order system" {
		t.Errorf("key %+v, %v", k, err)
	}
	page.click(`document.querySelector("dialog [type=submit]")`)
	page.until(5*time.Second, "the key in the list", withText(".office-table tr", "Order system"))
	page.shoot("office-keys")
}

// A person is erased: the page shows that nothing is left of him.
func TestErasureOnThePage(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	page := as(t, ctx, url, "Mira", "open")
	page.click(inList("Café order"))
	page.until(10*time.Second, "the person", `document.querySelector(".person-more") && document.querySelector(".note-input")`)
	who := titled(t, desk, "Café order").EndUser
	page.click(`document.querySelector(".person-more")`)
	page.click(withText(".menu-item", "Erase this person"))
	page.until(5*time.Second, "the question", `document.querySelector("dialog [value=yes]")`)
	page.click(`document.querySelector("dialog [value=yes]")`)
	waitFor(t, 10*time.Second, "the end of it", func() bool {
		e, err := desk.People.Erasure(t.Context(), frontdesk.Host(), who)
		return err == nil && !e.Done.IsZero()
	})
	page.until(10*time.Second, "nothing of him", `!document.body.textContent.includes("Solberg") && !document.body.textContent.includes("Old Stone")`)
	page.shoot("erased")
}

// An agent is told what is his business, until he says that he has seen it.
func TestBellOnThePage(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	page := as(t, ctx, url, "Jonas", "open")
	given := titled(t, desk, "Café order")
	mira := event.Actor{Kind: event.Agent, ID: "mira"}
	if _, err := desk.Tickets.Assign(t.Context(), mira, given.ID, "jonas"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := desk.Tickets.Note(t.Context(), mira, given.ID, ticket.Draft{Text: "Have a look, @Jonas", Mentions: []string{"jonas"}}); err != nil {
		t.Fatal(err)
	}
	page.until(10*time.Second, "what is new", `Number(document.querySelector(".bell-count").textContent) >= 2 && !document.querySelector(".bell-count").hidden`)
	page.click(`document.querySelector(".bell")`)
	page.until(5*time.Second, "the notices", withText(".notice", "mentioned you on #"+fmt.Sprint(given.Number))+" && "+withText(".notice", "gave you"))
	page.shoot("notices")
	page.until(5*time.Second, "none is new", `document.querySelector(".bell-count").hidden`)
	page.click(withText(".notice", "mentioned you"))
	page.until(5*time.Second, "the ticket", staffBubbles+`.some((x) => x.includes("Have a look"))`)
}
