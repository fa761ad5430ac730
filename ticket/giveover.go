package ticket

import (
	"context"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// Where end users are merged, the tickets of the one go to the other. Messages keep
// the id of who wrote them, and so do events: it is an alias by which identity finds
// who he is now, and whose data it is.

const (
	giveOverKind = "ticket.give_over"
	giveOverPage = 200 // tickets of a transaction
)

type giveOverJob struct {
	From string `json:"from"`
	Into string `json:"into"`
}

// giveOver moves an end user's tickets, and the files that he has uploaded and not
// sent yet, in the transaction of the merge; what is more than a page a job moves.
func (s *Service) giveOver(ctx context.Context, tx *store.Tx, from, into *identity.EndUser) error {
	was, now := event.Actor{Kind: event.EndUser, ID: from.ID}, event.Actor{Kind: event.EndUser, ID: into.ID}
	pending, _, err := uploads.Page(ctx, tx, store.By("pending", was.String()).Limit(maxPending))
	if err != nil {
		return err
	}
	for _, u := range pending {
		u.Author, u.EndUser = now, now.ID
		if err := uploads.Put(ctx, tx, u); err != nil {
			return err
		}
	}
	more, err := s.giveOverPage(ctx, tx, from.ID, into.ID)
	if err != nil || !more {
		return err
	}
	data, err := event.JSON(giveOverJob{from.ID, into.ID})
	if err != nil {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, job.Spec{ID: giveOverKind + "/" + from.ID, Kind: giveOverKind, Data: data})
}

// giveOverRest moves the next page.
func (s *Service) giveOverRest(ctx context.Context, tx *store.Tx, j *job.Job) error {
	var in giveOverJob
	if err := j.Payload(&in); err != nil {
		return job.Permanent(err)
	}
	u, err := s.people.In(tx).EndUser(ctx, in.Into) // who may have been merged himself
	if err != nil {
		return err
	}
	more, err := s.giveOverPage(ctx, tx, in.From, u.ID)
	if err == nil && more {
		err = s.jobs.Reschedule(ctx, tx, j.ID, time.Time{})
	}
	return err
}

func (s *Service) giveOverPage(ctx context.Context, tx *store.Tx, from, into string) (more bool, err error) {
	ts, next, err := tickets.Page(ctx, tx, store.By("end_user", from).Limit(giveOverPage))
	if err != nil {
		return false, err
	}
	for _, before := range ts {
		after := *before
		after.EndUser = into
		c := &Change{Before: before, After: &after, Actor: event.Actor{Kind: event.System}, Reason: "end users merged", Time: s.now()}
		c.Record(GivenOver, &Facts{WasEndUser: from})
		if err := s.commit(ctx, tx, c); err != nil {
			return false, fmt.Errorf("ticket %s: %w", before.ID, err)
		}
	}
	return next != "", nil
}
