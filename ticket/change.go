package ticket

import (
	"context"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// The types of a ticket's events.
const (
	Created        = "ticket.created" // with its first message, if Seq is set
	MessageAdded   = "ticket.message_added"
	MessageFailed  = "ticket.message_failed"
	Assigned       = "ticket.assigned"        // to an agent, bot, group or queue, or to nobody
	Offered        = "ticket.offered"         // to an agent, Until
	OfferDeclined  = "ticket.offer_declined"  // From the agent
	OfferExpired   = "ticket.offer_expired"   // likewise: he said nothing
	OfferWithdrawn = "ticket.offer_withdrawn" // likewise: he is away
	Resolved       = "ticket.resolved"
	Rejected       = "ticket.rejected"
	Reopened       = "ticket.reopened"
	Changed        = "ticket.changed"             // What says what
	Read           = "ticket.read"                // marks of delivery and reading moved
	Rated          = "ticket.rated"               // the end user's answer to a survey: Score, and To is whom it is about
	Answered       = "ticket.resolution_answered" // the question whether it is solved: Answer
	RatingAsked    = "ticket.rating_asked"
	RatingVoid     = "ticket.rating_void"    // unanswered, and it can't be answered any more
	FeedbackGiven  = "ticket.feedback_given" // the end user's message to a feedback bot
	FeedbackEnded  = "ticket.feedback_ended" // From the bot
	Snoozed        = "ticket.snoozed"        // Until
	Woken          = "ticket.woken"
	Merged         = "ticket.merged"     // on both sides: Into of the one that went, Other of the one that stays
	Unmerged       = "ticket.unmerged"   // on both sides, likewise
	Split          = "ticket.split"      // on the one that messages left: Other is the new one
	GivenOver      = "ticket.given_over" // its end user was merged into another one: WasEndUser
	Passed         = "ticket.passed"     // a Step of intake, where the ticket waits at a later one
	Admitted       = "ticket.admitted"   // it has left intake by Step; dimensions are final
	AtRisk         = "ticket.at_risk"    // a service target is at risk: Target, Policy, Due
	Breached       = "ticket.breached"   // a service target was missed: Target, Policy, Due
	Retimed        = "ticket.retimed"    // service policies or calendars changed, and its due moments with them
	Redacted       = "ticket.redacted"   // Removed pieces are gone: of the message Seq, or, if that is 0, of all of the ticket
	// Erased: its end user was erased, or its app keeps it no longer, and all that was
	// written on it is gone; or, if Seq is set, that message alone, which quoted another
	// one who was. Who shows the ticket drops what he has of it.
	Erased = "ticket.erased"
)

// Facts are the payload of a ticket's events. They hold nothing personal. The
// dimensions are those of the ticket right after the event.
type Facts struct {
	Status   Status `json:"status"`
	Was      Status `json:"was,omitempty"` // the status before, where it changed
	App      string `json:"app"`
	Platform string `json:"platform"`
	Channel  string `json:"channel"`

	Seq        int64       `json:"seq,omitempty"` // of the message
	Message    Kind        `json:"message,omitempty"`
	Author     event.Actor `json:"author,omitzero"`
	From       event.Actor `json:"from,omitzero"` // assignee before
	To         event.Actor `json:"to,omitzero"`   // assignee after
	Group      string      `json:"group,omitempty"`
	Queue      string      `json:"queue,omitempty"`
	What       []string    `json:"what,omitempty"` // names of what changed: priority, label, tags, fields.KEY …
	FollowUpOf string      `json:"follow_up_of,omitempty"`
	WasGroup   string      `json:"was_group,omitempty"` // before, where an assignment changed it
	WasQueue   string      `json:"was_queue,omitempty"`
	By         event.Actor `json:"by,omitzero"` // who had resolved, of an answer or a rating
	Answer     Answer      `json:"answer,omitempty"`
	Score      int         `json:"score,omitempty"`       // of a survey, 1 to 5
	Until      time.Time   `json:"until,omitzero"`        // of a sleep
	Into       string      `json:"into,omitempty"`        // ticket that this one was merged into
	Other      string      `json:"other,omitempty"`       // ticket that was merged into this one, or split off
	Step       string      `json:"step,omitempty"`        // of intake
	Incomplete bool        `json:"incomplete,omitempty"`  // resolved without a field that agents have to fill in
	Waited     int64       `json:"waited_us,omitempty"`   // µs that the end user had waited when the agent answered
	QuickReply string      `json:"quick_reply,omitempty"` // that a message was sent with
	WasEndUser string      `json:"was_end_user,omitempty"`
	Target     Target      `json:"target,omitempty"`   // of a service policy
	Policy     string      `json:"policy,omitempty"`   // its id
	Due        time.Time   `json:"due,omitzero"`       // moment of the target
	Met        []Target    `json:"met,omitempty"`      // that an answer or a resolution was in time for
	Late       []Target    `json:"late,omitempty"`     // that it was too late for
	Removed    int         `json:"removed,omitempty"`  // pieces that were taken out: messages, attachments, places in texts
	Move       Move        `json:"move,omitempty"`     // how an assignment came about
	Decision   *Decision   `json:"decision,omitempty"` // of the queues' engine, which gave or offered the ticket
	// Forced says that an agent was given the ticket by hand, or by a rule, without
	// anybody asking whether he could take it.
	Forced bool `json:"forced,omitempty"`
	// After is how the ticket stands right after the event. nil: the event changed nothing
	// of that, as an erasure, or was written by a program that didn't tell yet.
	After *After `json:"after,omitempty"`
}

// After is how a ticket stands right after an event, for who counts tickets by what they
// are and where they are without looking at them.
type After struct {
	Language string      `json:"language,omitempty"`
	Label    string      `json:"label,omitempty"` // name
	Tags     []string    `json:"tags,omitempty"`
	Group    string      `json:"group,omitempty"`
	Queue    string      `json:"queue,omitempty"`
	Assignee event.Actor `json:"assignee,omitzero"`
	// Waiting is since when its end user waits, of an open ticket; zero: he doesn't, or a bot
	// has it.
	Waiting time.Time `json:"waiting,omitzero"`
	Backlog bool      `json:"backlog,omitempty"` // see Ticket.Backlogged
	Asleep  bool      `json:"asleep,omitempty"`
	Intake  bool      `json:"intake,omitempty"` // it hasn't left intake: what it is may change
}

// after is what events tell of how the ticket stands.
func (t *Ticket) after() *After {
	a := &After{Language: t.Language, Tags: t.Tags, Group: t.Group, Queue: t.Queue, Assignee: t.Assignee, Waiting: t.WaitingSince,
		Backlog: t.Backlogged(), Asleep: t.Snoozed != nil, Intake: t.Intake != ""}
	if t.Label != nil {
		a.Label = t.Label.Name
	}
	return a
}

// Move says how an assignment came about.
type Move string

// The moves.
const (
	MoveGiven       Move = "given"       // to an agent who could take it
	MoveAssigned    Move = "assigned"    // to an agent, by hand or by a rule
	MoveTaken       Move = "taken"       // by an agent himself, or by answering
	MoveCameBack    Move = "came back"   // to its agent, when it was reopened
	MoveTransferred Move = "transferred" // to a bot, group or queue
	MoveEscalated   Move = "escalated"   // to another queue
	MoveReturned    Move = "returned"    // from its agent to its queue
	MoveUnassigned  Move = "unassigned"
)

// forces says whether nobody asked if the agent could take the ticket.
func (m Move) forces(to event.Actor) bool {
	return to.Kind == event.Agent && (m == MoveAssigned || m == MoveTaken)
}

// Change is what happens to a ticket in one transaction.
type Change struct {
	Before   *Ticket // nil: the ticket is being created
	After    *Ticket
	Actor    event.Actor
	Reason   string     // rule, model, bot step or queue behind an automatic decision
	Time     time.Time  // of the change
	Messages []*Message // added or changed

	events   []*event.Event
	facts    []*Facts
	reckoned bool               // targets are up to date; before the hooks: nothing else has changed
	left     []identity.Warning // what was left out
	scrub    *scrubber          // of what the end user writes; nil: it stays as it is
}

// RefusedError is a hook's refusal of a change: nothing is written, and trying
// again is no use.
type RefusedError struct {
	Reason string // for whoever asked for the change
}

func (e *RefusedError) Error() string { return "refused: " + e.Reason }

// Hook runs inside the transaction of each change, before the ticket is put. It
// may set the fields of After that are reserved for its owner, add events, or
// refuse by returning a *RefusedError; any other error is a failure, after which
// senders try again. It reads by key only, and is quick: above a millisecond it
// is logged. Service targets are brought up to date after the hooks, by what they have
// made of the ticket.
type Hook struct {
	Name string
	Do   func(ctx context.Context, tx *store.Tx, c *Change) error
}

// Record adds an event about the ticket; Status and the dimensions are filled in.
func (c *Change) Record(what string, f *Facts) {
	c.events = append(c.events, &event.Event{Type: what, Time: c.Time, Actor: c.Actor, Reason: c.Reason})
	c.facts = append(c.facts, f)
}

// Events are the types of what was recorded so far.
func (c *Change) Events() []string {
	names := make([]string, len(c.events))
	for i, e := range c.events {
		names[i] = e.Type
	}
	return names
}

// slowHook is from when on a hook is logged.
const slowHook = time.Millisecond

// commit runs the hooks and writes ticket, messages and events, once each.
func (s *Service) commit(ctx context.Context, tx *store.Tx, c *Change) error {
	if !c.reckoned { // that a target falls due moves no ticket to the top of a list
		c.After.Times.Updated = c.Time
	}
	for _, h := range s.hooks {
		start := time.Now()
		if err := h.Do(ctx, tx, c); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
		if d := time.Since(start); d > slowHook {
			s.log.WarnContext(ctx, "slow hook", "hook", h.Name, "ticket", c.After.ID, "microseconds", d.Microseconds())
		}
	}
	c.touch()
	c.noteTimes()
	if err := s.reckon(ctx, tx, c); err != nil {
		return err
	}
	if err := s.setDueTimer(ctx, tx, c); err != nil {
		return err
	}
	t := c.After
	if err := c.stayBlank(); err != nil {
		return err
	}
	if err := tickets.Put(ctx, tx, t); err != nil {
		return err
	}
	for _, m := range c.Messages {
		if err := messages.Put(ctx, tx, m); err != nil {
			return err
		}
	}
	stands := t.after()
	for i, e := range c.events {
		f := c.facts[i]
		f.After = stands
		f.Status, f.App, f.Platform, f.Channel = t.Status, t.App, t.Platform, t.Channel
		if c.Before != nil && c.Before.Status != t.Status {
			f.Was = c.Before.Status
		}
		if c.Before != nil && e.Type == Assigned {
			f.WasGroup, f.WasQueue = c.Before.Group, c.Before.Queue
		}
		var err error
		if e.Facts, err = event.JSON(f); err != nil {
			return err
		}
		if !t.Erased {
			if e.Personal, err = c.personal(e.Type, f); err != nil {
				return err
			}
		}
		e.Subject, e.Revision, e.Owner = t.ID, int64(t.Rev), t.EndUser
	}
	return s.events.Append(ctx, tx, c.events...)
}

// change runs fn on a copy of a ticket that the actor may change, and writes what
// it made of it. Where fn recorded nothing, nothing is written.
func (s *Service) change(ctx context.Context, actor event.Actor, id string, fn func(ctx context.Context, tx *store.Tx, c *Change) error) (t *Ticket, err error) {
	return s.alter(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		if c.Before.Merged != nil && actor.Kind != event.EndUser { // his side of it has nothing left that could change
			return c.Before.gone()
		}
		return fn(ctx, tx, c)
	})
}

// alter is change of a ticket of whatever state, also of one that was merged.
func (s *Service) alter(ctx context.Context, actor event.Actor, id string, fn func(ctx context.Context, tx *store.Tx, c *Change) error) (t *Ticket, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Ahead(ctx, append(s.people.Wants(actor), tickets.Want(id, store.ForUpdate), wantPolicies())...); err != nil {
			return err
		}
		before, g, err := s.reached(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		after := *before // slices are replaced, never changed in place
		c := &Change{Before: before, After: &after, Actor: actor, Time: s.now()}
		if err := fn(ctx, tx, c); err != nil {
			return err
		}
		if t = g.show(before); len(c.events) == 0 {
			return nil
		}
		if err := s.commit(ctx, tx, c); err != nil {
			return err
		}
		t = g.show(c.After)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// warn keeps what was left out on the ticket, for staff to see.
func (c *Change) warn(ws []identity.Warning) {
	if len(ws) == 0 {
		return
	}
	c.left = append(c.left, ws...)
	all := append(append([]identity.Warning(nil), c.After.Warnings...), ws...)
	c.After.Warnings = all[max(0, len(all)-maxWarnings):]
}
