package identity_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

func TestDirectory(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		asked, fails := 0, error(nil)
		said := &identity.Profile{UserID: "somebody else", Name: "Ann Ames", Email: "ANN@example.com", Phone: "no number", Language: "de",
			Attributes: []identity.Attribute{{Key: "plan", Value: "gold"}}, Organisation: "tea"}
		var err error
		d.people, err = identity.Open(t.Context(), d.db, d.log, &identity.Options{Now: d.clock.now, Directory: identity.DirectoryFunc(
			func(ctx context.Context, userID string) (*identity.Profile, error) {
				if at, ok := ctx.Deadline(); !ok || time.Until(at) > 2*time.Second || userID != "ann" {
					t.Errorf("asked for %q until %v", userID, at)
				}
				asked++
				return said, fails
			})})
		must(t, err)
		d.secret(t, secret)
		tea := &identity.Organisation{Name: "Tea", ExternalID: "tea"}
		must(t, d.people.SaveOrganisation(t.Context(), host, tea))
		login := signed(secret, "ann", "")
		look := func(want int, name string, u *identity.EndUser) {
			t.Helper()
			if u.UserID != "ann" || u.Name != name || asked != want {
				t.Errorf("%+v, asked %d times, want %s and %d", u, asked, name, want)
			}
		}
		u := d.visit(t, "phone", &login).EndUser
		look(1, "Ann Ames", u)
		if u.Email != (identity.Contact{Value: "ann@example.com", Proven: true}) || u.Phone.Value != "" || u.Language != "de" || len(u.Attributes) != 1 || u.Organisation != tea.ID {
			t.Errorf("taken over: %+v", u)
		}
		said.Name, said.Organisation = "Ann Bell", "nothing"
		look(1, "Ann Ames", d.visit(t, "tablet", &login).EndUser) // it was asked a moment ago
		d.clock.forward(10 * time.Minute)
		u, err = d.people.Refresh(t.Context(), host, u.ID)
		must(t, err)
		look(2, "Ann Bell", u)
		if u.Organisation != tea.ID {
			t.Errorf("an organisation that isn't there: %+v", u)
		}
		d.clock.forward(10 * time.Minute)
		fails = errors.New("away")
		sess := d.visit(t, "phone", &login)
		look(3, "Ann Bell", sess.EndUser)
		if sess.Refused != nil || len(sess.Warnings) != 1 || sess.Warnings[0].Field != "directory" {
			t.Errorf("a directory that fails: %+v", sess)
		}
		d.clock.forward(29 * time.Second)
		d.visit(t, "phone", &login)
		look(3, "Ann Bell", u)
		d.clock.forward(time.Second)
		fails, said = nil, nil
		u, err = d.people.Refresh(t.Context(), host, u.ID)
		must(t, err)
		look(4, "Ann Bell", u)
		d.visit(t, "tablet", nil) // nobody the host has named
		_, err = d.people.Refresh(t.Context(), event.Actor{Kind: event.EndUser, ID: u.ID}, u.ID)
		forbidden(t, err)
		_, err = d.people.Refresh(t.Context(), host, "nobody")
		is(t, err, store.ErrNotFound)
	})
}

// A login whose signature is wrong has nobody asked for.
func TestDirectoryAndRefusal(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	var err error
	d.people, err = identity.Open(t.Context(), d.db, d.log, &identity.Options{Now: d.clock.now, Directory: identity.DirectoryFunc(
		func(context.Context, string) (*identity.Profile, error) {
			t.Error("the directory is asked")
			return nil, nil
		})})
	must(t, err)
	d.secret(t, secret)
	forged := signed(other, "ann", "")
	if sess := d.visit(t, "phone", &forged); sess.Refused == nil {
		t.Error("a forged login isn't refused")
	}
	// In a transaction nobody waits for it.
	good := signed(secret, "ann", "")
	must(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := d.people.In(tx).Begin(ctx, identity.Visit{App: "default", Platform: "webchat", Device: device("x"), Login: &good})
		return err
	}))
}

// A directory that takes too long doesn't keep anybody from logging in.
func TestDirectoryTimeout(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	var err error
	d.people, err = identity.Open(t.Context(), d.db, d.log, &identity.Options{Now: d.clock.now, DirectoryTimeout: time.Millisecond, Directory: identity.DirectoryFunc(
		func(ctx context.Context, _ string) (*identity.Profile, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})})
	must(t, err)
	d.secret(t, secret)
	login := signed(secret, "ann", "")
	if sess := d.visit(t, "phone", &login); sess.EndUser.UserID != "ann" || len(sess.Warnings) != 1 {
		t.Errorf("%+v", sess)
	}
}
