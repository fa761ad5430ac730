package ticket_test

import (
	"context"
	"fmt"

	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The same to many tickets, each with a result of its own.
func ExampleService_Bulk() {
	ctx, tickets := context.Background(), exampleDesk()
	mira := event.Actor{Kind: event.Agent, ID: "mira"}
	host := event.Actor{Kind: event.System}
	check(tickets.SaveTag(ctx, host, &ticket.Tag{Name: "outage"}))
	check(tickets.SaveField(ctx, host, &ticket.Field{Key: "minutes", Type: ticket.Number, Editable: true}))
	var ids []string
	for _, text := range []string{"Your site is down.", "Nothing works!"} {
		w, err := tickets.Write(ctx, ticket.Inbound{EndUser: exampleUser(tickets), Fresh: true, Draft: ticket.Draft{Text: text}})
		check(err)
		ids = append(ids, w.Ticket.ID)
	}
	results, err := tickets.Bulk(ctx, mira, append(ids, "no such ticket"),
		ticket.Action{Do: ticket.DoAddTags, Tags: []string{"outage"}},
		ticket.Action{Do: ticket.DoField, To: "minutes", Text: "12"},
		ticket.Action{Do: ticket.DoReply, Text: "It works again. Sorry!"})
	check(err)
	for _, r := range results {
		if r.Err != nil {
			fmt.Println("left as it was")
			continue
		}
		minutes, _ := ticket.ValueOf[float64](r.Ticket, "minutes")
		fmt.Println(r.Ticket.Status, r.Ticket.Tags, minutes)
	}
	// Output:
	// agent_replied [outage] 12
	// agent_replied [outage] 12
	// left as it was
}

// Two tickets about one thing become one; what is sent to the other goes there, too.
func ExampleService_Merge() {
	ctx, tickets := context.Background(), exampleDesk()
	mira := event.Actor{Kind: event.Agent, ID: "mira"}
	write := func(id, text string) *ticket.Ticket {
		w, err := tickets.Write(ctx, ticket.Inbound{EndUser: exampleUser(tickets), Ticket: id, Fresh: id == "", Draft: ticket.Draft{Text: text}})
		check(err)
		return w.Ticket
	}
	first, second := write("", "Where is my parcel?"), write("", "You have lost my parcel!")
	_, _, err := tickets.Merge(ctx, mira, second.ID, first.ID, nil)
	check(err)
	fmt.Println(write(second.ID, "Found it.").ID == first.ID)
	messages, _, err := tickets.Messages(ctx, mira, first.ID, 0, 0, 10)
	check(err)
	for _, m := range messages {
		fmt.Println(m.Seq, m.Text)
	}
	// Output:
	// true
	// 1 Where is my parcel?
	// 2 You have lost my parcel!
	// 3 Found it.
}

// exampleUser is the end user of an example's desk.
func exampleUser(tickets *ticket.Service) string {
	t, err := tickets.ByNumber(context.Background(), event.Actor{Kind: event.System}, 1)
	check(err)
	return t.EndUser
}
