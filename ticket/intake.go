package ticket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/timely"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// StepTime is how long a step of intake may take. One that takes longer is passed
// over, with a warning on the ticket.
const StepTime = 5 * time.Second

// Step is a part of intake, which every new ticket passes once. It has one of two
// functions, or both.
type Step struct {
	Name string // as warnings name it; 1 to 32 of a-z, 0-9 and _
	// Ask calls the outside world, or thinks for long: no transaction is open while
	// it runs, and it may run again after a crash. Its answer is given to Do. It
	// must heed ctx, which ends after StepTime.
	//
	// Where Late is set, Do is tried first, without an answer, and Ask is called only if
	// it returns ErrAsk: most tickets don't need what only the outside world knows.
	Ask func(ctx context.Context, t *Ticket) (answer any, err error)
	// Do changes the ticket in the transaction that takes it to the next step,
	// exactly once: s is bound to it. It is quick: where writers take turns, all
	// others wait for it.
	Do   func(ctx context.Context, s *Service, t *Ticket, answer any) error
	Late bool
}

// ErrAsk: the Do of a Late step needs what its Ask answers.
var ErrAsk = errors.New("the outside world has to be asked first")

const (
	intakeParts  = 4
	stepKind     = "ticket.intake"
	languageStep = "language"
)

// pipeline puts the detection of languages before the other steps.
func (s *Service) pipeline(others []Step) ([]Step, error) {
	steps := others
	if s.detector != nil {
		steps = slices.Concat([]Step{{Name: languageStep, Do: s.detect}}, others)
	}
	seen := map[string]bool{}
	for _, step := range steps {
		if !isName(step.Name) || step.Do == nil || seen[step.Name] {
			return nil, &store.FieldError{Field: "steps", Reason: "have a name of a-z, 0-9 and _ each, once, and a function Do"}
		}
		seen[step.Name] = true
	}
	return steps, nil
}

// firstStep is where a new ticket begins, "" where there is no intake.
func (s *Service) firstStep() string {
	if len(s.steps) == 0 {
		return ""
	}
	return s.steps[0].Name
}

// intake is the reactor that takes new tickets through their steps. It also closes
// the surveys that a new ticket makes pointless, and looks after tickets that were changed
// while service policies were.
func (s *Service) intake(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	if err := s.overtaken(ctx, tx, es); err != nil {
		return err
	}
	for _, e := range es {
		if e.Type != Created {
			continue
		}
		t, err := tickets.Get(ctx, tx, e.Subject)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if e.Actor.Kind == event.EndUser {
			if err := s.voidBefore(ctx, tx, t); err != nil {
				return err
			}
		}
		if err := s.In(tx).advance(ctx, t.ID, nil); err != nil {
			return err
		}
	}
	return nil
}

// reply is what a step's Ask gave, or how it failed.
type reply struct {
	step   string
	answer any
	err    error
}

// advance takes a ticket through its steps until one has to be asked outside, for
// which it leaves a job, or none is left. got is the reply of the step at which the
// ticket stands, if that was asked. What steps change is written by them; that they are
// passed is written once, at the end.
func (s *Service) advance(ctx context.Context, id string, got *reply) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err := tickets.Lock(ctx, tx, id, store.ForUpdate)
		if err != nil || t.Intake == "" {
			return err // somebody has taken it by hand
		}
		w := &way{to: t.Intake}
		for {
			at := slices.IndexFunc(s.steps, func(step Step) bool { return step.Name == w.to })
			if at < 0 { // a step of a program that is gone
				w.failed(fmt.Errorf("there is no step %s any more", w.to))
				return s.pass(ctx, tx, id, w)
			}
			step := s.steps[at]
			asks := step.Ask != nil && (got == nil || got.step != step.Name)
			var failed error
			before := tx.Writes()
			if !asks || step.Late {
				failed = s.take(ctx, tx, t, step, got)
				asks = asks && errors.Is(failed, ErrAsk)
			}
			if asks {
				data := []byte(`"` + id + `"`)
				if err := s.jobs.Enqueue(ctx, tx, job.Spec{ID: stepKind + "/" + id + "/" + step.Name, Kind: stepKind, Data: data}); err != nil {
					return err
				}
				return s.pass(ctx, tx, id, w)
			}
			if err := errors.Join(ctx.Err(), broken(failed)); err != nil {
				return err
			}
			if failed != nil {
				s.log.WarnContext(ctx, "step of intake passed over", "ticket", id, "step", w.to, "error", failed)
				w.failed(failed)
			}
			w.left = append(w.left, w.to)
			if w.to = ""; at+1 == len(s.steps) {
				return s.pass(ctx, tx, id, w)
			}
			w.to = s.steps[at+1].Name
			if tx.Writes() > before { // it may not be as it was
				if t, err = tickets.Get(ctx, tx, id); err != nil || t.Intake == "" {
					return err // the step itself has ended it, by resolving the ticket, say
				}
			}
			t.Intake = w.to
		}
	})
}

// broken is the error if the store is its reason, and not the step.
func broken(err error) error {
	if store.Broken(err) {
		return err
	}
	return nil
}

// way is what a ticket has come through at a stretch.
type way struct {
	left     []string // steps that it has passed
	to       string   // the step at which it stands now, "" behind the last one
	warnings []identity.Warning
}

// failed notes that a step is passed over.
func (w *way) failed(err error) {
	w.warnings = append(w.warnings, identity.Warning{Field: "intake." + w.to, Detail: "passed over: " + shorten(err.Error(), MaxTitle)})
}

// take lets a step do its work under a savepoint, so that one that fails leaves
// nothing behind.
func (s *Service) take(ctx context.Context, tx *store.Tx, t *Ticket, step Step, got *reply) error {
	var answer any
	if got != nil && got.step == step.Name {
		if got.err != nil {
			return got.err
		}
		answer = got.answer
	}
	inner, cancel := context.WithTimeout(ctx, StepTime)
	defer cancel()
	err := tx.Update(inner, func(ctx context.Context, tx *store.Tx) (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v", r)
			}
		}()
		if err := step.Do(ctx, s.In(tx), t, answer); err != nil {
			return err
		}
		return ctx.Err()
	})
	if ctx.Err() == nil && inner.Err() != nil {
		err = fmt.Errorf("it took longer than %v", StepTime)
	}
	return err
}

// pass writes how far a ticket has come.
func (s *Service) pass(ctx context.Context, tx *store.Tx, id string, w *way) error {
	if len(w.left)+len(w.warnings) == 0 {
		return nil
	}
	_, err := s.In(tx).change(ctx, event.Actor{Kind: event.System}, id, func(_ context.Context, _ *store.Tx, c *Change) error {
		now := c.After
		if now.Intake == "" {
			return nil // a step has ended it itself
		}
		c.warn(w.warnings)
		if slices.IndexFunc(s.steps, func(step Step) bool { return step.Name == w.to }) < 0 {
			if len(w.left) > 0 {
				now.Intake = w.left[len(w.left)-1]
			}
			now.admit(c)
			return nil
		}
		now.Intake = w.to
		for _, step := range w.left {
			c.Record(Passed, &Facts{Step: step})
		}
		return nil
	})
	return unlessGone(err) // a step may have merged it, which has ended its intake
}

// admit ends intake, if the ticket is in it.
func (t *Ticket) admit(c *Change) {
	if t.Intake != "" {
		c.Record(Admitted, &Facts{Step: t.Intake, To: t.Assignee, Group: t.Group, Queue: t.Queue})
		t.Intake = ""
	}
}

// outside is the job that asks a step, and goes on with what it says.
func (s *Service) outside(ctx context.Context, j *job.Job) error {
	var id string
	if err := j.Payload(&id); err != nil {
		return job.Permanent(err)
	}
	t, err := s.Get(ctx, event.Actor{Kind: event.System}, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	at := slices.IndexFunc(s.steps, func(step Step) bool { return step.Name == t.Intake && step.Ask != nil })
	if at < 0 {
		return s.advance(ctx, id, nil)
	}
	got := &reply{step: t.Intake}
	ask := s.steps[at].Ask
	got.answer, got.err = timely.Call(ctx, StepTime, func(ctx context.Context) (any, error) { return ask(ctx, t) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.advance(ctx, id, got)
}
