package ticket_test

import (
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What is an agent's own isn't for the host's programs that act by a key.
func TestKeysAndWhatIsAnAgentsOwn(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		k, _, err := d.people.AddKey(ctx, host, identity.Key{Name: "bridge", May: []identity.Permission{identity.Converse}})
		must(t, err)
		key := k.Actor()
		own := quick("Mine", "/mine", "Mine.")
		own.Owner = "ann"
		d.quick(t, ann, own)
		view := d.saveView(t, ann, ticket.View{Name: "Mine", Owner: "ann"})
		shared := d.saveView(t, host, ticket.View{Name: "All"})
		_, err = d.tickets.QuickReply(ctx, key, own.ID)
		is(t, err, store.ErrNotFound)
		_, _, err = d.tickets.QuickReplies(ctx, key, ticket.QuickReplyFilter{Owner: "ann"}, "", 9)
		is(t, err, store.ErrNotFound)
		is(t, d.tickets.DeleteQuickReply(ctx, key, own.ID), store.ErrNotFound)
		is(t, d.tickets.SaveQuickReply(ctx, key, own), store.ErrNotFound)
		vs, err := d.tickets.Views(ctx, key)
		if len(vs) != 1 || vs[0].ID != shared.ID || err != nil {
			t.Errorf("views %+v, %v", vs, err)
		}
		_, _, err = d.tickets.ViewTickets(ctx, key, view.ID, "", 9)
		is(t, err, store.ErrNotFound)
		forbidden(t, d.tickets.SaveView(ctx, key, view))
		forbidden(t, d.tickets.DeleteView(ctx, key, view))
	})
}
