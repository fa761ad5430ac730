package search

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/internal/indexfiles"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// ticketsAtOnce is how many tickets are read in one transaction.
const ticketsAtOnce = 200

// build reads the next tickets.
func (x *Index) build(ctx context.Context, b *indexfiles.Batch, after string) (next string, err error) {
	err = x.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		var ts []*ticket.Ticket
		ts, next, err = x.tickets.In(tx).All(ctx, host, after, ticketsAtOnce)
		if err != nil {
			return err
		}
		for _, t := range ts {
			c, err := x.read(ctx, tx, t)
			if err != nil {
				return err
			}
			b.Put(c.document())
		}
		return nil
	})
	return next, err
}

// follow reads the tickets that events are about.
func (x *Index) follow(ctx context.Context, b *indexfiles.Batch, es []*event.Event) error {
	for _, e := range es {
		b.Erased = b.Erased || strings.HasSuffix(e.Type, ".erased") || strings.HasSuffix(e.Type, ".redacted")
	}
	ids, err := x.touched(ctx, es)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(ids, ticketsAtOnce) {
		if err := x.add(ctx, b, chunk); err != nil {
			return err
		}
	}
	return nil
}

// touched returns the tickets that events are about: those of an end user, if he
// changed.
func (x *Index) touched(ctx context.Context, es []*event.Event) (ids []string, err error) {
	seen := map[string]bool{}
	add := func(id string) {
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	for _, e := range es {
		switch {
		case e.Type == ticket.Read || seen[e.Subject]:
		case strings.HasPrefix(e.Type, "ticket."):
			add(e.Subject)
		case strings.HasPrefix(e.Type, "end_user.") && e.Type != "end_user.created":
			seen[e.Subject] = true
			for after := ""; ; {
				ts, next, err := x.tickets.OfEndUser(ctx, host, e.Subject, after, ticketsAtOnce)
				if err != nil {
					return nil, err
				}
				for _, t := range ts {
					add(t.ID)
				}
				if after = next; after == "" {
					break
				}
			}
		}
	}
	return ids, nil
}

// add adds tickets to a batch as they are now, or takes them out.
func (x *Index) add(ctx context.Context, b *indexfiles.Batch, ids []string) error {
	return x.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, id := range ids {
			t, err := x.tickets.In(tx).Get(ctx, host, id)
			if errors.Is(err, store.ErrNotFound) {
				b.Delete(id)
				continue
			}
			if err != nil {
				return err
			}
			c, err := x.read(ctx, tx, t)
			if err != nil {
				return err
			}
			b.Put(c.document())
		}
		return nil
	})
}
