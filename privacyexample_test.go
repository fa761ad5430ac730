package frontdesk_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Somebody asks what the shop knows of him, and then to be forgotten.
func ExampleDesk_Compact() {
	ctx := context.Background()
	desk, err := frontdesk.Open(ctx, frontdesk.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer desk.Close()
	ann, err := desk.People.Save(ctx, frontdesk.Host(), identity.Profile{UserID: "u-17", Name: "Ann"})
	if err != nil {
		log.Fatal(err)
	}
	t, err := desk.Tickets.Create(ctx, ticket.New{EndUser: ann.ID, Message: &ticket.Draft{Text: "I moved to Elm Street."}})
	if err != nil {
		log.Fatal(err)
	}

	var export bytes.Buffer
	if err := desk.People.Export(ctx, frontdesk.Host(), ann.ID, &export); err != nil {
		log.Fatal(err)
	}
	fmt.Println("exported:", strings.Contains(export.String(), "Elm Street"))

	if _, err := desk.People.Erase(ctx, frontdesk.Host(), ann.ID); err != nil {
		log.Fatal(err)
	}
	if _, err := desk.Drain(ctx); err != nil { // what Run does in the background
		log.Fatal(err)
	}
	if err := desk.Compact(ctx); err != nil {
		log.Fatal(err)
	}
	ms, _, err := desk.Tickets.Messages(ctx, frontdesk.Host(), t.ID, 0, 0, 10)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("message %d says %q\n", ms[0].Seq, ms[0].Text)
	// Output:
	// exported: true
	// message 1 says ""
}
