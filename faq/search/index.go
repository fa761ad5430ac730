package search

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/search/rank"
	"github.com/frontdesk-go/frontdesk/internal/indexfiles"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// form is the version of what the index holds. Another one is built anew.
const form = "1"

// Parts are what an index reads.
type Parts struct {
	DB     *store.DB
	Events *event.Log
	FAQ    *faq.Service
}

// Options of New; nil means the defaults.
type Options struct {
	// Dir is a directory for the index alone, of this process alone. "": in memory.
	Dir string
	// Synonyms are the host's own, besides those that the program has.
	Synonyms []rank.Synonyms
	// Embedder adds likeness of meaning; nil is none.
	Embedder Embedder
	// Patience is how long a search waits for the embedder; default 300 ms. Then it goes
	// by words alone.
	Patience time.Duration
	Now      func() time.Time // default time.Now
	Log      *slog.Logger     // nil discards
}

// Index finds articles. Its methods may be called by several goroutines.
type Index struct {
	faq      *faq.Service
	files    *indexfiles.Files
	synonyms []rank.Synonyms
	embed    embedding
	now      func() time.Time
	log      *slog.Logger
	memory   atomic.Pointer[memory] // nil as long as the files aren't open
}

// memory is what the files hold, in memory.
type memory struct {
	engine  *rank.Engine
	changes int // since what was learned last; of who writes, as is
	bare    bare
}

var _ faq.Searcher = (*Index)(nil)

// New returns an index. It opens nothing yet.
func New(p Parts, o *Options) *Index {
	if o == nil {
		o = &Options{}
	}
	x := &Index{faq: p.FAQ, synonyms: o.Synonyms, now: o.Now, log: o.Log}
	x.embed = newEmbedding(o.Embedder, o.Patience)
	if x.now == nil {
		x.now = time.Now
	}
	if x.log == nil {
		x.log = slog.New(slog.DiscardHandler)
	}
	source := indexfiles.Source{Name: "faq-search", Form: form, Build: x.build, Follow: x.follow, Settle: x.settle, Load: x.load, Drop: x.drop}
	x.files = indexfiles.New(source, indexfiles.Options{DB: p.DB, Events: p.Events, Dir: o.Dir, Log: o.Log})
	return x
}

// Run keeps the index up with the log until ctx ends, whose error it returns. An
// error of the index or of the store is logged, and it tries again.
func (x *Index) Run(ctx context.Context) error { return x.files.Run(ctx) }

// Step brings the index up to the log, or goes on building it to the end, and returns
// how many events, articles and answers it read: 0 means that nothing was left.
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
