package event

import (
	"context"
	"iter"
	"slices"
	"sync"

	"github.com/frontdesk-go/frontdesk/store"
)

// ringSize is how many of the newest events stay in memory for live readers.
const ringSize = 1024

// hub reads the log once for all live readers and reactors of this process.
type hub struct {
	l    *Log
	wake bell

	mu      sync.Mutex
	started bool
	last    int64    // position of the newest event in ring
	ring    []*Event // dense, oldest first
	watches map[string]map[*Watch]struct{}
	calls   []*func([]*Event) // replaced, never changed
}

func newHub(l *Log) *hub {
	return &hub{l: l, wake: newBell(), watches: map[string]map[*Watch]struct{}{}}
}

// start finds the end of the log, from which on live readers are told what happens. The
// events of the last page are kept as well, which isn't full and so isn't shared: most
// consumers have only to pass over them when a process begins.
func (h *hub) start(ctx context.Context) error {
	h.mu.Lock()
	started := h.started
	h.mu.Unlock()
	if started {
		return nil
	}
	var head int64
	var es []*Event
	err := h.l.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if head, err = h.l.head(ctx, tx); err == nil {
			es, err = h.l.Since(ctx, tx, head-head%batch, batch)
		}
		return err
	})
	if err != nil {
		return err
	}
	h.mu.Lock()
	h.started, h.last = true, head
	if int64(len(es)) == head%batch {
		h.ring = es
	}
	for topic := range h.watches {
		h.signal(topic) // what it waits for may be up to head, which nobody publishes
	}
	h.mu.Unlock()
	h.call(nil)
	h.rouse() // one that has looked before may have missed what is up to head, too
	return nil
}

// pump takes what is new from the store, and says how much it was.
func (h *hub) pump(ctx context.Context) (n int, err error) {
	if err := h.start(ctx); err != nil {
		return 0, err
	}
	h.mu.Lock()
	last := h.last
	h.mu.Unlock()
	for {
		es, err := h.l.Since(ctx, h.l.db, last, ringSize/4)
		if err != nil || len(es) == 0 {
			return n, err
		}
		h.publish(es)
		n += len(es)
		last = es[len(es)-1].Position
	}
}

func (h *hub) publish(es []*Event) {
	h.keep(es)
	h.call(es)
	h.rouse()
}

// rouse has all consumers look.
func (h *hub) rouse() {
	for _, c := range h.l.consumers {
		c.ring()
	}
}

func (h *hub) keep(es []*Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ring = append(h.ring, es...)
	if extra := len(h.ring) - ringSize; extra > 0 {
		h.ring = append([]*Event(nil), h.ring[extra:]...)
	}
	h.last = es[len(es)-1].Position
	for _, e := range es {
		h.signal(e.Subject)
		if e.Owner != "" {
			h.signal(e.Owner)
		}
	}
	h.signal("")
}

// call tells those who are called.
func (h *hub) call(es []*Event) {
	h.mu.Lock()
	calls := h.calls
	h.mu.Unlock()
	for _, f := range calls {
		(*f)(es)
	}
}

func (h *hub) signal(topic string) {
	for w := range h.watches[topic] {
		w.bell.ring()
	}
}

// since returns at most limit events behind a position if memory still holds them all.
func (h *hub) since(after int64, limit int) (es []*Event, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := h.last - int64(len(h.ring)) + 1
	if !h.started || after+1 < first || after > h.last {
		return nil, false
	}
	es = h.ring[after+1-first:]
	return slices.Clone(es[:min(len(es), limit)]), true
}

// reached says whether nothing is behind a position, as far as the hub has read.
func (h *hub) reached(position int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.started && position >= h.last
}

// covers says whether the log has come to a position, as far as the hub has read.
func (h *hub) covers(position int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.started && position <= h.last
}

// Watch tells that something happened to one of its topics.
type Watch struct {
	hub    *hub
	bell   bell
	topics []string
}

// Watch begins to listen for events whose subject or owner is one of the topics;
// with none, for all. Run must be running. End it with Stop.
func (l *Log) Watch(topics ...string) *Watch {
	if len(topics) == 0 {
		topics = []string{""}
	}
	w := &Watch{l.hub, newBell(), topics}
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	for _, t := range topics {
		if l.hub.watches[t] == nil {
			l.hub.watches[t] = map[*Watch]struct{}{}
		}
		l.hub.watches[t][w] = struct{}{}
	}
	return w
}

// C gets a value after events; several may share one.
func (w *Watch) C() <-chan struct{} { return w.bell }

// Stop ends the watch.
func (w *Watch) Stop() {
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	for _, t := range w.topics {
		delete(w.hub.watches[t], w)
		if len(w.hub.watches[t]) == 0 {
			delete(w.hub.watches, t)
		}
	}
}

// OnEvents has f called with the events that are read for live readers, in order, each
// once, until stop is called: it is for who serves many of them. Run must be running, or
// Step be called. When reading begins f is called with none, since what was appended
// before is told to nobody. Others wait for f, which mustn't keep or change the events.
func (l *Log) OnEvents(f func(es []*Event)) (stop func()) {
	h := l.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(slices.Clone(h.calls), &f)
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.calls = slices.DeleteFunc(slices.Clone(h.calls), func(g *func([]*Event)) bool { return g == &f })
	}
}

// Tail yields the events behind a position as they come, until ctx ends, whose
// error it yields last. Only catching up reads the store. A position that is
// ahead of the log, as after a restored backup, yields ErrGone.
func (l *Log) Tail(ctx context.Context, after int64) iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		w := l.Watch()
		defer w.Stop()
		if head, err := l.Head(ctx); err != nil || after > head {
			if err == nil {
				err = ErrGone
			}
			yield(nil, err)
			return
		}
		for {
			es, err := l.next(ctx, after)
			for _, e := range es {
				if !yield(e, nil) {
					return
				}
				after = e.Position
			}
			if err == nil && len(es) == 0 {
				err = l.listen(ctx, w.bell, poll)
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// Next is Since for those who follow the log outside of transactions: the newest events come
// out of memory, where Run or Step has read them already. Others have the same ones, so that
// they mustn't be changed, and what is personal in them may be from before an erasure.
func (l *Log) Next(ctx context.Context, after int64, limit int) ([]*Event, error) {
	if es, ok := l.hub.since(after, limit); ok && len(es) > 0 {
		return es, ctx.Err()
	}
	return l.Since(ctx, l.db, after, limit)
}

func (l *Log) next(ctx context.Context, after int64) ([]*Event, error) {
	// Memory knows of nothing new only while somebody reads it.
	if es, ok := l.hub.since(after, ringSize); ok && (len(es) > 0 || l.live.Load()) {
		return es, ctx.Err()
	}
	return l.Since(ctx, l.db, after, ringSize/4)
}
