package queue_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/ticket"
	"pgregory.net/rapid"
)

// slot is the step of the model: everything happens at quarters of an hour.
const slot = 15 * time.Minute

// absenceModel says from scratch, at each quarter of an hour, what has to have followed
// from an agent's availability by then: it knows no timers.
type absenceModel struct {
	now      int // quarters since midnight of the first day
	from, to int // of the shift, in quarters of a day; from == to: he has none
	grace    int // quarters; 0: none

	state    queue.State
	said     bool
	since    int
	absent   int
	returned bool
	has      bool // a ticket
}

func (m *absenceModel) open(at int) bool { return at%96 >= m.from && at%96 < m.to }

// set is a change by hand.
func (m *absenceModel) set(to queue.State) {
	if m.state == to {
		return
	}
	if was := m.state; to == queue.Available {
		m.returned = false
	} else if was == queue.Available || !m.said {
		m.absent = m.now
	}
	m.state, m.since, m.said = to, m.now, true
}

// ended says whether a shift has come to its end since the state began.
func (m *absenceModel) ended() bool {
	if m.from == m.to {
		return false
	}
	worked := m.open(m.since)
	if m.state == queue.Offline && !worked {
		return true // he went when it was over
	}
	for at := m.since; at <= m.now; at++ {
		if m.open(at) {
			worked = true
		} else if worked {
			return true
		}
	}
	return false
}

// settle does what has to have been done by now.
func (m *absenceModel) settle() {
	if !m.said {
		return
	}
	if m.state != queue.Available && !m.returned && m.grace > 0 && m.now >= m.absent+m.grace && !(m.ended() && m.state == queue.Away) {
		m.returned, m.has = true, false
	}
	if (m.state != queue.Offline || !m.returned) && m.ended() {
		m.set(queue.Offline)
		m.returned, m.has = true, false
	}
}

// Timers do what looking at everything all the time would: whatever changes, and in
// whatever order.
func TestAbsenceIsTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		d := openMemory(t)
		m := &absenceModel{now: 36, state: queue.Offline}
		d.calendar(t, "day", "00:00", "00:15")
		clock := func(q int) string { return fmt.Sprintf("%02d:%02d", q/4, q%4*15) }
		var held *ticket.Ticket
		var did []string
		for range rapid.IntRange(1, 30).Draw(r, "steps") {
			switch what := rapid.SampledFrom([]string{"available", "away", "offline", "shift", "hours", "grace", "give", "wait", "wait"}).Draw(r, "what"); what {
			case "available", "away", "offline":
				m.set(queue.State(what))
				d.set(t, "ann", queue.State(what), "")
				did = append(did, what)
			case "shift":
				on := rapid.Bool().Draw(r, "has one")
				d.worker(t, "ann", func(w *queue.Worker) { w.Shift = map[bool]string{true: "day"}[on] })
				if m.from, m.to = 0, 0; on {
					m.from, m.to = d.plan(t)
				}
				did = append(did, fmt.Sprint("shift ", on))
			case "hours":
				from := rapid.IntRange(0, 94).Draw(r, "from")
				to := rapid.IntRange(from+1, 95).Draw(r, "to")
				d.calendar(t, "day", clock(from), clock(to))
				if m.from != m.to {
					m.from, m.to = from, to
				}
				did = append(did, fmt.Sprint("hours ", clock(from), clock(to)))
			case "grace":
				m.grace = rapid.IntRange(0, 8).Draw(r, "quarters")
				d.settings(t, func(s *queue.Settings) { s.Grace = time.Duration(m.grace) * slot })
				did = append(did, fmt.Sprint("grace ", m.grace))
			case "give":
				if !m.has {
					held, m.has = d.held(t, "", "ann"), true
				}
				did = append(did, what)
			case "wait":
				n := rapid.IntRange(1, 24).Draw(r, "quarters")
				for range n - 1 {
					m.now++
					m.settle()
					d.clock.forward(slot)
					d.step(t)
				}
				m.now++
				d.clock.forward(slot)
				did = append(did, fmt.Sprint("wait ", n))
			}
			m.settle()
			d.step(t)
			av := got[*queue.Availability](t)(d.queues.Availability(t.Context(), "ann"))
			has := held != nil && d.get(t, held.ID).Assignee == ann
			if av.State != m.state || has != m.has || !av.Returned.IsZero() != m.returned {
				r.Fatalf("after %v, at %s she is %s, has a ticket: %v, returned: %v; want %s, %v, %v", did, d.clock.now().Format("2 15:04"),
					av.State, has, !av.Returned.IsZero(), m.state, m.has, m.returned)
			}
		}
	})
}

// plan reads the hours of the calendar back, in quarters.
func (d *desk) plan(t testing.TB) (from, to int) {
	t.Helper()
	c := got[*ticket.Calendar](t)(d.tickets.Calendar(t.Context(), "day"))
	read := func(s string) int {
		at, err := time.Parse("15:04", s)
		must(t, err)
		return at.Hour()*4 + at.Minute()/15
	}
	day := c.Hours.Week.Monday[0]
	return read(day.From), read(day.To)
}
