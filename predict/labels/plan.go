package labels

import (
	"context"
	"errors"
	"fmt"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// SavePlan says when a scope's model is trained again. While the desk has [MaxVersions] no
// training begins by plan, which is logged. A bad value is a *store.FieldError.
func (s *Service) SavePlan(ctx context.Context, actor event.Actor, c Scope, p Plan) error {
	switch {
	case p.Every != 0 && p.Every < MinEvery:
		return &store.FieldError{Field: "plan.every", Reason: "is at least a day, or 0"}
	case !p.Adopt.valid():
		return &store.FieldError{Field: "plan.adopt", Reason: "is empty, better or always"}
	}
	return s.onScope(ctx, actor, c, func(ctx context.Context, tx *store.Tx, m *Model) (what string, f Facts, err error) {
		m.Plan = p
		return Planned, Facts{Scope: c, Reason: fmt.Sprintf("every %v", p.Every)}, s.plan(ctx, tx, m)
	})
}

const planKind = "label.plan"

// plan sets the timer of a model's next training by plan, or takes it away.
func (s *Service) plan(ctx context.Context, tx *store.Tx, m *Model) error {
	id := planKind + "/" + m.key()
	if m.Plan.Every == 0 {
		if err := s.Jobs.Cancel(ctx, tx, id); !missing(err) {
			return err
		}
		return nil
	}
	data, err := event.JSON(m.Scope)
	if err != nil {
		return err
	}
	at := s.now().Add(m.Plan.Every)
	if err := s.Jobs.Enqueue(ctx, tx, job.Spec{ID: id, Kind: planKind, Data: data, RunAt: at}); err != nil {
		return err
	}
	return s.Jobs.Reschedule(ctx, tx, id, at)
}

// planned is the timer: it asks for a training like the last one, and sets itself anew.
func (s *Service) planned(ctx context.Context, tx *store.Tx, j *job.Job) error {
	var c Scope
	if err := j.Payload(&c); err != nil {
		return job.Permanent(err)
	}
	r, err := current(ctx, tx)
	if err != nil {
		return err
	}
	m := r.find(c)
	if m == nil || m.Plan.Every == 0 {
		return nil
	}
	last, _, err := versions.Page(ctx, tx, store.By("scope", c.key()).Desc().Limit(1))
	if err != nil {
		return err
	}
	v := &Version{Scope: c, FromTickets: true, Adopt: m.Plan.Adopt, By: system()}
	if len(last) > 0 {
		v.FromTickets, v.FromUploaded = last[0].FromTickets, last[0].FromUploaded
	}
	busy := false // one at a time
	if len(last) > 0 {
		if busy, err = s.busy(ctx, tx, last[0]); err != nil {
			return err
		}
	}
	if !busy {
		e, err := s.queue(ctx, tx, v)
		if _, full := errors.AsType[*store.FieldError](err); full {
			s.log.WarnContext(ctx, "no training by plan", "scope", c.key(), "error", err)
		} else if err == nil {
			err = s.Events.Append(ctx, tx, e)
		}
		if _, full := errors.AsType[*store.FieldError](err); err != nil && !full {
			return err
		}
	}
	return s.Jobs.Reschedule(ctx, tx, j.ID, s.now().Add(m.Plan.Every))
}

// busy says whether a version is still in training. One whose processes were killed again
// and again isn't, although nobody could tell.
func (s *Service) busy(ctx context.Context, tx *store.Tx, v *Version) (bool, error) {
	if v.State != Training {
		return false, nil
	}
	j, err := s.Jobs.Get(ctx, tx, trainKind+"/"+v.ID)
	if missing(err) {
		return false, nil
	}
	return err == nil && j.State != job.Dead, err
}
