package search

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/search/rank"
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
	db       *store.DB
	events   *event.Log
	faq      *faq.Service
	dir      string
	synonyms []rank.Synonyms
	embed    embedding
	now      func() time.Time
	log      *slog.Logger

	stepping sync.Mutex // held by who writes
	changes  int        // since what was learned last; of who writes
	// seen is how far the log was read, where nothing was to be written since.
	seen atomic.Pointer[mark]

	mu     sync.RWMutex // held for reading by who uses files
	files  index.Index  // nil until they are needed
	engine *rank.Engine // what the files hold, in memory
	queue  *index.AnalysisQueue
	closed bool
}

var _ faq.Searcher = (*Index)(nil)

// New returns an index. It opens nothing yet.
func New(p Parts, o *Options) *Index {
	x := &Index{db: p.DB, events: p.Events, faq: p.FAQ, now: time.Now, log: slog.New(slog.DiscardHandler)}
	x.embed.patience = defaultPatience
	if o != nil {
		x.dir, x.synonyms, x.embed.by = o.Dir, o.Synonyms, o.Embedder
		if o.Patience > 0 {
			x.embed.patience = o.Patience
		}
		if o.Now != nil {
			x.now = o.Now
		}
		if o.Log != nil {
			x.log = o.Log
		}
	}
	return x
}

// Close ends the use of the files. What is under way is waited for.
func (x *Index) Close() error {
	x.stepping.Lock()
	defer x.stepping.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closed = true
	return x.shut()
}

func (x *Index) shut() (err error) {
	if x.files != nil {
		err = errors.Join(x.flush(), x.files.Close())
		x.queue.Close()
		x.files, x.queue, x.engine = nil, nil, nil
	}
	x.seen.Store(nil)
	if err != nil {
		return fmt.Errorf("close search index: %w", err)
	}
	return nil
}

// patience is how long Close waits for the files to be written. What isn't written
// then is read again from the log.
const patience = 10 * time.Second

// flush waits until the files hold what has been indexed: bleve writes them when it
// finds the time.
func (x *Index) flush() (err error) {
	defer guard(&err)
	if x.dir == "" {
		return nil
	}
	b, done := index.NewBatch(), make(chan error, 1)
	if seen := x.seen.Load(); seen != nil {
		encoded, err := json.Marshal(seen)
		if err != nil {
			return err
		}
		b.SetInternal(markKey, encoded)
	}
	b.SetInternal([]byte("closed"), []byte("1"))
	b.SetPersistedCallback(func(err error) { done <- err })
	if err := x.files.Batch(b); err != nil {
		return err
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case err = <-done:
	case <-t.C:
		x.log.Warn("the search index isn't written yet, and will be read again from the log")
	}
	return err
}

// analysts is how many documents are taken apart at a time.
const analysts = 2

// marker is a file that says that a directory is an index of this package, which may
// be deleted.
const marker = "frontdesk-faq-search"

// open opens the files, and makes them where there are none, or none that fit.
func (x *Index) open() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.closed:
		return fmt.Errorf("search index: %w", store.ErrClosed)
	case x.files != nil:
		return nil
	}
	if err := x.claim(); err != nil {
		return err
	}
	err := x.load()
	if err != nil && x.dir != "" && !errors.Is(err, errLocked) {
		x.log.Warn("the search index is damaged, and is built anew", "dir", x.dir, "error", err)
		if err = x.wipe(); err == nil {
			err = x.load()
		}
	}
	return err
}

// claim makes sure that the directory is one for an index: an empty one, or one that
// has been one before.
func (x *Index) claim() error {
	if x.dir == "" {
		return nil
	}
	if err := os.MkdirAll(x.dir, 0o700); err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	name := filepath.Join(x.dir, marker)
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	entries, err := os.ReadDir(x.dir)
	if err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("search index: %s has files of something else: give it a directory of its own", x.dir)
	}
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	return nil
}

// errLocked: another process has the directory.
var errLocked = errors.New("search index: another process uses its directory")

func (x *Index) load() (err error) {
	// A damaged file makes bleve panic.
	defer guard(&err)
	queue := index.NewAnalysisQueue(analysts)
	path := ""
	if x.dir != "" {
		path = filepath.Join(x.dir, "files")
	}
	files, err := scorch.NewScorch(scorch.Name, map[string]any{"path": path, "unsafe_batch": true, "bolt_timeout": "1s"}, queue)
	if err == nil {
		err = files.Open()
	}
	if err != nil {
		queue.Close()
		if err.Error() == "timeout" { // bbolt's, from another version of it
			err = errLocked
		}
		return fmt.Errorf("open search index: %w", err)
	}
	x.files, x.queue = files, queue
	if err := x.checkForm(); err != nil {
		return err
	}
	return x.fill()
}

// checkForm refuses an index of another version.
func (x *Index) checkForm() error {
	r, err := x.files.Reader()
	if err != nil {
		return err
	}
	have, err := r.GetInternal([]byte("form"))
	if closing := r.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	if have != nil && string(have) != form {
		return errors.Join(fmt.Errorf("it has form %s, this program writes %s", have, form), x.shut())
	}
	return nil
}

// wipe deletes the files, which are closed or not to be used any more.
func (x *Index) wipe() error {
	if x.files != nil {
		if err := x.shut(); err != nil {
			x.log.Warn("closing a damaged search index", "error", err)
			x.files, x.queue, x.engine = nil, nil, nil
		}
	}
	if x.dir == "" {
		return nil
	}
	if err := os.RemoveAll(filepath.Join(x.dir, "files")); err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	return nil
}

// errDamaged: the files can't be read.
var errDamaged = errors.New("search index is damaged")

// guard makes an error of a panic in bleve.
func guard(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", errDamaged, p)
	}
}

// Reset deletes what is indexed. The next Step begins to build it anew.
func (x *Index) Reset() error {
	x.stepping.Lock()
	defer x.stepping.Unlock()
	return x.reset()
}

func (x *Index) reset() error {
	x.mu.Lock()
	err := x.wipe()
	x.mu.Unlock()
	if err != nil {
		return err
	}
	return x.open()
}
