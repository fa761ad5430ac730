package bot

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Check says what is wrong with a flow on this desk, and what looks so.
func (s *Service) Check(ctx context.Context, actor event.Actor, f *flow.Flow) (ps []flow.Problem, err error) {
	err = s.look(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
		ps, err = s.problems(ctx, tx, f)
		return err
	})
	return ps, err
}

// problems holds a flow against the desk.
func (s *Service) problems(ctx context.Context, tx *store.Tx, f *flow.Flow) ([]flow.Problem, error) {
	fields, err := s.Tickets.In(tx).Fields(ctx)
	if err != nil {
		return nil, err
	}
	var failed error
	has := func(read func() error) bool {
		err := read()
		if err != nil && !missing(err) && failed == nil {
			failed = err
		}
		return err == nil
	}
	k := &flow.Known{
		Field: func(key string) bool {
			return slices.ContainsFunc(fields, func(f *ticket.Field) bool { return f.Key == key && !f.Archived })
		},
		Tag: func(name string) bool {
			return has(func() error { _, err := s.Tickets.In(tx).Tag(ctx, name); return err })
		},
		Function: func(name string) bool { return s.functions[name] != nil },
		Target:   func(h *flow.HandOff) error { return s.target(ctx, tx, h, has) },
	}
	if len(f.Steps) <= flow.MaxSteps { // others aren't looked into
		env, err := newEnv(f, fields)
		if err != nil {
			return nil, err
		}
		k.Condition = func(source string) error {
			_, err := env.Compile(source)
			return err
		}
	}
	return f.Check(k), failed
}

// target says what is wrong with where a hand-off leads.
func (s *Service) target(ctx context.Context, tx *store.Tx, h *flow.HandOff, has func(func() error) bool) error {
	switch {
	case h.Queue != "" && !has(func() error { _, err := s.Queues.In(tx).Queue(ctx, h.Queue); return err }):
		return fmt.Errorf("there is no queue %s", h.Queue)
	case h.Group != "" && !has(func() error { _, err := s.People.Staffed(ctx, tx, h.Group); return err }):
		return fmt.Errorf("there is no group %s", h.Group)
	case h.Agent != "" && !has(func() error { _, err := s.People.Member(ctx, tx, h.Agent); return err }):
		return fmt.Errorf("there is no active agent %s", h.Agent)
	case h.Bot == "":
		return nil
	}
	var b *Bot
	if !has(func() (err error) { b, err = bots.Get(ctx, tx, h.Bot); return err }) {
		return fmt.Errorf("there is no bot %s", h.Bot)
	}
	if b != nil && b.Use == flow.Feedback {
		return fmt.Errorf("bot %s is there for feedback, and not for open tickets", h.Bot)
	}
	return nil
}

// player runs one version of a bot.
type player struct {
	flow       *flow.Flow
	machine    *flow.Machine
	conditions map[string]*condition.Condition[*subject]
}

// players are those that a process has made. A version never changes.
type players struct {
	mu  sync.Mutex
	all map[string]*player
}

// maxPlayers is how many versions a process keeps at hand.
const maxPlayers = 500

func newPlayers() *players { return &players{all: map[string]*player{}} }

// player returns what runs a version of a bot.
func (s *Service) player(ctx context.Context, tx *store.Tx, bot string, number int) (*player, error) {
	key := editionKey(bot, number)
	s.players.mu.Lock()
	p := s.players.all[key]
	s.players.mu.Unlock()
	if p != nil {
		return p, nil
	}
	e, err := editions.Get(ctx, tx, key)
	if err != nil {
		return nil, err
	}
	fields, err := s.Tickets.In(tx).Fields(ctx)
	if err != nil {
		return nil, err
	}
	if p, err = newPlayer(e.Flow, fields); err != nil {
		return nil, &flow.Failure{Err: err}
	}
	s.players.mu.Lock()
	defer s.players.mu.Unlock()
	if len(s.players.all) >= maxPlayers {
		clear(s.players.all)
	}
	s.players.all[key] = p
	return p, nil
}

func newPlayer(f *flow.Flow, fields []*ticket.Field) (*player, error) {
	m, err := flow.New(f)
	if err != nil {
		return nil, err
	}
	env, err := newEnv(f, fields)
	if err != nil {
		return nil, err
	}
	p := &player{flow: f, machine: m, conditions: map[string]*condition.Condition[*subject]{}}
	for i := range f.Steps {
		if f.Steps[i].Branch == nil {
			continue
		}
		for _, c := range f.Steps[i].Branch.Cases {
			if p.conditions[c.When], err = env.Compile(c.When); err != nil {
				return nil, fmt.Errorf("condition of step %s: %w", f.Steps[i].ID, err)
			}
		}
	}
	return p, nil
}

// names are sorted, for errors.
func names[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
