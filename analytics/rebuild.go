package analytics

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

const (
	rebuildKind = "analytics.rebuild"
	rebuildTime = 10 * time.Minute // of one run of the job, which goes on in another one
	rebuildPage = 512              // events of a transaction, at most
	rebuildRun  = 500              // transactions of one run
	removedPage = 500              // documents likewise
)

// Rebuilt is the type of the event that says that somebody has had the figures counted
// anew. Its subject is "analytics".
const Rebuilt = "analytics.rebuilt"

// Rebuild has all figures counted anew from the log of events, as after an event was
// parked, or with a program that counts better. It comes to the same numbers, also where
// tickets were erased meanwhile, except for minutes that are older than [KeepMinutes]. A
// job does it, page by page; until it has reached the end of the log, queries are answered
// with the figures of before. One that is under way begins anew. It needs the permission
// Configure. An event that still can't be counted ends it, and the figures of before stay:
// put the program right first that had the event parked.
func (s *Service) Rebuild(ctx context.Context, actor event.Actor) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.people.Authorize(ctx, tx, actor, identity.Configure, identity.On{Subject: "analytics"}); err != nil {
			return err
		}
		r, err := rootOf(ctx, tx, store.ForUpdate)
		if err != nil {
			return err
		}
		// What a rebuild before this one has made is removed when that one's job comes to it.
		r.Number++
		r.Next = generation(strconv.Itoa(r.Number))
		if err := roots.Put(ctx, tx, r); errors.Is(err, store.ErrExists) {
			return fmt.Errorf("%w: %w", store.ErrConflict, err) // another one's first rebuild: this runs again
		} else if err != nil {
			return err
		}
		e := &event.Event{Type: Rebuilt, Subject: "analytics", Revision: int64(r.Rev), Actor: actor}
		if err := s.events.Append(ctx, tx, e); err != nil {
			return err
		}
		return s.enqueue(ctx, tx, r.Next, 0)
	})
}

// enqueue leaves a job that counts from a position on.
func (s *Service) enqueue(ctx context.Context, tx *store.Tx, gen generation, from int64) error {
	id := fmt.Sprintf("%s/%s/%d", rebuildKind, gen, from)
	return s.jobs.Enqueue(ctx, tx, job.Spec{ID: id, Kind: rebuildKind, Data: []byte(strconv.Quote(string(gen)))})
}

// goOn leaves the rest of a rebuild to another job: a log may be so long that one would be
// taken for stuck.
func (s *Service) goOn(ctx context.Context, gen generation) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		b, err := open(ctx, tx, gen, s.clocks)
		if err != nil {
			return err
		}
		return s.enqueue(ctx, tx, gen, b.state.Position)
	})
}

// rebuild is the job: it counts the log into its generation until that has all, makes it
// the one that is read, and removes the one before. It finds out from the store how far it
// has come, so that it may be killed anywhere.
func (s *Service) rebuild(ctx context.Context, j *job.Job) error {
	var id string
	if err := j.Payload(&id); err != nil {
		return job.Permanent(err)
	}
	gen := generation(id)
	page := rebuildPage
	for done, n := false, 0; !done; n++ {
		if n == rebuildRun {
			return s.goOn(ctx, gen)
		}
		err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			done, err = s.rebuildPage(ctx, tx, gen, page)
			return err
		})
		if errors.Is(err, store.ErrTooLarge) && page > 1 {
			page /= 2 // as when a whole staff leaves after a month, which is much
			continue
		}
		page = min(2*page, rebuildPage)
		if err != nil {
			return fmt.Errorf("rebuild of figures %s: %w", gen, err)
		}
	}
	if err := s.retell(ctx, gen); err != nil {
		return err
	}
	return s.remove(ctx, gen)
}

// rebuildPage counts at most so many events more. It is done when the generation is the
// current one, or another rebuild has taken its place.
func (s *Service) rebuildPage(ctx context.Context, tx *store.Tx, gen generation, page int) (done bool, err error) {
	r, err := rootOf(ctx, tx, store.Share)
	if err != nil || r.Next != gen {
		return true, err
	}
	b, err := open(ctx, tx, gen, s.clocks)
	if err != nil {
		return false, err
	}
	es, err := s.events.Since(ctx, tx, b.state.Position, page)
	if err != nil {
		return false, err
	}
	if len(es) > 0 {
		return false, b.take(ctx, es)
	}
	if waiting := b.state.Segments; waiting > 0 {
		if err := b.fold(ctx); err != nil {
			return false, err
		}
		if b.state.Segments < waiting {
			return false, states.Put(ctx, tx, b.state)
		}
	}
	if r, err = rootOf(ctx, tx, store.ForUpdate); err != nil || r.Next != gen {
		return true, err
	}
	// Where writers don't take turns, the projection may have counted more into the generation
	// of before while this one waited for the root. From now on it waits for this one.
	if es, err = s.events.Since(ctx, tx, b.state.Position, 1); err != nil || len(es) > 0 {
		return false, err
	}
	r.Current, r.Next, r.Switched = gen, "", b.state.Position
	return true, roots.Put(ctx, tx, r)
}

// remove takes away all generations but the one that is read and the one that is being
// made, up to one of them.
func (s *Service) remove(ctx context.Context, upTo generation) error {
	last, err := strconv.Atoi(string(upTo))
	if err != nil {
		return job.Permanent(err)
	}
	for n := 1; n <= last; n++ {
		gen := generation(strconv.Itoa(n))
		for left := true; left; {
			err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
				r, err := rootOf(ctx, tx, store.Share)
				if err != nil {
					return err
				}
				if left = gen != r.Current && gen != r.Next; !left {
					return nil
				}
				left, err = gen.remove(ctx, tx)
				return err
			})
			if err != nil {
				return fmt.Errorf("remove figures %s: %w", gen, err)
			}
		}
	}
	return nil
}

// remove takes away some documents of a generation; more says that there may be others.
func (g generation) remove(ctx context.Context, tx *store.Tx) (more bool, err error) {
	for _, some := range []func(context.Context, *store.Tx, generation) (int, error){
		removeFrom(segments), removeFrom(sheets), removeFrom(spreads), removeFrom(mixes), removeFrom(levels),
		removeFrom(cases), removeFrom(duties), removeFrom(settings),
	} {
		if n, err := some(ctx, tx, g); n > 0 || err != nil {
			return true, err
		}
	}
	st, err := states.Lock(ctx, tx, string(g), driver.Update)
	if err == nil {
		err = states.Delete(ctx, tx, st)
	}
	return false, missing(err)
}

func removeFrom[T any](c *store.Collection[T]) func(context.Context, *store.Tx, generation) (int, error) {
	return func(ctx context.Context, tx *store.Tx, g generation) (int, error) {
		all, _, err := c.Page(ctx, tx, store.ByKey().From(string(g)+"/").To(string(g)+"0").Limit(removedPage))
		for _, v := range all {
			if err := c.Delete(ctx, tx, v); err != nil {
				return 0, err
			}
		}
		return len(all), err
	}
}

// missing passes over what isn't there.
func missing(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
