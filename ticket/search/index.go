package search

import (
	"context"
	"log/slog"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/indexfiles"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// form is the version of what the index holds. Another one is built anew.
const form = "3"

// Parts are what an index reads.
type Parts struct {
	DB      *store.DB
	Events  *event.Log
	People  *identity.Service
	Tickets *ticket.Service
}

// Options of New; nil means the defaults.
type Options struct {
	// Dir is a directory for the index alone, of this process alone. "": in memory.
	Dir string
	Log *slog.Logger // nil discards
}

// Index finds tickets. Its methods may be called by several goroutines.
type Index struct {
	db      *store.DB
	people  *identity.Service
	tickets *ticket.Service
	files   *indexfiles.Files
}

var _ ticket.Searcher = (*Index)(nil)

// New returns an index. It opens nothing yet.
func New(p Parts, o *Options) *Index {
	if o == nil {
		o = &Options{}
	}
	x := &Index{db: p.DB, people: p.People, tickets: p.Tickets}
	x.files = indexfiles.New(indexfiles.Source{Name: "ticket-search", Form: form, Build: x.build, Follow: x.follow},
		indexfiles.Options{DB: p.DB, Events: p.Events, Dir: o.Dir, Log: o.Log})
	return x
}

// Run keeps the index up with the log until ctx ends, whose error it returns. An
// error of the index or of the store is logged, and it tries again.
func (x *Index) Run(ctx context.Context) error { return x.files.Run(ctx) }

// Step brings the index up to the log, or goes on building it to the end, and returns
// how many events and tickets it read: 0 means that nothing was left.
func (x *Index) Step(ctx context.Context) (int, error) { return x.files.Step(ctx) }

// Lag says how many events the index is behind the log, and whether it is being
// built.
func (x *Index) Lag(ctx context.Context) (events int64, building bool, err error) {
	return x.files.Lag(ctx)
}

// Compact brings the index up to the log, and writes its files anew without what
// was taken out of them. An index in memory has none.
func (x *Index) Compact(ctx context.Context) error { return x.files.Compact(ctx) }

// Reset deletes what is indexed. The next Step begins to build it anew.
func (x *Index) Reset() error { return x.files.Reset() }

// Close ends the use of the files. What is under way is waited for.
func (x *Index) Close() error { return x.files.Close() }
