package analytics

import (
	"context"
	"errors"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// DeflectionWindow is how long after a resolution a reopening says that the bot hadn't
// solved it.
const DeflectionWindow = 72 * time.Hour

// ticketCase is what figures need of a ticket's past.
type ticketCase struct {
	ID      string    `json:"id"` // generation and ticket
	Created time.Time `json:"created"`
	Counted bool      `json:"counted,omitempty"` // as created
	Stand   stand     `json:"stand"`

	FirstAssigned time.Time `json:"first_assigned,omitzero"`
	FirstResponse time.Time `json:"first_response,omitzero"` // of an agent or bot
	FirstHuman    time.Time `json:"first_human,omitzero"`
	Held          bool      `json:"held,omitempty"` // its holding time is counted, or will never be
	AgentMessages int       `json:"agent_messages,omitempty"`
	BotMessages   int       `json:"bot_messages,omitempty"`
	BotStarted    bool      `json:"bot_started,omitempty"`

	Resolutions int       `json:"resolutions,omitempty"`
	Last        *solution `json:"last,omitempty"`
	Deflected   *spot     `json:"deflected,omitempty"` // the resolution that counts as the bot's
	Rev         store.Rev `json:"-"`
}

// stand is what a ticket is counted as at present.
type stand struct {
	Set     set      `json:"set"`
	Tags    []string `json:"tags,omitempty"`
	Open    bool     `json:"open,omitempty"`
	Backlog bool     `json:"backlog,omitempty"`
	Since   int64    `json:"since,omitempty"`   // of the backlog, in ms since epoch
	Waiting bool     `json:"waiting,omitempty"` // for the agent who has it
}

// solution is the last resolution of a ticket, and where it was counted.
type solution struct {
	Spot         spot  `json:"spot"`
	FirstContact bool  `json:"first_contact,omitempty"`
	Rated        *spot `json:"rated,omitempty"`
	Score        int   `json:"score,omitempty"`
}

var cases = &store.Collection[ticketCase]{
	Name:       "analytics_case",
	Key:        func(c *ticketCase) string { return c.ID },
	Rev:        func(c *ticketCase) *store.Rev { return &c.Rev },
	Impersonal: impersonal,
}

func (b *book) ticketCase(ctx context.Context, id string) (*ticketCase, error) {
	key := string(b.gen) + "/" + id
	if c := b.cases[key]; c != nil {
		return c, nil
	}
	c, err := cases.Lock(ctx, b.tx, key, store.ForUpdate)
	if errors.Is(err, store.ErrNotFound) {
		c, err = &ticketCase{ID: key}, nil
	}
	if err == nil {
		b.cases[key] = c
	}
	return c, err
}

// happening is an event of a ticket that is being counted.
type happening struct {
	*book
	*event.Event
	c    *ticketCase
	f    *ticket.Facts
	at   spot            // the ticket as it is right after it
	open *hours.Calendar // business hours; nil is always
}

// ticket counts an event of a ticket.
func (b *book) ticket(ctx context.Context, e *event.Event) error {
	var f ticket.Facts
	if err := e.Payload(&f); err != nil {
		return err
	}
	if f.After == nil {
		return nil // nothing about it has changed
	}
	c, err := b.ticketCase(ctx, e.Subject)
	if err != nil {
		return err
	}
	if e.Type == ticket.Created || c.Created.IsZero() {
		c.Created = e.Time
	}
	h := &happening{book: b, Event: e, c: c, f: &f}
	h.at = spot{At: e.Time, Tags: f.After.Tags, Set: set{App: f.App, Platform: f.Platform, Channel: f.Channel,
		Language: f.After.Language, Label: f.After.Label, Queue: f.After.Queue, Group: f.After.Group}}
	if h.at.Set, err = b.held(ctx, h.at.Set, f.After.Assignee); err != nil {
		return err
	}
	if h.open, err = b.hours(ctx, f.After.Queue); err != nil {
		return err
	}
	if err := h.stand(ctx); err != nil {
		return err
	}
	return h.count(ctx)
}

// held is a set of a ticket that somebody has.
func (b *book) held(ctx context.Context, s set, who event.Actor) (set, error) {
	s.Agent, s.Team, s.Bot = "", "", ""
	switch who.Kind {
	case event.Agent:
		s.Agent = who.ID
	case event.Bot:
		s.Bot = who.ID
	}
	var err error
	s.Team, err = b.team(ctx, s.Agent)
	return s, err
}

// stand moves the ticket from what it was counted as to what it is.
func (h *happening) stand(ctx context.Context) error {
	a, c := h.f.After, h.c
	if !c.Counted && !a.Intake {
		c.Counted = true
		created := h.at
		created.At = c.Created
		h.add(created, colCreated, 1)
	}
	now := stand{Set: h.at.Set, Tags: h.at.Tags, Open: h.f.Status.Open(), Backlog: a.Backlog}
	if now.Backlog {
		since := a.Waiting
		if since.IsZero() {
			since = c.Created
		}
		now.Since = since.Sub(epoch).Milliseconds()
	}
	now.Waiting = now.Open && !a.Asleep && !a.Waiting.IsZero() && now.Set.Agent != ""
	was := c.Stand
	c.Stand = now
	h.move(&was, -1)
	h.move(&now, 1)
	if was.Waiting && (!now.Waiting || was.Set.Agent != now.Set.Agent) {
		if err := h.waits(ctx, was.Set.Agent, h.Time, -1); err != nil {
			return err
		}
	}
	if now.Waiting && (!was.Waiting || was.Set.Agent != now.Set.Agent) {
		return h.waits(ctx, now.Set.Agent, h.Time, 1)
	}
	return nil
}

// move adds what a ticket is counted as, or takes it away. What is the same before and
// after comes to nothing.
func (h *happening) move(s *stand, n int64) {
	at := spot{At: h.Time, Set: s.Set, Tags: s.Tags}
	if s.Open {
		h.add(at, colOpen, n)
	}
	if s.Backlog {
		h.add(at, colBacklog, n)
		h.add(at, colSince, n*s.Since)
	}
	if s.Waiting {
		h.add(at, colWaiting, n)
	}
}

// count counts what happened.
func (h *happening) count(ctx context.Context) error {
	for _, target := range h.f.Met {
		h.add(h.at, targetColumn(target, colMetFirst), 1)
	}
	switch h.Type {
	case ticket.Created:
		h.said(true)
	case ticket.MessageAdded:
		h.said(false)
	case ticket.Assigned:
		return h.assigned(ctx)
	case ticket.Resolved:
		h.resolved()
	case ticket.Rejected:
		h.add(h.at, colRejected, 1)
	case ticket.Reopened:
		h.reopened()
	case ticket.Merged:
		if h.f.Into != "" {
			h.add(h.at, colMerged, 1)
		}
	case ticket.Answered, ticket.Rated:
		return h.judged(ctx)
	case ticket.Breached:
		at := h.at
		at.At = h.f.Due
		h.add(at, targetColumn(h.f.Target, colMissedFirst), 1)
	}
	return nil
}

// targetColumn is the column of a target among the three that begin with that of the first
// response.
func targetColumn(t ticket.Target, first column) column {
	switch t {
	case ticket.TargetFirst:
		return first
	case ticket.TargetNext:
		return first + 1
	}
	return first + 2
}

// said counts a message.
func (h *happening) said(begins bool) {
	if h.f.Message != ticket.Public {
		return
	}
	c := h.c
	switch h.f.Author.Kind {
	case event.EndUser:
		h.add(h.at, colInbound, 1)
		return
	case event.Bot:
		h.add(h.at, colOutBot, 1)
		c.BotMessages++
	case event.Agent:
		h.add(h.at, colOutAgent, 1)
		c.AgentMessages++
	default:
		h.add(h.at, colOutAutomation, 1)
		return
	}
	if c.FirstResponse.IsZero() {
		c.FirstResponse = h.Time
		if c.Held = c.Held || begins; !begins {
			h.add(h.at, colFirstResponse, 1)
			h.last(h.at, firstResponse, c.Created, h.Time, h.open)
			h.holding()
		}
	}
	if h.f.Author.Kind != event.Agent {
		return
	}
	if c.FirstHuman.IsZero() {
		c.FirstHuman = h.Time
		if !begins {
			h.add(h.at, colHumanResponse, 1)
			h.last(h.at, humanResponse, c.Created, h.Time, h.open)
		}
	}
	if waited := time.Duration(h.f.Waited) * time.Microsecond; waited > 0 {
		h.add(h.at, colReply, 1)
		h.last(h.at, replyTime, h.Time.Add(-waited), h.Time, h.open)
	}
}

// holding counts the time from the first assignment to the first response, when both are
// known, unless the response came before.
func (h *happening) holding() {
	c := h.c
	if c.Held || c.FirstResponse.IsZero() || c.FirstAssigned.IsZero() {
		return
	}
	c.Held = true
	if !c.FirstResponse.Before(c.FirstAssigned) {
		h.last(h.at, holdingTime, c.FirstAssigned, c.FirstResponse, h.open)
	}
}

func (h *happening) assigned(ctx context.Context) error {
	f, c := h.f, h.c
	if f.From == f.To {
		return nil
	}
	if f.To.Kind == event.Agent {
		h.add(h.at, colAssigned, 1)
		if c.FirstAssigned.IsZero() {
			c.FirstAssigned = h.Time
			h.last(h.at, firstAssignment, c.Created, h.Time, h.open)
			h.holding()
		}
	}
	if f.From.Kind == event.Bot && (h.Actor.Kind == event.Bot || h.Actor.Kind == event.System) {
		by := h.at
		by.Set.Bot = f.From.ID
		h.add(by, colBotHandOff, 1)
	}
	return nil
}

func (h *happening) resolved() {
	c := h.c
	h.add(h.at, colResolved, 1)
	switch h.Actor.Kind {
	case event.Agent:
		h.add(h.at, colByAgent, 1)
	case event.Bot:
		h.add(h.at, colByBot, 1)
	case event.Automation:
		h.add(h.at, colByAutomation, 1)
	case event.EndUser:
		h.add(h.at, colByEndUser, 1)
	default:
		h.add(h.at, colBySystem, 1)
	}
	h.last(h.at, resolutionTime, c.Created, h.Time, h.open)
	if !c.FirstAssigned.IsZero() {
		h.last(h.at, handlingTime, c.FirstAssigned, h.Time, h.open)
	}
	if c.Last != nil && c.Last.FirstContact {
		h.add(c.Last.Spot, colFirstContact, -1) // it was resolved more than once
	}
	c.Resolutions++
	c.Last = &solution{Spot: h.at, FirstContact: c.Resolutions == 1 && c.AgentMessages == 1}
	if c.Last.FirstContact {
		h.add(h.at, colFirstContact, 1)
	}
	if c.Deflected == nil && c.BotMessages > 0 && c.AgentMessages == 0 {
		c.Deflected = &h.at
		h.add(h.at, colBotDeflection, 1)
	}
}

func (h *happening) reopened() {
	h.add(h.at, colReopened, 1)
	if d := h.c.Deflected; d != nil && h.Time.Sub(d.At) <= DeflectionWindow {
		h.c.Deflected = nil
		h.add(*d, colBotDeflection, -1)
	}
}

// judged counts what the end user says of a resolution, for who had the ticket then.
func (h *happening) judged(ctx context.Context) error {
	at := h.at
	var err error
	if at.Set, err = h.held(ctx, at.Set, h.f.To); err != nil {
		return err
	}
	switch l := h.c.Last; {
	case h.Type == ticket.Rated && l != nil && l.Rated != nil:
		h.add(*l.Rated, colScore, int64(h.f.Score-l.Score))
		l.Score = h.f.Score
	case h.Type == ticket.Rated:
		h.add(at, colRated, 1)
		h.add(at, colScore, int64(h.f.Score))
		if l != nil {
			l.Rated, l.Score = &at, h.f.Score
		}
	case h.f.Answer == ticket.Accepted:
		h.add(at, colAccepted, 1)
	case h.f.Answer == ticket.SaidNo:
		h.add(at, colRefused, 1)
	}
	return nil
}
