package live

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// board is what this process knows of agents and queues, as of a position of the log.
type board struct {
	at     int64 // 0: nothing was read yet
	queues []*queue.Queue
	agents map[string]*seat
}

// seat is an agent and what he carries.
type seat struct {
	*identity.Agent
	queue.Availability
	load queue.Load
}

// most is behind how many events it is as quick to read everything.
const most = 1000

// refresh brings the board up to date, by what has happened since.
func (b *board) refresh(ctx context.Context, tx *store.Tx, s *Service) error {
	head, err := s.Events.HeadIn(ctx, tx)
	if err != nil || head == b.at && b.agents != nil {
		return err
	}
	if b.agents == nil || head-b.at >= most || head < b.at {
		return b.readAll(ctx, tx, s, head)
	}
	es, err := s.Events.Since(ctx, tx, b.at, most)
	if err != nil {
		return err
	}
	moved := map[string]bool{} // agents
	for _, e := range es {
		if e.Position > head {
			break
		}
		all, err := touched(e, moved)
		if err != nil {
			return err
		}
		if all {
			return b.readAll(ctx, tx, s, head)
		}
	}
	for id := range moved {
		if err := b.readAgent(ctx, tx, s, id); err != nil {
			return err
		}
	}
	b.at = head
	return nil
}

// touched notes the agents to whom an event matters; all says that it is a matter of the
// whole desk.
func touched(e *event.Event, agents map[string]bool) (all bool, err error) {
	kind, id, _ := strings.Cut(e.Subject, ":")
	switch kind {
	case "availability", "worker", "agent":
		agents[id] = true
		return false, nil
	case "queue", "queues", "team", "calendar":
		return true, nil
	}
	if !strings.HasPrefix(e.Type, "ticket.") {
		return false, nil
	}
	var f ticket.Facts
	if err := e.Payload(&f); err != nil {
		return false, err
	}
	had := []event.Actor{f.From, f.To}
	if f.After != nil {
		had = append(had, f.After.Assignee)
	}
	for _, who := range had {
		if who.Kind == event.Agent {
			agents[who.ID] = true
		}
	}
	return false, nil
}

func (b *board) readAll(ctx context.Context, tx *store.Tx, s *Service, head int64) error {
	qs, _, err := s.Queues.In(tx).Queues(ctx)
	if err != nil {
		return err
	}
	fresh := &board{at: head, queues: qs, agents: map[string]*seat{}}
	for after := ""; ; {
		as, next, err := s.People.In(tx).Agents(ctx, after, 200)
		if err != nil {
			return err
		}
		for _, a := range as {
			if !a.Inactive {
				fresh.agents[a.ID] = &seat{Agent: a, Availability: queue.Availability{Agent: a.ID, State: queue.Offline}}
			}
		}
		if after = next; after == "" {
			break
		}
	}
	here := map[string]bool{} // of whom to ask what they carry: whoever was there, or has tickets
	for after := ""; ; {
		avs, next, err := s.Queues.In(tx).Availabilities(ctx, after, 200)
		if err != nil {
			return err
		}
		for _, av := range avs {
			if a := fresh.agents[av.Agent]; a != nil {
				a.Availability = *av
				here[av.Agent] = true
			}
		}
		if after = next; after == "" {
			break
		}
	}
	levels, err := s.Figures.Levels(ctx, tx, analytics.Agent, nil)
	if err != nil {
		return err
	}
	for _, l := range levels {
		if fresh.agents[l.Value] != nil {
			here[l.Value] = true
		}
	}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(here)), queue.MaxLoads) {
		loads, err := s.Queues.In(tx).Loads(ctx, system, some...)
		if err != nil {
			return err
		}
		for _, l := range loads {
			fresh.agents[l.Agent].load = l
		}
	}
	*b = *fresh
	return nil
}

// everybody is the sight of who sees all tickets.
var everybody = &identity.Sight{AnyGroup: true}

// system is this package as an actor.
var system = event.Actor{Kind: event.System}

func (b *board) readAgent(ctx context.Context, tx *store.Tx, s *Service, id string) error {
	a, err := s.People.In(tx).Agent(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && a.Inactive {
		delete(b.agents, id)
		return nil
	}
	if err != nil {
		return err
	}
	av, err := s.Queues.In(tx).Availability(ctx, id)
	if err != nil {
		return err
	}
	loads, err := s.Queues.In(tx).Loads(ctx, system, id)
	if err != nil {
		return err
	}
	b.agents[id] = &seat{Agent: a, Availability: *av, load: loads[0]}
	return nil
}
