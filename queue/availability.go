package queue

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// MaxReason is how many characters of a reason there are at most.
const MaxReason = 255

// availabilityFacts are the payload of AvailabilitySet.
type availabilityFacts struct {
	Agent  string `json:"agent"`
	From   State  `json:"from"`
	To     State  `json:"to"`
	Reason string `json:"reason,omitempty"`
	By     string `json:"by"`
	// Returned says that his tickets go back to their queues: the state stays then, or
	// changes at the same time.
	Returned bool `json:"returned,omitempty"`
}

// SetAvailability says whether an agent gets tickets, with a reason of at most 255
// characters, or none. The agent himself does so, a supervisor of his team, and admins.
// What is so already stays as it is; another reason is a change. An agent who isn't there,
// or isn't active, is store.ErrNotFound.
func (s *Service) SetAvailability(ctx context.Context, actor event.Actor, agent string, state State, reason string) (av *Availability, err error) {
	reason = strings.TrimSpace(store.CleanText(reason))
	switch {
	case !slices.Contains([]State{Available, Away, Offline}, state):
		return nil, &store.FieldError{Field: "state", Reason: "is available, away or offline"}
	case utf8.RuneCountInString(reason) > MaxReason:
		return nil, store.TooLong("reason", MaxReason)
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.looksAfter(ctx, tx, actor, agent, false); err != nil {
			return err
		}
		if _, err := s.people.Member(ctx, tx, agent); err != nil {
			return err
		}
		av, err = s.become(ctx, tx, actor, agent, state, reason)
		return err
	})
	if err != nil {
		return nil, err
	}
	return av, nil
}

// looksAfter refuses who isn't the agent himself, nor a supervisor of his team, nor an
// admin.
func (s *Service) looksAfter(ctx context.Context, tx *store.Tx, actor event.Actor, agent string, read bool) error {
	on, may := identity.On{Subject: "availability:" + agent, Read: read}, identity.Converse
	if actor != (event.Actor{Kind: event.Agent, ID: agent}) {
		a, err := s.people.In(tx).Agent(ctx, agent)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if may = identity.Organise; err == nil {
			on.Team = a.Team
		}
	}
	return s.people.Authorize(ctx, tx, actor, may, on)
}

// Login makes an agent available who was offline: call it when he signs in. One who is
// away stays so.
func (s *Service) Login(ctx context.Context, agent string) (av *Availability, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.people.Member(ctx, tx, agent); err != nil {
			return err
		}
		if av, err = availabilityOf(ctx, tx, agent); err != nil || av.State != Offline {
			return err
		}
		av, err = s.become(ctx, tx, event.Actor{Kind: event.Agent, ID: agent}, agent, Available, WhyLogin)
		return err
	})
	if err != nil {
		return nil, err
	}
	return av, nil
}

// left sets an agent offline who is deactivated. What he has is handed over by package
// ticket.
func (s *Service) left(ctx context.Context, tx *store.Tx, a *identity.Agent) error {
	av, err := availabilityOf(ctx, tx, a.ID)
	if err != nil || av.State == Offline {
		return err
	}
	_, err = s.become(ctx, tx, event.Actor{Kind: event.System}, a.ID, Offline, WhyLeft)
	return err
}

// lapse is what the engine does about an agent who was available since a moment, and
// doesn't act, or isn't there, any more. Whoever was faster wins: nothing is done then.
func (s *Service) lapse(ctx context.Context, agent string, since time.Time, to State, why string) error {
	return s.root.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		av, err := availabilityOf(ctx, tx, agent)
		if err != nil || av.State != Available || !av.Since.Equal(since) {
			return err
		}
		_, err = s.become(ctx, tx, event.Actor{Kind: event.System}, agent, to, why)
		return err
	})
}

// availabilityOf reads an availability that is to be changed. Of whom nobody has said
// anything, it is Offline.
func availabilityOf(ctx context.Context, tx *store.Tx, agent string) (*Availability, error) {
	lock := store.ForUpdate
	if !tx.Writable() {
		lock = 0
	}
	av, err := availabilities.Lock(ctx, tx, agent, lock)
	if errors.Is(err, store.ErrNotFound) {
		return &Availability{Agent: agent, State: Offline}, nil
	}
	return av, err
}

// become changes an agent's availability, if that makes a difference, and sets the timer
// for what follows from it.
func (s *Service) become(ctx context.Context, tx *store.Tx, actor event.Actor, agent string, to State, why string) (*Availability, error) {
	av, err := availabilityOf(ctx, tx, agent)
	if err != nil || av.State == to && av.Reason == why {
		return av, err
	}
	f := availabilityFacts{Agent: agent, From: av.State, To: to, Reason: why, By: actor.String()}
	av.enter(to, s.now())
	av.Live = to == Available && (av.Live || s.presence.Online(event.Actor{Kind: event.Agent, ID: agent}))
	av.Reason, av.By = why, actor.String()
	if why == WhyLeft {
		av.Returned = av.Since // package ticket hands over what he has
	}
	if err := s.putAvailability(ctx, tx, actor, av, f); err != nil {
		return nil, err
	}
	return av, s.follow(ctx, tx, av)
}

// enter is what a state begins with, if it isn't the one that the agent is in.
func (av *Availability) enter(to State, now time.Time) {
	if av.State != to || av.Since.IsZero() {
		av.Since, av.Live = now, false
	}
	if av.State = to; to == Available {
		av.Absent, av.Returned = time.Time{}, time.Time{}
	} else if av.Absent.IsZero() {
		av.Absent = now
	}
}

func (s *Service) putAvailability(ctx context.Context, tx *store.Tx, actor event.Actor, av *Availability, f availabilityFacts) error {
	if err := first(availabilities.Put(ctx, tx, av)); err != nil {
		return err
	}
	return s.record(ctx, tx, AvailabilitySet, "availability:"+av.Agent, av.Rev, actor, f)
}

// Availability returns whether an agent gets tickets. Of whom nobody has said anything, it
// is Offline.
func (s *Service) Availability(ctx context.Context, agent string) (av *Availability, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		av, err = availabilityOf(ctx, tx, agent)
		return err
	})
	return av, err
}

// Availabilities returns at most limit agents, and no more than 200, of whom anything was
// said, in order of id, and the cursor of the next page.
func (s *Service) Availabilities(ctx context.Context, after string, limit int) (avs []*Availability, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		avs, next, err = availabilities.Page(ctx, tx, store.ByKey().Limit(pageSize(limit)).After(after))
		return err
	})
	return avs, next, err
}

// AvailabilityChange is a line of the log of an agent's availability.
type AvailabilityChange struct {
	Time     time.Time
	From, To State
	Reason   string
	By       event.Actor // the agent, who looks after him, or the system
	Returned bool        // his tickets go back to their queues
}

// AvailabilityLog returns at most limit changes of an agent's availability, and no more
// than 200, newest first, and the cursor of the next page. It is for the agent himself, a
// supervisor of his team, and admins.
func (s *Service) AvailabilityLog(ctx context.Context, actor event.Actor, agent, after string, limit int) (log []AvailabilityChange, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		log = nil
		if err := s.looksAfter(ctx, tx, actor, agent, true); err != nil {
			return err
		}
		walk := s.events.Back("availability:"+agent, after)
		for len(log) < pageSize(limit) {
			e, err := walk.Peek(ctx, tx)
			if e == nil || err != nil {
				return err
			}
			var f availabilityFacts
			if err := e.Payload(&f); err != nil {
				return err
			}
			log = append(log, AvailabilityChange{Time: e.Time, From: f.From, To: f.To, Reason: f.Reason, By: e.Actor, Returned: f.Returned})
			walk.Take()
		}
		more, err := walk.Peek(ctx, tx)
		if more != nil {
			next = walk.Cursor()
		}
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return log, next, nil
}
