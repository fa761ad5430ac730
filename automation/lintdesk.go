package automation

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Vocabulary is what conditions of rules may ask about, with the custom fields and the
// host's functions as they are now, for FormNames, Form.Expression and ParseForm. It is
// for who may configure.
func (s *Service) Vocabulary(ctx context.Context, actor event.Actor) (v Vocabulary, err error) {
	err = s.view(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
		b, err := s.book(ctx, tx)
		if err == nil {
			v = b.env
		}
		return err
	})
	return v, err
}

// Lint looks for what is wrong with the desk's rules; see the function Lint. Agents who
// are inactive, and what is archived, count as not there. It reads the rules at one
// moment, and afterwards, each by itself, what they name. It is for who may configure.
func (s *Service) Lint(ctx context.Context, actor event.Actor) ([]Finding, error) {
	var b *book
	err := s.view(ctx, actor, func(ctx context.Context, tx *store.Tx) (err error) {
		b, err = s.book(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	all := make([]*Rule, len(b.rules))
	for i, c := range b.rules {
		all[i] = c.Rule
	}
	known := map[Reference]bool{}
	found := Lint(b.env, all, func(r Reference) bool {
		is, asked := known[r]
		if !asked && err == nil {
			is, err = s.isThere(ctx, actor, b, r)
			known[r] = is
		}
		return is || err != nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Naming returns the rules that are on and name something, in the order of the list: in
// their trigger, apps, actions, or where their condition compares with it. It is for who
// may configure.
func (s *Service) Naming(ctx context.Context, actor event.Actor, ref Reference) (named []*Rule, err error) {
	err = s.view(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
		b, err := s.book(ctx, tx)
		if err != nil {
			return err
		}
		named = nil
		l := &linter[*subject]{env: b.env, there: func(r Reference) bool { return r != ref }}
		for _, c := range b.rules {
			if l.found = nil; c.Off {
				continue
			}
			l.references(c.Rule)
			if own, err := b.env.Compile(cmp.Or(strings.TrimSpace(c.When), "true")); err == nil {
				l.mentioned(c.Rule, own.Reads())
			}
			if len(l.found) > 0 {
				named = append(named, c.shown())
			}
		}
		return nil
	})
	return named, err
}

// isThere looks for what a rule names. Bots have to be at work.
func (s *Service) isThere(ctx context.Context, actor event.Actor, b *book, r Reference) (is bool, err error) {
	is = true
	switch r.Kind {
	case RefField:
		return b.hasField(r.ID), nil
	case RefFunction:
		return s.calls[r.ID] != nil, nil
	case RefAgent:
		a, gone := s.people.Agent(ctx, r.ID)
		is, err = gone == nil && !a.Inactive, gone
	case RefGroup:
		_, err = s.people.Group(ctx, r.ID)
	case RefQueue:
		_, err = s.queues.Queue(ctx, r.ID)
	case RefApp:
		a, gone := s.tickets.App(ctx, r.ID)
		is, err = gone == nil && !a.Archived, gone
	case RefTag:
		t, gone := s.tickets.Tag(ctx, r.ID)
		is, err = gone == nil && !t.Archived, gone
	case RefReply:
		q, gone := s.tickets.QuickReply(ctx, actor, r.ID)
		is, err = gone == nil && !q.Archived && q.Owner == "", gone
	case RefBot: // whoever asks about a bot holds it, which a View can't
		err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return s.tickets.NeedBot(ctx, tx, "bot", r.ID) })
		if _, gone := errors.AsType[*store.FieldError](err); gone {
			return false, nil
		}
	case RefCalendar:
		_, err = s.tickets.Calendar(ctx, r.ID)
	}
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return is, err
}
