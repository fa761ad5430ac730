package chat

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// ErrRunning: Run beside Run of the same Chat.
var ErrRunning = errors.New("the streams are being served already")

const (
	// workers is how many turns are taken at the same time. Most of the time goes by
	// waiting for the store, which writes in groups.
	workers = 64
	// patience is how long a write may take before somebody else gets the worker's place.
	patience = 50 * time.Millisecond
	// parting is how long all streams together may take to be told that they end.
	parting = time.Second
	// glances is how long it takes to notice that a client has hung up, where that can
	// be seen.
	glances = time.Second
)

// service is what serves the streams whose connections were taken over, while Run runs.
type service struct {
	room    *room
	ctx     context.Context // of the turns
	ending  bool            // nobody new is taken; guarded by the room
	hurry   atomic.Bool     // writes get only the time of parting
	streams sync.WaitGroup
	workers sync.WaitGroup

	queue  []*stream     // whose turn it is, in order; guarded by the room, like what follows
	active int           // workers that have a place
	beats  beats         // all streams, by when their next beat is due
	sooner chan struct{} // rung when there is an earlier beat than before
}

// Run serves streams until ctx ends, whose error it returns: it needs no goroutine for
// those whose connections it could take over. It ends them, too, within about a second.
// While it doesn't run each stream has a goroutine of its own. A second Run beside it
// gets ErrRunning.
func (c *Chat) Run(ctx context.Context) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	v := &service{room: c.room, ctx: work, sooner: make(chan struct{}, 1)}
	if !c.room.serve(v) {
		return ErrRunning
	}
	v.pulse(ctx)
	// What is under way may end as it would, but not for long.
	defer time.AfterFunc(parting, stop).Stop()
	v.dismiss()
	v.streams.Wait()
	v.workers.Wait()
	c.room.serve(nil)
	return ctx.Err()
}

// serve takes on, or with nil lets go, who serves the room. It is false where somebody
// does already.
func (r *room) serve(v *service) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v != nil && r.serving != nil {
		return false
	}
	r.serving = v
	return true
}

// served says whether connections may be taken over.
func (r *room) served() *service {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.serving == nil || r.serving.ending || r.closed {
		return nil
	}
	return r.serving
}

// take begins to serve a stream.
func (v *service) take(s *stream) {
	v.streams.Add(1)
	heap.Push(&v.beats, s)
	if s.position == 0 {
		v.ring()
	}
}

func (v *service) ring() {
	select {
	case v.sooner <- struct{}{}:
	default:
	}
}

// push has a worker take a stream's turn.
func (v *service) push(s *stream) {
	v.queue = append(v.queue, s)
	v.hire()
}

// hire starts a worker if there is work for one more.
func (v *service) hire() {
	if v.active < workers && len(v.queue) > 0 {
		v.active++
		v.workers.Go(v.work)
	}
}

// work takes turns as long as there are any.
func (v *service) work() {
	t := &turn{}
	for {
		v.room.mu.Lock()
		if len(v.queue) == 0 {
			v.active--
			v.queue = nil
			v.room.mu.Unlock()
			return
		}
		s := v.queue[0]
		v.queue[0] = nil
		v.queue = v.queue[1:]
		v.room.mu.Unlock()
		if t.aside == nil {
			t.aside = time.AfterFunc(time.Hour, v.aside)
			t.aside.Stop()
		}
		if v.turn(t, s) {
			v.room.rest(s)
		} else {
			v.room.end(s)
		}
		if t.stood {
			return // another has its place
		}
		if cap(t.text) > roomy {
			t.text = nil
		}
	}
}

// aside gives the place of a worker that waits for a client to another.
func (v *service) aside() {
	v.room.mu.Lock()
	defer v.room.mu.Unlock()
	v.active--
	v.hire()
}

// turn takes a stream's turn. What panics ends that stream alone, as it would end one
// request alone.
func (v *service) turn(t *turn, s *stream) (goesOn bool) {
	defer func() {
		if p := recover(); p != nil {
			goesOn = false
			t.text = nil
			s.c.log.ErrorContext(v.ctx, "stream ended", "end_user", s.endUser, "error", fmt.Sprint("panic: ", p), "stack", string(debug.Stack()))
		}
	}()
	return t.takeDue(v.ctx, s)
}

// pulse has streams beat when it is time to, and looks for clients that have hung up,
// until ctx ends.
func (v *service) pulse(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var looked time.Time
	var all []*stream
	for {
		next := v.beat()
		if !v.idle() {
			if now := time.Now(); now.Sub(looked) >= glances {
				looked = now
				all = v.glance(all[:0])
			}
			next = min(next, glances)
		}
		timer.Reset(next)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-v.sooner:
		}
	}
}

// beat has those beat whose time it is, and says when the next one's is.
func (v *service) beat() (next time.Duration) {
	r := v.room
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Since(r.began)
	for len(v.beats) > 0 {
		s := v.beats[0]
		if s.beatAt > now {
			return s.beatAt - now
		}
		s.beatAt = now + s.every
		heap.Fix(&v.beats, 0)
		r.set(s, dueBeat)
	}
	return time.Hour
}

func (v *service) idle() bool {
	v.room.mu.Lock()
	defer v.room.mu.Unlock()
	return len(v.beats) == 0
}

// glance looks at each connection whether the client has hung up, or talks. all is
// memory to use.
func (v *service) glance(all []*stream) []*stream {
	v.room.mu.Lock()
	all = append(all, v.beats...)
	v.room.mu.Unlock()
	var g glancer
	for i, s := range all {
		if s.out.(*line).heard(&g) {
			v.room.mark(s, dueHark)
		}
		all[i] = nil
	}
	return all
}

// dismiss tells all streams that they end.
func (v *service) dismiss() {
	r := v.room
	r.mu.Lock()
	defer r.mu.Unlock()
	v.ending = true
	v.hurry.Store(true)
	for _, s := range v.beats {
		s.out.(*line).hurry()
		r.set(s, dueBye)
	}
}

// beats is a heap of streams by when their next beat is due.
type beats []*stream

func (b beats) Len() int           { return len(b) }
func (b beats) Less(i, j int) bool { return b[i].beatAt < b[j].beatAt }
func (b beats) Swap(i, j int) {
	b[i], b[j] = b[j], b[i]
	b[i].position, b[j].position = i, j
}

// Push implements heap.Interface.
func (b *beats) Push(x any) {
	s := x.(*stream)
	s.position = len(*b)
	*b = append(*b, s)
}

// Pop implements heap.Interface.
func (b *beats) Pop() any {
	last := len(*b) - 1
	s := (*b)[last]
	(*b)[last] = nil
	*b = (*b)[:last]
	return s
}
