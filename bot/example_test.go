package bot_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// counter is a desk with nothing but what bots need. A frontdesk.Desk has it all.
type counter struct {
	events  *event.Log
	jobs    *job.Queue
	people  *identity.Service
	tickets *ticket.Service
	bots    *bot.Service
}

func openCounter(ctx context.Context) (c *counter, err error) {
	db, err := store.Open(ctx, memstore.New(), hooks(), slices.Concat(event.Collections(), job.Collections(), identity.Collections(), ticket.Collections(), queue.Collections(), bot.Collections())...)
	if err != nil {
		return nil, err
	}
	c = &counter{events: event.NewLog(db, nil), jobs: job.New(db, nil)}
	if c.people, err = identity.Open(ctx, db, c.events, &identity.Options{Jobs: c.jobs}); err != nil {
		return nil, err
	}
	c.tickets, err = ticket.Open(ctx, db, c.events, c.jobs, c.people, &ticket.Options{Hooks: []ticket.Hook{queue.Hook(), bot.Hook()}, Exists: exists,
		Steps: []ticket.Step{bot.Step(func() *bot.Service { return c.bots })}})
	if err != nil {
		return nil, err
	}
	queues, err := queue.Open(ctx, queue.Parts{DB: db, Events: c.events, Jobs: c.jobs, People: c.people, Tickets: c.tickets}, nil)
	if err != nil {
		return nil, err
	}
	c.bots, err = bot.Open(bot.Parts{DB: db, Events: c.events, Jobs: c.jobs, People: c.people, Tickets: c.tickets, Queues: queues}, nil)
	return c, err
}

// work does everything that is due.
func (c *counter) work(ctx context.Context) error {
	for {
		es, err := c.events.Step(ctx)
		if err != nil {
			return err
		}
		js, err := c.jobs.Step(ctx)
		if err != nil || es+js == 0 {
			return err
		}
	}
}

// A platform's first bot asks who writes for his name, and hands off.
func Example() {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	c, err := openCounter(ctx)
	check(err)
	check(c.bots.Save(ctx, host, &bot.Bot{ID: "identity", Name: "Reception", Draft: flow.Identity()}))
	_, err = c.bots.Publish(ctx, host, "identity")
	check(err)
	app, err := c.tickets.App(ctx, ticket.DefaultApp)
	check(err)
	p, err := app.Platform("api")
	check(err)
	p.FirstBot = "identity"
	check(c.tickets.SaveApp(ctx, host, app))

	eve, err := c.people.Save(ctx, host, identity.Profile{UserID: "eve"})
	check(err)
	id := ""
	for _, text := range []string{"Hello?", "Eve", "I'd rather not say"} {
		w, err := c.tickets.Write(ctx, ticket.Inbound{EndUser: eve.ID, Ticket: id, Draft: ticket.Draft{Text: text}})
		check(err)
		check(c.work(ctx))
		id = w.Ticket.ID
	}
	ms, _, err := c.tickets.Messages(ctx, host, id, 0, 0, 50)
	check(err)
	for _, m := range ms {
		fmt.Printf("%s: %s\n", m.Author.Kind, m.Text)
	}
	t, err := c.tickets.Get(ctx, host, id)
	check(err)
	fmt.Println("waits for a person:", t.Backlogged())
	// Output:
	// end_user: Hello?
	// bot: May I have your name?
	// end_user: Eve
	// bot: At which email address can we reach you?
	// end_user: I'd rather not say
	// bot: Thank you. Somebody will be with you soon.
	// waits for a person: true
}
