package identity_test

import (
	"context"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
)

// What an HMAC doesn't cover is a claim: it replaces nothing that the host said.
func TestHMACProvesWhatItCovers(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		_, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "u1", Name: "Ann", Phone: "+49 1234"})
		must(t, err)
		secret, err := d.people.AddSecret(t.Context(), host, "default", "")
		must(t, err)
		login := func(user, phone string) *identity.EndUser {
			t.Helper()
			l := &identity.Login{UserID: user, Name: "Boss", Phone: phone, HMAC: identity.Sign(secret, user, "")}
			sess, err := d.people.Begin(t.Context(), identity.Visit{App: "default", Platform: "webchat", Device: "0123456789012345678901234567890123456789", Login: l})
			must(t, err)
			if sess.Refused != nil {
				t.Fatal(sess.Refused)
			}
			return sess.EndUser
		}
		if u := login("u1", "+49 999999"); u.Name != "Ann" || u.Phone != (identity.Contact{Value: "+49 1234", Proven: true}) {
			t.Errorf("known before: %+v", u)
		}
		if u := login("u2", "+49 999999"); u.Name != "Boss" || u.Phone != (identity.Contact{Value: "+49 999999"}) {
			t.Errorf("new: %+v", u)
		}
	})
}

// Letters that fold into others by Unicode's rules don't make one address of two.
func TestEmailsFoldInASCIIOnly(t *testing.T) {
	t.Parallel()
	if identity.Sign("s", "", "Kate@x.example") != identity.Sign("s", "", "kate@X.EXAMPLE") {
		t.Error("case counts")
	}
	if identity.Sign("s", "", "\u212Aate@x.example") == identity.Sign("s", "", "kate@x.example") {
		t.Error("the Kelvin sign is a k")
	}
}

// An address for push belongs to the device that gave it last.
func TestPushAddressMoves(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		visit := func(device string) *identity.Session {
			t.Helper()
			sess, err := d.people.Begin(t.Context(), identity.Visit{App: "default", Platform: "ios", Device: device, Push: "fcm:token-1"})
			must(t, err)
			must(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				_, err := d.people.Ensure(ctx, tx, sess)
				return err
			}))
			return sess
		}
		first := visit("first-01234567890123456789012345678901234")
		second := visit("second-1234567890123456789012345678901234")
		for who, want := range map[*identity.Session]string{first: "", second: "fcm:token-1"} {
			ds, err := d.people.Devices(t.Context(), who.EndUser.ID)
			must(t, err)
			if len(ds) != 1 || ds[0].Push != want {
				t.Errorf("devices %+v, want push %q", ds, want)
			}
		}
		_, err := d.people.Begin(t.Context(), identity.Visit{App: "default", Platform: "ios", Device: "first-01234567890123456789012345678901234", Push: "a\r\nb"})
		if err == nil {
			t.Error("a push address of two lines was taken")
		}
	})
}
