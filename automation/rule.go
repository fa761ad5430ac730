package automation

import (
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The limits of rules.
const (
	MaxRules       = 10_000 // on a desk
	MaxActions     = 20     // of a rule
	MaxName        = 255    // characters
	MaxDescription = 10_000 // characters
	MaxApps        = 50     // in a rule's scope
	MaxDepth       = 10     // of a chain of rules that trigger rules
	MaxPass        = 500    // rules that run for one cause on one ticket
	MaxURL         = 2000   // bytes of a webhook's address
	MaxArgument    = 10_000 // characters that a function of the host is given
	MinAfter       = time.Minute
	MaxAfter       = 366 * 24 * time.Hour
	maxRef         = 100 // bytes of an id
)

// Rule says what happens by itself to which tickets, and when.
type Rule struct {
	ID          string   `json:"id"` // UUIDv7, if none is given
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Off         bool     `json:"off,omitempty"`  // kept, and never run
	Apps        []string `json:"apps,omitempty"` // whose tickets it is for; none: all
	On          Trigger  `json:"on"`
	// When is a condition; see Names for what it may ask. "" is always true.
	When string   `json:"when,omitempty"`
	Do   []Action `json:"do"`
	Stop bool     `json:"stop,omitempty"` // after it has run, the rest of the pass is skipped
	Once bool     `json:"once,omitempty"` // per ticket, whatever happens later
	// Overdue lets a new time rule, or one whose trigger or condition was changed, act on
	// what is overdue already. Else only what falls due later counts.
	Overdue bool      `json:"overdue,omitempty"`
	Since   time.Time `json:"since"` // due moments before this one are none of its own; saving sets it
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
	Rev     store.Rev `json:"-"`

	// Problem is filled in where rules are read: why it can't run any more.
	Problem string `json:"-"`
}

// Kind is a kind of trigger.
type Kind string

// The kinds of trigger, and which fields of a Trigger they use.
const (
	OnCreated  Kind = "created"  // a new ticket; it runs in its intake
	OnEvent    Kind = "event"    // Events, Fields
	OnTime     Kind = "time"     // Clock, After, Field, Business, Calendar
	OnSchedule Kind = "schedule" // Cron, Zone; over all open tickets of which the condition is true
)

// Trigger says when a rule runs.
type Trigger struct {
	Kind   Kind     `json:"kind"`
	Events []Event  `json:"events,omitempty"` // any of them
	Fields []string `json:"fields,omitempty"` // keys, of EventField; none: every field
	Clock  Clock    `json:"clock,omitempty"`
	// After is for how long the clock has to run: 1 minute to 366 days. Of ClockField it
	// is from 366 days before the date to as many behind it, and may be 0.
	After time.Duration `json:"after,omitempty"`
	Field string        `json:"field,omitempty"` // key of a date, of ClockField
	// Business counts business time only: by Calendar, an id, or, if that is "", by the
	// calendar of the ticket's queue, its platform or the desk. Dates count all time.
	Business bool   `json:"business,omitempty"`
	Calendar string `json:"calendar,omitempty"`
	Cron     string `json:"cron,omitempty"` // minute, hour, day of month, month, day of week
	Zone     string `json:"zone,omitempty"` // IANA name, in which Cron counts; "" is UTC
}

// Event is something that happens to a ticket.
type Event string

// The events.
const (
	EventEndUserMessage Event = "end_user_message" // not the first one of a new ticket
	EventAgentMessage   Event = "agent_message"    // public
	EventBotMessage     Event = "bot_message"
	EventNote           Event = "note"       // by an agent
	EventAssigned       Event = "assigned"   // to an agent
	EventUnassigned     Event = "unassigned" // from an agent, to nobody
	EventQueue          Event = "queue_changed"
	EventGroup          Event = "group_changed"
	EventStatus         Event = "status_changed"
	EventResolved       Event = "resolved"
	EventRejected       Event = "rejected"
	EventReopened       Event = "reopened"
	EventField          Event = "field_changed" // of Trigger.Fields, if there are any
	EventTags           Event = "tags_changed"
	EventLabel          Event = "label_changed"
	EventPriority       Event = "priority_changed"
	EventTitle          Event = "title_changed"
	EventLanguage       Event = "language_changed"
	EventRated          Event = "rated"    // the end user answered the survey
	EventAnswered       Event = "answered" // he answered whether it is solved
	EventSnoozed        Event = "snoozed"
	EventWoken          Event = "woken"
	EventAtRisk         Event = "at_risk"  // a target of a service policy
	EventBreached       Event = "breached" // likewise
)

// Events are all that a rule can be triggered by, in order.
func Events() []Event {
	return []Event{EventEndUserMessage, EventAgentMessage, EventBotMessage, EventNote, EventAssigned, EventUnassigned, EventQueue, EventGroup,
		EventStatus, EventResolved, EventRejected, EventReopened, EventField, EventTags, EventLabel, EventPriority, EventTitle, EventLanguage,
		EventRated, EventAnswered, EventSnoozed, EventWoken, EventAtRisk, EventBreached}
}

// Clock is what a time rule counts. All of them run on open tickets only, and each time
// that one begins is an epoch of its own, in which a rule runs once.
type Clock string

// The clocks. All but ClockField stand still while the ticket is snoozed, the first two
// also while a bot has it.
const (
	// ClockFirst: no agent has answered since the ticket was created, or a bot handed it off.
	ClockFirst Clock = "first_response"
	// ClockNext: the end user waits for an agent's answer, once one has answered or the
	// ticket was reopened.
	ClockNext Clock = "next_response"
	// ClockSilent: the end user has said nothing since an agent or a bot spoke last, or,
	// where neither has since he did, since the first automation that answered him.
	ClockSilent    Clock = "end_user_silent"
	ClockUnchanged Clock = "unchanged" // since the last change by a person
	ClockQueue     Clock = "in_queue"  // since it came into its queue
	ClockField     Clock = "field"     // the value of a date
	ClockOnline    Clock = "online"    // since the end user came
	ClockOffline   Clock = "offline"   // since he went
)

// Clocks are all there are, in order.
func Clocks() []Clock {
	return []Clock{ClockFirst, ClockNext, ClockSilent, ClockUnchanged, ClockQueue, ClockField, ClockOnline, ClockOffline}
}

// The verbs that rules have besides those of package ticket.
const (
	// DoReply and DoNote of package ticket take Texts here, DoReply a QuickReply as well.
	DoAsk     ticket.Verb = "ask"     // Texts is a question; Choices are answers to pick
	DoWebhook ticket.Verb = "webhook" // To is the address; Text is the secret that signs it, if there is one
	DoNotify  ticket.Verb = "notify"  // Agents, Groups; Text is what they are told
	DoCall    ticket.Verb = "call"    // To names a function of the host; Text is given to it
)

// Action is one thing that a rule does: one of package ticket's, or one of the verbs
// above.
type Action struct {
	ticket.Action
	// Texts is what is said, in several languages, with the placeholders of a
	// ticket.QuickReply. The ticket's language is chosen, else its app's, else "".
	Texts      []ticket.ReplyText `json:"texts,omitempty"`
	QuickReply string             `json:"quick_reply,omitempty"` // id of a shared one, in place of Texts; its own actions are left out
	Choices    []string           `json:"choices,omitempty"`
	Agents     []string           `json:"agents,omitempty"` // ids; "assignee" is whoever has the ticket
	Groups     []string           `json:"groups,omitempty"` // ids
}
