package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
)

// Spec is a job to be enqueued.
type Spec struct {
	ID    string    // says what the job is for, 1 to 1024 bytes; a second one with the same id is no second job
	Kind  string    // names the handler
	Key   string    // jobs with the same key run one after the other; "": independent. At most 1024 bytes
	Owner string    // id of the end user whose personal data Data holds, if it does
	Data  []byte    // JSON
	RunAt time.Time // not before; zero means now
}

// maxName is the length of an id or a key in bytes.
const maxName = 1024

func (s *Spec) valid() error {
	if s.ID == "" || !name(s.ID) {
		return fmt.Errorf("id: 1 to %d bytes of UTF-8 are needed: %w", maxName, store.ErrValue)
	}
	if !name(s.Key) {
		return fmt.Errorf("key: at most %d bytes of UTF-8 are allowed: %w", maxName, store.ErrValue)
	}
	return validKind(s.Kind)
}

func name(s string) bool {
	return len(s) <= maxName && utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}

// Enqueue adds jobs in r's transaction, or in one of its own if r is a DB. A job
// whose id is there already, waiting, running, dead, or done within
// [Options.Keep], isn't added, which is no error; if that one is of another kind,
// the error is store.ErrKeyReused. What can't be a job is store.ErrValue. On an
// error nothing is added.
func (q *Queue) Enqueue(ctx context.Context, r store.Runner, js ...Spec) error {
	return r.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := q.lockKeys(ctx, tx, js); err != nil {
			return err
		}
		var soon []string // kinds
		for i := range js {
			if err := q.enqueue(ctx, tx, &js[i]); err != nil {
				return fmt.Errorf("enqueue job %q: %w", js[i].ID, err)
			}
			if js[i].RunAt.Before(q.time().Add(poll)) {
				soon = append(soon, js[i].Kind)
			}
		}
		tx.After(func() { q.announce(soon...) })
		return nil
	})
}

// lockKeys locks the roots of several keys in one order, so that those who enqueue
// don't wait for each other in a circle.
func (q *Queue) lockKeys(ctx context.Context, tx *store.Tx, js []Spec) error {
	if !tx.Shared() || len(js) < 2 {
		return nil
	}
	var keys []string
	for i := range js {
		if js[i].Key != "" && js[i].valid() == nil {
			keys = append(keys, js[i].Key)
		}
	}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		_, err := chains.Lock(ctx, tx, key, store.ForUpdate)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// announce wakes who can run what has come, a kind to a job: this process, and the
// others if it can't take all of it.
func (q *Queue) announce(kinds ...string) {
	q.bell.ring()
	unknown := func(kind string) bool { return q.handlers[kind].Limit == 0 }
	if len(kinds) > 0 && (!q.live.Load() || len(kinds) > q.idle() || slices.ContainsFunc(kinds, unknown)) {
		q.db.Wake()
	}
}

func (q *Queue) enqueue(ctx context.Context, tx *store.Tx, s *Spec) error {
	if err := s.valid(); err != nil {
		return err
	}
	now := q.time()
	e := &entry{Job: Job{
		ID: s.ID, Kind: s.Kind, Key: s.Key, Owner: s.Owner, Data: s.Data,
		State: Waiting, RunAt: s.RunAt, Enqueued: now,
	}}
	if e.RunAt.IsZero() {
		e.RunAt = now
	}
	old, err := jobs.Get(ctx, tx, s.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return err
	case old.State == Done && !now.Before(old.Ended.Add(q.keep)):
		e.Rev = old.Rev // the mark is over, but nobody has swept yet
	case old.Kind != s.Kind:
		return fmt.Errorf("the id belongs to a job of kind %s: %w", old.Kind, store.ErrKeyReused)
	default:
		return nil
	}
	if err := q.join(ctx, tx, e); err != nil {
		return err
	}
	return taken(jobs.Put(ctx, tx, e))
}

// Get returns a job, or the mark of one that is done; else store.ErrNotFound.
func (q *Queue) Get(ctx context.Context, r store.Runner, id string) (j *Job, err error) {
	err = r.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		e, err := jobs.Get(ctx, tx, id)
		if err == nil {
			j = &e.Job
		}
		return err
	})
	return j, err
}

// Cancel removes a job that isn't done, whatever it is doing; else the error is
// store.ErrNotFound. A call outward that is under way isn't called back, but not
// tried again; an Inside handler has either finished, or leaves no trace.
func (q *Queue) Cancel(ctx context.Context, r store.Runner, id string) error {
	return q.change(ctx, r, "cancel", id, func(ctx context.Context, tx *store.Tx, e *entry) error {
		if e.State == Done {
			return store.ErrNotFound
		}
		if err := q.leave(ctx, tx, e); err != nil {
			return err
		}
		return jobs.Delete(ctx, tx, e)
	})
}

// Reschedule gives a job another time (zero means now), and all its attempts
// again. A job that is running runs once more then, whatever comes of the
// present attempt; a handler that reschedules its own job makes it a timer that
// comes again. A job that is dead or done is store.ErrNotFound.
func (q *Queue) Reschedule(ctx context.Context, r store.Runner, id string, runAt time.Time) error {
	return q.change(ctx, r, "reschedule", id, func(ctx context.Context, tx *store.Tx, e *entry) error {
		if e.State == Done || e.State == Dead || e.Erased {
			return store.ErrNotFound
		}
		if runAt.IsZero() {
			runAt = q.time()
		}
		e.State, e.RunAt, e.Attempt, e.Error, e.Lease = Waiting, runAt, 0, "", nil
		return jobs.Put(ctx, tx, e)
	})
}

// change runs fn on a job, and wakes whoever sleeps until it is due.
func (q *Queue) change(ctx context.Context, r store.Runner, verb, id string, fn func(ctx context.Context, tx *store.Tx, e *entry) error) error {
	err := r.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		e, err := q.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		tx.After(func() { q.announce(e.Kind) })
		return fn(ctx, tx, e)
	})
	if err != nil {
		return fmt.Errorf("%s job %q: %w", verb, id, err)
	}
	return nil
}
