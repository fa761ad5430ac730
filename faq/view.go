package faq

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// What becomes of what readers did.
const (
	KeepViews   = 30 * 24 * time.Hour // how long it is known who read what; figures stay
	KeepQueries = 90 * 24 * time.Hour // how long what was searched for is kept
	sameView    = 30 * time.Minute    // in which reading an article again is the same view
	maxRecent   = 50                  // views of a reader that are looked at for that
)

// view is that somebody has read an article.
type view struct {
	ID       string    `json:"id"` // UUIDv7
	Article  string    `json:"article"`
	App      string    `json:"app"`
	Platform string    `json:"platform,omitempty"`
	Language string    `json:"language"`
	Reader   string    `json:"reader,omitempty"` // id of an end user, or session:HASH; "" isn't known
	Query    string    `json:"query,omitempty"`  // id of the search by which he found it
	Time     time.Time `json:"time"`
	Rev      store.Rev `json:"-"`
}

var views = &store.Collection[view]{
	Name: "article_view",
	Key:  func(v *view) string { return v.ID },
	Rev:  func(v *view) *store.Rev { return &v.Rev },
	Columns: []store.Column[view]{
		{Name: "reader", Kind: store.Text, Of: func(v *view) any { return v.Reader }},
		{Name: "time", Kind: store.Time, Of: func(v *view) any { return v.Time }},
	},
	Indexes: []store.Index{
		{Name: "reader", On: []string{"reader", "time"}},
		{Name: "time", On: []string{"time"}},
	},
	Fresh:    true,
	Subjects: func(v *view) []string { return personOf(v.Reader) },
	Erase:    func(*view, string) bool { return false },
	Found:    []store.Way{store.InIndex("reader")},
}

const sessionPrefix = "session:"

// personOf is the end user among readers.
func personOf(reader string) []string {
	if reader == "" || strings.HasPrefix(reader, sessionPrefix) {
		return nil
	}
	return []string{reader}
}

// ownerOf is the end user whose event it is, or "".
func ownerOf(reader string) string {
	if p := personOf(reader); p != nil {
		return p[0]
	}
	return ""
}

// reader is for whom something counts: the end user, else the session, else "".
func (g *Sight) reader(v *Viewer) string {
	switch id := v.endUser(); {
	case g.user != nil:
		return g.user.ID // who has taken over, if he was merged
	case id != "":
		return id
	case v.Session != "":
		sum := sha256.Sum256([]byte(v.Session))
		return sessionPrefix + hex.EncodeToString(sum[:16])
	}
	return ""
}

// reads says whether it is a reader who looks, and not staff.
func (v *Viewer) reads() bool {
	return v.Actor.Kind == "" || v.Actor.Kind == event.EndUser || v.Actor.Kind == event.Bot && v.For != ""
}

// View notes that a viewer has read an article, by search, the id of a [Query], or "".
// Reading it again within 30 minutes is the same view, and that staff reads isn't one. An
// article that he may not see is store.ErrNotFound, and so is an end user who was erased.
func (s *Service) View(ctx context.Context, v Viewer, article, search string) error {
	if len(search) > maxRef {
		return &store.FieldError{Field: "search", Reason: "is the id of a query", Limit: maxRef}
	}
	return s.byReader(ctx, v, article, driver.None, func(ctx context.Context, tx *store.Tx, a *Article, t *Translation, reader string) (*event.Event, error) {
		if again, err := s.viewedAlready(ctx, tx, reader, article); again || err != nil {
			return nil, err
		}
		n := &view{ID: s.events.IDs().New(), Article: a.ID, App: a.App, Platform: v.Platform, Language: t.Language, Reader: reader, Query: search, Time: s.now()}
		if err := views.Put(ctx, tx, n); err != nil {
			return nil, err
		}
		return record(Viewed, "article_view:"+n.ID, n.Rev, v.actor(), Facts{Article: a.ID, Section: a.Section, App: a.App, Platform: v.Platform, Language: t.Language, Version: t.Version, Query: search})
	})
}

// byReader runs what a reader does with an article that he sees, and records it.
func (s *Service) byReader(ctx context.Context, v Viewer, article string, lock driver.Lock, do func(ctx context.Context, tx *store.Tx, a *Article, t *Translation, reader string) (*event.Event, error)) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		sight, err := s.sight(ctx, tx, v)
		if err != nil {
			return err
		}
		a, t, err := s.seen(ctx, tx, sight, article, lock)
		if err != nil || !v.reads() {
			return err
		}
		reader := sight.reader(&v)
		if id := ownerOf(reader); id != "" {
			if err := s.people.Unerased(ctx, tx, id); err != nil {
				return err
			}
		}
		e, err := do(ctx, tx, a, t, reader)
		if err != nil || e == nil {
			return err
		}
		e.Owner = ownerOf(reader)
		return s.events.Append(ctx, tx, e)
	})
}

// actor is who acts, for events: an anonymous reader is an end user without an id.
func (v *Viewer) actor() event.Actor {
	if v.Actor.Kind == "" {
		return event.Actor{Kind: event.EndUser}
	}
	return v.Actor
}

func (s *Service) viewedAlready(ctx context.Context, tx *store.Tx, reader, article string) (bool, error) {
	if reader == "" {
		return false, nil
	}
	for v, err := range views.Scan(ctx, tx, store.By("reader", reader).From(s.now().Add(-sameView)).Desc().Limit(maxRecent)) {
		if err != nil {
			return false, err
		}
		if v.Article == article {
			return true, nil
		}
	}
	return false, nil
}

// Reading is what a reader did with the FAQ.
type Reading struct {
	Views     int       // at most 50 are counted
	Last      time.Time // when he read the last one
	Articles  []string  // ids, the last one first, each once
	Unhelpful bool      // he said so of one of them
	InVain    bool      // he searched for something, and no article fitted
}

// Reading returns what a viewer has read since a moment, and no more than 30 days ago:
// the end user, else the session. Nothing is known of who has neither. It is for what is
// offered to those who have read something.
func (s *Service) Reading(ctx context.Context, v Viewer, since time.Time) (r Reading, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		r = Reading{}
		sight, err := s.sight(ctx, tx, v)
		if err != nil {
			return err
		}
		reader := sight.reader(&v)
		if reader == "" {
			return nil
		}
		seen := map[string]bool{}
		for n, err := range views.Scan(ctx, tx, store.By("reader", reader).From(since).Desc().Limit(maxRecent)) {
			if err != nil {
				return err
			}
			r.Views++
			if r.Last.IsZero() {
				r.Last = n.Time
			}
			if !seen[n.Article] {
				seen[n.Article] = true
				r.Articles = append(r.Articles, n.Article)
			}
		}
		for vote, err := range votes.Scan(ctx, tx, store.By("reader", reader).From(since).Desc().Limit(maxRecent)) {
			if err != nil {
				return err
			}
			r.Unhelpful = r.Unhelpful || vote.Opinion == Unhelpful
		}
		for q, err := range queries.Scan(ctx, tx, store.By("reader", reader).Desc().Limit(maxRecent)) {
			if err != nil {
				return err
			}
			r.InVain = r.InVain || q.Hits == 0 && !q.Time.Before(since)
		}
		return nil
	})
	return r, err
}
