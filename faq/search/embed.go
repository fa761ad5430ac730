package search

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk/faq/search/rank"
)

// Embedder turns texts into vectors, so that texts of like meaning have like ones. The
// host has one: a model of its own, or a service. Vectors of all texts have one length.
// An error leaves searches to words alone.
type Embedder interface {
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

// EmbedderFunc is a function that is an Embedder.
type EmbedderFunc func(ctx context.Context, texts []string) ([][]float32, error)

// Embed calls the function.
func (f EmbedderFunc) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	return f(ctx, texts)
}

const (
	defaultPatience = 300 * time.Millisecond
	// embedAtOnce is how many documents an embedder is given at a time, embedWait how
	// long it may take for them, and embedText how much of a document it gets, in bytes.
	embedAtOnce = 32
	embedWait   = 30 * time.Second
	embedText   = 4 << 10
	// embedSearches is how many searches have an embedder at work at a time. One that
	// doesn't end when it should keeps its place, so that no more than these pile up.
	embedSearches = 16
)

// embedding is an embedder, if there is one.
type embedding struct {
	by       Embedder
	patience time.Duration
	searches chan struct{} // places at the embedder
	indexing chan struct{}
	retry    retry
}

func newEmbedding(by Embedder, patience time.Duration) embedding {
	return embedding{by: by, patience: cmp.Or(max(patience, 0), defaultPatience),
		searches: make(chan struct{}, embedSearches), indexing: make(chan struct{}, 1), retry: newRetry()}
}

// of embeds texts, if there is a place. An embedder that panics or gives too few has
// failed.
func (e *embedding) of(ctx context.Context, wait time.Duration, places chan struct{}, texts []string) (vectors [][]float32, err error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	select {
	case places <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("embedder: it hasn't ended yet with what it was given before: %w", ctx.Err())
	}
	type result struct {
		vectors [][]float32
		err     error
	}
	done := make(chan result, 1)
	go func() {
		defer func() { <-places }()
		defer func() {
			if p := recover(); p != nil {
				done <- result{err: fmt.Errorf("embedder: %v", p)}
			}
		}()
		vectors, err := e.by.Embed(ctx, texts)
		done <- result{vectors, err}
	}()
	select {
	case r := <-done:
		if r.err == nil && len(r.vectors) != len(texts) {
			r.err = fmt.Errorf("embedder: %d vectors for %d texts", len(r.vectors), len(texts))
		}
		return r.vectors, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("embedder: %w", ctx.Err())
	}
}

// query embeds what is looked for, nil if that fails.
func (x *Index) query(ctx context.Context, text string) []float32 {
	if x.embed.by == nil || text == "" {
		return nil
	}
	vs, err := x.embed.of(ctx, x.embed.patience, x.embed.searches, []string{text})
	if err != nil {
		x.log.WarnContext(ctx, "searching by words alone", "error", err)
		return nil
	}
	return vs[0]
}

// vectors embeds documents, and returns how many of them: the others are left without,
// and tried again later.
func (x *Index) vectors(ctx context.Context, docs []rank.Document) (done int) {
	if x.embed.by == nil || x.now().Before(x.embed.retry.at) {
		return 0
	}
	for done < len(docs) {
		part := docs[done:min(done+embedAtOnce, len(docs))]
		texts := make([]string, len(part))
		for i := range part {
			texts[i] = part[i].Title + "\n" + shorten(part[i].Body, embedText)
		}
		vs, err := x.embed.of(ctx, embedWait, x.embed.indexing, texts)
		if err != nil {
			x.log.WarnContext(ctx, "the embedder failed: these articles are found by words, and it is asked again", "error", err)
			x.embed.retry.failed(x.now())
			return done
		}
		for i := range part {
			part[i].Vector = vs[i]
		}
		done += len(part)
		x.embed.retry.worked()
	}
	return done
}
