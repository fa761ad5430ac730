package queue

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const noLimit = math.MaxInt64

// read makes the board from what is stored. What changes meanwhile is in the log behind
// the position that it notes first.
func (a *assigner) read(ctx context.Context) error {
	head, err := a.s.events.Head(ctx)
	if err != nil {
		return err
	}
	b := newBoard(a.s.now().UnixMicro())
	a.at = head
	worked, err := a.lastWork(ctx, head)
	if err != nil {
		return err
	}
	var set *Settings
	var rungs []rung
	err = a.s.root.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		set, rungs, err = a.s.ladder(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	b.configure(set, rungs)
	if err := a.readAgents(ctx, b, worked); err != nil {
		return err
	}
	var rows []*row
	seen := map[string]bool{}
	for _, pages := range []func(context.Context, *store.Tx, string, int) ([]*ticket.Ticket, string, error){ticket.Waiting, ticket.Owned} {
		for cursor, more := "", true; more; more = cursor != "" {
			err := a.s.root.View(ctx, func(ctx context.Context, tx *store.Tx) error {
				ts, next, err := pages(ctx, tx, cursor, readAtOnce)
				cursor = next
				page := make([]row, 0, len(ts))
				for _, t := range ts {
					c, err := a.s.card(ctx, tx, t, b)
					if err != nil {
						return err
					}
					// One that moved while it was read may be met twice: what comes after is in
					// the log.
					if !seen[c.id] && (c.waits || c.agent != "") {
						seen[c.id] = true
						page = append(page, row{card: c})
						rows = append(rows, &page[len(page)-1])
					}
				}
				return err
			})
			if err != nil {
				return err
			}
			if err := a.lease.alive(ctx); err != nil {
				return err
			}
		}
	}
	b.load(rows)
	a.b = b
	return nil
}

// readAgents puts all agents on the board.
func (a *assigner) readAgents(ctx context.Context, b *board, worked map[string]int64) error {
	for cursor, more := "", true; more; more = cursor != "" {
		err := a.s.root.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			all, next, err := a.s.people.In(tx).Agents(ctx, cursor, 200)
			if err != nil {
				return err
			}
			cursor = next
			var wants []store.Want
			for _, who := range all {
				wants = append(wants, a.s.wants(who.ID)...)
			}
			if err := tx.Ahead(ctx, wants...); err != nil {
				return err
			}
			for _, who := range all {
				p, err := a.s.post(ctx, tx, who.ID, b.set)
				if err != nil {
					return err
				}
				b.seat(p.id).idle = worked[p.id] // before it may count as inactivity
				b.post(p)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// lastWork reads from the log's end when agents last worked on a ticket.
func (a *assigner) lastWork(ctx context.Context, head int64) (map[string]int64, error) {
	worked := map[string]int64{}
	for at := max(head-lookBack, 0); at < head; {
		es, err := a.s.events.Since(ctx, a.s.root, at, eventsAtOnce)
		if err != nil || len(es) == 0 {
			return worked, err
		}
		n, err := newsOf(es, nil)
		if err != nil {
			return nil, err
		}
		for id, t := range n.worked {
			worked[id] = max(worked[id], t)
		}
		at = n.last
	}
	return worked, nil
}

// readNews reads what events have named, as it is now.
func (s *Service) readNews(ctx context.Context, tx *store.Tx, n *news, b *board) (err error) {
	set := b.set
	if n.settings {
		if n.set, n.rungs, err = s.ladder(ctx, tx); err != nil {
			return err
		}
		// Agents' limits and tickets' weights come from the settings: where those
		// changed, everything does.
		if n.anew = !sameBut(set, n.set) || s.needsChanged(b, n.rungs); n.anew {
			return nil
		}
		set = n.set
	}
	wants := ticket.Wants(n.tickets...)
	for _, id := range n.agents {
		wants = append(wants, s.wants(id)...)
	}
	if err := tx.Ahead(ctx, wants...); err != nil {
		return err
	}
	for _, id := range n.agents {
		p, err := s.post(ctx, tx, id, set)
		if err != nil {
			return err
		}
		n.posts = append(n.posts, p)
	}
	for _, id := range n.tickets {
		t, err := ticket.Peek(ctx, tx, id)
		if errors.Is(err, store.ErrNotFound) {
			n.gone = append(n.gone, id)
			continue
		}
		if err != nil {
			return err
		}
		c, err := s.card(ctx, tx, t, b)
		if err != nil {
			return err
		}
		n.cards = append(n.cards, c)
	}
	return nil
}

// needsChanged says whether queues ask for other skills, look for last agents, or
// escalate elsewhere than before, which cards hold.
func (s *Service) needsChanged(b *board, rungs []rung) bool {
	if len(rungs) != len(b.ranked) {
		return true
	}
	return slices.ContainsFunc(rungs, func(g rung) bool {
		l := b.lines[g.queue.ID]
		return l == nil || !slices.Equal(l.q.Needs, g.queue.Needs) || l.q.Strategy != g.queue.Strategy || l.q.Escalate != g.queue.Escalate
	})
}

// ladder reads settings and queues in order of rank, with their calendars.
func (s *Service) ladder(ctx context.Context, tx *store.Tx) (*Settings, []rung, error) {
	set, err := current(ctx, tx, 0)
	if err != nil {
		return nil, nil, err
	}
	rungs := make([]rung, 0, len(set.Order))
	for _, id := range set.Order {
		q, err := queues.Get(ctx, tx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		c, err := s.tickets.Hours(ctx, tx, q.Calendar)
		if err != nil {
			return nil, nil, err
		}
		rungs = append(rungs, rung{q, c})
	}
	return set, rungs, nil
}

// wants are what post will read of an agent.
func (s *Service) wants(id string) []store.Want {
	return append(s.people.Wants(event.Actor{Kind: event.Agent, ID: id}), workers.Want(id, 0), availabilities.Want(id, 0))
}

// post reads an agent as the board knows him.
func (s *Service) post(ctx context.Context, tx *store.Tx, id string, set *Settings) (post, error) {
	p := post{id: id, limit: noLimit}
	who, err := s.people.In(tx).Agent(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	w, err := workers.Get(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) {
		w, err = &Worker{Agent: id}, nil
	}
	if err != nil {
		return p, err
	}
	av, err := availabilities.Get(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) {
		av, err = &Availability{Agent: id, State: Offline}, nil
	}
	if err != nil {
		return p, err
	}
	p.available, p.groups, p.skills = av.State == Available && !who.Inactive, who.Groups, w.Skills
	p.limit, p.weight = set.limit(w, who.Team), w.Weight
	if !av.Since.IsZero() {
		p.since = av.Since.UnixMicro()
	}
	return p, nil
}

// card reads a ticket as the board knows it.
func (s *Service) card(ctx context.Context, tx *store.Tx, t *ticket.Ticket, b *board) (card, error) {
	q := b.lineOf(t.Queue).q
	c := cardOf(t, q, b.set)
	if c.waits && q.Strategy == Sticky && c.last == "" {
		var err error
		if c.last, err = ticket.LastAgentOf(ctx, tx, t); err != nil {
			return c, err
		}
	}
	return c, nil
}

// cardOf is what a ticket alone says, in a queue.
func cardOf(t *ticket.Ticket, q *Queue, set *Settings) card {
	c := card{id: t.ID, queue: t.Queue, group: t.Group, weight: set.weight(t.Channel)}
	if !t.Backlogged() || t.Merged != nil || t.Erased {
		if t.Status.Open() && t.Assignee.Kind == event.Agent && t.Merged == nil {
			c.agent, c.load = t.Assignee.ID, set.load(t)
		}
		return c
	}
	c.waits, c.last, c.asks, c.priority, c.due = true, t.LastAgent, q.asks(t), -int64(urgent(t)), dueOf(t)
	c.since, c.joined = t.WaitsSince().UnixMicro(), joined(t).UnixMicro()
	c.escalated = q.Escalate.To != "" && t.EscalatedTo(q.Escalate.To)
	if o := t.Offer; o != nil {
		if c.agent = t.OfferedTo(); c.agent != "" {
			c.until = o.Until.UnixMicro()
		}
		for _, d := range o.Declined {
			c.declined = append(c.declined, refusal{d.Agent, d.Until.UnixMicro()})
		}
	}
	return c
}

// joined is when a ticket began to wait in its queue: when it came there, or, if that is
// later, when the end user wrote.
func joined(t *ticket.Ticket) time.Time {
	at := t.Stay.Entered
	if t.WaitingSince.After(at) {
		at = t.WaitingSince
	}
	if at.IsZero() {
		at = t.Times.Created
	}
	return at
}
