package ticket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// MaxTag is the length of a tag in characters.
const MaxTag = 100

// Tag is defined before it is used; its name is unique whatever its case.
type Tag struct {
	Name     string    `json:"name"`
	Team     string    `json:"team,omitempty"`     // id of the one whose supervisor looks after it; "" is the admins'
	Archived bool      `json:"archived,omitempty"` // stays on old tickets, goes on no new ones
	Created  time.Time `json:"created"`
	Rev      store.Rev `json:"-"`
}

var tags = &store.Collection[Tag]{
	Name:       "tag",
	Key:        func(t *Tag) string { return foldTag(t.Name) },
	Rev:        func(t *Tag) *store.Rev { return &t.Rev },
	Impersonal: "holds definitions",
}

func foldTag(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// SaveTag defines a tag (revision 0), or changes the one that was read before. A
// bad name is a *store.FieldError, one that is taken store.ErrExists, and a tag
// that was changed meanwhile store.ErrStale.
func (s *Service) SaveTag(ctx context.Context, actor event.Actor, t *Tag) error {
	t.Name = strings.TrimSpace(t.Name)
	if n := utf8.RuneCountInString(t.Name); n == 0 || n > MaxTag || strings.ContainsFunc(t.Name, unicode.IsControl) {
		return &store.FieldError{Field: "tag", Reason: "has 1 to 100 printable characters", Limit: MaxTag}
	}
	given := t.Team
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		subject := "tag:" + foldTag(t.Name)
		what, was := "tag.changed", "" // the team that it belongs to as yet
		if t.Rev == 0 {
			team, err := s.people.TeamFor(ctx, tx, actor, given)
			if err != nil {
				return err
			}
			what, t.Created, t.Team, was = "tag.created", s.now(), team, team
		} else if old, err := tags.Get(ctx, tx, foldTag(t.Name)); err == nil {
			was = old.Team
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := s.people.Organises(ctx, tx, actor, subject, was, t.Team); err != nil {
			return err
		}
		if err := tags.Put(ctx, tx, t); err != nil {
			return err
		}
		return s.events.Append(ctx, tx, &event.Event{Type: what, Subject: subject, Revision: int64(t.Rev), Actor: actor})
	})
}

// Tag returns the tag with this name, whatever its case, or store.ErrNotFound.
func (s *Service) Tag(ctx context.Context, name string) (t *Tag, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		t, err = tags.Get(ctx, tx, foldTag(name))
		return err
	})
	return t, err
}

// Tags returns at most limit tags, and no more than 200, in order of name, and the
// cursor of the next page.
func (s *Service) Tags(ctx context.Context, after string, limit int) (ts []*Tag, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		ts, next, err = tags.Page(ctx, tx, store.ByKey().Limit(pageSize(limit)).After(after))
		return err
	})
	return ts, next, err
}

// setTags adds and removes tags. Tags that aren't defined, or are archived, are
// left out with a warning where a device sends them, and an error otherwise.
func (s *Service) setTags(ctx context.Context, tx *store.Tx, t *Ticket, actor event.Actor, add, remove []string) (changed []string, ws []identity.Warning, err error) {
	now := slices.Clone(t.Tags)
	for _, name := range remove {
		now = slices.DeleteFunc(now, func(have string) bool { return foldTag(have) == foldTag(name) })
	}
	for _, name := range add {
		if slices.ContainsFunc(now, func(have string) bool { return foldTag(have) == foldTag(name) }) {
			continue
		}
		tag, err := s.usableTag(ctx, tx, name)
		if err == nil && len(now) >= MaxTags {
			err = &store.FieldError{Field: "tags", Reason: "at most 100 tags on a ticket", Limit: MaxTags}
		}
		bad, isBad := errors.AsType[*store.FieldError](err)
		switch {
		case isBad && actor.Kind == event.EndUser:
			ws = append(ws, identity.Warning{Field: bad.Field, Detail: bad.Reason})
		case err != nil:
			return nil, nil, err
		default:
			now = append(now, tag.Name)
		}
	}
	slices.Sort(now)
	for _, name := range slices.Concat(now, t.Tags) {
		if slices.Contains(now, name) != slices.Contains(t.Tags, name) {
			changed = append(changed, name)
		}
	}
	if len(changed) > 0 {
		t.Tags = now
	}
	return changed, ws, nil
}

// NeedTags refuses names of tags that can't be put on a ticket, by a *store.FieldError
// about a field.
func (s *Service) NeedTags(ctx context.Context, tx *store.Tx, field string, names []string) error {
	for _, name := range names {
		_, err := s.usableTag(ctx, tx, name)
		if bad, ok := errors.AsType[*store.FieldError](err); ok {
			return &store.FieldError{Field: field, Reason: fmt.Sprintf("%q: %s", name, bad.Reason)}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) usableTag(ctx context.Context, tx *store.Tx, name string) (*Tag, error) {
	shown := shorten(store.CleanText(name), MaxTag)
	tag, err := tags.Lock(ctx, tx, foldTag(shown), store.Share)
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrValue), shown != name:
		return nil, &store.FieldError{Field: "tags." + shown, Reason: "there is no such tag"}
	case err == nil && tag.Archived:
		return nil, &store.FieldError{Field: "tags." + shown, Reason: "is archived"}
	}
	return tag, err
}
