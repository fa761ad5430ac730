package automation

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Who is connected is known in memory only, and all at once forgotten. So that clocks can
// count from when an end user came or went, that is kept in the store: of those who have
// open tickets, while there are rules with such clocks.

// attendance is since when an end user has been connected, or hasn't.
type attendance struct {
	EndUser string    `json:"end_user"`
	Online  bool      `json:"online,omitempty"`
	Since   time.Time `json:"since"`
	Process string    `json:"process,omitempty"` // that saw him come
	Rev     store.Rev `json:"-"`
}

var attendances = &store.Collection[attendance]{
	Name: "rule_attendance",
	Key:  func(a *attendance) string { return a.EndUser },
	Rev:  func(a *attendance) *store.Rev { return &a.Rev },
	Columns: []store.Column[attendance]{{Name: "online", Kind: store.Int, Of: func(a *attendance) any {
		if !a.Online {
			return nil
		}
		return int64(1)
	}}},
	Indexes:  []store.Index{{Name: "online", On: []string{"online"}}},
	Subjects: func(a *attendance) []string { return []string{a.EndUser} },
	Erase:    func(*attendance, string) bool { return false },
	Found:    []store.Way{store.Under("")},
}

// pulse is when a process was last there that has end users connected: if it dies, they
// went then.
type pulse struct {
	Process string    `json:"process"`
	At      time.Time `json:"at"`
	Rev     store.Rev `json:"-"`
}

var pulses = &store.Collection[pulse]{
	Name:       "rule_pulse",
	Key:        func(p *pulse) string { return p.Process },
	Rev:        func(p *pulse) *store.Rev { return &p.Rev },
	Impersonal: "holds names of processes",
}

const (
	// lookEvery is how often those who are connected are compared with those who were. In
	// between one may go and come again, as when a page is loaded anew.
	lookEvery = 2 * time.Second
	// patience is how long those who were connected when all processes stopped have for
	// coming back.
	patience   = 30 * time.Second
	pulseEvery = time.Minute
	attendPage = 20 // end users of a transaction
	maxTheirs  = 50 // open tickets of one that are looked at
)

// attendants are the end users who are connected, as they were last seen.
type attendants struct {
	process string

	mu     sync.Mutex
	loaded time.Time       // when; zero: not yet
	online map[string]bool // whose document says so, and whether they were seen since it was read
	pulsed time.Time       // when the process last said that it is there
}

func newAttendants() *attendants { return &attendants{process: rand.Text()} }

// attend follows who comes and goes until ctx ends. While there are no rules that ask for
// it, and while nobody comes or goes, it doesn't touch the store.
func (s *Service) attend(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if err := s.observe(ctx, s.now()); err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrClosed) {
			s.log.WarnContext(ctx, "following who of the end users comes and goes", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// observe compares those who are connected with those who were.
func (s *Service) observe(ctx context.Context, now time.Time) error {
	a := s.attendants
	a.mu.Lock()
	defer a.mu.Unlock()
	b, err := s.attending(ctx)
	if b == nil || err != nil {
		a.loaded = time.Time{}
		return err
	}
	if a.loaded.IsZero() {
		if err := s.loadAttendants(ctx, now); err != nil {
			return err
		}
	}
	here := map[string]bool{}
	for _, id := range s.presence.EndUsers() {
		here[id] = true
	}
	var moved []string
	for id := range here {
		if _, known := a.online[id]; !known {
			moved = append(moved, id)
		}
		a.online[id] = true
	}
	enough := now.Sub(a.loaded) >= patience
	for id, seen := range a.online {
		if !here[id] && (seen || enough) {
			moved = append(moved, id)
		}
	}
	slices.Sort(moved)
	for page := range slices.Chunk(moved, attendPage) {
		if err := s.attended(ctx, page, now); err != nil {
			a.loaded = time.Time{} // begin anew
			return err
		}
		for _, id := range page {
			if !here[id] {
				delete(a.online, id)
			}
		}
	}
	return s.beat(ctx, len(here) > 0, now)
}

// attending returns the rules, if there are any that ask who is connected; else nil.
func (s *Service) attending(ctx context.Context) (b *book, err error) {
	if b = s.books.at.Load(); b == nil {
		err = s.root.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			b, err = s.book(ctx, tx)
			return err
		})
	}
	if err != nil || !b.asksPresence() {
		return nil, err
	}
	return b, nil
}

func (b *book) asksPresence() bool {
	return slices.ContainsFunc(b.timed.rules, func(c *compiled) bool { return c.On.Clock == ClockOnline || c.On.Clock == ClockOffline })
}

// loadAttendants reads who was connected as far as the store knows.
func (s *Service) loadAttendants(ctx context.Context, now time.Time) error {
	online := map[string]bool{}
	for after, more := "", true; more; more = after != "" {
		err := s.root.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			page, next, err := attendances.Page(ctx, tx, store.By("online", 1).Limit(1000).After(after))
			for _, a := range page {
				online[a.EndUser] = false
			}
			after = next
			return err
		})
		if err != nil {
			return err
		}
	}
	s.attendants.online, s.attendants.loaded = online, now
	return nil
}

// attended keeps that end users have come or gone, and has their tickets looked at.
func (s *Service) attended(ctx context.Context, endUsers []string, now time.Time) error {
	return s.root.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		b, err := s.book(ctx, tx)
		if err != nil {
			return err
		}
		for _, id := range endUsers {
			if err := s.attendedOne(ctx, tx, b, id, now); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) attendedOne(ctx context.Context, tx *store.Tx, b *book, endUser string, now time.Time) error {
	theirs, err := ticket.OpenOf(ctx, tx, endUser, maxTheirs)
	if err != nil {
		return err
	}
	theirs = slices.DeleteFunc(theirs, func(t *ticket.Ticket) bool { return t.Erased })
	a, err := attendances.Get(ctx, tx, endUser)
	missing := errors.Is(err, store.ErrNotFound)
	switch {
	case missing && len(theirs) == 0:
		return nil
	case missing:
		a = &attendance{EndUser: endUser}
	case err != nil:
		return err
	case len(theirs) == 0:
		return attendances.Delete(ctx, tx, a)
	}
	on := s.presence.Online(event.Actor{Kind: event.EndUser, ID: endUser})
	if !missing && a.Online == on {
		return nil // another process was faster
	}
	since := now
	if a.Online && a.Process != s.attendants.process {
		if since, err = s.wentWith(ctx, tx, a, now); err != nil {
			return err
		}
	}
	a.Online, a.Since, a.Process = on, since, ""
	if on {
		a.Process = s.attendants.process
	}
	if err := attendances.Put(ctx, tx, a); err != nil {
		return err
	}
	for _, t := range theirs {
		if err := s.watch(ctx, tx, b, t); err != nil {
			return err
		}
	}
	return nil
}

// wentWith is when an end user went whom a process has seen that may have died.
func (s *Service) wentWith(ctx context.Context, tx *store.Tx, a *attendance, now time.Time) (time.Time, error) {
	p, err := pulses.Get(ctx, tx, a.Process)
	if errors.Is(err, store.ErrNotFound) || err == nil && now.Sub(p.At) <= 2*pulseEvery {
		return now, nil
	}
	if err != nil {
		return now, err
	}
	if p.At.Before(a.Since) {
		return a.Since, nil
	}
	return p.At, nil
}

// beat says that the process is there, while end users are connected.
func (s *Service) beat(ctx context.Context, busy bool, now time.Time) error {
	a := s.attendants
	if !busy || now.Sub(a.pulsed).Abs() < pulseEvery {
		return nil
	}
	err := s.root.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := pulses.Get(ctx, tx, a.process)
		if errors.Is(err, store.ErrNotFound) {
			p, err = &pulse{Process: a.process}, sweepPulses(ctx, tx, now)
		}
		if err != nil {
			return err
		}
		p.At = now
		return pulses.Put(ctx, tx, p)
	})
	if err == nil {
		a.pulsed = now
	}
	return err
}

// keepPulses is for how long it is known when a process died.
const keepPulses = 7 * 24 * time.Hour

// sweepPulses forgets processes that are long gone.
func sweepPulses(ctx context.Context, tx *store.Tx, now time.Time) error {
	old, _, err := pulses.Page(ctx, tx, store.ByKey().Limit(100))
	for _, p := range old {
		if now.Sub(p.At) < keepPulses {
			continue
		}
		if err := pulses.Delete(ctx, tx, p); err != nil {
			return err
		}
	}
	return err
}

// attendance is since when the end user has been there, or hasn't. Of one who was there
// before he had a ticket nothing is kept: he has been there since the ticket has.
func (k *timing) attendance() *attendance {
	if k.seen != nil {
		return k.seen
	}
	a, err := attendances.Get(k.ctx, k.tx, k.t.EndUser)
	switch {
	case errors.Is(err, store.ErrNotFound):
		a = &attendance{EndUser: k.t.EndUser}
		if k.s.presence.Online(event.Actor{Kind: event.EndUser, ID: k.t.EndUser}) && k.tx.Writable() {
			a.Online, a.Since, a.Process = true, k.t.Times.Created, k.s.attendants.process
			k.fail(attendances.Put(k.ctx, k.tx, a))
		}
	case err != nil:
		a = &attendance{}
		k.fail(err)
	}
	k.seen = a
	return a
}
