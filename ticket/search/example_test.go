package search_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/frontdesk-go/frontdesk/ticket/search"
)

func Example() {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	db, err := store.Open(ctx, memstore.New(), nil, slices.Concat(event.Collections(), job.Collections(), identity.Collections(), ticket.Collections())...)
	check(err)
	defer db.Close()
	events := event.NewLog(db, nil)
	people, err := identity.Open(ctx, db, events, nil)
	check(err)
	tickets, err := ticket.Open(ctx, db, events, job.New(db, nil), people, nil)
	check(err)

	host := event.Actor{Kind: event.System}
	eve, err := people.Save(ctx, host, identity.Profile{UserID: "eve", Name: "Eve"})
	check(err)
	for _, text := range []string{"The lamp is broken.", "Where are my lamps?", "荷物が届きません"} {
		_, err := tickets.Create(ctx, ticket.New{EndUser: eve.ID, Message: &ticket.Draft{Text: text}})
		check(err)
	}

	ix := search.New(search.Parts{DB: db, Events: events, People: people, Tickets: tickets}, nil)
	defer ix.Close()
	_, err = ix.Step(ctx) // or go ix.Run(ctx)
	check(err)
	for _, text := range []string{"broken lamp", "lamp", "荷物"} {
		found, err := ix.Find(ctx, host, ticket.Search{Text: text, Newest: true})
		check(err)
		for _, hit := range found.Hits {
			s := hit.Snippets[0]
			fmt.Println(hit.Ticket.Number, s.Text[s.Marks[0].Start:s.Marks[0].End], "in", s.Text)
		}
	}
	// Output:
	// 1 lamp in The lamp is broken.
	// 2 lamps in Where are my lamps?
	// 1 lamp in The lamp is broken.
	// 3 荷物 in 荷物が届きません
}
