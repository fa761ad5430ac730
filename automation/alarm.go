package automation

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const (
	// What is due at once is dealt with in transactions of so many tickets, and of about
	// so long: where writers take turns, all others wait.
	alarmPage = 32
	alarmTime = 20 * time.Millisecond
	// How often a process looks where others may write, or hold what is due; and the
	// pauses after an error.
	poll = 5 * time.Second
	held = 200 * time.Millisecond
	// tick is how often a sleeper compares the clock with its alarm, without reading the
	// store: timers don't notice when somebody sets the clock.
	tick       = time.Minute
	firstPause = 50 * time.Millisecond
	lastPause  = 10 * time.Second
	// How long a ticket is left alone whose rules can't be run: the first time, and at most.
	firstRest = time.Minute
	lastRest  = time.Hour
)

// waker wakes who waits for the first alarm.
type waker struct {
	mu   sync.Mutex
	next time.Time     // that is waited for; zero: none
	bell chan struct{} // rung when there is an earlier one
}

func newWaker() *waker { return &waker{bell: make(chan struct{}, 1)} }

// note says that an alarm was set.
func (w *waker) note(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.next.IsZero() || at.Before(w.next) {
		w.ring()
	}
}

func (w *waker) ring() {
	select {
	case w.bell <- struct{}{}:
	default:
	}
}

// await says for which alarm somebody waits.
func (w *waker) await(next time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next = next
}

// openClocks adds the jobs of time rules and schedules to the queue.
func (s *Service) openClocks() {
	s.jobs.Handle(scheduleKind, job.Handler{Inside: s.tick})
	s.jobs.Handle(sweepKind, job.Handler{Do: s.sweep, Timeout: sweepTime})
	s.tickets.OnHours(s.hoursMoved)
}

// Run runs time rules until ctx ends, whose error it returns, and follows who of the end
// users comes and goes. It owns all goroutines of this package. Any number of processes
// may run it where they share a store. Nothing polls where they don't: it sleeps until the
// first rule is due.
func (s *Service) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { s.attend(ctx) })
	defer s.root.OnWake(s.waker.ring)()
	pause := firstPause
	for ctx.Err() == nil {
		s.waker.await(time.Time{}) // what is set from now on rings
		n, next, err := s.round(ctx, s.now())
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, store.ErrClosed):
			return err
		case err != nil:
			s.log.ErrorContext(ctx, "running time rules", "error", err)
			s.sleep(ctx, pause, nil)
			pause = min(2*pause, lastPause)
		case n == 0:
			pause = firstPause
			s.listen(ctx, next)
		default:
			pause = firstPause
		}
	}
	return ctx.Err()
}

// listen returns when the next alarm goes off, or an earlier one was set.
func (s *Service) listen(ctx context.Context, next time.Time) {
	s.waker.await(next)
	for start := s.now(); ; {
		now := s.now()
		wait := tick
		if !next.IsZero() {
			wait = min(wait, next.Sub(now))
		}
		if wait <= 0 {
			if !next.After(start) { // others hold what is due
				s.sleep(ctx, held, nil)
			}
			return
		}
		if s.root.Shared() {
			if now.Sub(start) >= poll {
				return
			}
			wait = min(wait, poll)
		}
		if !s.sleep(ctx, wait, s.waker.bell) {
			return
		}
	}
}

// sleep says whether it slept to the end: it returns early when the bell rings.
func (s *Service) sleep(ctx context.Context, d time.Duration, bell <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-bell:
		return false
	case <-t.C:
		return true
	}
}

// Step runs the time rules that are due now, in this goroutine, and says on how many
// tickets it looked; 0 means that nothing was due. It is for tests and for cron.
func (s *Service) Step(ctx context.Context) (n int, err error) {
	now := s.now()
	if err := s.observe(ctx, now); err != nil {
		return 0, err
	}
	for {
		did, _, err := s.round(ctx, now)
		if n += did; did == 0 || err != nil {
			return n, err
		}
	}
}

// round looks at the first tickets that are due at a moment. next is when the next one is,
// if there was none.
func (s *Service) round(ctx context.Context, now time.Time) (n int, next time.Time, err error) {
	err = s.root.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		next = time.Time{}
		for a, err := range alarms.Scan(ctx, tx, store.By("at").Limit(1)) {
			if err != nil {
				return err
			}
			next = a.At
		}
		return nil
	})
	if err != nil || next.IsZero() || next.After(now) {
		return 0, next, err
	}
	err = s.root.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		n = 0
		b, err := s.book(ctx, tx)
		if err != nil {
			return err
		}
		start := time.Now()
		for a, err := range alarms.Claim(ctx, tx, store.By("at").To(now.Add(time.Microsecond)).Limit(alarmPage)) {
			if err != nil {
				return err
			}
			did, err := s.ring(ctx, tx, b, a, now, n == 0)
			if errors.Is(err, store.ErrTooLarge) && n > 0 {
				return nil // it is the next transaction's
			}
			if err != nil {
				return err
			}
			if did {
				n++
			}
			if n > 0 && time.Since(start) > alarmTime {
				break // where somebody else was at all tickets so far, it goes on
			}
		}
		return nil
	})
	return n, next, err
}

// ring deals with a ticket's alarm. A ticket whose rules can't be run doesn't stop the
// others: it is left alone for some time. first says that nothing was written before it in
// the transaction. did is false if somebody else has it.
func (s *Service) ring(ctx context.Context, tx *store.Tx, b *book, a *alarm, now time.Time, first bool) (did bool, err error) {
	t, err := ticket.Claim(ctx, tx, a.Ticket)
	if err != nil {
		return false, err
	}
	if t == nil {
		_, err := ticket.Peek(ctx, tx, a.Ticket)
		if errors.Is(err, store.ErrNotFound) {
			return true, alarms.Delete(ctx, tx, a)
		}
		return false, err
	}
	var next time.Time
	err = tx.Update(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		next, err = s.look(ctx, tx, b, t, now)
		return err
	})
	switch {
	case err == nil:
		a.Failed = 0
	case store.Broken(err) || ctx.Err() != nil || errors.Is(err, store.ErrTooLarge) && !first:
		return false, err
	default:
		s.log.ErrorContext(ctx, "time rules of a ticket can't be run, and are tried again later", "ticket", a.Ticket, "error", err)
		next = now.Add(min(firstRest<<min(a.Failed, 10), lastRest))
		a.Failed++
	}
	if next.IsZero() {
		return true, alarms.Delete(ctx, tx, a)
	}
	a.At = next
	return true, alarms.Put(ctx, tx, a)
}

// look runs what is due on a ticket, in one pass, and says when something is due next.
func (s *Service) look(ctx context.Context, tx *store.Tx, b *book, t *ticket.Ticket, now time.Time) (next time.Time, err error) {
	o, err := s.outlook(ctx, tx, b, t, now)
	if err == nil && o.holds {
		err = s.passOf(ctx, tx, b, t, o.due, func(ctx context.Context, p *pass) error { return p.fireTimed(ctx, now) })
	}
	return o.next, err
}
