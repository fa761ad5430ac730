package chat

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// maxStreams is how many streams an end user may have open: tabs of one browser
// share one.
const maxStreams = 20

// maxTyping is how many signs of typing a stream may be behind; more are dropped,
// as they pass anyway.
const maxTyping = 16

// due is what a stream has to do at its next turn.
type due uint8

const (
	dueNews     due = 1 << iota // something happened to his tickets, or to himself
	dueHours                    // settings of which business hours depend
	duePresence                 // somebody of the staff came or went
	dueBeat
	dueHark // the client said something, which it has no business to
	dueBye
	dueKick
)

// seat is a stream's place in the room.
type seat struct {
	due      due
	typing   []ticket.Live
	calendar string // on which its business hours depend; "" is the desk's
	busy     bool   // somebody has the turn
	queued   bool
	ended    bool

	every time.Duration // it beats
	// Of a stream that workers serve:
	beatAt   time.Duration // since the room began
	position int           // in the order of beats
}

// room has all open streams. It is told what happens in the desk, and notes for each
// stream what it has to tell; who has the stream's turn looks it up then. So a stream
// that is slow is behind by a few bits, however much happens.
type room struct {
	began time.Time

	mu      sync.Mutex
	of      map[string][]*stream // by end user, oldest first
	closed  bool
	serving *service // workers and beats; nil while Run doesn't run
}

func newRoom() *room { return &room{began: time.Now(), of: map[string][]*stream{}} }

// add gives a stream its place among the end user's, and its first turn to whoever calls.
// Where there are too many, the oldest has to go. It is false where nobody would serve it.
func (r *room) add(s *stream, every time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.every = every
	if s.wake == nil {
		if r.serving == nil || r.serving.ending {
			return false
		}
		s.beatAt = time.Since(r.began) + rand.N(every) + 1 // spread: many come at once after a restart
		r.serving.take(s)
	}
	s.busy = true
	if r.closed {
		s.due = dueBye
	}
	all := append(r.of[s.endUser], s)
	if len(all) > maxStreams {
		r.set(all[0], dueKick)
		all = slices.Clone(all[1:])
	}
	r.of[s.endUser] = all
	return true
}

// end takes a stream out of the room, and hangs up.
func (r *room) end(s *stream) {
	r.mu.Lock()
	if s.ended {
		r.mu.Unlock()
		return
	}
	s.ended = true
	left := slices.DeleteFunc(r.of[s.endUser], func(o *stream) bool { return o == s })
	if r.of[s.endUser] = left; len(left) == 0 {
		delete(r.of, s.endUser)
	}
	served := r.serving
	if s.wake == nil {
		heap.Remove(&served.beats, s.position)
	}
	r.mu.Unlock()
	s.leave()
	s.out.close()
	if s.wake == nil {
		served.streams.Done()
	}
}

// mark notes that something is due at a stream, and has somebody take its turn.
func (r *room) mark(s *stream, what due) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.set(s, what)
}

// set is mark of who has the room.
func (r *room) set(s *stream, what due) {
	s.due |= what
	if !s.busy && !s.queued && !s.ended {
		r.rouse(s)
	}
}

// rouse has somebody take a stream's turn.
func (r *room) rouse(s *stream) {
	if s.wake == nil {
		s.queued = true
		r.serving.push(s)
		return
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// due gives the turn to whoever calls, and what is due in it.
func (r *room) due(s *stream) (what due, typing []ticket.Live) {
	r.mu.Lock()
	defer r.mu.Unlock()
	what, typing = s.due, s.typing
	s.due, s.typing, s.busy, s.queued = 0, nil, true, false
	return what, typing
}

// rest ends a turn.
func (r *room) rest(s *stream) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.busy = false; s.due != 0 || len(s.typing) > 0 {
		r.rouse(s)
	}
}

// follow has a stream hear of changes of a calendar, and says whether it didn't before.
func (r *room) follow(s *stream, calendar string) (other bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	other = s.calendar != calendar
	s.calendar = calendar
	return other
}

// happened notes what events mean to the streams. None means that anything may have
// happened.
func (r *room) happened(es []*event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(es) == 0 {
		r.all(dueNews | dueHours)
	}
	for _, e := range es {
		for _, s := range r.of[e.Subject] {
			r.set(s, dueNews)
		}
		if e.Owner != e.Subject {
			for _, s := range r.of[e.Owner] {
				r.set(s, dueNews)
			}
		}
		if app, ok := strings.CutPrefix(e.Subject, "app:"); ok {
			r.those(func(s *stream) bool { return s.app == app }, dueHours)
		}
		if calendar, ok := strings.CutPrefix(e.Subject, "calendar:"); ok {
			r.those(func(s *stream) bool { return calendar == ticket.DeskCalendar || s.calendar == calendar }, dueHours)
		}
	}
}

// heard notes who of the staff came or went, and who types on an end user's ticket.
func (r *room) heard(l ticket.Live) {
	switch {
	case l.Actor.Kind == event.EndUser: // himself, elsewhere
	case l.EndUser != "":
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, s := range r.of[l.EndUser] {
			s.hear(l)
			r.set(s, 0)
		}
	case l.Ticket == "":
		r.mu.Lock()
		defer r.mu.Unlock()
		r.all(duePresence)
	}
}

// hear keeps a sign of typing, the newest of each person and ticket.
func (s *stream) hear(l ticket.Live) {
	s.typing = slices.DeleteFunc(s.typing, func(o ticket.Live) bool { return o.Ticket == l.Ticket && o.Actor == l.Actor })
	if len(s.typing) < maxTyping {
		s.typing = append(s.typing, l)
	}
}

func (r *room) all(what due) { r.those(func(*stream) bool { return true }, what) }

func (r *room) those(are func(*stream) bool, what due) {
	for _, all := range r.of {
		for _, s := range all {
			if are(s) {
				r.set(s, what)
			}
		}
	}
}

// closeAll tells all streams to end, those that come later too.
func (r *room) closeAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.all(dueBye)
}
