package faq

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Query is what a reader searched for. It is kept for 90 days.
type Query struct {
	ID       string    `json:"id"` // UUIDv7
	App      string    `json:"app"`
	Platform string    `json:"platform,omitempty"`
	Language string    `json:"language,omitempty"` // the dearest of those that he wanted
	Text     string    `json:"text"`
	Hits     int       `json:"hits"`             // articles that fitted
	Reader   string    `json:"reader,omitempty"` // id of an end user, or session:HASH; "" isn't known
	Time     time.Time `json:"time"`
	Rev      store.Rev `json:"-"`
}

var queries = &store.Collection[Query]{
	Name: "article_query",
	Key:  func(q *Query) string { return q.ID },
	Rev:  func(q *Query) *store.Rev { return &q.Rev },
	Columns: []store.Column[Query]{
		{Name: "reader", Kind: store.Text, Of: func(q *Query) any { return q.Reader }},
		{Name: "time", Kind: store.Time, Of: func(q *Query) any { return q.Time }},
	},
	Indexes: []store.Index{
		{Name: "reader", On: []string{"reader"}},
		{Name: "time", On: []string{"time"}},
	},
	Fresh:    true,
	Subjects: func(q *Query) []string { return personOf(q.Reader) },
	Erase:    func(*Query, string) bool { return false },
	Found:    []store.Way{store.InIndex("reader")},
}

// Searched notes what a reader has searched for, and how many articles fitted: 0 if none
// did well enough to be offered. Who searches as somebody types calls it once he has
// stopped. It returns the id of the query, by which views and votes name it, and "" for
// staff, whose searches aren't noted, and for a text with nothing in it. An end user who
// was erased is store.ErrNotFound.
func (s *Service) Searched(ctx context.Context, v Viewer, text string, hits int) (id string, err error) {
	if err := (&Search{Text: text}).Check(); err != nil {
		return "", err
	}
	text = strings.TrimSpace(store.CleanText(text))
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		id = ""
		sight, err := s.sight(ctx, tx, v)
		if err != nil || !v.reads() || text == "" {
			return err
		}
		q := &Query{ID: s.events.IDs().New(), App: v.App, Platform: v.Platform, Text: text, Hits: max(hits, 0), Reader: sight.reader(&v), Time: s.now()}
		if len(v.Languages) > 0 {
			q.Language = v.Languages[0]
		}
		owner := ownerOf(q.Reader)
		if owner != "" {
			if err := s.people.Unerased(ctx, tx, owner); err != nil {
				return err
			}
		}
		if err := queries.Put(ctx, tx, q); err != nil {
			return err
		}
		e, err := record(Searched, "article_query:"+q.ID, q.Rev, v.actor(), Facts{App: q.App, Platform: q.Platform, Language: q.Language, Hits: q.Hits, Query: q.ID})
		if err != nil {
			return err
		}
		id, e.Owner = q.ID, owner
		return s.events.Append(ctx, tx, e)
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

// Query returns what a reader searched for, or store.ErrNotFound. It needs the permission
// EditFAQs.
func (s *Service) Query(ctx context.Context, actor event.Actor, id string) (q *Query, err error) {
	err = s.look(ctx, actor, "articles", func(ctx context.Context, tx *store.Tx) error {
		q, err = queries.Get(ctx, tx, id)
		return err
	})
	return q, err
}

// MaxGaps is how many gaps an app has at most; those that nobody asked for longest go.
const MaxGaps = 5000

// maxAskers is how many of those who asked are known of a gap.
const maxAskers = 20

// Gap is something that readers searched for, and no article fitted: what is missing. It
// goes when the same search finds something.
type Gap struct {
	App   string    `json:"app"`
	Text  string    `json:"text"`  // in lower case, without what only marks a sentence
	Count int64     `json:"count"` // how often it was searched for
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// Askers are the first end users who asked, at most 20. Their words are erased with the
	// last of them.
	Askers []string  `json:"askers,omitempty"`
	Rev    store.Rev `json:"-"`
}

var gaps = &store.Collection[Gap]{
	Name: "article_gap",
	Key:  func(g *Gap) string { return gapKey(g.App, g.Text) },
	Rev:  func(g *Gap) *store.Rev { return &g.Rev },
	Columns: []store.Column[Gap]{
		{Name: "app", Kind: store.Text, Of: func(g *Gap) any { return g.App }},
		{Name: "count", Kind: store.Int, Of: func(g *Gap) any { return g.Count }},
		{Name: "last", Kind: store.Time, Of: func(g *Gap) any { return g.Last }},
		{Name: "askers", Kind: store.Texts, Of: func(g *Gap) any { return g.Askers }},
	},
	Indexes: []store.Index{
		{Name: "count", On: []string{"app", "count"}},
		{Name: "last", On: []string{"app", "last"}},
		{Name: "askers", On: []string{"askers"}},
	},
	Subjects: func(g *Gap) []string { return g.Askers },
	Erase:    (*Gap).forget,
	Found:    []store.Way{store.InIndex("askers")},
}

// forget takes one out of those who asked. What only he asked goes with him.
func (g *Gap) forget(who string) bool {
	var rest []string
	for _, id := range g.Askers {
		if id != who {
			rest = append(rest, id)
		}
	}
	g.Askers = rest
	return len(rest) > 0
}

// The text of a gap is as long as a search, which is more than a key can hold.
func gapKey(app, text string) string {
	sum := sha256.Sum256([]byte(text))
	return app + "/" + hex.EncodeToString(sum[:16])
}

// plainly is a search as gaps know it: those that differ in case, spaces, width of
// letters or the mark at the end are one.
func plainly(text string) string {
	text = norm.NFKC.String(cases.Fold().String(norm.NFKC.String(text)))
	text = strings.Join(strings.Fields(text), " ")
	trimmed := strings.TrimFunc(text, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSpace(r) })
	if trimmed == "" {
		return text
	}
	return trimmed
}

// countGaps keeps the gaps by what a batch of events says. Figures and words are apart:
// the words are in the query, and if that was erased they are nobody's any more.
func (s *Service) countGaps(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	for _, e := range es {
		var f Facts
		if err := e.Payload(&f); err != nil {
			return err
		}
		q, err := queries.Get(ctx, tx, f.Query)
		if missing(err) {
			continue
		}
		if err != nil {
			return err
		}
		if err := countGap(ctx, tx, q); err != nil {
			return err
		}
	}
	return nil
}

func countGap(ctx context.Context, tx *store.Tx, q *Query) error {
	text := plainly(q.Text)
	if text == "" {
		return nil
	}
	g, err := gaps.Lock(ctx, tx, gapKey(q.App, text), store.ForUpdate)
	if missing(err) {
		if q.Hits > 0 {
			return nil
		}
		if err := roomForGap(ctx, tx, q.App); err != nil {
			return err
		}
		g, err = &Gap{App: q.App, Text: text, First: q.Time}, nil
	}
	if err != nil {
		return err
	}
	if q.Hits > 0 {
		return gaps.Delete(ctx, tx, g)
	}
	g.Count++
	g.Last = q.Time
	known := false
	for _, id := range g.Askers {
		known = known || id == q.Reader
	}
	if owner := ownerOf(q.Reader); owner != "" && !known && len(g.Askers) < maxAskers {
		g.Askers = append(g.Askers[:len(g.Askers):len(g.Askers)], owner)
	}
	return gaps.Put(ctx, tx, g)
}

// roomForGap drops the one that nobody has asked for longest, where there are too many.
func roomForGap(ctx context.Context, tx *store.Tx, app string) error {
	n, err := gaps.Count(ctx, tx, store.By("last", app).Limit(MaxGaps))
	if err != nil || n < MaxGaps {
		return err
	}
	for g, err := range gaps.Scan(ctx, tx, store.By("last", app).Limit(1)) {
		if err == nil {
			err = gaps.Delete(ctx, tx, g)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
