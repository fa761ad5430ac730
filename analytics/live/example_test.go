package live_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func Example() {
	ctx := context.Background()
	nine := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	desk, err := frontdesk.Open(ctx, frontdesk.Config{Now: func() time.Time { return nine }})
	if err != nil {
		log.Fatal(err)
	}
	defer desk.Close()
	eve, err := desk.People.Save(ctx, frontdesk.Host(), identity.Profile{UserID: "eve"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := desk.Tickets.Create(ctx, ticket.New{EndUser: eve.ID, Message: &ticket.Draft{Text: "Where is my parcel?"}}); err != nil {
		log.Fatal(err)
	}
	if _, err := desk.Drain(ctx); err != nil { // in a process of its own, Run does
		log.Fatal(err)
	}
	nine = nine.Add(5 * time.Minute)
	now, err := desk.Live.Now(ctx, frontdesk.Host())
	if err != nil {
		log.Fatal(err)
	}
	for _, q := range now.Queues {
		fmt.Println(q.Name, "has", q.Backlog, "waiting for", q.Wait, "and", q.Available, "agents")
	}
	// Output: Support has 1 waiting for 5m0s and 0 agents
}
