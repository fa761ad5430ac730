package ticket

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// Who comes under full privacy has tickets from before: their personal fields go, as
// his name does, and so does what their history says of them.

const concealKind = "ticket.conceal"

// concealLater leaves the tickets of an end user who has come under full privacy to a job.
func (s *Service) concealLater(ctx context.Context, tx *store.Tx, u *identity.EndUser) error {
	data, err := event.JSON(u.ID)
	if err != nil {
		return err
	}
	id := concealKind + "/" + s.events.IDs().New()
	return s.jobs.Enqueue(ctx, tx, job.Spec{ID: id, Kind: concealKind, Owner: u.ID, Data: data})
}

// conceal is the job.
func (s *Service) conceal(ctx context.Context, j *job.Job) error {
	var endUser string
	if err := j.Payload(&endUser); err != nil {
		return job.Permanent(err)
	}
	all, err := s.Fields(ctx)
	if err != nil {
		return err
	}
	keys := map[string]bool{}
	for _, f := range all {
		keys[f.Key] = f.Personal
	}
	system := event.Actor{Kind: event.System}
	for after := ""; ; {
		ts, next, err := s.OfEndUser(ctx, system, endUser, after, 100)
		if err != nil {
			return err
		}
		for _, t := range ts {
			if err := s.concealTicket(ctx, t.ID, keys); err != nil {
				return err
			}
		}
		if after = next; after == "" {
			return nil
		}
	}
}

func (s *Service) concealTicket(ctx context.Context, id string, personal map[string]bool) error {
	system := event.Actor{Kind: event.System}
	_, err := s.alter(ctx, system, id, func(_ context.Context, _ *store.Tx, c *Change) error {
		t := c.After
		left := slices.DeleteFunc(slices.Clone(t.Fields), func(v Value) bool { return personal[v.Key] })
		if n := len(t.Fields) - len(left); n > 0 {
			t.Fields, c.Reason = left, "full privacy"
			c.Record(Redacted, &Facts{Removed: n})
		}
		return nil
	})
	for cursor, more := "", true; more && err == nil; more = cursor != "" {
		err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			cursor, err = s.events.Reword(ctx, tx, id, cursor, redactEvents, func(e *event.Event) ([]byte, error) {
				var p said
				if err := json.Unmarshal(e.Personal, &p); err != nil {
					return nil, err
				}
				was := len(p.Altered)
				p.Altered = slices.DeleteFunc(p.Altered, func(a alteration) bool {
					return personal[strings.TrimPrefix(a.What, "fields.")] && strings.HasPrefix(a.What, "fields.")
				})
				if len(p.Altered) == was {
					return e.Personal, nil
				}
				return event.JSON(p)
			})
			return err
		})
	}
	return err
}
