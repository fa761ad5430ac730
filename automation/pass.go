package automation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// pass is one cause on one ticket: the rules that it triggers run in order.
type pass struct {
	s     *Service
	tx    *store.Tx
	b     *book
	x     *subject
	cause *cause
	taken map[string]string // ids of rules, by what they have set
	ended bool              // the ticket was closed, or a rule said to stop
	runs  []*Run
	dry   bool // nothing is to be kept, so that marks of earlier runs don't count
}

// firing is a rule that is to run, with what for.
type firing struct {
	rule  *compiled
	cause string
	depth int
}

// askError says that functions of the host have to be asked before a pass can run.
type askError struct{ names []string }

func (e *askError) Error() string { return "functions of the host have to be asked first" }

func (s *Service) newPass(ctx context.Context, tx *store.Tx, b *book, t *ticket.Ticket, c *cause, answers map[string]answer) (*pass, error) {
	p := &pass{s: s.In(tx), tx: tx, b: b, x: s.newSubject(ctx, tx, t), cause: c, taken: map[string]string{}}
	p.x.answers, p.x.events, p.x.changed, p.x.seq = answers, c.names, c.changed, c.seq
	if len(c.es) > 0 && !c.created {
		past, err := ticket.Before(t, b.fields, c.es...)
		if err != nil {
			return nil, err
		}
		p.x.past = past
	}
	return p, nil
}

// run runs the rules of a section that are true of the ticket, in order. Each sees what
// those before it have changed. An *askError says that nothing may be kept of it.
func (p *pass) run(ctx context.Context, sec *section) error {
	_, err := p.each(ctx, sec, func(c *compiled) (firing, bool) { return firing{c, p.cause.key, p.cause.depth}, true })
	return err
}

// each is run of those rules of a section that of has a cause for. place is behind the
// last rule that was looked at.
func (p *pass) each(ctx context.Context, sec *section, of func(c *compiled) (firing, bool)) (place int, err error) {
	for !p.ended {
		candidates := sec.set.Candidates(nil, p.x)
		i, _ := slices.BinarySearch(candidates, place)
		if p.x.err != nil || i == len(candidates) {
			return place, p.x.err
		}
		moved := false
		for _, at := range candidates[i:] {
			place = at + 1
			f, ok := of(sec.rules[at])
			if !ok {
				continue
			}
			ran, err := p.try(ctx, f)
			if err != nil {
				return place, err
			}
			if moved = ran; moved || p.ended {
				break // others may be true of it now
			}
		}
		if !moved {
			break
		}
	}
	return place, nil
}

// fire runs rules whose moment has come, in the order of the list.
func (p *pass) fire(ctx context.Context, due []firing) error {
	slices.SortStableFunc(due, func(a, b firing) int { return a.rule.place - b.rule.place })
	for _, f := range due {
		if p.ended {
			return nil
		}
		if _, err := p.try(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// try runs a rule if its condition is true and it hasn't run for this cause.
func (p *pass) try(ctx context.Context, f firing) (ran bool, err error) {
	p.x.missing = nil
	if yes := f.rule.whole.Match(p.x); p.x.err != nil {
		return false, p.x.err
	} else if len(p.x.missing) > 0 {
		return false, &askError{p.x.missing}
	} else if !yes {
		return false, nil
	}
	r := &Run{Rule: f.rule.ID, Ticket: p.x.t.ID, Cause: f.cause, Event: p.cause.id, Depth: f.depth, Time: p.x.now}
	if f.rule.Once {
		r.Cause = onceCause
	}
	if !p.dry {
		if _, err = runs.Get(ctx, p.tx, r.key()); !errors.Is(err, store.ErrNotFound) {
			return false, err // it has run, or the store can't say
		}
		if err = p.hold(ctx, f.rule); err != nil {
			return false, err
		}
		if r.Cut, err = p.cut(ctx, r); err != nil {
			return false, err
		}
	}
	if r.Cut == "" {
		if err := p.act(ctx, f.rule, r); err != nil {
			return false, err
		}
	} else {
		r.Cause = f.cause // it may yet run once
		p.s.log.WarnContext(ctx, "rule cut short", "rule", r.Rule, "ticket", r.Ticket, "why", r.Cut)
	}
	p.runs = append(p.runs, r)
	p.ended = p.ended || f.rule.Stop && r.Cut == ""
	if !p.dry {
		err = runs.Put(ctx, p.tx, r)
	}
	return r.Cut == "", err
}

// hold keeps a rule from being changed or deleted until what it does is done. One that has
// moved since the book was read has the transaction begin again, with the rules as they
// are.
func (p *pass) hold(ctx context.Context, c *compiled) error {
	now, err := rules.Lock(ctx, p.tx, c.ID, store.Share)
	if errors.Is(err, store.ErrNotFound) || err == nil && now.Rev != c.Rev {
		err = fmt.Errorf("rule %s: %w", c.ID, store.ErrConflict)
	}
	return err
}

const (
	onceCause = "once"
	// busyRuns is how often rules may run on a ticket within an hour before it is looked
	// at which, and busyRule how often one of them then may. A loop that goes through
	// agents or the engine of queues isn't a chain of causes, and ends here.
	busyRuns = 100
	busyRule = 20
	busyTime = time.Hour
)

// cut says why a rule isn't to run although it could: "" if nothing is wrong.
func (p *pass) cut(ctx context.Context, r *Run) (string, error) {
	if r.Depth >= MaxDepth {
		return fmt.Sprintf("it is %d rules deep in a chain", r.Depth), nil
	}
	if len(p.runs) == MaxPass {
		p.ended = true
		return fmt.Sprintf("%d rules have run in this pass", MaxPass), nil
	}
	recent := store.By("ticket", r.Ticket).From(r.Time.Add(-busyTime)).Limit(busyRuns)
	n, err := runs.Count(ctx, p.tx, recent)
	if err != nil || n < busyRuns {
		return "", err
	}
	mine := 0
	for other, err := range runs.All(ctx, p.tx, store.By("ticket", r.Ticket).From(r.Time.Add(-busyTime))) {
		if err != nil {
			return "", err
		}
		if other.Rule == r.Rule {
			mine++
		}
	}
	if mine >= busyRule {
		return fmt.Sprintf("it has run %d times on this ticket within an hour", mine), nil
	}
	return "", nil
}

// act does a rule's actions, each by itself: one that fails leaves the others.
func (p *pass) act(ctx context.Context, c *compiled, r *Run) error {
	ctx = event.Because(ctx, event.Cause{Event: p.cause.id, Depth: r.Depth + 1, Reason: c.Name})
	closed := !p.x.t.Status.Open()
	for i := range c.Do {
		a := &c.Do[i]
		o := Outcome{Do: a.Do}
		if what := sets(a); what != "" && p.taken[what] != "" && p.taken[what] != c.ID {
			o.Result, o.Why = Skipped, fmt.Sprintf("rule %s has set %s", p.taken[what], what)
			r.Did = append(r.Did, o)
			continue
		}
		rev := p.x.t.Rev
		err := p.tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			return p.s.In(tx).do(ctx, tx, deed{rule: c, run: r, place: i, t: p.x.t})
		})
		if err != nil && (store.Broken(err) || ctx.Err() != nil) {
			return err
		}
		now, gone := ticket.Peek(ctx, p.tx, p.x.t.ID)
		if gone != nil {
			return gone
		}
		switch o.Result = Done; {
		case err != nil:
			o.Result, o.Why = Failed, shorten(err.Error())
		case now.Rev == rev && a.onTicket():
			o.Result = Unchanged
		}
		if what := sets(a); what != "" && err == nil {
			p.taken[what] = c.ID
		}
		p.x.turn(now)
		r.Did = append(r.Did, o)
	}
	p.ended = p.ended || !closed && !p.x.t.Status.Open()
	return nil
}

// maxWhy is how many bytes of an error the log of runs keeps.
const maxWhy = 500

func shorten(s string) string {
	if len(s) > maxWhy {
		s = strings.ToValidUTF8(s[:maxWhy], "") + "…"
	}
	return s
}

// sets names the one value that an action sets, "" if it adds something.
func sets(a *Action) string {
	switch a.Do {
	case ticket.DoAssign, ticket.DoAssignGroup, ticket.DoAssignQueue, ticket.DoAssignBot, ticket.DoUnassign, ticket.DoAssignAvailable,
		ticket.DoUnassignDefault, ticket.DoReturn, ticket.DoEscalate:
		return "assignment"
	case ticket.DoResolve, ticket.DoReject, ticket.DoReopen:
		return "status"
	case ticket.DoSnooze, ticket.DoWake:
		return "snooze"
	case ticket.DoTitle, ticket.DoPriority, ticket.DoLabel, ticket.DoLanguage:
		return string(a.Do)
	case ticket.DoField:
		return "field " + a.To
	}
	return ""
}

// onTicket says whether an action changes the ticket, and nothing else.
func (a *Action) onTicket() bool {
	switch a.Do {
	case DoWebhook, DoNotify, DoCall:
		return false
	}
	return true
}
