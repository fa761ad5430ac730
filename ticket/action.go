package ticket

import (
	"cmp"
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

// Verb is a kind of action.
type Verb string

// The verbs, and which fields of an Action they use.
const (
	DoAssign      Verb = "assign"       // To is an agent
	DoAssignGroup Verb = "assign_group" // To
	DoAssignQueue Verb = "assign_queue" // To
	DoAssignBot   Verb = "assign_bot"   // To
	DoUnassign    Verb = "unassign"
	// To is an agent; if he can't take it, it goes to the queue Else, "" being the
	// default one.
	DoAssignAvailable Verb = "assign_available"
	DoUnassignDefault Verb = "unassign_default" // to the default queue
	DoReturn          Verb = "return"           // to its queue
	DoEscalate        Verb = "escalate"         // To is a queue
	DoTitle           Verb = "title"            // Text
	DoPriority        Verb = "priority"         // Text; empty is none
	DoLabel           Verb = "label"            // Text; empty takes it away
	DoLanguage        Verb = "language"         // Text
	DoField           Verb = "field"            // To is the key, Text the value as a form sends it; empty clears
	DoAddTags         Verb = "add_tags"         // Tags
	DoRemoveTags      Verb = "remove_tags"
	DoReply           Verb = "reply" // Text
	DoNote            Verb = "note"  // Text
	DoResolve         Verb = "resolve"
	DoReject          Verb = "reject"
	DoReopen          Verb = "reopen"
	DoSnooze          Verb = "snooze" // For, and Text as the reason
	DoWake            Verb = "wake"
	DoAskRating       Verb = "ask_rating"
)

// MaxActions is how many actions are applied together.
const MaxActions = 20

// Action is one thing to be done to a ticket: what quick replies, bulk changes and
// rules are made of.
type Action struct {
	Do   Verb          `json:"do"`
	To   string        `json:"to,omitempty"`
	Else string        `json:"else,omitempty"`
	Text string        `json:"text,omitempty"`
	Tags []string      `json:"tags,omitempty"`
	For  time.Duration `json:"for,omitempty"`
}

// ActionError says which of several actions failed. It wraps the reason.
type ActionError struct {
	Place int // from 0
	Do    Verb
	Err   error
}

func (e *ActionError) Error() string { return fmt.Sprintf("action %d, %s: %v", e.Place+1, e.Do, e.Err) }

// Unwrap returns the reason.
func (e *ActionError) Unwrap() error { return e.Err }

// deeds are what each verb does.
var deeds = map[Verb]func(ctx context.Context, s *Service, actor event.Actor, id string, a *Action) (*Ticket, error){
	DoAssign: func(ctx context.Context, s *Service, actor event.Actor, id string, a *Action) (*Ticket, error) {
		return s.Assign(ctx, actor, id, a.To)
	},
	DoAssignGroup: func(ctx context.Context, s *Service, actor event.Actor, id string, a *Action) (*Ticket, error) {
		return s.AssignGroup(ctx, actor, id, a.To)
	},
	DoAssignQueue: func(ctx context.Context, s *Service, actor event.Actor, id string, a *Action) (*Ticket, error) {
		return s.AssignQueue(ctx, actor, id, a.To)
	},
	DoAssignBot: func(ctx context.Context, s *Service, actor event.Actor, id string, a *Action) (*Ticket, error) {
		return s.AssignBot(ctx, actor, id, a.To)
	},
	DoUnassign: func(ctx context.Context, s *Service, actor event.Actor, id string, _ *Action) (*Ticket, error) {
		return s.Unassign(ctx, actor, id)
	},
	DoAssignAvailable: func(ctx context.Context, s *Service, actor event.Actor, id string, a *Action) (*Ticket, error) {
		return s.AssignAvailable(ctx, actor, id, a.To, a.Else)
	},
	DoUnassignDefault: func(ctx context.Context, s *Service, actor event.Actor, id string, _ *Action) (*Ticket, error) {
		return s.UnassignDefault(ctx, actor, id)
	},
	DoReturn: func(ctx context.Context, s *Service, actor event.Actor, id string, _ *Action) (*Ticket, error) {
		return s.Return(ctx, actor, id)
	},
	DoEscalate: func(ctx context.Context, s *Service, actor event.Actor, id string, a *Action) (*Ticket, error) {
		return s.Escalate(ctx, actor, id, a.To)
	},
	DoReply: func(ctx context.Context, s *Service, actor event.Actor, id string, a *Action) (*Ticket, error) {
		t, _, err := s.Reply(ctx, actor, id, Draft{Text: a.Text})
		return t, err
	},
	DoNote: func(ctx context.Context, s *Service, actor event.Actor, id string, a *Action) (*Ticket, error) {
		t, _, err := s.Note(ctx, actor, id, Draft{Text: a.Text})
		return t, err
	},
	DoResolve: func(ctx context.Context, s *Service, actor event.Actor, id string, _ *Action) (*Ticket, error) {
		return s.Resolve(ctx, actor, id)
	},
	DoReject: func(ctx context.Context, s *Service, actor event.Actor, id string, _ *Action) (*Ticket, error) {
		return s.Reject(ctx, actor, id)
	},
	DoReopen: func(ctx context.Context, s *Service, actor event.Actor, id string, _ *Action) (*Ticket, error) {
		return s.Reopen(ctx, actor, id)
	},
	DoSnooze: func(ctx context.Context, s *Service, actor event.Actor, id string, a *Action) (*Ticket, error) {
		return s.Snooze(ctx, actor, id, s.now().Add(a.For), a.Text)
	},
	DoWake: func(ctx context.Context, s *Service, actor event.Actor, id string, _ *Action) (*Ticket, error) {
		return s.Wake(ctx, actor, id)
	},
	DoAskRating: func(ctx context.Context, s *Service, actor event.Actor, id string, _ *Action) (*Ticket, error) {
		return s.AskRating(ctx, actor, id)
	},
	DoTitle: edits, DoPriority: edits, DoLabel: edits, DoLanguage: edits, DoField: edits, DoAddTags: edits, DoRemoveTags: edits,
}

func edits(ctx context.Context, s *Service, actor event.Actor, id string, a *Action) (*Ticket, error) {
	return s.Edit(ctx, actor, id, a.edit(actor))
}

// edit is the action as a change of what the ticket says about itself.
func (a *Action) edit(actor event.Actor) (e Edit) {
	switch a.Do {
	case DoTitle:
		e.Title = &a.Text
	case DoPriority:
		e.Priority = new(Priority(a.Text))
	case DoLanguage:
		e.Language = &a.Text
	case DoLabel:
		e.Label = &Label{Name: a.Text, Source: labelSource(actor)}
	case DoField:
		e.Fields = map[string]any{a.To: nil}
		if a.Text != "" {
			e.Fields[a.To] = a.Text
		}
	case DoAddTags:
		e.AddTags = a.Tags
	case DoRemoveTags:
		e.RemoveTags = a.Tags
	}
	return e
}

// labelSource is what a label says about where it comes from.
func labelSource(actor event.Actor) string {
	if actor.Kind == event.Bot || actor.Kind == event.Automation {
		return string(actor.Kind)
	}
	return string(event.Agent)
}

// Check refuses what can't be right, whatever the ticket: the error is a
// *store.FieldError.
func (a *Action) Check() error {
	needsTo := slices.Contains([]Verb{DoAssign, DoAssignGroup, DoAssignQueue, DoAssignBot, DoField, DoAssignAvailable, DoEscalate}, a.Do)
	switch {
	case deeds[a.Do] == nil:
		return &store.FieldError{Field: "actions.do", Reason: fmt.Sprintf("there is no action %q", shorten(string(a.Do), maxRef))}
	case needsTo && a.To == "":
		return &store.FieldError{Field: "actions.to", Reason: "is missing"}
	case len(a.To) > maxRef:
		return store.TooLong("actions.to", maxRef)
	case len(a.Else) > maxRef:
		return store.TooLong("actions.else", maxRef)
	case utf8.RuneCountInString(a.Text) > MaxBody:
		return store.TooLong("actions.text", MaxBody)
	case (a.Do == DoReply || a.Do == DoNote) && strings.TrimSpace(a.Text) == "":
		return &store.FieldError{Field: "actions.text", Reason: "is missing"}
	case len(a.Tags) > MaxTags:
		return &store.FieldError{Field: "actions.tags", Reason: "at most 100 tags", Limit: MaxTags}
	case (a.Do == DoAddTags || a.Do == DoRemoveTags) && len(a.Tags) == 0:
		return &store.FieldError{Field: "actions.tags", Reason: "are missing"}
	case a.Do == DoSnooze && (a.For <= 0 || a.For > MaxSnooze):
		return &store.FieldError{Field: "actions.for", Reason: "is more than nothing and at most 366 days"}
	}
	return nil
}

// checkActions refuses a list in which something can't be right.
func checkActions(as []Action) error {
	if len(as) > MaxActions {
		return &store.FieldError{Field: "actions", Reason: "at most 20 actions", Limit: MaxActions}
	}
	for i := range as {
		if err := as[i].Check(); err != nil {
			return &ActionError{i, as[i].Do, err}
		}
	}
	return nil
}

// Apply does several things to a ticket in one transaction, all of them or none.
// The error is an *ActionError, which says at which one it failed and why.
func (s *Service) Apply(ctx context.Context, actor event.Actor, id string, as ...Action) (t *Ticket, err error) {
	if err := checkActions(as); err != nil {
		return nil, err
	}
	if len(as) == 0 {
		return s.Get(ctx, actor, id)
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err = s.In(tx).apply(ctx, actor, id, as)
		return err
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

func (s *Service) apply(ctx context.Context, actor event.Actor, id string, as []Action) (t *Ticket, err error) {
	for i := range as {
		if t, err = deeds[as[i].Do](ctx, s, actor, id, &as[i]); err != nil {
			return nil, &ActionError{i, as[i].Do, err}
		}
	}
	return t, nil
}

// MaxBulk is how many tickets Bulk takes.
const MaxBulk = 1000

// bulkGroup is how many tickets share a transaction: each commit costs a flush.
const bulkGroup = 25

// BulkResult is what became of one ticket.
type BulkResult struct {
	ID     string
	Ticket *Ticket // as it is now; nil where Err says why nothing was changed
	Err    error
}

// Bulk does the same to many tickets, at most 1,000, and reports one by one: what
// fails on a ticket leaves that ticket as it was, and no other. Results are in the
// order of ids. The error of Bulk itself says that nothing was tried. Agents need the
// permission BulkChange.
func (s *Service) Bulk(ctx context.Context, actor event.Actor, ids []string, as ...Action) ([]BulkResult, error) {
	if err := staffOnly(actor); err != nil {
		return nil, err
	}
	if len(ids) > MaxBulk {
		return nil, &store.FieldError{Field: "ids", Reason: "at most 1,000 tickets", Limit: MaxBulk}
	}
	if sorted := slices.Sorted(slices.Values(ids)); len(slices.Compact(sorted)) < len(ids) {
		return nil, &store.FieldError{Field: "ids", Reason: "name a ticket twice"}
	}
	if len(as) == 0 {
		return nil, &store.FieldError{Field: "actions", Reason: "are missing"}
	}
	if err := checkActions(as); err != nil {
		return nil, err
	}
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error { return s.mayBulk(ctx, tx, actor) })
	if err != nil {
		return nil, err
	}
	results := make([]BulkResult, 0, len(ids))
	for group := range slices.Chunk(ids, bulkGroup) {
		results = append(results, s.bulk(ctx, actor, group, as)...)
	}
	return results, nil
}

func (s *Service) mayBulk(ctx context.Context, tx *store.Tx, actor event.Actor) error {
	if actor.Kind == event.Bot || actor.Kind == event.Automation {
		return s.people.Authorize(ctx, tx, actor, identity.Converse, identity.On{Subject: "tickets"})
	}
	return s.people.Authorize(ctx, tx, actor, identity.BulkChange, identity.On{Subject: "tickets"})
}

// bulk changes a group of tickets in one transaction, each under a savepoint.
func (s *Service) bulk(ctx context.Context, actor event.Actor, ids []string, as []Action) (results []BulkResult) {
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		results = nil
		if err := s.mayBulk(ctx, tx, actor); err != nil {
			return err // since it began
		}
		for _, id := range ids {
			r := BulkResult{ID: id}
			r.Err = tx.Update(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
				r.Ticket, err = s.In(tx).apply(ctx, actor, id, as)
				return err
			})
			if store.Broken(r.Err) || errors.Is(r.Err, store.ErrTooLarge) || ctx.Err() != nil {
				return cmp.Or(r.Err, ctx.Err()) // for the whole group
			}
			if r.Err != nil {
				r.Ticket = nil
			}
			results = append(results, r)
		}
		return nil
	})
	if err == nil {
		return results
	}
	if len(ids) > 1 && errors.Is(err, store.ErrTooLarge) { // each may well be small enough
		results = s.bulk(ctx, actor, ids[:len(ids)/2], as)
		return append(results, s.bulk(ctx, actor, ids[len(ids)/2:], as)...)
	}
	results = nil
	for _, id := range ids {
		results = append(results, BulkResult{ID: id, Err: err})
	}
	return results
}
