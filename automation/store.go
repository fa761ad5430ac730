package automation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Collections are what this package stores; give them to store.Open.
func Collections() []store.Any {
	return []store.Any{rules, registers, orders, runs, waits, alarms, attendances, pulses}
}

var rules = &store.Collection[Rule]{
	Name:       "rule",
	Key:        func(r *Rule) string { return r.ID },
	Rev:        func(r *Rule) *store.Rev { return &r.Rev },
	Impersonal: "holds what staff says",
}

// register is the root of all rules: a version that moves with each of them, and which
// ones moved it last, so that processes read no more than those anew.
type register struct {
	ID      string    `json:"id"`
	Version int64     `json:"version"` // never used twice
	Recent  []moved   `json:"recent,omitempty"`
	Rev     store.Rev `json:"-"`
}

// moved is a rule that was saved or deleted, or, with no rule, their order.
type moved struct {
	Version int64  `json:"version"`
	Rule    string `json:"rule,omitempty"`
}

const (
	registerKey = "desk"
	maxRecent   = 50
)

// since are the rules that moved after a version. ok is false where that is too long ago.
func (r *register) since(version int64) (ids []string, ok bool) {
	at := slices.IndexFunc(r.Recent, func(m moved) bool { return m.Version == version })
	if at < 0 {
		return nil, version == r.Version
	}
	for _, m := range r.Recent[at+1:] {
		if m.Rule != "" {
			ids = append(ids, m.Rule)
		}
	}
	return ids, true
}

var registers = &store.Collection[register]{
	Name:       "rule_register",
	Key:        func(r *register) string { return r.ID },
	Rev:        func(r *register) *store.Rev { return &r.Rev },
	Series:     []string{"rule_register"},
	Impersonal: "holds ids of rules",
}

// order is the list of rules. It is kept apart from the register, which every pass reads.
type order struct {
	ID    string    `json:"id"`
	Rules []string  `json:"rules,omitempty"`
	Rev   store.Rev `json:"-"`
}

var orders = &store.Collection[order]{
	Name:       "rule_order",
	Key:        func(o *order) string { return o.ID },
	Rev:        func(o *order) *store.Rev { return &o.Rev },
	Impersonal: "holds ids of rules",
}

func orderOf(ctx context.Context, tx *store.Tx) ([]string, error) {
	o, err := orders.Get(ctx, tx, registerKey)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return o.Rules, nil
}

// Run is a rule that ran on a ticket: the mark that it won't for the same cause again,
// and what came of it.
type Run struct {
	Rule   string `json:"rule"`
	Ticket string `json:"ticket"`
	// Cause is the change of the ticket, the epoch of a clock or the moment of a schedule
	// for which it ran; of a rule that runs once per ticket it is "once".
	Cause string    `json:"cause"`
	Event string    `json:"event,omitempty"` // id of the event behind it, if there is one
	Depth int       `json:"depth,omitempty"` // of the chain of rules that led to it
	Time  time.Time `json:"time"`
	// Cut says why nothing was done although the condition was true: the chain was too
	// long, or the rule ran on this ticket too often.
	Cut string    `json:"cut,omitempty"`
	Did []Outcome `json:"did,omitempty"` // one for each action
	Rev store.Rev `json:"-"`
}

// Outcome is what came of an action.
type Outcome struct {
	Do     ticket.Verb `json:"do"`
	Result Result      `json:"result"`
	Why    string      `json:"why,omitempty"` // it was skipped, or has failed
}

// Result is how an action ended.
type Result string

// The results.
const (
	Done      Result = "done"
	Unchanged Result = "unchanged" // the ticket was so already
	Skipped   Result = "skipped"   // an earlier rule of the pass has set it
	Failed    Result = "failed"
)

var runs = &store.Collection[Run]{
	Name: "rule_run",
	Key:  (*Run).key,
	Rev:  func(r *Run) *store.Rev { return &r.Rev },
	Columns: []store.Column[Run]{
		{Name: "rule", Kind: store.Text, Of: func(r *Run) any { return r.Rule }},
		{Name: "ticket", Kind: store.Text, Of: func(r *Run) any { return r.Ticket }},
		{Name: "time", Kind: store.Time, Of: func(r *Run) any { return r.Time }},
		{Name: "passing", Kind: store.Time, Of: func(r *Run) any {
			if r.lasting() {
				return nil
			}
			return r.Time
		}},
	},
	Indexes: []store.Index{
		{Name: "rule", On: []string{"rule", "time"}},
		{Name: "ticket", On: []string{"ticket", "time"}},
		{Name: "passing", On: []string{"passing"}},
	},
	Impersonal: "holds ids, and which actions a rule has taken",
}

func (r *Run) key() string { return r.Rule + "/" + r.Ticket + "/" + r.Cause }

// lasting says that the mark is needed for as long as the ticket is: a change and a moment
// of a schedule come once, but a clock may stand at the same epoch for long.
func (r *Run) lasting() bool {
	return !strings.HasPrefix(r.Cause, changePrefix) && !strings.HasPrefix(r.Cause, momentPrefix)
}

// record appends the event of a setting.
func (s *Service) record(ctx context.Context, tx *store.Tx, what, subject string, revision int64, actor event.Actor) error {
	return s.events.Append(ctx, tx, &event.Event{Type: what, Subject: subject, Revision: revision, Actor: actor})
}

// hold takes the register, so that one writer at a time changes rules.
func hold(ctx context.Context, tx *store.Tx) (*register, error) {
	r, err := registers.Lock(ctx, tx, registerKey, store.ForUpdate)
	if errors.Is(err, store.ErrNotFound) {
		return &register{ID: registerKey}, nil
	}
	return r, err
}

// turn gives the rules a new version, because one of them moved, or, with "", their order.
func (r *register) turn(ctx context.Context, tx *store.Tx, rule string) (err error) {
	if r.Version, err = tx.Next(ctx, "rule_register"); err != nil {
		return fmt.Errorf("number the rules' version: %w", err)
	}
	r.Recent = append(slices.Clone(r.Recent), moved{r.Version, rule})
	r.Recent = r.Recent[max(0, len(r.Recent)-maxRecent):]
	return registers.Put(ctx, tx, r)
}
