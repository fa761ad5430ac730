package labels

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The limits of what a training reads.
const (
	maxTickets = 50_000
	maxChars   = 10_000_000
	// gatherPage is how many tickets are read at a time.
	gatherPage = 100
)

// basket is what a training learns from.
type basket struct {
	rows  []predict.Row
	refs  []string    // which they are: ticket:ID, row:N
	times []time.Time // when the ticket was closed; zero for rows that were uploaded
	kept  []int       // indexes of the rows that are learned from
	chars int
}

func (b *basket) add(r predict.Row, ref string, at time.Time) {
	if b.chars += len(r.Text); b.full() {
		return
	}
	b.rows, b.refs, b.times = append(b.rows, r), append(b.refs, ref), append(b.times, at)
}

func (b *basket) full() bool { return b.chars > maxChars }

// gather reads the rows of a training.
func (s *Service) gather(ctx context.Context, v *Version) (*basket, error) {
	b := &basket{}
	if v.FromUploaded {
		if err := s.gatherUploaded(ctx, v, b); err != nil {
			return nil, err
		}
	}
	if v.FromTickets {
		if err := s.gatherTickets(ctx, v, b); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (s *Service) gatherUploaded(ctx context.Context, v *Version, b *basket) error {
	return s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		*b = basket{}
		for c, err := range uploads.All(ctx, tx, uploadedFor(v.Scope)) {
			if err != nil {
				return err
			}
			for i, r := range c.Rows {
				if r != (row{}) { // erased
					b.add(predict.Row{Text: r.Text, Label: r.Label, Group: r.Group}, fmt.Sprintf("row:%d", c.First+i), time.Time{})
				}
			}
		}
		return nil
	})
}

// gatherTickets reads closed tickets, those changed last first, in short Views.
func (s *Service) gatherTickets(ctx context.Context, v *Version, b *basket) error {
	seen := 0
	for after, more := "", true; more && seen < maxTickets && !b.full(); {
		page, next, err := s.Tickets.List(ctx, system(), ticket.Filter{Closed: true, App: v.Scope.App}, after, gatherPage)
		if err != nil {
			return err
		}
		for _, t := range page {
			seen++
			if err := s.gatherTicket(ctx, v, t, b); err != nil {
				return err
			}
		}
		after, more = next, next != ""
	}
	return nil
}

// gatherTicket adds a ticket's first text and the label that it was closed with. One that
// had a label and whose label somebody took away is out of scope; one that never had any
// says nothing.
func (s *Service) gatherTicket(ctx context.Context, v *Version, t *ticket.Ticket, b *basket) error {
	if !v.Scope.holds(t) || t.Erased || t.Merged != nil || t.Intake != "" {
		return nil
	}
	label := ""
	if t.Label != nil {
		label = strings.TrimSpace(t.Label.Name)
	} else if taken, err := s.takenAway(ctx, t.ID); err != nil || !taken {
		return err
	}
	q, _, err := s.question(ctx, s.Tickets, t)
	if missing(err) || err == nil && q == nil {
		return nil
	}
	if err != nil {
		return err
	}
	closed := t.Times.Resolved
	if closed.IsZero() {
		closed = t.Times.Updated
	}
	b.add(predict.Row{Text: q.Text, Label: label, Group: t.EndUser}, "ticket:"+t.ID, closed)
	return nil
}

func (s *Service) takenAway(ctx context.Context, id string) (taken bool, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		v, err := verdicts.Get(ctx, tx, id)
		taken = err == nil && v.Said != ""
		if missing(err) {
			return nil
		}
		return err
	})
	return taken, err
}

// maxLeft is how many labels that were left out are named, and how many findings of a
// kind are kept.
const maxLeft = 200

// enough leaves out the rows of labels that have too few of them, and names these.
func (b *basket) enough() (rows []predict.Row, left []LabelRow) {
	n := map[string]int{}
	for _, r := range b.rows {
		n[r.Label]++
	}
	b.kept = nil
	for i, r := range b.rows {
		if r.Label == "" || n[r.Label] >= predict.MinRows {
			rows, b.kept = append(rows, r), append(b.kept, i)
		}
	}
	for label, rows := range n {
		if label != "" && rows < predict.MinRows {
			left = append(left, LabelRow{label, rows})
		}
	}
	slices.SortFunc(left, func(a, b LabelRow) int { return strings.Compare(a.Label, b.Label) })
	return rows, left[:min(len(left), maxLeft)]
}

// groups are the end users whose rows are learned from.
func (b *basket) groups() []string {
	all := make([]string, 0, len(b.kept))
	for _, i := range b.kept {
		all = append(all, b.rows[i].Group)
	}
	return all
}
