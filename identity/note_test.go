package identity_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

func TestNotes(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		u, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "eve"})
		must(t, err)
		other, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "adam"})
		must(t, err)
		a, b := d.agent(t, "ann", identity.AgentRole), d.agent(t, "bob", identity.AgentRole)
		ann, bob, chief, root := a.Actor(), b.Actor(), d.lead(t, "cleo", a).Actor(), d.agent(t, "root", identity.Admin).Actor()
		first, err := d.people.AddNote(t.Context(), ann, u.ID, "  likes tea\x00 ")
		must(t, err)
		second, err := d.people.AddNote(t.Context(), bob, u.ID, strings.Repeat("é", identity.MaxNote))
		must(t, err)
		_, err = d.people.AddNote(t.Context(), ann, other.ID, "of somebody else")
		must(t, err)
		ns, err := d.people.Notes(t.Context(), ann, u.ID)
		must(t, err)
		if len(ns) != 2 || ns[0].ID != second.ID || ns[1].Text != "likes tea\ufffd" || ns[1].By != ann || !ns[1].Created.Equal(d.clock.now()) {
			t.Errorf("notes %+v", ns)
		}
		for _, text := range []string{"", " \n ", strings.Repeat("é", identity.MaxNote+1)} {
			_, err := d.people.AddNote(t.Context(), ann, u.ID, text)
			refuses(t, err, "note.text")
		}
		_, err = d.people.AddNote(t.Context(), ann, "nobody", "a note")
		is(t, err, store.ErrNotFound)
		self := event.Actor{Kind: event.EndUser, ID: u.ID}
		_, err = d.people.AddNote(t.Context(), self, u.ID, "me")
		forbidden(t, err)
		_, err = d.people.Notes(t.Context(), self, u.ID)
		forbidden(t, err)
		forbidden(t, d.people.DeleteNote(t.Context(), self, first.ID))
		forbidden(t, d.people.DeleteNote(t.Context(), ann, second.ID))
		forbidden(t, d.people.DeleteNote(t.Context(), chief, second.ID)) // bob isn't in his team
		must(t, d.people.DeleteNote(t.Context(), chief, first.ID))
		must(t, d.people.DeleteNote(t.Context(), root, second.ID))
		is(t, d.people.DeleteNote(t.Context(), chief, second.ID), store.ErrNotFound)
		if ns, err = d.people.Notes(t.Context(), ann, u.ID); err != nil || len(ns) != 0 {
			t.Errorf("left %+v, %v", ns, err)
		}
		want := []string{"end_user.noted", "end_user.noted", "end_user.noted", "end_user.note_deleted", "end_user.note_deleted"}
		if got := d.events(t); !slices.Equal(got[len(got)-5:], want) {
			t.Errorf("events %v", got)
		}
	})
}

func TestNotesAreBounded(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		u, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "eve"})
		must(t, err)
		for i := range identity.MaxNotes {
			_, err := d.people.AddNote(t.Context(), host, u.ID, fmt.Sprint("note ", i))
			must(t, err)
		}
		_, err = d.people.AddNote(t.Context(), host, u.ID, "one more")
		refuses(t, err, "note")
		ns, err := d.people.Notes(t.Context(), host, u.ID)
		must(t, err)
		if len(ns) != identity.MaxNotes || ns[0].Text != "note 99" {
			t.Errorf("%d notes, the newest is %+v", len(ns), ns[0])
		}
		must(t, d.people.DeleteNote(t.Context(), host, ns[50].ID))
		_, err = d.people.AddNote(t.Context(), host, u.ID, "one more")
		must(t, err)
	})
}
