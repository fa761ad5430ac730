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

// Agents see the tickets of their groups, and one team changes nothing in bulk. Who
// was refused what is in the audit log.
func ExampleService_SaveAccess() {
	ctx, host := context.Background(), event.Actor{Kind: event.System}
	db, err := store.Open(ctx, memstore.New(), nil, append(event.Collections(), identity.Collections()...)...)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	people, err := identity.Open(ctx, db, event.NewLog(db, nil), nil)
	if err != nil {
		log.Fatal(err)
	}
	access, err := people.Access(ctx)
	if err != nil {
		log.Fatal(err)
	}
	access.Agent.Sees = identity.SeesGroups
	for _, err := range []error{
		people.SaveAccess(ctx, host, access),
		people.SaveAgent(ctx, host, &identity.Agent{ID: "lea", Name: "Lea", Role: identity.Supervisor}),
		people.SaveTeam(ctx, host, &identity.Team{ID: "new", Name: "Newcomers", Supervisor: "lea", Off: []identity.Permission{identity.BulkChange}}),
		people.SaveAgent(ctx, host, &identity.Agent{ID: "jo", Name: "Jo", Team: "new"}),
	} {
		if err != nil {
			log.Fatal(err)
		}
	}

	jo := event.Actor{Kind: event.Agent, ID: "jo"}
	err = db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		return people.Authorize(ctx, tx, jo, identity.BulkChange, identity.On{Subject: "tickets"})
	})
	fmt.Println(err)

	if _, err := people.Flush(ctx); err != nil { // which Run does
		log.Fatal(err)
	}
	entries, _, err := people.Audit(ctx, host, identity.AuditFilter{Actor: jo}, "", 10)
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range entries {
		fmt.Println(e.Actor.ID, e.What, e.Permission)
	}
	// Output:
	// agent:jo may not change in bulk
	// jo access.refused change in bulk
}
