package search

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/indexfiles"
	"github.com/frontdesk-go/frontdesk/store"
)

// How articles are tried again that the embedder has failed on: after a pause that
// doubles, at first many at a time, then fewer, so that one that it can't take doesn't
// hold the others up.
const (
	firstPause, lastPause = 5 * time.Second, 10 * time.Minute
	maxTogether           = 16
)

// retry says when the embedder is asked next, and for how many articles. It belongs to
// who writes.
type retry struct {
	at       time.Time
	pause    time.Duration
	together int
}

func newRetry() retry { return retry{pause: firstPause, together: maxTogether} }

func (r *retry) failed(now time.Time) {
	r.at = now.Add(r.pause)
	r.pause, r.together = min(2*r.pause, lastPause), max(r.together/2, 1)
}

func (r *retry) worked() {
	r.at, r.pause, r.together = time.Time{}, firstPause, min(2*r.together, maxTogether)
}

// bare are articles with documents that have no vectors, in the order in which they are
// tried.
type bare struct {
	ids     []string // some of them may be done
	waiting map[string]bool
}

func (b *bare) add(id string) {
	if b.waiting == nil {
		b.waiting = map[string]bool{}
	}
	if !b.waiting[id] {
		b.waiting[id] = true
		b.ids = append(b.ids, id)
	}
}

func (b *bare) done(id string) { delete(b.waiting, id) }

// next returns the first n articles that wait.
func (b *bare) next(n int) (next []string) {
	for len(b.ids) > 0 && !b.waiting[b.ids[0]] {
		b.ids = b.ids[1:]
	}
	for _, id := range b.ids {
		if len(next) == n {
			break
		}
		if b.waiting[id] && !slices.Contains(next, id) {
			next = append(next, id)
		}
	}
	return next
}

// last puts the first article behind the others.
func (b *bare) last() { b.ids = append(b.ids[1:], b.ids[0]) }

// embedAgain embeds the next articles that have no vectors.
func (x *Index) embedAgain(ctx context.Context, b *indexfiles.Batch) error {
	m := x.memory.Load()
	if x.embed.by == nil || x.now().Before(x.embed.retry.at) {
		return nil
	}
	c := &change{articles: m.bare.next(x.embed.retry.together)}
	for _, id := range c.articles {
		w, err := x.faq.Whole(ctx, host, id)
		if errors.Is(err, store.ErrNotFound) {
			continue // its event is to come
		}
		if err != nil {
			return err
		}
		c.docs = append(c.docs, documents(w)...)
	}
	if len(c.docs) == 0 { // what they were is going, or gone
		for _, id := range c.articles {
			m.bare.done(id)
		}
		return nil
	}
	done := x.vectors(ctx, c.docs)
	if done == len(c.docs) {
		return x.add(b, c, done)
	}
	if len(c.articles) == 1 {
		m.bare.last()
	}
	return nil
}
