package labels

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/store"
)

// maxCached is how many models a process has in memory at most, of at most 10 MB each as
// files and several times that when they are loaded.
const maxCached = 16

// cache holds models, those used last. A version's model never changes.
type cache struct {
	mu     sync.Mutex
	models map[string]*cached
	order  []string // the one used last is the last
}

type cached struct {
	mu    sync.Mutex                    // held while it is loaded
	model atomic.Pointer[predict.Model] // nil until it is
}

func newCache() *cache { return &cache{models: map[string]*cached{}} }

// entry is the place of a version's model; others go for it.
func (c *cache) entry(version string) *cached {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.models[version]
	if e == nil {
		e = &cached{}
		c.models[version] = e
	}
	c.use(version)
	for len(c.order) > maxCached {
		delete(c.models, c.order[0])
		c.order = c.order[1:]
	}
	return e
}

// use makes a version the one used last. c.mu is held.
func (c *cache) use(version string) {
	if n := len(c.order); n == 0 || c.order[n-1] != version {
		c.order = append(slices.DeleteFunc(c.order, func(v string) bool { return v == version }), version)
	}
}

// get is a version's model, nil if it isn't in memory.
func (c *cache) get(version string) *predict.Model {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.models[version]
	if e == nil {
		return nil
	}
	c.use(version)
	return e.model.Load()
}

// drop forgets a model.
func (c *cache) drop(version string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.models, version)
	c.order = slices.DeleteFunc(c.order, func(v string) bool { return v == version })
}

// load is a version's model, which is read once, whoever asks.
func (c *cache) load(ctx context.Context, r store.Runner, version string) (*predict.Model, error) {
	e := c.entry(version)
	e.mu.Lock()
	defer e.mu.Unlock()
	if m := e.model.Load(); m != nil {
		return m, nil
	}
	var m *predict.Model
	err := r.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		m, err = readModel(ctx, tx, version)
		return err
	})
	if err != nil {
		c.drop(version)
		return nil, err
	}
	e.model.Store(m)
	return m, nil
}
