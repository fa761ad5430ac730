package job

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// ErrRunning: Run or Step beside Run or Step of the same Queue.
var ErrRunning = errors.New("this queue is already being worked on")

// Queue keeps jobs in a store, and runs them.
type Queue struct {
	db       *store.DB
	now      func() time.Time
	log      *slog.Logger
	workers  int
	keep     time.Duration
	seed     uint64
	handlers map[string]Handler
	bell     bell
	offset   atomic.Int64 // nanoseconds by which the store's clock is ahead, under Run on a shared store
	live     atomic.Bool  // Run is under way
	busy     atomic.Bool  // Run or Step is at work; what follows belongs to it

	freed    bool            // leases of the process before this one are given up
	swept    time.Time       // when marks were last forgotten
	measured time.Time       // when the clocks were last compared
	unknown  map[string]bool // kinds without a handler that have been reported

	mu      sync.Mutex
	running map[string]int // how many handlers run, by kind
}

// Options of New; nil means the defaults.
type Options struct {
	Now     func() time.Time // default time.Now; beside Run it must go on with the time. Run allows for what it is off the clock of a shared store
	Log     *slog.Logger     // nil discards
	Workers int              // how many jobs Run runs at once; default 8
	Keep    time.Duration    // how long the id of a done job is remembered; default 7 days, negative: not at all
	Seed    uint64           // of the random pauses; 0 takes a random one
}

// Handler is what a kind of job does: exactly one of Do and Inside.
type Handler struct {
	// Do calls the outside world, at least once. ctx ends after Timeout, and with
	// Run. Do must heed it.
	Do func(ctx context.Context, j *Job) error
	// Inside changes the store, exactly once: tx is the transaction that
	// completes the job. As any function of an Update it may run more than once
	// until it commits, and it should be quick: where writers take turns, all
	// others wait for it.
	Inside func(ctx context.Context, tx *store.Tx, j *Job) error

	MaxAttempts int           // before the job is given up; default 20, which take some five hours
	Timeout     time.Duration // of one attempt; default 1 minute
	Limit       int           // how many jobs of the kind Run runs at once; default all workers
}

const (
	defaultWorkers  = 8
	defaultAttempts = 20
	defaultTimeout  = time.Minute
)

// process names this process in its leases.
var process = rand.Text()

// New returns the queue in db.
func New(db *store.DB, o *Options) *Queue {
	if o == nil {
		o = &Options{}
	}
	q := &Queue{
		db: db, now: o.Now, log: o.Log, workers: o.Workers, keep: o.Keep, seed: o.Seed,
		handlers: map[string]Handler{}, bell: newBell(), unknown: map[string]bool{}, running: map[string]int{},
	}
	if q.now == nil {
		q.now = time.Now
	}
	if q.log == nil {
		q.log = slog.New(slog.DiscardHandler)
	}
	if q.workers <= 0 {
		q.workers = defaultWorkers
	}
	if q.keep == 0 {
		q.keep = store.KeepRequests
	}
	if q.seed == 0 {
		var b [8]byte
		rand.Read(b[:]) // never fails
		q.seed = binary.NativeEndian.Uint64(b[:])
	}
	return q
}

// Handle says what jobs of a kind do. Call it before Run or Step. A kind has 1 to
// 64 lower-case letters, digits, and any of ._- ; a wrong or second one, or a
// handler with not exactly one function, is a mistake of the program: it panics.
func (q *Queue) Handle(kind string, h Handler) {
	if err := validKind(kind); err != nil {
		panic("job: " + err.Error())
	}
	if (h.Do == nil) == (h.Inside == nil) {
		panic(fmt.Sprintf("job: kind %s needs either Do or Inside", kind))
	}
	if _, ok := q.handlers[kind]; ok {
		panic(fmt.Sprintf("job: kind %s has two handlers", kind))
	}
	if h.MaxAttempts <= 0 {
		h.MaxAttempts = defaultAttempts
	}
	if h.Timeout <= 0 {
		h.Timeout = defaultTimeout
	}
	if h.Limit <= 0 || h.Limit > q.workers {
		h.Limit = q.workers
	}
	q.handlers[kind] = h
}

// maxKind is the length of a kind in bytes.
const maxKind = 64

// validKind keeps to characters behind '!', on which passing over a kind relies.
func validKind(kind string) error {
	ok := kind != "" && len(kind) <= maxKind
	for _, r := range kind {
		ok = ok && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-')
	}
	if !ok {
		return fmt.Errorf("kind %q: 1 to %d lower-case letters, digits, or ._- are needed: %w", kind, maxKind, store.ErrValue)
	}
	return nil
}

// bell wakes one waiter; rings that come before it listens are one.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}
