package sharedtest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/internal/kv"
)

// Process is what one process has of the store: it knows the collections that it
// has declared. Closing it leaves the others as they are; closed under a store.DB
// that doesn't know of it, it is a process that was killed.
type Process struct {
	s  *Server
	kv *kv.Store

	mu      sync.Mutex
	schemas map[string]driver.Schema
	closed  bool
}

// Connect returns the store as another process has it.
func (s *Server) Connect() *Process {
	return &Process{s: s, kv: kv.New(pages{s}), schemas: map[string]driver.Schema{}}
}

// Traits implements driver.Store.
func (p *Process) Traits() driver.Traits { return driver.Traits{Encoding: driver.JSON, Shared: true} }

// Apply implements driver.Store.
func (p *Process) Apply(ctx context.Context, schemas []driver.Schema) error {
	p.mu.Lock()
	for _, sc := range schemas {
		p.schemas[sc.Name] = sc
	}
	p.mu.Unlock()
	return p.kv.Apply(ctx, schemas)
}

// Begin implements driver.Store.
func (p *Process) Begin(ctx context.Context, write bool) (driver.Tx, error) {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return nil, driver.ErrClosed
	}
	x := &session{s: p.s, p: p, write: write}
	var err error
	x.Tx, err = p.kv.Begin(context.WithValue(ctx, sessionKey{}, x), write)
	if err != nil {
		return nil, err
	}
	return x, nil
}

// Close implements driver.Store.
func (p *Process) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return nil
}

// errBroken is what Listen returns when Break breaks its connection.
var errBroken = errors.New("the connection broke")

// newsroom knows who listens.
type newsroom struct {
	mu     sync.Mutex
	sent   int // wakes
	deaf   bool
	broken chan struct{}
	ears   map[chan struct{}]struct{}
}

// Wake implements driver.Waker.
func (p *Process) Wake(ctx context.Context) error {
	p.s.news.mu.Lock()
	defer p.s.news.mu.Unlock()
	p.s.news.sent++
	if p.s.news.deaf {
		return ctx.Err()
	}
	for ear := range p.s.news.ears {
		select {
		case ear <- struct{}{}:
		default:
		}
	}
	return ctx.Err()
}

// Listen implements driver.Waker.
func (p *Process) Listen(ctx context.Context, woken func()) error {
	n := &p.s.news
	ear := make(chan struct{}, 1)
	ear <- struct{}{} // what came before may have been missed
	n.mu.Lock()
	if n.ears == nil {
		n.ears, n.broken = map[chan struct{}]struct{}{}, make(chan struct{})
	}
	n.ears[ear] = struct{}{}
	broken := n.broken
	n.mu.Unlock()
	defer func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.ears, ear)
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-broken:
			return errBroken
		case <-ear:
			woken()
		}
	}
}

// Break breaks the connections of all who listen.
func (s *Server) Break() {
	s.news.mu.Lock()
	defer s.news.mu.Unlock()
	if s.news.broken != nil {
		close(s.news.broken)
		s.news.broken = make(chan struct{})
	}
}

// Deafen has wakes reach nobody from now on.
func (s *Server) Deafen() {
	s.news.mu.Lock()
	defer s.news.mu.Unlock()
	s.news.deaf = true
}

// Wakes says how often somebody has called Wake.
func (s *Server) Wakes() int {
	s.news.mu.Lock()
	defer s.news.mu.Unlock()
	return s.news.sent
}

// Now implements driver.Clock.
func (p *Process) Now(ctx context.Context) (time.Time, error) {
	p.s.mu.Lock()
	clock := p.s.clock
	p.s.mu.Unlock()
	return clock(), ctx.Err()
}

// SetClock gives the server another clock than time.Now.
func (s *Server) SetClock(now func() time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = now
}
