package ticket

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// News is something that happened to a ticket.
type News struct {
	Event  *event.Event
	Ticket *Ticket // as it is now; nil where the reader doesn't see it any more
	// Message is the one that came or changed with the event, as it is now; nil: none.
	Message *Message
}

// Tail yields what happens to the tickets that an agent sees, from behind a position
// of the log on and as it comes, until ctx ends, whose error it yields last. Run has
// to be running. What he may see is looked up with each piece of news: who loses the
// right to see any gets a *identity.PermissionError as the last thing. A position
// that is ahead of the log is event.ErrGone.
func (s *Service) Tail(ctx context.Context, actor event.Actor, after int64) iter.Seq2[News, error] {
	return func(yield func(News, error) bool) {
		if err := s.mayTail(ctx, actor); err != nil {
			yield(News{}, err)
			return
		}
		for e, err := range s.events.Tail(ctx, after) {
			var n *News
			if err == nil && strings.HasPrefix(e.Type, "ticket.") {
				n, err = s.news(ctx, actor, e)
			}
			if err != nil {
				yield(News{}, err)
				return
			}
			if n != nil && !yield(*n, nil) {
				return
			}
		}
	}
}

// mayTail is one entry of the audit log for all that is to come.
func (s *Service) mayTail(ctx context.Context, actor event.Actor) error {
	if err := staffOnly(actor); err != nil {
		return err
	}
	return s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		return s.people.Authorize(ctx, tx, actor, identity.Converse, identity.On{Subject: "tickets", Read: true})
	})
}

// news is what an event is to somebody; nil is nothing.
func (s *Service) news(ctx context.Context, actor event.Actor, e *event.Event) (n *News, err error) {
	var f Facts
	if err := e.Payload(&f); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		n = nil
		g, err := s.sight(ctx, tx, actor, identity.On{Subject: e.Subject})
		if err != nil {
			return err
		}
		t, err := tickets.Get(ctx, tx, e.Subject)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		shown := *e   // and not what everybody who listens shares
		if t.Erased { // the erasure may not have come to all of it yet
			shown.Personal = nil
		}
		if e.Type == Rated && !g.Ratings {
			return nil
		}
		if !g.sees(t) {
			if g.saw(e, &f) {
				shown.Personal = nil
				n = &News{Event: &shown}
			}
			return nil
		}
		n = &News{Event: &shown, Ticket: g.show(t)}
		if f.Message != "" || e.Type == MessageFailed {
			n.Message, err = s.message(ctx, tx, t.ID, f.Seq)
			if errors.Is(err, store.ErrNotFound) {
				err = nil // it has moved to another ticket
			}
			if n.Message != nil && t.Erased {
				messages.Erase(n.Message, t.EndUser)
			}
		}
		return err
	})
	return n, err
}

// saw says whether an event took a ticket out of sight.
func (g sight) saw(e *event.Event, f *Facts) bool {
	switch e.Type {
	case Assigned:
		return g.Sees(&identity.Case{Assignee: f.From, Group: f.WasGroup, App: f.App})
	case OfferDeclined, OfferExpired, OfferWithdrawn:
		return g.Sees(&identity.Case{Assignee: f.From, Group: f.Group, App: f.App})
	case Changed:
		var p said
		if !slices.Contains(f.What, "followers") || e.Payload(&p) != nil {
			return false
		}
		for _, a := range p.Altered {
			if a.What == "followers" && slices.Contains(strings.Split(a.From, ", "), g.Agent) {
				return true
			}
		}
	}
	return false
}
