package identity_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"pgregory.net/rapid"
)

// people are a few devices, users and addresses, with which anything may happen.
type people struct {
	*desk
	t     *testing.T
	seen  map[string]bool // ids of end users who were stored
	notes int
}

// meet remembers an end user, with a note on him.
func (p *people) meet(u *identity.EndUser) {
	if u.Rev == 0 || p.seen[u.ID] {
		return
	}
	p.seen[u.ID] = true
	_, err := p.people.AddNote(p.t.Context(), host, u.ID, "met")
	must(p.t, err)
	p.notes++
}

// holds checks what is so whatever has happened.
func (p *people) holds(rt *rapid.T) {
	ctx, notes, now := p.t.Context(), 0, map[string]bool{}
	users := map[string]string{}
	for id := range p.seen {
		u := p.endUser(p.t, id)
		if u.Merged != "" {
			rt.Fatalf("%s leads to an alias: %+v", id, u)
		}
		if u.ID != id && !u.Known() {
			rt.Fatalf("%s was merged into somebody unknown: %+v", id, u)
		}
		if u.UserID != "" && users[u.UserID] != "" && users[u.UserID] != u.ID {
			rt.Fatalf("user id %s is of two", u.UserID)
		}
		users[u.UserID] = u.ID
		if now[u.ID] {
			continue
		}
		now[u.ID] = true
		ns, err := p.people.Notes(ctx, host, u.ID)
		must(p.t, err)
		notes += len(ns)
	}
	if notes != p.notes {
		rt.Fatalf("%d notes are left of %d", notes, p.notes)
	}
	for i := range 3 {
		if u, err := p.people.ByEmail(ctx, address(i)); err == nil && (u.UserID != "" || u.Email != (identity.Contact{Value: address(i), Proven: true})) {
			rt.Fatalf("%s opens %+v", address(i), u)
		}
		if u, err := p.people.ByUserID(ctx, fmt.Sprint("user", i)); err == nil && (u.UserID != fmt.Sprint("user", i) || u.ID != users[u.UserID]) {
			rt.Fatalf("user%d is %+v", i, u)
		}
	}
}

func address(i int) string { return fmt.Sprintf("someone%d@example.com", i) }

// Whatever logins, logouts, claims and merges come in whatever order: an alias leads
// to one end user, emails open no user ids, claims prove nothing, and no note is lost.
func TestMergeModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := openMemory(t)
		d.secret(t, secret)
		p := &people{d, t, map[string]bool{}, 0}
		n := func(name string) int { return rapid.IntRange(0, 2).Draw(rt, name) }
		dev := func() string { return fmt.Sprint("dev", n("device")) }
		rt.Repeat(map[string]func(*rapid.T){
			"": p.holds,
			"write": func(*rapid.T) {
				u, err := p.ensure(t, p.visit(t, dev(), nil))
				must(t, err)
				p.meet(u)
			},
			"login": func(*rapid.T) {
				user, email := "", address(n("email"))
				if rapid.Bool().Draw(rt, "by user id") {
					user = fmt.Sprint("user", n("user"))
				}
				policy := rapid.SampledFrom([]identity.AnonymousPolicy{"", identity.MergeAnonymous, identity.ClearAnonymous}).Draw(rt, "policy")
				l := signed(secret, user, email)
				sess := p.enter(t, dev(), policy, &l)
				if u := sess.EndUser; sess.Refused != nil || u.UserID != user && user != "" || user == "" && u.UserID != "" {
					rt.Fatalf("login of %q %s: %+v", user, email, u)
				}
				p.meet(sess.EndUser)
			},
			"logout": func(*rapid.T) {
				sess := p.visit(t, dev(), nil)
				must(t, p.people.Logout(t.Context(), sess))
			},
			"claim": func(*rapid.T) {
				u, err := p.ensure(t, p.visit(t, dev(), nil))
				must(t, err)
				p.meet(u)
				_, err = p.people.Claim(t.Context(), event.Actor{Kind: event.EndUser, ID: u.ID}, u.ID, identity.Profile{Email: address(n("email"))})
				must(t, err)
			},
			"staff": func(*rapid.T) {
				ids := slices.Sorted(maps.Keys(p.seen))
				if len(ids) < 2 {
					return
				}
				from, into := rapid.SampledFrom(ids).Draw(rt, "from"), rapid.SampledFrom(ids).Draw(rt, "into")
				_, err := p.people.MergeEndUsers(t.Context(), host, from, into)
				if err != nil {
					is(t, err, store.ErrValue)
				}
			},
		})
	})
}
