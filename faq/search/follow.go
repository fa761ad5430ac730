package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/internal/indexfiles"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// How much of the store is read at once.
const (
	articlesAtOnce = 50
	answersAtOnce  = 200
)

// answersNext begins the cursors behind which articles have been read, and answers are.
const answersNext = "answers/"

// build reads the next articles, and then answers.
func (x *Index) build(ctx context.Context, b *indexfiles.Batch, after string) (next string, err error) {
	if after, found := strings.CutPrefix(after, answersNext); found {
		return x.buildAnswers(ctx, b, after)
	}
	all, next, err := x.faq.All(ctx, host, after, articlesAtOnce)
	if err != nil {
		return "", err
	}
	var c change
	for _, w := range all {
		c.articles = append(c.articles, w.Article.ID)
		c.docs = append(c.docs, documents(w)...)
	}
	if next == "" {
		next = answersNext
	}
	return next, x.put(ctx, b, &c)
}

// buildAnswers reads the next answers. When there are no more, it is time to learn.
func (x *Index) buildAnswers(ctx context.Context, b *indexfiles.Batch, after string) (next string, err error) {
	all, next, err := x.faq.Answers(ctx, host, after, answersAtOnce)
	if err != nil {
		return "", err
	}
	if next == "" {
		x.memory.Load().enough()
	} else {
		next = answersNext + next
	}
	return next, x.put(ctx, b, &change{answers: all})
}

// follow reads what events have changed.
func (x *Index) follow(ctx context.Context, b *indexfiles.Batch, es []*event.Event) error {
	c, err := x.touched(ctx, es)
	if err != nil {
		return err
	}
	return x.put(ctx, b, c)
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
