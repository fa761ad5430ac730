package report

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Parts are the services that reports are made from.
type Parts struct {
	Analytics *analytics.Service
	People    *identity.Service
	Tickets   *ticket.Service
	Queues    *queue.Service
	Bots      *bot.Service
}

// Options are what has defaults; nil is all of them.
type Options struct {
	Now func() time.Time // the clock; nil is the computer's
}

// Service makes reports. It may be used by several goroutines.
type Service struct {
	Parts
	analytics *analytics.Service
	now       func() time.Time
}

// New returns a service. All parts are needed.
func New(p Parts, o *Options) *Service {
	s := &Service{Parts: p, analytics: p.Analytics, now: time.Now}
	if o != nil && o.Now != nil {
		s.now = o.Now
	}
	return s
}

// Choice is a value of a dimension.
type Choice struct{ Key, Name string }

// None is what figures of no value are called: those of tickets without a queue, agent …
func None(d analytics.Dimension) string {
	switch d {
	case analytics.App, analytics.Platform, analytics.Channel, analytics.Language:
		return "Unknown"
	}
	return "No " + string(d)
}

// Dimension is what people call a dimension.
func Dimension(d analytics.Dimension) string {
	return strings.ToUpper(string(d[:1])) + string(d[1:])
}

// Names returns what people call values of a dimension. What isn't there any more, or has
// no other name, is called by its key, and "" by what None says. It asks nobody's
// permission: names of staff, queues and bots are no secret of a desk.
func (s *Service) Names(ctx context.Context, d analytics.Dimension, keys []string) (map[string]string, error) {
	names := make(map[string]string, len(keys))
	for _, key := range keys {
		if key == "" {
			names[key] = None(d)
			continue
		}
		name, err := s.name(ctx, d, key)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		if names[key] = name; name == "" {
			names[key] = key
		}
	}
	return names, nil
}

// us reads bots' names, which who sees figures need not be allowed to set up.
var us = event.Actor{Kind: event.System, ID: "reports"}

func (s *Service) name(ctx context.Context, d analytics.Dimension, key string) (string, error) {
	switch d {
	case analytics.App:
		return called(s.Tickets.App(ctx, key))(func(a *ticket.App) string { return a.Name })
	case analytics.Queue:
		return called(s.Queues.Queue(ctx, key))(func(q *queue.Queue) string { return q.Name })
	case analytics.Group:
		return called(s.People.Group(ctx, key))(func(g *identity.Group) string { return g.Name })
	case analytics.Team:
		return called(s.People.Team(ctx, key))(func(t *identity.Team) string { return t.Name })
	case analytics.Agent:
		return called(s.People.Agent(ctx, key))(func(a *identity.Agent) string { return a.Name })
	case analytics.Bot:
		return called(s.Bots.Bot(ctx, us, key))(func(b *bot.Bot) string { return b.Name })
	}
	return key, nil
}

// called is the name of what was found.
func called[T any](found *T, err error) func(func(*T) string) (string, error) {
	return func(name func(*T) string) (string, error) {
		if err != nil {
			return "", err
		}
		return name(found), nil
	}
}

// MaxChoices is how many values of a dimension are offered.
const MaxChoices = 1000

// Choices are the values of a dimension that the desk knows, by name, for filters; none for
// channels, languages and labels, of which any may occur.
func (s *Service) Choices(ctx context.Context, d analytics.Dimension) (all []Choice, err error) {
	add := func(key, name string) { all = append(all, Choice{key, name}) }
	switch d {
	case analytics.Platform:
		for _, p := range ticket.Platforms() {
			add(p, p)
		}
		return all, nil
	case analytics.Queue:
		qs, _, err := s.Queues.Queues(ctx)
		for _, q := range qs {
			add(q.ID, q.Name)
		}
		return all, err // by rank, which says more than names
	case analytics.App:
		err = pages(ctx, s.Tickets.Apps, func(a *ticket.App) { add(a.ID, a.Name) })
	case analytics.Group:
		err = pages(ctx, s.People.Groups, func(g *identity.Group) { add(g.ID, g.Name) })
	case analytics.Team:
		err = pages(ctx, s.People.Teams, func(t *identity.Team) { add(t.ID, t.Name) })
	case analytics.Agent:
		err = pages(ctx, s.People.Agents, func(a *identity.Agent) { add(a.ID, a.Name) })
	case analytics.Tag:
		err = pages(ctx, s.Tickets.Tags, func(t *ticket.Tag) { add(t.Name, t.Name) })
	case analytics.Bot:
		err = pages(ctx, func(ctx context.Context, after string, limit int) ([]*bot.Bot, string, error) {
			return s.Bots.Bots(ctx, us, after, limit)
		}, func(b *bot.Bot) { add(b.ID, b.Name) })
	}
	slices.SortStableFunc(all, func(a, b Choice) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return all, err
}

// pages calls f for what a list has, up to MaxChoices.
func pages[T any](ctx context.Context, list func(ctx context.Context, after string, limit int) ([]T, string, error), f func(T)) error {
	after := ""
	for n := 0; n < MaxChoices; {
		page, next, err := list(ctx, after, 200)
		if err != nil {
			return err
		}
		for _, v := range page {
			f(v)
		}
		if n += len(page); next == "" {
			return nil
		}
		after = next
	}
	return nil
}
