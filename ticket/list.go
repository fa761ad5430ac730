package ticket

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// facet is what lists know of a ticket: a projection, written in batches after
// the fact, so that writers pay for none of it. A list looks at the live ticket
// again, so that one that lags never shows a wrong row.
type facet struct {
	Ticket  string    `json:"ticket"`
	Facets  []string  `json:"facets"`
	Updated time.Time `json:"updated"`
	Waiting time.Time `json:"waiting"`
	EndUser string    `json:"end_user"`
	Rev     store.Rev `json:"-"`
}

var facets = &store.Collection[facet]{
	Name: "ticket_facet",
	Key:  func(f *facet) string { return f.Ticket },
	Rev:  func(f *facet) *store.Rev { return &f.Rev },
	Columns: []store.Column[facet]{
		{Name: "facets", Kind: store.Texts, Of: func(f *facet) any { return f.Facets }},
		{Name: "updated", Kind: store.Time, Of: func(f *facet) any { return f.Updated }},
		{Name: "waiting", Kind: store.Time, Of: func(f *facet) any { return f.Waiting }},
	},
	Indexes: []store.Index{
		{Name: "updated", On: []string{"facets", "updated"}},
		{Name: "waiting", On: []string{"waiting"}},
	},
	Subjects: func(f *facet) []string { return []string{f.EndUser} },
	Erase:    func(*facet, string) bool { return true }, // an id, and words of the desk's own
}

// project brings the facets of a batch's tickets up to date. It reads the tickets
// as they are now, so that a ticket with many events is written once.
func (s *Service) project(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	done := map[string]bool{}
	for _, e := range es {
		if done[e.Subject] || !strings.HasPrefix(e.Type, "ticket.") {
			continue
		}
		done[e.Subject] = true
		t, err := tickets.Get(ctx, tx, e.Subject)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		f, err := facets.Lock(ctx, tx, t.ID, store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) {
			f, err = &facet{Ticket: t.ID, EndUser: t.EndUser}, nil
		}
		if err != nil {
			return err
		}
		f.Facets, f.Updated, f.Waiting = facetsOf(t), t.Times.Updated, t.WaitingSince
		if err := facets.Put(ctx, tx, f); err != nil {
			return err
		}
	}
	return nil
}

func facetsOf(t *Ticket) []string {
	fs := []string{"all", "app=" + t.App, "status=" + string(t.Status)}
	if t.Status.Open() {
		fs = append(fs, "open")
		if t.Assignee.ID != "" {
			fs = append(fs, "assignee="+t.Assignee.String())
		}
		if t.Group != "" {
			fs = append(fs, "group="+t.Group)
		}
		if t.Queue != "" {
			fs = append(fs, "queue="+t.Queue)
		}
	} else {
		fs = append(fs, "closed")
	}
	for _, tag := range t.Tags {
		fs = append(fs, "tag="+foldTag(tag))
	}
	if t.Label != nil {
		fs = append(fs, "label="+t.Label.Name)
	}
	return fs
}

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

// walked is the part of the filter that its index answers, and the word under
// which the projection files that.
func (f Filter) walked() (part Filter, facet string) {
	switch {
	case f.Waiting:
		return Filter{Waiting: true}, "" // which has an index of its own
	case f.Assignee != event.Actor{}:
		return Filter{Assignee: f.Assignee}, "assignee=" + f.Assignee.String()
	case f.Group != "":
		return Filter{Group: f.Group}, "group=" + f.Group
	case f.Queue != "":
		return Filter{Queue: f.Queue}, "queue=" + f.Queue
	case f.Tag != "":
		return Filter{Tag: f.Tag}, "tag=" + foldTag(f.Tag)
	case f.Label != "":
		return Filter{Label: f.Label}, "label=" + f.Label
	case f.Status != "":
		return Filter{Status: f.Status}, "status=" + string(f.Status)
	case f.Open:
		return Filter{Open: true}, "open"
	case f.Closed:
		return Filter{Closed: true}, "closed"
	case f.App != "":
		return Filter{App: f.App}, "app=" + f.App
	}
	return Filter{}, "all"
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

func (f Filter) query() store.Query {
	if f.Waiting {
		return store.By("waiting")
	}
	_, facet := f.walked()
	return store.By("updated", facet).Desc()
}

// listPages bounds how many pages of the index a list reads to fill one of its
// own: it may give fewer tickets than asked for, and a cursor.
const listPages = 4

// List returns at most limit tickets, and no more than 200, for staff, and the
// cursor of the next page, "" when this is the last.
func (s *Service) List(ctx context.Context, actor event.Actor, f Filter, after string, limit int) (ts []*Ticket, next string, err error) {
	limit = pageSize(limit)
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.people.Authorize(ctx, tx, actor, identity.Converse); err != nil {
			return err
		}
		ts, next = nil, after
		for range listPages {
			var page []*facet
			page, next, err = facets.Page(ctx, tx, f.query().Limit(limit-len(ts)).After(next))
			if err != nil {
				return err
			}
			for _, row := range page {
				t, err := tickets.Get(ctx, tx, row.Ticket)
				if err != nil {
					return err
				}
				if f.fits(t) {
					ts = append(ts, t)
				}
			}
			if next == "" || len(ts) == limit {
				break
			}
		}
		return nil
	})
	return ts, next, err
}

// maxCount is how far Count counts.
const maxCount = 10_000

// Count counts tickets up to a limit, at most 10,000: n == limit means at least.
// A filter of one thing is counted in the projection alone.
func (s *Service) Count(ctx context.Context, actor event.Actor, f Filter, limit int) (n int, err error) {
	limit = min(max(limit, 1), maxCount)
	part, _ := f.walked()
	single := part == f
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.people.Authorize(ctx, tx, actor, identity.Converse); err != nil {
			return err
		}
		n = 0
		for row, err := range facets.All(ctx, tx, f.query()) {
			if err != nil {
				return err
			}
			if !single {
				t, err := tickets.Get(ctx, tx, row.Ticket)
				if err != nil {
					return err
				}
				if !f.fits(t) {
					continue
				}
			}
			if n++; n == limit {
				break
			}
		}
		return nil
	})
	return n, err
}
