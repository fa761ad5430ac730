package automation

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// SaveRule creates a rule (revision 0; an empty id gets one), which goes to the end of the
// list, or changes the one that was read before. It is for who may configure. A bad value
// is a *store.FieldError (in a *ticket.ActionError, if it is about an action), a bad
// condition a *ConditionError as well, an id that is taken store.ErrExists, and a rule
// that was changed meanwhile store.ErrStale. What a rule has fired stays so.
func (s *Service) SaveRule(ctx context.Context, actor event.Actor, r *Rule) error {
	if err := r.valid(); err != nil {
		return err
	}
	if r.ID == "" {
		r.ID = s.events.IDs().New()
	}
	asked := *r
	err := s.configure(ctx, actor, "rule:"+r.ID, func(ctx context.Context, tx *store.Tx, reg *register) error {
		*r = asked
		r.Do = slices.Clone(r.Do) // checking cleans its texts
		before, err := s.before(ctx, tx, r)
		if err != nil {
			return err
		}
		b, err := s.book(ctx, tx)
		if err != nil {
			return err
		}
		if err := s.check(ctx, tx, b, r); err != nil {
			return err
		}
		what := "rule.changed"
		if before == nil {
			what = "rule.created"
			if err := s.list(ctx, tx, func(ids []string) ([]string, error) { return append(ids, r.ID), nil }); err != nil {
				return err
			}
		}
		if err := rules.Put(ctx, tx, r); err != nil {
			return err
		}
		if err := reg.turn(ctx, tx, r.ID); err != nil {
			return err
		}
		if err := s.rearm(ctx, tx, before, r); err != nil {
			return err
		}
		return s.record(ctx, tx, what, "rule:"+r.ID, int64(r.Rev), actor)
	})
	if err != nil {
		*r = asked
	}
	return err
}

// configure changes rules.
func (s *Service) configure(ctx context.Context, actor event.Actor, subject string, put func(context.Context, *store.Tx, *register) error) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.people.Authorize(ctx, tx, actor, identity.Configure, identity.On{Subject: subject}); err != nil {
			return err
		}
		reg, err := hold(ctx, tx)
		if err != nil {
			return err
		}
		return put(ctx, tx, reg)
	})
}

// before prepares a rule to be put, and returns what was there before, nil if it is new.
// Its due moments count from now on where it is new, or asks for something else.
func (s *Service) before(ctx context.Context, tx *store.Tx, r *Rule) (was *Rule, err error) {
	r.Updated = s.now()
	if r.Rev == 0 {
		r.Created, r.Since = r.Updated, r.Updated
		return nil, nil
	}
	if was, err = rules.Lock(ctx, tx, r.ID, store.ForUpdate); err != nil {
		return nil, err
	}
	r.Created, r.Since = was.Created, was.Since
	if was.Off && !r.Off || was.When != r.When || !slices.Equal(was.Apps, r.Apps) || !reflect.DeepEqual(was.On, r.On) {
		r.Since = r.Updated
	}
	return was, nil
}

// list changes the list of rules.
func (s *Service) list(ctx context.Context, tx *store.Tx, change func(ids []string) ([]string, error)) error {
	o, err := orders.Lock(ctx, tx, registerKey, store.ForUpdate)
	if errors.Is(err, store.ErrNotFound) {
		o, err = &order{ID: registerKey}, nil
	}
	if err != nil {
		return err
	}
	if o.Rules, err = change(slices.Clone(o.Rules)); err != nil {
		return err
	}
	if len(o.Rules) > MaxRules {
		return &store.FieldError{Field: "rule", Reason: "a desk has at most 10,000 rules", Limit: MaxRules}
	}
	return orders.Put(ctx, tx, o)
}

// DeleteRule removes a rule, if its revision is still the stored one: else store.ErrStale.
// It is for who may configure. The log of its runs stays.
func (s *Service) DeleteRule(ctx context.Context, actor event.Actor, r *Rule) error {
	return s.configure(ctx, actor, "rule:"+r.ID, func(ctx context.Context, tx *store.Tx, reg *register) error {
		gone, err := rules.Lock(ctx, tx, r.ID, store.ForUpdate)
		if err != nil {
			return err
		}
		if gone.Rev != r.Rev {
			return &store.Error{Op: "delete", Collection: "rule", Key: r.ID, Err: store.ErrStale}
		}
		without := func(ids []string) ([]string, error) {
			return slices.DeleteFunc(ids, func(id string) bool { return id == r.ID }), nil
		}
		if err := s.list(ctx, tx, without); err != nil {
			return err
		}
		if err := rules.Delete(ctx, tx, gone); err != nil {
			return err
		}
		if err := reg.turn(ctx, tx, r.ID); err != nil {
			return err
		}
		if err := s.rearm(ctx, tx, gone, nil); err != nil {
			return err
		}
		return s.record(ctx, tx, "rule.deleted", "rule:"+r.ID, int64(r.Rev)+1, actor)
	})
}

// MoveRule puts a rule in front of another one in the list, or, with "", at its end. It is
// for who may configure. A rule that isn't there is store.ErrNotFound.
func (s *Service) MoveRule(ctx context.Context, actor event.Actor, id, before string) error {
	return s.configure(ctx, actor, "rule:"+id, func(ctx context.Context, tx *store.Tx, reg *register) error {
		err := s.list(ctx, tx, func(ids []string) ([]string, error) {
			from := slices.Index(ids, id)
			if from < 0 {
				return nil, &store.Error{Op: "move", Collection: "rule", Key: id, Err: store.ErrNotFound}
			}
			if before == id {
				return ids, nil
			}
			ids = slices.Delete(ids, from, from+1)
			to := len(ids)
			if before != "" {
				if to = slices.Index(ids, before); to < 0 {
					return nil, &store.Error{Op: "move before", Collection: "rule", Key: before, Err: store.ErrNotFound}
				}
			}
			return slices.Insert(ids, to, id), nil
		})
		if err != nil {
			return err
		}
		o, err := orders.Get(ctx, tx, registerKey)
		if err != nil {
			return err
		}
		if err := reg.turn(ctx, tx, ""); err != nil {
			return err
		}
		return s.record(ctx, tx, "rules.moved", "rules", int64(o.Rev), actor)
	})
}

// Rules returns at most limit rules in their order, and no more than 200, and the cursor of
// the next page. It is for who may configure.
func (s *Service) Rules(ctx context.Context, actor event.Actor, after string, limit int) (page []*Rule, next string, err error) {
	err = s.view(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
		b, err := s.book(ctx, tx)
		if err != nil {
			return err
		}
		from := 0
		if after != "" {
			c := b.byID[after]
			if c == nil {
				return fmt.Errorf("rules: %w", store.ErrCursor)
			}
			from = c.place + 1
		}
		page, next = nil, ""
		for _, c := range b.rules[from:min(from+pageSize(limit), len(b.rules))] {
			page = append(page, c.shown())
		}
		if end := from + len(page); end < len(b.rules) && len(page) > 0 {
			next = b.rules[end-1].ID
		}
		return nil
	})
	return page, next, err
}

// Rule returns the rule with this id, or store.ErrNotFound. It is for who may configure.
func (s *Service) Rule(ctx context.Context, actor event.Actor, id string) (r *Rule, err error) {
	err = s.view(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
		b, err := s.book(ctx, tx)
		if err != nil {
			return err
		}
		c := b.byID[id]
		if c == nil {
			return &store.Error{Op: "get", Collection: "rule", Key: id, Err: store.ErrNotFound}
		}
		r = c.shown()
		return nil
	})
	return r, err
}

func (s *Service) view(ctx context.Context, actor event.Actor, read func(context.Context, *store.Tx) error) error {
	return s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.people.Authorize(ctx, tx, actor, identity.Configure, identity.On{Subject: "rules", Read: true}); err != nil {
			return err
		}
		return read(ctx, tx)
	})
}

// shown is a copy of the rule for callers.
func (c *compiled) shown() *Rule {
	r := *c.Rule
	r.Do, r.Apps = slices.Clone(r.Do), slices.Clone(r.Apps)
	if c.err != nil {
		r.Problem = c.err.Error()
	}
	return &r
}
