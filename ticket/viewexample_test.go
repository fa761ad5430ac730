package ticket_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// inMemory is a small desk; work does what Run does all the time.
func inMemory(ctx context.Context) (tickets *ticket.Service, endUser string, work func()) {
	db, err := store.Open(ctx, memstore.New(), nil, slices.Concat(event.Collections(), job.Collections(), identity.Collections(), ticket.Collections())...)
	check(err)
	events, jobs := event.NewLog(db, nil), job.New(db, nil)
	people, err := identity.Open(ctx, db, events, nil)
	check(err)
	tickets, err = ticket.Open(ctx, db, events, jobs, people, nil)
	check(err)
	eve, err := people.Save(ctx, event.Actor{Kind: event.System}, identity.Profile{UserID: "4711"})
	check(err)
	return tickets, eve.ID, func() {
		_, err := events.Step(ctx)
		check(err)
		_, err = jobs.Step(ctx)
		check(err)
	}
}

func ExampleService_ViewTickets() {
	ctx, host := context.Background(), event.Actor{Kind: event.System}
	tickets, eve, work := inMemory(ctx)
	urgent := &ticket.View{Name: "Urgent", Filter: `ticket.open and ticket.priority >= "high"`, Sort: ticket.SortPriority, Desc: true}
	check(tickets.SaveView(ctx, host, urgent))
	for _, p := range []ticket.Priority{ticket.High, ticket.Low, ticket.Urgent} {
		_, err := tickets.Create(ctx, ticket.New{EndUser: eve, Title: "Of priority " + string(p), Priority: p})
		check(err)
	}
	work()

	found, _, err := tickets.ViewTickets(ctx, host, urgent.ID, "", 50)
	check(err)
	for _, t := range found {
		fmt.Println(t.Title)
	}
	counts, err := tickets.ViewCounts(ctx, host, urgent.ID)
	check(err)
	fmt.Println(counts[0].N)
	// Output:
	// Of priority urgent
	// Of priority high
	// 2
}

func ExampleService_SaveView() {
	ctx, host := context.Background(), event.Actor{Kind: event.System}
	tickets, _, _ := inMemory(ctx)
	err := tickets.SaveView(ctx, host, &ticket.View{Name: "Mine", Filter: `ticket.asignee == me`})
	if wrong, ok := errors.AsType[*ticket.ConditionError](err); ok {
		fmt.Println(wrong.Column, wrong.Message, wrong.Allowed)
	}
	// Output:
	// 1 there is no name ticket.asignee [ticket.assignee]
}
