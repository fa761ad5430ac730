package automation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The limits of a backtest.
const (
	MaxBacktest     = 366 * 24 * time.Hour
	DefaultBacktest = 1000 // tickets, where nothing else is asked for
	MaxTestTickets  = 20_000
	maxDifferences  = 1000
)

// Backtest asks what other rules would have done.
type Backtest struct {
	Rules []*Rule // in their order, instead of those that there are
	// From and To bound the time that is looked at, at most 366 days: of the tickets that
	// were created then, what happened to them until To.
	From, To time.Time
	Tickets  int // at most, the newest ones are left out; 0 is DefaultBacktest
	// Progress hears now and then how many tickets have begun. nil: nobody does.
	Progress func(tickets int)
}

// BacktestReport is what a backtest found.
type BacktestReport struct {
	Tickets     int          // that were looked at
	More        bool         // there were more
	Differences []Difference // in order of tickets, at most 1,000
	Assigned    int          // tickets that would have been assigned differently
	Answered    int          // likewise, answered
	Resolved    int          // likewise, resolved or rejected
	Changed     int          // likewise, anything else of them
	LeftOut     int          // acts of people that couldn't be done again with the other rules, nor with these
}

// Difference is what would have been different about a ticket.
type Difference struct {
	Ticket string
	Number int64
	What   string // assigned, answered, resolved or changed
	Was    []string
	Would  []string
}

// Backtest runs recorded events through the rules that there are, and through others, and
// says what those would have done differently. Both run in a desk of its own in memory,
// with this one's settings, clocks and schedules included: nothing here is touched, nobody
// is told, and no webhook or function of an action is called. Functions that conditions
// ask are, with what they know today. What people did they do again at the same time;
// where a ticket has gone another way, what can't be done is left out. What was said on a
// ticket before it went into another one isn't said again. Time rules fire up
// to 15 minutes late. It is for who may configure. A rule that SaveRule would refuse is
// refused.
func (s *Service) Backtest(ctx context.Context, actor event.Actor, t Backtest) (*BacktestReport, error) {
	if err := t.valid(); err != nil {
		return nil, err
	}
	var present []*Rule
	var fields []*ticket.Field
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.people.Authorize(ctx, tx, actor, identity.Configure, identity.On{Subject: "rules", Read: true}); err != nil {
			return err
		}
		b, err := s.book(ctx, tx)
		if err != nil {
			return err
		}
		present, fields = nil, b.fields
		for _, c := range b.rules {
			if c.err == nil {
				present = append(present, c.Rule)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	run := &replay{s: s, test: &t, fields: fields, report: &BacktestReport{}, began: map[string]int64{}}
	if run.was, err = s.newSandbox(ctx, t.From, present, present); err != nil {
		return nil, fmt.Errorf("backtest: %w", err)
	}
	defer run.was.db.Close()
	if run.would, err = s.newSandbox(ctx, t.From, t.Rules, present); err != nil {
		return nil, fmt.Errorf("backtest: %w", err)
	}
	defer run.would.db.Close()
	if err := run.all(ctx); err != nil {
		return nil, fmt.Errorf("backtest: %w", err)
	}
	return run.report, nil
}

func (t *Backtest) valid() error {
	switch {
	case !t.From.Before(t.To):
		return &store.FieldError{Field: "backtest.from", Reason: "is before its end"}
	case t.To.Sub(t.From) > MaxBacktest:
		return &store.FieldError{Field: "backtest.from", Reason: "is at most 366 days before its end"}
	case t.Tickets < 0 || t.Tickets > MaxTestTickets:
		return &store.FieldError{Field: "backtest.tickets", Reason: "at most 20,000 tickets", Limit: MaxTestTickets}
	case len(t.Rules) > MaxRules:
		return &store.FieldError{Field: "backtest.rules", Reason: "at most 10,000 rules", Limit: MaxRules}
	}
	t.Tickets = cmp.Or(t.Tickets, DefaultBacktest)
	return nil
}

// replay is a backtest under way.
type replay struct {
	s          *Service
	test       *Backtest
	fields     []*ticket.Field
	was, would *sandbox
	report     *BacktestReport
	began      map[string]int64 // numbers of the tickets that are followed, by id
	order      []string         // their ids
}

// readAtOnce is how many events are read in one transaction.
const readAtOnce = 500

// all replays the log between the two moments, and compares.
func (r *replay) all(ctx context.Context) error {
	at, err := r.start(ctx)
	if err != nil {
		return err
	}
	for {
		es, err := r.s.events.Since(ctx, r.s.root, at, readAtOnce)
		if err != nil {
			return err
		}
		if len(es) == 0 || es[0].Time.After(r.test.To) {
			break
		}
		// A revision's events stand together: the last one's may go on.
		if last := es[len(es)-1]; len(es) == readAtOnce {
			whole := slices.IndexFunc(es, func(e *event.Event) bool { return e.Subject == last.Subject && e.Revision == last.Revision })
			if whole > 0 {
				es = es[:whole]
			}
		}
		for len(es) > 0 {
			n := 1
			for n < len(es) && es[n].Subject == es[0].Subject && es[n].Revision == es[0].Revision {
				n++
			}
			if err := r.change(ctx, es[:n]); err != nil {
				return err
			}
			at, es = es[n-1].Position, es[n:]
		}
	}
	for _, b := range []*sandbox{r.was, r.would} {
		if err := b.until(ctx, r.test.To); err != nil {
			return err
		}
	}
	return r.compare(ctx)
}

// start is the position behind which the events of the time begin, or a little before.
func (r *replay) start(ctx context.Context) (at int64, err error) {
	head, err := r.s.events.Head(ctx)
	if err != nil {
		return 0, err
	}
	low, high := int64(0), head
	for low < high { // events are in order of time, but for clocks that differ
		middle := (low + high) / 2
		es, err := r.s.events.Since(ctx, r.s.root, middle, 1)
		if err != nil {
			return 0, err
		}
		if len(es) > 0 && es[0].Time.Before(r.test.From.Add(-time.Minute)) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, nil
}

// change replays one change of one ticket in both sandboxes.
func (r *replay) change(ctx context.Context, es []*event.Event) error {
	cs, err := causes(es)
	if err != nil || len(cs) == 0 {
		return err
	}
	c, at := cs[0], es[0].Time
	_, follows := r.began[es[0].Subject]
	switch {
	case at.Before(r.test.From) || at.After(r.test.To) || !follows && !c.created:
		return nil
	case !follows && len(r.began) == r.test.Tickets:
		r.report.More = true
		return nil
	}
	var rec *recorded
	err = r.s.root.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err = r.s.recorded(ctx, tx, c, r.fields)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil // it is gone
	}
	if err != nil {
		return err
	}
	if c.created && rec.people() {
		r.began[rec.ticket] = rec.first.Number
		r.order = append(r.order, rec.ticket)
		if r.report.Tickets++; r.test.Progress != nil {
			r.test.Progress(r.report.Tickets)
		}
	}
	failed := false
	for _, b := range []*sandbox{r.was, r.would} {
		if err := b.until(ctx, at); err != nil {
			return err
		}
		ok, err := b.replay(ctx, rec)
		if err != nil {
			return err
		}
		failed = failed || !ok
		if err := b.settle(ctx); err != nil {
			return err
		}
	}
	if failed {
		r.report.LeftOut++
	}
	return nil
}

// replay does a change again.
func (b *sandbox) replay(ctx context.Context, rec *recorded) (ok bool, err error) {
	if !rec.created {
		return b.again(ctx, rec)
	}
	if !rec.people() {
		return true, nil
	}
	if err = b.create(ctx, rec); err != nil && !store.Broken(err) && ctx.Err() == nil {
		return false, nil
	}
	return err == nil, err
}

// compare says what differs.
func (r *replay) compare(ctx context.Context) error {
	counts := map[string]*int{"assigned": &r.report.Assigned, "answered": &r.report.Answered, "resolved": &r.report.Resolved, "changed": &r.report.Changed}
	for _, id := range r.order {
		was, err := r.was.deeds(ctx, id)
		if err != nil {
			return err
		}
		would, err := r.would.deeds(ctx, id)
		if err != nil {
			return err
		}
		for _, what := range slices.Sorted(maps.Keys(counts)) {
			if slices.Equal(was[what], would[what]) {
				continue
			}
			*counts[what]++
			if len(r.report.Differences) < maxDifferences {
				r.report.Differences = append(r.report.Differences, Difference{id, r.began[id], what, was[what], would[what]})
			}
		}
	}
	return nil
}

// deeds is what rules did to a ticket's twin, as people read it.
func (b *sandbox) deeds(ctx context.Context, id string) (map[string][]string, error) {
	out := map[string][]string{}
	twin := b.twins[id]
	if twin == "" {
		return out, nil
	}
	for cursor, more := "", true; more; more = cursor != "" {
		es, next, err := b.events.History(ctx, b.db, twin, cursor, readAtOnce)
		if err != nil {
			return nil, err
		}
		for _, e := range es {
			if e.Actor.Kind != event.Automation {
				continue
			}
			var f ticket.Facts
			if err := e.Payload(&f); err != nil {
				return nil, err
			}
			if what, how := told(e, &f); what != "" {
				out[what] = append(out[what], how+" by "+e.Actor.ID)
			}
		}
		cursor = next
	}
	return out, nil
}

// told says what a rule did.
func told(e *event.Event, f *ticket.Facts) (what, how string) {
	switch e.Type {
	case ticket.Assigned:
		switch {
		case f.To.ID != "":
			return "assigned", f.To.String()
		case f.Group != "" && f.Group != f.WasGroup:
			return "assigned", "group:" + f.Group
		case f.Queue != f.WasQueue:
			return "assigned", "queue:" + f.Queue
		}
		return "assigned", "nobody"
	case ticket.MessageAdded:
		if f.Message == ticket.Public {
			return "answered", "message"
		}
		return "changed", "note"
	case ticket.Resolved, ticket.Rejected, ticket.Reopened:
		return "resolved", string(f.Status)
	case ticket.Changed:
		edits, err := ticket.EditsOf(e)
		if err != nil || len(edits) == 0 {
			return "", ""
		}
		for i, a := range edits {
			if i > 0 {
				how += ", "
			}
			how += string(a.Do)
			for _, part := range append([]string{a.To, a.Text}, a.Tags...) {
				if part != "" {
					how += " " + part
				}
			}
		}
		return "changed", how
	case ticket.Snoozed:
		return "changed", "snoozed"
	}
	return "", ""
}
