package identity_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/google/go-cmp/cmp"
)

func (d *desk) invite(t testing.TB, email string) (*identity.Invitation, string) {
	t.Helper()
	i, token, err := d.people.Invite(t.Context(), host, identity.Invitation{Email: email})
	must(t, err)
	return i, token
}

// turnedAway says that an invitation isn't taken, for this reason.
func (d *desk) turnedAway(t testing.TB, token string, want identity.InvitationReason) {
	t.Helper()
	a, err := d.people.AcceptInvitation(t.Context(), token, identity.Newcomer{Name: "Eve"})
	if bad, ok := errors.AsType[*identity.InvitationError](err); !ok || bad.Reason != want || a != nil {
		t.Errorf("agent %v, error %v, want %s", a, err, want)
	}
}

func TestInvitation(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		root := d.agent(t, "root", identity.Admin)
		for _, id := range []string{"tea", "old"} {
			must(t, d.people.SaveGroup(ctx, host, &identity.Group{ID: id, Name: id}))
		}
		d.lead(t, "north")
		i, token, err := d.people.Invite(ctx, root.Actor(), identity.Invitation{Email: " Jo@Example.COM ", Name: "Jo", Groups: []string{"tea", "old"}, Team: "north"})
		must(t, err)
		if i.Email != "jo@example.com" || !i.Expires.Equal(d.clock.now().Add(7*24*time.Hour)) || i.By != root.Actor() {
			t.Errorf("invitation %+v", i)
		}
		_, _, err = d.people.Invite(ctx, root.Actor(), identity.Invitation{Email: "jo@example.com"})
		is(t, err, store.ErrExists)
		g, err := d.people.Group(ctx, "old")
		must(t, err)
		g.Archived = true
		must(t, d.people.SaveGroup(ctx, host, g))

		_, err = d.people.AcceptInvitation(ctx, token, identity.Newcomer{ID: "a b"})
		refuses(t, err, "agent.id")
		_, err = d.people.AcceptInvitation(ctx, token, identity.Newcomer{ID: "root"})
		is(t, err, store.ErrExists)
		a, err := d.people.AcceptInvitation(ctx, token, identity.Newcomer{ID: "jo", Picture: "https://example.com/jo.png"})
		must(t, err)
		want := &identity.Agent{ID: "jo", Name: "Jo", Email: "jo@example.com", Picture: "https://example.com/jo.png", Role: identity.AgentRole, Team: "north",
			Groups: []string{"tea"}, Created: d.clock.now(), Updated: d.clock.now(), Rev: 1}
		if diff := cmp.Diff(want, a); diff != "" {
			t.Error(diff)
		}
		d.turnedAway(t, token, identity.InvitationUsed)
		_, _, err = d.people.Invite(ctx, host, identity.Invitation{Email: "JO@example.com"})
		refuses(t, err, "invitation.email")
		err = d.people.RevokeInvitation(ctx, host, i.ID)
		if bad, ok := errors.AsType[*identity.InvitationError](err); !ok || bad.Reason != identity.InvitationUsed {
			t.Errorf("revoked after its use: %v", err)
		}
		is, _, err := d.people.Invitations(ctx, root.Actor(), "", 10)
		if must(t, err); len(is) != 1 || is[0].Agent != "jo" || !is[0].Used.Equal(d.clock.now()) {
			t.Errorf("listed %+v", is)
		}
		types := strings.Join(d.events(t), " ")
		if !strings.HasSuffix(types, "agent.created invitation.accepted") || strings.Count(types, "invitation.") != 2 {
			t.Errorf("events %s", types)
		}
		// Who has left can be invited again, and begins anew.
		a.Inactive = true
		must(t, d.people.SaveAgent(ctx, host, a))
		_, token = d.invite(t, "jo@example.com")
		back, err := d.people.AcceptInvitation(ctx, token, identity.Newcomer{})
		if must(t, err); back.ID == "jo" || back.ID == "" || back.Name != "jo@example.com" || back.Role != identity.AgentRole || back.Team != "" {
			t.Errorf("back as %+v", back)
		}
	})
}

// An invitation ends: by time, by hand, with its sender's permission.
func TestInvitationEnds(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		i, token := d.invite(t, "jo@example.com")
		for at := range token {
			d.turnedAway(t, token[:at], identity.InvitationBad)
		}
		for _, bad := range []string{"", ".", token + "A", " " + token, i.ID + "." + d.people.Sign("session", i.ID), "x" + token} {
			d.turnedAway(t, bad, identity.InvitationBad)
		}
		d.clock.forward(7 * 24 * time.Hour)
		d.turnedAway(t, token, identity.InvitationExpired)
		next, second := d.invite(t, "jo@example.com") // in its place
		d.turnedAway(t, token, identity.InvitationRevoked)
		for range 2 {
			must(t, d.people.RevokeInvitation(ctx, host, next.ID))
		}
		d.turnedAway(t, second, identity.InvitationRevoked)
		is(t, d.people.RevokeInvitation(ctx, host, "nobody"), store.ErrNotFound)

		d.agent(t, "root", identity.Admin)
		boss := d.agent(t, "boss", identity.Admin)
		_, third, err := d.people.Invite(ctx, boss.Actor(), identity.Invitation{Email: "jo@example.com", Valid: identity.MaxInvitationTime})
		must(t, err)
		boss.Role = identity.Supervisor
		must(t, d.people.SaveAgent(ctx, host, boss))
		d.turnedAway(t, third, identity.InvitationRevoked)
		boss.Role = identity.Admin
		must(t, d.people.SaveAgent(ctx, host, boss))
		d.clock.forward(30*24*time.Hour - time.Second)
		a := &identity.Agent{Name: "Jo", Email: "jo@example.com"}
		must(t, d.people.SaveAgent(ctx, host, a))
		_, err = d.people.AcceptInvitation(ctx, third, identity.Newcomer{})
		refuses(t, err, "invitation.email")
		a.Inactive = true
		must(t, d.people.SaveAgent(ctx, host, a))
		_, err = d.people.AcceptInvitation(ctx, third, identity.Newcomer{})
		must(t, err)

		n, err := d.people.SweepInvitations(ctx, d.clock.now().Add(identity.KeepInvitations))
		if must(t, err); n != 2 {
			t.Errorf("%d swept, want those that ended by then", n)
		}
		d.turnedAway(t, second, identity.InvitationBad)
	})
}

func TestInviteRefuses(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	ctx := t.Context()
	longest := identity.Invitation{Email: strings.Repeat("a", 250) + "@b.c", Name: strings.Repeat("é", identity.MaxName), Valid: identity.MaxInvitationTime}
	if _, _, err := d.people.Invite(ctx, host, longest); err != nil {
		t.Error(err)
	}
	for field, i := range map[string]identity.Invitation{
		"invitation.email": {Email: "Jo <jo@example.com>"}, "invitation.email ": {}, "invitation.email  ": {Email: strings.Repeat("a", 251) + "@b.c"},
		"invitation.name": {Email: "jo@example.com", Name: strings.Repeat("é", identity.MaxName+1)}, "invitation.valid": {Email: "jo@example.com", Valid: identity.MaxInvitationTime + 1},
		"invitation.valid ": {Email: "jo@example.com", Valid: -1}, "agent.groups": {Email: "jo@example.com", Groups: []string{"none"}},
		"invitation.team": {Email: "jo@example.com", Team: "none"},
	} {
		_, token, err := d.people.Invite(ctx, host, i)
		if refuses(t, err, strings.TrimSpace(field)); token != "" {
			t.Errorf("%s: a token", field)
		}
	}
	for _, who := range []event.Actor{d.agent(t, "su", identity.Supervisor).Actor(), {Kind: event.EndUser, ID: "x"}} {
		_, _, err := d.people.Invite(ctx, who, identity.Invitation{Email: "jo@example.com"})
		forbidden(t, err)
		forbidden(t, d.people.RevokeInvitation(ctx, who, "x"))
		_, _, err = d.people.Invitations(ctx, who, "", 10)
		forbidden(t, err)
	}
}

// Of those who accept one invitation at once, one gets in.
func TestInvitationIsUsedOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		_, token := d.invite(t, "jo@example.com")
		var in atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, err := d.people.AcceptInvitation(t.Context(), token, identity.Newcomer{}); err == nil {
					in.Add(1)
				} else if bad, ok := errors.AsType[*identity.InvitationError](err); !ok || bad.Reason != identity.InvitationUsed {
					t.Error(err)
				}
			})
		}
		all.Wait()
		as, _, err := d.people.Agents(t.Context(), "", 10)
		if must(t, err); in.Load() != 1 || len(as) != 1 {
			t.Errorf("%d got in, %d agents", in.Load(), len(as))
		}
	})
}
