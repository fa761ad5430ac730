package ticket_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const maxMail = "max@partner.example"

// copied is a ticket of Eve's on which Max is in copy, and what he would write.
func (d *desk) copied(t *testing.T) (*ticket.Ticket, ticket.Inbound) {
	t.Helper()
	tk := d.ask(t)
	tk, err := d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{Copied: &[]string{maxMail}})
	must(t, err)
	u, err := d.people.Save(t.Context(), host, identity.Profile{Email: maxMail, Name: "Max"})
	must(t, err)
	return tk, ticket.Inbound{EndUser: u.ID, Copied: "Max@partner.example", Ticket: tk.ID, Platform: "email", Channel: "email", Draft: text("I have one more question.")}
}

func TestPeopleInCopyWrite(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk, in := d.copied(t)
		tk = d.reply(t, ann, tk.ID, "Here it is.")
		in.ClientID, in.Fields, in.Tags = "m1", map[string]any{"nobody": "knows it"}, []string{"vip"}
		w, err := d.tickets.Write(t.Context(), in)
		must(t, err)
		got := w.Ticket
		if got.ID != tk.ID || got.EndUser != d.eve || w.Message.Author != actorOf(in) || !w.Message.FromCopy() || w.Message.EndUser != d.eve {
			t.Errorf("it went to %s of %s as %+v", got.ID, got.EndUser, w.Message)
		}
		if got.Status != ticket.StatusWaitingForAgent || got.WaitingSince.IsZero() || !got.Preview.Copied || len(w.Warnings) > 0 || len(got.Tags) > 0 {
			t.Errorf("the ticket is %s, waits since %v, preview %+v, warnings %v", got.Status, got.WaitingSince, got.Preview, w.Warnings)
		}
		if got.Marks.EndUserRead >= tk.Marks.Agent {
			t.Error("what Max wrote has Eve read the answer")
		}
		again, err := d.tickets.Write(t.Context(), in)
		if must(t, err); !again.Again || again.Message.Seq != w.Message.Seq {
			t.Errorf("the same once more is %+v", again.Message)
		}
		// Eve reads it; Max reads nothing, and doesn't write without his address.
		ms, _, err := d.tickets.Messages(t.Context(), d.user(), tk.ID, 0, 0, 10)
		if must(t, err); len(ms) != 3 {
			t.Errorf("Eve sees %d messages", len(ms))
		}
		_, _, err = d.tickets.Messages(t.Context(), actorOf(in), tk.ID, 0, 0, 10)
		is(t, err, store.ErrNotFound)
		in.Copied, in.ClientID = "", "m2"
		_, err = d.tickets.Write(t.Context(), in)
		is(t, err, store.ErrNotFound)
		in.Copied = "other@partner.example"
		_, err = d.tickets.Write(t.Context(), in)
		is(t, err, store.ErrNotFound)
		in.Copied, in.Ticket = maxMail, ""
		_, err = d.tickets.Write(t.Context(), in)
		refuses(t, err, "ticket")
	})
}

// A ticket that went into another one takes its people in copy along; one that can't be
// reopened is followed up by one of the writer's own.
func TestPeopleInCopyOfWhatEnded(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk, in := d.copied(t)
		other := d.ask(t)
		_, _, err := d.tickets.Merge(t.Context(), ann, tk.ID, other.ID, nil)
		must(t, err)
		w, err := d.tickets.Write(t.Context(), in)
		if must(t, err); w.Ticket.ID != other.ID || !w.Message.FromCopy() {
			t.Errorf("it went to %s, want %s", w.Ticket.ID, other.ID)
		}
		_, err = d.tickets.Resolve(t.Context(), ann, other.ID)
		must(t, err)
		w, err = d.tickets.Write(t.Context(), in)
		if must(t, err); w.Ticket.ID != other.ID || !w.Ticket.Status.Open() {
			t.Errorf("it went to %s, which is %s", w.Ticket.ID, w.Ticket.Status)
		}
		_, err = d.tickets.Resolve(t.Context(), ann, other.ID)
		must(t, err)
		d.clock.forward(100 * 24 * time.Hour)
		w, err = d.tickets.Write(t.Context(), in)
		if must(t, err); w.Ticket.EndUser != in.EndUser || w.Message.FromCopy() || len(w.Ticket.Links) != 1 || w.Ticket.Links[0] != (ticket.Link{Kind: ticket.Related, Ticket: other.ID}) {
			t.Errorf("it went to a ticket of %s with links %v", w.Ticket.EndUser, w.Ticket.Links)
		}
	})
}

// His file is his and the end user's whose ticket it is on.
func TestFilesOfPeopleInCopy(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk, in := d.copied(t)
		a, err := d.tickets.Upload(t.Context(), actorOf(in), "default", "email", "plan.txt", strings.NewReader("the plan"))
		must(t, err)
		in.Attachments = []string{a.ID}
		w, err := d.tickets.Write(t.Context(), in)
		if must(t, err); len(w.Message.Attachments) != 1 || w.Ticket.ID != tk.ID {
			t.Fatalf("the message is %+v", w.Message)
		}
		for _, who := range []event.Actor{d.user(), ann, actorOf(in)} {
			if s, err := d.read(t, who, a.ID); s != "the plan" || err != nil {
				t.Errorf("%v reads %q, %v", who, s, err)
			}
		}
	})
}

// Files that another package keeps among the attachments aren't swept.
func TestKeepFiles(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		d := open(t, s, nil)
		kept, err := d.blobs.Put(t.Context(), strings.NewReader("a mail"), 100)
		must(t, err)
		_, err = d.blobs.Put(t.Context(), strings.NewReader("nobody's"), 100)
		must(t, err)
		d.tickets.KeepFiles(func(_ context.Context, id string) (bool, error) { return id == kept.ID, nil })
		n, err := d.tickets.SweepUploads(t.Context(), time.Now().Add(time.Hour))
		if must(t, err); n != 1 {
			t.Errorf("%d files were swept, want the one that is nobody's", n)
		}
		if _, _, err := d.blobs.Open(t.Context(), kept.ID); err != nil {
			t.Error(err)
		}
	})
}

func actorOf(in ticket.Inbound) event.Actor {
	return event.Actor{Kind: event.EndUser, ID: in.EndUser}
}
