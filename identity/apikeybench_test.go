package identity_test

import (
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
)

// BenchmarkAuthenticateKey is what a request by an API key costs before it does
// anything; raw is reading one document.
func BenchmarkAuthenticateKey(b *testing.B) {
	d := openMemory(b)
	_, secret := d.key(b, identity.Key{Name: "shop", May: []identity.Permission{identity.Converse}})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.people.AuthenticateKey(b.Context(), secret); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAuthenticateKeyRaw(b *testing.B) {
	d := openMemory(b)
	a := d.agent(b, "jo", identity.AgentRole)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.people.Agent(b.Context(), a.ID); err != nil {
			b.Fatal(err)
		}
	}
}
