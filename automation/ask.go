package automation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/frontdesk-go/frontdesk/internal/timely"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Functions of the host that conditions ask are called outside of transactions. A pass
// that needs one leaves nothing behind but a wait; a job then asks, and runs the pass with
// the answers. Later passes on the ticket wait behind it.

const askKind = "rules.ask"

// wait is a pass that waits for answers of the host.
type wait struct {
	Ticket string `json:"ticket"`
	Cause  string `json:"cause"`
	// Where the change's first and last events are in the log, or
	Position int64 `json:"position,omitempty"`
	Last     int64 `json:"last,omitempty"`
	// which rules' moment has come.
	Firing []waitingFor `json:"firing,omitempty"`
	Rev    store.Rev    `json:"-"`
}

type waitingFor struct {
	Rule  string `json:"rule"`
	Cause string `json:"cause"`
}

func (w *wait) key() string { return w.Ticket + "/" + w.Cause }

var waits = &store.Collection[wait]{
	Name:       "rule_wait",
	Key:        (*wait).key,
	Rev:        func(w *wait) *store.Rev { return &w.Rev },
	Impersonal: "holds ids and positions",
}

// waiting says whether a pass on a ticket waits.
func waiting(ctx context.Context, tx *store.Tx, id string) (bool, error) {
	n, err := waits.Count(ctx, tx, store.ByKey().From(id+"/").To(id+"0").Limit(1))
	return n > 0, err
}

// wait notes a pass that waits, and has a job do it.
func (s *Service) wait(ctx context.Context, tx *store.Tx, w *wait) error {
	err := waits.Put(ctx, tx, w)
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	if err != nil {
		return err
	}
	data, err := event.JSON(w.key())
	if err != nil {
		return err
	}
	// The same clock may have to ask again, and a job that is done keeps its id.
	id := askKind + "/" + w.key() + "/" + s.events.IDs().New()
	return s.jobs.Enqueue(ctx, tx, job.Spec{ID: id, Kind: askKind, Key: askKind + "/" + w.Ticket, Data: data})
}

// askFirst is the job. Where a rule asks another function because of what an earlier one
// has changed, it begins again with one answer more.
func (s *Service) askFirst(ctx context.Context, j *job.Job) error {
	var key string
	if err := j.Payload(&key); err != nil {
		return job.Permanent(err)
	}
	answers := map[string]answer{}
	for {
		var t *ticket.Ticket
		err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			w, err := waits.Lock(ctx, tx, key, store.ForUpdate)
			if errors.Is(err, store.ErrNotFound) {
				return nil // it was done before
			}
			if err != nil {
				return err
			}
			if err := waits.Delete(ctx, tx, w); err != nil {
				return err
			}
			if t, err = running(ctx, tx, w.Ticket); t == nil || err != nil {
				return err
			}
			return s.resume(ctx, tx, t, w, answers)
		})
		ask, ok := errors.AsType[*askError](err)
		if !ok {
			return err
		}
		s.questions(ctx, ask.names, t, answers)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// resume runs a pass that has waited.
func (s *Service) resume(ctx context.Context, tx *store.Tx, t *ticket.Ticket, w *wait, answers map[string]answer) error {
	b, err := s.book(ctx, tx)
	if err != nil {
		return err
	}
	if len(w.Firing) > 0 {
		var due []firing
		for _, f := range w.Firing {
			if c := b.byID[f.Rule]; c != nil && !c.Off && c.err == nil {
				due = append(due, firing{rule: c, cause: f.Cause})
			}
		}
		if due, err = s.stillDue(ctx, tx, t, due); err != nil || len(due) == 0 {
			return err
		}
		p, err := s.newPass(ctx, tx, b, t, &cause{}, answers)
		if err != nil {
			return err
		}
		if due[0].rule.On.Kind == OnTime {
			return p.fireTimed(ctx, s.now())
		}
		return p.fire(ctx, due)
	}
	es, err := s.events.Since(ctx, tx, w.Position-1, int(w.Last-w.Position)+1)
	if err != nil {
		return err
	}
	// Where processes share a store, other tickets' events may have positions in between.
	cs, err := causes(slices.DeleteFunc(es, func(e *event.Event) bool { return e.Subject != t.ID }))
	if err != nil || len(cs) == 0 {
		return err
	}
	return s.attempt(ctx, tx, b, t.ID, cs[0], answers)
}

// questions asks functions of the host side by side.
func (s *Service) questions(ctx context.Context, names []string, t *ticket.Ticket, answers map[string]answer) {
	got := make([]answer, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { got[i] = s.question(ctx, name, t) })
	}
	wg.Wait()
	for i, name := range names {
		answers[name] = got[i]
	}
}

// question calls a function of the host. One that fails, or takes too long, has no answer.
func (s *Service) question(ctx context.Context, name string, t *ticket.Ticket) answer {
	f := s.conditions[name]
	if f == nil {
		return answer{}
	}
	yes, err := timely.Call(ctx, ConditionTime, func(ctx context.Context) (bool, error) { return f(ctx, t) })
	if err != nil {
		s.log.WarnContext(ctx, "function of the host has no answer", "condition", name, "ticket", t.ID, "error", err)
		return answer{}
	}
	return answer{yes, true}
}

// askForNew asks all functions that rules on new tickets may need for one.
func (s *Service) askForNew(ctx context.Context, t *ticket.Ticket) (map[string]answer, error) {
	var b *book
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		b, err = s.book(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	var names []string
	for _, c := range b.created.rules {
		if len(c.Apps) > 0 && !slices.Contains(c.Apps, t.App) {
			continue
		}
		names = append(names, c.hosts...)
	}
	answers := map[string]answer{}
	s.questions(ctx, slices.Compact(slices.Sorted(slices.Values(names))), t, answers)
	return answers, nil
}
