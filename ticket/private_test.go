package ticket_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func privately(t testing.TB, err error) {
	t.Helper()
	if refused, ok := errors.AsType[*identity.PrivateError](err); !ok || refused.What != "attachments" || !errors.Is(err, store.ErrValue) {
		t.Errorf("error %v, want a *identity.PrivateError", err)
	}
}

// Full privacy holds for an end user, or for all in an app.
func eachPrivacy(t *testing.T, f func(t *testing.T, d *desk, begin func())) {
	for name, begin := range map[string]func(t *testing.T, d *desk){
		"end user": func(t *testing.T, d *desk) {
			_, err := d.people.SetPrivate(t.Context(), host, d.eve, true)
			must(t, err)
		},
		"app": func(t *testing.T, d *desk) {
			app, err := d.tickets.App(t.Context(), ticket.DefaultApp)
			must(t, err)
			app.FullPrivacy = true
			must(t, d.tickets.SaveApp(t.Context(), host, app))
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, d *desk) {
				must(t, d.tickets.SaveField(t.Context(), host, &ticket.Field{Key: "school", Type: ticket.SingleLine, Personal: true, Editable: true}))
				must(t, d.tickets.SaveField(t.Context(), host, &ticket.Field{Key: "level", Type: ticket.SingleLine, Editable: true}))
				f(t, d, func() { begin(t, d) })
			})
		})
	}
}

func TestPrivateFields(t *testing.T) {
	eachPrivacy(t, func(t *testing.T, d *desk, begin func()) {
		begin()
		fields := map[string]any{"school": "Hogwarts", "level": "5"}
		w, err := d.tickets.Write(t.Context(), ticket.Inbound{EndUser: d.eve, Draft: text("Hi."), Fields: fields})
		must(t, err)
		made, err := d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Fields: fields})
		must(t, err)
		more, err := d.tickets.Write(t.Context(), ticket.Inbound{EndUser: d.eve, Ticket: made.ID, Draft: text("Hi."), Fields: fields})
		must(t, err)
		for i, tk := range []*ticket.Ticket{w.Ticket, made, more.Ticket} {
			_, has := tk.Field("school")
			if v, _ := ticket.ValueOf[string](tk, "level"); has || v != "5" || len(tk.Warnings) == 0 || tk.Warnings[0].Field != "fields.school" {
				t.Errorf("way %d: %+v", i, tk)
			}
		}
		head, now := d.head(t), d.get(t, made.ID)
		_, err = d.tickets.Create(t.Context(), ticket.New{Actor: host, EndUser: d.eve, Fields: fields})
		refuses(t, err, "fields.school")
		_, err = d.tickets.Edit(t.Context(), ann, made.ID, ticket.Edit{Fields: fields})
		refuses(t, err, "fields.school")
		_, err = d.tickets.Apply(t.Context(), ann, made.ID, ticket.Action{Do: ticket.DoField, To: "school", Text: "x"})
		refuses(t, err, "fields.school")
		d.unchanged(t, now, head)
		_, err = d.tickets.Edit(t.Context(), ann, made.ID, ticket.Edit{Fields: map[string]any{"school": nil, "level": "6"}})
		must(t, err)
	})
}

func TestPrivateAttachments(t *testing.T) {
	eachPrivacy(t, func(t *testing.T, d *desk, begin func()) {
		before := d.upload(t, d.user(), "before.png", png)
		begin()
		_, err := d.tickets.Upload(t.Context(), d.user(), ticket.DefaultApp, "webchat", "f", strings.NewReader(png))
		privately(t, err)
		in := d.inbound("", "")
		in.Attachments = []string{before.ID}
		_, err = d.tickets.Write(t.Context(), in)
		privately(t, err)
		in.Text, in.ClientID = "Look.", "c"
		w, err := d.tickets.Write(t.Context(), in)
		must(t, err)
		if len(w.Message.Attachments) > 0 || len(w.Warnings) != 1 || w.Warnings[0].Field != "message.attachments" {
			t.Errorf("written %+v", w)
		}
		if infos, err := d.blobs.List(t.Context(), "", 10); len(infos) != 0 || err != nil {
			t.Errorf("files that are left: %v, %v", infos, err)
		}
		again, err := d.tickets.Write(t.Context(), in)
		if must(t, err); !again.Again {
			t.Errorf("again %+v", again)
		}
		// What staff sends him is another thing.
		a := d.upload(t, ann, "manual.pdf", "%PDF-1.7")
		_, m, err := d.tickets.Reply(t.Context(), ann, w.Ticket.ID, ticket.Draft{Attachments: []string{a.ID}})
		if must(t, err); len(m.Attachments) != 1 {
			t.Errorf("replied %+v", m)
		}
		if s, err := d.read(t, d.user(), a.ID); s != "%PDF-1.7" || err != nil {
			t.Errorf("he reads %q, %v", s, err)
		}
	})
}

// What was filled in before goes, and so does what the history says of it.
func TestPersonalFieldsFromBefore(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		must(t, d.tickets.SaveField(t.Context(), host, &ticket.Field{Key: "school", Type: ticket.SingleLine, Personal: true, Editable: true}))
		must(t, d.tickets.SaveField(t.Context(), host, &ticket.Field{Key: "level", Type: ticket.SingleLine, Editable: true}))
		made := func(endUser string) string {
			tk, err := d.tickets.Create(t.Context(), ticket.New{EndUser: endUser, Fields: map[string]any{"school": "swordfish", "level": "5"}})
			must(t, err)
			_, err = d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{Fields: map[string]any{"school": "swordfish 2", "level": "6"}})
			must(t, err)
			return tk.ID
		}
		his, merged, others := made(d.eve), made(d.eve), made(d.endUser(t, "adam"))
		_, _, err := d.tickets.Merge(t.Context(), ann, merged, his, nil)
		must(t, err)
		_, err = d.people.SetPrivate(t.Context(), ann, d.eve, true)
		must(t, err)
		d.step(t)
		for id, want := range map[string]bool{his: false, merged: false, others: true} {
			tk := d.get(t, id)
			_, has := tk.Field("school")
			if v, _ := ticket.ValueOf[string](tk, "level"); has != want || v != "6" || strings.Contains(d.payloads(t, id), "swordfish") != want {
				t.Errorf("fields %+v, events %s", tk.Fields, d.payloads(t, id))
			}
		}
		if !strings.Contains(d.told(t, his), "changed fields.level from 5 to 6") {
			t.Errorf("history: %s", d.told(t, his))
		}
		head := d.head(t)
		d.step(t)
		d.unchanged(t, d.get(t, his), head)
	})
}

func TestPrivateNameIsUnresolved(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		_, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "eve", Name: "Eve"})
		must(t, err)
		tk, q := d.ask(t), d.quick(t, admin, quick("Hello", "", "Dear {{user.name}}"))
		_, m, err := d.tickets.SendQuickReply(t.Context(), ann, tk.ID, q.ID, ticket.Draft{})
		if must(t, err); m.Text != "Dear Eve" {
			t.Errorf("sent %q", m.Text)
		}
		_, err = d.people.SetPrivate(t.Context(), host, d.eve, true)
		must(t, err)
		_, _, err = d.tickets.SendQuickReply(t.Context(), ann, tk.ID, q.ID, ticket.Draft{})
		if missing, ok := errors.AsType[*ticket.UnresolvedError](err); !ok || missing.Names[0] != "user.name" {
			t.Errorf("error %v", err)
		}
	})
}
