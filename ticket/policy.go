package ticket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// The limits of service policies.
const (
	MaxPolicies = 100                  // on a desk
	MinGoal     = time.Minute          // of a target
	MaxGoal     = 366 * 24 * time.Hour // of a target, business time
	defaultRisk = 80
)

// Policy says within which time tickets of some kind are answered and resolved. A desk
// has a list of them: of a ticket the first one counts whose condition is true of it.
type Policy struct {
	ID   string `json:"id"` // UUIDv7, if none is given
	Name string `json:"name"`
	// When is a condition over a ticket, as a view's filter: ticket.priority == "urgent"
	// and ticket.app == "shop". It can't ask for me, now, or how a target stands. "" is
	// every ticket.
	When string `json:"when,omitempty"`
	// The targets, of business time, at least a minute and at most 366 days; 0 is none.
	First      time.Duration `json:"first,omitempty"`      // TargetFirst
	Next       time.Duration `json:"next,omitempty"`       // TargetNext
	Resolution time.Duration `json:"resolution,omitempty"` // TargetResolution
	// AtRisk is the share of a target's time, in percent, after which it is at risk: 1 to
	// 99; 0 is 80, and 100 never. It is a share because a policy's targets may be an hour
	// and a week: no one span of time suits both.
	AtRisk int `json:"at_risk,omitempty"`
	// Calendar is the id of the one by which business time counts. "": that of the ticket's
	// queue, else its platform's, else the desk's, else all time counts.
	Calendar string    `json:"calendar,omitempty"`
	Off      bool      `json:"off,omitempty"` // kept, and of no ticket
	Created  time.Time `json:"created"`
	Updated  time.Time `json:"updated"`
	Rev      store.Rev `json:"-"`

	// Problem is filled in by Policies: why the condition can't be used any more.
	Problem string `json:"-"`
}

// goal is the time of a target, 0 if there is none.
func (p *Policy) goal(target Target) time.Duration {
	switch target {
	case TargetFirst:
		return p.First
	case TargetNext:
		return p.Next
	}
	return p.Resolution
}

var policies = &store.Collection[Policy]{
	Name:       "ticket_policy",
	Key:        func(p *Policy) string { return p.ID },
	Rev:        func(p *Policy) *store.Rev { return &p.Rev },
	Impersonal: "holds settings",
}

// policyBook is the root of all policies: their order, and a version that moves with
// everything that due moments depend on: policies, fields, calendars, whose they are.
type policyBook struct {
	ID      string    `json:"id"`
	Version int64     `json:"version"` // never used twice, not even by what was rolled back
	Moved   time.Time `json:"moved"`   // when it got that
	Order   []string  `json:"order,omitempty"`
	Rev     store.Rev `json:"-"`
}

var policyBooks = &store.Collection[policyBook]{
	Name:       "ticket_policies",
	Key:        func(b *policyBook) string { return b.ID },
	Rev:        func(b *policyBook) *store.Rev { return &b.Rev },
	Impersonal: "holds an order",
}

const policyKey = "desk"

// wantPolicies is what a change of a ticket is going to read.
func wantPolicies() store.Want { return policyBooks.Want(policyKey, 0) }

// openPolicies makes the book of a new desk.
func (s *Service) openPolicies(ctx context.Context) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := policyBooks.Get(ctx, tx, policyKey)
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err = policyBooks.Put(ctx, tx, &policyBook{ID: policyKey}); errors.Is(err, store.ErrExists) {
			err = nil // by another process
		}
		return err
	})
}

func (p *Policy) valid() error {
	refuse := func(field, reason string) error { return &store.FieldError{Field: "policy." + field, Reason: reason} }
	p.Name = strings.TrimSpace(p.Name)
	switch {
	case p.Name == "":
		return refuse("name", "is missing")
	case utf8.RuneCountInString(p.Name) > MaxTitle:
		return store.TooLong("policy.name", MaxTitle)
	case utf8.RuneCountInString(p.When) > MaxFilter:
		return store.TooLong("policy.when", MaxFilter)
	case len(p.ID) > maxRef || strings.ContainsAny(p.ID, "/ \n"):
		return &store.FieldError{Field: "policy.id", Reason: "has at most 100 characters, without spaces and slashes", Limit: maxRef}
	case len(p.Calendar) > maxRef:
		return store.TooLong("policy.calendar", maxRef)
	case p.AtRisk < 0 || p.AtRisk > 100:
		return &store.FieldError{Field: "policy.at_risk", Reason: "is a share in percent, from 0 to 100", Limit: 100}
	case p.First == 0 && p.Next == 0 && p.Resolution == 0:
		return refuse("targets", "are missing: a policy has at least one")
	}
	for name, d := range map[string]time.Duration{"first": p.First, "next": p.Next, "resolution": p.Resolution} {
		if d != 0 && (d < MinGoal || d > MaxGoal) {
			return refuse(name, "is 0, or from a minute to 366 days")
		}
	}
	return nil
}

// SavePolicy creates a policy (revision 0; an empty id gets one), which goes to the end
// of the list, or changes the one that was read before. It is for who may configure. A
// bad value is a *store.FieldError, a bad condition a *ConditionError as well, an id
// that is taken store.ErrExists, and a policy that was changed meanwhile store.ErrStale.
// Due moments of open tickets move at their next change, and in the background within
// short. What was breached stays so, and what is past by the new policy is breached.
func (s *Service) SavePolicy(ctx context.Context, actor event.Actor, p *Policy) error {
	if err := p.valid(); err != nil {
		return err
	}
	if p.ID == "" {
		p.ID = s.events.IDs().New()
	}
	was := *p
	err := s.keepBook(ctx, actor, "policy:"+p.ID, func(ctx context.Context, tx *store.Tx, b *policyBook) (*event.Event, error) {
		*p = was
		if err := s.checkPolicy(ctx, tx, b, p); err != nil {
			return nil, err
		}
		what := "policy.changed"
		if p.Updated = s.now(); p.Rev == 0 {
			what, p.Created = "policy.created", p.Updated
			b.Order = append(slices.Clone(b.Order), p.ID)
		}
		err := policies.Put(ctx, tx, p)
		return &event.Event{Type: what, Subject: "policy:" + p.ID, Revision: int64(p.Rev), Actor: actor}, err
	})
	if err != nil {
		*p = was
	}
	return err
}

// keepBook changes the policies, and has open tickets looked at.
func (s *Service) keepBook(ctx context.Context, actor event.Actor, subject string, put func(context.Context, *store.Tx, *policyBook) (*event.Event, error)) error {
	return s.configure(ctx, actor, identity.Configure, subject, func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		b, err := policyBooks.Lock(ctx, tx, policyKey, store.ForUpdate)
		if err != nil {
			return nil, err
		}
		had := len(b.Order) > 0
		e, err := put(ctx, tx, b)
		if err == nil {
			err = s.turnBook(ctx, tx, b, had)
		}
		return e, err
	})
}

// checkPolicy compares a policy with the others, and compiles its condition.
func (s *Service) checkPolicy(ctx context.Context, tx *store.Tx, b *policyBook, p *Policy) error {
	switch {
	case p.Rev == 0 && len(b.Order) >= MaxPolicies:
		return &store.FieldError{Field: "policy", Reason: "a desk has at most 100 service policies", Limit: MaxPolicies}
	case p.Rev != 0 && !slices.Contains(b.Order, p.ID):
		return store.ErrStale
	}
	if p.Rev != 0 {
		old, err := policies.Get(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		p.Created = old.Created
	}
	if err := s.NeedCalendar(ctx, tx, "policy.calendar", p.Calendar); err != nil {
		return err
	}
	env, err := policyEnv(ctx, tx)
	if err != nil {
		return err
	}
	if e := newPolicyEntry(env, p); e.err != nil {
		return fmt.Errorf("%w: %w", &store.FieldError{Field: "policy.when", Reason: "isn't a condition"}, e.err)
	}
	return nil
}

// Policies returns all service policies in their order, at most 100.
func (s *Service) Policies(ctx context.Context) (all []*Policy, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		set, err := s.policySet(ctx, tx)
		if err != nil {
			return err
		}
		all = nil
		for _, e := range set.all {
			p := *e.Policy
			if e.err != nil {
				p.Problem = e.err.Error()
			}
			all = append(all, &p)
		}
		return nil
	})
	return all, err
}

// DeletePolicy removes a policy, if its revision is still the stored one: else
// store.ErrStale. It is for who may configure. Tickets come under the next policy
// whose condition is true of them; what was breached stays so.
func (s *Service) DeletePolicy(ctx context.Context, actor event.Actor, p *Policy) error {
	return s.keepBook(ctx, actor, "policy:"+p.ID, func(ctx context.Context, tx *store.Tx, b *policyBook) (*event.Event, error) {
		gone, err := policies.Lock(ctx, tx, p.ID, store.ForUpdate)
		if err != nil {
			return nil, err
		}
		if gone.Rev != p.Rev {
			return nil, store.ErrStale
		}
		b.Order = slices.DeleteFunc(slices.Clone(b.Order), func(id string) bool { return id == p.ID })
		err = policies.Delete(ctx, tx, gone)
		return &event.Event{Type: "policy.deleted", Subject: "policy:" + p.ID, Revision: int64(p.Rev) + 1, Actor: actor}, err
	})
}

// OrderPolicies gives the policies an order: ids names each once, else the error is a
// *store.FieldError. was is the order that the caller saw, in which one that was
// created or deleted meanwhile is missing: then it is store.ErrStale. It is for who may
// configure.
func (s *Service) OrderPolicies(ctx context.Context, actor event.Actor, was, ids []string) error {
	return s.keepBook(ctx, actor, "policies", func(_ context.Context, _ *store.Tx, b *policyBook) (*event.Event, error) {
		if !slices.Equal(b.Order, was) {
			return nil, store.ErrStale
		}
		if !slices.Equal(slices.Sorted(slices.Values(ids)), slices.Sorted(slices.Values(was))) {
			return nil, &store.FieldError{Field: "policies", Reason: "names each policy once"}
		}
		b.Order = slices.Clone(ids)
		return &event.Event{Type: "policies.ordered", Subject: "policies", Revision: int64(b.Rev) + 1, Actor: actor}, nil
	})
}
