package frontdesk_test

import (
	"context"
	"errors"
	"strings"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// withLone adds an end user who is known by an email, x.other.
func withLone(x *table) {
	u, err := x.People.Save(x.t.Context(), frontdesk.Host(), identity.Profile{Email: "lone@example.com"})
	x.must(err)
	x.other = u.ID
}

// mergeUsers merges him into eve.
func mergeUsers(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.People.MergeEndUsers(ctx, frontdesk.Host(), x.other, x.eve)
	return err
}

// writeAs is a message of his.
func writeAs(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.Tickets.Write(ctx, ticket.Inbound{EndUser: x.other, Platform: "ios", Draft: ticket.Draft{Text: "from elsewhere"}})
	return err
}

// eveHas says that eve has this many tickets, and he none.
func eveHas(n int) func(x *table) {
	return func(x *table) {
		x.t.Helper()
		ts, _, err := x.Tickets.OfEndUser(x.t.Context(), frontdesk.Host(), x.eve, "", 10)
		x.must(err)
		var left int
		x.must(x.pool.QueryRow(x.t.Context(), "select count(*) from "+x.schema+".ticket where end_user = $1", x.other).Scan(&left))
		if len(ts) != n || left != 0 {
			x.t.Errorf("eve has %d tickets, want %d; %d are left with the merged one", len(ts), n, left)
		}
	}
}

// withKey adds an API key that may converse, x.other.
func withKey(x *table) {
	k, _, err := x.People.AddKey(x.t.Context(), frontdesk.Host(), identity.Key{Name: "shop", May: []identity.Permission{identity.Converse}})
	x.must(err)
	x.other = k.ID
}

func revokeKey(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	return d.People.RevokeKey(ctx, frontdesk.Host(), x.other)
}

func keyReplies(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	k := &identity.Key{ID: x.other}
	_, _, err := d.Tickets.Reply(ctx, k.Actor(), x.ticket, ticket.Draft{Text: "by a program"})
	return err
}

// withInvitation adds an invitation by an admin, whose token is x.other.
func withInvitation(x *table) {
	a := &identity.Agent{ID: "ida", Name: "Ida", Role: identity.Admin}
	x.must(x.People.SaveAgent(x.t.Context(), frontdesk.Host(), a))
	_, token, err := x.People.Invite(x.t.Context(), a.Actor(), identity.Invitation{Email: "new@example.com"})
	x.must(err)
	x.other = token
}

func join(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.People.AcceptInvitation(ctx, x.other, identity.Newcomer{})
	return err
}

func isReason(want identity.InvitationReason) func(error) bool {
	return func(err error) bool {
		bad, ok := errors.AsType[*identity.InvitationError](err)
		return ok && bad.Reason == want
	}
}

func deactivate(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.People.Deactivate(ctx, frontdesk.Host(), "jonas", identity.Handover{})
	return err
}

// nobodyHas says that the ticket has no agent, once all that is due is done.
func nobodyHas(x *table) {
	x.t.Helper()
	_, err := x.Drain(x.t.Context())
	x.must(err)
	tk, err := x.Tickets.Get(x.t.Context(), frontdesk.Host(), x.ticket)
	x.must(err)
	if tk.Assignee.ID != "" {
		x.t.Errorf("%s has the ticket", tk.Assignee)
	}
}

// peopleRaces are the rows about end users and staff.
func peopleRaces() []race {
	return []race{
		{name: "what a merged end user writes is the other one's", before: withLone, first: mergeUsers, second: writeAs, then: fine, ends: eveHas(2)},
		{name: "an end user writes before he is merged", before: withLone, first: writeAs, second: mergeUsers, then: fine, ends: eveHas(2)},
		{name: "a ticket for a merged end user is the other one's", before: withLone, first: mergeUsers, second: func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
			_, err := d.Tickets.Create(ctx, ticket.New{Actor: frontdesk.Host(), EndUser: x.other})
			return err
		}, then: fine, ends: eveHas(2)},
		{name: "a merged end user is banned as the other one", before: withLone, first: mergeUsers, second: func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
			_, err := d.People.Ban(ctx, frontdesk.Host(), identity.Ban{Kind: identity.BanEndUser, Value: x.other})
			return err
		}, then: fine, ends: func(x *table) {
			bs, _, err := x.People.Bans(x.t.Context(), frontdesk.Host(), "", 10)
			x.must(err)
			if len(bs) != 1 || bs[0].Value != x.eve {
				x.t.Errorf("bans %+v", bs)
			}
		}},
		{name: "a key that is revoked does nothing more", before: withKey, first: revokeKey, second: keyReplies, then: denied},
		{name: "a key acts before it is revoked", before: withKey, first: keyReplies, second: revokeKey, then: fine},
		{name: "an invitation is used once", before: withInvitation, first: join, second: join, then: isReason(identity.InvitationUsed)},
		{name: "an invitation that is revoked lets nobody in", before: withInvitation, first: func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
			id, _, _ := strings.Cut(x.other, ".")
			return d.People.RevokeInvitation(ctx, frontdesk.Host(), id)
		}, second: join, then: isReason(identity.InvitationRevoked)},
		{name: "who is no admin any more lets nobody in", before: withInvitation, first: revoke("ida"), second: join, then: isReason(identity.InvitationRevoked)},
		{name: "a ticket that an agent gets while he is deactivated doesn't stay with him", first: assign("jonas"), second: deactivate, then: fine, ends: nobodyHas},
		{name: "an agent who is deactivated gets no ticket", first: deactivate, second: assign("jonas"), then: field("agent"), ends: nobodyHas},
		{name: "an end user is merged once", before: withLone, first: mergeUsers, second: mergeUsers, then: fine, ends: eveHas(1)},
	}
}
