package ticket_test

import (
	"context"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// narrow has agents see their own tickets only.
func (d *desk) narrow(t testing.TB) {
	t.Helper()
	a, err := d.people.Access(t.Context())
	must(t, err)
	a.Agent.Sees = identity.SeesOwn
	must(t, d.people.SaveAccess(t.Context(), host, a))
}

// Who sends something once more gets the ticket as he may see it now.
func TestRepetitionsShowWhatIsSeen(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.platform(t, func(p *ticket.Platform) { p.AskResolved, p.CSAT = false, true })
		q := d.quick(t, admin, quick("Hi", "/hi", "Hello."))
		tk := d.fresh(t, "a")
		_, _, err := d.tickets.SendQuickReply(ctx, ann, tk.ID, q.ID, ticket.Draft{ClientID: "q"})
		must(t, err)
		_, err = d.tickets.Resolve(ctx, ann, tk.ID)
		must(t, err)
		_, err = d.tickets.Rate(ctx, d.user(), tk.ID, 2, "Slow.")
		must(t, err)
		d.toggle(t)
		shown := map[string]*ticket.Ticket{}
		shown["SendQuickReply"], _, err = d.tickets.SendQuickReply(ctx, ann, tk.ID, q.ID, ticket.Draft{ClientID: "q"})
		must(t, err)
		shown["Apply"], err = d.tickets.Apply(ctx, ann, tk.ID)
		must(t, err)
		must(t, d.db.Update(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			shown["Get in a transaction"], err = d.tickets.In(tx).Get(ctx, ann, tk.ID)
			return err
		}))
		for what, x := range shown {
			if s := x.Resolution.Survey; s.Score != 0 || s.Comment != "" {
				t.Errorf("%s: %+v", what, s)
			}
		}

		n := ticket.New{Actor: ann, Key: "k", EndUser: d.eve, Message: &ticket.Draft{Text: "new"}}
		made, err := d.tickets.Create(ctx, n)
		must(t, err)
		from := d.fresh(t, "b")
		d.reply(t, ann, from.ID, "first")
		_, m, err := d.tickets.SendQuickReply(ctx, ann, from.ID, q.ID, ticket.Draft{ClientID: "q"})
		must(t, err)
		_, part, err := d.tickets.Split(ctx, admin, from.ID, []int64{m.Seq}, "")
		must(t, err)
		for _, id := range []string{made.ID, part.ID} {
			_, err = d.tickets.Assign(ctx, admin, id, "bob")
			must(t, err)
		}
		d.narrow(t)
		_, err = d.tickets.Get(ctx, ann, part.ID)
		is(t, err, store.ErrNotFound)
		_, err = d.tickets.Get(ctx, ann, from.ID) // he has it still
		must(t, err)
		_, _, err = d.tickets.SendQuickReply(ctx, ann, from.ID, q.ID, ticket.Draft{ClientID: "q"})
		is(t, err, store.ErrNotFound)
		_, err = d.tickets.Create(ctx, n)
		is(t, err, store.ErrNotFound)
	})
}
