package analytics

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// Collections are what this package stores; give them to store.Open.
func Collections() []store.Any {
	return []store.Any{roots, states, segments, sheets, spreads, mixes, levels, dailies, cases, duties, settings}
}

// Parts are what a Service works with.
type Parts struct {
	DB     *store.DB
	Events *event.Log
	Jobs   *job.Queue
	People *identity.Service
}

// Options of Open; nil means the defaults.
type Options struct {
	Now func() time.Time // default time.Now
	Log *slog.Logger     // nil discards
}

// Service keeps the figures of a desk. Its methods may be called by several goroutines.
type Service struct {
	db     store.Runner
	events *event.Log
	jobs   *job.Queue
	people *identity.Service
	now    func() time.Time
	log    *slog.Logger
	clocks *clocks // shared by bound copies
}

// New returns the figures in a store. It adds its projection to the log and its job to
// the queue of jobs, so call it before those run.
func New(p Parts, o *Options) *Service {
	s := &Service{db: p.DB, events: p.Events, jobs: p.Jobs, people: p.People, now: time.Now, log: slog.New(slog.DiscardHandler), clocks: &clocks{}}
	if o != nil && o.Now != nil {
		s.now = o.Now
	}
	if o != nil && o.Log != nil {
		s.log = o.Log
	}
	s.events.Project("analytics", s.project)
	s.jobs.Handle(rebuildKind, job.Handler{Do: s.rebuild, Timeout: rebuildTime, Limit: 1})
	return s
}

// In returns the service bound to a transaction.
func (s *Service) In(tx *store.Tx) *Service {
	bound := *s
	bound.db, bound.people = tx, s.people.In(tx)
	return &bound
}

// Query answers with figures, as of what the projection has taken of the log of events,
// which is some milliseconds behind: Table.Through says how far. It needs the permission
// SeeAnalytics, and tells an actor of those tickets only that he sees: of his own, and of
// those of his groups and apps, as they were then. A bad value is a *store.FieldError, a
// cursor of another query store.ErrCursor.
func (s *Service) Query(ctx context.Context, actor event.Actor, q Query) (t *Table, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		sight, err := s.people.Sight(ctx, tx, actor, identity.SeeAnalytics, identity.On{Subject: "analytics", Read: true})
		if err != nil {
			return err
		}
		t, err = s.Seen(ctx, tx, sight, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Seen is Query for who may ask, and sees these tickets, nil being all, in the caller's
// transaction.
func (s *Service) Seen(ctx context.Context, tx *store.Tx, sight *identity.Sight, q Query) (*Table, error) {
	if sight == nil {
		sight = everything()
	}
	q.By, q.Where, q.Metrics = slices.Clone(q.By), slices.Clone(q.Where), slices.Clone(q.Metrics)
	if err := q.check(s.now()); err != nil {
		return nil, err
	}
	r, err := s.reading(ctx, tx, &q, sight)
	if err != nil {
		return nil, err
	}
	t, err := r.table(ctx)
	if err != nil {
		return nil, err
	}
	st, err := states.Get(ctx, tx, string(r.gen))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if err == nil {
		t.Through = st.Position
	}
	return t, nil
}

func (s *Service) reading(ctx context.Context, tx *store.Tx, q *Query, sight *identity.Sight) (*reading, error) {
	root, err := rootOf(ctx, tx, 0)
	if err != nil {
		return nil, err
	}
	return newReading(q, tx, root.Current, sight, s.now()), nil
}

// everything is the sight of who sees all.
func everything() *identity.Sight { return &identity.Sight{AnyGroup: true, Ratings: true} }

// only is the one dimension of a query by at most one.
func (q *Query) only() Dimension {
	if len(q.By) == 0 {
		return ""
	}
	return q.By[0]
}

// mark is a cursor as it is encoded.
type mark struct {
	Query string    `json:"q"` // which one it belongs to
	Start time.Time `json:"s"`
	Keys  []string  `json:"k,omitempty"`
}

// of names a query, but for its page and metrics.
func (q *Query) of() string {
	return digest(fmt.Sprintf("%d %d %s %s %q %q", q.From.UnixMicro(), q.To.UnixMicro(), q.Grain, q.Zone, q.By, q.Where))
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

func compareText(a, b string) int { return cmp.Compare(a, b) }

// next is the cursor behind a row.
func (q *Query) next(row *Row) string {
	b, err := json.Marshal(mark{q.of(), row.Start.UTC(), row.Keys})
	if err != nil {
		panic(err) // texts and a time always go
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// cursor is where a page begins.
func (r *reading) cursor() (at after, err error) {
	if r.After == "" {
		return after{from: r.stretchAt(r.From).start}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(r.After)
	var m mark
	if err != nil || json.Unmarshal(b, &m) != nil || m.Query != r.of() || len(m.Keys) != len(r.By) || !r.stretchAt(m.Start).start.Equal(m.Start) || m.Start.Before(r.stretchAt(r.From).start) {
		return at, store.ErrCursor
	}
	at = after{from: m.Start, any: true}
	copy(at.keys[:], m.Keys)
	return at, nil
}
