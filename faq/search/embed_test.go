package search_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/search"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// meaning knows that a car is an automobile.
type meaning struct {
	broken atomic.Bool
	poison string // text that it can't take
	calls  atomic.Int64
}

func (m *meaning) Embed(_ context.Context, texts []string) (vs [][]float32, err error) {
	m.calls.Add(1)
	for _, text := range texts {
		if m.broken.Load() || m.poison != "" && strings.Contains(text, m.poison) {
			return nil, errors.New("out of order")
		}
		v := []float32{0.1, 0.1}
		if strings.Contains(text, "car") || strings.Contains(text, "automobile") {
			v[0] = 1
		}
		if strings.Contains(text, "boat") {
			v[1] = 1
		}
		vs = append(vs, v)
	}
	return vs, nil
}

// An embedder adds what is like in meaning; one that fails takes nothing away.
func TestEmbedder(t *testing.T) {
	t.Parallel()
	m := &meaning{}
	d := open(t, memstore.New(), &search.Options{Embedder: m})
	d.write(t, "Renting a car", "x")
	d.write(t, "Renting a boat", "x")
	d.step(t)
	if got := titles(d.find(t, reader, faq.Search{Text: "automobile"})); len(got) == 0 || got[0] != "Renting a car" {
		t.Errorf("by meaning found is %q", got)
	}
	m.broken.Store(true)
	d.finds(t, reader, "automobile")
	d.finds(t, reader, "boat", "Renting a boat")
	d.write(t, "Renting a plane", "x")
	d.step(t)
	d.finds(t, reader, "plane", "Renting a plane")
}

// byMeaning says whether an article is found that has none of the words.
func (d *desk) byMeaning(t *testing.T) bool {
	t.Helper()
	return slices.Contains(titles(d.find(t, reader, faq.Search{Text: "automobile"})), "Renting a car")
}

// Articles on which the embedder failed are tried again, but not at once, and also by the
// next process.
func TestEmbeddedLater(t *testing.T) {
	t.Parallel()
	m := &meaning{}
	o := &search.Options{Dir: filepath.Join(t.TempDir(), "ix"), Embedder: m}
	d := open(t, memstore.New(), o)
	m.broken.Store(true)
	d.write(t, "Renting a car", "x")
	d.write(t, "Renting a boat", "x")
	d.step(t)
	m.broken.Store(false)
	d.clock.forward(5*time.Second - 1)
	d.step(t)
	if d.byMeaning(t) {
		t.Error("it was tried again at once")
	}
	d.clock.forward(1)
	d.step(t)
	if !d.byMeaning(t) {
		t.Error("it wasn't tried again")
	}
	before := m.calls.Load()
	d.step(t)
	if n := m.calls.Load() - before; n != 0 {
		t.Errorf("%d calls with nothing to do", n)
	}

	must(t, d.ix.Reset())
	m.broken.Store(true)
	d.step(t)
	must(t, d.ix.Close())
	m.broken.Store(false)
	d.index(t, o)
	d.step(t)
	if !d.byMeaning(t) {
		t.Error("the next process didn't try again")
	}
	must(t, d.ix.Close())
	d.index(t, o)
	if before = m.calls.Load(); !d.byMeaning(t) {
		t.Error("vectors aren't kept")
	}
	d.step(t)
	if n := m.calls.Load() - before; n != 1 { // the search's
		t.Errorf("%d calls with nothing to do", n)
	}
}

// An index that was built without an embedder gets vectors when there is one.
func TestEmbedderComes(t *testing.T) {
	t.Parallel()
	o := &search.Options{Dir: filepath.Join(t.TempDir(), "ix")}
	d := open(t, memstore.New(), o)
	for i := range 40 {
		d.write(t, fmt.Sprint("Walking ", i), "x")
	}
	d.write(t, "Renting a car", "x")
	d.step(t)
	must(t, d.ix.Close())
	o.Embedder = &meaning{}
	d.index(t, o)
	d.step(t)
	if !d.byMeaning(t) {
		t.Error("it isn't found by meaning")
	}
}

// While an embedder is down it is asked seldom; and an article that it never takes
// doesn't hold up the others, nor does one that is gone.
func TestEmbedderOnItsWay(t *testing.T) {
	t.Parallel()
	m := &meaning{poison: "arsenic"}
	d := open(t, memstore.New(), &search.Options{Embedder: m})
	m.broken.Store(true)
	d.write(t, "Arsenic", "It is arsenic.")
	gone, hidden := d.write(t, "Gone", "x"), d.write(t, "Hidden", "x")
	for i := range 20 {
		d.write(t, fmt.Sprint("Walking ", i), "x")
	}
	d.write(t, "Renting a car", "x")
	d.step(t)
	before := m.calls.Load()
	for range 720 {
		d.clock.forward(5 * time.Second)
		_, err := d.ix.Step(t.Context())
		must(t, err)
	}
	if n := m.calls.Load() - before; n < 8 || n > 15 {
		t.Errorf("%d calls in an hour", n)
	}
	m.broken.Store(false)
	must(t, d.faq.DeleteArticle(t.Context(), host, gone.ID))
	_, err := d.faq.Unpublish(t.Context(), host, hidden.ID, "en")
	must(t, err)
	for range 100 {
		d.clock.forward(10 * time.Minute)
		d.step(t)
	}
	if !d.byMeaning(t) {
		t.Error("one article holds the others up")
	}
	d.finds(t, reader, "arsenic", "Arsenic")
	before = m.calls.Load()
	d.clock.forward(10 * time.Minute)
	d.step(t)
	if n := m.calls.Load() - before; n > 1 {
		t.Errorf("%d calls for the one that is left", n)
	}
}

// stuck is an embedder that doesn't end when it should.
type stuck struct {
	free    chan struct{}
	at, max atomic.Int64
}

func (s *stuck) Embed(context.Context, []string) ([][]float32, error) {
	n := s.at.Add(1)
	defer s.at.Add(-1)
	for old := s.max.Load(); n > old && !s.max.CompareAndSwap(old, n); old = s.max.Load() {
	}
	<-s.free
	return nil, errors.New("too late")
}

// Of an embedder that doesn't end not more than a few calls pile up, and searches go on
// by words.
func TestEmbedderStuck(t *testing.T) {
	t.Parallel()
	s := &stuck{free: make(chan struct{})}
	d := open(t, memstore.New(), nil)
	d.write(t, "Lamp", "x")
	d.step(t)
	d.index(t, &search.Options{Embedder: s, Patience: time.Millisecond})
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	wg.Go(func() { _, _ = d.ix.Step(ctx) })
	for range 50 {
		wg.Go(func() {
			found, err := d.ix.Find(t.Context(), reader, faq.Search{Text: "lamp"})
			if err != nil {
				t.Errorf("found %+v, error %v", found, err)
			}
		})
	}
	for s.max.Load() < 16 {
		_, err := d.ix.Find(t.Context(), reader, faq.Search{Text: "lamp"})
		must(t, err)
	}
	cancel()
	wg.Wait()
	if n := s.max.Load(); n > 17 {
		t.Errorf("%d calls at a time", n)
	}
	close(s.free)
}
