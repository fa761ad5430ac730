package deflect

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The limits of suggestions.
const (
	MaxSuggestions = 20
	newest         = 20 // messages of a ticket of which a question is made
)

// Suggestion is an article that may answer a ticket.
type Suggestion struct {
	faq.Hit
	// Internal says that it is for staff only: the end user can't be sent it.
	Internal bool
}

// Suggested are the articles that may answer a ticket, the likeliest first.
type Suggested struct {
	Articles   []Suggestion
	Confidence float64 // of the first one, from 0 to 1; 0 where there is none
	// Fits says that the first one reaches the threshold ([Options]). If it doesn't, no
	// article fits.
	Fits     bool
	Building bool // the index isn't complete yet: there may be more
}

// Suggest returns at most limit articles, and no more than 20, for a ticket, by its title
// and what its end user wrote last. They are those that he may see, in his language; an
// agent gets those for staff only, too. An agent needs the permission SuggestFAQs. A ticket
// that the actor doesn't see is store.ErrNotFound. It searches outside of transactions.
func (s *Service) Suggest(ctx context.Context, actor event.Actor, id string, limit int) (*Suggested, error) {
	var t *ticket.Ticket
	var q faq.Search
	var v faq.Viewer
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if t, err = s.mayOn(ctx, tx, actor, id); err != nil {
			return err
		}
		if q.Text, err = s.question(ctx, tx, t); err == nil {
			v, err = s.viewer(ctx, tx, actor, t)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &Suggested{}
	q.Limit = min(max(limit, 1), MaxSuggestions)
	if q.Text == "" || s.Searcher == nil {
		return out, nil
	}
	if err := s.find(ctx, out, v, q, false); err != nil {
		return nil, err
	}
	if actor.Kind == event.Agent {
		v.For = ""
		if err := s.find(ctx, out, v, q, true); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out.Articles, func(a, b Suggestion) int { return cmp.Compare(b.Confidence, a.Confidence) })
	out.Articles = out.Articles[:min(len(out.Articles), q.Limit)]
	if len(out.Articles) > 0 {
		out.Confidence = out.Articles[0].Confidence
	}
	out.Fits = len(out.Articles) > 0 && out.Confidence >= s.threshold
	return out, nil
}

// find adds what a viewer finds; internal asks for what is staff's only.
func (s *Service) find(ctx context.Context, out *Suggested, v faq.Viewer, q faq.Search, internal bool) error {
	found, err := s.Searcher.Find(ctx, v, q)
	if err != nil {
		return err
	}
	out.Building = out.Building || found.Building
	for _, h := range found.Hits {
		if !internal || h.Article.Audience == faq.StaffOnly {
			out.Articles = append(out.Articles, Suggestion{h, internal})
		}
	}
	return nil
}

// viewer sees what the ticket's end user does.
func (s *Service) viewer(ctx context.Context, tx *store.Tx, actor event.Actor, t *ticket.Ticket) (faq.Viewer, error) {
	v := faq.Viewer{Actor: actor, For: t.EndUser, App: t.App, Platform: t.Platform}
	u, err := s.People.In(tx).EndUser(ctx, t.EndUser)
	if err != nil && !missing(err) {
		return v, err
	}
	if u == nil {
		u = &identity.EndUser{}
	}
	for _, l := range []string{t.Language, u.Language} {
		if l != "" && !slices.Contains(v.Languages, l) {
			v.Languages = append(v.Languages, l)
		}
	}
	return v, nil
}

// question is what a ticket asks: its title, and what its end user wrote last.
func (s *Service) question(ctx context.Context, tx *store.Tx, t *ticket.Ticket) (string, error) {
	ms, _, err := s.Tickets.In(tx).Messages(ctx, system(), t.ID, 0, 1<<47, newest)
	if err != nil {
		return "", err
	}
	room := faq.MaxSearchText
	var parts []string
	add := func(text string) {
		text = cut(strings.TrimSpace(text), room)
		if text == "" || slices.ContainsFunc(parts, func(have string) bool { return strings.HasPrefix(text, have) || strings.HasPrefix(have, text) }) {
			return // a title is often how the first message begins
		}
		room -= utf8.RuneCountInString(text) + 1
		parts = append(parts, text)
	}
	for _, m := range slices.Backward(ms) {
		if said(m) && room > 0 {
			add(m.Text)
		}
	}
	if room > 0 {
		add(t.Title)
	}
	slices.Reverse(parts)
	return strings.Join(parts, "\n"), nil
}

// said says whether a message is something that the end user wrote.
func said(m *ticket.Message) bool { return m.Kind == ticket.Public && m.Author.Kind == event.EndUser }

// cut is the beginning of a text, of at most n characters.
func cut(text string, n int) string {
	if n <= 0 {
		return ""
	}
	for i := range text {
		if n == 0 {
			return strings.TrimSpace(text[:i])
		}
		n--
	}
	return text
}
