package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// configure changes settings, for who may manage queues. put appends its own events.
func (s *Service) configure(ctx context.Context, actor event.Actor, subject string, put func(context.Context, *store.Tx) error) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.people.Authorize(ctx, tx, actor, identity.ManageQueues, identity.On{Subject: subject}); err != nil {
			return err
		}
		return put(ctx, tx)
	})
}

// Save creates a queue (revision 0; an empty id gets one), which is ranked last, or
// changes the one that was read before. Its groups, its calendar and the queue to which
// it escalates have to be there: a *store.FieldError. Names are unique whatever their
// case: store.ErrExists. One that was changed or deleted meanwhile is store.ErrStale. A
// desk has at most 500 queues, and none gets the id of one that was deleted.
func (s *Service) Save(ctx context.Context, actor event.Actor, q *Queue) error {
	if err := q.valid(); err != nil {
		return err
	}
	if q.ID == "" {
		q.ID = s.events.IDs().New()
	}
	return s.configure(ctx, actor, "queue:"+q.ID, func(ctx context.Context, tx *store.Tx) error {
		if q.Rev == 0 {
			return s.create(ctx, tx, actor, q)
		}
		old, err := queues.Lock(ctx, tx, q.ID, store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) {
			err = &store.Error{Op: "put", Collection: queues.Name, Key: q.ID, Err: store.ErrStale}
		}
		if err != nil {
			return err
		}
		q.Created = old.Created
		if err := s.refers(ctx, tx, q, old); err != nil {
			return err
		}
		return s.putQueue(ctx, tx, actor, q)
	})
}

// create adds a queue behind all others.
func (s *Service) create(ctx context.Context, tx *store.Tx, actor event.Actor, q *Queue) error {
	set, err := current(ctx, tx, store.ForUpdate)
	if err != nil {
		return err
	}
	if slices.Contains(set.Order, q.ID) {
		return &store.Error{Op: "put", Collection: queues.Name, Key: q.ID, Err: store.ErrExists}
	}
	if len(set.Order) >= MaxQueues {
		return &store.FieldError{Field: "queue", Reason: "a desk has at most 500 queues", Limit: MaxQueues}
	}
	before, _, err := s.events.History(ctx, tx, "queue:"+q.ID, "", 1)
	if err != nil {
		return err
	}
	if len(before) > 0 {
		return &store.FieldError{Field: "queue.id", Reason: "is that of a queue that was deleted, which tickets remember"}
	}
	if err := s.refers(ctx, tx, q, &Queue{}); err != nil {
		return err
	}
	q.Created, q.Updated = s.now(), s.now()
	if err := queues.Put(ctx, tx, q); err != nil {
		return err
	}
	if err := s.record(ctx, tx, QueueCreated, "queue:"+q.ID, q.Rev, actor, q); err != nil {
		return err
	}
	set.Order = append(slices.Clone(set.Order), q.ID)
	return s.putSettings(ctx, tx, actor, set)
}

func (s *Service) putQueue(ctx context.Context, tx *store.Tx, actor event.Actor, q *Queue) error {
	q.Updated = s.now()
	if err := queues.Put(ctx, tx, q); err != nil {
		return err
	}
	return s.record(ctx, tx, QueueChanged, "queue:"+q.ID, q.Rev, actor, q)
}

func (s *Service) putSettings(ctx context.Context, tx *store.Tx, actor event.Actor, set *Settings) error {
	if err := settings.Put(ctx, tx, set); err != nil {
		return err
	}
	return s.record(ctx, tx, SettingsSaved, "queues", set.Rev, actor, set)
}

// refers refuses what a queue newly refers to and isn't there. A group that was archived
// meanwhile may stay. Service policies count by another calendar from now on.
func (s *Service) refers(ctx context.Context, tx *store.Tx, q, old *Queue) error {
	for _, g := range q.Groups {
		if slices.ContainsFunc(old.Groups, func(had Eligible) bool { return had.Group == g.Group }) {
			continue
		}
		if _, err := s.people.Staffed(ctx, tx, g.Group); errors.Is(err, store.ErrNotFound) {
			return &store.FieldError{Field: "queue.groups", Reason: "there is no group " + g.Group}
		} else if err != nil {
			return err
		}
	}
	if q.Calendar != old.Calendar {
		err := s.tickets.NeedCalendar(ctx, tx, "queue.calendar", q.Calendar)
		if err == nil {
			err = s.tickets.HoursMoved(ctx, tx)
		}
		if err != nil {
			return err
		}
	}
	if to := q.Escalate.To; to != "" && to != old.Escalate.To {
		if _, err := queues.Lock(ctx, tx, to, store.Share); errors.Is(err, store.ErrNotFound) {
			return &store.FieldError{Field: "queue.escalate", Reason: "there is no queue " + to}
		} else if err != nil {
			return err
		}
	}
	return nil
}

// Queue returns the queue with this id, or store.ErrNotFound.
func (s *Service) Queue(ctx context.Context, id string) (q *Queue, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		q, err = queues.Get(ctx, tx, id)
		return err
	})
	return q, err
}

// Queues returns all queues, best rank first, and the id of the default one.
func (s *Service) Queues(ctx context.Context) (qs []*Queue, def string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		qs, def, err = ranked(ctx, tx)
		return err
	})
	return qs, def, err
}

// ranked are all queues, best rank first, and the id of the default one.
func ranked(ctx context.Context, tx *store.Tx) (qs []*Queue, def string, err error) {
	set, err := current(ctx, tx, 0)
	if err != nil {
		return nil, "", err
	}
	place := make(map[string]int, len(set.Order))
	for i, id := range set.Order {
		place[id] = i
	}
	for q, err := range queues.All(ctx, tx, store.ByKey()) {
		if err != nil {
			return nil, "", err
		}
		if _, ok := place[q.ID]; ok { // else it was made since the order was read
			qs = append(qs, q)
		}
	}
	slices.SortFunc(qs, func(a, b *Queue) int { return place[a.ID] - place[b.ID] })
	return qs, set.Default, nil
}

// Pause keeps a queue from assigning, or lets it assign again. It takes tickets all the
// same. A queue that is so already stays as it is.
func (s *Service) Pause(ctx context.Context, actor event.Actor, id string, on bool) (q *Queue, err error) {
	err = s.configure(ctx, actor, "queue:"+id, func(ctx context.Context, tx *store.Tx) error {
		if q, err = queues.Lock(ctx, tx, id, store.ForUpdate); err != nil || q.Paused == on {
			return err
		}
		q.Paused = on
		return s.putQueue(ctx, tx, actor, q)
	})
	if err != nil {
		return nil, err
	}
	return q, nil
}

// Settings returns what holds for all queues of the desk.
func (s *Service) Settings(ctx context.Context) (set *Settings, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		set, err = current(ctx, tx, 0)
		return err
	})
	return set, err
}

// SaveSettings changes what holds for all queues, as it was read before; else it is
// store.ErrStale. The order of queues and the default one stay, whatever set says of
// them: they have methods of their own.
func (s *Service) SaveSettings(ctx context.Context, actor event.Actor, set *Settings) error {
	if err := set.valid(); err != nil {
		return err
	}
	return s.configure(ctx, actor, "queues", func(ctx context.Context, tx *store.Tx) error {
		old, err := current(ctx, tx, store.ForUpdate)
		if err != nil {
			return err
		}
		if set.Rev != old.Rev {
			return &store.Error{Op: "put", Collection: settings.Name, Err: store.ErrStale}
		}
		for _, l := range set.Teams {
			if slices.ContainsFunc(old.Teams, func(had TeamLimit) bool { return had.Team == l.Team }) {
				continue
			}
			if t, err := s.people.In(tx).Team(ctx, l.Team); errors.Is(err, store.ErrNotFound) || err == nil && t.Archived {
				return &store.FieldError{Field: "settings.teams", Reason: "there is no team " + l.Team}
			} else if err != nil {
				return err
			}
		}
		set.Order, set.Default = old.Order, old.Default
		if err := s.putSettings(ctx, tx, actor, set); err != nil || set.Grace == old.Grace {
			return err
		}
		return s.enqueue(ctx, tx, retimeKind, fmt.Sprintf("settings/%d", set.Rev), time.Time{}, nil)
	})
}

// Worker returns how an agent works. Of whom nobody has said anything, it is the zero
// Worker with his id.
func (s *Service) Worker(ctx context.Context, agent string) (w *Worker, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		w, err = workerOf(ctx, tx, agent)
		return err
	})
	return w, err
}

func workerOf(ctx context.Context, tx *store.Tx, agent string) (*Worker, error) {
	w, err := workers.Get(ctx, tx, agent)
	if errors.Is(err, store.ErrNotFound) {
		return &Worker{Agent: agent}, nil
	}
	return w, err
}

// SaveWorker says how an agent works: for the first time, or as it was read before, else
// it is store.ErrStale. The agent has to be there, and the calendar of his shift: a
// *store.FieldError.
func (s *Service) SaveWorker(ctx context.Context, actor event.Actor, w *Worker) error {
	if err := w.valid(); err != nil {
		return err
	}
	return s.configure(ctx, actor, "worker:"+w.Agent, func(ctx context.Context, tx *store.Tx) error {
		old, err := workerOf(ctx, tx, w.Agent)
		if err != nil {
			return err
		}
		if w.Rev != old.Rev {
			return &store.Error{Op: "put", Collection: workers.Name, Key: w.Agent, Err: store.ErrStale}
		}
		if _, err := s.people.In(tx).Agent(ctx, w.Agent); errors.Is(err, store.ErrNotFound) || w.Agent == "" {
			return &store.FieldError{Field: "worker.agent", Reason: fmt.Sprintf("there is no agent %q", w.Agent)}
		} else if err != nil {
			return err
		}
		if w.Shift != old.Shift {
			if err := s.tickets.NeedCalendar(ctx, tx, "worker.shift", w.Shift); err != nil {
				return err
			}
		}
		w.Skills = slices.Clone(w.Skills)
		slices.SortFunc(w.Skills, strings.Compare)
		if err := first(workers.Put(ctx, tx, w)); err != nil {
			return err
		}
		if err := s.record(ctx, tx, WorkerChanged, "worker:"+w.Agent, w.Rev, actor, w); err != nil || w.Shift == old.Shift {
			return err
		}
		return s.again(ctx, tx, w.Agent)
	})
}

// Workers returns at most limit agents, and no more than 200, of whom it was said how
// they work, in order of id, and the cursor of the next page.
func (s *Service) Workers(ctx context.Context, after string, limit int) (ws []*Worker, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		ws, next, err = workers.Page(ctx, tx, store.ByKey().Limit(pageSize(limit)).After(after))
		return err
	})
	return ws, next, err
}

// first turns the error of a document that another transaction has made meanwhile into the
// one for which Update runs again.
func first(err error) error {
	if errors.Is(err, store.ErrExists) {
		return fmt.Errorf("%w: %w", store.ErrConflict, err)
	}
	return err
}

// pageSize keeps the page that a caller asks for within bounds.
func pageSize(limit int) int { return min(max(limit, 1), 200) }
