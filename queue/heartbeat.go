package queue

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Beat says that an agent is there: for hosts whose agents have no stream open. Call it
// at least twice in each Settings.Heartbeat while he is, in a process whose Run is under
// way. It costs no work in the store.
func (s *Service) Beat(agent string) {
	s.beats.mu.Lock()
	defer s.beats.mu.Unlock()
	b := s.beats.of[agent]
	if b == nil {
		b = &beat{leave: s.presence.Come(event.Actor{Kind: event.Agent, ID: agent})}
		s.beats.of[agent] = b
	}
	b.last = s.now()
}

// beats are the signs of agents without streams, shared by bound copies of the service.
// Who gives them counts as connected, also for other processes.
type beats struct {
	mu sync.Mutex
	of map[string]*beat
}

type beat struct {
	last  time.Time
	leave func()
}

// stop forgets who has given no sign for so long, and says since when.
func (b *beats) stop(now time.Time, after time.Duration) map[string]time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	gone := map[string]time.Time{}
	for agent, one := range b.of {
		if !one.last.Add(after).After(now) {
			one.leave()
			delete(b.of, agent)
			gone[agent] = one.last
		}
	}
	return gone
}

// oldest is the sign that is longest ago, zero if there is none.
func (b *beats) oldest() (last time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, one := range b.of {
		last = soonest(last, one.last)
	}
	return last
}

// soonest is the earlier one of two moments, of which zero is none.
func soonest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// watcher looks after agents who are available: one who was connected, and isn't for some
// time by any process, is set offline. All processes do so, each by what it knows; the
// first one wins.
type watcher struct {
	s      *Service
	after  time.Duration     // Settings.Heartbeat
	pulses map[string]*pulse // of agents who are available
}

// pulse is what is known of an agent who is available.
type pulse struct {
	since time.Time // available
	live  bool      // was connected since; so says the document, too
	lost  time.Time // since when he isn't; zero: he is
}

// The pauses of a watcher: how often it looks whether it has missed a sign of presence,
// and before it begins anew after an error.
const (
	sweepPause = 30 * time.Second
	errorPause = 5 * time.Second
)

// watch looks after agents' heartbeats until ctx ends. While nobody comes or goes it
// doesn't touch the store.
func (s *Service) watch(ctx context.Context) error {
	for ctx.Err() == nil {
		err := s.watchOnce(ctx)
		if ctx.Err() != nil {
			break
		}
		s.log.ErrorContext(ctx, "looking after the heartbeats of agents", "error", err)
		pause := time.NewTimer(errorPause)
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
		pause.Stop()
	}
	return ctx.Err()
}

func (s *Service) watchOnce(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	ear, deafen := s.presence.Listen("")
	defer deafen()
	head, err := s.events.Head(ctx)
	if err != nil {
		return err
	}
	w := &watcher{s: s, pulses: map[string]*pulse{}}
	if err := w.load(ctx); err != nil {
		return err
	}
	news, failed := make(chan *event.Event), make(chan error, 1)
	wg.Go(func() { failed <- s.tell(ctx, head, news) })
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err = <-failed:
		case e := <-news:
			err = w.hear(ctx, e)
		case l := <-ear:
			if l.Ticket != "" || l.Actor.Kind != event.Agent {
				continue
			}
			err = w.look(ctx, l.Actor.ID, s.now())
		case <-timer.C:
			err = w.sweep(ctx)
		}
		if err != nil {
			return err
		}
		timer.Reset(w.pause())
	}
}

// tell hands on what happens to availabilities and settings.
func (s *Service) tell(ctx context.Context, after int64, news chan<- *event.Event) error {
	for e, err := range s.events.Tail(ctx, after) {
		if err != nil {
			return err
		}
		if e.Type != AvailabilitySet && e.Type != SettingsSaved {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case news <- e:
		}
	}
	return nil
}

// load reads who is available. One who was connected when everything stopped is lost
// from now on, unless he is there.
func (w *watcher) load(ctx context.Context) error {
	if err := w.configure(ctx); err != nil {
		return err
	}
	for after, more := "", true; more; more = after != "" {
		avs, next, err := w.s.Availabilities(ctx, after, 200)
		if err != nil {
			return err
		}
		for _, av := range avs {
			w.know(av)
		}
		after = next
	}
	return w.sweep(ctx)
}

func (w *watcher) configure(ctx context.Context) error {
	set, err := w.s.Settings(ctx)
	if err == nil {
		w.after = cmp.Or(set.Heartbeat, DefaultHeartbeat)
	}
	return err
}

func (w *watcher) know(av *Availability) {
	if av.State != Available {
		delete(w.pulses, av.Agent)
		return
	}
	p := w.pulses[av.Agent]
	if p == nil || !p.since.Equal(av.Since) {
		p = &pulse{since: av.Since}
		w.pulses[av.Agent] = p
	}
	p.live = p.live || av.Live
}

// hear takes an event in.
func (w *watcher) hear(ctx context.Context, e *event.Event) error {
	if e.Type == SettingsSaved {
		return w.configure(ctx)
	}
	var f availabilityFacts
	if err := e.Payload(&f); err != nil {
		return err
	}
	if f.To != Available {
		delete(w.pulses, f.Agent)
		return nil
	}
	av, err := w.s.Availability(ctx, f.Agent)
	if err != nil {
		return err
	}
	w.know(av)
	return w.look(ctx, f.Agent, w.s.now())
}

// look compares an agent with his presence.
func (w *watcher) look(ctx context.Context, agent string, now time.Time) error {
	p := w.pulses[agent]
	if p == nil {
		return nil
	}
	there := w.s.presence.Online(event.Actor{Kind: event.Agent, ID: agent})
	switch {
	case there && !p.live:
		p.live, p.lost = true, time.Time{}
		return w.s.enliven(ctx, agent, p.since)
	case there:
		p.lost = time.Time{}
	case !p.live:
	case p.lost.IsZero():
		p.lost = now
	case !p.lost.Add(w.after).After(now):
		delete(w.pulses, agent)
		return w.s.lapse(ctx, agent, p.since, Offline, WhyHeartbeat)
	}
	return nil
}

// sweep looks at everybody. Whose beats have stopped is lost since the last one.
func (w *watcher) sweep(ctx context.Context) error {
	now := w.s.now()
	for agent, last := range w.s.beats.stop(now, w.after) {
		if p := w.pulses[agent]; p != nil && p.live && p.lost.IsZero() {
			p.lost = last
		}
	}
	for agent := range w.pulses {
		if err := w.look(ctx, agent, now); err != nil {
			return err
		}
	}
	return nil
}

// pause is how long nothing has to be looked at.
func (w *watcher) pause() time.Duration {
	next := w.s.beats.oldest()
	if !next.IsZero() {
		next = next.Add(w.after)
	}
	for _, p := range w.pulses {
		if p.live && !p.lost.IsZero() {
			next = soonest(next, p.lost.Add(w.after))
		}
	}
	if next.IsZero() {
		return sweepPause
	}
	return min(max(next.Sub(w.s.now()), 0), sweepPause)
}

// enliven notes in an agent's availability that he is connected, so that his heartbeat
// counts although every process may stop and begin anew.
func (s *Service) enliven(ctx context.Context, agent string, since time.Time) error {
	return s.root.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		av, err := availabilityOf(ctx, tx, agent)
		if err != nil || av.State != Available || av.Live || !av.Since.Equal(since) {
			return err
		}
		av.Live = true
		return availabilities.Put(ctx, tx, av)
	})
}
