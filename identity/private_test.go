package identity_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

// guest visits under full privacy.
func (d *desk) guest(t testing.TB, dev string, l *identity.Login) *identity.Session {
	t.Helper()
	sess, err := d.people.Begin(t.Context(), identity.Visit{App: "default", Platform: "webchat", Device: device(dev), Login: l, Private: true})
	must(t, err)
	return sess
}

// bare reports an end user of whom more is kept than full privacy allows.
func (d *desk) bare(t testing.TB, id string) *identity.EndUser {
	t.Helper()
	u, err := d.people.EndUser(t.Context(), id)
	must(t, err)
	if !u.Private || u.Name != "" || u.Email.Value != "" || u.Phone.Value != "" || len(u.Identities) > 0 {
		t.Errorf("kept under full privacy: %+v", u)
	}
	return u
}

func fieldsOf(ws []identity.Warning) (fields []string) {
	for _, w := range ws {
		fields = append(fields, w.Field)
	}
	return fields
}

func TestPrivateLogins(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.secret(t, secret)
		byHMAC := signed(secret, "kid", "kid@example.com")
		byHMAC.Name, byHMAC.Phone, byHMAC.Language = "Kid", "+4930123", "de"
		byJWT := token(t, d.clock, jwt.SigningMethodHS256, []byte(secret), map[string]any{"user_id": "kid", "phone": "+4930123"})
		for i, l := range []identity.Login{byHMAC, byJWT, byHMAC} {
			sess := d.guest(t, "phone", &l)
			if diff := cmp.Diff([]string{"name", "email", "phone"}, fieldsOf(sess.Warnings)); diff != "" || sess.Refused != nil {
				t.Errorf("login %d: warnings %s, refused %v", i, diff, sess.Refused)
			}
			if u := d.bare(t, sess.EndUser.ID); u.UserID != "kid" || u.Language != "de" || !u.Known() {
				t.Errorf("login %d: %+v", i, u)
			}
		}
		// Once he is, he stays so, whatever the device says.
		sess := d.visit(t, "tablet", &byHMAC)
		if diff := cmp.Diff([]string{"name", "email", "phone"}, fieldsOf(sess.Warnings)); diff != "" {
			t.Errorf("a device that doesn't ask for it: %s", diff)
		}
		d.bare(t, sess.EndUser.ID)
		// An address alone names nobody then, and opens nobody's profile.
		adult, err := d.people.Save(t.Context(), host, identity.Profile{Email: "ann@example.com", Name: "Ann"})
		must(t, err)
		lone := signed(secret, "", "ann@example.com")
		if sess := d.guest(t, "pad", &lone); sess.Refused == nil || sess.Refused.Reason != identity.NoUserID || !sess.EndUser.Private {
			t.Errorf("by email alone: %+v", sess)
		}
		both := signed(secret, "other", "ann@example.com")
		if sess := d.guest(t, "pad", &both); sess.EndUser.ID == adult.ID {
			t.Error("an address opened a profile")
		}
		if u, err := d.people.EndUser(t.Context(), adult.ID); err != nil || u.Name != "Ann" || u.Private {
			t.Errorf("the profile with that address: %+v, %v", u, err)
		}
	})
}

// An end user who isn't stored yet is private by his token.
func TestPrivateVisitors(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		sess := d.guest(t, "phone", nil)
		again, err := d.people.Authenticate(t.Context(), sess.Token)
		must(t, err)
		if !sess.EndUser.Private || !again.EndUser.Private || len(d.events(t)) != 0 {
			t.Errorf("session %+v", again.EndUser)
		}
		_, err = d.ensure(t, again)
		must(t, err)
		ws, err := d.people.Claim(t.Context(), sess.Actor(), sess.EndUser.ID, identity.Profile{Name: "Kid", Email: "kid@example.com", Phone: "+4930123"})
		if diff := cmp.Diff([]string{"name", "email", "phone"}, fieldsOf(ws)); diff != "" || err != nil {
			t.Errorf("claim: %s, %v", diff, err)
		}
		d.bare(t, sess.EndUser.ID)
		// Who was stored before is put under full privacy, and what he said goes.
		plain := d.visit(t, "tablet", nil)
		_, err = d.ensure(t, plain)
		must(t, err)
		if ws, err := d.people.Claim(t.Context(), plain.Actor(), plain.EndUser.ID, identity.Profile{Name: "swordfish", Email: "swordfish@example.com"}); len(ws) > 0 || err != nil {
			t.Errorf("warnings %v, %v", ws, err)
		}
		now := d.guest(t, "tablet", nil)
		if now.EndUser.ID != plain.EndUser.ID || !now.EndUser.Private {
			t.Errorf("session %+v", now.EndUser)
		}
		d.bare(t, now.EndUser.ID)
		d.silent(t, now.EndUser.ID, "swordfish", "end_user.created", "end_user.changed", identity.Redacted)
		if n := len(d.events(t)); n != 4 {
			t.Errorf("%d events", n)
		}
		d.guest(t, "tablet", nil)
		if n := len(d.events(t)); n != 4 {
			t.Errorf("%d events after he came again", n)
		}
	})
}

// silent compares the types of the events about an end user, which mustn't hold a word.
func (d *desk) silent(t testing.TB, id, word string, want ...string) {
	t.Helper()
	es, _, err := d.log.History(t.Context(), d.db, id, "", 100)
	must(t, err)
	var got []string
	for _, e := range es {
		got = append(got, e.Type)
		if strings.Contains(string(e.Personal), word) {
			t.Errorf("event %s says %s", e.Type, e.Personal)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPrivateBySaveAndDirectory(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		p := identity.Profile{UserID: "kid", Private: true, Language: "de", Attributes: []identity.Attribute{{Key: "class", Value: "5b"}}}
		u, err := d.people.Save(t.Context(), host, p)
		must(t, err)
		if kid := d.bare(t, u.ID); kid.Language != "de" || len(kid.Attributes) != 1 {
			t.Errorf("saved %+v", kid)
		}
		head := len(d.events(t))
		for field, p := range map[string]identity.Profile{
			"name": {Name: "Kid"}, "email": {Email: "kid@example.com"}, "phone": {Phone: "+4930123"}, "identities": {Identities: []identity.Identity{{Kind: "shop", Value: "1"}}},
		} {
			p.UserID = "kid"
			_, err := d.people.Save(t.Context(), host, p)
			refuses(t, err, field)
			p.UserID, p.Private = "new", true
			_, err = d.people.Save(t.Context(), host, p)
			refuses(t, err, field)
		}
		_, err = d.people.Save(t.Context(), host, identity.Profile{Email: "kid@example.com", Private: true})
		refuses(t, err, "user_id")
		if n := len(d.events(t)); n != head {
			t.Errorf("%d events more", n-head)
		}
		d.people, err = identity.Open(t.Context(), d.db, d.log, &identity.Options{Now: d.clock.now, Directory: identity.DirectoryFunc(
			func(_ context.Context, userID string) (*identity.Profile, error) {
				return &identity.Profile{Name: "Kid", Email: userID + "@example.com", Language: "fr", Private: userID == "pupil", Identities: []identity.Identity{{Kind: "shop", Value: "1"}}}, nil
			})})
		must(t, err)
		if kid, err := d.people.Refresh(t.Context(), host, u.ID); err != nil || kid.Language != "fr" {
			t.Errorf("asked for: %+v, %v", kid, err)
		}
		d.bare(t, u.ID)
		pupil, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "pupil", Name: "swordfish"})
		must(t, err)
		d.clock.forward(time.Hour)
		_, err = d.people.Refresh(t.Context(), host, pupil.ID)
		must(t, err)
		d.bare(t, pupil.ID)
		d.silent(t, pupil.ID, "swordfish", "end_user.created", identity.Redacted)
	})
}

func TestSetPrivate(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ann, root := d.agent(t, "ann", identity.AgentRole).Actor(), d.agent(t, "root", identity.Admin).Actor()
		u, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "kid", Name: "swordfish", Email: "kid@example.com", Phone: "+4930123",
			Identities: []identity.Identity{{Kind: "shop", Value: "swordfish"}}})
		must(t, err)
		self := event.Actor{Kind: event.EndUser, ID: u.ID}
		for _, private := range []bool{true, false} {
			_, err = d.people.SetPrivate(t.Context(), self, u.ID, private)
			forbidden(t, err)
		}
		got, err := d.people.SetPrivate(t.Context(), ann, u.ID, true)
		must(t, err)
		d.bare(t, got.ID)
		head := len(d.events(t))
		_, err = d.people.SetPrivate(t.Context(), ann, u.ID, true)
		must(t, err)
		_, err = d.people.SetPrivate(t.Context(), ann, u.ID, false)
		forbidden(t, err)
		if n := len(d.events(t)); n != head {
			t.Errorf("%d events more", n-head)
		}
		d.silent(t, u.ID, "swordfish", "end_user.created", identity.Redacted)
		got, err = d.people.SetPrivate(t.Context(), root, u.ID, false)
		if must(t, err); got.Private || got.Name != "" {
			t.Errorf("free again: %+v", got)
		}
		_, err = d.people.Save(t.Context(), host, identity.Profile{UserID: "kid", Name: "Grown up"})
		must(t, err)
	})
}

// Who takes over a private end user is private, too.
func TestMergePrivate(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		sess := d.guest(t, "phone", nil)
		_, err := d.ensure(t, sess)
		must(t, err)
		lone, err := d.people.Save(t.Context(), host, identity.Profile{Email: "ann@example.com"})
		must(t, err)
		_, err = d.people.MergeEndUsers(t.Context(), host, sess.EndUser.ID, lone.ID)
		refuses(t, err, "into")
		known, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "ann", Name: "swordfish"})
		must(t, err)
		_, err = d.people.MergeEndUsers(t.Context(), host, sess.EndUser.ID, known.ID)
		must(t, err)
		d.bare(t, known.ID)
		d.silent(t, known.ID, "swordfish", "end_user.created", "end_user.merged")
	})
}
