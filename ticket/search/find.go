package search

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// place is where a page ends, and what was looked for.
type place struct {
	Query  string   `json:"q"`
	Tier   tier     `json:"t"`
	Newest bool     `json:"n,omitempty"`
	Skip   int      `json:"s,omitempty"`
	Sort   []string `json:"o,omitempty"`
}

const (
	defaultPage = 50
	maxPage     = 200
	// maxSkip is how deep pages by relevance go.
	maxSkip = 1000
	// rounds bounds how often a page asks the index again, because what it gave
	// isn't true any more.
	rounds = 4
)

// Find returns tickets that the actor sees. An end user has no right to search:
// *identity.PermissionError. A search that can't be is a *store.FieldError, a cursor
// of another search store.ErrCursor.
func (x *Index) Find(ctx context.Context, actor event.Actor, s ticket.Search) (*ticket.Found, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	var sight *identity.Sight
	err := x.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		sight, err = x.people.Sight(ctx, tx, actor, identity.Converse, identity.On{Subject: "search", Read: true})
		if err != nil || s.Filter.EndUser == "" {
			return err
		}
		u, err := x.people.In(tx).EndUser(ctx, s.Filter.EndUser)
		switch {
		case err == nil:
			s.Filter.EndUser = u.ID // another one's if he was merged
		case errors.Is(err, store.ErrNotFound):
			err = nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if s.Limit <= 0 {
		s.Limit = defaultPage
	}
	s.Limit = min(s.Limit, maxPage)
	q := parse(s.Text, s.Typing)
	at, err := placeOf(&s, q)
	if err != nil {
		return nil, err
	}
	f := &finder{x: x, actor: actor, sight: sight, s: &s, q: q, at: at, found: &ticket.Found{}}
	if err := f.named(ctx); err != nil {
		return nil, err
	}
	if !q.only {
		if err := f.page(ctx); err != nil {
			return nil, err
		}
	}
	_, f.found.Building, err = x.Lag(ctx)
	return f.found, err
}

// placeOf reads a cursor.
func placeOf(s *ticket.Search, q *query) (place, error) {
	h := fnv.New64a()
	err := json.NewEncoder(h).Encode(struct {
		Text           string
		Typing, Newest bool
		Filter         ticket.SearchFilter
	}{s.Text, s.Typing, s.Newest, s.Filter})
	if err != nil {
		return place{}, err
	}
	at := place{Query: fmt.Sprintf("%x", h.Sum64()), Newest: s.Newest || q.all == ""}
	if s.After == "" {
		return at, nil
	}
	var got place
	b, err := base64.RawURLEncoding.DecodeString(s.After)
	if err != nil || json.Unmarshal(b, &got) != nil {
		return place{}, fmt.Errorf("search: %w", store.ErrCursor)
	}
	bad := got.Query != at.Query || got.Newest != at.Newest || got.Tier < 0 || got.Tier >= tiers || got.Skip < 0 || got.Skip > maxSkip ||
		len(got.Sort) > 1
	if bad {
		return place{}, fmt.Errorf("search: %w", store.ErrCursor)
	}
	return got, nil
}

func (p place) cursor() string {
	b, err := json.Marshal(p)
	if err != nil {
		return "" // it has texts and numbers only
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// finder is one search.
type finder struct {
	x     *Index
	actor event.Actor
	sight *identity.Sight
	s     *ticket.Search
	q     *query
	at    place
	found *ticket.Found
	first string // id of the ticket that the text names
}

// named looks the ticket up that the text is the number or the id of. It comes first,
// whatever the index knows.
func (f *finder) named(ctx context.Context) error {
	var t *ticket.Ticket
	var err error
	switch {
	case f.q.number > 0:
		t, err = f.x.tickets.ByNumber(ctx, f.actor, f.q.number)
	case len(f.q.all) == 36 && strings.Count(f.q.all, "-") == 4:
		t, err = f.x.tickets.Get(ctx, f.actor, strings.ToLower(f.q.all))
	default:
		return nil
	}
	if hidden(err) {
		return nil
	}
	if err != nil || !f.s.Filter.Fits(t) {
		return err
	}
	f.first = t.ID
	if f.s.After == "" {
		f.found.Hits = append(f.found.Hits, ticket.Hit{Ticket: t})
	}
	return nil
}

// hidden says whether the actor may not know that a ticket is there.
func hidden(err error) bool {
	_, refused := errors.AsType[*identity.PermissionError](err)
	return refused || errors.Is(err, store.ErrNotFound)
}

// page fills the page, from the first tier that has something.
func (f *finder) page(ctx context.Context) error {
	first := f.q.first(f.at.Newest)
	f.at.Tier = max(f.at.Tier, first)
	rows, more, err := f.top(ctx)
	for err == nil && len(rows) == 0 && !more && f.s.After == "" && f.q.all != "" && f.at.Tier < tiers-1 {
		f.at.Tier++
		rows, more, err = f.top(ctx)
	}
	for range rounds {
		if err != nil {
			return err
		}
		if err := f.check(ctx, rows); err != nil {
			return err
		}
		f.advance(rows)
		if f.found.Next = ""; !more || f.at.Skip >= maxSkip {
			break
		}
		if f.found.Next = f.at.cursor(); len(f.found.Hits) >= f.s.Limit {
			break
		}
		rows, more, err = f.top(ctx)
	}
	byWords := len(f.found.Hits) > 1 || len(f.found.Hits) == 1 && f.found.Hits[0].Ticket.ID != f.first
	f.found.Loose = byWords && f.at.Tier > first && len(f.q.units) > 0
	return err
}

// top returns the next rows for which there is room on the page.
func (f *finder) top(ctx context.Context) ([]row, bool, error) {
	return f.x.top(ctx, f.q, f.s, f.sight, f.at, f.s.Limit-len(f.found.Hits))
}

// advance goes on behind rows.
func (f *finder) advance(rows []row) {
	if len(rows) == 0 {
		return
	}
	if f.at.Newest {
		f.at.Sort = rows[len(rows)-1].sort
		return
	}
	f.at.Skip = min(f.at.Skip+len(rows), maxSkip)
}

// check reads the tickets as they are now, and takes those that still fit.
func (f *finder) check(ctx context.Context, rows []row) error {
	var hits []ticket.Hit
	err := f.x.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		hits = nil
		for _, r := range rows {
			if r.id == f.first {
				continue
			}
			t, err := f.x.tickets.In(tx).Get(ctx, host, r.id)
			if hidden(err) {
				continue
			}
			if err != nil {
				return err
			}
			if t = t.SeenBy(f.sight); t == nil {
				continue // the index is behind
			}
			if !f.s.Filter.Fits(t) {
				continue
			}
			hit := ticket.Hit{Ticket: t, Score: r.score}
			if f.at.Newest {
				hit.Score = 0
			}
			if f.q.all != "" {
				c, err := f.x.read(ctx, tx, t)
				if err != nil {
					return err
				}
				var ok bool
				if hit.Snippets, ok = f.q.show(c, f.at.Tier); !ok {
					continue // the words have gone
				}
			}
			hits = append(hits, hit)
		}
		return nil
	})
	f.found.Hits = append(f.found.Hits, hits...)
	return err
}
