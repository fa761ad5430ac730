package event

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// Parked is what a consumer couldn't take: one event of a projection, or a
// subject of a reactor from one of its events on.
type Parked struct {
	ID       string    `json:"id"`
	Consumer string    `json:"consumer"`
	Subject  string    `json:"subject"`
	From     int64     `json:"from"` // position of the event that failed
	Error    string    `json:"error"`
	Since    time.Time `json:"since"`
	Tries    int       `json:"tries"`
	Rev      store.Rev `json:"-"`
}

var parked = &store.Collection[Parked]{
	Name:       "event_parked",
	Key:        func(p *Parked) string { return p.ID },
	Rev:        func(p *Parked) *store.Rev { return &p.Rev },
	Columns:    []store.Column[Parked]{{Name: "since", Kind: store.Time, Of: func(p *Parked) any { return p.Since }}},
	Indexes:    []store.Index{{Name: "since", On: []string{"since"}}},
	Impersonal: "holds ids, and errors of consumers",
}

// maxError is how much of an error is kept, in bytes.
const maxError = 1000

func clip(err error) string {
	text := err.Error()
	return text[:min(len(text), maxError)]
}

// park puts an event aside and moves on to position last.
func (c *consumer) park(ctx context.Context, e *Event, last int64, cause error) error {
	text := clip(cause)
	p := &Parked{ID: c.name + "/" + e.Subject, Consumer: c.name, Subject: e.Subject, From: e.Position, Error: text, Since: c.l.now(), Tries: 1}
	if c.parts == 0 {
		p.ID = fmt.Sprintf("%s/%016x", c.name, e.Position)
	}
	c.l.log.ErrorContext(ctx, "event parked", "consumer", c.id(), "subject", e.Subject, "type", e.Type, "position", e.Position, "error", text)
	return c.l.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		cur, err := c.cursor(ctx, tx, store.ForUpdate)
		if err != nil || cur.Position >= e.Position {
			return err
		}
		cur.Position, cur.Incomplete = last, c.parts == 0
		if err := parked.Put(ctx, tx, p); err != nil {
			return err
		}
		return cursors.Put(ctx, tx, cur)
	})
}

// ParkedEvents lists what is parked, longest first, and gives the cursor of the
// next page.
func (l *Log) ParkedEvents(ctx context.Context, after string, limit int) (ps []*Parked, next string, err error) {
	err = l.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		ps, next, err = parked.Page(ctx, tx, store.By("since").Limit(limit).After(after))
		return err
	})
	return ps, next, err
}

// Retry gives a consumer what was parked under this id again, and then what has
// waited behind it. If that fails, it stays parked and the error says why.
func (l *Log) Retry(ctx context.Context, id string) error { return l.unpark(ctx, id, true) }

// Drop gives up what is parked under this id. What waited behind a reactor's
// event is given to it.
func (l *Log) Drop(ctx context.Context, id string) error { return l.unpark(ctx, id, false) }

func (l *Log) unpark(ctx context.Context, id string, again bool) error {
	for done := false; !done; again = true {
		err := l.db.Update(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			done, err = l.unparkRun(ctx, tx, id, again)
			return err
		})
		if bad, ok := errors.AsType[*poison](err); ok {
			return errors.Join(fmt.Errorf("parked %s: %w", id, bad.err), l.failedAgain(ctx, id, bad.err))
		}
		if err != nil {
			return fmt.Errorf("parked %s: %w", id, err)
		}
	}
	return nil
}

// unparkRun deals with the event at the head of what is parked, and forgets the
// parking once the cursor is reached.
func (l *Log) unparkRun(ctx context.Context, tx *store.Tx, id string, again bool) (done bool, err error) {
	p, err := parked.Lock(ctx, tx, id, store.ForUpdate)
	if err != nil {
		return false, err
	}
	c := l.consumerOf(p)
	if c == nil {
		return false, fmt.Errorf("consumer %s isn't running in this program: %w", p.Consumer, store.ErrNotFound)
	}
	cur, err := c.cursor(ctx, tx, store.ForUpdate)
	if err != nil {
		return false, err
	}
	head, next, err := c.waiting(ctx, tx, p, cur.Position)
	if err != nil {
		return false, err
	}
	if again && head != nil {
		if err := c.call(ctx, tx, []*Event{head}); err != nil {
			return false, err
		}
	}
	if c.parts > 0 && next != nil {
		p.From = next.Position
		return false, parked.Put(ctx, tx, p)
	}
	if err := parked.Delete(ctx, tx, p); err != nil {
		return false, err
	}
	if c.parts > 0 || !again {
		return true, nil // a projection that lacks an event stays incomplete
	}
	cur.Incomplete, err = l.lacks(ctx, tx, c.name)
	if err != nil {
		return false, err
	}
	return true, cursors.Put(ctx, tx, cur)
}

// waiting finds the parked event, and the subject's next one up to the cursor.
func (c *consumer) waiting(ctx context.Context, tx *store.Tx, p *Parked, upTo int64) (head, next *Event, err error) {
	q := store.ByKey().From(p.Subject + "/").To(p.Subject + "0")
	for e, err := range events.All(ctx, tx, q) {
		switch {
		case err != nil:
			return nil, nil, err
		case e.Position == p.From:
			head = e
		case c.takes(e) && e.Position > p.From && e.Position <= upTo && (next == nil || e.Position < next.Position):
			next = e
		}
	}
	return head, next, nil
}

func (l *Log) lacks(ctx context.Context, tx *store.Tx, name string) (bool, error) {
	for _, err := range parked.Scan(ctx, tx, store.ByKey().From(name+"/").To(name+"0").Limit(1)) {
		return true, err
	}
	return false, nil
}

func (l *Log) consumerOf(p *Parked) *consumer {
	for _, c := range l.consumers {
		if c.name == p.Consumer && (c.parts == 0 || c.part == partition(p.Subject, c.parts)) {
			return c
		}
	}
	return nil
}

func (l *Log) failedAgain(ctx context.Context, id string, cause error) error {
	return l.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := parked.Lock(ctx, tx, id, store.ForUpdate)
		if err != nil {
			return err
		}
		p.Tries++
		p.Error = clip(cause)
		return parked.Put(ctx, tx, p)
	})
}
