package identity_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What a visitor wrote before he logged in is his then, on all of his devices.
func ExampleAnonymousPolicy() {
	ctx := context.Background()
	desk, err := frontdesk.Open(ctx, frontdesk.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer desk.Close()
	secret, err := desk.People.AddSecret(ctx, frontdesk.Host(), ticket.DefaultApp, "")
	if err != nil {
		fmt.Println(err)
		return
	}
	visit := identity.Visit{App: ticket.DefaultApp, Platform: "webchat", Device: strings.Repeat("d", 32), Anonymous: identity.MergeAnonymous}
	stranger, err := desk.People.Begin(ctx, visit)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = desk.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		u, err := desk.In(tx).People.Ensure(ctx, tx, stranger)
		if err != nil {
			return err
		}
		_, err = desk.In(tx).Tickets.Create(ctx, ticket.New{EndUser: u.ID, Message: &ticket.Draft{Text: "Where is my parcel?"}})
		return err
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	visit.Login = &identity.Login{UserID: "ann", HMAC: identity.Sign(secret, "ann", "")} // by the host's server
	ann, err := desk.People.Begin(ctx, visit)
	if err != nil {
		fmt.Println(err)
		return
	}
	history, _, err := desk.Tickets.OfEndUser(ctx, ann.Actor(), ann.EndUser.ID, "", 10)
	fmt.Println(len(history), "ticket of", ann.EndUser.UserID, err)
	old, err := desk.People.EndUser(ctx, stranger.EndUser.ID)
	fmt.Println("the stranger was", old.UserID, err)
	// Output:
	// 1 ticket of ann <nil>
	// the stranger was ann <nil>
}
