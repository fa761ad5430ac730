package email

import (
	"context"
	"errors"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// forgetParts are those of the reactor.
const forgetParts = 4

// forgetSent is the reactor that lets go of what is kept about a ticket's mails when the
// ticket was erased, and of its subject when something was taken out of the ticket: it
// was made of the title.
func (s *Service) forgetSent(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	for _, e := range es {
		var f ticket.Facts
		if err := e.Payload(&f); err != nil {
			return err
		}
		if f.Seq != 0 {
			continue // of a message
		}
		t, err := threads.Lock(ctx, tx, e.Subject, store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) {
			continue // no mail was sent about it, or its end user was erased
		}
		if err != nil {
			return err
		}
		if e.Type == ticket.Redacted {
			t.Subject = ""
			err = threads.Put(ctx, tx, t)
		} else {
			err = forgetThread(ctx, tx, t)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// forgetThread deletes all that is known of a ticket's mails. An answer to one of them is a
// new ticket then.
func forgetThread(ctx context.Context, tx *store.Tx, t *thread) error {
	for d, err := range sents.All(ctx, tx, store.ByKey().From(t.Ticket+"/").To(t.Ticket+"0")) { // '0' comes behind '/'
		if err != nil {
			return err
		}
		if err := sents.Delete(ctx, tx, d); err != nil {
			return err
		}
	}
	for more := true; more; {
		ks, next, err := knowns.Page(ctx, tx, store.By("ticket", t.Ticket).Limit(500))
		if err != nil {
			return err
		}
		for _, k := range ks {
			if err := knowns.Delete(ctx, tx, k); err != nil {
				return err
			}
		}
		more = next != ""
	}
	return threads.Delete(ctx, tx, t)
}
