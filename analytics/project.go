package analytics

import (
	"context"
	"errors"
	"strings"

	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/deflect"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// root says which generation is read, and which one is being made.
type root struct {
	ID      string     `json:"id"`
	Number  int        `json:"number"` // of generations that there were
	Current generation `json:"current"`
	Next    generation `json:"next,omitempty"` // that a rebuild makes; "": none is under way
	// Switched is the position up to which the current generation was made by a rebuild:
	// what the projection is given of that is in it already.
	Switched int64     `json:"switched,omitempty"`
	Rev      store.Rev `json:"-"`
}

const rootKey = "desk"

var roots = &store.Collection[root]{
	Name:       "analytics_root",
	Key:        func(r *root) string { return r.ID },
	Rev:        func(r *root) *store.Rev { return &r.Rev },
	Impersonal: impersonal,
}

func rootOf(ctx context.Context, tx *store.Tx, lock driver.Lock) (*root, error) {
	r, err := roots.Lock(ctx, tx, rootKey, lock)
	if errors.Is(err, store.ErrNotFound) {
		return &root{ID: rootKey, Number: 1, Current: "1"}, nil
	}
	return r, err
}

// project is the projection: it counts a batch of events.
func (s *Service) project(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	r, err := rootOf(ctx, tx, store.Share)
	if err != nil {
		return err
	}
	for len(es) > 0 && es[0].Position <= r.Switched {
		es = es[1:]
	}
	if len(es) == 0 {
		return nil
	}
	b, err := open(ctx, tx, r.Current, s.clocks)
	if err != nil {
		return err
	}
	b.current = true
	return b.take(ctx, es)
}

// take counts events.
func (b *book) take(ctx context.Context, es []*event.Event) error {
	for _, e := range es {
		if err := b.event(ctx, e); err != nil {
			return err
		}
		b.state.Position = max(b.state.Position, e.Position)
		if e.Time.After(b.state.Latest) {
			b.state.Latest = e.Time
		}
	}
	return b.close(ctx)
}

func (b *book) event(ctx context.Context, e *event.Event) error {
	switch e.Type {
	case ticket.CalendarSaved, queue.QueueCreated, queue.QueueChanged, "agent.created", "agent.changed":
		return b.learn(ctx, e)
	case queue.AvailabilitySet:
		return b.availability(ctx, e)
	case faq.Viewed, faq.Voted, faq.Searched:
		return b.read(e)
	case deflect.Settled:
		return b.settled(e)
	case bot.Advanced:
		return b.advanced(ctx, e)
	}
	if strings.HasPrefix(e.Type, "ticket.") {
		return b.ticket(ctx, e)
	}
	return nil
}

func (b *book) availability(ctx context.Context, e *event.Event) error {
	var f struct {
		Agent string      `json:"agent"`
		To    queue.State `json:"to"`
	}
	if err := e.Payload(&f); err != nil {
		return err
	}
	return b.present(ctx, f.Agent, e.Time, f.To == queue.Available)
}

// read counts what a reader did with articles.
func (b *book) read(e *event.Event) error {
	var f faq.Facts
	if err := e.Payload(&f); err != nil {
		return err
	}
	at := spot{At: e.Time, Set: set{App: f.App, Platform: f.Platform, Language: f.Language}}
	switch {
	case e.Type == faq.Viewed:
		b.add(at, colView, 1)
	case e.Type == faq.Searched:
		b.add(at, colSearch, 1)
		if f.Hits == 0 {
			b.add(at, colSearchInVain, 1)
		}
	case f.Helpful == f.Was: // another comment
	case f.Helpful == string(faq.Helpful):
		b.add(at, colHelpful, 1)
	case f.Helpful == string(faq.Unhelpful):
		b.add(at, colUnhelpful, 1)
	}
	return nil
}

// settled counts what became of a view, where the view is counted.
func (b *book) settled(e *event.Event) error {
	var f deflect.Facts
	if err := e.Payload(&f); err != nil {
		return err
	}
	at := spot{At: f.Viewed, Set: set{App: f.App, Platform: f.Platform, Language: f.Language}}
	b.add(at, colSettled, 1)
	if f.Ticket == "" {
		b.add(at, colDeflected, 1)
	}
	return nil
}

// advanced counts how a bot's conversation begins and ends.
func (b *book) advanced(ctx context.Context, e *event.Event) error {
	var f bot.Facts
	if err := e.Payload(&f); err != nil {
		return err
	}
	c, err := b.ticketCase(ctx, f.Ticket)
	if err != nil {
		return err
	}
	at := spot{At: e.Time, Set: c.Stand.Set, Tags: c.Stand.Tags}
	at.Set.Bot = f.Bot
	if f.Begins {
		b.add(at, colBotStart, 1)
		if !c.BotStarted && !f.Feedback {
			c.BotStarted = true
			b.add(at, colBotTicket, 1)
		}
	}
	if f.Waits == flow.Over && f.Why == "" {
		b.add(at, colBotEnd, 1)
	}
	return nil
}
