package identity_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func (d *desk) live(t testing.TB, token string) *identity.Session {
	t.Helper()
	sess, err := d.people.Authenticate(t.Context(), token)
	must(t, err)
	return sess
}

func (d *desk) ended(t testing.TB, token string) {
	t.Helper()
	sess, err := d.people.Authenticate(t.Context(), token)
	if is(t, err, identity.ErrSession); sess != nil {
		t.Errorf("a session of a token that has ended: %+v", sess.EndUser)
	}
}

func TestVisitStoresNothing(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		sess := d.visit(t, "a", nil)
		if sess.EndUser.Rev != 0 || sess.EndUser.Language != "pt-BR" || !sess.Expires.Equal(d.clock.now().Add(12*time.Hour)) {
			t.Errorf("session %+v of %+v", sess, sess.EndUser)
		}
		if again := d.live(t, sess.Token); again.EndUser.ID != sess.EndUser.ID || again.EndUser.Rev != 0 || again.App != "default" || again.Platform != "webchat" {
			t.Errorf("authenticated as %+v of %+v", again, again.EndUser)
		}
		_, err := d.people.EndUser(t.Context(), sess.EndUser.ID)
		is(t, err, store.ErrNotFound)
		ds, err := d.people.Devices(t.Context(), sess.EndUser.ID)
		if must(t, err); len(ds) > 0 || len(d.events(t)) > 0 {
			t.Errorf("a visit stored devices %v, events %v", ds, d.events(t))
		}
	})
}

// The first thing that an end user does stores him, once, with what his device said.
func TestEnsure(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		sess := d.live(t, d.visit(t, "a", nil).Token)
		for range 2 {
			u, err := d.ensure(t, sess)
			must(t, err)
			if u.ID != sess.EndUser.ID || u.Rev != 1 || u.Known() || u.Language != "pt-BR" || !u.Created.Equal(d.clock.now()) {
				t.Fatalf("stored %+v", u)
			}
		}
		if diff := cmp.Diff([]string{"end_user.created"}, d.events(t)); diff != "" {
			t.Error(diff)
		}
		if again := d.visit(t, "a", nil); again.EndUser.ID != sess.EndUser.ID || again.EndUser.Rev != 1 {
			t.Errorf("the device is %+v's now", again.EndUser)
		}
		if another := d.visit(t, "b", nil); another.EndUser.ID == sess.EndUser.ID {
			t.Error("another device has the same end user")
		}
	})
}

// Two tabs open before anything is stored hold different end users: the second to
// write is told so, begins anew, and is the first one's.
func TestTwoTabs(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		one, two := d.visit(t, "a", nil), d.visit(t, "a", nil)
		if one.EndUser.ID == two.EndUser.ID {
			t.Fatal("the tabs have one end user, of whom nothing is stored")
		}
		late := d.live(t, two.Token)
		_, err := d.ensure(t, one)
		must(t, err)
		d.ended(t, two.Token)
		_, err = d.ensure(t, late)
		is(t, err, identity.ErrSession)
		if two = d.visit(t, "a", nil); two.EndUser.ID != one.EndUser.ID {
			t.Errorf("the second tab is %s, the first %s", two.EndUser.ID, one.EndUser.ID)
		}
		d.live(t, one.Token)
		d.live(t, two.Token)
	})
}

// What an anonymous end user wrote is his again after logout; tokens of before a
// login or logout end.
func TestLoginAndLogout(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.secret(t, secret)
		l := signed(secret, "u1", "")
		anonymous := d.visit(t, "a", nil)
		_, err := d.ensure(t, anonymous)
		must(t, err)

		in := d.visit(t, "a", &l)
		if in.EndUser.UserID != "u1" || in.EndUser.ID == anonymous.EndUser.ID {
			t.Fatalf("logged in as %+v", in.EndUser)
		}
		d.ended(t, anonymous.Token)
		if u := d.endUser(t, anonymous.EndUser.ID); u.Rev != 1 || u.Known() {
			t.Errorf("the login changed the anonymous end user: %+v", u)
		}
		if still := d.visit(t, "a", nil); still.EndUser.ID != in.EndUser.ID {
			t.Errorf("a visit without login is of %+v", still.EndUser)
		}
		if twice := d.visit(t, "a", &l); twice.EndUser.ID != in.EndUser.ID {
			t.Errorf("a second login is of %+v", twice.EndUser)
		}
		d.live(t, in.Token) // the same user logging in again ends nothing
		ds, err := d.people.Devices(t.Context(), in.EndUser.ID)
		if must(t, err); len(ds) != 1 || ds[0].Anonymous != anonymous.EndUser.ID {
			t.Errorf("devices of u1: %+v", ds)
		}

		must(t, d.people.Logout(t.Context(), in))
		d.ended(t, in.Token)
		d.ended(t, anonymous.Token)
		_, err = d.ensure(t, in)
		is(t, err, identity.ErrSession)
		out := d.visit(t, "a", nil)
		if out.EndUser.ID != anonymous.EndUser.ID {
			t.Errorf("after logout the device is %s's, before login %s's", out.EndUser.ID, anonymous.EndUser.ID)
		}
		must(t, d.people.Logout(t.Context(), out)) // nobody is logged in
		d.live(t, out.Token)
		must(t, d.people.Logout(t.Context(), d.visit(t, "fresh", nil)))
	})
}

// A refused login on a device where somebody is logged in ends his session there.
func TestRefusedLoginLogsOut(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.secret(t, secret)
		good, bad := signed(secret, "u1", ""), signed(other, "u2", "")
		in := d.visit(t, "a", &good)
		refused := d.visit(t, "a", &bad)
		if refused.Refused == nil || refused.EndUser.ID == in.EndUser.ID {
			t.Errorf("refused %v, end user %+v", refused.Refused, refused.EndUser)
		}
		d.ended(t, in.Token)
		if u, err := d.ensure(t, refused); err != nil || u.Known() {
			t.Errorf("who was refused writes as %+v, %v", u, err)
		}
	})
}

func TestTokensExpire(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		sess := d.visit(t, "a", nil)
		d.clock.forward(12*time.Hour - time.Second)
		d.live(t, sess.Token)
		d.clock.forward(time.Second)
		d.ended(t, sess.Token)
	})
}

func TestDamagedTokens(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		stranger := openMemory(t)
		sess, theirs := d.visit(t, "a", nil), stranger.visit(t, "a", nil)
		body, signature, _ := strings.Cut(sess.Token, ".")
		theirBody, theirSignature, _ := strings.Cut(theirs.Token, ".")
		json, err := base64.RawURLEncoding.DecodeString(body)
		must(t, err)
		forged := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(json), "webchat", "android", 1)))
		for name, token := range map[string]string{
			"empty": "", "dot": ".", "body alone": body, "no signature": body + ".", "no body": "." + signature,
			"forged body": forged + "." + signature, "another desk's": theirs.Token, "their signature": body + "." + theirSignature,
			"their body": theirBody + "." + signature, "truncated": sess.Token[:len(sess.Token)-1], "longer": sess.Token + "A",
			"twice": sess.Token + "." + sess.Token, "space": " " + sess.Token, "padded": body + "=." + signature,
			"other purpose": body + "." + d.people.Sign("attachment", body), "signed noise": "x." + d.people.Sign("attachment", "x"),
		} {
			t.Run(name, func(t *testing.T) { d.ended(t, token) })
		}
		d.live(t, sess.Token)
	})
}

func TestVisitRefusesWeakDevices(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		for _, dev := range []string{"", strings.Repeat("a", 31), strings.Repeat("a", 129), strings.Repeat("a", 31) + "/", strings.Repeat("a", 32) + "\n"} {
			_, err := d.people.Begin(t.Context(), identity.Visit{App: "default", Device: dev})
			refuses(t, err, "device")
		}
		_, err := d.people.Begin(t.Context(), identity.Visit{App: "default", Device: device("a"), Push: strings.Repeat("p", 4097)})
		refuses(t, err, "push")
	})
}

func TestDevicesBelongToOneApp(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		one := d.visit(t, "a", nil)
		_, err := d.ensure(t, one)
		must(t, err)
		two, err := d.people.Begin(t.Context(), identity.Visit{App: "brand", Platform: "ios", Device: device("a"), Language: "no language", Push: "token-1"})
		must(t, err)
		if two.EndUser.ID == one.EndUser.ID || two.EndUser.Language != "" {
			t.Errorf("another app's session is of %+v", two.EndUser)
		}
		u, err := d.ensure(t, two)
		must(t, err)
		ds, err := d.people.Devices(t.Context(), u.ID)
		must(t, err)
		want := []*identity.Device{{ID: two.Device, App: "brand", Platform: "ios", Push: "token-1", Anonymous: u.ID, Current: u.ID, Created: d.clock.now(), Rev: 1}}
		if diff := cmp.Diff(want, ds, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
		if strings.Contains(ds[0].ID, "a___") {
			t.Errorf("the device's id %s shows its secret", ds[0].ID)
		}
	})
}

// Authenticate takes nothing that the desk didn't sign, and never panics.
func FuzzAuthenticate(f *testing.F) {
	d := openMemory(f)
	sess := d.visit(f, "a", nil)
	body, signature, _ := strings.Cut(sess.Token, ".")
	for _, seed := range []string{"", ".", sess.Token, body, body + ".", "." + signature, "e30." + signature, sess.Token[1:], "\xff." + signature} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		got, err := d.people.Authenticate(t.Context(), token)
		if token == sess.Token {
			must(t, err)
			return
		}
		if is(t, err, identity.ErrSession); got != nil {
			t.Errorf("token %q gives a session", token)
		}
	})
}
