package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	index "github.com/blevesearch/bleve_index_api"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// mark says how far the index has come. It is written with what it is about.
type mark struct {
	// Position of the log up to which events are in the index, and the id of the
	// event there: another one means another log.
	Position int64  `json:"position"`
	Event    string `json:"event,omitempty"`
	// Building is set until all tickets have been read once; After is the cursor.
	Building bool   `json:"building,omitempty"`
	After    string `json:"after,omitempty"`
	// Purge is set as long as files may hold what was erased; see forget.
	Purge bool `json:"purge,omitempty"`
}

var markKey = []byte("mark")

// How much is read and written at once.
const (
	eventsAtOnce  = 500
	ticketsAtOnce = 200
)

// Run keeps the index up with the log until ctx ends, whose error it returns. An
// error of the index or of the store is logged, and it tries again.
func (x *Index) Run(ctx context.Context) error {
	w := x.events.Watch()
	defer w.Stop()
	const firstPause, lastPause = 100 * time.Millisecond, 30 * time.Second
	pause := firstPause
	for ctx.Err() == nil {
		_, err := x.Step(ctx)
		switch {
		case ctx.Err() != nil, errors.Is(err, store.ErrClosed):
			return ctx.Err()
		case err != nil:
			x.log.ErrorContext(ctx, "indexing tickets", "error", err)
			if sleep(ctx, pause) != nil {
				return ctx.Err()
			}
			pause = min(2*pause, lastPause)
			continue
		}
		pause = firstPause
		if err := listen(ctx, w); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// A batch waits for company, because each one makes a file; and now and then
// somebody looks without having been woken.
const (
	company = 50 * time.Millisecond
	poll    = 5 * time.Second
)

func listen(ctx context.Context, w *event.Watch) error {
	t := time.NewTimer(poll)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
	case <-w.C():
	}
	return sleep(ctx, company)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
	}
	return nil
}

// Step brings the index up to the log, or goes on building it to the end, and returns
// how many events and tickets it read: 0 means that nothing was left.
func (x *Index) Step(ctx context.Context) (n int, err error) {
	x.stepping.Lock()
	defer x.stepping.Unlock()
	for {
		more, err := x.advance(ctx)
		n += more
		if errors.Is(err, errDamaged) || errors.Is(err, event.ErrGone) {
			x.log.WarnContext(ctx, "the search index is built anew", "error", err)
			if err = x.reset(); err == nil {
				continue
			}
		}
		if err != nil || more == 0 {
			return n, err
		}
	}
}

// advance does one batch.
func (x *Index) advance(ctx context.Context) (n int, err error) {
	if err := x.open(); err != nil {
		return 0, err
	}
	m, err := x.progress()
	switch {
	case err != nil:
		return 0, err
	case m == nil:
		return x.begin(ctx)
	case m.Building:
		return x.build(ctx, *m)
	case m.Purge: // a process died before it had come to that
		return 1, x.purge(ctx, *m)
	}
	return x.follow(ctx, *m)
}

// progress returns the mark; nil is an empty index.
func (x *Index) progress() (m *mark, err error) {
	defer guard(&err)
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.files == nil {
		return nil, nil
	}
	r, err := x.files.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := r.GetInternal(markKey)
	if err != nil || b == nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, errors.Join(errDamaged, err)
	}
	return m, nil
}

// begin notes where the log is. What happens while tickets are read comes after it,
// and is read again.
func (x *Index) begin(ctx context.Context) (int, error) {
	m := mark{Building: true}
	head, err := x.events.Head(ctx)
	if err != nil {
		return 0, err
	}
	if head > 0 {
		es, err := x.events.Since(ctx, x.db, head-1, 1)
		if err != nil || len(es) == 0 {
			return 0, err
		}
		m.Position, m.Event = head, es[0].ID
	}
	return 1, x.write(ctx, index.NewBatch(), m)
}

// build reads the next tickets.
func (x *Index) build(ctx context.Context, m mark) (int, error) {
	b := index.NewBatch()
	n := 0
	err := x.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		ts, next, err := x.tickets.In(tx).All(ctx, host, m.After, ticketsAtOnce)
		if err != nil {
			return err
		}
		m.After, m.Building, n = next, next != "", len(ts)
		for _, t := range ts {
			c, err := x.read(ctx, tx, t)
			if err != nil {
				return err
			}
			b.Update(c.document())
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return max(n, 1), x.write(ctx, b, m)
}

// follow reads the next events, and the tickets that they are about.
func (x *Index) follow(ctx context.Context, m mark) (int, error) {
	if err := x.sameLog(ctx, m); err != nil {
		return 0, err
	}
	es, err := x.events.Since(ctx, x.db, m.Position, eventsAtOnce)
	if err != nil || len(es) == 0 {
		return 0, err
	}
	b := index.NewBatch()
	erased := false
	for _, e := range es {
		erased = erased || strings.HasSuffix(e.Type, ".erased") || strings.HasSuffix(e.Type, ".redacted")
	}
	ids, err := x.touched(ctx, es)
	if err != nil {
		return 0, err
	}
	for chunk := range slices.Chunk(ids, ticketsAtOnce) {
		if err := x.add(ctx, b, chunk); err != nil {
			return 0, err
		}
	}
	last := es[len(es)-1]
	m.Position, m.Event, m.Purge = last.Position, last.ID, erased
	if err := x.write(ctx, b, m); err != nil {
		return 0, err
	}
	if erased {
		return len(es), x.purge(ctx, m)
	}
	return len(es), nil
}

// purge has the files forget what was taken out, and says that they have.
func (x *Index) purge(ctx context.Context, m mark) error {
	if err := x.forget(ctx); err != nil {
		return err
	}
	m.Purge = false
	return x.write(ctx, index.NewBatch(), m)
}

// sameLog makes sure that the log is the one that was read before.
func (x *Index) sameLog(ctx context.Context, m mark) error {
	if m.Position == 0 {
		return nil
	}
	es, err := x.events.Since(ctx, x.db, m.Position-1, 1)
	if err != nil {
		return err
	}
	if len(es) == 0 || es[0].Position != m.Position || es[0].ID != m.Event {
		return event.ErrGone
	}
	return nil
}

// touched returns the tickets that events are about: those of an end user, if he
// changed.
func (x *Index) touched(ctx context.Context, es []*event.Event) (ids []string, err error) {
	seen := map[string]bool{}
	add := func(id string) {
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	for _, e := range es {
		switch {
		case e.Type == ticket.Read || seen[e.Subject]:
		case strings.HasPrefix(e.Type, "ticket."):
			add(e.Subject)
		case strings.HasPrefix(e.Type, "end_user.") && e.Type != "end_user.created":
			seen[e.Subject] = true
			for after := ""; ; {
				ts, next, err := x.tickets.OfEndUser(ctx, host, e.Subject, after, ticketsAtOnce)
				if err != nil {
					return nil, err
				}
				for _, t := range ts {
					add(t.ID)
				}
				if after = next; after == "" {
					break
				}
			}
		}
	}
	return ids, nil
}

// add adds tickets to a batch as they are now, or takes them out.
func (x *Index) add(ctx context.Context, b *index.Batch, ids []string) error {
	return x.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, id := range ids {
			t, err := x.tickets.In(tx).Get(ctx, host, id)
			if errors.Is(err, store.ErrNotFound) {
				b.Delete(id)
				continue
			}
			if err != nil {
				return err
			}
			c, err := x.read(ctx, tx, t)
			if err != nil {
				return err
			}
			b.Update(c.document())
		}
		return nil
	})
}

// write writes a batch and how far it brings the index, both or none.
func (x *Index) write(ctx context.Context, b *index.Batch, m mark) (err error) {
	defer guard(&err)
	encoded, err := json.Marshal(m)
	if err != nil {
		return err
	}
	b.SetInternal(markKey, encoded)
	b.SetInternal([]byte("form"), []byte(form))
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.files == nil {
		return store.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return x.files.Batch(b)
}

// Compact brings the index up to the log, and writes its files anew without what
// was taken out of them. An index in memory has none.
func (x *Index) Compact(ctx context.Context) error {
	if x.dir == "" {
		return nil
	}
	if _, err := x.Step(ctx); err != nil {
		return fmt.Errorf("compact search index: %w", err)
	}
	x.stepping.Lock()
	defer x.stepping.Unlock()
	if err := x.forget(ctx); err != nil {
		return fmt.Errorf("compact search index: %w", err)
	}
	return nil
}

// Lag says how many events the index is behind the log, and whether it is being
// built.
func (x *Index) Lag(ctx context.Context) (events int64, building bool, err error) {
	head, err := x.events.Head(ctx)
	if err != nil {
		return 0, false, err
	}
	m, err := x.progress()
	if err != nil || m == nil {
		return head, true, err
	}
	return max(head-m.Position, 0), m.Building, nil
}
