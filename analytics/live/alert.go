package live

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// The types of the events by which a desk says that something is unusual. Their subject is
// alert:QUEUE, or alert: for the whole desk; their facts are [Alert].
const (
	ColourTurned = "alert.colour_turned" // the longest wait of a queue has passed a target, or it hasn't any more
	SpikeBegan   = "alert.spike_began"   // more tickets come than usual
	SpikeEnded   = "alert.spike_ended"
)

// Alert is the facts of an alert.
type Alert struct {
	Queue  string       `json:"queue,omitempty"` // id
	Colour queue.Colour `json:"colour,omitempty"`
	Was    queue.Colour `json:"was,omitempty"`
	Oldest time.Time    `json:"oldest,omitzero"` // of ColourTurned: since when the longest wait is
	Spike  *Spike       `json:"spike,omitempty"`
}

// Spike tells that more tickets came in an hour than usually do at that time of the week.
// It begins when there are at least [SpikeFrom], and more than the mean by three standard
// deviations, taken as no less than those of a Poisson process; it ends when there are no
// more than the mean and one of them. The mean is that of the same hour of the last eight
// weeks, three at the least, by the desk's calendar.
type Spike struct {
	Since   time.Time `json:"since"`
	Created int       `json:"created"` // in the hour when it began
	Usual   float64   `json:"usual"`   // mean
}

// SpikeFrom is how many tickets an hour are never too many.
const SpikeFrom = 10

// warned is what was last said about a queue, or the desk.
type warned struct {
	ID     string       `json:"id"` // of the queue; "*" of the desk
	Colour queue.Colour `json:"colour,omitempty"`
	Spike  *Spike       `json:"spike,omitempty"`
	Head   int64        `json:"head"` // position of the log as of which it was said
	Rev    store.Rev    `json:"-"`
}

const wholeDesk = "*"

var warnings = &store.Collection[warned]{
	Name:       "analytics_alert",
	Key:        func(w *warned) string { return w.ID },
	Rev:        func(w *warned) *store.Rev { return &w.Rev },
	Impersonal: "holds colours and counts of queues",
}

// Collections are what this package stores; give them to store.Open.
func Collections() []store.Any { return []store.Any{warnings} }

// said reads what was last said, and fills in spikes.
func (s *Service) said(ctx context.Context, tx *store.Tx, snap *Snapshot) error {
	snap.said = map[string]*warned{}
	for w, err := range warnings.All(ctx, tx, store.ByKey()) {
		if err != nil {
			return err
		}
		snap.said[w.ID] = w
	}
	if w := snap.said[wholeDesk]; w != nil {
		snap.Spike = w.Spike
	}
	for i := range snap.Queues {
		if w := snap.said[snap.Queues[i].ID]; w != nil {
			snap.Queues[i].Spike = w.Spike
		}
	}
	return nil
}

// Run says in the log what is unusual, until ctx ends, whose error it returns. Processes that
// share a store may all do it: each thing is said once.
func (s *Service) Run(ctx context.Context) error {
	w := s.Events.Watch()
	defer w.Stop()
	late := alertPace
	for {
		snap, err := s.look(ctx, false)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, store.ErrClosed):
			return err
		case err != nil:
			s.log.ErrorContext(ctx, "looking for what is unusual", "error", err)
			snap = &Snapshot{behind: true}
		}
		if !snap.behind {
			late = alertPace
		}
		if err := s.rest(ctx, w, snap.due(), snap.behind, late); err != nil {
			return err
		}
		if snap.behind {
			late = min(2*late, patience)
		}
		if err := sleep(ctx, alertPace); err != nil {
			return err
		}
	}
}

// alertPace is how often it is looked for colours at most, and countPace how often what came
// is counted.
const (
	alertPace = 5 * time.Second
	countPace = time.Minute
)

// Step is one look of Run, if anything has happened since the last one, or is due. It says
// how many alerts there were.
func (s *Service) Step(ctx context.Context) (n int, err error) {
	head, err := s.Events.Head(ctx)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	rests := head == s.checked && (s.due.IsZero() || s.now().Before(s.due))
	s.mu.Unlock()
	if rests {
		return 0, nil
	}
	before := head
	snap, err := s.look(ctx, true)
	if err != nil {
		return 0, err
	}
	if head, err = s.Events.Head(ctx); err != nil {
		return 0, err
	}
	if !snap.behind { // else what isn't counted yet may be unusual
		s.mu.Lock()
		s.checked = head
		s.mu.Unlock()
	}
	return int(head - before), nil
}

// look compares how the desk stands with what was last said about it. What came in the hour
// is counted now and then, or always.
func (s *Service) look(ctx context.Context, always bool) (snap *Snapshot, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	counted := false
	err = s.DB.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.board.refresh(ctx, tx, s); err != nil {
			return err
		}
		now := s.now()
		counted = always || s.counted.IsZero() || now.Before(s.counted) || now.Sub(s.counted) >= countPace
		if snap, err = s.snapshot(ctx, tx, everybody, counted); err != nil || !counted {
			return err
		}
		return s.usual.learn(ctx, tx, s, snap.At)
	})
	if err != nil {
		return nil, err
	}
	if counted {
		s.counted = snap.At
	} else { // it waits for its turn
		snap.until(&snap.turns, s.counted.Add(countPace))
		snap.until(&snap.changes, s.counted.Add(countPace))
	}
	if err := s.forget(ctx, snap); err != nil {
		return nil, err
	}
	say := func(id string, colour queue.Colour, spike *Spike, t *Tickets, oldest time.Time) error {
		now := &warned{ID: id, Colour: colour, Spike: spike, Head: s.board.at}
		if counted {
			now.Spike = s.usual.spike(id, spike, t.Hour.Created, snap.At)
		}
		err := s.say(ctx, snap.said[id], now, t, oldest)
		snap.said[id] = now
		return err
	}
	for i := range snap.Queues {
		if q := &snap.Queues[i]; q.ID != "" {
			if err := say(q.ID, q.Front.Colour, q.Spike, &q.Tickets, q.Front.Oldest); err != nil {
				return nil, err
			}
		}
	}
	if err := say(wholeDesk, queue.Green, snap.Spike, &snap.Total, time.Time{}); err != nil {
		return nil, err
	}
	s.due = snap.due()
	return snap, nil
}

// forget drops what was said of queues that are gone.
func (s *Service) forget(ctx context.Context, snap *Snapshot) error {
	for id, w := range snap.said {
		if id == wholeDesk || slices.ContainsFunc(s.board.queues, func(q *queue.Queue) bool { return q.ID == id }) {
			continue
		}
		delete(snap.said, id)
		err := s.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return warnings.Delete(ctx, tx, w) })
		if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrStale) && !errors.Is(err, store.ErrConflict) {
			return err // others may have dropped it
		}
	}
	return nil
}

// due is when alerts have to be looked for although nothing happens: spikes end by themselves.
func (n *Snapshot) due() time.Time {
	for _, w := range n.said {
		if w.Spike != nil {
			return n.changes
		}
	}
	return n.turns
}

// differs says whether something else is to be said now.
func (w *warned) differs(now *warned) bool {
	return w.Colour != now.Colour || (w.Spike == nil) != (now.Spike == nil)
}

// say writes what has changed since it was last said, unless another process, which has
// looked later, was faster.
func (s *Service) say(ctx context.Context, last, now *warned, t *Tickets, oldest time.Time) error {
	if last == nil {
		last = &warned{ID: now.ID, Colour: queue.Green}
	}
	if !last.differs(now) {
		return nil
	}
	return s.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		was, err := warnings.Lock(ctx, tx, now.ID, store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) {
			was, err = &warned{ID: now.ID, Colour: queue.Green}, nil
		}
		if err != nil || was.Head > now.Head {
			return err
		}
		queued := now.ID
		if queued == wholeDesk {
			queued = ""
		}
		var es []*event.Event
		note := func(what string, a Alert) error {
			a.Queue = queued
			facts, err := event.JSON(a)
			es = append(es, &event.Event{Type: what, Subject: "alert:" + queued, Actor: system, Facts: facts})
			return err
		}
		if now.Colour != was.Colour {
			if err := note(ColourTurned, Alert{Colour: now.Colour, Was: was.Colour, Oldest: oldest}); err != nil {
				return err
			}
		}
		switch {
		case was.Spike == nil && now.Spike != nil:
			err = note(SpikeBegan, Alert{Spike: now.Spike})
		case was.Spike != nil && now.Spike == nil:
			ended := *was.Spike
			ended.Created = t.Hour.Created
			err = note(SpikeEnded, Alert{Spike: &ended})
		}
		if err != nil || len(es) == 0 {
			return err
		}
		was.Colour, was.Spike, was.Head = now.Colour, now.Spike, now.Head
		if err := warnings.Put(ctx, tx, was); err != nil {
			return err
		}
		for _, e := range es {
			e.Revision = int64(was.Rev)
		}
		return s.Events.Append(ctx, tx, es...)
	})
}

// usual is how many tickets come in an hour at this time of the week.
type usual struct {
	at    time.Time // the quarter of an hour that it was read for
	weeks int
	of    map[string]*moments
}

// moments are sums over weeks.
type moments struct{ sum, squares float64 }

// The weeks that are compared with, and how many there must be.
const (
	weeksBack  = 8
	weeksLeast = 3
)

// learn reads the same hour of earlier weeks, once in a quarter of an hour.
func (u *usual) learn(ctx context.Context, tx *store.Tx, s *Service, now time.Time) error {
	at := now.Truncate(15 * time.Minute)
	if u.at.Equal(at) {
		return nil
	}
	cal, err := s.Tickets.Hours(ctx, tx)
	if err != nil {
		return err
	}
	first, err := s.Events.Since(ctx, tx, 0, 1)
	if err != nil || len(first) == 0 {
		return err
	}
	fresh := usual{at: at, of: map[string]*moments{}}
	local := at.In(cal.Location())
	for week := 1; week <= weeksBack; week++ {
		to := local.AddDate(0, 0, -7*week)
		from := to.Add(-time.Hour)
		if from.Before(first[0].Time) {
			break
		}
		fresh.weeks++
		for _, by := range [][]analytics.Dimension{nil, {analytics.Queue}} {
			t, err := s.Figures.Seen(ctx, tx, nil, analytics.Query{From: from, To: to, By: by, Metrics: []analytics.Metric{analytics.Created}, Limit: analytics.MaxRows})
			if err != nil {
				return err
			}
			for _, r := range t.Rows {
				id := wholeDesk
				if by != nil {
					id = r.Keys[0]
				}
				if fresh.of[id] == nil {
					fresh.of[id] = &moments{}
				}
				n := r.Values[0].Number
				fresh.of[id].sum += n
				fresh.of[id].squares += n * n
			}
		}
	}
	*u = fresh
	return nil
}

// spike says whether more come than usual, was being what was said last.
func (u *usual) spike(id string, was *Spike, created int, now time.Time) *Spike {
	if u.weeks < weeksLeast {
		return nil
	}
	m := u.of[id]
	if m == nil {
		m = &moments{}
	}
	weeks := float64(u.weeks)
	mean := m.sum / weeks
	deviation := math.Sqrt(max(m.squares/weeks-mean*mean, mean))
	n := float64(created)
	switch {
	case was != nil && n > mean+deviation:
		return was
	case was == nil && created >= SpikeFrom && n > mean+3*deviation:
		return &Spike{Since: now, Created: created, Usual: mean}
	}
	return nil
}
