package frontdesktest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/frontdesktest"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func TestScript(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		desk := frontdesktest.Open(t, frontdesk.Config{Store: s})
		ann, mira := desk.EndUser("Ann"), desk.Agent("Mira")
		id := ann.Writes("Where is my parcel?")
		desk.Advance(5 * time.Minute)
		mira.Takes(id)
		mira.Notes(id, "left the depot at nine")
		mira.Replies(id, "It comes today.")
		if again := ann.Writes("Thanks!"); again != id {
			t.Errorf("a second ticket %s", again)
		}
		ann.Reads(id)
		mira.Resolves(id)
		got := desk.Ticket(id)
		if got.Status != ticket.StatusResolved || got.Times.FirstHuman.Sub(got.Times.Created) != 5*time.Minute {
			t.Errorf("ticket: %s, first response after %v", got.Status, got.Times.FirstHuman.Sub(got.Times.Created))
		}
		if want := []string{"Where is my parcel?", "left the depot at nine", "It comes today.", "Thanks!"}; !slices.Equal(desk.Texts(id), want) {
			t.Errorf("texts: %q", desk.Texts(id))
		}
		if !desk.Now().Equal(frontdesktest.Start().Add(5 * time.Minute)) {
			t.Errorf("clock: %v", desk.Now())
		}
	})
}

// A host tests what it does with a ticket.
func ExampleNew() {
	test := func(t *testing.T) { // a test of the host's
		desk := frontdesktest.New(t)
		id := desk.EndUser("Ann").Writes("Where is my parcel?")
		desk.Agent("Mira").Replies(id, "It comes tomorrow.")
		desk.Advance(10 * time.Minute)
		if desk.Ticket(id).Status != ticket.StatusAgentReplied {
			t.Error("not answered")
		}
	}
	fmt.Println(test != nil)
	// Output: true
}

// A solved ticket is confirmed and rated; a second one about the same is merged.
func TestScriptedConversation(t *testing.T) {
	t.Parallel()
	desk := frontdesktest.New(t)
	ann, mira := desk.EndUser("Ann"), desk.Agent("Mira")
	id := ann.Writes("Where is my parcel?")
	other := ann.Begins("You lost my parcel!")
	mira.Merges(other, id)
	mira.Replies(id, "It comes tomorrow.")
	mira.Does(id, ticket.Action{Do: ticket.DoSnooze, For: 24 * time.Hour}, ticket.Action{Do: ticket.DoPriority, Text: "low"})
	desk.Advance(24 * time.Hour)
	if tk := desk.Ticket(id); tk.Snoozed != nil || tk.OnHold != 24*time.Hour || tk.Priority != ticket.Low {
		t.Errorf("asleep: %+v, on hold for %v", tk.Snoozed, tk.OnHold)
	}
	mira.Resolves(id)
	ann.Confirms(id, true)
	ann.Rates(id, 5)
	if r := desk.Ticket(id).Resolution; r.Answer != ticket.Accepted || r.Survey.Score != 5 {
		t.Errorf("resolution %+v", r)
	}
	if got := desk.Texts(id); len(got) != 3 {
		t.Errorf("messages %q", got)
	}
}
