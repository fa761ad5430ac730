package ticket

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// MinRetention and maxRetention bound how long an app keeps what was written.
const (
	MinRetention = 24 * time.Hour
	maxRetention = 100 * 366 * 24 * time.Hour
)

// What the erasure of a ticket does in one transaction.
const (
	lapseMessages = 100
	lapseEvents   = 200
	lapseSources  = 50
)

// EraseLapsed erases what was written on tickets that have been closed for as long as
// their app keeps that ([App.Retention]): messages, attachments, title, fields, what
// devices told, comments, and the history of all that. What counts stays: statuses,
// labels, tags, times and numbers of messages, and links. A ticket takes what was
// merged into it along. It goes on until limit tickets are done, and says how many that
// were; fewer means that none is left. Interrupted, it is called again, and several
// processes may call it at once.
func (s *Service) EraseLapsed(ctx context.Context, limit int) (n int, err error) {
	for after := ""; ; {
		apps, next, err := s.Apps(ctx, after, 200)
		if err != nil {
			return n, err
		}
		for _, a := range apps {
			done, err := s.lapseApp(ctx, a, limit-n)
			if n += done; err != nil || n >= limit {
				return n, err
			}
		}
		if after = next; after == "" {
			return n, nil
		}
	}
}

func (s *Service) lapseApp(ctx context.Context, app *App, limit int) (n int, err error) {
	for app.Retention > 0 && n < limit {
		due, err := s.shelved(ctx, app.ID, s.now().Add(-app.Retention), min(limit-n, lapseSources))
		if errors.Is(err, store.ErrIndexBuilding) {
			return n, nil // of an older desk: the next call finds it
		}
		if err != nil || len(due) == 0 {
			return n, err
		}
		for _, id := range due {
			if err := s.lapse(ctx, id, "", 0); err != nil {
				return n, fmt.Errorf("retention of ticket %s: %w", id, err)
			}
			n++
		}
	}
	return n, nil
}

// shelved are ids of tickets on a shelf that were closed at a moment or before.
func (s *Service) shelved(ctx context.Context, shelf string, upTo time.Time, limit int) (ids []string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		ids = nil
		ts, _, err := tickets.Page(ctx, tx, store.By("closed", shelf).To(upTo.Add(time.Microsecond)).Limit(limit))
		for _, t := range ts {
			ids = append(ids, t.ID)
		}
		return err
	})
	return ids, err
}

// lapse erases a ticket that is due, or one that went into another which is. The
// ticket comes first: from then on nothing comes to it, and what is left is read as
// blank. It stays on its shelf until nothing is left, so that whoever is interrupted
// finds it again.
func (s *Service) lapse(ctx context.Context, id, into string, depth int) error {
	due, err := s.lapseTicket(ctx, id, into)
	if err != nil || !due {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for at, more := int64(0), true; more; more = at > 0 {
		if at, err = s.lapseMessages(ctx, id, at); err != nil {
			return err
		}
	}
	for cursor, more := "", true; more; more = cursor != "" {
		err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			cursor, err = s.events.Reword(ctx, tx, id, cursor, lapseEvents, func(*event.Event) ([]byte, error) { return nil, nil })
			return err
		})
		if err != nil {
			return err
		}
	}
	for depth < maxChain {
		sources, err := s.shelved(ctx, mergedInto(id), s.now(), lapseSources)
		if err != nil {
			return err
		}
		if len(sources) == 0 {
			break
		}
		for _, source := range sources {
			if err := s.lapse(ctx, source, id, depth+1); err != nil {
				return err
			}
		}
	}
	return s.lapsed(ctx, id)
}

// lapseTicket erases the ticket itself, if it is due now.
func (s *Service) lapseTicket(ctx context.Context, id, into string) (due bool, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err := tickets.Lock(ctx, tx, id, store.ForUpdate)
		if err != nil {
			return err
		}
		app, err := apps.Shared(ctx, tx, t.App)
		if err != nil {
			return err
		}
		if due = t.due(app, into, s.now()); !due || t.Erased {
			return nil
		}
		t.Moved = t.Rev // who has it on his screen reads it anew
		tickets.Erase(t, t.EndUser)
		if err := tickets.Put(ctx, tx, t); err != nil {
			return err
		}
		return s.tellErased(ctx, tx, t)
	})
	return due, err
}

// due says whether what was written on a ticket goes now: it was closed long enough
// ago, or went into one that is being erased.
func (t *Ticket) due(app *App, into string, now time.Time) bool {
	if into != "" {
		return t.shelf() == mergedInto(into)
	}
	return t.shelf() == t.App && app.Retention > 0 && now.Sub(t.Times.Resolved) >= app.Retention
}

// lapseMessages blanks a page of an erased ticket's messages, and returns the number
// with which the next one begins, 0 after the last one.
func (s *Service) lapseMessages(ctx context.Context, id string, at int64) (next int64, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		next = 0
		ms, more, err := messages.Page(ctx, tx, store.ByKey().From(messageKey(id, at)).To(messageKey(id, 1<<47)).Limit(lapseMessages))
		if err != nil {
			return err
		}
		for _, m := range ms {
			for _, a := range m.Attachments {
				if err := s.dropUpload(ctx, tx, a.ID); err != nil {
					return err
				}
			}
			messages.Erase(m, m.EndUser)
			if err := messages.Put(ctx, tx, m); err != nil {
				return err
			}
		}
		if more != "" {
			next = ms[len(ms)-1].Seq + 1
		}
		return nil
	})
	return next, err
}

// lapsed takes a ticket of which nothing is left off its shelf.
func (s *Service) lapsed(ctx context.Context, id string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err := tickets.Lock(ctx, tx, id, store.ForUpdate)
		if err != nil || !t.Lapsed.IsZero() {
			return err
		}
		t.Lapsed = s.now()
		return tickets.Put(ctx, tx, t)
	})
}

// erased is the error of what can't be done with a ticket that was erased.
func (t *Ticket) erased(what string) error {
	return &store.Error{Op: what, Collection: "ticket", Key: t.ID, Err: store.ErrNotFound}
}
