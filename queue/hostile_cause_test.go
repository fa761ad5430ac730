package queue_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Each cause by itself makes a ticket assignable; bob is available before it.
func TestHostileLeftWaiting(t *testing.T) {
	type tks = *ticket.Ticket
	ok := func(t *testing.T, _ any, err error) { t.Helper(); must(t, err) }
	for name, f := range map[string]struct {
		before, cause func(t *testing.T, d *desk, id string) string
	}{
		"unmerge": {before: func(t *testing.T, d *desk, id string) string {
			o := d.ask(t, "")
			_, _, err := d.tickets.Merge(t.Context(), host, id, o.ID, nil)
			must(t, err)
			return id
		}, cause: func(t *testing.T, d *desk, id string) string {
			_, _, err := d.tickets.Unmerge(t.Context(), host, id)
			must(t, err)
			return id
		}},
		"reopen by staff": {before: func(t *testing.T, d *desk, id string) string {
			v, err := d.tickets.Resolve(t.Context(), host, id)
			ok(t, v, err)
			return id
		}, cause: func(t *testing.T, d *desk, id string) string {
			v, err := d.tickets.Reopen(t.Context(), host, id)
			ok(t, v, err)
			return id
		}},
		"bot hands over": {before: func(t *testing.T, d *desk, id string) string {
			v, err := d.tickets.AssignBot(t.Context(), host, id, "robo")
			ok(t, v, err)
			return id
		}, cause: func(t *testing.T, d *desk, id string) string {
			v, err := d.tickets.Return(t.Context(), host, id)
			ok(t, v, err)
			return id
		}},
		"snooze ends": {before: func(t *testing.T, d *desk, id string) string {
			v, err := d.tickets.Snooze(t.Context(), host, id, d.clock.now().Add(time.Minute), "")
			ok(t, v, err)
			return id
		}, cause: func(t *testing.T, d *desk, id string) string { d.clock.forward(time.Minute); return id }},
		"agent joins group": {before: func(t *testing.T, d *desk, id string) string {
			v, err := d.tickets.AssignGroup(t.Context(), host, id, "tech")
			ok(t, v, err)
			return id
		}, cause: func(t *testing.T, d *desk, id string) string {
			a := got2b(d.people.Agent(t.Context(), "bob"))
			a.Groups = []string{"tech"}
			must(t, d.people.SaveAgent(t.Context(), host, a))
			return id
		}},
		"team limit": {before: func(t *testing.T, d *desk, id string) string {
			a := got2b(d.people.Agent(t.Context(), "bob"))
			a.Team = "crew"
			must(t, d.people.SaveAgent(t.Context(), host, a))
			d.settings(t, func(s *queue.Settings) { s.Teams = []queue.TeamLimit{{Team: "crew", Limit: 0.5}} })
			return id
		}, cause: func(t *testing.T, d *desk, id string) string {
			d.settings(t, func(s *queue.Settings) { s.Teams = nil })
			return id
		}},
		"leaves team": {before: func(t *testing.T, d *desk, id string) string {
			a := got2b(d.people.Agent(t.Context(), "bob"))
			a.Team = "crew"
			must(t, d.people.SaveAgent(t.Context(), host, a))
			d.settings(t, func(s *queue.Settings) { s.Teams = []queue.TeamLimit{{Team: "crew", Limit: 0.5}} })
			return id
		}, cause: func(t *testing.T, d *desk, id string) string {
			a := got2b(d.people.Agent(t.Context(), "bob"))
			a.Team = ""
			must(t, d.people.SaveAgent(t.Context(), host, a))
			return id
		}},
		"language": {before: func(t *testing.T, d *desk, id string) string {
			d.queue(t, "l", func(q *queue.Queue) { q.Needs = []string{"language"} })
			v, err := d.tickets.AssignQueue(t.Context(), host, id, "l")
			ok(t, v, err)
			v, err = d.tickets.Edit(t.Context(), host, id, ticket.Edit{Language: new("de")})
			ok(t, v, err)
			return id
		}, cause: func(t *testing.T, d *desk, id string) string {
			v, err := d.tickets.Edit(t.Context(), host, id, ticket.Edit{Language: new("")})
			ok(t, v, err)
			return id
		}},
		"skill": {before: func(t *testing.T, d *desk, id string) string {
			d.queue(t, "l", func(q *queue.Queue) { q.Needs = []string{"language"} })
			v, err := d.tickets.AssignQueue(t.Context(), host, id, "l")
			ok(t, v, err)
			v, err = d.tickets.Edit(t.Context(), host, id, ticket.Edit{Language: new("de")})
			ok(t, v, err)
			return id
		}, cause: func(t *testing.T, d *desk, id string) string {
			d.worker(t, "bob", func(w *queue.Worker) { w.Skills = []string{"language=de"} })
			return id
		}},
		"queue deleted": {before: func(t *testing.T, d *desk, id string) string {
			d.queue(t, "p", func(q *queue.Queue) { q.Paused = true })
			v, err := d.tickets.AssignQueue(t.Context(), host, id, "p")
			ok(t, v, err)
			return id
		}, cause: func(t *testing.T, d *desk, id string) string {
			must(t, d.queues.Delete(t.Context(), host, "p"))
			return id
		}},
		"default changed": {before: func(t *testing.T, d *desk, id string) string {
			got[*queue.Queue](t)(d.queues.Pause(t.Context(), host, "default", true))
			return id
		}, cause: func(t *testing.T, d *desk, id string) string {
			d.queue(t, "new")
			must(t, d.queues.SetDefault(t.Context(), host, "new"))
			must(t, d.queues.Delete(t.Context(), host, "default"))
			return id
		}},
		"calendar saved": {before: func(t *testing.T, d *desk, id string) string {
			d.calendar(t, "shut", "06:00", "07:00")
			d.queue(t, "c", func(q *queue.Queue) { q.Calendar = "shut" })
			v, err := d.tickets.AssignQueue(t.Context(), host, id, "c")
			ok(t, v, err)
			return id
		}, cause: func(t *testing.T, d *desk, id string) string {
			d.calendar(t, "shut", "06:00", "20:00")
			return id
		}},
		"end user writes again": {before: func(t *testing.T, d *desk, id string) string {
			v, _, err := d.tickets.Reply(t.Context(), host, id, ticket.Draft{Text: "So?"})
			ok(t, v, err)
			v, err = d.tickets.Resolve(t.Context(), host, id)
			ok(t, v, err)
			return id
		}, cause: func(t *testing.T, d *desk, id string) string {
			w, err := d.tickets.Write(t.Context(), ticket.Inbound{EndUser: d.eve, Ticket: id, Draft: ticket.Draft{Text: "Where?"}})
			must(t, err)
			return w.Ticket.ID
		}},
		"end user erased makes room": {before: func(t *testing.T, d *desk, id string) string {
			d.settings(t, func(s *queue.Settings) { s.Limit = 1 })
			u, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "max"})
			must(t, err)
			o := got[*ticket.Ticket](t)(d.tickets.Create(t.Context(), ticket.New{EndUser: u.ID, Platform: "webchat", Message: &ticket.Draft{Text: "Hi"}}))
			got[*ticket.Ticket](t)(d.tickets.Assign(t.Context(), host, o.ID, "bob"))
			return id + "/" + u.ID
		}, cause: nil},
		"escalation by a queue": {before: func(t *testing.T, d *desk, id string) string {
			d.queue(t, "p", func(q *queue.Queue) {
				q.Paused = true
				q.Escalate = queue.Escalation{To: "default", After: time.Minute}
			})
			v, err := d.tickets.AssignQueue(t.Context(), host, id, "p")
			ok(t, v, err)
			return id
		}, cause: func(t *testing.T, d *desk, id string) string { d.clock.forward(time.Minute); return id }},
	} {
		if f.cause == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			d := openMemory(t)
			id := f.before(t, d, d.ask(t, "").ID)
			d.settle(t)
			d.set(t, "bob", queue.Available, "")
			d.settle(t)
			if a := d.get(t, id).Assignee; a == bob {
				t.Fatalf("%v has it before", a)
			}
			id = f.cause(t, d, id)
			d.settle(t)
			if tk := d.get(t, id); tk.Assignee != bob {
				t.Errorf("left waiting: %s queue %q, assignee %v, waits %v", tk.Status, tk.Queue, tk.Assignee, tk.Backlogged())
			}
		})
	}
	_ = fmt.Sprint
	_ = event.Actor{}
	var _ tks
}
