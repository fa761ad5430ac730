package identity_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
)

// A program of the host's does what its key may, and no more.
func ExampleService_AddKey() {
	ctx := context.Background()
	desk, err := frontdesk.Open(ctx, frontdesk.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer desk.Close()
	_, secret, err := desk.People.AddKey(ctx, frontdesk.Host(), identity.Key{Name: "shop", May: []identity.Permission{identity.Converse}})
	if err != nil {
		fmt.Println(err)
		return
	}
	key, err := desk.People.AuthenticateKey(ctx, secret)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = desk.People.Save(ctx, key.Actor(), identity.Profile{UserID: "eve"})
	refused, _ := errors.AsType[*identity.PermissionError](err)
	fmt.Println(key.Name, "may", key.May, "and not", refused.Permission)
	// Output: shop may [converse] and not configure
}

// Who has the token of an invitation becomes an agent, once.
func ExampleService_Invite() {
	ctx := context.Background()
	desk, err := frontdesk.Open(ctx, frontdesk.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer desk.Close()
	_, token, err := desk.People.Invite(ctx, frontdesk.Host(), identity.Invitation{Email: "jo@example.com", Name: "Jo"})
	if err != nil {
		fmt.Println(err)
		return
	}
	// The host mails it, and later, when Jo signs in:
	agent, err := desk.People.AcceptInvitation(ctx, token, identity.Newcomer{ID: "jo"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(agent.Name, "is an", agent.Role)
	_, err = desk.People.AcceptInvitation(ctx, token, identity.Newcomer{ID: "eve"})
	fmt.Println(err)
	// Output:
	// Jo is an agent
	// invitation refused: used
}
