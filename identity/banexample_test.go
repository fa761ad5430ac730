package identity_test

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// A network is banned: nobody writes from there.
func ExampleService_Ban() {
	ctx := context.Background()
	db, err := store.Open(ctx, memstore.New(), nil, append(event.Collections(), identity.Collections()...)...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	people, err := identity.Open(ctx, db, event.NewLog(db, nil), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	shop := event.Actor{Kind: event.System, ID: "shop"}
	ban, err := people.Ban(ctx, shop, identity.Ban{Kind: identity.BanIP, Value: "203.0.113.77/24", Reason: "spam"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ban.Kind, ban.Value)
	eve, err := people.Save(ctx, shop, identity.Profile{UserID: "eve"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, from := range []string{"203.0.113.5", "198.51.100.5"} {
		holds, err := people.BanOf(ctx, shop, eve.ID, netip.MustParseAddr(from))
		fmt.Println(from, holds != nil, err)
	}
	// Output:
	// ip 203.0.113.0/24
	// 203.0.113.5 true <nil>
	// 198.51.100.5 false <nil>
}
