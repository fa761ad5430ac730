package main

import (
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// An agent takes out what shouldn't have been written, and an open chat forgets it.
func TestRedactOnThePage(t *testing.T) {
	desk, ctx, url := shopDesk(t)
	tk := titled(t, desk, "Parcel says delivered")
	ines := event.Actor{Kind: event.EndUser, ID: tk.EndUser}
	_, err := desk.Tickets.Write(t.Context(), ticket.Inbound{EndUser: ines.ID, Ticket: tk.ID, Draft: ticket.Draft{Text: "Take it from 4111 1111 1111 1111, please."}})
	if err != nil {
		t.Fatal(err)
	}
	page := as(t, ctx, url, "Mira", "open")
	page.click(inList("Parcel says delivered"))
	page.until(5*time.Second, "the conversation", staffBubbles+`.some((line) => line.includes("4111"))`)
	page.click(byTitle(".actions button", "More"))
	page.click(withText(".menu-item", "Remove card numbers"))
	page.until(5*time.Second, "the question", `document.querySelector("dialog .danger")`)
	page.click(`document.querySelector("dialog .danger")`)
	page.until(5*time.Second, "the number without its digits", staffBubbles+`.some((line) => line.includes("•••• •••• •••• 1111")) && !`+staffBubbles+`.some((line) => line.includes("4111"))`)

	birthday := `[...document.querySelectorAll("[role=log] .row")].find((n) => n.textContent.includes("birthday present"))`
	page.focus(birthday + `.querySelector(".remove-button")`)
	page.click(birthday + `.querySelector(".remove-button")`)
	page.until(5*time.Second, "the choices", withText(".menu-item", "Remove what it says"))
	page.shoot("remove")
	page.click(withText(".menu-item", "Remove what it says"))
	page.click(`document.querySelector("dialog .danger")`)
	page.until(5*time.Second, "that it is gone", staffBubbles+`.includes("This message was removed.") && !`+staffBubbles+`.some((line) => line.includes("birthday present"))`)
	page.click(`document.querySelector("#pane-history")`)
	page.until(5*time.Second, "the history", `document.querySelector(".history").textContent.includes("removed what a pattern found") && document.querySelector(".history").textContent.includes("removed what message")`)
	page.shoot("removed")
	ms, _, err := desk.Tickets.Messages(t.Context(), host, tk.ID, 0, 0, 20)
	if err != nil {
		t.Fatal(err)
	}
	whole := 0
	for _, m := range ms {
		if m.Redacted != nil && m.Redacted.Whole && m.Text == "" {
			whole++
		}
	}
	if whole != 1 {
		t.Errorf("%d messages were removed", whole)
	}
}
