package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// mark says how far the index has come. It is written with what it is about.
type mark struct {
	// Position of the log up to which events are in the index, and the id of the
	// event there: another one means another log.
	Position int64  `json:"position"`
	Event    string `json:"event,omitempty"`
	// Building is set until all has been read once: articles, then answers. After is
	// the cursor.
	Building stage  `json:"building,omitempty"`
	After    string `json:"after,omitempty"`
	// Purge is set as long as files may hold what was erased; see forget.
	Purge bool `json:"purge,omitempty"`

	kept int64 // the position that the files hold, which may be an earlier one
}

// stage is what is read of the store while an index is built.
type stage string

const (
	readingArticles stage = "articles"
	readingAnswers  stage = "answers"
)

var markKey = []byte("mark")

// How much is read and written at once.
const (
	eventsAtOnce   = 500
	articlesAtOnce = 50
	answersAtOnce  = 200
)

// Run keeps the index up with the log until ctx ends, whose error it returns. An
// error of the index or of the store is logged, and it tries again.
func (x *Index) Run(ctx context.Context) error {
	w := x.events.Watch()
	defer w.Stop()
	const firstPause, lastPause = 100 * time.Millisecond, 30 * time.Second
	pause := firstPause
	for ctx.Err() == nil {
		_, err := x.Step(ctx)
		switch {
		case ctx.Err() != nil, errors.Is(err, store.ErrClosed):
			return ctx.Err()
		case err != nil:
			x.log.ErrorContext(ctx, "indexing articles", "error", err)
			if sleep(ctx, pause) != nil {
				return ctx.Err()
			}
			pause = min(2*pause, lastPause)
			continue
		}
		pause = firstPause
		if err := listen(ctx, w); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// A batch waits for company, because each one makes a file; and now and then
// somebody looks without having been woken.
const (
	company = 50 * time.Millisecond
	poll    = 5 * time.Second
)

func listen(ctx context.Context, w *event.Watch) error {
	t := time.NewTimer(poll)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
	case <-w.C():
	}
	return sleep(ctx, company)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
	}
	return nil
}

// Step brings the index up to the log, or goes on building it to the end, and returns
// how many events, articles and answers it read: 0 means that nothing was left.
func (x *Index) Step(ctx context.Context) (n int, err error) {
	x.stepping.Lock()
	defer x.stepping.Unlock()
	for {
		more, err := x.advance(ctx)
		n += more
		if errors.Is(err, errDamaged) || errors.Is(err, event.ErrGone) {
			x.log.WarnContext(ctx, "the search index is built anew", "error", err)
			if err = x.reset(); err == nil {
				continue
			}
		}
		if err != nil || more == 0 {
			return n, err
		}
	}
}

// advance does one batch.
func (x *Index) advance(ctx context.Context) (n int, err error) {
	if err := x.open(); err != nil {
		return 0, err
	}
	m, err := x.progress()
	switch {
	case err != nil:
		return 0, err
	case m == nil:
		return x.begin(ctx)
	case m.Building == readingArticles:
		return x.buildArticles(ctx, *m)
	case m.Building == readingAnswers:
		return x.buildAnswers(ctx, *m)
	case m.Purge: // a process died before it had come to that
		return 1, x.purge(ctx, *m)
	}
	return x.follow(ctx, *m)
}

// progress returns the mark; nil is an empty index.
func (x *Index) progress() (m *mark, err error) {
	defer guard(&err)
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.files == nil {
		return nil, nil
	}
	r, err := x.files.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := r.GetInternal(markKey)
	if err != nil || b == nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, errors.Join(errDamaged, err)
	}
	m.kept = m.Position
	if seen := x.seen.Load(); seen != nil && m.Building == "" && !m.Purge && seen.Position > m.Position {
		m.Position, m.Event = seen.Position, seen.Event
	}
	return m, nil
}

// begin notes where the log is. What happens while articles are read comes after it,
// and is read again.
func (x *Index) begin(ctx context.Context) (int, error) {
	m := mark{Building: readingArticles}
	head, err := x.events.Head(ctx)
	if err != nil {
		return 0, err
	}
	if head > 0 {
		es, err := x.events.Since(ctx, x.db, head-1, 1)
		if err != nil || len(es) == 0 {
			return 0, err
		}
		m.Position, m.Event = head, es[0].ID
	}
	return 1, x.write(ctx, &change{}, m)
}

// buildArticles reads the next articles.
func (x *Index) buildArticles(ctx context.Context, m mark) (int, error) {
	all, next, err := x.faq.All(ctx, host, m.After, articlesAtOnce)
	if err != nil {
		return 0, err
	}
	var c change
	for _, w := range all {
		c.articles = append(c.articles, w.Article.ID)
		c.docs = append(c.docs, documents(w)...)
	}
	if m.After = next; next == "" {
		m.Building = readingAnswers
	}
	return max(len(all), 1), x.write(ctx, &c, m)
}

// buildAnswers reads the next answers, and learns from all of them at the end.
func (x *Index) buildAnswers(ctx context.Context, m mark) (int, error) {
	all, next, err := x.faq.Answers(ctx, host, m.After, answersAtOnce)
	if err != nil {
		return 0, err
	}
	c := change{answers: all}
	if m.After = next; next == "" {
		m.Building = ""
	}
	if err := x.write(ctx, &c, m); err != nil {
		return 0, err
	}
	if m.Building == "" {
		x.learn()
	}
	return max(len(all), 1), nil
}

// follow reads the next events, and what they are about.
func (x *Index) follow(ctx context.Context, m mark) (int, error) {
	if err := x.sameLog(ctx, m); err != nil {
		return 0, err
	}
	es, err := x.events.Since(ctx, x.db, m.Position, eventsAtOnce)
	if err != nil {
		return 0, err
	}
	if len(es) == 0 {
		x.learnAgain()
		return 0, nil
	}
	c, err := x.touched(ctx, es)
	if err != nil {
		return 0, err
	}
	last := es[len(es)-1]
	m.Position, m.Event, m.Purge = last.Position, last.ID, len(c.forgotten) > 0
	if c.empty() && m.Position-m.kept < keepEvery {
		x.seen.Store(&m)
		return len(es), nil
	}
	if err := x.write(ctx, c, m); err != nil {
		return 0, err
	}
	if m.Purge {
		if err := x.purge(ctx, m); err != nil {
			return 0, err
		}
	}
	x.learnAgain()
	return len(es), nil
}

// keepEvery is how many events may be read again after a process has died: most are about
// tickets, and aren't worth a file each.
const keepEvery = 10_000

func (c *change) empty() bool { return len(c.articles)+len(c.answers)+len(c.forgotten) == 0 }

// purge has the files forget what was taken out, and says that they have.
func (x *Index) purge(ctx context.Context, m mark) error {
	if err := x.forget(ctx); err != nil {
		return err
	}
	m.Purge = false
	return x.write(ctx, &change{}, m)
}

// sameLog makes sure that the log is the one that was read before.
func (x *Index) sameLog(ctx context.Context, m mark) error {
	if m.Position == 0 {
		return nil
	}
	es, err := x.events.Since(ctx, x.db, m.Position-1, 1)
	if err != nil {
		return err
	}
	if len(es) == 0 || es[0].Position != m.Position || es[0].ID != m.Event {
		return event.ErrGone
	}
	return nil
}

// touched returns what events changed: articles as they are now, and answers.
func (x *Index) touched(ctx context.Context, es []*event.Event) (*change, error) {
	c := &change{}
	seen := map[string]bool{}
	for _, e := range es {
		if !strings.HasPrefix(e.Type, "faq.") {
			continue
		}
		var f faq.Facts
		if err := json.Unmarshal(e.Facts, &f); err != nil {
			return nil, fmt.Errorf("facts of event %s: %w", e.ID, err)
		}
		switch e.Type {
		case faq.ArticleSaved, faq.ArticleDeleted, faq.Published, faq.Unpublished, faq.TranslationGone:
			if seen[f.Article] {
				continue
			}
			seen[f.Article] = true
			c.articles = append(c.articles, f.Article)
			w, err := x.faq.Whole(ctx, host, f.Article)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			c.docs = append(c.docs, documents(w)...)
		case faq.Answered:
			a, err := x.faq.Answer(ctx, host, f.Answer)
			if errors.Is(err, store.ErrNotFound) {
				continue // it is forgotten already
			}
			if err != nil {
				return nil, err
			}
			c.answers = append(c.answers, a)
		case faq.Forgotten:
			c.answers = slices.DeleteFunc(c.answers, func(a *faq.Answer) bool { return a.ID == f.Answer })
			c.forgotten = append(c.forgotten, f.Answer)
		}
	}
	return c, nil
}

// Compact brings the index up to the log, and writes its files anew without what
// was taken out of them. An index in memory has none.
func (x *Index) Compact(ctx context.Context) error {
	if x.dir == "" {
		return nil
	}
	if _, err := x.Step(ctx); err != nil {
		return fmt.Errorf("compact search index: %w", err)
	}
	x.stepping.Lock()
	defer x.stepping.Unlock()
	if err := x.forget(ctx); err != nil {
		return fmt.Errorf("compact search index: %w", err)
	}
	return nil
}

// Lag says how many events the index is behind the log, and whether it is being
// built.
func (x *Index) Lag(ctx context.Context) (events int64, building bool, err error) {
	head, err := x.events.Head(ctx)
	if err != nil {
		return 0, false, err
	}
	m, err := x.progress()
	if err != nil || m == nil {
		return head, true, err
	}
	return max(head-m.Position, 0), m.Building != "", nil
}
