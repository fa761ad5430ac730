package search

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/search/rank"
	"github.com/frontdesk-go/frontdesk/store"
)

// place is where a page ends, and what was looked for.
type place struct {
	Query string `json:"q"`
	Skip  int    `json:"s"`
}

const (
	// deep is how far pages go.
	deep = 100
	// maxTags is how many tags are asked for before ranking; others are looked at after.
	maxTags = 50
)

// Find returns what a viewer may see of the articles that answer best. A search that
// can't be is a *store.FieldError, a cursor of another search store.ErrCursor.
func (x *Index) Find(ctx context.Context, viewer faq.Viewer, q faq.Search) (*faq.Found, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	at, err := placeOf(&viewer, &q)
	if err != nil {
		return nil, err
	}
	sight, err := x.faq.Sight(ctx, viewer)
	if err != nil {
		return nil, err
	}
	engine, err := x.engine()
	if err != nil {
		return nil, err
	}
	found := &faq.Found{}
	if _, found.Building, err = x.Lag(ctx); err != nil {
		return nil, err
	}
	if strings.TrimSpace(q.Text) == "" {
		return found, nil
	}
	near := x.query(ctx, q.Text)
	hits := engine.Search(rank.Query{Text: q.Text, Typing: q.Typing, Needs: x.needs(sight, engine, &viewer, &q), Limit: deep, Vector: near})
	return found, x.show(ctx, engine, viewer, &q, at, hits, found)
}

// engine opens the files, without waiting for whoever writes, and returns what they hold.
func (x *Index) engine() (*rank.Engine, error) {
	for {
		if err := x.files.Open(); err != nil {
			return nil, err
		}
		if m := x.memory.Load(); m != nil {
			return m.engine, nil
		}
	}
}

// needs are the facets that an article has to have.
func (x *Index) needs(sight *faq.Sight, engine *rank.Engine, viewer *faq.Viewer, q *faq.Search) [][]string {
	needs := seenBy(sight, engine, viewer)
	if q.Section != "" {
		needs = append(needs, []string{sectionFacet + q.Section})
	}
	for _, tag := range q.Tags[:min(len(q.Tags), maxTags)] {
		needs = append(needs, []string{tagFacet + strings.ToLower(tag)})
	}
	return needs
}

// placeOf reads a cursor.
func placeOf(v *faq.Viewer, q *faq.Search) (place, error) {
	h := fnv.New64a()
	err := json.NewEncoder(h).Encode([]any{q.Text, q.Typing, q.Section, q.Tags, v.App, v.Platform, v.Languages, v.Actor, v.For})
	if err != nil {
		return place{}, err
	}
	at := place{Query: fmt.Sprintf("%x", h.Sum64())}
	if q.After == "" {
		return at, nil
	}
	var got place
	b, err := base64.RawURLEncoding.DecodeString(q.After)
	if err != nil || json.Unmarshal(b, &got) != nil || got.Query != at.Query || got.Skip < 0 || got.Skip > deep {
		return place{}, fmt.Errorf("search: %w", store.ErrCursor)
	}
	return got, nil
}

func (p place) cursor() string {
	b, err := json.Marshal(p)
	if err != nil {
		return "" // it has a text and a number
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// show reads articles as they are now, until the page is full.
func (x *Index) show(ctx context.Context, engine *rank.Engine, viewer faq.Viewer, q *faq.Search, at place, hits []rank.Hit, found *faq.Found) error {
	if at.Skip == 0 && len(hits) > 0 {
		found.Confidence = hits[0].Confidence
	}
	looks := map[string]*rank.Looker{} // by language
	for at.Skip < len(hits) && len(found.Hits) < q.Limit {
		part := hits[at.Skip:min(len(hits), at.Skip+q.Limit-len(found.Hits))]
		ids := make([]string, len(part))
		by := map[string]rank.Hit{}
		for i, h := range part {
			ids[i], by[h.ID] = h.ID, h
		}
		pages, err := x.faq.Show(ctx, viewer, ids)
		if err != nil {
			return err
		}
		for _, p := range pages {
			if !q.Fits(p.Article) {
				continue
			}
			h := by[p.Article.ID]
			hit := faq.Hit{Article: p.Article, Language: p.Language, Title: p.Title, Score: h.Score, Confidence: h.Confidence}
			look := looks[p.Language]
			if look == nil {
				look = engine.Look(p.Language, q.Text, q.Typing)
				looks[p.Language] = look
			}
			hit.Marks = marks(look.Marks(p.Title))
			hit.Snippets = snippets(p.Text, marks(look.Marks(shorten(p.Text, maxText))))
			found.Hits = append(found.Hits, hit)
		}
		at.Skip += len(part)
	}
	if at.Skip < len(hits) {
		found.Next = at.cursor()
	}
	if len(found.Hits) > 0 {
		found.Confidence = min(found.Confidence, found.Hits[0].Confidence)
	} else {
		found.Confidence = 0
	}
	return nil
}
