package identity_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
)

// BenchmarkSender is what a message costs to be checked: with Writer, which asks for
// no ban, as the baseline, and by the length of the list.
func BenchmarkSender(b *testing.B) {
	for _, bans := range []int{0, 1, 9_000} {
		d := openMemory(b)
		u, err := d.people.Save(b.Context(), host, identity.Profile{UserID: "ann", Email: "ann@mail.example.com"})
		must(b, err)
		for i := 0; i < bans; {
			must(b, d.db.Update(b.Context(), func(ctx context.Context, tx *store.Tx) error {
				for range min(1000, bans-i) {
					v := identity.Ban{Kind: identity.BanIP, Value: fmt.Sprintf("203.%d.%d.0/24", i>>8, i&255)}
					if i%2 == 0 {
						v = identity.Ban{Kind: identity.BanEmail, Value: fmt.Sprintf("u%d@example.org", i)}
					}
					if _, err := d.people.In(tx).Ban(ctx, host, v); err != nil {
						return err
					}
					i++
				}
				return nil
			}))
		}
		from := netip.MustParseAddr("198.51.100.7")
		check := func(b *testing.B, f func(ctx context.Context, tx *store.Tx) error) {
			b.ReportAllocs()
			must(b, d.db.Update(b.Context(), func(ctx context.Context, tx *store.Tx) error {
				for b.Loop() {
					if err := f(ctx, tx); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		b.Run(fmt.Sprintf("bans=%d", bans), func(b *testing.B) {
			check(b, func(ctx context.Context, tx *store.Tx) error {
				_, err := d.people.Sender(ctx, tx, u.ID, from)
				return err
			})
		})
		if bans == 0 {
			b.Run("raw", func(b *testing.B) {
				check(b, func(ctx context.Context, tx *store.Tx) error {
					_, err := d.people.Writer(ctx, tx, u.ID)
					return err
				})
			})
		}
	}
}
