package automation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Part is a part of a condition, and what became of it on a ticket.
type Part = condition.Part

// Explanation says whether a rule would run on a ticket, and why not.
type Explanation struct {
	Would bool     // it would run if its trigger came now
	Why   []string // why it wouldn't; the condition's own reasons are in When
	When  Part     // what its condition came to
	Event string   // id of the last change of the ticket that triggers it, which message, previous and changed are about
	Ran   []*Run   // what it did on this ticket before, the newest first, at most 10
	// Since is from when the clock of a time rule counts on the ticket, zero if it doesn't
	// run, and Due when it runs out, zero if it stands still before that.
	Since, Due time.Time
}

// Trial is what a rule would do to a ticket.
type Trial struct {
	Explanation
	Run    *Run           // nil where it wouldn't run
	Before *ticket.Ticket // as it is
	After  *ticket.Ticket // as it would be
	Said   []*ticket.Message
}

// Explain says whether a rule, saved or not, would run on a ticket now if its trigger
// came, which parts of its condition are true, and of which values. It is for who may
// configure and sees the ticket. What can't be a rule is refused as by SaveRule.
func (s *Service) Explain(ctx context.Context, actor event.Actor, r *Rule, id string) (*Explanation, error) {
	t, err := s.try(ctx, actor, r, id)
	if err != nil {
		return nil, err
	}
	return &t.Explanation, nil
}

// DryRun runs a rule, saved or not, on a ticket as if its trigger had come, says what it
// did, and takes all of it back: nobody hears of it, and no webhook, notice or function of
// an action is called. Functions that its condition asks are. For the rest it is Explain.
func (s *Service) DryRun(ctx context.Context, actor event.Actor, r *Rule, id string) (*Trial, error) {
	return s.try(ctx, actor, r, id)
}

// errTaken ends a transaction that isn't to be kept.
var errTaken = errors.New("taken back")

func (s *Service) try(ctx context.Context, actor event.Actor, r *Rule, id string) (*Trial, error) {
	if err := r.valid(); err != nil {
		return nil, err
	}
	answers := map[string]answer{}
	for {
		var trial *Trial
		var t *ticket.Ticket
		err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			if err := s.people.Authorize(ctx, tx, actor, identity.Configure, identity.On{Subject: "rules", Read: true}); err != nil {
				return err
			}
			if t, err = s.tickets.In(tx).Get(ctx, actor, id); err != nil {
				return err
			}
			if trial, err = s.trial(ctx, tx, r, t, answers); err != nil {
				return err
			}
			return errTaken
		})
		ask, asks := errors.AsType[*askError](err)
		switch {
		case asks:
			s.questions(ctx, ask.names, t, answers)
		case errors.Is(err, errTaken):
			return trial, nil
		default:
			return nil, err
		}
	}
}

// trial runs a rule in a transaction that will be taken back.
func (s *Service) trial(ctx context.Context, tx *store.Tx, r *Rule, t *ticket.Ticket, answers map[string]answer) (*Trial, error) {
	b, err := s.book(ctx, tx)
	if err != nil {
		return nil, err
	}
	rule := *r
	rule.Do = slices.Clone(r.Do)
	if err := s.check(ctx, tx, b, &rule); err != nil {
		return nil, err
	}
	cause, err := s.lastCause(ctx, tx, &rule, t)
	if err != nil {
		return nil, err
	}
	p, err := s.newPass(ctx, tx, b, t, cause, answers)
	if err != nil {
		return nil, err
	}
	p.dry = true
	c := &compiled{Rule: &rule}
	if c.compile(b.env); c.err != nil {
		return nil, c.err
	}
	trial := &Trial{Before: t, After: t}
	trial.Event = cause.id
	if trial.When = c.own.Explain(p.x); p.x.err != nil {
		return nil, p.x.err
	}
	if trial.Ran, err = ranOn(ctx, tx, rule.ID, t.ID); err != nil {
		return nil, err
	}
	trial.Why = c.hindered(t, trial)
	if err := s.hinderedByClock(ctx, tx, c, t, trial); err != nil {
		return nil, err
	}
	ran, err := p.try(ctx, firing{rule: c, cause: "trial"})
	if err != nil {
		return nil, err
	}
	trial.Would = ran && len(trial.Why) == 0
	if !ran {
		return trial, nil
	}
	trial.Run = p.runs[0]
	if trial.After, err = ticket.Peek(ctx, tx, t.ID); err != nil {
		return nil, err
	}
	trial.Said, _, err = s.tickets.In(tx).Messages(ctx, event.Actor{Kind: event.System}, t.ID, t.Marks.Last, 0, 200)
	return trial, err
}

// hindered says what, besides its condition, keeps a rule from running on a ticket.
func (c *compiled) hindered(t *ticket.Ticket, trial *Trial) (why []string) {
	if c.Off {
		why = append(why, "the rule is off")
	}
	if len(c.Apps) > 0 && !slices.Contains(c.Apps, t.App) {
		why = append(why, fmt.Sprintf("it is for other apps than %s", t.App))
	}
	switch {
	case t.Erased:
		why = append(why, "the ticket was erased")
	case t.Merged != nil:
		why = append(why, "the ticket went into another one")
	case (c.On.Kind == OnTime || c.On.Kind == OnSchedule) && !t.Status.Open():
		why = append(why, fmt.Sprintf("the ticket is %s, and only open ones count", t.Status))
	case c.On.Kind == OnCreated && t.Intake == "":
		why = append(why, "the ticket isn't new any more")
	case c.On.Kind == OnEvent && trial.Event == "":
		why = append(why, "nothing that triggers it has happened to the ticket lately")
	}
	if c.Once && slices.ContainsFunc(trial.Ran, func(r *Run) bool { return r.Cause == onceCause }) {
		why = append(why, "it runs once per ticket, and has")
	}
	if !trial.When.True {
		why = append(why, "its condition isn't true")
	}
	return why
}

// shownRuns is how many runs an explanation tells.
const shownRuns = 10

// ranOn are the newest runs of a rule on a ticket.
func ranOn(ctx context.Context, tx *store.Tx, rule, id string) (out []*Run, err error) {
	for r, err := range runs.All(ctx, tx, store.By("ticket", id).Desc()) {
		if err != nil {
			return nil, err
		}
		if r.Rule == rule {
			out = append(out, r)
		}
		if len(out) == shownRuns {
			break
		}
	}
	return out, nil
}

// lookBack is how many of a ticket's newest events are looked at for what triggers a rule.
const lookBack = 200

// lastCause is the newest change of a ticket that triggers a rule; one without an id, as
// if all of the rule's events happened now, if there is none.
func (s *Service) lastCause(ctx context.Context, tx *store.Tx, r *Rule, t *ticket.Ticket) (*cause, error) {
	if r.On.Kind != OnEvent {
		return &cause{created: true}, nil
	}
	back := s.events.Back(t.ID, "")
	var es []*event.Event
	for range lookBack {
		e, err := back.Peek(ctx, tx)
		if err != nil {
			return nil, err
		}
		if e == nil {
			break
		}
		es = append(es, e)
		back.Take()
	}
	slices.Reverse(es)
	cs, err := causes(es)
	if err != nil {
		return nil, err
	}
	for _, c := range slices.Backward(cs) {
		if r.On.triggered(c) {
			return c, nil
		}
	}
	made := &cause{created: true}
	for _, e := range r.On.Events {
		made.happened(e, "")
	}
	for _, key := range r.On.Fields {
		made.changed = append(made.changed, "field."+key)
	}
	return made, nil
}

// triggered says whether a change is what the trigger waits for.
func (t *Trigger) triggered(c *cause) bool {
	return slices.ContainsFunc(t.Events, func(e Event) bool {
		if e == EventField && len(t.Fields) > 0 {
			return slices.ContainsFunc(t.Fields, func(key string) bool { return slices.Contains(c.changed, "field."+key) })
		}
		return slices.Contains(c.names, string(e))
	})
}
