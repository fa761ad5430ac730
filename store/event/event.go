package event

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

// Kind is a kind of actor.
type Kind string

// The kinds of actor.
const (
	EndUser    Kind = "end_user"
	Agent      Kind = "agent"
	Bot        Kind = "bot"
	Automation Kind = "automation"
	System     Kind = "system"
)

// Actor is who did something.
type Actor struct {
	Kind Kind   `json:"kind"`
	ID   string `json:"id,omitempty"`
}

// String is kind:id, as idempotency keys and logs name an actor.
func (a Actor) String() string {
	switch {
	case a == Actor{}:
		return "nobody"
	case a.ID == "":
		return string(a.Kind)
	}
	return string(a.Kind) + ":" + a.ID
}

// Event is something that happened to a subject. It is never changed, but for
// the erasure of its personal part.
type Event struct {
	ID       string    `json:"id"`                 // UUIDv7
	Position int64     `json:"position,omitempty"` // in the log, dense from 1; 0 until it is known
	Time     time.Time `json:"time"`
	Type     string    `json:"type"`    // past tense: ticket.created
	Version  int       `json:"version"` // of the payload's form, from 1

	Subject  string `json:"subject"`          // id of the document that changed
	Revision int64  `json:"revision"`         // which the document has after it
	Ordinal  int    `json:"ordinal"`          // among the events of that revision, from 0
	Owner    string `json:"owner,omitempty"`  // id of the end user whom the subject belongs to
	Actor    Actor  `json:"actor"`            // who did it
	Cause    string `json:"cause,omitempty"`  // id of the event that led to it
	Reason   string `json:"reason,omitempty"` // rule, model, bot step or queue behind an automatic decision
	Depth    int    `json:"depth,omitempty"`  // length of the chain of causes

	Facts    []byte    `json:"facts,omitempty"`    // JSON with no personal data; kept for ever
	Personal []byte    `json:"personal,omitempty"` // JSON that an erasure empties
	Rev      store.Rev `json:"-"`
}

// Payload reads Facts and Personal into v, whose fields may come from both.
func (e *Event) Payload(v any) error {
	for _, part := range [][]byte{e.Facts, e.Personal} {
		if len(part) == 0 {
			continue
		}
		if err := json.Unmarshal(part, v); err != nil {
			return fmt.Errorf("event %s %s: %w", e.Type, e.ID, err)
		}
	}
	return nil
}

// JSON encodes a payload. A value that can't be encoded is a mistake in the
// program that appends it.
func JSON(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("event payload: %w", err)
	}
	return b, nil
}

// key orders a subject's events by revision, and makes a second event with the
// same revision and ordinal impossible. No transaction writes as many as two bytes count.
func (e *Event) key() string {
	b := append(make([]byte, 0, len(e.Subject)+22), e.Subject...)
	b = hex.AppendEncode(append(b, '/'), binary.BigEndian.AppendUint64(nil, uint64(e.Revision)))
	b = hex.AppendEncode(append(b, '/'), binary.BigEndian.AppendUint16(nil, uint16(e.Ordinal)))
	return string(b)
}

var events = &store.Collection[Event]{
	Name:  "event",
	Fresh: true,
	Key:   (*Event).key,
	Rev:   func(e *Event) *store.Rev { return &e.Rev },
	Columns: []store.Column[Event]{
		{Name: "position", Kind: store.Int, Of: func(e *Event) any {
			if e.Position == 0 {
				return nil
			}
			return e.Position
		}},
		// The subject, as long as the event has no position.
		{Name: "unplaced", Kind: store.Text, Of: func(e *Event) any {
			if e.Position > 0 {
				return nil
			}
			return e.Subject
		}},
		// The owner, as long as there is something of his in it; most events hold none.
		{Name: "owner", Kind: store.Text, Of: func(e *Event) any {
			if len(e.Personal) == 0 {
				return nil
			}
			return e.Owner
		}},
	},
	Indexes: []store.Index{
		{Name: "position", On: []string{"position"}},
		{Name: "unplaced", On: []string{"unplaced"}},
		{Name: "owner", On: []string{"owner"}},
	},
	Views: []driver.SQLView{{
		Name: "events",
		Doc:  "One row for each thing that happened, in the order of the log.",
		Columns: []driver.SQLColumn{
			{Name: "position", Path: "position", Kind: driver.SQLInt, Doc: "Place in the log, from 1 without gaps; null for a moment after it happened."},
			{Name: "id", Path: "id", Doc: "UUIDv7."},
			{Name: "time", Path: "time", Kind: driver.SQLTime, Doc: "When it happened."},
			{Name: "type", Path: "type", Doc: "What happened, as in ticket.created."},
			{Name: "subject", Path: "subject", Doc: "Id of what changed: a ticket, an end user, a setting."},
			{Name: "revision", Path: "revision", Kind: driver.SQLInt, Doc: "Which revision it has after that."},
			{Name: "end_user", Path: "owner", Doc: "Id of the customer whom the subject belongs to."},
			{Name: "actor_kind", Path: "actor.kind", Doc: "end_user, agent, bot, automation or system."},
			{Name: "actor", Path: "actor.id", Doc: "Id of who did it."},
			{Name: "cause", Path: "cause", Doc: "Id of the event that led to it."},
			{Name: "reason", Path: "reason", Doc: "Rule, model, bot step or queue behind an automatic decision."},
			{Name: "facts", In: "facts", Kind: driver.SQLJSON, Doc: "What is known about it; nothing personal."},
		},
	}},
	Subjects: func(e *Event) []string {
		if e.Owner == "" || len(e.Personal) == 0 {
			return nil
		}
		return []string{e.Owner}
	},
	Erase: func(e *Event, _ string) bool { e.Personal = nil; return true },
	Found: []store.Way{store.InIndex("owner")},
	Show:  func(e *Event, _ []string) any { return e.shown() },
}

// shown is the event with what it holds as JSON that people can read.
func (e *Event) shown() any {
	type plain Event
	return struct {
		*plain
		Facts    json.RawMessage `json:"facts,omitempty"`
		Personal json.RawMessage `json:"personal,omitempty"`
	}{(*plain)(e), e.Facts, e.Personal}
}

// Collections are what this package stores; give them to store.Open.
func Collections() []store.Any { return []store.Any{events, heads, cursors, parked} }

// maxPayload leaves room in the document for the position, which may come later:
// an event that couldn't get one would hold up all others.
const maxPayload = store.MaxDocument / 2

// valid reports what an event lacks, or has too much of.
func (e *Event) valid() error {
	switch {
	case e.Type == "" || strings.ToLower(e.Type) != e.Type:
		return fmt.Errorf("event type %q: a lower-case name is needed", e.Type)
	case e.Subject == "" || e.Revision < 1:
		return fmt.Errorf("event %s: subject %q at revision %d", e.Type, e.Subject, e.Revision)
	case e.Actor.Kind == "":
		return fmt.Errorf("event %s: no actor", e.Type)
	case len(e.Facts)+len(e.Personal)+len(e.Reason) > maxPayload:
		return fmt.Errorf("event %s: at most %d bytes of payload: %w", e.Type, maxPayload, store.ErrTooLarge)
	}
	return nil
}
