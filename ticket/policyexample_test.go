package ticket_test

import (
	"context"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Urgent tickets are answered within an hour, all others within a day. Without a calendar
// all time counts.
func ExampleService_SavePolicy() {
	ctx, host := context.Background(), event.Actor{Kind: event.System}
	tickets, eve, work := inMemory(ctx)
	check(tickets.SavePolicy(ctx, host, &ticket.Policy{Name: "Urgent", When: `ticket.priority == "urgent"`, First: time.Hour, AtRisk: 75}))
	check(tickets.SavePolicy(ctx, host, &ticket.Policy{Name: "All others", First: 24 * time.Hour, Resolution: 7 * 24 * time.Hour}))
	work()

	t, err := tickets.Create(ctx, ticket.New{EndUser: eve, Message: &ticket.Draft{Text: "Nothing works."}})
	check(err)
	show := func(after time.Duration) {
		what, due, state := t.Due(t.Times.Created.Add(after))
		fmt.Println(what, "in", due.Sub(t.Times.Created.Add(after)), state)
	}
	show(0)
	t, err = tickets.Edit(ctx, host, t.ID, ticket.Edit{Priority: new(ticket.Urgent)})
	check(err)
	show(0)
	show(50 * time.Minute)
	// Output:
	// first_response in 24h0m0s ok
	// first_response in 1h0m0s ok
	// first_response in 10m0s at_risk
}
