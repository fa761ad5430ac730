package ticket

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/store"
)

// policyEntry is a policy with its compiled condition.
type policyEntry struct {
	*Policy
	cond *condition.Condition[*Ticket]
	err  error // why the condition can't be used any more
}

// policySet is all policies of a desk with their calendars, compiled. It doesn't change.
type policySet struct {
	version   int64
	all       []*policyEntry // in order
	live      []*policyEntry // those of set
	set       *condition.Set[*Ticket]
	calendars map[string]*hours.Calendar // by id; "" is the desk's
	queues    map[string]string          // ids of calendars, by queue
	platforms map[string]string          // likewise, by app/platform
}

// compiledPolicies is the set that this process used last.
type compiledPolicies struct{ at atomic.Pointer[policySet] }

// policySet returns the policies as they are in a transaction, from memory if they are
// known.
func (s *Service) policySet(ctx context.Context, tx *store.Tx) (*policySet, error) {
	b, err := policyBooks.Shared(ctx, tx, policyKey)
	if err != nil {
		return nil, err
	}
	if known := s.policies.at.Load(); known != nil && known.version == b.Version {
		return known, nil
	}
	ps := &policySet{version: b.Version, calendars: map[string]*hours.Calendar{}, platforms: map[string]string{}}
	if len(b.Order) > 0 {
		if err := s.compilePolicies(ctx, tx, ps, b.Order); err != nil {
			return nil, err
		}
	}
	if err := s.readCalendars(ctx, tx, ps); err != nil {
		return nil, err
	}
	s.policies.at.Store(ps)
	return ps, nil
}

// none says that no ticket has a policy.
func (ps *policySet) none() bool { return len(ps.live) == 0 }

func (s *Service) compilePolicies(ctx context.Context, tx *store.Tx, ps *policySet, order []string) error {
	env, err := policyEnv(ctx, tx)
	if err != nil {
		return err
	}
	var conds []*condition.Condition[*Ticket]
	for _, id := range order {
		p, err := policies.Get(ctx, tx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue // deleted this moment, which the next version tells
		}
		if err != nil {
			return err
		}
		e := newPolicyEntry(env, p)
		ps.all = append(ps.all, e)
		if e.err == nil && !p.Off {
			ps.live, conds = append(ps.live, e), append(conds, e.cond)
		}
	}
	ps.set = env.NewSet(conds)
	return nil
}

// readCalendars reads those by which the set counts.
func (s *Service) readCalendars(ctx context.Context, tx *store.Tx, ps *policySet) error {
	ids := []string{""}
	if s.queueHours != nil {
		var err error
		if ps.queues, err = s.queueHours(ctx, tx); err != nil {
			return err
		}
		ids = slices.AppendSeq(ids, maps.Values(ps.queues))
	}
	for _, e := range ps.live {
		ids = append(ids, e.Calendar)
	}
	for a, err := range apps.All(ctx, tx, store.ByKey()) {
		if err != nil {
			return err
		}
		for i := range a.Platforms {
			if id := a.Platforms[i].Hours; id != "" {
				ps.platforms[a.ID+"/"+a.Platforms[i].Name] = id
				ids = append(ids, id)
			}
		}
	}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		c, err := s.Hours(ctx, tx, id)
		if err != nil {
			return err
		}
		ps.calendars[id] = c
	}
	return nil
}

// policyEnv are the names that conditions of policies may use: those of filters, but
// for who asks and when, and for what policies make of a ticket.
func policyEnv(ctx context.Context, tx *store.Tx) (*condition.Env[*Ticket], error) {
	defined, _, err := fields.Page(ctx, tx, store.ByKey().Limit(MaxFields))
	if err != nil {
		return nil, err
	}
	vars := Vars("ticket", "field", func(t *Ticket) *Ticket { return t }, defined)
	return condition.NewEnv(slices.DeleteFunc(vars, func(v condition.Var[*Ticket]) bool {
		return strings.HasPrefix(v.Name, "ticket.due")
	})...)
}

func newPolicyEntry(env *condition.Env[*Ticket], p *Policy) *policyEntry {
	e := &policyEntry{Policy: p}
	e.cond, e.err = env.Compile(cmp.Or(p.When, "true"))
	return e
}

// of is the policy that a ticket comes under, or nil.
func (ps *policySet) of(t *Ticket) *policyEntry {
	if ps.none() {
		return nil
	}
	var room [MaxPolicies]int
	for _, i := range ps.set.Candidates(room[:0], t) {
		if ps.live[i].cond.Match(t) {
			return ps.live[i]
		}
	}
	return nil
}

// HoursOf returns the calendar by which a ticket's business time counts: that of its
// queue, else of its platform, else the desk's. It asks nobody what he may see: it is for
// packages that act in the desk's own name.
func (s *Service) HoursOf(ctx context.Context, tx *store.Tx, t *Ticket) (*hours.Calendar, error) {
	ps, err := s.policySet(ctx, tx)
	if err != nil {
		return nil, err
	}
	return ps.hours(t, ""), nil
}

// hours is the calendar of a ticket, if there is none of one's own.
func (ps *policySet) hours(t *Ticket, own string) *hours.Calendar {
	return ps.calendars[cmp.Or(own, ps.queues[t.Queue], ps.platforms[t.App+"/"+t.Platform])]
}

// counts is the calendar by which a ticket's targets count under a policy.
func (ps *policySet) counts(p *policyEntry, t *Ticket) *hours.Calendar {
	return ps.hours(t, p.Calendar)
}

// clocks are those that count on a ticket, by the policy that it comes under. What was
// breached stays breached, and due when it was.
func (ps *policySet) clocks(t *Ticket, said []Alert) (policy string, ks []Clock) {
	p := ps.of(t)
	if p == nil {
		return "", nil
	}
	c := ps.counts(p, t)
	for _, target := range Targets() {
		k, ok := t.clock(c, target, p.goal(target), p.AtRisk)
		if !ok {
			continue
		}
		if a := alert(said, target, k.Since); a != nil && !a.Breached.IsZero() {
			k.Due, k.Risk, k.Left = a.Breached, time.Time{}, 0
		}
		ks = append(ks, k)
	}
	return p.ID, ks
}
