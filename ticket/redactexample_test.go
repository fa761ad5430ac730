package ticket_test

import (
	"context"
	"fmt"

	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What shouldn't have been written is taken out, of one message and of a whole ticket.
func ExampleService_RedactPattern() {
	ctx, host, tickets := context.Background(), event.Actor{Kind: event.System}, exampleDesk()
	first, err := tickets.ByNumber(ctx, host, 1)
	check(err)
	t, err := tickets.Create(ctx, ticket.New{EndUser: first.EndUser, Title: "Card 4111 1111 1111 1111", Message: &ticket.Draft{Text: "Charge 4111-1111-1111-1111."}})
	check(err)
	_, _, err = tickets.Note(ctx, host, t.ID, ticket.Draft{Text: "Her password is swordfish."})
	check(err)

	n, err := tickets.RedactPattern(ctx, host, t.ID, ticket.Cards)
	check(err)
	t, _, err = tickets.Redact(ctx, host, t.ID, 2, nil)
	check(err)
	fmt.Println(n, t.Title)
	messages, _, err := tickets.Messages(ctx, host, t.ID, 0, 0, 10)
	check(err)
	for _, m := range messages {
		fmt.Printf("%d %q %v\n", m.Seq, m.Text, m.Redacted.Whole)
	}
	// Output:
	// 2 Card •••• •••• •••• 1111
	// 1 "Charge ••••-••••-••••-1111." false
	// 2 "" true
}
