package ticket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// Where policies, calendars or fields change, the due moments of open tickets move. A
// job goes over all of them, a page to a transaction. Who changes a ticket at the same
// time may still go by what was; the reactor of intake looks at such tickets again.

const (
	retimeKind = "ticket.retime"
	retimePage = 50 // tickets of a transaction
	// settling is for how long after a change of policies there may be writers who began
	// before it.
	settling = time.Hour
)

// retiming is how far the job has come.
type retiming struct {
	ID    string    `json:"id"`
	Job   string    `json:"job"`
	After string    `json:"after,omitempty"` // cursor
	Rev   store.Rev `json:"-"`
}

var retimings = &store.Collection[retiming]{
	Name:       "ticket_retiming",
	Key:        func(p *retiming) string { return p.ID },
	Rev:        func(p *retiming) *store.Rev { return &p.Rev },
	Impersonal: "holds a position",
}

// turnBook gives the policies a new version, and has open tickets looked at if there are
// any policies, or were.
func (s *Service) turnBook(ctx context.Context, tx *store.Tx, b *policyBook, had bool) (err error) {
	if b.Version, err = tx.Next(ctx, "ticket_policies"); err != nil {
		return err
	}
	b.Moved = s.now()
	if err := policyBooks.Put(ctx, tx, b); err != nil || !had && len(b.Order) == 0 {
		return err
	}
	id := fmt.Sprintf("%s/%d", retimeKind, b.Version)
	return s.jobs.Enqueue(ctx, tx, job.Spec{ID: id, Kind: retimeKind, Key: retimeKind})
}

// HoursMoved says that a queue has another calendar now: due moments of open tickets
// move. It is for who sets [Options.QueueHours].
func (s *Service) HoursMoved(ctx context.Context, tx *store.Tx) error { return s.movePolicies(ctx, tx) }

// movePolicies says that something has changed on which due moments depend.
func (s *Service) movePolicies(ctx context.Context, tx *store.Tx) error {
	b, err := policyBooks.Lock(ctx, tx, policyKey, store.ForUpdate)
	if err != nil {
		return err
	}
	if err := s.turnBook(ctx, tx, b, false); err != nil {
		return err
	}
	for _, f := range s.onHours {
		if err := f(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// OnHours has f called in the transaction in which something changes by which business
// time counts, or a field: a calendar, or which one a queue or a platform has. It is for
// packages that reckon with [Service.HoursOf]. Call it before the service is used.
func (s *Service) OnHours(f func(context.Context, *store.Tx) error) {
	s.onHours = append(s.onHours, f)
}

// retime is the job. One that was overtaken by a later change leaves the rest to that
// one's.
func (s *Service) retime(ctx context.Context, tx *store.Tx, j *job.Job) error {
	b, err := policyBooks.Get(ctx, tx, policyKey)
	if err != nil || j.ID != fmt.Sprintf("%s/%d", retimeKind, b.Version) {
		return err
	}
	p, err := retimings.Lock(ctx, tx, policyKey, store.ForUpdate)
	if errors.Is(err, store.ErrNotFound) {
		p, err = &retiming{ID: policyKey}, nil
	}
	if err != nil {
		return err
	}
	if p.Job != j.ID {
		p.Job, p.After = j.ID, ""
	}
	rows, next, err := facets.Page(ctx, tx, store.By("made", openState).Limit(retimePage).After(p.After))
	if err != nil {
		return err
	}
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.Ticket
	}
	slices.Sort(ids) // who locks two tickets does so in this order
	for _, id := range ids {
		if err := s.retimeOne(ctx, tx, id); err != nil {
			return err
		}
	}
	if p.After = next; next == "" {
		if p.Rev == 0 {
			return nil
		}
		return retimings.Delete(ctx, tx, p)
	}
	if err := retimings.Put(ctx, tx, p); err != nil {
		return err
	}
	return s.jobs.Reschedule(ctx, tx, j.ID, time.Time{})
}

// retimeOne brings one ticket's targets up to date. Where nothing moves nothing is
// written.
func (s *Service) retimeOne(ctx context.Context, tx *store.Tx, id string) error {
	before, err := tickets.Lock(ctx, tx, id, store.ForUpdate)
	if err != nil || !before.Status.Open() {
		return unlessGone(err)
	}
	after := *before
	c := &Change{Before: before, After: &after, Actor: event.Actor{Kind: event.System}, Reason: "service policies changed", Time: s.now()}
	if err := s.reckon(ctx, tx, c); err != nil {
		return err
	}
	if len(c.events) == 0 && before.Service.same(after.Service) {
		return nil
	}
	return s.moved(ctx, tx, c)
}

// moved writes a ticket whose targets were brought up to date, and nothing else. Where
// nothing else is said of it, the event is that they have moved.
func (s *Service) moved(ctx context.Context, tx *store.Tx, c *Change) error {
	if len(c.events) == 0 {
		f := new(Facts)
		if d := c.After.Service; d != nil {
			f.Policy, f.Due = d.Policy, d.Due
		}
		c.Record(Retimed, f)
	}
	return s.commit(ctx, tx, c)
}

// same says whether nothing of what a ticket shows is different.
func (d *Standing) same(other *Standing) bool {
	if d == nil {
		d = new(Standing)
	}
	if other == nil {
		other = new(Standing)
	}
	return d.Policy == other.Policy && d.Due.Equal(other.Due) && d.State == other.State &&
		slices.EqualFunc(d.Clocks, other.Clocks, func(a, b Clock) bool {
			return a.Target == b.Target && a.Since.Equal(b.Since) && a.Goal == b.Goal && a.Left == b.Left && a.Due.Equal(b.Due) && a.Risk.Equal(b.Risk)
		})
}

// overtaken looks at the tickets of events whose writers may have gone by policies that
// changed meanwhile.
func (s *Service) overtaken(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	b, err := policyBooks.Shared(ctx, tx, policyKey)
	if err != nil {
		return err
	}
	last := ""
	for _, e := range es {
		if e.Subject == last || e.Time.Sub(b.Moved).Abs() > settling {
			continue
		}
		last = e.Subject
		t, err := tickets.Get(ctx, tx, e.Subject)
		switch {
		case errors.Is(err, store.ErrNotFound):
			continue
		case err != nil:
			return err
		case t.Service == nil && len(b.Order) == 0 || t.Service != nil && t.Service.Version >= b.Version:
			continue
		}
		if err := s.retimeOne(ctx, tx, t.ID); err != nil {
			return err
		}
	}
	return nil
}
