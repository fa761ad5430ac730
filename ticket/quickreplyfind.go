package ticket

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// The bounds of a suggestion, so that typing costs the same however many quick
// replies there are.
const (
	maxSuggestions = 50
	maxTyped       = 200 // characters that are looked at
	maxTypedWords  = 16
	maxWalk        = 200 // entries of the index for a word, of shared and of own ones each
	maxMostUsed    = 100 // of shared and of own ones each, which are always looked at
)

// highest stands behind every text that begins alike.
const highest = "\U0010FFFF"

// QuickReply returns a quick reply with the number of its uses. Another agent's own
// one is store.ErrNotFound.
func (s *Service) QuickReply(ctx context.Context, actor event.Actor, id string) (q *QuickReply, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if q, err = s.reachReply(ctx, tx, actor, id, driver.None); err != nil {
			return err
		}
		u, err := usesOf(ctx, tx, id)
		q.Uses, q.LastUsed = u.Count, u.Last
		return err
	})
	if err != nil {
		return nil, err
	}
	return q, nil
}

// usesOf is how often a quick reply was sent, as far as it is counted.
func usesOf(ctx context.Context, tx *store.Tx, id string) (replyUse, error) {
	u, err := replyUses.Get(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return replyUse{}, nil
	}
	if err != nil {
		return replyUse{}, err
	}
	return *u, nil
}

// QuickReplyFilter chooses quick replies. The zero value is the shared ones.
type QuickReplyFilter struct {
	Owner    string // the agent's own; only he, and the host, may list them
	Folder   string // of this folder only
	Archived bool   // archived ones instead of those in use
}

// QuickReplies returns at most limit quick replies, and no more than 200, in order
// of folder and title, and the cursor of the next page. Another agent's own are
// store.ErrNotFound.
func (s *Service) QuickReplies(ctx context.Context, actor event.Actor, f QuickReplyFilter, after string, limit int) (all []*QuickReplyInfo, next string, err error) {
	q := store.By("place", shelfOf(f.Owner, f.Archived)).Limit(pageSize(limit)).After(after)
	if f.Folder != "" {
		q = q.From(placeOf(f.Folder)).To(placeOf(f.Folder) + highest)
	}
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.people.Authorize(ctx, tx, actor, identity.Converse, identity.On{Subject: "quick_replies"}); err != nil {
			return err
		}
		if private(actor, f.Owner) {
			return noReply("")
		}
		rows, after, err := replyRows.Page(ctx, tx, q)
		if err != nil {
			return err
		}
		all, next = nil, after
		for _, r := range rows {
			if f.Folder != "" && fold(r.Info.Folder) != fold(f.Folder) {
				continue // of a long name that begins alike: the index holds a part of it
			}
			if err := fillUses(ctx, tx, &r.Info); err != nil {
				return err
			}
			all = append(all, &r.Info)
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return all, next, nil
}

func fillUses(ctx context.Context, tx *store.Tx, i *QuickReplyInfo) error {
	u, err := usesOf(ctx, tx, i.ID)
	i.Uses, i.LastUsed = u.Count, u.Last
	return err
}

// SuggestQuickReplies returns at most limit quick replies, and no more than 50, for
// what an agent has typed: the beginning of a shortcut, as /ref, or words of
// shortcut, title, folder and text, all of which must be there, each at least by its
// beginning. Shared ones and the agent's own are looked through, archived ones
// aren't. A matching shortcut comes before a matching title, and that before the
// rest; among equals the one most used comes first. For nothing typed, or a slash,
// they are the most used ones.
//
// It looks at a bounded part: of a text the first 400 different words, shared among
// its languages, but 40 of each at least; and where more than 200 entries begin like a word, as with
// a single letter, those and the 100 most used quick replies.
func (s *Service) SuggestQuickReplies(ctx context.Context, actor event.Actor, typed string, limit int) (all []*QuickReplyInfo, err error) {
	limit = min(max(limit, 1), maxSuggestions)
	look := newSearch(typed)
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.people.Authorize(ctx, tx, actor, identity.Converse, identity.On{Subject: "quick_replies"}); err != nil {
			return err
		}
		owners := []string{""}
		if actor.Kind == event.Agent {
			owners = append(owners, actor.ID)
		}
		var hits []hit
		for _, owner := range owners {
			found, err := look.in(ctx, tx, owner, limit)
			if err != nil {
				return err
			}
			hits = append(hits, found...)
		}
		slices.SortFunc(hits, hit.compare)
		hits = hits[:min(limit, len(hits))]
		for _, h := range hits {
			if err := fillUses(ctx, tx, h.QuickReplyInfo); err != nil {
				return err
			}
		}
		slices.SortFunc(hits, hit.compare) // by the exact numbers
		all = make([]*QuickReplyInfo, len(hits))
		for i, h := range hits {
			all[i] = h.QuickReplyInfo
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// hit is a quick reply that fits.
type hit struct {
	*QuickReplyInfo
	rank  int    // how well; 0 is best
	title string // folded
}

// compare puts the better one first.
func (a hit) compare(b hit) int {
	return cmp.Or(
		cmp.Compare(a.rank, b.rank),
		cmp.Compare(b.Uses, a.Uses),
		cmp.Compare(b.Owner, a.Owner), // his own before shared ones
		strings.Compare(a.title, b.title),
		strings.Compare(a.ID, b.ID),
	)
}

// search is what an agent looks for.
type search struct {
	shortcut string   // "" where words are typed
	words    []string // longest first
}

func newSearch(typed string) *search {
	l := &search{}
	typed = strings.TrimSpace(fold(shorten(store.CleanText(typed), maxTyped)))
	if strings.HasPrefix(typed, "/") {
		if l.shortcut = shorten(typed, MaxShortcut+1); l.shortcut != "/" {
			l.words = []string{l.shortcut}
		}
		return l
	}
	for w := range words(typed, false) {
		if len(l.words) < maxTypedWords && !slices.Contains(l.words, w) {
			l.words = append(l.words, w)
		}
	}
	slices.SortStableFunc(l.words, func(a, b string) int { return utf8.RuneCountInString(b) - utf8.RuneCountInString(a) })
	return l
}

// in returns the quick replies of an owner that fit. Those among his most used ones
// know how often they were.
func (l *search) in(ctx context.Context, tx *store.Tx, owner string, limit int) ([]hit, error) {
	top, _, err := replyUses.Page(ctx, tx, store.By("count", shelfOf(owner, false)).Desc().Limit(maxMostUsed))
	if err != nil {
		return nil, err
	}
	rows, whole, err := l.walk(ctx, tx, owner, limit)
	if err != nil {
		return nil, err
	}
	var all []hit
	seen := map[string]*QuickReplyInfo{}
	take := func(r *replyRow) {
		if seen[r.Info.ID] == nil && !r.Info.Archived && l.fits(r) {
			seen[r.Info.ID] = &r.Info
			all = append(all, hit{&r.Info, l.rank(&r.Info), fold(r.Info.Title)})
		}
	}
	for _, r := range rows {
		take(r)
	}
	for _, u := range top {
		if seen[u.Reply] == nil && !whole {
			r, err := replyRows.Get(ctx, tx, u.Reply)
			if errors.Is(err, store.ErrNotFound) {
				continue // deleted, which isn't counted out yet
			}
			if err != nil {
				return nil, err
			}
			take(r)
		}
		if i := seen[u.Reply]; i != nil {
			i.Uses = u.Count
		}
	}
	return all, nil
}

// walk reads the index for the words, the longest first, until one is read to its
// end: whatever fits is among what it gave, and whole says so.
func (l *search) walk(ctx context.Context, tx *store.Tx, owner string, limit int) (rows []*replyRow, whole bool, err error) {
	if len(l.words) == 0 {
		rows, next, err := replyRows.Page(ctx, tx, store.By("place", shelfOf(owner, false)).Limit(limit))
		return rows, next == "", err
	}
	for _, w := range l.words {
		q := store.By("terms").From(termOf(owner, w)).To(termOf(owner, w) + highest).Limit(maxWalk)
		page, next, err := replyRows.Page(ctx, tx, q)
		if err != nil {
			return nil, false, err
		}
		if next == "" {
			return page, true, nil
		}
		rows = append(rows, page...)
	}
	return rows, false, nil
}

// fits says whether every word begins one of the quick reply's.
func (l *search) fits(r *replyRow) bool {
	for _, w := range l.words {
		if !slices.ContainsFunc(r.Terms, func(term string) bool { return strings.HasPrefix(term, w) }) {
			return false
		}
	}
	return true
}

// rank is how well a quick reply fits: 0 best.
func (l *search) rank(i *QuickReplyInfo) int {
	switch {
	case len(l.words) == 0:
		return 0
	case l.shortcut != "":
		if fold(i.Shortcut) == l.shortcut {
			return 0
		}
		return 1
	case l.all(i.Shortcut):
		return 2
	case l.all(i.Title):
		return 3
	}
	return 4
}

// all says whether every word begins one of the text's.
func (l *search) all(text string) bool {
	for _, typed := range l.words {
		found := false
		for w := range words(text, true) {
			found = found || strings.HasPrefix(w, typed)
		}
		if !found {
			return false
		}
	}
	return true
}
