package ticket_test

import (
	"context"
	"fmt"
	"log"
	"slices"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// A question, its answer, and a message that reopens what was solved.
func Example() {
	ctx := context.Background()
	collections := slices.Concat(event.Collections(), job.Collections(), identity.Collections(), ticket.Collections())
	db, err := store.Open(ctx, memstore.New(), nil, collections...)
	check(err)
	defer db.Close()
	events := event.NewLog(db, nil)
	people, err := identity.Open(ctx, db, events, nil)
	check(err)
	tickets, err := ticket.Open(ctx, db, events, job.New(db, nil), people, nil)
	check(err)

	host := event.Actor{Kind: event.System}
	ann := &identity.Agent{Name: "Ann"}
	check(people.SaveAgent(ctx, host, ann))
	eve, err := people.Save(ctx, host, identity.Profile{UserID: "4711", Name: "Eve"})
	check(err)

	t, err := tickets.Create(ctx, ticket.New{EndUser: eve.ID, Message: &ticket.Draft{Text: "Where is my parcel?"}})
	check(err)
	fmt.Println(t.Status)
	t, _, err = tickets.Reply(ctx, ann.Actor(), t.ID, ticket.Draft{Text: "On its way."})
	check(err)
	fmt.Println(t.Status)
	t, err = tickets.Resolve(ctx, ann.Actor(), t.ID)
	check(err)
	fmt.Println(t.Status)
	written, err := tickets.Write(ctx, ticket.Inbound{EndUser: eve.ID, Ticket: t.ID, Draft: ticket.Draft{Text: "It isn't here yet."}})
	check(err)
	fmt.Println(written.Ticket.Status, written.Ticket.Assignee == ann.Actor())
	messages, _, err := tickets.Messages(ctx, ann.Actor(), t.ID, 0, 0, 10)
	check(err)
	for _, m := range messages {
		fmt.Println(m.Seq, m.Author.Kind, m.Text)
	}
	// Output:
	// new
	// agent_replied
	// resolved
	// waiting_for_agent true
	// 1 end_user Where is my parcel?
	// 2 agent On its way.
	// 3 end_user It isn't here yet.
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func ExampleService_SendQuickReply() {
	ctx, tickets := context.Background(), exampleDesk()
	admin := event.Actor{Kind: event.Agent, ID: "mira"}
	q := &ticket.QuickReply{
		Title:    "Refund",
		Shortcut: "/refund",
		Texts: []ticket.ReplyText{
			{Language: "en", Text: "Hi {{user.name | there}}, the money for {{ticket.number}} is on its way. {{agent.name}}"},
			{Language: "de", Text: "Guten Tag, das Geld kommt. {{agent.name}}"},
		},
		Actions: []ticket.Action{{Do: ticket.DoResolve}},
	}
	check(tickets.SaveQuickReply(ctx, admin, q))
	t, err := tickets.ByNumber(ctx, admin, 1)
	check(err)

	found, err := tickets.SuggestQuickReplies(ctx, admin, "/ref", 5) // what an agent types
	check(err)
	t, m, err := tickets.SendQuickReply(ctx, admin, t.ID, found[0].ID, ticket.Draft{})
	check(err)
	fmt.Println(m.Text)
	fmt.Println(t.Status)
	// Output:
	// Hi there, the money for 1 is on its way. Mira
	// resolved
}

// exampleDesk are the tickets of a desk with an admin, mira, and one ticket.
func exampleDesk() *ticket.Service {
	ctx := context.Background()
	collections := slices.Concat(event.Collections(), job.Collections(), identity.Collections(), ticket.Collections())
	db, err := store.Open(ctx, memstore.New(), nil, collections...)
	check(err)
	events := event.NewLog(db, nil)
	people, err := identity.Open(ctx, db, events, nil)
	check(err)
	tickets, err := ticket.Open(ctx, db, events, job.New(db, nil), people, nil)
	check(err)
	host := event.Actor{Kind: event.System}
	check(people.SaveAgent(ctx, host, &identity.Agent{ID: "mira", Name: "Mira", Role: identity.Admin}))
	eve, err := people.Save(ctx, host, identity.Profile{UserID: "4711"})
	check(err)
	_, err = tickets.Create(ctx, ticket.New{EndUser: eve.ID, Message: &ticket.Draft{Text: "Where is my money?"}})
	check(err)
	return tickets
}
