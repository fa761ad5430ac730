package ticket_test

import (
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// model is what the specification (1.1, 1.2) makes of a ticket, by hand.
type model struct {
	Status   ticket.Status
	Who      event.Actor
	Wait     time.Time
	Reopened int
	Messages int64

	held           time.Time
	last           string // agent who had it last
	group          bool
	said, answered int // when the end user and an agent spoke last
	spoken         int
}

func (m *model) open() bool {
	return m.Status != ticket.StatusResolved && m.Status != ticket.StatusRejected
}

func (m *model) bot() bool { return m.Who.Kind == event.Bot }

// do moves the model. false: the act is refused.
func (m *model) do(act string, now time.Time) bool {
	switch act {
	case "ask":
		*m = model{Status: ticket.StatusNew, Wait: now, Messages: 1, said: 1, spoken: 1}
	case "note", "announce":
		m.Messages++
	case "write":
		m.write(now)
	case "reply", "ann says", "reply!":
		return m.reply(act == "reply!", map[bool]string{true: "ann", false: "bob"}[act == "ann says"])
	case "bot says", "rule":
		if m.Status == ticket.StatusRejected {
			return false
		}
		m.Messages++
		m.spoken++
	case "assign", "assign2":
		return m.give(now, event.Actor{Kind: event.Agent, ID: map[string]string{"assign": "bob", "assign2": "ann"}[act]})
	case "bot":
		return m.give(now, bot)
	case "unassign":
		return m.give(now, event.Actor{})
	case "queue":
		ok := m.give(now, event.Actor{})
		m.group = m.group && !ok // a queue isn't a group's
		return ok
	case "group":
		ok := m.give(now, event.Actor{})
		m.group = m.group || ok
		return ok
	case "resolve", "reject":
		return m.shut(act)
	case "reopen":
		return m.reopen(now)
	}
	return true
}

func (m *model) write(now time.Time) {
	if m.Status == ticket.StatusRejected {
		return // another ticket follows up
	}
	m.Messages++
	m.spoken++
	m.said = m.spoken
	if m.Status == ticket.StatusResolved {
		m.Reopened++
		m.Status, m.Who = ticket.StatusPendingReassignment, event.Actor{}
		if m.last != "" && (m.last == "ann" || !m.group) {
			m.Status, m.Who = ticket.StatusWaitingForAgent, event.Actor{Kind: event.Agent, ID: m.last}
		}
		m.Wait, m.held = now, time.Time{}
		return
	}
	if m.bot() {
		return
	}
	if m.Status == ticket.StatusAgentReplied {
		m.Status = ticket.StatusWaitingForAgent
	}
	if m.Wait.IsZero() {
		m.Wait = now
	}
}

func (m *model) reply(reopen bool, who string) bool {
	if m.Status == ticket.StatusRejected {
		return false
	}
	m.Messages++
	m.spoken++
	m.answered, m.Wait, m.held = m.spoken, time.Time{}, time.Time{}
	if m.Status == ticket.StatusResolved {
		if !reopen {
			return true
		}
		m.Reopened++
	}
	m.Status = ticket.StatusAgentReplied
	if m.Who.Kind != event.Agent {
		m.Who, m.last = event.Actor{Kind: event.Agent, ID: who}, who
	}
	return true
}

func (m *model) give(now time.Time, who event.Actor) bool {
	if !m.open() {
		return false
	}
	had := m.bot()
	m.Who = who
	switch {
	case who.Kind == event.Agent:
		m.last = who.ID
		if m.Status == ticket.StatusNew {
			m.Status = ticket.StatusNewForAgent
		} else if m.Status == ticket.StatusPendingReassignment {
			m.Status = ticket.StatusWaitingForAgent
		}
	case m.Status == ticket.StatusNewForAgent:
		m.Status = ticket.StatusNew
	}
	if m.bot() {
		m.hold()
	} else if had {
		m.goOn(now)
	}
	return true
}

func (m *model) hold() {
	if !m.Wait.IsZero() {
		m.held, m.Wait = m.Wait, time.Time{}
	}
}

func (m *model) goOn(now time.Time) {
	if m.Wait = m.held; m.Wait.IsZero() && m.said > m.answered {
		m.Wait = now
	}
	m.held = time.Time{}
}

func (m *model) shut(act string) bool {
	to := map[string]ticket.Status{"resolve": ticket.StatusResolved, "reject": ticket.StatusRejected}[act]
	if m.Status == ticket.StatusRejected && to == ticket.StatusResolved {
		return false
	}
	m.Status = to
	m.hold()
	return true
}

func (m *model) reopen(now time.Time) bool {
	switch {
	case m.open():
		return false
	case m.answered == 0 && m.Who.Kind == event.Agent:
		m.Status = ticket.StatusNewForAgent
	case m.answered == 0:
		m.Status = ticket.StatusNew
	case m.said > m.answered:
		m.Status = ticket.StatusWaitingForAgent
	default:
		m.Status = ticket.StatusAgentReplied
	}
	m.Reopened++
	if m.said > m.answered && !m.bot() {
		m.goOn(now)
	}
	return true
}

// Random acts on a ticket do what the model says.
func TestTicketFollowsTheModel(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		names := []string{"note", "announce", "write", "write", "reply", "ann says", "reply!", "bot says", "rule", "assign", "assign2", "bot", "bot", "bot", "unassign", "queue", "group", "resolve", "reject", "reopen", "read"}
		cases := 0
		rapid.Check(t, func(rt *rapid.T) {
			if cases++; cases > 25 && !strings.HasSuffix(t.Name(), "memory") {
				return // the rest would say nothing that memory doesn't
			}
			tk, m := d.ask(t), &model{}
			m.do("ask", d.clock.now())
			for _, act := range rapid.SliceOfN(rapid.SampledFrom(names), 1, 25).Draw(rt, "acts") {
				now := d.clock.forward(time.Minute)
				before := *m
				ok := m.do(act, now)
				err := d.attempt(t, act, tk.ID)
				if ok != (err == nil) {
					rt.Fatalf("%s on %s: error %v, the model takes it: %v", act, tk.Status, err, ok)
				}
				if !ok {
					*m = before
				}
				tk = d.get(t, tk.ID)
				got := model{Status: tk.Status, Who: tk.Assignee, Wait: tk.WaitingSince, Reopened: tk.Reopened, Messages: tk.Marks.Last}
				want := model{Status: m.Status, Who: m.Who, Wait: m.Wait, Reopened: m.Reopened, Messages: m.Messages}
				if got != want {
					rt.Fatalf("%s: %s", act, cmp.Diff(want, got, cmp.AllowUnexported(model{})))
				}
				d.holds(t, rt, tk)
			}
		})
	})
}

// attempt does one act that may be refused.
func (d *desk) attempt(t testing.TB, act, id string) (err error) {
	ctx := t.Context()
	switch act {
	case "note":
		_, _, err = d.tickets.Note(ctx, ann, id, text("Hm."))
	case "announce":
		_, _, err = d.tickets.Announce(ctx, host, id, "Closed.")
	case "assign2":
		_, err = d.tickets.Assign(ctx, admin, id, "ann")
	case "read":
		_, err = d.tickets.MarkRead(ctx, d.user(), id, 1000)
	default:
		_, err = acts[act](t, d, id)
	}
	return err
}

// holds checks what is true of every ticket.
func (d *desk) holds(t testing.TB, rt *rapid.T, tk *ticket.Ticket) {
	agent := tk.Assignee.Kind == event.Agent
	switch {
	case agent && (tk.Status == ticket.StatusNew || tk.Status == ticket.StatusPendingReassignment), !agent && tk.Status == ticket.StatusNewForAgent:
		rt.Fatalf("%s, and %+v has it", tk.Status, tk.Assignee)
	case !tk.WaitingSince.IsZero() && (!tk.Status.Open() || tk.BotHasIt() || !tk.Held.IsZero()):
		rt.Fatalf("%s, %+v has it, waiting since %s, held since %s", tk.Status, tk.Assignee, tk.WaitingSince, tk.Held)
	case tk.Status.Open() == !tk.Times.Resolved.IsZero():
		rt.Fatalf("%s, resolved at %s", tk.Status, tk.Times.Resolved)
	}
	ms := d.messages(t, ann, tk.ID)
	for i, m := range ms {
		if m.Seq != int64(i+1) {
			rt.Fatalf("message %d has number %d", i+1, m.Seq)
		}
	}
	if int64(len(ms)) != tk.Marks.Last {
		rt.Fatalf("%d messages, the last number is %d", len(ms), tk.Marks.Last)
	}
	rev := int64(0)
	for _, e := range d.eventsOf(t, tk.ID) {
		if e.Revision != rev && e.Revision != rev+1 || e.Owner != tk.EndUser {
			rt.Fatalf("after revision %d the history has %d, %s of %s", rev, e.Revision, e.Type, e.Owner)
		}
		rev = e.Revision
	}
	if rev != int64(tk.Rev) {
		rt.Fatalf("the history ends at revision %d of %d", rev, tk.Rev)
	}
}
