package automation

import (
	"context"
	"fmt"
	"slices"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// deed is one action of a rule that runs.
type deed struct {
	rule  *compiled
	run   *Run
	place int
	t     *ticket.Ticket
}

func (d *deed) action() *Action { return &d.rule.Do[d.place] }

// id is the same each time the action is done for the same cause: receivers drop a repeat
// by it.
func (d *deed) id() string { return fmt.Sprintf("%s/%d", d.run.key(), d.place) }

func (d *deed) actor() event.Actor { return event.Actor{Kind: event.Automation, ID: d.rule.ID} }

// do does an action, in the service's transaction.
func (s *Service) do(ctx context.Context, tx *store.Tx, d deed) error {
	a := d.action()
	switch a.Do {
	case ticket.DoReply, ticket.DoNote, DoAsk:
		return s.say(ctx, tx, d)
	case DoWebhook:
		return s.enqueueWebhook(ctx, tx, d)
	case DoCall:
		return s.enqueueCall(ctx, tx, d)
	case DoNotify:
		return s.notify(ctx, tx, d)
	}
	_, err := s.tickets.Apply(ctx, d.actor(), d.t.ID, a.Action)
	return err
}

// say writes a message or a note.
func (s *Service) say(ctx context.Context, tx *store.Tx, d deed) error {
	a := d.action()
	texts := a.Texts
	if a.QuickReply != "" {
		q, err := ticket.SharedReply(ctx, tx, a.QuickReply)
		if err != nil {
			return err
		}
		texts = q.Texts
	}
	r, err := s.tickets.Compose(ctx, tx, d.actor(), d.t, texts)
	if err != nil {
		return err
	}
	draft := ticket.Draft{Text: r.Text, HTML: r.HTML, Choices: a.Choices}
	if a.Do == ticket.DoNote {
		_, _, err = s.tickets.Note(ctx, d.actor(), d.t.ID, draft)
	} else {
		_, _, err = s.tickets.Reply(ctx, d.actor(), d.t.ID, draft)
	}
	return err
}

const (
	// assigneeID stands for whoever has the ticket.
	assigneeID = "assignee"
	// maxTold is how many agents one action tells.
	maxTold = 500
)

// notify tells agents, and all members of groups.
func (s *Service) notify(ctx context.Context, tx *store.Tx, d deed) error {
	a := d.action()
	var who []string
	for _, id := range a.Agents {
		switch {
		case id != assigneeID:
			who = append(who, id)
		case d.t.Assignee.Kind == event.Agent:
			who = append(who, d.t.Assignee.ID)
		}
	}
	if len(a.Groups) > 0 {
		members, err := s.members(ctx, a.Groups)
		if err != nil {
			return err
		}
		who = append(who, members...)
	}
	who = slices.Compact(slices.Sorted(slices.Values(who)))
	return s.tickets.Tell(ctx, tx, d.actor(), d.t, who[:min(len(who), maxTold)], d.id(), a.Text)
}

// members are the agents of groups.
func (s *Service) members(ctx context.Context, groups []string) (ids []string, err error) {
	for cursor, more := "", true; more; more = cursor != "" {
		page, next, err := s.people.Agents(ctx, cursor, 200)
		if err != nil {
			return nil, err
		}
		for _, agent := range page {
			if !agent.Inactive && slices.ContainsFunc(agent.Groups, func(g string) bool { return slices.Contains(groups, g) }) {
				ids = append(ids, agent.ID)
			}
		}
		cursor = next
	}
	return ids, nil
}
