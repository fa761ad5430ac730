package labels

import (
	"context"
	"errors"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Step is the part of intake in which tickets get their label. The service may come later
// than the ticket service, which has to know its steps when it is opened: of returns it.
func Step(of func() *Service) ticket.Step {
	return ticket.Step{
		Name: "label",
		Late: true,
		Ask: func(ctx context.Context, t *ticket.Ticket) (any, error) {
			s := of()
			q, _, err := s.question(ctx, s.Tickets, t)
			if err != nil || q == nil {
				return nil, err
			}
			return s.ask(ctx, *q)
		},
		Do: func(ctx context.Context, tickets *ticket.Service, t *ticket.Ticket, got any) error {
			return tickets.Inside(ctx, func(ctx context.Context, tx *store.Tx) error {
				o, _ := got.(*opinion)
				return of().In(tx).intake(ctx, tx, t, o)
			})
		},
	}
}

// intake labels a new ticket. o is what was found out outside, nil if nobody was asked.
func (s *Service) intake(ctx context.Context, tx *store.Tx, t *ticket.Ticket, o *opinion) error {
	if t.Label != nil || o != nil && o.Version == "" && o.Shadow == "" {
		return nil
	}
	if o == nil {
		c, err := choose(ctx, tx, t.App, t.Language)
		if err != nil || s.host == nil && c.active == nil && c.shadow == nil {
			return err
		}
		q, _, err := s.question(ctx, s.Tickets, t)
		if err != nil || q == nil {
			return err
		}
		if s.host != nil {
			return ticket.ErrAsk
		}
		if o, err = s.think(ctx, c, q.Text, s.atHand); errors.Is(err, errCold) {
			return ticket.ErrAsk
		} else if err != nil {
			return err
		}
	}
	return s.apply(ctx, tx, t, o)
}

// apply notes what the models have said, and sets the label. One that somebody else has
// set meanwhile stays, and what a version has said that was retired meanwhile isn't heard.
func (s *Service) apply(ctx context.Context, tx *store.Tx, t *ticket.Ticket, o *opinion) error {
	if _, err := verdicts.Get(ctx, tx, t.ID); !missing(err) {
		return err // it was said already
	}
	if o.Version != "" && o.Version != HostModel {
		v, err := versions.Lock(ctx, tx, o.Version, store.Share)
		if missing(err) || err == nil && v.State != Ready {
			return nil
		}
		if err != nil {
			return err
		}
	}
	v := &Verdict{Ticket: t.ID, Scope: Scope{t.App, t.Language}, Version: o.Version, Said: o.Said, Best: o.Best.Label, Confidence: o.Best.Confidence,
		Shadow: o.Shadow, ShadowSaid: o.ShadowSaid, Time: s.now()}
	e, err := v.put(ctx, tx, Predicted)
	if err == nil {
		err = s.Events.Append(ctx, tx, e)
	}
	if err != nil || o.Said == "" {
		return err
	}
	ctx = event.Because(ctx, event.Cause{Event: e.ID, Depth: 1, Reason: "model " + o.Version})
	label := &ticket.Label{Name: o.Said, Source: "predicted", Confidence: o.Best.Confidence, Model: o.Version}
	_, err = s.Tickets.Edit(ctx, system(), t.ID, ticket.Edit{Label: label})
	return err
}

// lateKind labels tickets that began without a text.
const lateKind = "label.late"

// late has a ticket labelled whose first text came after its intake.
func (s *Service) late(ctx context.Context, tx *store.Tx, e *event.Event, f *ticket.Facts) error {
	if f.Message != ticket.Public || f.Author.Kind != event.EndUser {
		return nil
	}
	r, err := current(ctx, tx)
	if err != nil || s.host == nil && len(r.Models) == 0 {
		return err
	}
	if _, err := verdicts.Get(ctx, tx, e.Subject); !missing(err) {
		return err
	}
	t, err := s.Tickets.In(tx).Get(ctx, system(), e.Subject)
	if missing(err) || err == nil && (t.Label != nil || t.Intake != "" || t.Erased || t.Merged != nil) {
		return nil
	}
	if err != nil {
		return err
	}
	_, seq, err := s.question(ctx, s.Tickets.In(tx), t)
	if err != nil || seq != f.Seq {
		return err // it had a text before there was a model for it
	}
	data, err := event.JSON(t.ID)
	if err != nil {
		return err
	}
	return s.Jobs.Enqueue(ctx, tx, job.Spec{ID: lateKind + "/" + t.ID, Kind: lateKind, Data: data})
}

func (s *Service) lateJob(ctx context.Context, j *job.Job) error {
	var id string
	if err := j.Payload(&id); err != nil {
		return job.Permanent(err)
	}
	t, err := s.Tickets.Get(ctx, system(), id)
	if missing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	q, _, err := s.question(ctx, s.Tickets, t)
	if err != nil || q == nil {
		return err
	}
	o, err := s.ask(ctx, *q)
	if err != nil || o.Version == "" && o.Shadow == "" {
		return err
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err := s.Tickets.In(tx).Get(ctx, system(), id)
		if missing(err) || err == nil && (t.Label != nil || t.Erased || t.Merged != nil) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.In(tx).apply(ctx, tx, t, o)
	})
}
