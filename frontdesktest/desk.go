// Package frontdesktest is a desk for the tests of programs that embed one: in
// memory, with a clock that the test moves, and people who act by script. [Open]
// also takes the store of a database, in a schema of the test's own.
//
//	desk := frontdesktest.New(t)
//	ann := desk.EndUser("Ann")
//	ticket := ann.Writes("Where is my parcel?")
//	desk.Agent("Mira").Replies(ticket, "It comes tomorrow.")
//	desk.Advance(10 * time.Minute)
//
// Whatever goes wrong fails the test at the line that asked for it.
//
// # Caveats
//
// The clock begins at [Start] and moves by Advance only: sign logins with
// [Desk.Now], else they are too early.
//
// Background work is done by [Desk.Drain] and [Desk.Advance], in the test's own
// goroutine; Run isn't needed, and isn't for use beside them.
package frontdesktest

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Desk is a desk that is closed when the test ends.
type Desk struct {
	*frontdesk.Desk
	t testing.TB

	mu     sync.Mutex
	now    time.Time
	agents map[string]*Agent
	users  map[string]*EndUser
}

// Start is when a desk's clock begins.
func Start() time.Time { return time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC) }

// New opens a desk with the default configuration.
func New(t testing.TB) *Desk { return Open(t, frontdesk.Config{}) }

// Open opens a desk. The configuration's clock and random source are replaced, so
// that the same script gives the same log in memory and on bbolt. For a desk in
// PostgreSQL give it a Store with a schema of its own, as
//
//	pgstore.New(pool, &pgstore.Options{Schema: "test_17"})
//
// which the test drops in a t.Cleanup from before Open: the desk is closed first.
func Open(t testing.TB, c frontdesk.Config) *Desk {
	t.Helper()
	d := &Desk{t: t, now: Start(), agents: map[string]*Agent{}, users: map[string]*EndUser{}}
	c.Now, c.Random = d.Now, rand.NewChaCha8([32]byte{1})
	var err error
	d.Desk, err = frontdesk.Open(t.Context(), c)
	d.must(err)
	t.Cleanup(func() { d.must(d.Close()) })
	return d
}

func (d *Desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// Now is the desk's time.
func (d *Desk) Now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

// Drain does what is due now.
func (d *Desk) Drain() {
	d.t.Helper()
	_, err := d.Desk.Drain(d.t.Context())
	d.must(err)
}

// step is how far the clock goes at a time, so that timers run at their moment and
// not all at the end.
const step = time.Minute

// Advance moves the clock, and does what falls due on the way.
func (d *Desk) Advance(by time.Duration) {
	d.t.Helper()
	d.Drain()
	for by > 0 {
		d.mu.Lock()
		d.now = d.now.Add(min(by, step))
		d.mu.Unlock()
		by -= step
		d.Drain()
	}
}

// Ticket reads a ticket as it is now.
func (d *Desk) Ticket(id string) *ticket.Ticket {
	d.t.Helper()
	t, err := d.Tickets.Get(d.t.Context(), event.Actor{Kind: event.System}, id)
	d.must(err)
	return t
}

// Texts returns the messages of a ticket as staff sees them, notes included.
func (d *Desk) Texts(id string) (texts []string) {
	d.t.Helper()
	for after, more := int64(0), true; more; {
		var ms []*ticket.Message
		var err error
		ms, more, err = d.Tickets.Messages(d.t.Context(), event.Actor{Kind: event.System}, id, after, 0, 200)
		d.must(err)
		for _, m := range ms {
			texts, after = append(texts, m.Text), m.Seq
		}
	}
	return texts
}

// Agent is a member of staff who does what the test says.
type Agent struct {
	*identity.Agent
	d *Desk
}

// Agent returns the agent of this name, and hires him, as an admin, the first time.
func (d *Desk) Agent(name string) *Agent {
	d.t.Helper()
	if a := d.agents[name]; a != nil {
		return a
	}
	a := &Agent{&identity.Agent{Name: name, Role: identity.Admin}, d}
	d.must(d.People.SaveAgent(d.t.Context(), event.Actor{Kind: event.System}, a.Agent))
	d.agents[name] = a
	return a
}

// Replies sends a public message.
func (a *Agent) Replies(ticketID, text string) *ticket.Message {
	a.d.t.Helper()
	_, m, err := a.d.Tickets.Reply(a.d.t.Context(), a.Actor(), ticketID, ticket.Draft{Text: text})
	a.d.must(err)
	return m
}

// Notes adds what only staff sees.
func (a *Agent) Notes(ticketID, text string) *ticket.Message {
	a.d.t.Helper()
	_, m, err := a.d.Tickets.Note(a.d.t.Context(), a.Actor(), ticketID, ticket.Draft{Text: text})
	a.d.must(err)
	return m
}

// Takes gives the ticket to the agent.
func (a *Agent) Takes(ticketID string) {
	a.d.t.Helper()
	_, err := a.d.Tickets.Assign(a.d.t.Context(), a.Actor(), ticketID, a.ID)
	a.d.must(err)
}

// Resolves says that the ticket is solved.
func (a *Agent) Resolves(ticketID string) {
	a.d.t.Helper()
	_, err := a.d.Tickets.Resolve(a.d.t.Context(), a.Actor(), ticketID)
	a.d.must(err)
}

// Does applies actions to the ticket, all of them or none.
func (a *Agent) Does(ticketID string, actions ...ticket.Action) {
	a.d.t.Helper()
	_, err := a.d.Tickets.Apply(a.d.t.Context(), a.Actor(), ticketID, actions...)
	a.d.must(err)
}

// Merges puts a ticket's conversation into another one of the same customer.
func (a *Agent) Merges(ticketID, into string) {
	a.d.t.Helper()
	_, _, err := a.d.Tickets.Merge(a.d.t.Context(), a.Actor(), ticketID, into, nil)
	a.d.must(err)
}

// EndUser is a customer who does what the test says.
type EndUser struct {
	*identity.EndUser
	d *Desk
}

// EndUser returns the customer of this name, and signs him up the first time; the
// name is his user id, too.
func (d *Desk) EndUser(name string) *EndUser {
	d.t.Helper()
	if u := d.users[name]; u != nil {
		return u
	}
	u, err := d.People.Save(d.t.Context(), event.Actor{Kind: event.System}, identity.Profile{UserID: name, Name: name})
	d.must(err)
	d.users[name] = &EndUser{u, d}
	return d.users[name]
}

// Actor is the end user as an actor.
func (u *EndUser) Actor() event.Actor { return event.Actor{Kind: event.EndUser, ID: u.ID} }

// Writes sends a message in the chat: on his open conversation, or a new one. It
// returns the ticket's id.
func (u *EndUser) Writes(text string) string {
	u.d.t.Helper()
	in := ticket.Inbound{EndUser: u.ID, App: ticket.DefaultApp, Platform: "webchat", Channel: "chat", Draft: ticket.Draft{Text: text}}
	w, err := u.d.Tickets.Write(u.d.t.Context(), in)
	u.d.must(err)
	return w.Ticket.ID
}

// Begins sends a message that opens another conversation, whatever is open.
func (u *EndUser) Begins(text string) string {
	u.d.t.Helper()
	in := ticket.Inbound{EndUser: u.ID, App: ticket.DefaultApp, Platform: "webchat", Channel: "chat", Fresh: true, Draft: ticket.Draft{Text: text}}
	w, err := u.d.Tickets.Write(u.d.t.Context(), in)
	u.d.must(err)
	return w.Ticket.ID
}

// Confirms answers whether his ticket is solved.
func (u *EndUser) Confirms(ticketID string, solved bool) {
	u.d.t.Helper()
	_, err := u.d.Tickets.Confirm(u.d.t.Context(), u.Actor(), ticketID, solved)
	u.d.must(err)
}

// Rates says how satisfied he is, 1 to 5.
func (u *EndUser) Rates(ticketID string, score int) {
	u.d.t.Helper()
	_, err := u.d.Tickets.Rate(u.d.t.Context(), u.Actor(), ticketID, score, "")
	u.d.must(err)
}

// Reads says that he has read all of a ticket.
func (u *EndUser) Reads(ticketID string) {
	u.d.t.Helper()
	_, err := u.d.Tickets.MarkRead(u.d.t.Context(), u.Actor(), ticketID, u.d.Ticket(ticketID).Marks.Last)
	u.d.must(err)
}
