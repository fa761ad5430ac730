package frontdesk_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The desk's directory is asked for as long, and as often, as its configuration says.
func TestDirectoryTimes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	asked, hangs := 0, false
	d := open(t, frontdesk.Config{
		Now: func() time.Time { return now }, DirectoryTimeout: time.Millisecond, DirectoryCache: time.Hour,
		Directory: identity.DirectoryFunc(func(ctx context.Context, userID string) (*identity.Profile, error) {
			if asked++; hangs {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return &identity.Profile{Name: "Ann"}, nil
		}),
	})
	secret, err := d.People.AddSecret(t.Context(), frontdesk.Host(), ticket.DefaultApp, "")
	if err != nil {
		t.Fatal(err)
	}
	login := func(want, warnings int) {
		t.Helper()
		sess, err := d.People.Begin(t.Context(), identity.Visit{App: ticket.DefaultApp, Platform: "webchat", Device: strings.Repeat("d", 32),
			Login: &identity.Login{UserID: "ann", HMAC: identity.Sign(secret, "ann", "")}})
		if err != nil {
			t.Fatal(err)
		}
		if asked != want || len(sess.Warnings) != warnings || sess.EndUser.Name != "Ann" {
			t.Errorf("asked %d times, want %d; %v", asked, want, sess.Warnings)
		}
	}
	login(1, 0)
	now = now.Add(time.Hour - time.Second)
	login(1, 0)
	now, hangs = now.Add(time.Second), true
	login(2, 1)
}
