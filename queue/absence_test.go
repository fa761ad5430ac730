package queue_test

import (
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// shift makes a calendar, open every day, and has agents work by it.
func (d *desk) shift(t testing.TB, id, from, to string, agents ...string) {
	t.Helper()
	d.calendar(t, id, from, to)
	for _, a := range agents {
		w := got[*queue.Worker](t)(d.queues.Worker(t.Context(), a))
		w.Shift = id
		must(t, d.queues.SaveWorker(t.Context(), admin, w))
	}
}

// calendar makes a calendar, or changes it.
func (d *desk) calendar(t testing.TB, id, from, to string) {
	t.Helper()
	c, err := d.tickets.Calendar(t.Context(), id)
	if err != nil {
		c = &ticket.Calendar{ID: id, Name: id}
	}
	c.Hours = hours.Plan{Zone: "UTC", Week: hours.Daily(hours.Interval{From: from, To: to})}
	must(t, d.tickets.SaveCalendar(t.Context(), host, c))
}

func (d *desk) settings(t testing.TB, change func(s *queue.Settings)) {
	t.Helper()
	set := got[*queue.Settings](t)(d.queues.Settings(t.Context()))
	change(set)
	must(t, d.queues.SaveSettings(t.Context(), admin, set))
}

// at moves the clock to a time of the first day, or of a later one, and does what is due.
func (d *desk) at(t testing.TB, day int, clock string) {
	t.Helper()
	at, err := time.Parse("15:04", clock)
	must(t, err)
	want := start.Truncate(24*time.Hour).AddDate(0, 0, day).Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute)
	d.clock.forward(want.Sub(d.clock.now()))
	d.step(t)
}

// has reports tickets that somebody else has than ought to.
func (d *desk) has(t testing.TB, who event.Actor, ts ...*ticket.Ticket) {
	t.Helper()
	for _, tk := range ts {
		if now := d.get(t, tk.ID); now.Assignee != who {
			t.Errorf("at %s %s has ticket %d, not %s", d.clock.now().Format("15:04"), now.Assignee, now.Number, who)
		}
	}
}

// At the end of his shift an agent is offline, and his tickets go back to their queues
// with their waits, sleeping or not.
func TestShiftEnds(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.shift(t, "day", "09:00", "17:00", "ann")
		d.queue(t, "a")
		d.set(t, "ann", queue.Available, "")
		waits, sleeps, bobs := d.held(t, "a", "ann"), d.held(t, "a", "ann"), d.held(t, "a", "bob")
		answered := d.held(t, "a", "ann")
		_, _, err := d.tickets.Reply(t.Context(), ann, answered.ID, ticket.Draft{Text: "Here."})
		must(t, err)
		closed := d.held(t, "a", "ann")
		got[*ticket.Ticket](t)(d.tickets.Resolve(t.Context(), ann, closed.ID))
		got[*ticket.Ticket](t)(d.tickets.Snooze(t.Context(), ann, sleeps.ID, start.Add(48*time.Hour), ""))
		d.at(t, 0, "16:59")
		d.has(t, ann, waits, sleeps, answered)
		d.set(t, "ann", queue.Available, "still here")
		d.at(t, 0, "17:00")
		d.has(t, no, waits, sleeps, answered)
		d.has(t, ann, closed)
		d.has(t, bob, bobs)
		if d.state(t, "ann") != "offline "+queue.WhyShiftEnd {
			t.Error(d.state(t, "ann"))
		}
		if now := d.get(t, waits.ID); now.Queue != "a" || !now.WaitingSince.Equal(waits.WaitingSince) || now.Status != ticket.StatusNew {
			t.Errorf("%+v", now)
		}
		if now := d.get(t, answered.ID); now.Status != ticket.StatusAgentReplied || now.Backlogged() {
			t.Errorf("%+v", now)
		}
		es := d.happened(t, waits.ID)
		if e := es[len(es)-1]; e.Reason != queue.WhyShiftEnd {
			t.Errorf("%+v", e)
		}
		d.logIs(t, "ann", "17:00: available to offline (end of shift) by system, and his tickets go back",
			"16:59: available to available (still here) by system", "09:00: offline to available () by system")
		d.set(t, "ann", queue.Available, "overtime")
		more := d.held(t, "a", "ann")
		d.at(t, 1, "16:59")
		d.has(t, ann, more)
		d.at(t, 1, "17:00")
		d.has(t, no, more)
	})
}

// A shift that ended while everything was down is found, and one's going when it is over
// ends it, too.
func TestShiftEndsUnseen(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.shift(t, "day", "09:00", "17:00", "ann", "bob")
		d.set(t, "ann", queue.Available, "")
		tk := d.held(t, "", "ann")
		d.clock.forward(72 * time.Hour)
		d.serve(t, d.clock.now)
		d.step(t)
		d.has(t, no, tk)
		if d.state(t, "ann") != "offline "+queue.WhyShiftEnd {
			t.Error(d.state(t, "ann"))
		}
		d.at(t, 3, "18:00")
		d.set(t, "bob", queue.Available, "overtime")
		tk = d.held(t, "", "bob")
		d.at(t, 3, "19:00")
		d.has(t, bob, tk)
		d.set(t, "bob", queue.Away, "coffee")
		d.step(t)
		d.has(t, bob, tk)
		d.set(t, "bob", queue.Offline, "home")
		d.step(t)
		d.has(t, no, tk)
		d.logIs(t, "bob", "19:00: offline to offline (home) by system, and his tickets go back", "19:00: away to offline (home) by system",
			"19:00: available to away (coffee) by system", "18:00: offline to available (overtime) by system")
	})
}

// Who is away at the end of his shift, or offline before it, loses his tickets then.
func TestShiftEndsWithoutHim(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.shift(t, "day", "09:00", "17:00", "ann", "bob")
		anns, bobs := d.held(t, "", "ann"), d.held(t, "", "bob")
		for _, who := range []string{"ann", "bob"} {
			d.set(t, who, queue.Available, "")
		}
		d.at(t, 0, "12:00")
		d.set(t, "ann", queue.Away, "lunch")
		d.set(t, "bob", queue.Offline, "")
		d.at(t, 0, "16:59")
		d.has(t, ann, anns)
		d.has(t, bob, bobs)
		d.at(t, 0, "17:00")
		d.has(t, no, anns, bobs)
		if d.state(t, "ann")+", "+d.state(t, "bob") != "offline "+queue.WhyShiftEnd+", offline" {
			t.Error(d.state(t, "ann"), d.state(t, "bob"))
		}
	})
}

// Timers follow what they depend on: a shift, its calendar, and the time of grace.
func TestTimersMove(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.set(t, "ann", queue.Available, "")
		tk := d.held(t, "", "ann")
		d.shift(t, "day", "09:00", "17:00", "ann") // while he is at work
		d.calendar(t, "day", "09:00", "18:00")
		d.at(t, 0, "17:30")
		d.has(t, ann, tk)
		d.calendar(t, "day", "09:00", "17:40")
		d.at(t, 0, "17:39")
		d.has(t, ann, tk)
		d.at(t, 0, "17:40")
		d.has(t, no, tk)

		d.at(t, 1, "09:00")
		d.set(t, "ann", queue.Available, "")
		tk = d.held(t, "", "ann")
		d.set(t, "ann", queue.Away, "")
		d.settings(t, func(s *queue.Settings) { s.Grace = time.Hour })
		d.settings(t, func(s *queue.Settings) { s.Grace = 30 * time.Minute })
		d.at(t, 1, "09:29")
		d.has(t, ann, tk)
		d.settings(t, func(s *queue.Settings) { s.Grace = 0 })
		d.at(t, 1, "09:45")
		d.has(t, ann, tk)
		d.settings(t, func(s *queue.Settings) { s.Grace = 30 * time.Minute }) // by which it is due already
		d.step(t)
		d.has(t, no, tk)
	})
}

// Tickets go back once in an absence, which goes on when an agent who is away goes offline,
// and not at all if he comes back in time.
func TestGrace(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.settings(t, func(s *queue.Settings) { s.Grace = 10 * time.Minute })
		d.set(t, "ann", queue.Available, "")
		tk := d.held(t, "", "ann")
		d.set(t, "ann", queue.Away, "coffee")
		d.at(t, 0, "09:09")
		d.set(t, "ann", queue.Available, "")
		d.at(t, 0, "09:30")
		d.has(t, ann, tk)
		d.set(t, "ann", queue.Away, "lunch")
		d.at(t, 0, "09:35")
		d.set(t, "ann", queue.Offline, "")
		d.at(t, 0, "09:39")
		d.has(t, ann, tk)
		d.at(t, 0, "09:40")
		d.has(t, no, tk)
		again := d.held(t, "", "ann") // by hand, to who isn't there
		d.set(t, "ann", queue.Away, "")
		d.at(t, 0, "12:00")
		d.has(t, ann, again)
		d.logIs(t, "ann", "09:40: offline to away () by system", "09:40: offline to offline () by system, and his tickets go back", "09:35: away to offline () by system",
			"09:30: available to away (lunch) by system", "09:09: away to available () by system", "09:00: available to away (coffee) by system", "09:00: offline to available () by system")
	})
}

// Who comes back while his tickets go back keeps the rest, unless somebody wanted so.
func TestBackInTime(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.shift(t, "day", "06:00", "08:00", "ann")
		d.set(t, "ann", queue.Available, "")
		tk := d.held(t, "", "ann")
		d.set(t, "ann", queue.Offline, "")
		if len(d.log(t, "ann")) != 3 {
			t.Error("nothing goes back")
		}
		d.set(t, "ann", queue.Available, "")
		d.step(t)
		d.has(t, ann, tk)
		got[*queue.Availability](t)(d.queues.EndShift(t.Context(), lea, "ann"))
		d.set(t, "ann", queue.Available, "")
		d.step(t)
		d.has(t, no, tk)
	})
}

func TestEndShiftAndReturn(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.set(t, "ann", queue.Available, "")
		d.queue(t, "a")
		one, none := d.held(t, "a", "ann"), d.held(t, "", "ann")
		got[*ticket.Ticket](t)(d.tickets.Requeue(ctx, none.ID, "default", "", ""))
		av := got[*queue.Availability](t)(d.queues.Return(ctx, lea, "ann"))
		if av.State != queue.Available || !av.Returned.IsZero() {
			t.Errorf("%+v", av)
		}
		d.clock.forward(time.Minute)
		newer := d.held(t, "a", "ann") // which nobody meant
		d.step(t)
		d.has(t, no, one, none)
		d.has(t, ann, newer)
		if now := d.get(t, none.ID); now.Queue != "default" {
			t.Errorf("it is in queue %q", now.Queue)
		}
		es := d.happened(t, one.ID)
		if e := es[len(es)-1]; e.Reason != "returned by agent:lea" {
			t.Errorf("%+v", e)
		}
		av = got[*queue.Availability](t)(d.queues.EndShift(ctx, ann, "ann"))
		if av.State != queue.Offline || av.Reason != queue.WhyShiftEnd || av.Returned.IsZero() {
			t.Errorf("%+v", av)
		}
		d.step(t)
		d.has(t, no, newer)
		d.logIs(t, "ann", "09:01: available to offline (end of shift) by agent:ann, and his tickets go back",
			"09:00: available to available () by agent:lea, and his tickets go back", "09:00: offline to available () by system")
		for _, who := range []event.Actor{bob, {Kind: event.Bot, ID: "b"}, no} {
			_, err := d.queues.Return(ctx, who, "ann")
			forbidden(t, err)
			_, err = d.queues.EndShift(ctx, who, "ann")
			forbidden(t, err)
		}
	})
}

// What a former agent has goes to his heir, whatever his shift.
func TestHeirBeforeQueue(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.shift(t, "day", "09:00", "17:00", "ann")
		d.at(t, 0, "18:00")
		d.set(t, "ann", queue.Available, "")
		tk := d.held(t, "", "ann")
		got[*identity.Agent](t)(d.people.Deactivate(t.Context(), host, "ann", identity.Handover{To: "bob"}))
		d.step(t)
		d.has(t, bob, tk)
	})
}
