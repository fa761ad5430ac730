package ticket

import (
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store/event"
)

// The clock of the wait, and the counters of the conversation. A wait begins with
// the first message of the end user that no agent has answered, and stands still
// while a bot has the ticket.

// heard counts a public message, and moves the wait.
func (t *Ticket) heard(m *Message) (waited time.Duration) {
	t.Marks.Public = m.Seq
	t.Preview = m.preview()
	if m.Author.Kind == event.EndUser {
		t.Counts.Inbound++
		t.Marks.EndUser, t.Times.LastEndUser, t.Spoke = m.Seq, m.Time, event.EndUser
		t.fallSilent(m)
		if !m.FromCopy() {
			t.Marks.EndUserRead, t.Marks.EndUserGot, t.Marks.EndUserUnread = m.Seq, m.Seq, 0 // who answers has read
		}
		if t.WaitingSince.IsZero() && !t.BotHasIt() {
			t.WaitingSince = m.Time
		}
		return 0
	}
	t.Marks.EndUserUnread++
	t.fallSilent(m)
	switch m.Author.Kind {
	case event.Bot:
		t.Counts.Bot++
		first(&t.Times.FirstResponse, m.Time)
	case event.Agent:
		t.Counts.Agent++
		t.Marks.Agent, t.Marks.AgentRead, t.Times.LastAgent, t.Spoke = m.Seq, m.Seq, m.Time, event.Agent
		first(&t.Times.FirstResponse, m.Time)
		first(&t.Times.FirstHuman, m.Time)
		if !t.WaitingSince.IsZero() {
			waited = m.Time.Sub(t.WaitingSince)
		}
		t.WaitingSince, t.Held = time.Time{}, time.Time{}
	default:
		t.Counts.Automation++
	}
	return waited
}

// fallSilent moves the moment since when the end user has said nothing: the desk's
// answers begin it anew, and of what automations say only the first one counts.
func (t *Ticket) fallSilent(m *Message) {
	switch m.Author.Kind {
	case event.EndUser:
		t.Times.Silent = time.Time{}
	case event.Agent, event.Bot:
		t.Times.Silent = m.Time
	default:
		if t.SilentSince().IsZero() {
			t.Times.Silent = m.Time
		}
	}
}

// SilentSince is since when the end user has said nothing, although he was answered;
// zero if he spoke last. Tickets from before that was kept tell it by their agents.
func (t *Ticket) SilentSince() time.Time {
	if t.Times.Silent.IsZero() && t.Spoke == event.Agent {
		return t.Times.LastAgent
	}
	return t.Times.Silent
}

// TouchedAt is when a person, an agent or the end user, last changed the ticket; its
// creation, if nobody has. That somebody read it is no change. Tickets from before that
// was kept tell it by their messages.
func (t *Ticket) TouchedAt() time.Time {
	if !t.Times.Touched.IsZero() {
		return t.Times.Touched
	}
	return later(later(t.Times.Created, t.Times.LastEndUser), t.Times.LastAgent)
}

// touch notes that a person has changed the ticket.
func (c *Change) touch() {
	person := c.Actor.Kind == event.Agent || c.Actor.Kind == event.EndUser
	if person && slices.ContainsFunc(c.events, func(e *event.Event) bool { return e.Type != Read }) {
		c.After.Times.Touched = c.Time
	}
}

func first(at *time.Time, now time.Time) {
	if at.IsZero() {
		*at = now
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// pause holds the wait: a bot has taken the ticket, or it was closed.
func (t *Ticket) pause() {
	if !t.WaitingSince.IsZero() {
		t.Held, t.WaitingSince = t.WaitingSince, time.Time{}
	}
}

// resume goes on with a wait that was held, from its old start; else, if the end
// user has written since the last agent's message, one begins now.
func (t *Ticket) resume(now time.Time) {
	switch {
	case !t.WaitingSince.IsZero():
	case !t.Held.IsZero():
		t.WaitingSince = t.Held
	case t.unanswered():
		t.WaitingSince = now
	}
	t.Held = time.Time{}
}

// unanswered says whether the end user has written since the last agent's message.
// Tickets from before Spoke was kept tell it by their marks.
func (t *Ticket) unanswered() bool {
	if t.Spoke == "" {
		return t.Marks.EndUser > t.Marks.Agent
	}
	return t.Spoke == event.EndUser
}
