package identity_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/google/go-cmp/cmp"
)

func (d *desk) key(t testing.TB, k identity.Key) (*identity.Key, string) {
	t.Helper()
	made, secret, err := d.people.AddKey(t.Context(), host, k)
	must(t, err)
	return made, secret
}

func (d *desk) keyRefused(t testing.TB, secret string, want identity.KeyReason) {
	t.Helper()
	k, err := d.people.AuthenticateKey(t.Context(), secret)
	if bad, ok := errors.AsType[*identity.KeyError](err); !ok || bad.Reason != want || k != nil {
		t.Errorf("key %v, error %v, want %s", k, err, want)
	}
}

// A key may what it was given, until it is revoked or ends.
func TestAPIKeys(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.save(t, identity.Profile{UserID: "u1"})
		k, secret := d.key(t, identity.Key{Name: " shop ", May: []identity.Permission{identity.Converse, identity.Converse}, Expires: d.clock.now().Add(time.Hour)})
		if k.Name != "shop" || len(k.May) != 1 || !strings.HasPrefix(secret, "fd_") || len(secret) < 3+32 || strings.Contains(secret, k.ID) {
			t.Errorf("key %+v, secret %q", k, secret)
		}
		got, err := d.people.AuthenticateKey(ctx, secret)
		must(t, err)
		if diff := cmp.Diff(k, got); diff != "" {
			t.Error(diff)
		}
		find := func() error { _, _, err := d.people.FindEndUsers(ctx, got.Actor(), "u1", "", 10); return err }
		must(t, find())
		_, err = d.people.Save(ctx, got.Actor(), identity.Profile{UserID: "u2"})
		forbidden(t, err)
		admin, adminSecret := d.key(t, identity.Key{Name: "admin", May: []identity.Permission{identity.Configure}})
		_, err = d.people.Save(ctx, admin.Actor(), identity.Profile{UserID: "u2"})
		must(t, err)
		_, _, err = d.people.AddKey(ctx, admin.Actor(), identity.Key{Name: "more", May: identity.Permissions()[:1]})
		forbidden(t, err)
		_, _, err = d.people.FindEndUsers(ctx, admin.Actor(), "u1", "", 10)
		forbidden(t, err)

		// Times.
		d.clock.forward(time.Hour - time.Second)
		must(t, find())
		d.clock.forward(time.Second)
		forbidden(t, find())
		d.keyRefused(t, secret, identity.KeyExpired)
		must(t, d.people.RevokeKey(ctx, admin.Actor(), k.ID))
		must(t, d.people.RevokeKey(ctx, host, k.ID))
		d.keyRefused(t, secret, identity.KeyRevoked)
		refuses(t, d.people.DeleteKey(ctx, host, admin.ID), "key")
		must(t, d.people.DeleteKey(ctx, host, k.ID))
		d.keyRefused(t, secret, identity.KeyUnknown)
		forbidden(t, find())
		is(t, d.people.RevokeKey(ctx, host, k.ID), store.ErrNotFound)
		must(t, d.people.RevokeKey(ctx, admin.Actor(), admin.ID)) // itself
		d.keyRefused(t, adminSecret, identity.KeyRevoked)
		for i := range adminSecret {
			d.keyRefused(t, adminSecret[:i], identity.KeyUnknown)
		}
		d.keyRefused(t, adminSecret+" ", identity.KeyUnknown)
		if diff := cmp.Diff([]string{"end_user.created", "api_key.created", "api_key.created", "end_user.created", "api_key.revoked", "api_key.deleted", "api_key.revoked"}, d.events(t)); diff != "" {
			t.Error(diff)
		}
	})
}

// The last use is known to a minute, and isn't written more often.
func TestAPIKeyUse(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		k, secret := d.key(t, identity.Key{Name: "shop", May: []identity.Permission{identity.Converse}})
		used := func() time.Time {
			t.Helper()
			ks, next, err := d.people.Keys(ctx, host, "", 10)
			if must(t, err); len(ks) != 1 || next != "" || ks[0].ID != k.ID {
				t.Fatalf("keys %+v", ks)
			}
			return ks[0].Used
		}
		if at := used(); !at.IsZero() {
			t.Errorf("used at %s", at)
		}
		first := d.clock.now()
		for range 60 {
			_, err := d.people.AuthenticateKey(ctx, secret)
			must(t, err)
			if at := used(); !at.Equal(first) {
				t.Fatalf("used at %s, want %s", at, first)
			}
			d.clock.forward(time.Second)
		}
		_, err := d.people.AuthenticateKey(ctx, secret)
		must(t, err)
		if at := used(); !at.Equal(d.clock.now()) {
			t.Errorf("used at %s, want %s", at, d.clock.now())
		}
	})
}

func TestAPIKeyLimits(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	good := func() identity.Key {
		return identity.Key{Name: strings.Repeat("é", identity.MaxName), May: []identity.Permission{identity.Redact}, Expires: d.clock.now().Add(time.Microsecond)}
	}
	most := good()
	for i := range 100 {
		most.Apps = append(most.Apps, strings.Repeat("a", 97)+fmt.Sprintf("%03d", i))
	}
	if k, _ := d.key(t, most); len(k.Apps) != 100 {
		t.Errorf("%d apps", len(k.Apps))
	}
	for field, spoil := range map[string]func(k *identity.Key){
		"key.name": func(k *identity.Key) { k.Name += "é" }, "key.name ": func(k *identity.Key) { k.Name = " " },
		"key.may": func(k *identity.Key) { k.May = nil }, "key.may ": func(k *identity.Key) { k.May = []identity.Permission{identity.Speak} },
		"key.may  ": func(k *identity.Key) { k.May = append(k.May, "fly") }, "key.expires": func(k *identity.Key) { k.Expires = d.clock.now() },
		"key.apps": func(k *identity.Key) { k.Apps = []string{""} }, "key.apps ": func(k *identity.Key) { k.Apps = many(100, "a") },
		"key.may   ": func(k *identity.Key) { k.May, k.Apps = []identity.Permission{identity.Configure}, []string{"shop"} },
	} {
		k := good()
		spoil(&k)
		_, secret, err := d.people.AddKey(t.Context(), host, k)
		if refuses(t, err, strings.TrimSpace(field)); secret != "" {
			t.Errorf("%s: a secret that isn't live", field)
		}
	}
	for _, who := range []event.Actor{d.agent(t, "su", identity.Supervisor).Actor(), {Kind: event.Bot, ID: "b"}} {
		_, _, err := d.people.AddKey(t.Context(), who, good())
		forbidden(t, err)
		_, _, err = d.people.Keys(t.Context(), who, "", 10)
		forbidden(t, err)
		forbidden(t, d.people.RevokeKey(t.Context(), who, "x"))
	}
	for i := 1; i < identity.MaxKeys; i++ {
		k := good()
		k.Name = fmt.Sprint("key ", i)
		d.key(t, k)
	}
	_, _, err := d.people.AddKey(t.Context(), host, good())
	refuses(t, err, "key")
}
