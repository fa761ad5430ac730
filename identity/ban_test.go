package identity_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// sends lets an end user send something, and says what he hears.
func (d *desk) sends(t testing.TB, id, from string) error {
	t.Helper()
	var a netip.Addr
	if from != "" {
		a = netip.MustParseAddr(from)
	}
	return d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := d.people.Sender(ctx, tx, id, a)
		return err
	})
}

func isBanned(err error) bool {
	_, ok := errors.AsType[*identity.BannedError](err)
	return ok
}

func (d *desk) ban(t testing.TB, k identity.BanKind, value string) *identity.Ban {
	t.Helper()
	b, err := d.people.Ban(t.Context(), host, identity.Ban{Kind: k, Value: value})
	must(t, err)
	return b
}

func TestBanKinds(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		eve, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "Eve", Email: "eve@mail.example.com"})
		must(t, err)
		claims, err := d.ensure(t, d.visit(t, "claimer", nil))
		must(t, err)
		_, err = d.people.Claim(t.Context(), event.Actor{Kind: event.EndUser, ID: claims.ID}, claims.ID, identity.Profile{Email: "eve@mail.example.com"})
		must(t, err)
		for _, c := range []struct {
			kind        identity.BanKind
			value, from string
			eve, claims bool
		}{
			{identity.BanEndUser, eve.ID, "", true, false},
			{identity.BanUserID, "Eve", "", true, false},
			{identity.BanUserID, "eve", "", false, false},
			{identity.BanEmail, " Eve@Mail.example.com ", "", true, true},
			{identity.BanEmail, "adam@mail.example.com", "", false, false},
			{identity.BanDomain, "@MAIL.example.com", "", true, true},
			{identity.BanDomain, "example.com", "", true, true},
			{identity.BanDomain, "ail.example.com", "", false, false},
			{identity.BanDomain, "a.mail.example.com", "", false, false},
			{identity.BanIP, "203.0.113.7", "203.0.113.7", true, true},
			{identity.BanIP, "203.0.113.7", "203.0.113.8", false, false},
			{identity.BanIP, "203.0.113.7", "", false, false},
			{identity.BanIP, "::ffff:203.0.113.7", "203.0.113.7", true, true},
			{identity.BanIP, "203.0.113.77/24", "::ffff:203.0.113.200", true, true},
			{identity.BanIP, "203.0.113.0/25", "203.0.113.200", false, false},
			{identity.BanIP, "2001:db8::/32", "2001:db8:1::1", true, true},
			{identity.BanIP, "2001:db8::/32", "2001:db9::1", false, false},
		} {
			b := d.ban(t, c.kind, c.value)
			if got := isBanned(d.sends(t, eve.ID, c.from)); got != c.eve {
				t.Errorf("%s %q, from %q: banned %v", c.kind, c.value, c.from, got)
			}
			if got := isBanned(d.sends(t, claims.ID, c.from)); got != c.claims {
				t.Errorf("%s %q, from %q: who claims is banned %v", c.kind, c.value, c.from, got)
			}
			must(t, d.people.Lift(t.Context(), host, b.ID))
			if err := d.sends(t, eve.ID, c.from); err != nil {
				t.Errorf("%s %q: after it was lifted: %v", c.kind, c.value, err)
			}
		}
	})
}

func TestBanInput(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		for _, c := range []struct {
			field string
			b     identity.Ban
		}{
			{"ban.kind", identity.Ban{Kind: "fax", Value: "1"}},
			{"ban.value", identity.Ban{Kind: identity.BanEndUser}},
			{"ban.value", identity.Ban{Kind: identity.BanUserID}},
			{"ban.value", identity.Ban{Kind: identity.BanUserID, Value: strings.Repeat("é", 751)}},
			{"ban.value", identity.Ban{Kind: identity.BanUserID, Value: "a\nb"}},
			{"ban.value", identity.Ban{Kind: identity.BanEmail, Value: "nobody"}},
			{"ban.value", identity.Ban{Kind: identity.BanEmail, Value: "Eve <eve@example.com>"}},
			{"ban.value", identity.Ban{Kind: identity.BanEmail, Value: strings.Repeat("a", 243) + "@example.com"}},
			{"ban.value", identity.Ban{Kind: identity.BanDomain, Value: "com"}},
			{"ban.value", identity.Ban{Kind: identity.BanDomain, Value: "exa mple.com"}},
			{"ban.value", identity.Ban{Kind: identity.BanDomain, Value: strings.Repeat("a.", 126) + "aa"}},
			{"ban.value", identity.Ban{Kind: identity.BanIP, Value: "here"}},
			{"ban.value", identity.Ban{Kind: identity.BanIP, Value: "203.0.113.0/33"}},
			{"ban.value", identity.Ban{Kind: identity.BanIP, Value: "10.0.0.0/7"}},
			{"ban.value", identity.Ban{Kind: identity.BanIP, Value: "2000::/15"}},
			{"ban.value", identity.Ban{Kind: identity.BanIP, Value: "::ffff:203.0.113.0/120"}},
			{"ban.reason", identity.Ban{Kind: identity.BanIP, Value: "203.0.113.1", Reason: strings.Repeat("é", identity.MaxBanReason+1)}},
			{"ban.until", identity.Ban{Kind: identity.BanIP, Value: "203.0.113.1", Until: d.clock.now()}},
		} {
			_, err := d.people.Ban(t.Context(), host, c.b)
			refuses(t, err, c.field)
		}
		for _, b := range []identity.Ban{
			{Kind: identity.BanUserID, Value: strings.Repeat("é", 750)},
			{Kind: identity.BanEmail, Value: strings.Repeat("a", 242) + "@example.com"},
			{Kind: identity.BanDomain, Value: strings.Repeat("a.", 126) + "a"},
			{Kind: identity.BanIP, Value: "10.0.0.0/8"},
			{Kind: identity.BanIP, Value: "2000::/16"},
			{Kind: identity.BanIP, Value: "203.0.113.1", Reason: strings.Repeat("é", identity.MaxBanReason), Until: d.clock.now().Add(time.Microsecond)},
		} {
			_, err := d.people.Ban(t.Context(), host, b)
			must(t, err)
		}
		_, err := d.people.Ban(t.Context(), host, identity.Ban{Kind: identity.BanIP, Value: "10.1.2.3/8"})
		is(t, err, store.ErrExists)
		_, err = d.people.Ban(t.Context(), host, identity.Ban{Kind: identity.BanEndUser, Value: "nobody"})
		is(t, err, store.ErrNotFound)
		is(t, d.people.Lift(t.Context(), host, "nothing"), store.ErrNotFound)
		if bs, _, err := d.people.Bans(t.Context(), host, "", 100); err != nil || len(bs) != 6 {
			t.Errorf("%d bans, %v", len(bs), err)
		}
	})
}

func TestBanEnds(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		eve, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "eve"})
		must(t, err)
		until := d.clock.now().Add(time.Hour)
		b := identity.Ban{Kind: identity.BanUserID, Value: "eve", Reason: "spam", Until: until}
		_, err = d.people.Ban(t.Context(), host, b)
		must(t, err)
		e, _ := errors.AsType[*identity.BannedError](d.sends(t, eve.ID, ""))
		if e == nil || !e.Until.Equal(until) || strings.Contains(e.Error(), "spam") {
			t.Errorf("banned until %v: %v", until, e)
		}
		d.clock.forward(time.Hour)
		if err := d.sends(t, eve.ID, ""); err != nil {
			t.Errorf("after its end: %v", err)
		}
		b.Until = time.Time{}
		again, err := d.people.Ban(t.Context(), host, b) // of the one that has ended nothing is in its way
		must(t, err)
		if !isBanned(d.sends(t, eve.ID, "")) || again.EndUser != eve.ID {
			t.Errorf("banned again: %+v", again)
		}
		b.Kind, b.Value, b.Until = identity.BanDomain, "example.com", d.clock.now().Add(time.Minute)
		_, err = d.people.Ban(t.Context(), host, b)
		must(t, err)
		d.clock.forward(2 * time.Minute)
		n, err := d.people.SweepBans(t.Context(), d.clock.now())
		must(t, err)
		bs, _, err := d.people.Bans(t.Context(), host, "", 10)
		must(t, err)
		if n != 1 || len(bs) != 1 || bs[0].ID != again.ID {
			t.Errorf("%d swept, left %+v", n, bs)
		}
		want := []string{"end_user.created", "end_user.banned", "ban.created", "ban.lifted", "end_user.banned", "ban.created", "ban.created", "ban.lifted"}
		if got := d.events(t); !slices.Equal(got, want) {
			t.Errorf("events %v", got)
		}
	})
}

// Nobody gets out of a ban by naming another address; staff can correct it.
func TestBannedClaim(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		u, err := d.ensure(t, d.visit(t, "eve", nil))
		must(t, err)
		self := event.Actor{Kind: event.EndUser, ID: u.ID}
		claim := func(who event.Actor, email string) {
			_, err := d.people.Claim(t.Context(), who, u.ID, identity.Profile{Email: email})
			must(t, err)
		}
		claim(self, "eve@example.com")
		d.ban(t, identity.BanEmail, "eve@example.com")
		claim(self, "adam@example.com")
		if !isBanned(d.sends(t, u.ID, "")) {
			t.Error("another claim lifts a ban")
		}
		claim(host, "adam@example.com")
		must(t, d.sends(t, u.ID, ""))
	})
}

func TestBanPermissions(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		agent, chief := d.agent(t, "ann", identity.AgentRole).Actor(), d.lead(t, "cleo").Actor()
		u, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "eve"})
		must(t, err)
		self := event.Actor{Kind: event.EndUser, ID: u.ID}
		b := identity.Ban{Kind: identity.BanUserID, Value: "eve"}
		for _, who := range []event.Actor{agent, self, {Kind: event.Bot, ID: "bot"}} {
			_, err := d.people.Ban(t.Context(), who, b)
			forbidden(t, err)
		}
		made, err := d.people.Ban(t.Context(), chief, b)
		must(t, err)
		forbidden(t, d.people.Lift(t.Context(), agent, made.ID))
		for _, who := range []event.Actor{agent, self} {
			if got, err := d.people.BanOf(t.Context(), who, u.ID, netip.Addr{}); err != nil || got == nil || got.By != chief {
				t.Errorf("%v sees %+v, %v", who, got, err)
			}
		}
		_, err = d.people.BanOf(t.Context(), event.Actor{Kind: event.EndUser, ID: "other"}, u.ID, netip.Addr{})
		is(t, err, store.ErrNotFound)
		_, _, err = d.people.Bans(t.Context(), self, "", 1)
		forbidden(t, err)
		_, _, err = d.people.Withheld(t.Context(), self, "", 1)
		forbidden(t, err)
		must(t, d.people.Lift(t.Context(), chief, made.ID))
	})
}

func TestBanPages(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		for i := range 5 {
			d.ban(t, identity.BanIP, fmt.Sprintf("203.0.113.%d", i))
		}
		var seen []string
		for after := ""; ; {
			bs, next, err := d.people.Bans(t.Context(), host, after, 2)
			must(t, err)
			for _, b := range bs {
				seen = append(seen, b.Value)
			}
			if after = next; after == "" {
				break
			}
		}
		if want := "203.0.113.0/32 203.0.113.1/32 203.0.113.2/32 203.0.113.3/32 203.0.113.4/32"; strings.Join(seen, " ") != want {
			t.Errorf("pages of %v", seen)
		}
	})
}

// A ban that is rolled back leaves nothing, not even in memory.
func TestBanRolledBack(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		u, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "eve"})
		must(t, err)
		undo := errors.New("undo")
		is(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			people := d.people.In(tx)
			if _, err := people.Ban(ctx, host, identity.Ban{Kind: identity.BanUserID, Value: "eve"}); err != nil {
				return err
			}
			if _, err := people.Sender(ctx, tx, u.ID, netip.Addr{}); !isBanned(err) {
				t.Errorf("in the ban's transaction: %v", err)
			}
			return undo
		}), undo)
		must(t, d.sends(t, u.ID, ""))
		d.ban(t, identity.BanUserID, "adam")
		must(t, d.sends(t, u.ID, ""))
	})
}

func TestWithheld(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		keep := func(id, text string) {
			must(t, d.people.Withhold(t.Context(), id, identity.Withheld{EndUser: "eve", Ban: "b", App: "default", Platform: "api", Text: text}))
		}
		keep("1", "first")
		keep("1", "first")
		d.clock.forward(time.Minute)
		keep("2", strings.Repeat("é", 10_001))
		ws, next, err := d.people.Withheld(t.Context(), host, "", 1)
		must(t, err)
		if len(ws) != 1 || ws[0].Text != strings.Repeat("é", 10_000) || next == "" {
			t.Errorf("the newest: %d of %d characters, next %q", len(ws), len([]rune(ws[0].Text)), next)
		}
		ws, next, err = d.people.Withheld(t.Context(), host, next, 1)
		must(t, err)
		if len(ws) != 1 || ws[0].Text != "first" || next != "" {
			t.Errorf("the oldest: %+v", ws)
		}
		d.clock.forward(identity.KeepWithheld - time.Second)
		n, err := d.people.SweepBans(t.Context(), d.clock.now())
		must(t, err)
		ws, _, err = d.people.Withheld(t.Context(), host, "", 10)
		must(t, err)
		if n != 1 || len(ws) != 1 || ws[0].Text == "first" {
			t.Errorf("%d swept, %d left", n, len(ws))
		}
	})
}

// The number of bans, and of what is kept of one, is bounded.
func TestBanLimits(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	must(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for i := range 999 {
			if err := d.people.In(tx).Withhold(ctx, "", identity.Withheld{EndUser: "eve", Ban: "b", Text: fmt.Sprint(i)}); err != nil {
				return err
			}
		}
		return nil
	}))
	count := func() (n int) {
		for after := ""; ; {
			ws, next, err := d.people.Withheld(t.Context(), host, after, 200)
			must(t, err)
			n += len(ws)
			if after = next; after == "" {
				return n
			}
		}
	}
	for _, want := range []int{1000, 1000} {
		must(t, d.people.Withhold(t.Context(), "", identity.Withheld{EndUser: "eve", Ban: "b", Text: "more"}))
		if got := count(); got != want {
			t.Errorf("%d are kept, want %d", got, want)
		}
	}
	for i := 0; i < identity.MaxBans; {
		must(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for range 1000 {
				if _, err := d.people.In(tx).Ban(ctx, host, identity.Ban{Kind: identity.BanUserID, Value: fmt.Sprint(i)}); err != nil {
					return err
				}
				i++
			}
			return nil
		}))
	}
	_, err := d.people.Ban(t.Context(), host, identity.Ban{Kind: identity.BanUserID, Value: "one more"})
	refuses(t, err, "ban")
	u, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "9999"})
	must(t, err)
	if !isBanned(d.sends(t, u.ID, "")) {
		t.Error("the last of many bans doesn't hold")
	}
}
