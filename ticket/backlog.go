package ticket

import (
	"context"
	"iter"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Here is how packages queue and automation read tickets. They act in the desk's own name,
// so nobody is asked who may see them.

// Backlog returns at most limit tickets that wait in a queue for a person and nobody has,
// the longest wait first, exactly as they are, and the cursor of the next page. It asks
// nobody whether he may see them: it is for packages that act in the desk's own name.
func Backlog(ctx context.Context, tx *store.Tx, queue, after string, limit int) ([]*Ticket, string, error) {
	return tickets.Page(ctx, tx, store.By("waiting", queue).Limit(limit).After(after))
}

// Held returns at most limit open tickets that an agent has, sleeping ones too, and the
// cursor of the next page. It asks nobody, either.
func Held(ctx context.Context, tx *store.Tx, agent, after string, limit int) ([]*Ticket, string, error) {
	return tickets.Page(ctx, tx, store.By("assignee", event.Actor{Kind: event.Agent, ID: agent}.String()).Limit(limit).After(after))
}

// CountBacklog counts what Backlog returns, up to a limit.
func CountBacklog(ctx context.Context, tx *store.Tx, queue string, limit int) (int, error) {
	return tickets.Count(ctx, tx, store.By("waiting", queue).Limit(limit))
}

// LongerWaiting counts, up to a limit, the tickets of a backlogged ticket's queue that wait
// longer than it does. Of those that wait as long the one with the lower id is the first.
func LongerWaiting(ctx context.Context, tx *store.Tx, t *Ticket, limit int) (int, error) {
	since := t.WaitsSince()
	n, err := tickets.Count(ctx, tx, store.By("waiting", t.Queue).To(since).Limit(limit))
	if err != nil || n >= limit {
		return n, err
	}
	same, _, err := tickets.Page(ctx, tx, store.By("waiting", t.Queue, since).Limit(limit-n))
	for _, o := range same {
		if o.ID < t.ID {
			n++
		}
	}
	return n, err
}

// HeldBy yields an agent's open tickets, sleeping ones too. It asks nobody whether he
// may see them: it is for packages that act in the desk's own name.
func HeldBy(ctx context.Context, tx *store.Tx, agent string) iter.Seq2[*Ticket, error] {
	return tickets.All(ctx, tx, store.By("assignee", event.Actor{Kind: event.Agent, ID: agent}.String()))
}

// Waiting returns a page of the tickets that wait for a person, in order of queue and
// wait. It asks nobody whether he may see them: as Owned, it is for package queue.
func Waiting(ctx context.Context, tx *store.Tx, after string, limit int) ([]*Ticket, string, error) {
	return tickets.Page(ctx, tx, store.By("waiting").Limit(limit).After(after))
}

// Owned returns a page of the open tickets that agents and bots have.
func Owned(ctx context.Context, tx *store.Tx, after string, limit int) ([]*Ticket, string, error) {
	return tickets.Page(ctx, tx, store.By("assignee").Limit(limit).After(after))
}

// Peek returns a ticket without asking who may see it.
func Peek(ctx context.Context, tx *store.Tx, id string) (*Ticket, error) {
	return tickets.Get(ctx, tx, id)
}

// PeekMessage returns a message of a ticket without asking who may see it.
func PeekMessage(ctx context.Context, tx *store.Tx, id string, seq int64) (*Message, error) {
	return messages.Get(ctx, tx, messageKey(id, seq))
}

// Wants are what Give will read of tickets, for reading ahead.
func Wants(ids ...string) (ws []store.Want) {
	for _, id := range ids {
		ws = append(ws, tickets.Want(id, store.ForUpdate))
	}
	return ws
}

// lastSeen is how many of an end user's newest tickets LastAgentOf looks at.
const lastSeen = 5

// LastAgentOf is the agent who had an end user's newest ticket but this one that an
// agent had; "" if there is none among the newest few.
func LastAgentOf(ctx context.Context, tx *store.Tx, t *Ticket) (string, error) {
	var newest *Ticket
	for _, open := range []int{1, 0} {
		ts, _, err := tickets.Page(ctx, tx, store.By("end_user", t.EndUser, open).Desc().Limit(lastSeen))
		if err != nil {
			return "", err
		}
		for _, o := range ts {
			if o.ID != t.ID && o.LastAgent != "" && (newest == nil || o.Times.Updated.After(newest.Times.Updated)) {
				newest = o
			}
		}
	}
	if newest == nil {
		return "", nil
	}
	return newest.LastAgent, nil
}
