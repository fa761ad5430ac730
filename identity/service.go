package identity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// The errors of this package, besides those of package store.
var (
	// ErrSession: the session token is missing, damaged, too old, or was ended by
	// a login or logout on its device. The device has to begin a new one.
	ErrSession = errors.New("session has ended")
	// ErrLastAdmin: the desk would be left without an active admin.
	ErrLastAdmin = errors.New("the last admin has to stay")
)

// Warning says what was left out of data that a device sent, so that the rest
// could be taken.
type Warning struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// Collections are what this package stores; give them to store.Open.
func Collections() []store.Any {
	return []store.Any{endUsers, devices, agents, groups, secrets, deskKeys, bans, banHeads, withheld, notes, organisations, accesses, teams, trailed, apiKeys, keyUses,
		erasures, invitations}
}

// Service is the directory of a desk. Its methods may be called by several
// goroutines.
type Service struct {
	db  store.Runner
	log *event.Log
	now func() time.Time
	key []byte // of this desk; signs what it hands out

	banned *atomic.Pointer[banList] // as last read; shared by bound copies
	guide  *guide                   // nil: the host has no directory
	trail  *trail
	teamOf *sync.Map // of agents, as last seen: for reading ahead

	mergers    *mergers
	concealers *concealers // likewise
	leavers    *leavers
	keyUses    *uses

	root  *store.DB // what erasures and exports page through
	jobs  *job.Queue
	blobs blob.Store
	cares []store.Care
}

// Options of Open; nil means the defaults.
type Options struct {
	Now func() time.Time // default time.Now
	// Directory is the host's user system, from which names, addresses and the like
	// of logged in users come. nil: there is none.
	Directory        Directory
	DirectoryTimeout time.Duration // default 2 s; an answer that takes longer is none
	DirectoryCache   time.Duration // default 10 minutes; so long a user isn't asked for again
	// Jobs runs erasures. nil: Erase is refused.
	Jobs *job.Queue
	// Blobs is where attachments are, which go with an end user. nil: there are none.
	Blobs blob.Store
}

// Open returns the directory in db. The first time it makes the desk's key.
func Open(ctx context.Context, db *store.DB, log *event.Log, o *Options) (*Service, error) {
	s := &Service{db: db, log: log, now: time.Now, banned: &atomic.Pointer[banList]{}, trail: newTrail(), teamOf: &sync.Map{}, mergers: &mergers{}, concealers: &concealers{}, leavers: &leavers{}, keyUses: &uses{at: map[string]time.Time{}}}
	if o != nil && o.Now != nil {
		s.now = o.Now
	}
	if o != nil && o.Directory != nil {
		s.guide = &guide{Directory: o.Directory, asked: map[string]time.Time{},
			timeout: cmp.Or(o.DirectoryTimeout, directoryTimeout), cache: cmp.Or(o.DirectoryCache, directoryCache)}
	}
	s.root = db
	if o != nil {
		s.jobs, s.blobs = o.Jobs, o.Blobs
	}
	if s.jobs != nil {
		s.jobs.Handle(eraseKind, s.eraseHandler())
	}
	var err error
	if s.key, err = deskKeyOf(ctx, db); err != nil {
		return nil, fmt.Errorf("open identity: %w", err)
	}
	return s, nil
}

// In returns the service bound to a transaction.
func (s *Service) In(tx *store.Tx) *Service {
	bound := *s
	bound.db = tx
	return &bound
}

// record appends the event of a change.
func (s *Service) record(ctx context.Context, tx *store.Tx, e *event.Event, facts, personal any) (err error) {
	if facts != nil {
		if e.Facts, err = event.JSON(facts); err != nil {
			return err
		}
	}
	if personal != nil {
		if e.Personal, err = event.JSON(personal); err != nil {
			return err
		}
	}
	return s.log.Append(ctx, tx, e)
}
