package automation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// compiled is a rule that is ready to run.
type compiled struct {
	*Rule
	place int                            // in the list
	own   *condition.Condition[*subject] // the rule's condition, nil where err says why
	whole *condition.Condition[*subject] // with its trigger and its apps
	hosts []string                       // functions of the host that the condition asks
	err   error                          // why it can't run any more
}

// book is all rules of a desk, compiled. It doesn't change.
type book struct {
	version int64 // of the register, which moves with rules and with fields
	env     *condition.Env[*subject]
	fields  []*ticket.Field
	rules   []*compiled // in order
	byID    map[string]*compiled
	created section
	events  section
	timed   section
	crons   section
	// wanted are the names of all events that trigger a rule.
	wanted map[string]bool
}

// section is the rules that are on, of one kind of trigger, in order, with an index that
// tells which of them may be true of a ticket.
type section struct {
	rules []*compiled
	set   *condition.Set[*subject]
}

// books is the book that this process used last.
type books struct{ at atomic.Pointer[book] }

// book returns the rules as they are in a transaction, from memory if they are known.
// The transaction relies on them: who changes one waits for it.
func (s *Service) book(ctx context.Context, tx *store.Tx) (*book, error) {
	r, err := registers.Shared(ctx, tx, registerKey)
	if errors.Is(err, store.ErrNotFound) {
		r, err = &register{}, nil
	}
	if err != nil {
		return nil, err
	}
	known := s.books.at.Load()
	if known != nil && known.version == r.Version {
		return known, nil
	}
	b, err := s.compile(ctx, tx, r, known)
	if err != nil {
		return nil, err
	}
	s.books.at.Store(b)
	return b, nil
}

// compile makes a book, in which what is as it was in an earlier one stays as it is.
func (s *Service) compile(ctx context.Context, tx *store.Tx, r *register, was *book) (*book, error) {
	b := &book{version: r.Version, byID: map[string]*compiled{}, wanted: map[string]bool{}}
	var err error
	if b.fields, err = s.tickets.In(tx).Fields(ctx); err != nil {
		return nil, err
	}
	if was != nil && was.sameFields(b.fields) {
		b.env = was.env
	} else {
		was = nil
		if b.env, err = newEnv(b.fields, slices.Sorted(maps.Keys(s.conditions))); err != nil {
			return nil, err
		}
	}
	order, err := orderOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	fresh, err := s.changedRules(ctx, tx, r, was)
	if err != nil {
		return nil, err
	}
	for _, id := range order {
		c := fresh[id]
		if c == nil && was != nil && was.byID[id] != nil {
			c = new(*was.byID[id])
		}
		if c == nil {
			continue // gone this moment, which the next version tells
		}
		if c.own == nil && c.err == nil {
			c.compile(b.env)
		}
		c.place = len(b.rules)
		b.rules, b.byID[id] = append(b.rules, c), c
		b.file(c)
	}
	if was == nil {
		was = &book{}
	}
	b.created.index(b.env, &was.created)
	b.events.index(b.env, &was.events)
	b.timed.index(b.env, &was.timed)
	b.crons.index(b.env, &was.crons)
	return b, nil
}

// changedRules reads the rules that aren't in an earlier book, or have changed since.
func (s *Service) changedRules(ctx context.Context, tx *store.Tx, r *register, was *book) (map[string]*compiled, error) {
	fresh := map[string]*compiled{}
	if was != nil {
		if ids, ok := r.since(was.version); ok {
			for _, id := range ids {
				rule, err := rules.Get(ctx, tx, id)
				if errors.Is(err, store.ErrNotFound) {
					continue
				}
				if err != nil {
					return nil, err
				}
				fresh[id] = &compiled{Rule: rule}
			}
			return fresh, nil
		}
	}
	for rule, err := range rules.All(ctx, tx, store.ByKey()) {
		if err != nil {
			return nil, err
		}
		fresh[rule.ID] = &compiled{Rule: rule}
	}
	return fresh, nil
}

// sameFields compares what conditions depend on. Revisions don't tell: a transaction that
// was taken back leaves its own to the next one.
func (b *book) sameFields(fields []*ticket.Field) bool {
	return slices.EqualFunc(b.fields, fields, func(x, y *ticket.Field) bool {
		return x.Key == y.Key && x.Type == y.Type && x.Archived == y.Archived && slices.Equal(x.Options, y.Options)
	})
}

// compile readies the rule's conditions.
func (c *compiled) compile(env *condition.Env[*subject]) {
	source := c.When
	if strings.TrimSpace(source) == "" {
		source = "true"
	}
	if c.own, c.err = env.Compile(source); c.err != nil {
		return
	}
	if c.whole, c.err = env.Compile(c.source()); c.err != nil {
		return
	}
	for _, name := range c.own.Reads() {
		if host, ok := strings.CutPrefix(name, hostPrefix); ok {
			c.hosts = append(c.hosts, host)
		}
	}
}

// source is the rule's condition with what its trigger and its apps ask for, so that one
// index answers for all of it. What the rule says stands on lines of its own: it may end
// with a comment.
func (r *Rule) source() string {
	var parts []string
	if r.On.Kind == OnEvent {
		var any []string
		for _, name := range r.On.Events {
			if name == EventField && len(r.On.Fields) > 0 {
				for _, key := range r.On.Fields {
					any = append(any, fmt.Sprintf("%q in changed", "field."+key))
				}
				continue
			}
			any = append(any, fmt.Sprintf("%q in events", string(name)))
		}
		parts = append(parts, "("+strings.Join(any, " or ")+")")
	}
	if len(r.Apps) > 0 {
		quoted := make([]string, len(r.Apps))
		for i, app := range r.Apps {
			quoted[i] = fmt.Sprintf("%q", app)
		}
		parts = append(parts, "ticket.app in ["+strings.Join(quoted, ", ")+"]")
	}
	if strings.TrimSpace(r.When) != "" {
		parts = append(parts, "(\n"+r.When+"\n)")
	}
	if len(parts) == 0 {
		return "true"
	}
	return strings.Join(parts, " and ")
}

// file puts a rule where its trigger finds it.
func (b *book) file(c *compiled) {
	if c.Off || c.err != nil {
		return
	}
	switch c.On.Kind {
	case OnCreated:
		b.created.rules = append(b.created.rules, c)
	case OnEvent:
		b.events.rules = append(b.events.rules, c)
		for _, name := range c.On.Events {
			b.wanted[string(name)] = true
		}
	case OnTime:
		b.timed.rules = append(b.timed.rules, c)
	case OnSchedule:
		b.crons.rules = append(b.crons.rules, c)
	}
}

// fewMoves is how many rules are put into an index one by one: of more it is made anew.
const fewMoves = 10

// index makes the section's index, from that of an earlier one where few rules differ.
func (sec *section) index(env *condition.Env[*subject], was *section) {
	same := func(i, j int) bool { return was.rules[i].whole == sec.rules[j].whole }
	head, tail := 0, 0
	for head < min(len(was.rules), len(sec.rules)) && same(head, head) {
		head++
	}
	for tail < min(len(was.rules), len(sec.rules))-head && same(len(was.rules)-1-tail, len(sec.rules)-1-tail) {
		tail++
	}
	gone, come := len(was.rules)-head-tail, sec.rules[head:len(sec.rules)-tail]
	if sec.set = was.set; sec.set == nil || gone+len(come) > fewMoves {
		conds := make([]*condition.Condition[*subject], len(sec.rules))
		for i, c := range sec.rules {
			conds[i] = c.whole
		}
		sec.set = env.NewSet(conds)
		return
	}
	for range gone {
		sec.set = sec.set.Without(head)
	}
	for i, c := range come {
		sec.set = sec.set.With(head+i, c.whole)
	}
}

// wants says whether a change may trigger a rule.
func (b *book) wants(c *cause) bool {
	return slices.ContainsFunc(c.names, func(name string) bool { return b.wanted[name] })
}
