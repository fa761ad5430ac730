package sharedtest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// Process is what one process has of the store. Closing it leaves the others as
// they are; closed under a store.DB that doesn't know of it, it is a process that
// was killed.
type Process struct {
	*Server
	closed atomic.Bool
}

// Connect returns the store as another process has it.
func (s *Server) Connect() *Process { return &Process{Server: s} }

// Begin implements driver.Store.
func (p *Process) Begin(ctx context.Context, write bool) (driver.Tx, error) {
	if p.closed.Load() {
		return nil, driver.ErrClosed
	}
	return p.Server.Begin(ctx, write)
}

// Close implements driver.Store.
func (p *Process) Close() error {
	p.closed.Store(true)
	return nil
}

// errBroken is what Listen returns when Break breaks its connection.
var errBroken = errors.New("the connection broke")

// newsroom knows who listens.
type newsroom struct {
	mu     sync.Mutex
	sent   int // wakes
	broken chan struct{}
	ears   map[chan struct{}]struct{}
}

// Wake implements driver.Waker.
func (s *Server) Wake(ctx context.Context) error {
	s.news.mu.Lock()
	defer s.news.mu.Unlock()
	s.news.sent++
	for ear := range s.news.ears {
		select {
		case ear <- struct{}{}:
		default:
		}
	}
	return ctx.Err()
}

// Listen implements driver.Waker.
func (s *Server) Listen(ctx context.Context, woken func()) error {
	n := &s.news
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

// Wakes says how often somebody has called Wake.
func (s *Server) Wakes() int {
	s.news.mu.Lock()
	defer s.news.mu.Unlock()
	return s.news.sent
}

// Now implements driver.Clock.
func (s *Server) Now(ctx context.Context) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock(), ctx.Err()
}

// SetClock gives the server another clock than time.Now.
func (s *Server) SetClock(now func() time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = now
}
