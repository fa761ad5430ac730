package ticket

import (
	"context"
	"errors"
	"fmt"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// Notifier tells agents what is their business where they are: by mail, in the
// host's own app, on a watch. An error makes the desk try again later; after a crash
// the same notice may come twice, with the same ID.
type Notifier interface {
	Notify(ctx context.Context, n Notification) error
}

// NotifierFunc is a function as a Notifier.
type NotifierFunc func(ctx context.Context, n Notification) error

// Notify implements Notifier.
func (f NotifierFunc) Notify(ctx context.Context, n Notification) error { return f(ctx, n) }

// Notification is a notice with whom it is for and what it is about, as they are now.
type Notification struct {
	Notice *Notice
	Agent  *identity.Agent
	Ticket *Ticket
}

const noticeKind = "ticket.notice"

// callNotifier hands a notice on, unless the agent has read it, or isn't to be told
// any more.
func (s *Service) callNotifier(ctx context.Context, j *job.Job) error {
	var id string
	if err := j.Payload(&id); err != nil {
		return job.Permanent(err)
	}
	if s.notifier == nil {
		return nil // the host has none any more
	}
	var n Notification
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if n.Notice, err = notices.Get(ctx, tx, id); err != nil {
			return err
		}
		if n.Ticket, err = tickets.Get(ctx, tx, n.Notice.Ticket); err != nil {
			return err
		}
		n.Agent, err = s.people.Told(ctx, tx, n.Notice.Agent, n.Notice.Kind, n.Ticket.seenBy())
		return err
	})
	if errors.Is(err, store.ErrNotFound) || err == nil && (n.Agent == nil || n.Notice.Read) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.notifier.Notify(ctx, n); err != nil {
		return fmt.Errorf("notify %s: %w", n.Agent.ID, err)
	}
	return nil
}
