package ticket

import (
	"cmp"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// The limits of a ticket.
const (
	MaxTitle        = 255      // characters
	MaxTags         = 100      // on a ticket
	MaxLinks        = 50       // on a ticket
	MaxParticipants = 50       // on a ticket, people in copy and followers together
	MaxMetadata     = 64 << 10 // bytes, keys and values together
	MaxTrail        = 100      // breadcrumbs, and lines of the debug log; the last ones are kept
	maxPairs        = 500      // entries of metadata that come at once
	maxLine         = 500      // characters of a line of the debug log
	maxRef          = 100      // bytes of the id of a queue or bot, which indexes hold
	maxWarnings     = 100
	preview         = 140 // characters of a message in lists
)

// Priority is optional; the zero value is none.
type Priority string

// The priorities.
const (
	None   Priority = ""
	Low    Priority = "low"
	Normal Priority = "normal"
	High   Priority = "high"
	Urgent Priority = "urgent"
)

func (p Priority) valid() bool {
	return slices.Contains([]Priority{None, Low, Normal, High, Urgent}, p)
}

// Label says what a ticket is about. It has one label or none.
type Label struct {
	Name       string  `json:"name"`
	Source     string  `json:"source"`               // predicted, agent, automation, bot
	Confidence float64 `json:"confidence,omitempty"` // 0 to 1, of a prediction
	Model      string  `json:"model,omitempty"`      // version of the model
}

// LinkKind says how a ticket is tied to another one.
type LinkKind string

// The kinds of link.
const (
	DuplicateOf LinkKind = "duplicate_of"
	FollowUpOf  LinkKind = "follow_up_of"
	Related     LinkKind = "related"
)

// Link ties a ticket to another one.
type Link struct {
	Kind   LinkKind `json:"kind"`
	Ticket string   `json:"ticket"`
}

// Pair is a piece of metadata that a device sent.
type Pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Crumb is something that the end user did before he wrote.
type Crumb struct {
	Time time.Time `json:"time"`
	Text string    `json:"text"`
}

// Device is what an end user's device told about itself.
type Device struct {
	Metadata    []Pair   `json:"metadata,omitempty"` // in order of key
	Breadcrumbs []Crumb  `json:"breadcrumbs,omitempty"`
	DebugLog    []string `json:"debug_log,omitempty"`
}

// Preview is the last message that both sides see, as lists show it.
type Preview struct {
	Author      event.Kind `json:"author,omitempty"`
	Copied      bool       `json:"copied,omitempty"` // a person in copy wrote it
	Text        string     `json:"text,omitempty"`   // the first 140 characters
	Time        time.Time  `json:"time,omitzero"`
	Attachments int        `json:"attachments,omitempty"`
	Redacted    bool       `json:"redacted,omitempty"` // what it said was taken out
}

// Counts are numbers of public messages, by who wrote them.
type Counts struct {
	Inbound    int `json:"inbound,omitempty"` // by the end user
	Agent      int `json:"agent,omitempty"`
	Bot        int `json:"bot,omitempty"`
	Automation int `json:"automation,omitempty"`
}

// Times are the moments of a ticket; a zero time has not come. First response is
// an agent's or a bot's; automations never count.
type Times struct {
	Created       time.Time `json:"created"`
	Updated       time.Time `json:"updated"`
	FirstAssigned time.Time `json:"first_assigned,omitzero"` // to an agent
	FirstResponse time.Time `json:"first_response,omitzero"`
	FirstHuman    time.Time `json:"first_human,omitzero"` // first response of an agent
	LastAgent     time.Time `json:"last_agent,omitzero"`
	LastEndUser   time.Time `json:"last_end_user,omitzero"`
	Resolved      time.Time `json:"resolved,omitzero"` // or rejected
	// Silent is since when the end user has said nothing: an agent's or a bot's last
	// message, or, where neither has spoken since he did, the first automation's. See
	// Ticket.SilentSince.
	Silent time.Time `json:"silent,omitzero"`
	// Touched is the last change by a person, an agent or the end user. See
	// Ticket.TouchedAt.
	Touched time.Time `json:"touched,omitzero"`
}

// Marks are sequence numbers of messages.
type Marks struct {
	Last          int64 `json:"last"`            // newest message of any kind
	Public        int64 `json:"public"`          // newest of kind Public
	Visible       int64 `json:"visible"`         // newest that end users see
	Agent         int64 `json:"agent"`           // newest by an agent
	EndUser       int64 `json:"end_user"`        // newest by the end user
	AgentRead     int64 `json:"agent_read"`      // up to here some agent has read
	EndUserRead   int64 `json:"end_user_read"`   // up to here the end user has read
	EndUserGot    int64 `json:"end_user_got"`    // up to here his device has received
	EndUserUnread int   `json:"end_user_unread"` // number of messages to him behind EndUserRead
}

// Ticket is one support case. Its messages are kept apart.
type Ticket struct {
	ID       string `json:"id"`     // UUIDv7
	Number   int64  `json:"number"` // for people: unique, ascending, with gaps
	App      string `json:"app"`
	Platform string `json:"platform"`
	Channel  string `json:"channel"`
	Language string `json:"language,omitempty"`
	// How the language is known: sent, detected, end_user, app or agent; and, of a
	// detected one, how sure that is, 0 to 1.
	LanguageSource     string  `json:"language_source,omitempty"`
	LanguageConfidence float64 `json:"language_confidence,omitempty"`
	EndUser            string  `json:"end_user"` // id
	Title              string  `json:"title,omitempty"`

	Status     Status             `json:"status"`
	Priority   Priority           `json:"priority,omitempty"`
	Label      *Label             `json:"label,omitempty"`
	Tags       []string           `json:"tags,omitempty"`    // in order
	Fields     []Value            `json:"fields,omitempty"`  // in order of key
	Assignee   event.Actor        `json:"assignee,omitzero"` // agent or bot; zero: nobody
	LastAgent  string             `json:"last_agent,omitempty"`
	Group      string             `json:"group,omitempty"`
	Queue      string             `json:"queue,omitempty"`
	FirstQueue string             `json:"first_queue,omitempty"`
	Links      []Link             `json:"links,omitempty"`
	Copied     []string           `json:"copied,omitempty"`    // emails of people in copy
	Followers  []string           `json:"followers,omitempty"` // agents who are told what happens
	Device     Device             `json:"device,omitzero"`
	Warnings   []identity.Warning `json:"warnings,omitempty"` // what was left out of what devices sent

	// WaitingSince is the first end user's message that no agent has answered;
	// zero while nobody waits, or a bot has the ticket. Held is a wait that stands
	// still while a bot has the ticket, or while it is closed.
	WaitingSince time.Time     `json:"waiting_since,omitzero"`
	Held         time.Time     `json:"held,omitzero"`
	OnHold       time.Duration `json:"on_hold,omitempty"` // sum of the sleeps that are over
	Pauses       []Pause       `json:"pauses,omitempty"`  // of its clocks, the last 50
	Reopened     int           `json:"reopened,omitempty"`
	Times        Times         `json:"times"`
	Counts       Counts        `json:"counts,omitzero"`
	Marks        Marks         `json:"marks"`
	Preview      Preview       `json:"preview,omitzero"`

	Stay  Stay   `json:"stay,omitzero"`   // in its queue; package queue keeps it
	Offer *Offer `json:"offer,omitempty"` // to an agent who hasn't said yet whether he takes it

	Intake     string      `json:"intake,omitempty"` // the step that it passes next; "" once it has left intake
	Snoozed    *Snooze     `json:"snoozed,omitempty"`
	Resolution *Resolution `json:"resolution,omitempty"` // the last one
	Incomplete bool        `json:"incomplete,omitempty"` // resolved without a field that agents have to fill in
	Merged     *Merge      `json:"merged,omitempty"`     // into another ticket
	Spoke      event.Kind  `json:"spoke,omitempty"`      // who spoke last: the end user, or an agent
	// Service is where it stands under its service policy; nil where there never was one.
	Service *Standing `json:"service,omitempty"`
	// Moved is the revision up to which end users saw messages here that are on
	// another ticket now: who knows the ticket as it was then reads it anew.
	Moved store.Rev `json:"moved,omitempty"`
	// Erased says that its end user was erased, or that its app keeps it no longer:
	// nothing that he or anybody wrote is on it any more, and nothing comes to it. What
	// it counts stays.
	Erased bool `json:"erased,omitempty"`
	// Lapsed is when the last of it was gone, where its app's retention had it erased.
	Lapsed time.Time `json:"lapsed,omitzero"`
	Rev    store.Rev `json:"-"`
}

// Backlogged says whether the ticket waits for a person and nobody has it. An
// answered one does if the end user wrote to a bot since, which left the status.
// One that sleeps or is in intake doesn't.
func (t *Ticket) Backlogged() bool {
	return t.Assignee == event.Actor{} && t.Status.Open() && t.Snoozed == nil && t.Intake == "" && (t.Status != StatusAgentReplied || !t.WaitingSince.IsZero())
}

// BotHasIt says whether a bot owns the ticket.
func (t *Ticket) BotHasIt() bool { return t.Assignee.Kind == event.Bot }

// HasTag says whether the ticket bears the tag, whatever its case.
func (t *Ticket) HasTag(tag string) bool {
	return slices.ContainsFunc(t.Tags, func(have string) bool { return foldTag(have) == foldTag(tag) })
}

// linked returns the ticket's links with one more.
func (t *Ticket) linked(l Link) []Link {
	if slices.Contains(t.Links, l) {
		return t.Links
	}
	return append(slices.Clone(t.Links), l)
}

// FollowUpOf is the ticket that this one goes on from, or "".
func (t *Ticket) FollowUpOf() string {
	for _, l := range t.Links {
		if l.Kind == FollowUpOf {
			return l.Ticket
		}
	}
	return ""
}

// noQueue stands in the backlog's index for tickets that aren't in a queue.
const noQueue = "-"

// shelf is where a closed ticket is found by the time when it was closed: its app, or
// the ticket that it went into, whose fate it shares. Open ones are on none, so that
// this costs nothing while they are worked on.
func (t *Ticket) shelf() string {
	switch {
	case t.Status.Open() || !t.Lapsed.IsZero():
		return ""
	case t.Merged != nil && !t.Merged.Abroad:
		return mergedInto(t.Merged.Into)
	}
	return t.App
}

// mergedInto is the shelf of tickets that went into another one. No app has such an id.
func mergedInto(id string) string { return ">" + id }

// tickets has four indexes and no more of open ones, because each costs every writer;
// lists have a projection of their own. A UUIDv7 as key orders tickets by creation.
var tickets = &store.Collection[Ticket]{
	Name:   "ticket",
	Fresh:  true,
	Series: []string{"ticket"},
	Key:    func(t *Ticket) string { return t.ID },
	Rev:    func(t *Ticket) *store.Rev { return &t.Rev },
	Columns: []store.Column[Ticket]{
		{Name: "backlog", Kind: store.Text, Of: func(t *Ticket) any {
			if !t.Backlogged() {
				return nil
			}
			return cmp.Or(t.Queue, noQueue)
		}},
		{Name: "since", Kind: store.Time, Of: func(t *Ticket) any { return t.WaitsSince() }},
		{Name: "assignee", Kind: store.Text, Of: func(t *Ticket) any {
			if t.Assignee.ID == "" || !t.Status.Open() {
				return nil
			}
			return t.Assignee.String()
		}},
		{Name: "end_user", Kind: store.Text, Of: func(t *Ticket) any { return t.EndUser }},
		{Name: "open", Kind: store.Int, Of: func(t *Ticket) any {
			if t.Status.Open() {
				return int64(1)
			}
			return int64(0)
		}},
		{Name: "number", Kind: store.Int, Of: func(t *Ticket) any { return t.Number }},
		{Name: "shelf", Kind: store.Text, Of: func(t *Ticket) any { return t.shelf() }},
		{Name: "closed", Kind: store.Time, Of: func(t *Ticket) any { return t.Times.Resolved }},
	},
	Indexes: []store.Index{
		{Name: "waiting", On: []string{"backlog", "since"}},
		{Name: "assignee", On: []string{"assignee"}},
		{Name: "end_user", On: []string{"end_user", "open"}},
		{Name: "number", On: []string{"number"}, Unique: true},
		{Name: "closed", On: []string{"shelf", "closed"}},
	},
	Views:    []driver.SQLView{ticketView, ratingView},
	Subjects: func(t *Ticket) []string { return []string{t.EndUser} },
	Show: func(t *Ticket, _ []string) any {
		shown := *t
		if shown.Preview.Copied {
			shown.Preview.Text = "" // another one's words
		}
		return &shown
	},
	Erase: func(t *Ticket, _ string) bool {
		t.Title, t.Preview.Text, t.Copied, t.Device, t.Fields, t.Warnings = "", "", nil, Device{}, nil, nil
		if t.Snoozed != nil {
			t.Snoozed.Reason = ""
		}
		if t.Merged != nil && t.Merged.Snoozed != nil {
			t.Merged.Snoozed.Reason = ""
		}
		if t.Resolution != nil {
			t.Resolution.Survey.Comment = ""
		}
		t.Erased = true
		return true
	},
	Found: []store.Way{store.InIndex("end_user")},
}
