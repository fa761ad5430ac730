package automation

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// subject is what conditions are true or false of: a ticket, with what has just happened
// to it. What lies elsewhere is read when a condition asks for it; what goes wrong then
// is kept in err, which is to be looked at afterwards.
type subject struct {
	ctx context.Context
	tx  *store.Tx
	s   *Service
	now time.Time
	err error

	t       *ticket.Ticket
	past    *ticket.Ticket // before the event; an empty one where there is none
	events  []string
	changed []string
	seq     int64 // of the event's message, 0 if there is none

	answers map[string]answer // of the host's functions
	missing []string          // functions that have to be asked first

	said    lazy[ticket.Message]
	person  lazy[identity.EndUser]
	product lazy[ticket.App]
	line    lazy[queue.Queue]
	owner   lazy[identity.Agent]
	there   lazy[queue.Availability]
	hours   lazy[calendarOf]
}

// answer is what a function of the host said. One that failed has no answer.
type answer struct{ yes, known bool }

type calendarOf struct{ *hours.Calendar }

// newSubject is a ticket to which nothing has happened.
func (s *Service) newSubject(ctx context.Context, tx *store.Tx, t *ticket.Ticket) *subject {
	return &subject{ctx: ctx, tx: tx, s: s, now: s.now(), t: t, past: &ticket.Ticket{}}
}

// turn goes on with the ticket as it is now.
func (x *subject) turn(t *ticket.Ticket) {
	x.t = t
	x.line, x.owner, x.there, x.hours = lazy[queue.Queue]{}, lazy[identity.Agent]{}, lazy[queue.Availability]{}, lazy[calendarOf]{}
}

// lazy is a document that is read when somebody asks for it. One that isn't there is the
// zero value.
type lazy[T any] struct {
	known *T
	none  T
}

func (l *lazy[T]) get(x *subject, id string, read func() (*T, error)) *T {
	if l.known != nil {
		return l.known
	}
	l.known = &l.none
	if id == "" {
		return l.known
	}
	v, err := read()
	switch {
	case err == nil:
		l.known = v
	case !errors.Is(err, store.ErrNotFound) && x.err == nil:
		x.err = err
	}
	return l.known
}

func (x *subject) message() *ticket.Message {
	if x.seq == 0 {
		return &x.said.none
	}
	return x.said.get(x, x.t.ID, func() (*ticket.Message, error) { return ticket.PeekMessage(x.ctx, x.tx, x.t.ID, x.seq) })
}

func (x *subject) user() *identity.EndUser {
	return x.person.get(x, x.t.EndUser, func() (*identity.EndUser, error) { return x.s.people.In(x.tx).EndUser(x.ctx, x.t.EndUser) })
}

func (x *subject) app() *ticket.App {
	return x.product.get(x, x.t.App, func() (*ticket.App, error) { return x.s.tickets.In(x.tx).App(x.ctx, x.t.App) })
}

func (x *subject) queue() *queue.Queue {
	return x.line.get(x, x.t.Queue, func() (*queue.Queue, error) { return x.s.queues.In(x.tx).Queue(x.ctx, x.t.Queue) })
}

// agentID is the id of the agent who has the ticket, or "".
func (x *subject) agentID() string {
	if x.t.BotHasIt() {
		return ""
	}
	return x.t.Assignee.ID
}

func (x *subject) agent() *identity.Agent {
	return x.owner.get(x, x.agentID(), func() (*identity.Agent, error) { return x.s.people.In(x.tx).Agent(x.ctx, x.agentID()) })
}

func (x *subject) available() (on, set bool) {
	av := x.there.get(x, x.agentID(), func() (*queue.Availability, error) { return x.s.queues.In(x.tx).Availability(x.ctx, x.agentID()) })
	return av.State == queue.Available, av.Agent != ""
}

func (x *subject) calendar() *hours.Calendar {
	return x.hours.get(x, x.t.ID, func() (*calendarOf, error) {
		c, err := x.s.tickets.HoursOf(x.ctx, x.tx, x.t)
		return &calendarOf{c}, err
	}).Calendar
}

// local is the moment on the calendar's clock.
func (x *subject) local() time.Time { return x.now.In(x.calendar().Location()) }

// ask is what a function of the host has answered. Without an answer it isn't set.
func (x *subject) ask(name string) (on, set bool) {
	a, asked := x.answers[name]
	if !asked && !slices.Contains(x.missing, name) {
		x.missing = append(x.missing, name)
	}
	return a.yes, a.known
}
