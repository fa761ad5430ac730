package live

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Parts are what a Service works with.
type Parts struct {
	DB      *store.DB
	Events  *event.Log
	People  *identity.Service
	Tickets *ticket.Service
	Queues  *queue.Service
	Figures *analytics.Service
}

// Options of New; nil means the defaults.
type Options struct {
	Now func() time.Time // default time.Now
	Log *slog.Logger     // nil discards
}

// Service shows a desk as it stands. Its methods may be called by several goroutines.
type Service struct {
	Parts
	now func() time.Time
	log *slog.Logger

	mu    sync.Mutex
	board *board    // what was read of queues and agents
	usual usual     // how many tickets come at this time of the week
	last  *Snapshot // for who sees everything
	asked time.Time // when last was begun to be read, by the machine's clock

	checked int64     // position of the log when alerts were looked at
	due     time.Time // when they are looked at whatever happens; zero: then never
	counted time.Time // when it was last counted for alerts what came in the hour
}

// New returns the live view of a desk.
func New(p Parts, o *Options) *Service {
	s := &Service{Parts: p, now: time.Now, log: slog.New(slog.DiscardHandler), board: &board{}}
	if o != nil && o.Now != nil {
		s.now = o.Now
	}
	if o != nil && o.Log != nil {
		s.log = o.Log
	}
	return s
}

// Now says how the desk stands. It needs the permission SeeRealTime, and counts the tickets
// that the actor sees.
func (s *Service) Now(ctx context.Context, actor event.Actor) (*Snapshot, error) {
	sight, err := s.sight(ctx, actor)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, sight, time.Now())
}

// sight asks whether the actor may look.
func (s *Service) sight(ctx context.Context, actor event.Actor) (sight *identity.Sight, err error) {
	err = s.DB.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		sight, err = s.People.Sight(ctx, tx, actor, identity.SeeRealTime, identity.On{Subject: "queues", Read: true})
		return err
	})
	return sight, err
}

// read returns how the desk stood at some time after a moment of the machine's clock. Those
// who see everything share what is read.
func (s *Service) read(ctx context.Context, sight *identity.Sight, asked time.Time) (snap *Snapshot, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sight.All() && s.last != nil && s.asked.After(asked) {
		return s.last, nil
	}
	begun := time.Now()
	err = s.DB.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.board.refresh(ctx, tx, s); err != nil {
			return err
		}
		snap, err = s.snapshot(ctx, tx, sight, true)
		return err
	})
	if err != nil {
		return nil, err
	}
	if sight.All() {
		s.last, s.asked = snap, begun
	}
	return snap, nil
}
