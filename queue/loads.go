package queue

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Load is what an agent carries.
type Load struct {
	Agent   string
	Tickets int     // open ones that he has, also those that sleep or that he answered
	Weight  float64 // what they count, in tickets that weigh 1
	Limit   float64 // how much of it is his limit; 0: he has none
	// Channels is how many of the tickets are of each channel, in order of name.
	Channels []ChannelLoad
}

// ChannelLoad is how many tickets of a channel an agent has.
type ChannelLoad struct {
	Channel string
	Tickets int
}

// of counts one more ticket of a channel.
func (l *Load) of(channel string) {
	i, ok := slices.BinarySearchFunc(l.Channels, channel, func(c ChannelLoad, name string) int { return cmp.Compare(c.Channel, name) })
	if !ok {
		l.Channels = slices.Insert(l.Channels, i, ChannelLoad{Channel: channel})
	}
	l.Channels[i].Tickets++
}

// MaxLoads is of how many agents Loads tells at a time, and MaxHeld how many tickets of
// each it counts.
const (
	MaxLoads = 200
	MaxHeld  = 1000
)

// Loads says what agents carry, in the order in which they are named, as the limits count
// it. What they are merely offered isn't in it. It needs the permission SeeRealTime. An
// agent who isn't there is store.ErrNotFound; more than 200 are a *store.FieldError.
func (s *Service) Loads(ctx context.Context, actor event.Actor, agents ...string) (loads []Load, err error) {
	if len(agents) > MaxLoads {
		return nil, &store.FieldError{Field: "agents", Reason: "are at most 200", Limit: MaxLoads}
	}
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		loads = make([]Load, 0, len(agents))
		if err := s.people.Authorize(ctx, tx, actor, identity.SeeRealTime, identity.On{Subject: "queues", Read: true}); err != nil {
			return err
		}
		set, err := current(ctx, tx, 0)
		if err != nil {
			return err
		}
		for _, id := range agents {
			l, err := s.loadOf(ctx, tx, set, id)
			if err != nil {
				return err
			}
			loads = append(loads, l)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return loads, nil
}

func (s *Service) loadOf(ctx context.Context, tx *store.Tx, set *Settings, id string) (l Load, err error) {
	who, err := s.people.In(tx).Agent(ctx, id)
	if err != nil {
		return l, err
	}
	w, err := workers.Get(ctx, tx, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return l, err
	}
	l.Agent = id
	if limit := set.limit(w, who.Team); limit < noLimit {
		l.Limit = inTickets(limit)
	}
	weight := int64(0)
	for t, err := range ticket.HeldBy(ctx, tx, id) {
		if err != nil {
			return l, err
		}
		if l.Tickets++; l.Tickets > MaxHeld {
			l.Tickets = MaxHeld
			break
		}
		l.of(t.Channel)
		weight += set.load(t)
	}
	l.Weight = inTickets(weight)
	return l, nil
}
