package labels

import (
	"context"
	"fmt"

	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// TrainWith trains a version, with something that happens when its rows have been read.
func (s *Service) TrainWith(ctx context.Context, id string, between func()) error {
	var v *Version
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		v, err = versions.Get(ctx, tx, id)
		return err
	})
	if err != nil {
		return err
	}
	d, err := s.learn(ctx, v)
	if err != nil {
		return err
	}
	between()
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return s.finish(ctx, tx, id, d) })
}

// TeachBy has models made by another function than predict.Train.
func (s *Service) TeachBy(f func(context.Context, []predict.Row, *predict.Options) (*predict.Model, *predict.Trial, error)) {
	s.teach = f
}

// Late does the job that labels a ticket whose first text came late.
func (s *Service) Late(ctx context.Context, id string) error {
	data, err := event.JSON(id)
	if err != nil {
		return err
	}
	return s.lateJob(ctx, &job.Job{Data: data})
}

// Age makes a version's model one that an older program has written.
func (s *Service) Age(ctx context.Context, id string) error {
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := parts.Get(ctx, tx, id+"/000")
		if err != nil {
			return err
		}
		p.Data = []byte("fdpredict\x01 and what followed")
		return parts.Put(ctx, tx, p)
	})
	s.cache.drop(id)
	return err
}

// Keep stores so many versions that can't be used.
func (s *Service) Keep(ctx context.Context, n int) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		for i := range n {
			if err := versions.Put(ctx, tx, &Version{ID: fmt.Sprintf("kept-%d", i), State: Unusable}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Gather returns what a training would learn from a ticket, for all tickets.
func (s *Service) Gather(ctx context.Context, t *ticket.Ticket) ([]predict.Row, error) {
	b := &basket{}
	err := s.gatherTicket(ctx, &Version{}, t, b)
	return b.rows, err
}

// Question returns the text of a ticket that models are asked about, "" if there is none yet.
func (s *Service) Question(ctx context.Context, t *ticket.Ticket) (string, error) {
	q, _, err := s.question(ctx, s.Tickets, t)
	if q == nil {
		return "", err
	}
	return q.Text, err
}
