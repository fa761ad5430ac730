package analytics

import (
	"context"
	"errors"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// duty is what an agent is doing: whether he is available, and how many tickets wait for
// him. It has been so since Since, which nothing counts yet.
type duty struct {
	ID        string    `json:"id"` // generation and agent
	Agent     string    `json:"agent"`
	Team      string    `json:"team,omitempty"` // in which he spends this time
	Available bool      `json:"available,omitempty"`
	Waiting   int64     `json:"waiting,omitempty"`
	Since     time.Time `json:"since"`
	Rev       store.Rev `json:"-"`
}

var duties = &store.Collection[duty]{
	Name:       "analytics_duty",
	Key:        func(d *duty) string { return d.ID },
	Rev:        func(d *duty) *store.Rev { return &d.Rev },
	Impersonal: "staff are no end users",
}

// maxDuty is how much of one stretch of an agent's time is counted, the last of it: who is
// available for longer has forgotten to leave.
const maxDuty = 31 * 24 * time.Hour

func (b *book) duty(ctx context.Context, agent string) (*duty, error) {
	id := string(b.gen) + "/" + agent
	if d := b.duties[id]; d != nil {
		return d, nil
	}
	d, err := duties.Lock(ctx, b.tx, id, store.ForUpdate)
	if errors.Is(err, store.ErrNotFound) {
		d, err = &duty{ID: id, Agent: agent}, nil
	}
	if err == nil {
		b.duties[id] = d
	}
	return d, err
}

// settle counts an agent's time up to a moment.
func (b *book) settle(ctx context.Context, agent string, at time.Time) error {
	d, err := b.duty(ctx, agent)
	if err != nil {
		return err
	}
	d.spread(at, func(at time.Time, c column, n int64) {
		b.add(spot{At: at, Set: set{Agent: d.Agent, Team: d.Team}}, c, n)
	})
	if at.After(d.Since) {
		d.Since = at
	}
	d.Team, err = b.team(ctx, agent)
	return err
}

// spread says in which quarters of an hour the time until a moment falls.
func (d *duty) spread(until time.Time, f func(at time.Time, c column, n int64)) {
	if !d.Available {
		return
	}
	at := d.Since
	if earliest := until.Add(-maxDuty); at.Before(earliest) {
		at = earliest
	}
	for at.Before(until) {
		end := floor(at, quarter).Add(quarter)
		if end.After(until) {
			end = until
		}
		n := end.Sub(at).Microseconds()
		f(floor(at, quarter), colAvailable, n)
		if d.Waiting > 0 {
			f(floor(at, quarter), colBusy, n)
		}
		at = end
	}
}

// present says that an agent is available from a moment on, or isn't.
func (b *book) present(ctx context.Context, agent string, at time.Time, available bool) error {
	d, err := b.duty(ctx, agent)
	if err != nil || d.Available == available {
		return err
	}
	if err := b.settle(ctx, agent, at); err != nil {
		return err
	}
	d.Available = available
	return nil
}

// waits says that so many more tickets wait for an agent from a moment on.
func (b *book) waits(ctx context.Context, agent string, at time.Time, more int64) error {
	d, err := b.duty(ctx, agent)
	if err != nil {
		return err
	}
	if (d.Waiting > 0) != (d.Waiting+more > 0) {
		if err := b.settle(ctx, agent, at); err != nil {
			return err
		}
	}
	d.Waiting += more
	return nil
}

// running adds the time of agents that is under way, as far as it is in a time.
func (r *reading) running(ctx context.Context, from, to time.Time, f func(s *set, at time.Time, c cell)) error {
	if !r.want[colAvailable] && !r.want[colBusy] {
		return nil
	}
	for d, err := range duties.All(ctx, r.tx, store.ByKey().From(string(r.gen)+"/").To(string(r.gen)+"0")) {
		if err != nil {
			return err
		}
		s := set{Agent: d.Agent, Team: d.Team, Bare: true}
		if !r.sees(&s) {
			continue
		}
		within := *d
		for _, least := range []time.Time{r.now.Add(-maxDuty), from} {
			if within.Since.Before(least) {
				within.Since = least
			}
		}
		until := r.now
		if to.Before(until) {
			until = to
		}
		within.spread(until, func(at time.Time, c column, n int64) {
			if r.want[c] {
				f(&s, at, cell{keyOf(c, 0, 0), n})
			}
		})
	}
	return nil
}
