package faq

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

// Item is an article in a list.
type Item struct {
	Article  *Article // as far as the viewer may see it
	Language string   // of the translation that he gets
	Title    string
}

// Shelf is a section with the first of its articles.
type Shelf struct {
	Section string // id
	Name    string // in the viewer's language
	Items   []Item
	More    string // cursor for [Service.List], "" when these are all
}

// The bounds of a look at the FAQ, so that it costs the same however many articles there
// are that a viewer doesn't see.
const (
	maxShelves  = 50
	maxOnShelf  = 20
	maxLookedAt = 1000 // articles of a section, for one page
)

// Home returns at most limit sections, and no more than 50, of a viewer's app in their
// order, each with its first articles, at most each of them and no more than 20, and the
// cursor of the next page. Sections in which he sees nothing are left out, so that a page
// may hold fewer although there is a next one.
func (s *Service) Home(ctx context.Context, v Viewer, each int, after string, limit int) (shelves []Shelf, next string, err error) {
	each, limit = min(max(each, 1), maxOnShelf), min(max(limit, 1), maxShelves)
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		shelves, next = nil, ""
		sight, err := s.sight(ctx, tx, v)
		if err != nil {
			return err
		}
		table, err := tableOf(ctx, tx, v.App, driver.None)
		if err != nil {
			return err
		}
		order := table.Sections
		if after != "" {
			at := slices.Index(order, after)
			if at < 0 {
				return store.ErrCursor
			}
			order = order[at+1:]
		}
		for i, id := range order[:min(len(order), limit)] {
			shelf, err := s.shelf(ctx, tx, sight, id, each)
			if err != nil {
				return err
			}
			if len(shelf.Items) > 0 || shelf.More != "" {
				shelves = append(shelves, *shelf)
			}
			if i == limit-1 && len(order) > limit {
				next = id
			}
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return shelves, next, nil
}

func (s *Service) shelf(ctx context.Context, tx *store.Tx, sight *Sight, id string, each int) (*Shelf, error) {
	shelf := &Shelf{Section: id}
	if sight.closed[id] {
		return shelf, nil
	}
	c, err := sections.Get(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	shelf.Name = c.Name(sight.languages, sight.own)
	shelf.Items, shelf.More, err = itemsOf(ctx, tx, sight, id, "", each)
	return shelf, err
}

// List returns at most limit articles of a section, and no more than 200, that a viewer
// sees, in the order of the section, and the cursor of the next page. A page may hold
// fewer, or none, although there is a next one. A section that there isn't, that is
// archived or of another app has none.
func (s *Service) List(ctx context.Context, v Viewer, section, after string, limit int) (items []Item, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		items, next = nil, ""
		sight, err := s.sight(ctx, tx, v)
		if err != nil || section == "" || sight.closed[section] {
			return err
		}
		items, next, err = itemsOf(ctx, tx, sight, section, after, pageSize(limit))
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return items, next, nil
}

// itemsOf goes through a section until it has enough, or has looked at enough. Its cursor
// names the last article that it looked at.
func itemsOf(ctx context.Context, tx *store.Tx, sight *Sight, section, after string, limit int) (items []Item, next string, err error) {
	q := store.By("place", section)
	if after != "" {
		in, place, _ := strings.Cut(after, " ")
		rank, id, ok := strings.Cut(place, " ")
		if in != section || !ok || !utf8.ValidString(after) || len(after) > maxRank+2*maxRef {
			return nil, "", store.ErrCursor
		}
		q = q.Behind(rank, id)
	}
	for looked := 0; ; {
		n := max(limit-len(items), min(looked, lookAhead)) // the more if few of them are seen
		page, more, err := articles.Page(ctx, tx, q.Limit(n))
		if err != nil {
			return nil, "", err
		}
		for i, a := range page {
			if t := sight.Sees(a); t != nil {
				items = append(items, Item{Article: sight.show(a), Language: t.Language, Title: t.Title})
			}
			looked++
			rest := i < len(page)-1 || more != ""
			if rest && (len(items) == limit || looked >= maxLookedAt) {
				return items, section + " " + a.Rank + " " + a.ID, nil
			}
			q = store.By("place", section).Behind(a.Rank, a.ID)
		}
		if more == "" {
			return items, "", nil
		}
	}
}

// lookAhead is how many articles are read at a time, where few of them are seen.
const lookAhead = 100
