package email

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// signer is a service that can do no more than sign.
func signer(t testing.TB) *Service {
	t.Helper()
	db, err := store.Open(t.Context(), memstore.New(), nil, append(event.Collections(), identity.Collections()...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	people, err := identity.Open(t.Context(), db, event.NewLog(db, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Service{Parts: Parts{People: people}}
}

func TestTags(t *testing.T) {
	s, other := signer(t), signer(t)
	rapid.Check(t, func(t *rapid.T) {
		want := tag{rapid.SampledFrom([]tagKind{forReplies, forReports}).Draw(t, "kind"), uuid.Must(uuid.NewV7()).String(), rapid.Int64Range(0, 1<<32-1).Draw(t, "seq")}
		base := strings.Repeat("a", rapid.IntRange(1, maxTagged).Draw(t, "local")) + "@shop.example"
		address := s.tagged(base, want)
		if local, _, _ := strings.Cut(address, "@"); len(local) > 64 {
			t.Fatalf("a local part of %d bytes: %s", len(local), address)
		}
		if got, ok := s.tagOf(address); !ok || got != want {
			t.Fatalf("%s is %+v, %v; want %+v", address, got, ok, want)
		}
		if got, ok := s.tagOf(strings.ToUpper(address)); !ok || got != want {
			t.Fatalf("in capitals it is %+v, %v", got, ok)
		}
		if untagged(address) != base {
			t.Fatalf("without its tag it is %s", untagged(address))
		}
		if _, ok := other.tagOf(address); ok {
			t.Fatal("another desk took it for its own")
		}
		at := len(base) - len("@shop.example") + 1 + rapid.IntRange(0, len(address)-len(base)-2).Draw(t, "place")
		changed := []byte(address)
		if changed[at]++; changed[at] > 'z' || changed[at] == '8' {
			changed[at] = 'a'
		}
		if got, ok := s.tagOf(string(changed)); ok && got == want && at < len(base)-len("@shop.example")+50 {
			t.Fatalf("%s is as good as %s", changed, address)
		}
	})
	for _, address := range []string{"", "@", "+@", "help@shop.example", "help+@shop.example", "help+a@shop.example", "help+" + strings.Repeat("a", 50) + "@shop.example"} {
		if _, ok := s.tagOf(address); ok {
			t.Errorf("%q has a tag", address)
		}
	}
}
