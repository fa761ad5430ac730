package ticket

import (
	"context"
	"fmt"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Filter chooses tickets by one thing. The zero value is all of them. Waiting
// ones come longest wait first, others by last change, newest first.
type Filter struct {
	Open     bool
	Closed   bool   // resolved or rejected
	Waiting  bool   // the end user waits for an answer
	Status   Status // of this status
	Assignee event.Actor
	Group    string // open ones
	Queue    string // open ones
	Tag      string
	Label    string
	App      string
}

// plan is the filter as the index knows it.
func (f Filter) plan() *plan {
	p := &plan{states: []string{openState, closedState}, spans: map[string]span{}, whole: true}
	if f.Open || f.Waiting || f.Assignee != (event.Actor{}) || f.Group != "" || f.Queue != "" {
		p.narrow(func(state string) bool { return state == openState })
	}
	if f.Closed {
		p.narrow(func(state string) bool { return state == closedState })
	}
	if f.Status != "" {
		p.narrow(func(state string) bool { return f.Status.Open() == (state == openState) })
	}
	assignee := "assignee"
	if f.Assignee.Kind == event.Bot {
		assignee = "bot"
	}
	for _, w := range [][2]string{
		{assignee, f.Assignee.ID}, {"group", f.Group}, {"queue", f.Queue}, {"tags", foldTag(f.Tag)},
		{"label", f.Label}, {"status", string(f.Status)}, {"app", f.App},
	} {
		if w[1] != "" && len(w[1]) <= maxFacet {
			p.sets = append(p.sets, []string{w[0] + "=" + w[1]})
		}
	}
	return p
}

// fits compares with the live ticket. Fields of the filter that no index was
// walked by count, too.
func (f Filter) fits(t *Ticket) bool {
	return (!f.Open || t.Status.Open()) && (!f.Closed || !t.Status.Open()) &&
		(!f.Waiting || !t.WaitingSince.IsZero()) &&
		(f.Status == "" || t.Status == f.Status) &&
		(f.Assignee == event.Actor{} || t.Assignee == f.Assignee && t.Status.Open()) &&
		(f.Group == "" || t.Group == f.Group && t.Status.Open()) &&
		(f.Queue == "" || t.Queue == f.Queue && t.Status.Open()) &&
		(f.Tag == "" || t.HasTag(f.Tag)) &&
		(f.Label == "" || t.Label != nil && t.Label.Name == f.Label) &&
		(f.App == "" || t.App == f.App)
}

// phases are how the filter's tickets are walked.
func (f Filter) phases() []phase {
	if f.Waiting {
		return []phase{{by: byWaiting}}
	}
	return []phase{{by: byUpdated, desc: true}}
}

// List returns at most limit tickets, and no more than 200, of those that the actor
// sees, and the cursor of the next page, "" when this is the last.
func (s *Service) List(ctx context.Context, actor event.Actor, f Filter, after string, limit int) (ts []*Ticket, next string, err error) {
	at, err := readPlace(after, fmt.Sprintf("list %#v", f))
	if err != nil {
		return nil, "", err
	}
	if err := staffOnly(actor); err != nil {
		return nil, "", err
	}
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		g, err := s.sight(ctx, tx, actor, identity.On{Subject: "tickets", Read: true})
		if err != nil {
			return err
		}
		l := listing{plan: f.plan(), phases: f.phases(), sight: g, fits: f.fits, limit: pageSize(limit), most: maxRows}
		ts, next, err = l.read(ctx, tx, at)
		return err
	})
	return ts, next, err
}

// maxCount is how far Count counts.
const maxCount = 10_000

// Count counts tickets that the actor sees up to a limit, at most 10,000: n == limit means at least.
// It counts what the projection knows, some milliseconds behind.
func (s *Service) Count(ctx context.Context, actor event.Actor, f Filter, limit int) (n int, err error) {
	limit = min(max(limit, 1), maxCount)
	if err := staffOnly(actor); err != nil {
		return 0, err
	}
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		g, err := s.sight(ctx, tx, actor, identity.On{Subject: "tickets", Read: true})
		if err != nil {
			return err
		}
		ph := f.phases()[0]
		p := f.plan()
		g.narrow(p)
		var ok bool
		if n, ok, err = p.count(ctx, tx, ph.by, limit); ok || err != nil {
			return err
		}
		words, err := p.words(ctx, tx, ph.by, ph.desc)
		if err != nil {
			return err
		}
		n = 0
		for w := p.newWalk(words, ph.by, ph.desc, place{}, limit); n < limit; w.take() {
			row, err := w.peek(ctx, tx)
			if err != nil || row == nil {
				return err
			}
			if w.fits(row) {
				n++
			}
		}
		return nil
	})
	return n, err
}
