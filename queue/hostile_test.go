package queue_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// A ticket that a hook refuses to give is passed over, and tried again later.
func TestOneTicketDoesNotStopTheOthers(t *testing.T) {
	poison := ""
	d := openHooked(t, memstore.New(), ticket.Hook{Name: "never", Do: func(_ context.Context, _ *store.Tx, c *ticket.Change) error {
		if c.After.ID == poison && c.After.Assignee.ID != "" {
			return &ticket.RefusedError{Reason: "not this one"}
		}
		return nil
	}})
	poison = d.ask(t, "").ID
	d.clock.forward(time.Second)
	good := d.ask(t, "")
	d.set(t, "bob", queue.Available, "")
	d.settle(t)
	d.holder(t, good.ID, "bob")
	d.holder(t, poison, "")
	was := poison
	poison = ""
	d.clock.forward(time.Minute)
	d.settle(t)
	d.holder(t, was, "bob")
}

// The clock is set back while an offer is out.
func TestOffersEndAlthoughTheClockWentBack(t *testing.T) {
	d := openMemory(t)
	q := "chat"
	d.queue(t, q, func(q *queue.Queue) { q.Offer = 30 * time.Second })
	d.settle(t)
	d.clock.forward(time.Hour)
	d.settle(t)
	d.clock.forward(-time.Minute) // NTP sets the clock right
	tk := d.ask(t, q)
	d.set(t, "bob", queue.Available, "")
	d.settle(t)
	if got := d.get(t, tk.ID).OfferedTo(); got != "bob" {
		t.Fatalf("offered to %q", got)
	}
	d.set(t, "ann", queue.Available, "")
	for range 60 {
		d.clock.forward(time.Minute)
		d.settle(t)
	}
	d.holder(t, tk.ID, "")
	ex := 0
	for _, e := range d.happened(t, tk.ID) {
		if e.Type == ticket.OfferExpired {
			ex++
		}
	}
	o := d.get(t, tk.ID).Offer
	if ex == 0 {
		t.Errorf("an hour later the offer of 30 s hasn't expired: until %v, now %v", o.Until, d.clock.now())
	}
}

// What is offered to an agent who goes away, or leaves, is offered to the next one.
func TestAnOfferDoesNotWaitForWhoIsAway(t *testing.T) {
	for name, f := range map[string]func(d *desk){
		"away":    func(d *desk) { d.set(t, "bob", queue.Away, "lunch") },
		"offline": func(d *desk) { d.set(t, "bob", queue.Offline, "") },
		"left": func(d *desk) {
			a := got2b(d.people.Agent(t.Context(), "bob"))
			a.Inactive = true
			if err := d.people.SaveAgent(t.Context(), host, a); err != nil {
				t.Log(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := openMemory(t)
			d.queue(t, "chat", func(q *queue.Queue) { q.Offer = time.Hour })
			tk := d.ask(t, "chat")
			d.set(t, "bob", queue.Available, "")
			d.settle(t)
			if got := d.get(t, tk.ID).OfferedTo(); got != "bob" {
				t.Fatalf("offered to %q", got)
			}
			d.set(t, "ann", queue.Available, "")
			f(d)
			d.settle(t)
			d.clock.forward(30 * time.Minute)
			d.settle(t)
			if got := d.get(t, tk.ID).OfferedTo(); got != "ann" {
				t.Errorf("offered to %q half an hour later, while ann is free", got)
			}
		})
	}
}

func got2b[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A second Run waits for the first one, and ends with its own context.
func TestASecondRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openMemory(t)
		stop := run(t, d.queues.Run)
		defer stop()
		synctest.Wait()
		two, stop2 := context.WithCancel(t.Context())
		done := false
		go func() { d.queues.Run(two); done = true }()
		synctest.Wait()
		stop2()
		synctest.Wait()
		if !done {
			t.Error("the second Run goes on after its ctx has ended")
		}
	})
}

// within reports what doesn't end. It is no measure: what ends does so at once.
func within(t *testing.T, f func()) {
	t.Helper()
	done := make(chan any)
	go func() {
		defer func() { done <- recover() }()
		f()
	}()
	select {
	case p := <-done:
		if p != nil {
			t.Errorf("panic: %v", p)
		}
	case <-time.After(5 * time.Minute):
		t.Error("doesn't end")
	}
}

func nineToFive() *hours.Calendar {
	return got2b(hours.New(hours.Plan{Week: hours.Daily(hours.Interval{From: "09:00", To: "17:00"})}))
}

func TestSimulateEnds(t *testing.T) {
	for name, s := range map[string]queue.Scenario{
		"nobody can take it, and the queue has hours": {
			Queues:    []queue.Queue{{ID: "q", Name: "Q", Calendar: "day", Groups: []queue.Eligible{{Group: "billing"}}}},
			Calendars: map[string]*hours.Calendar{"day": nineToFive()},
			Staff:     []queue.Staff{{Worker: queue.Worker{Agent: "bob"}}},
			Arrivals:  []queue.Arrival{{Time: start, Queue: "q", Handling: time.Minute}}},
		"manual queue, and inactivity": {
			Settings: queue.Settings{Inactivity: time.Minute},
			Queues:   []queue.Queue{{ID: "q", Name: "Q", Manual: true}},
			Staff:    []queue.Staff{{Worker: queue.Worker{Agent: "bob"}}},
			Arrivals: []queue.Arrival{{Time: start, Queue: "q", Handling: time.Minute}}},
		"unknown default": {
			Settings: queue.Settings{Default: "support"},
			Queues:   []queue.Queue{{ID: "q", Name: "Q"}},
			Staff:    []queue.Staff{{Worker: queue.Worker{Agent: "bob"}}},
			Arrivals: []queue.Arrival{{Time: start, Queue: "other", Handling: time.Minute}}},
		"NaN limit": {
			Queues:   []queue.Queue{{ID: "q", Name: "Q", Limit: math.NaN()}},
			Staff:    []queue.Staff{{Worker: queue.Worker{Agent: "bob", Weight: math.NaN(), Limit: math.NaN()}}, {Worker: queue.Worker{Agent: "ann", Limit: math.Inf(1)}}},
			Arrivals: []queue.Arrival{{Time: start, Queue: "q", Handling: time.Minute}}},
		"negative weight of a worker": {
			Queues:   []queue.Queue{{ID: "q", Name: "Q", Strategy: queue.Weighted}},
			Staff:    []queue.Staff{{Worker: queue.Worker{Agent: "bob", Weight: -3, Limit: -1}}, {Worker: queue.Worker{Agent: "ann", Weight: math.Inf(-1)}}},
			Arrivals: []queue.Arrival{{Time: start, Queue: "q", Handling: time.Minute}, {Time: start, Queue: "q", Handling: math.MaxInt64}}},
		"zero times": {
			Queues:    []queue.Queue{{ID: "q", Name: "Q", Calendar: "day"}},
			Calendars: map[string]*hours.Calendar{"day": nineToFive()},
			Staff:     []queue.Staff{{Worker: queue.Worker{Agent: "bob"}, Shifts: []queue.Shift{{}}}},
			Arrivals:  []queue.Arrival{{}}, Until: start},
		"nothing": {Queues: []queue.Queue{{ID: "q", Name: "Q"}}},
		"a queue twice": {
			Queues:   []queue.Queue{{ID: "q", Name: "Q"}, {ID: "q", Name: "R"}},
			Staff:    []queue.Staff{{Worker: queue.Worker{Agent: "bob"}}, {Worker: queue.Worker{Agent: "bob"}}},
			Arrivals: []queue.Arrival{{Time: start, Queue: "q", Handling: time.Minute}}},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func() {
				f, err := queue.Simulate(s)
				if err != nil {
					t.Log(err)
				} else {
					t.Logf("%+v", *f)
				}
			})
		})
	}
}

func TestSimulateShifts(t *testing.T) {
	h := func(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }
	for name, shifts := range map[string][]queue.Shift{
		"in order":       {{h(0), h(3)}, {h(3), h(8)}},
		"not in order":   {{h(3), h(8)}, {h(0), h(3)}},
		"overlapping":    {{h(0), h(8)}, {h(1), h(3)}},
		"to before from": {{h(8), h(0)}},
	} {
		f, err := queue.Simulate(queue.Scenario{Queues: []queue.Queue{{ID: "q", Name: "Q"}}, Staff: []queue.Staff{{Worker: queue.Worker{Agent: "bob"}, Shifts: shifts}},
			Arrivals: []queue.Arrival{{Time: h(0), Queue: "q"}, {Time: h(4), Queue: "q"}}, Until: h(10)})
		if err != nil {
			t.Log(name, err)
		} else if f.Staff[0].Available != 8*time.Hour {
			t.Errorf("%s: available for %v, want 8h", name, f.Staff[0].Available)
		}
	}
}

// From a to b to c: to each queue once, on the desk and in a forecast.
func TestSimulateEscalatesAsTheEngine(t *testing.T) {
	f, err := queue.Simulate(queue.Scenario{Queues: []queue.Queue{
		{ID: "a", Name: "A", Groups: []queue.Eligible{{Group: "x"}}, Escalate: queue.Escalation{To: "b", After: time.Minute}},
		{ID: "b", Name: "B", Groups: []queue.Eligible{{Group: "x"}}, Escalate: queue.Escalation{To: "c", After: time.Minute}},
		{ID: "c", Name: "C"}},
		Staff:    []queue.Staff{{Worker: queue.Worker{Agent: "bob"}}},
		Arrivals: []queue.Arrival{{Time: start, Queue: "a"}}, Until: start.Add(time.Hour)})
	must(t, err)
	if f.Queues[2].Assigned != 1 {
		t.Errorf("%+v", f.Queues)
	}
	// The engine:
	d := openMemory(t)
	d.queue(t, "c")
	d.queue(t, "b", func(q *queue.Queue) {
		q.Groups = []queue.Eligible{{Group: "tech"}}
		q.Escalate = queue.Escalation{To: "c", After: time.Minute}
	})
	d.queue(t, "a", func(q *queue.Queue) {
		q.Groups = []queue.Eligible{{Group: "tech"}}
		q.Escalate = queue.Escalation{To: "b", After: time.Minute}
	})
	tk := d.ask(t, "a")
	d.set(t, "bob", queue.Available, "")
	for range 5 {
		d.settle(t)
		d.clock.forward(time.Minute)
	}
	d.holder(t, tk.ID, "bob")
}

func TestGenerateEnds(t *testing.T) {
	hourly := func(x float64) (all [24]float64) {
		for i := range all {
			all[i] = x
		}
		return all
	}
	for name, x := range map[string]float64{"NaN": math.NaN(), "+Inf": math.Inf(1), "1e-12": 1e-12, "1e-6": 1e-6, "1e14": 1e14} {
		t.Run(name, func(t *testing.T) {
			within(t, func() {
				all, err := queue.Generate(3, queue.Demand{PerHour: hourly(x), From: start, To: start.Add(time.Minute)})
				if bad, ok := errors.AsType[*store.FieldError](err); err != nil && (!ok || bad.Field != "demand.per_hour") {
					t.Error(err)
				}
				for _, a := range all {
					if a.Time.Before(start) {
						t.Errorf("%d arrivals, the first at %v, before From", len(all), a.Time)
						break
					}
				}
			})
		})
	}
}

func (d *desk) tryStep(t testing.TB, n int) (err error) {
	t.Helper()
	for range n {
		d.step(t)
		if _, err = d.queues.Step(t.Context()); err != nil {
			t.Log("Step:", err)
		}
	}
	return err
}
