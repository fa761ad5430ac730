package frontdesk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// begin makes sure that the background work is done once at a time.
func (d *Desk) begin(ctx context.Context) (_ context.Context, end func(), err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, nil, fmt.Errorf("desk: %w", store.ErrClosed)
	}
	if d.running != nil {
		return nil, nil, ErrRunning
	}
	ctx, d.stop = context.WithCancel(ctx)
	done := make(chan struct{})
	d.running = done
	return ctx, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.stop()
		d.running, d.stop = nil, nil
		close(done)
	}, nil
}

// Run does all background work until ctx ends or the desk is closed, and returns
// why. Live streams need it. Any number of processes may run it where they share
// a store; in one process a second Run, or a Drain beside it, is ErrRunning.
func (d *Desk) Run(ctx context.Context) error {
	ctx, end, err := d.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for _, part := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"store", d.DB.Run},
		{"events", d.Events.Run},
		{"jobs", d.Jobs.Run},
		{"queues", d.Queues.Run},
		{"rules", d.Rules.Run},
		{"alerts", d.Live.Run},
		{"search", d.Search.Run},
		{"articles", d.Articles.Run},
		{"people", d.People.Run},
		{"streams", d.Chat.Run},
		{"presence", func(ctx context.Context) error { return d.Presence.Share(ctx, d.DB) }},
	} {
		wg.Go(func() {
			if err := part.run(ctx); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("run %s: %w", part.name, err))
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// maxRounds is how often Drain goes round before it says that there is no end.
const maxRounds = 10_000

// Drain does everything that is due now, in this goroutine, and says how many
// events and jobs that were. It is for tests and for cron; what it does in which
// order is settled by the log alone. The index of tickets is up to date then, too. More than 10,000 rounds is an error that
// names the busiest consumer.
func (d *Desk) Drain(ctx context.Context) (n int, err error) {
	ctx, end, err := d.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	if err := d.DB.Backfill(ctx); err != nil {
		return 0, err
	}
	for range d.rounds {
		events, err := d.Events.Step(ctx)
		if err != nil {
			return n, fmt.Errorf("drain events: %w", err)
		}
		jobs, err := d.Jobs.Step(ctx)
		if err != nil {
			return n, fmt.Errorf("drain jobs: %w", err)
		}
		given, err := d.Queues.Step(ctx)
		if err != nil {
			return n, fmt.Errorf("drain queues: %w", err)
		}
		fired, err := d.Rules.Step(ctx)
		if err != nil {
			return n, fmt.Errorf("drain rules: %w", err)
		}
		alerts, err := d.Live.Step(ctx)
		if err != nil {
			return n, fmt.Errorf("drain alerts: %w", err)
		}
		n += events + jobs + given + fired + alerts
		if events+jobs+given+fired+alerts == 0 {
			if _, err := d.Search.Step(ctx); err != nil {
				return n, fmt.Errorf("drain search: %w", err)
			}
			if _, err := d.Articles.Step(ctx); err != nil {
				return n, fmt.Errorf("drain articles: %w", err)
			}
			if _, err := d.People.Flush(ctx); err != nil {
				return n, fmt.Errorf("drain audit: %w", err)
			}
			return n, nil
		}
	}
	return n, d.endless(ctx)
}

// endless says who keeps Drain busy: whoever made most of the events.
func (d *Desk) endless(ctx context.Context) error {
	lags, err := d.Events.Lags(ctx)
	if err != nil {
		return err
	}
	busiest, most := "jobs", int64(0)
	for _, l := range lags {
		if l.Appended > most {
			busiest, most = l.Consumer, l.Appended
		}
	}
	return fmt.Errorf("drain: no end after %d rounds, busiest is %s", d.rounds, busiest)
}

const (
	houseKind  = "desk.housekeeping"
	houseEvery = time.Hour
	// lapsedAtOnce is how many tickets' contents are erased before it is the turn of
	// others; where more are due, housekeeping goes on after houseSoon.
	lapsedAtOnce = 2000
	houseSoon    = time.Minute
	// orphanAge is how long an attachment may wait for its message.
	orphanAge = 24 * time.Hour
)

// keepHouse sets the timer for what has to be swept now and then.
func (d *Desk) keepHouse(ctx context.Context) error {
	d.Jobs.Handle(houseKind, job.Handler{Do: d.housekeeping, Timeout: 10 * time.Minute})
	return d.Jobs.Enqueue(ctx, d.DB, job.Spec{ID: houseKind, Kind: houseKind, RunAt: d.now().Add(houseEvery)})
}

func (d *Desk) housekeeping(ctx context.Context, j *job.Job) error {
	now := d.now()
	_, err := d.Tickets.SweepUploads(ctx, now.Add(-orphanAge))
	_, forget := d.DB.ForgetRequests(ctx, now)
	_, bans := d.People.SweepBans(ctx, now)
	_, invited := d.People.SweepInvitations(ctx, now)
	_, told := d.Tickets.SweepNotices(ctx, now.Add(-ticket.KeepNotices))
	_, read := d.FAQ.Sweep(ctx)
	_, audit := d.People.SweepAudit(ctx, now.Add(-identity.KeepAccess))
	every := houseEvery
	_, ran := d.Rules.SweepRuns(ctx, now.Add(-automation.KeepRuns))
	lapsed, retention := d.Tickets.EraseLapsed(ctx, lapsedAtOnce)
	if lapsed == lapsedAtOnce {
		every = houseSoon
	}
	// The timer goes on even if a sweep fails: the next one tries again.
	return errors.Join(d.Jobs.Reschedule(ctx, d.DB, j.ID, now.Add(every)), err, forget, bans, audit, invited, told, ran, read, retention)
}
