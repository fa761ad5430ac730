package identity

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// access is an entry of the audit log that no event tells: somebody looked at
// something, or was refused it.
type accessEntry struct {
	ID         string      `json:"id"` // UUIDv7, in order of time
	Time       time.Time   `json:"time"`
	Actor      event.Actor `json:"actor"`
	What       string      `json:"what"`
	Permission Permission  `json:"permission,omitempty"`
	Subject    string      `json:"subject,omitempty"`
	Owner      string      `json:"owner,omitempty"`
	Count      int         `json:"count,omitempty"` // of AccessLost
	Rev        store.Rev   `json:"-"`
}

// trailed holds who did what when, and of end users their ids, which stay: what was
// read is not repeated there.
var trailed = &store.Collection[accessEntry]{
	Name: "audit",
	Key:  func(a *accessEntry) string { return a.ID },
	Rev:  func(a *accessEntry) *store.Rev { return &a.Rev },
	Columns: []store.Column[accessEntry]{
		{Name: "subject", Kind: store.Text, Of: func(a *accessEntry) any { return a.Subject }},
		{Name: "actor", Kind: store.Text, Of: func(a *accessEntry) any { return a.Actor.String() }},
		{Name: "time", Kind: store.Time, Of: func(a *accessEntry) any { return a.Time }},
	},
	Indexes: []store.Index{
		{Name: "subject", On: []string{"subject", "time"}},
		{Name: "actor", On: []string{"actor", "time"}},
		{Name: "time", On: []string{"time"}},
	},
	Fresh:      true,
	Impersonal: "holds who of staff looked at what, by ids",
}

const (
	// accessPause is for how long looking at the same thing again is the same entry.
	accessPause = 10 * time.Minute
	// accessFlush is how long an entry waits to be stored.
	accessFlush = time.Second
	// maxTrail bounds what waits. More is counted, and told as lost.
	maxTrail = 10_000
	// KeepAccess is how long the audit log keeps who looked at what.
	KeepAccess = 2 * 365 * 24 * time.Hour
)

// trail collects entries: they can't be written where somebody only reads, nor by
// who was refused, as what he wrote is undone.
type trail struct {
	mu      sync.Mutex
	waiting []accessEntry
	lost    int
	seen    map[accessKind]time.Time
	swept   time.Time
	bell    chan struct{}
}

// accessKind is what makes two entries the same.
type accessKind struct {
	actor         event.Actor
	what, subject string
	permission    Permission
}

func newTrail() *trail {
	return &trail{seen: map[accessKind]time.Time{}, bell: make(chan struct{}, 1)}
}

// note takes down what staff looked at, and what anybody was refused. End users see
// what is their own, bots and rules what their work is.
func (t *trail) note(actor event.Actor, p Permission, on On, err error, now time.Time, ids *event.IDs) {
	_, refused := errors.AsType[*PermissionError](err)
	hidden := on.Case != nil && errors.Is(err, store.ErrNotFound)
	switch {
	case actor.Kind != event.Agent && !IsKey(actor):
		return
	case refused || hidden:
	case err != nil || !on.Read:
		return
	}
	a := accessEntry{Time: now, Actor: actor, What: AccessRead, Permission: p, Subject: on.Subject, Owner: on.Owner}
	if refused || hidden {
		a.What = AccessRefused
	}
	k := accessKind{actor, a.What, a.Subject, p}
	t.mu.Lock()
	defer t.mu.Unlock()
	if last, ok := t.seen[k]; ok && now.Sub(last) < accessPause {
		return
	}
	t.forget(now)
	t.seen[k] = now
	if len(t.waiting) >= maxTrail {
		t.lost++
		return
	}
	a.ID = ids.New()
	t.waiting = append(t.waiting, a)
	t.ring()
}

// forget drops, now and then, what was seen too long ago to matter.
func (t *trail) forget(now time.Time) {
	if now.Sub(t.swept) < accessPause && len(t.seen) < 4*maxTrail {
		return
	}
	t.swept = now
	for k, last := range t.seen {
		if now.Sub(last) >= accessPause {
			delete(t.seen, k)
		}
	}
	if len(t.seen) >= 4*maxTrail {
		clear(t.seen)
	}
}

// take returns what waits, the first of it.
func (t *trail) take(now time.Time) (as []accessEntry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	as = t.waiting[:min(len(t.waiting), trailPage)]
	t.waiting = t.waiting[len(as):]
	if len(t.waiting) == 0 {
		t.waiting = nil
	}
	if t.lost > 0 {
		as = append(as[:len(as):len(as)], accessEntry{Time: now, Actor: event.Actor{Kind: event.System}, What: AccessLost, Count: t.lost})
		t.lost = 0
	}
	return as
}

// giveBack puts what couldn't be stored in front again.
func (t *trail) giveBack(as []accessEntry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = append(as, t.waiting...)
}

const trailPage = 500

// Flush stores what the audit log has still to store, and says how much it was. Run
// does it within a second.
func (s *Service) Flush(ctx context.Context) (n int, err error) {
	for {
		as := s.trail.take(s.now())
		if len(as) == 0 {
			return n, nil
		}
		err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			for i := range as {
				a := as[i] // an attempt before this one may have moved its revision
				if a.ID == "" {
					a.ID = s.log.IDs().New()
				}
				if err := trailed.Put(ctx, tx, &a); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			s.trail.giveBack(as)
			return n, err
		}
		n += len(as)
	}
}

// Run stores what the audit log is told, until ctx ends. Of what was looked at in the
// second before a process is killed nothing may be known.
func (s *Service) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*accessFlush)
			defer cancel()
			_, err := s.Flush(last)
			return errors.Join(ctx.Err(), err)
		case <-s.trail.bell:
		}
		wait := time.NewTimer(accessFlush)
		select {
		case <-ctx.Done():
			wait.Stop()
			continue
		case <-wait.C:
		}
		if _, err := s.Flush(ctx); err != nil && ctx.Err() == nil {
			s.trail.ring() // the store is away for a moment: try again
		}
	}
}

func (t *trail) ring() {
	select {
	case t.bell <- struct{}{}:
	default:
	}
}

// SweepAudit forgets who looked at what before a moment, and says how much it was.
// It is run by the desk's housekeeping. What was changed stays in the log of events.
func (s *Service) SweepAudit(ctx context.Context, before time.Time) (n int, err error) {
	return trailed.Sweep(ctx, s.db, store.By("time").To(before))
}
