package ticket

import (
	"context"
	"errors"
	"net/mail"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Edit changes what a ticket says about itself; nil leaves a thing as it is.
type Edit struct {
	Title      *string
	Priority   *Priority
	Label      *Label // an empty name takes the label away
	Language   *string
	AddTags    []string
	RemoveTags []string
	Fields     map[string]any // nil clears one
	Copied     *[]string      // emails of people in copy
	Followers  *[]string      // agents
	Link       *Link          // one more
	Unlink     *Link          // one less; one that isn't there is no error

	// Rev, if not 0, is the revision that the editor saw: store.ErrStale if the
	// ticket has moved on.
	Rev store.Rev
}

// Edit changes a ticket. A value that can't be taken is a *store.FieldError, and
// changes nothing.
func (s *Service) Edit(ctx context.Context, actor event.Actor, id string, e Edit) (*Ticket, error) {
	if err := staffOnly(actor); err != nil {
		return nil, err
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	return s.change(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		if e.Rev != 0 && e.Rev != c.Before.Rev {
			return &store.Error{Op: "edit", Collection: "ticket", Key: id, Err: store.ErrStale}
		}
		named, _, err := s.setFields(ctx, tx, c.After, actor, e.Fields)
		if err != nil {
			return err
		}
		tagged, _, err := s.setTags(ctx, tx, c.After, actor, e.AddTags, e.RemoveTags)
		if err != nil {
			return err
		}
		what := append(e.scalars(c.After), names(named, tagged)...)
		people, err := s.participants(ctx, tx, actor, c.After, e)
		if err != nil {
			return err
		}
		if what = append(what, people...); len(what) > 0 {
			c.Record(Changed, &Facts{What: what})
		}
		return nil
	})
}

func (e *Edit) check() error {
	switch {
	case e.Title != nil && utf8.RuneCountInString(*e.Title) > MaxTitle:
		return store.TooLong("title", MaxTitle)
	case e.Priority != nil && !e.Priority.valid():
		return &store.FieldError{Field: "priority", Reason: "is empty, low, normal, high or urgent"}
	case e.Language != nil && *e.Language != "" && !languagePattern.MatchString(*e.Language):
		return &store.FieldError{Field: "language", Reason: "isn't a language tag, as in pt-BR"}
	case e.Label != nil && utf8.RuneCountInString(e.Label.Name) > MaxTag:
		return store.TooLong("label", MaxTag)
	case e.Label != nil && e.Label.Name != "" && !slices.Contains([]string{"predicted", "agent", "automation", "bot"}, e.Label.Source):
		return &store.FieldError{Field: "label.source", Reason: "is predicted, agent, automation or bot"}
	case e.Label != nil && !(e.Label.Confidence >= 0 && e.Label.Confidence <= 1): // nor NaN
		return &store.FieldError{Field: "label.confidence", Reason: "is from 0 to 1"}
	case e.Label != nil && utf8.RuneCountInString(e.Label.Model) > MaxTitle:
		return store.TooLong("label.model", MaxTitle)
	}
	return nil
}

// scalars sets single values, and returns the names of those that changed.
func (e *Edit) scalars(t *Ticket) (what []string) {
	if e.Title != nil && t.Title != *e.Title {
		t.Title, what = *e.Title, append(what, "title")
	}
	if e.Priority != nil && t.Priority != *e.Priority {
		t.Priority, what = *e.Priority, append(what, "priority")
	}
	if e.Language != nil && t.Language != *e.Language {
		t.Language, what = *e.Language, append(what, "language")
		t.LanguageSource, t.LanguageConfidence = LanguageAgent, 0
	}
	if e.Label != nil {
		next := e.Label
		if next.Name == "" {
			next = nil
		}
		if (next == nil) != (t.Label == nil) || next != nil && *next != *t.Label {
			t.Label, what = next, append(what, "label")
		}
	}
	return what
}

// participants sets people in copy, followers and links.
func (s *Service) participants(ctx context.Context, tx *store.Tx, actor event.Actor, t *Ticket, e Edit) (what []string, err error) {
	if e.Copied != nil {
		list := make([]string, 0, len(*e.Copied))
		for _, email := range *e.Copied {
			a, err := mail.ParseAddress(email)
			if err != nil || a.Address != email || len(email) > identity.MaxEmail {
				return nil, &store.FieldError{Field: "copied", Reason: "holds something that isn't an email address"}
			}
			list = append(list, strings.ToLower(email))
		}
		if list = slices.Compact(slices.Sorted(slices.Values(list))); !slices.Equal(list, t.Copied) {
			t.Copied, what = list, append(what, "copied")
		}
	}
	if e.Followers != nil {
		for _, agent := range *e.Followers {
			if _, err := s.people.Member(ctx, tx, agent); errors.Is(err, store.ErrNotFound) {
				return nil, &store.FieldError{Field: "followers", Reason: "there is no active agent " + agent}
			} else if err != nil {
				return nil, err
			}
		}
		if list := slices.Compact(slices.Sorted(slices.Values(*e.Followers))); !slices.Equal(list, t.Followers) {
			t.Followers, what = list, append(what, "followers")
		}
	}
	if len(t.Copied)+len(t.Followers) > MaxParticipants {
		return nil, &store.FieldError{Field: "participants", Reason: "at most 50 people in copy and followers", Limit: MaxParticipants}
	}
	if e.Unlink != nil && slices.Contains(t.Links, *e.Unlink) {
		t.Links, what = slices.DeleteFunc(slices.Clone(t.Links), func(l Link) bool { return l == *e.Unlink }), append(what, "links")
	}
	if e.Link == nil || slices.Contains(t.Links, *e.Link) {
		return what, nil
	}
	if len(t.Links) == MaxLinks {
		return nil, &store.FieldError{Field: "links", Reason: "at most 50 links", Limit: MaxLinks}
	}
	if err := s.checkLink(ctx, tx, actor, *e.Link, t.ID); err != nil {
		return nil, err
	}
	t.Links = t.linked(*e.Link)
	if !slices.Contains(what, "links") {
		what = append(what, "links")
	}
	return what, nil
}

// checkLink refuses a link of a ticket that doesn't lead to another one. One that the
// actor doesn't see is none to him.
func (s *Service) checkLink(ctx context.Context, tx *store.Tx, actor event.Actor, l Link, from string) error {
	bad := &store.FieldError{Field: "link", Reason: "leads to another ticket, as duplicate_of, follow_up_of or related"}
	t, err := tickets.Get(ctx, tx, l.Ticket)
	if errors.Is(err, store.ErrNotFound) || err == nil && (l.Ticket == from || !slices.Contains([]LinkKind{DuplicateOf, FollowUpOf, Related}, l.Kind)) {
		return bad
	}
	if err != nil {
		return err
	}
	g, err := s.sight(ctx, tx, actor, identity.On{Subject: from})
	if err == nil && (!g.sees(t) || actor.Kind == event.EndUser && t.EndUser != actor.ID) {
		return bad
	}
	return err
}
