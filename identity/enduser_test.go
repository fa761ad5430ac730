package identity_test

import (
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func (d *desk) save(t testing.TB, p identity.Profile) *identity.EndUser {
	t.Helper()
	u, err := d.people.Save(t.Context(), host, p)
	must(t, err)
	return u
}

func (d *desk) endUser(t testing.TB, id string) *identity.EndUser {
	t.Helper()
	u, err := d.people.EndUser(t.Context(), id)
	must(t, err)
	return u
}

// A user id beats an email, and an email never opens another user id's profile.
func TestEmailNeverTakesAUserIDOver(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ann := d.save(t, identity.Profile{UserID: "ann", Email: "ann@example.com", Name: "Ann"})
		bob := d.save(t, identity.Profile{UserID: "bob", Email: "ann@example.com", Name: "Bob"})
		lone := d.save(t, identity.Profile{Email: "ann@example.com", Name: "Somebody"})
		if ann.ID == bob.ID || ann.ID == lone.ID || bob.ID == lone.ID {
			t.Fatalf("ids %s, %s, %s aren't three", ann.ID, bob.ID, lone.ID)
		}
		if again := d.save(t, identity.Profile{Email: "ANN@example.com"}); again.ID != lone.ID {
			t.Errorf("the email leads to %+v", again)
		}
		if again := d.save(t, identity.Profile{UserID: "ann", Email: "new@example.com"}); again.ID != ann.ID || again.Name != "Ann" {
			t.Errorf("the user id leads to %+v", again)
		}
		if diff := cmp.Diff(bob, d.endUser(t, bob.ID)); diff != "" {
			t.Errorf("bob has changed: %s", diff)
		}
		// By login, too.
		d.secret(t, secret)
		l := signed(secret, "mallory", "new@example.com")
		if sess := d.visit(t, "m", &l); sess.Refused != nil || sess.EndUser.ID == ann.ID {
			t.Errorf("an email took user id %s over", sess.EndUser.UserID)
		}
		l = signed(secret, "", "new@example.com")
		if sess := d.visit(t, "n", &l); sess.Refused != nil || sess.EndUser.ID == ann.ID || sess.EndUser.UserID != "" {
			t.Errorf("an email alone opened %+v", sess.EndUser)
		}
	})
}

func TestUserIDAdoptsItsEmail(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		lone := d.save(t, identity.Profile{Email: "ann@example.com", Name: "Ann"})
		u := d.save(t, identity.Profile{UserID: "ann", Email: "Ann@Example.com"})
		if u.ID != lone.ID || u.UserID != "ann" || u.Name != "Ann" || u.Rev != 2 {
			t.Errorf("the user id didn't adopt the profile of its email: %+v", u)
		}
		if next := d.save(t, identity.Profile{UserID: "bob", Email: "ann@example.com"}); next.ID == lone.ID {
			t.Error("a second user id adopted the profile")
		}
		if same := d.save(t, identity.Profile{UserID: "ann", Email: "ann@example.com"}); same.Rev != 2 {
			t.Errorf("saving nothing new made revision %d", same.Rev)
		}
		by, err := d.people.ByUserID(t.Context(), "ann")
		if must(t, err); by.ID != u.ID {
			t.Errorf("ByUserID gives %+v", by)
		}
		_, err = d.people.ByUserID(t.Context(), "ANN")
		is(t, err, store.ErrNotFound) // user ids have case
		if diff := cmp.Diff([]string{"end_user.created", "end_user.changed", "end_user.created"}, d.events(t)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSaveRefusesWhatIsBad(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		long := strings.Repeat("x", 2000)
		for field, p := range map[string]identity.Profile{
			"user_id":            {},
			"name":               {UserID: "u", Name: strings.Repeat("é", 256)},
			"email":              {UserID: "u", Email: "ann@example.com, bob@example.com"},
			"phone":              {UserID: "u", Phone: "+49 ' OR 1=1"},
			"language":           {UserID: "u", Language: "pt_BR"},
			"identities.Shop":    {UserID: "u", Identities: []identity.Identity{{Kind: "Shop", Value: "7"}}},
			"identities.shop":    {UserID: "u", Identities: []identity.Identity{{Kind: "shop"}}},
			"attributes.plan":    {UserID: "u", Attributes: []identity.Attribute{{Key: "plan", Value: long}}},
			"attributes.a b":     {UserID: "u", Attributes: []identity.Attribute{{Key: "a b", Value: "x"}}},
			"attributes.another": {UserID: "u", Attributes: many(identity.MaxAttributes, identity.Attribute{Key: "another"})},
			"identities.another": {UserID: "u", Identities: many(identity.MaxIdentities, identity.Identity{Kind: "another", Value: "x"})},
		} {
			_, err := d.people.Save(t.Context(), host, p)
			refuses(t, err, field)
		}
		if es := d.events(t); len(es) > 0 {
			t.Errorf("refused profiles made events %v", es)
		}
		for _, actor := range []event.Actor{d.agent(t, "jo", identity.Supervisor).Actor(), {Kind: event.EndUser, ID: "x"}, {Kind: event.Bot, ID: "b"}} {
			_, err := d.people.Save(t.Context(), actor, identity.Profile{UserID: "u"})
			forbidden(t, err)
		}
	})
}

// many is one element more than n, all alike.
func many[T any](n int, v T) (all []T) {
	for range n + 1 {
		all = append(all, v)
	}
	return all
}

func TestClaimsNeverReplaceWhatIsProven(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		claim := identity.Profile{Name: "Mallory", Email: "m@example.com", Phone: "+1 555 123456"}
		try := func(u *identity.EndUser) *identity.EndUser {
			t.Helper()
			ws, err := d.people.Claim(t.Context(), event.Actor{Kind: event.EndUser, ID: u.ID}, u.ID, claim)
			if err != nil || len(ws) > 0 {
				t.Errorf("claim: %v, %v", ws, err)
			}
			return d.endUser(t, u.ID)
		}
		full := d.save(t, identity.Profile{UserID: "ann", Email: "ann@example.com", Name: "Ann", Phone: "+49 89 123456"})
		if diff := cmp.Diff(full, try(full)); diff != "" {
			t.Errorf("a claim replaced what is proven: %s", diff)
		}
		lone := d.save(t, identity.Profile{Email: "ann@example.com", Name: "Ann", Phone: "+49 89 123456"})
		if diff := cmp.Diff(lone, try(lone)); diff != "" {
			t.Errorf("a claim replaced what is proven of an email's profile: %s", diff)
		}
		// A claimed email neither proves, nor finds, nor is found.
		sess := d.visit(t, "a", nil)
		u, err := d.ensure(t, sess)
		must(t, err)
		claim.Email = "ann@example.com"
		if u = try(u); u.ID == lone.ID || u.Email != (identity.Contact{Value: "ann@example.com"}) || u.Known() || u.Name != "Mallory" || u.Phone.Proven {
			t.Errorf("after a claim: %+v", u)
		}
		if again := d.save(t, identity.Profile{Email: "ann@example.com"}); again.ID != lone.ID {
			t.Errorf("the email leads to %s now, not to %s", again.ID, lone.ID)
		}
		d.secret(t, secret)
		l := signed(secret, "", "ann@example.com")
		if in := d.visit(t, "b", &l); in.EndUser.ID != lone.ID {
			t.Errorf("a login by email opened %+v", in.EndUser)
		}
	})
}

func TestClaimWarnsAndAsks(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		u, err := d.ensure(t, d.visit(t, "a", nil))
		must(t, err)
		self := event.Actor{Kind: event.EndUser, ID: u.ID}
		ws, err := d.people.Claim(t.Context(), self, u.ID, identity.Profile{UserID: "admin\n", Name: "Ann", Email: "no", Phone: "no"})
		must(t, err)
		want := []identity.Warning{{Field: "email"}, {Field: "phone"}}
		if diff := cmp.Diff(want, ws, cmpopts.IgnoreFields(identity.Warning{}, "Detail")); diff != "" {
			t.Error(diff)
		}
		if u = d.endUser(t, u.ID); u.Name != "Ann" || u.UserID != "" {
			t.Errorf("after a claim: %+v", u)
		}
		if _, err := d.people.Claim(t.Context(), self, u.ID, identity.Profile{Name: "Ann"}); err != nil || d.endUser(t, u.ID).Rev != u.Rev {
			t.Errorf("claiming the same again: %v", err)
		}
		p := identity.Profile{Name: "Eve"}
		_, err = d.people.Claim(t.Context(), event.Actor{Kind: event.EndUser, ID: "someone"}, u.ID, p)
		is(t, err, store.ErrNotFound)
		_, err = d.people.Claim(t.Context(), event.Actor{Kind: event.Agent, ID: "nobody"}, u.ID, p)
		forbidden(t, err)
		_, err = d.people.Claim(t.Context(), d.agent(t, "jo", identity.AgentRole).Actor(), u.ID, p)
		must(t, err)
		_, err = d.people.Claim(t.Context(), host, "nobody", p)
		is(t, err, store.ErrNotFound)
	})
}

// Whatever is claimed, what gets stored is clean, and what isn't is warned about.
func TestClaimedProfilesAreClean(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		u, err := d.ensure(t, d.visit(t, "a", nil))
		must(t, err)
		rapid.Check(t, func(rt *rapid.T) {
			text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z]{1,3}@[a-z.]{0,5}`), rapid.StringMatching(`\+?[0-9 ]{0,40}`))
			p := identity.Profile{Name: text.Draw(rt, "name"), Email: text.Draw(rt, "email"), Phone: text.Draw(rt, "phone")}
			d.checkClaim(rt, t, u.ID, p)
		})
	})
}

func FuzzClaim(f *testing.F) {
	f.Add("Ann", "ann@example.com", "+49 89 1")
	f.Add("A\x00nn", "\"a b\"@example.com", "1234;ext=5")
	f.Add(strings.Repeat("é", 256), "Ann <ann@example.com>", " +1 (555) 0100 ")
	f.Add("\xff", "ann@\xff", "\u202e12345")
	d := openMemory(f)
	u, err := d.ensure(f, d.visit(f, "a", nil))
	must(f, err)
	f.Fuzz(func(t *testing.T, name, email, phone string) {
		d.checkClaim(t, t, u.ID, identity.Profile{Name: name, Email: email, Phone: phone})
	})
}

type failer interface {
	Errorf(format string, args ...any)
}

func (d *desk) checkClaim(f failer, t testing.TB, id string, p identity.Profile) {
	was := d.endUser(t, id)
	ws, err := d.people.Claim(t.Context(), host, id, p)
	if err != nil {
		f.Errorf("claim of %+v: %v", p, err)
		return
	}
	warned := map[string]bool{}
	for _, w := range ws {
		warned[w.Field] = true
	}
	u := d.endUser(t, id)
	for _, c := range []struct{ field, in, before, now string }{
		{"name", p.Name, was.Name, u.Name},
		{"email", strings.Map(lower, p.Email), was.Email.Value, u.Email.Value},
		{"phone", p.Phone, was.Phone.Value, u.Phone.Value},
	} {
		want := strings.TrimSpace(c.in)
		if c.field == "name" {
			want = strings.TrimSpace(strings.Map(visible, c.in))
		}
		if warned[c.field] || want == "" {
			want = c.before
		}
		if c.now != want || strings.ContainsAny(c.now, "\x00\r\n") {
			f.Errorf("%s: claimed %q over %q, warned %v: stored %q", c.field, c.in, c.before, warned[c.field], c.now)
		}
	}
	if u.Known() || u.Email.Proven || u.Phone.Proven {
		f.Errorf("a claim proved something: %+v", u)
	}
}

func lower(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		r += 'a' - 'A'
	}
	return r
}

// visible leaves out what turns text around, and what nobody sees.
func visible(r rune) rune {
	if strings.ContainsRune("\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff", r) {
		return -1
	}
	return r
}
