package indexfiles

import (
	"context"
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

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Source is what an index is made of. Its functions are called by one goroutine at a
// time, but Load, which is called by whoever opens the files first.
type Source struct {
	// Name says in the directory and in the log what the index is of.
	Name string
	// Form is the version of what the index holds. Files of another one are built anew.
	Form string
	// Build adds the next part of the store. It begins after what it returned as next
	// the time before, with "" at the start; "" says that this was the last part.
	Build func(ctx context.Context, b *Batch, after string) (next string, err error)
	// Follow adds what events have changed, as it is now: they may be read again.
	// Others read the same events, which aren't to be changed, and whose personal parts may be
	// gone from the log.
	Follow func(ctx context.Context, b *Batch, es []*event.Event) error
	// Settle, if there is one, is called when the log has been read to its end. What it
	// adds is written, and then it is called again.
	Settle func(ctx context.Context, b *Batch) error
	// Load, if there is one, reads files that were opened, before anybody else does. An
	// error says that they are damaged. It must not use the Files.
	Load func(r index.IndexReader) error
	// Drop, if there is one, is told that what was loaded and written is closed or gone.
	Drop func()
}

// Options are where an index is, and what it follows.
type Options struct {
	DB     *store.DB
	Events *event.Log
	// Dir is a directory for the index alone, of this process alone. "": in memory.
	Dir string
	Log *slog.Logger // nil discards
}

// Files is an index. Its methods may be called by several goroutines.
type Files struct {
	source Source
	db     *store.DB
	events *event.Log
	dir    string
	log    *slog.Logger

	stepping sync.Mutex // held by who writes, and by who closes or deletes
	// at is how far the index has come; nil is an empty one, or one that isn't open.
	at atomic.Pointer[mark]

	mu     sync.RWMutex // held for reading by who reads files
	files  *scorch.Scorch
	queue  *index.AnalysisQueue
	closed bool
}

// New returns an index. It opens nothing yet.
func New(s Source, o Options) *Files {
	f := &Files{source: s, db: o.DB, events: o.Events, dir: o.Dir, log: o.Log}
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	f.log = f.log.With("index", s.Name)
	return f
}

// Close ends the use of the files. What is under way is waited for.
func (f *Files) Close() error {
	f.stepping.Lock()
	defer f.stepping.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return f.shut()
}

func (f *Files) shut() (err error) {
	if f.files == nil {
		return nil
	}
	err = errors.Join(f.flush(), f.files.Close())
	f.drop()
	if err != nil {
		return fmt.Errorf("close search index: %w", err)
	}
	return nil
}

func (f *Files) drop() {
	f.queue.Close()
	f.files, f.queue = nil, nil
	f.at.Store(nil)
	if f.source.Drop != nil {
		f.source.Drop()
	}
}

// patience is how long Close waits for the files to be written. What isn't written
// then is read again from the log.
const patience = 10 * time.Second

// flush waits until the files hold what has been indexed: bleve writes them when it
// finds the time.
func (f *Files) flush() (err error) {
	defer guard(&err)
	if f.dir == "" {
		return nil
	}
	b, done := newBatch(), make(chan error, 1)
	if m := f.at.Load(); m != nil {
		if err := b.mark(m); err != nil {
			return err
		}
	}
	b.ops.SetInternal([]byte("closed"), []byte("1"))
	b.ops.SetPersistedCallback(func(err error) { done <- err })
	if err := f.files.Batch(b.ops); err != nil {
		return err
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case err = <-done:
	case <-t.C:
		f.log.Warn("the search index isn't written yet, and will be read again from the log")
	}
	return err
}

// analysts is how many documents are taken apart at a time.
const analysts = 2

// Open opens the files, if they aren't open, and makes them where there are none, or
// none that fit. It doesn't wait for whoever writes.
func (f *Files) Open() error {
	f.mu.RLock()
	opened := f.files != nil
	f.mu.RUnlock()
	if opened {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open()
}

func (f *Files) open() error {
	switch {
	case f.closed:
		return fmt.Errorf("search index: %w", store.ErrClosed)
	case f.files != nil:
		return nil
	}
	if err := f.claim(); err != nil {
		return err
	}
	err := f.load()
	if err != nil && f.dir != "" && !errors.Is(err, errLocked) {
		f.log.Warn("the search index is damaged, and is built anew", "dir", f.dir, "error", err)
		if err = f.wipe(); err == nil {
			err = f.load()
		}
	}
	return err
}

func (f *Files) marker() string { return filepath.Join(f.dir, "frontdesk-"+f.source.Name) }
func (f *Files) path() string   { return filepath.Join(f.dir, "files") }

// claim makes sure that the directory is one for an index: an empty one, or one that
// has been one before.
func (f *Files) claim() error {
	if f.dir == "" {
		return nil
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	if _, err := os.Stat(f.marker()); err == nil {
		return nil
	}
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("search index: %s has files of something else: give it a directory of its own", f.dir)
	}
	if err := os.WriteFile(f.marker(), nil, 0o600); err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	return nil
}

// errLocked: another process has the directory.
var errLocked = errors.New("search index: another process uses its directory")

func (f *Files) load() (err error) {
	// A damaged file makes bleve panic.
	defer guard(&err)
	queue := index.NewAnalysisQueue(analysts)
	path := ""
	if f.dir != "" {
		path = f.path()
	}
	opened, err := scorch.NewScorch(scorch.Name, map[string]any{"path": path, "unsafe_batch": true, "bolt_timeout": "1s"}, queue)
	if err == nil {
		err = opened.Open()
	}
	if err != nil {
		queue.Close()
		if err.Error() == "timeout" { // bbolt's, from another version of it
			err = errLocked
		}
		return fmt.Errorf("open search index: %w", err)
	}
	files, ok := opened.(*scorch.Scorch)
	if !ok {
		queue.Close()
		return fmt.Errorf("bleve's index is a %T", opened)
	}
	f.files, f.queue = files, queue
	return f.take()
}

// take reads what the files hold, unless they are of another form.
func (f *Files) take() (err error) {
	r, err := f.files.Reader()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	form, err := r.GetInternal(formKey)
	if err != nil {
		return err
	}
	if form != nil && string(form) != f.source.Form {
		return fmt.Errorf("it has form %s, this program writes %s", form, f.source.Form)
	}
	m, err := readMark(r)
	if err != nil {
		return err
	}
	if f.source.Load != nil {
		if err := f.source.Load(r); err != nil {
			return err
		}
	}
	f.at.Store(m)
	return nil
}

// wipe deletes the files, which are closed or not to be used any more.
func (f *Files) wipe() error {
	if f.files != nil {
		if err := f.discard(); err != nil {
			f.log.Warn("closing a damaged search index", "error", err)
		}
		f.drop()
	}
	if f.dir == "" {
		return nil
	}
	if err := os.RemoveAll(f.path()); err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	return nil
}

func (f *Files) discard() (err error) {
	defer guard(&err)
	return f.files.Close()
}

// ErrDamaged: files can't be read. The next Step builds them anew.
var ErrDamaged = errors.New("search index is damaged")

// guard makes an error of a panic in bleve.
func guard(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", ErrDamaged, p)
	}
}

// Reset deletes what is indexed. The next Step begins to build it anew.
func (f *Files) Reset() error {
	f.stepping.Lock()
	defer f.stepping.Unlock()
	return f.reset()
}

func (f *Files) reset() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.wipe(); err != nil {
		return err
	}
	return f.open()
}

// Read calls a function with what the index holds now. It opens the files if they
// aren't open, and doesn't wait for whoever writes.
func (f *Files) Read(do func(r index.IndexReader) error) (err error) {
	if err := f.Open(); err != nil {
		return err
	}
	defer guard(&err)
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.files == nil {
		return fmt.Errorf("search index: %w", store.ErrClosed)
	}
	r, err := f.files.Reader()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return do(r)
}
