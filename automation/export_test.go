package automation

import (
	"context"
	"net/http"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/publicweb"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// PublicClient is the client that calls webhooks where the host has none of its own.
func PublicClient() *http.Client { return publicweb.Client(webhookTime, nil) }

// Watch is what the reactor does with a ticket that has changed.
func (s *Service) Watch(ctx context.Context, tx *store.Tx, t *ticket.Ticket) error {
	b, err := s.book(ctx, tx)
	if err != nil {
		return err
	}
	return s.watch(ctx, tx, b, t)
}

// Crowd sets alarms of tickets that needn't be there.
func Crowd(ctx context.Context, tx *store.Tx, at time.Time, ids ...string) error {
	for _, id := range ids {
		if err := alarms.Put(ctx, tx, &alarm{Ticket: id, At: at}); err != nil {
			return err
		}
	}
	return nil
}

// AlarmOf is when a ticket is looked at next, zero for never.
func AlarmOf(ctx context.Context, tx *store.Tx, id string) (time.Time, error) {
	a, err := alarms.Get(ctx, tx, id)
	if err != nil {
		return time.Time{}, unlessGone(err)
	}
	return a.At, nil
}

// Attending counts the end users of whom it is kept that they came or went.
func Attending(ctx context.Context, db *store.DB) (n int, err error) {
	err = db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err = attendances.Count(ctx, tx, store.ByKey())
		return err
	})
	return n, err
}

// Told is what a backtest says of an event of a rule.
func Told(e *event.Event) (what, how string, err error) {
	var f ticket.Facts
	if err := e.Payload(&f); err != nil {
		return "", "", err
	}
	what, how = told(e, &f)
	return what, how, nil
}
