package identity_test

import (
	"context"
	"fmt"
	"log"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// A page begins with a visit. Its host signs who is logged in there.
func Example() {
	ctx := context.Background()
	db, err := store.Open(ctx, memstore.New(), nil, append(event.Collections(), identity.Collections()...)...)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	people, err := identity.Open(ctx, db, event.NewLog(db, nil), nil)
	if err != nil {
		log.Fatal(err)
	}

	// On the host's server: the secret is made once, the signature for each page.
	secret, err := people.AddSecret(ctx, event.Actor{Kind: event.System}, "default", "")
	if err != nil {
		log.Fatal(err)
	}
	login := &identity.Login{UserID: "4711", Name: "Ann", HMAC: identity.Sign(secret, "4711", "")}

	// On the desk: the page's device secret and login come in, a token goes out.
	visit := identity.Visit{App: "default", Platform: "webchat", Device: "made-at-random-and-kept-by-the-page", Login: login}
	session, err := people.Begin(ctx, visit)
	if err != nil {
		log.Fatal(err)
	}
	session, err = people.Authenticate(ctx, session.Token)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(session.EndUser.Name, session.EndUser.Known())

	login.HMAC = "forged"
	session, err = people.Begin(ctx, visit)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(session.Refused.Reason, session.EndUser.Known())
	// Output:
	// Ann true
	// bad_token false
}
