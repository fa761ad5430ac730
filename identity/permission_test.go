package identity_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

func TestAuthorize(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.agent(t, "root", identity.Admin)
		gone := d.agent(t, "gone", identity.Admin)
		gone.Inactive = true
		must(t, d.people.SaveAgent(t.Context(), host, gone))
		d.lead(t, "boss")
		d.agent(t, "jo", identity.AgentRole)
		all := []identity.Permission{identity.Converse, identity.Organise, identity.Configure, "fly"}
		for _, c := range []struct {
			actor event.Actor
			may   string // of converse, organise, configure, and something that nobody knows
		}{
			{event.Actor{Kind: event.System}, "yyyy"},
			{event.Actor{Kind: event.Agent, ID: "root"}, "yyy-"},
			{event.Actor{Kind: event.Agent, ID: "boss"}, "y---"},
			{event.Actor{Kind: event.Agent, ID: "jo"}, "y---"},
			{event.Actor{Kind: event.Agent, ID: "gone"}, "----"},
			{event.Actor{Kind: event.Agent, ID: "nobody"}, "----"},
			{event.Actor{Kind: event.Agent}, "----"},
			{event.Actor{Kind: event.Bot, ID: "b"}, "y---"},
			{event.Actor{Kind: event.Automation, ID: "r"}, "y---"},
			{event.Actor{Kind: event.EndUser, ID: "root"}, "----"},
			{event.Actor{}, "----"},
			{event.Actor{Kind: "admin", ID: "root"}, "----"},
		} {
			for i, p := range all {
				for name, run := range map[string]func(context.Context, func(context.Context, *store.Tx) error) error{"View": d.db.View, "Update": d.db.Update} {
					err := run(t.Context(), func(ctx context.Context, tx *store.Tx) error {
						return d.people.Authorize(ctx, tx, c.actor, p, identity.On{})
					})
					if c.may[i] == 'y' {
						if err != nil {
							t.Errorf("%s, %s, %s: %v", c.actor, p, name, err)
						}
						continue
					}
					refused, ok := errors.AsType[*identity.PermissionError](err)
					if !ok || refused.Actor != c.actor || refused.Permission != p {
						t.Errorf("%s, %s, %s: error %v", c.actor, p, name, err)
					}
				}
			}
		}
	})
}

// Who may do what, by the services of this package.
func TestServicesAsk(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.agent(t, "root", identity.Admin)
		boss, jo := d.lead(t, "boss").Actor(), d.agent(t, "jo", identity.AgentRole).Actor()
		group := func() *identity.Group { return &identity.Group{Name: strings.Repeat("g", 1+len(d.events(t)))} }
		must(t, d.people.SaveGroup(t.Context(), boss, group()))
		for _, actor := range []event.Actor{jo, {Kind: event.Bot, ID: "b"}, {Kind: event.Automation, ID: "r"}, {Kind: event.EndUser, ID: "u"}} {
			forbidden(t, d.people.SaveGroup(t.Context(), actor, group()))
			forbidden(t, d.people.SaveAgent(t.Context(), actor, &identity.Agent{Name: "X", Role: identity.Admin}))
		}
		forbidden(t, d.people.SaveAgent(t.Context(), boss, &identity.Agent{Name: "X"}))
	})
}

func TestSignatures(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		stranger := openMemory(t)
		good := d.people.Sign("attachment", "a", "b")
		for name, c := range map[string]struct {
			signature, purpose string
			parts              []string
			want               bool
		}{
			"its own":            {good, "attachment", []string{"a", "b"}, true},
			"another purpose":    {good, "session", []string{"a", "b"}, false},
			"another part":       {good, "attachment", []string{"a", "c"}, false},
			"parts joined":       {good, "attachment", []string{"ab"}, false},
			"parts as one":       {good, "attachment", []string{`a" "b`}, false},
			"parts by a space":   {good, "attachment", []string{"a b"}, false},
			"one part more":      {good, "attachment", []string{"a", "b", ""}, false},
			"purpose and part":   {good, "attachmenta", []string{"b"}, false},
			"truncated":          {good[:len(good)-1], "attachment", []string{"a", "b"}, false},
			"empty":              {"", "attachment", []string{"a", "b"}, false},
			"by another desk":    {stranger.people.Sign("attachment", "a", "b"), "attachment", []string{"a", "b"}, false},
			"bytes for a letter": {d.people.Sign("attachment", "\xff"), "attachment", []string{"\ufffd"}, false},
		} {
			if got := d.people.Verify(c.signature, c.purpose, c.parts...); got != c.want {
				t.Errorf("%s: %v", name, got)
			}
		}
	})
}

// The desk's key is made once, and is the same for who opens it later.
func TestKeyStays(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		sess := d.visit(t, "a", nil)
		again, err := identity.Open(t.Context(), d.db, d.log, &identity.Options{Now: d.clock.now})
		must(t, err)
		_, err = again.Authenticate(t.Context(), sess.Token)
		must(t, err)
	})
}

// In joins the caller's transaction: what it did is gone with it.
func TestIn(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		boom := errors.New("boom")
		is(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			people := d.people.In(tx)
			if _, err := people.Save(ctx, host, identity.Profile{UserID: "u1"}); err != nil {
				return err
			}
			if _, err := people.ByUserID(ctx, "u1"); err != nil {
				return err
			}
			return boom
		}), boom)
		_, err := d.people.ByUserID(t.Context(), "u1")
		if is(t, err, store.ErrNotFound); len(d.events(t)) > 0 {
			t.Errorf("events %v of what was rolled back", d.events(t))
		}
	})
}
