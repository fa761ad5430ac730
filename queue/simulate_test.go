package queue_test

import (
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// erlangC is the mean wait of an M/M/c queue, in units of the mean handling time: c
// agents, and a load of so many tickets at once (A. K. Erlang, 1917).
func erlangC(c int, load float64) float64 {
	term, sum := 1.0, 1.0
	for k := 1; k < c; k++ {
		term *= load / float64(k)
		sum += term
	}
	term *= load / float64(c) * float64(c) / (float64(c) - load)
	waits := term / (sum + term)
	return waits / (float64(c) - load)
}

func crewOf(n int, shifts ...queue.Shift) (all []queue.Staff) {
	for i := range n {
		all = append(all, queue.Staff{Worker: queue.Worker{Agent: fmt.Sprintf("agent%02d", i), Limit: 1}, Shifts: shifts})
	}
	return all
}

func everyHour(n float64) (rates [24]float64) {
	for i := range rates {
		rates[i] = n
	}
	return rates
}

// Waits and occupancy are those that queueing theory gives for the plainest of plans.
func TestSimulateAgainstErlang(t *testing.T) {
	for _, agents := range []int{2, 8} {
		load := 0.8 * float64(agents)
		day := queue.Demand{Arrival: queue.Arrival{Queue: "q", Handling: 6 * time.Minute}, PerHour: everyHour(10 * load), From: start, To: start.AddDate(0, 0, 60)}
		arrivals := got[[]queue.Arrival](t)(queue.Generate(1, day))
		f, err := queue.Simulate(queue.Scenario{Queues: []queue.Queue{{ID: "q", Name: "Q"}}, Staff: crewOf(agents), Arrivals: arrivals})
		must(t, err)
		want := erlangC(agents, load) * 6 * 60
		q := f.Queues[0]
		if got := q.Mean.Seconds(); math.Abs(got-want) > 0.15*want {
			t.Errorf("%d agents: mean wait %.1f s, theory says %.1f s", agents, got, want)
		}
		if q.Waiting != 0 || q.Assigned != q.Arrived || q.P90 < q.Median || q.Longest < q.P90 {
			t.Errorf("%d agents: %+v", agents, q)
		}
		busy, handled := 0.0, 0
		for _, a := range f.Staff {
			busy += a.Occupancy / float64(agents)
			handled += a.Handled
		}
		if math.Abs(busy-0.8) > 0.03 || handled != q.Arrived {
			t.Errorf("%d agents: occupancy %.3f, %d handled of %d", agents, busy, handled, q.Arrived)
		}
	}
}

func at(clock string) time.Time {
	c, err := time.Parse("15:04", clock)
	if err != nil {
		panic(err)
	}
	return start.Truncate(24 * time.Hour).Add(time.Duration(c.Hour())*time.Hour + time.Duration(c.Minute())*time.Minute)
}

// A day by hand: who comes when is who waits how long.
func TestSimulateADay(t *testing.T) {
	open, err := hours.New(hours.Plan{Week: hours.Daily(hours.Interval{From: "09:00", To: "18:00"})})
	must(t, err)
	s := queue.Scenario{
		Queues: []queue.Queue{
			{ID: "first", Name: "First", Calendar: "day", Amber: 10 * time.Minute, Red: time.Hour, Escalate: queue.Escalation{After: 2 * time.Hour, To: "rescue"}},
			{ID: "rescue", Name: "Rescue", Groups: []queue.Eligible{{Group: "seniors"}}},
		},
		Calendars: map[string]*hours.Calendar{"day": open},
		Staff: []queue.Staff{
			{Worker: queue.Worker{Agent: "ann", Limit: 1}, Shifts: []queue.Shift{{From: at("08:00"), To: at("10:00")}}},
			{Worker: queue.Worker{Agent: "bob", Limit: 1}, Groups: []string{"seniors"}, Shifts: []queue.Shift{{From: at("14:00"), To: at("18:00")}}},
		},
		Arrivals: []queue.Arrival{
			{Time: at("08:30"), Queue: "first", Handling: 20 * time.Minute}, // waits for 9:00
			{Time: at("09:10"), Queue: "first", Handling: 10 * time.Minute}, // until 9:20
			{Time: at("09:55"), Queue: "first", Handling: 15 * time.Minute}, // ann leaves in the middle: back at 10:00, escalated at 12:00, bob has it at 14:00
			{Time: at("17:00"), Queue: "first", Handling: 5 * time.Hour},    // bob leaves
		},
		Until: at("19:00"),
	}
	f, err := queue.Simulate(s)
	must(t, err)
	first, rescue := f.Queues[0], f.Queues[1]
	if first.Arrived != 6 || first.Assigned != 4 || first.Escalated != 1 || first.Longest != 30*time.Minute || first.Amber != 2 || first.Red != 1 || first.Waiting != 1 {
		t.Errorf("first: %+v", first)
	}
	if rescue.Arrived != 1 || rescue.Assigned != 1 || rescue.Longest != 2*time.Hour || rescue.Waiting != 0 {
		t.Errorf("rescue: %+v", rescue)
	}
	ann, bob := f.Staff[0], f.Staff[1]
	if ann.Available != 2*time.Hour || ann.Handled != 2 || math.Abs(ann.Occupancy-35.0/120) > 1e-9 || math.Abs(ann.Load-ann.Occupancy) > 1e-9 {
		t.Errorf("ann: %+v", ann)
	}
	if bob.Handled != 1 || bob.Available != 4*time.Hour {
		t.Errorf("bob: %+v", bob)
	}
}

// The same seed gives the same day, and another one another.
func TestSimulateIsRepeatable(t *testing.T) {
	run := func(seed uint64) *queue.Forecast {
		day := queue.Demand{Arrival: queue.Arrival{Queue: "b", Channel: "email", Handling: 20 * time.Minute}, PerHour: everyHour(30), From: at("00:00"), To: at("23:00")}
		chat := day
		chat.Queue, chat.Channel = "a", "chat"
		staff := crewOf(12)
		for i := range staff {
			staff[i].Limit, staff[i].Weight, staff[i].Groups = 2, float64(i%3+1), []string{fmt.Sprint("g", i%2)}
		}
		f, err := queue.Simulate(queue.Scenario{
			Settings: queue.Settings{Weights: []queue.Weight{{Channel: "email", Weight: 0.25}}},
			Queues: []queue.Queue{
				{ID: "a", Name: "A", Strategy: queue.Weighted, Groups: []queue.Eligible{{Group: "g0"}, {Group: "g1", After: time.Minute}}},
				{ID: "b", Name: "B", Strategy: queue.LeastLoaded},
			},
			Staff: staff, Arrivals: got[[]queue.Arrival](t)(queue.Generate(seed, chat, day)),
		})
		must(t, err)
		return f
	}
	one := run(1)
	for range 5 {
		if again := run(1); !reflect.DeepEqual(one, again) {
			t.Fatalf("%+v\nand\n%+v", one, again)
		}
	}
	if reflect.DeepEqual(one, run(2)) {
		t.Error("another seed gives the same day")
	}
}

func TestSimulateRefuses(t *testing.T) {
	_, err := queue.Simulate(queue.Scenario{})
	refuses(t, err, "queues")
	_, err = queue.Simulate(queue.Scenario{Queues: []queue.Queue{{ID: "q"}}})
	refuses(t, err, "queue.name")
	_, err = queue.Simulate(queue.Scenario{Queues: []queue.Queue{{ID: "q", Name: "Q", Calendar: "c"}}})
	refuses(t, err, "calendars")
	_, err = queue.Simulate(queue.Scenario{Settings: queue.Settings{Limit: -1}, Queues: []queue.Queue{{ID: "q", Name: "Q"}}})
	refuses(t, err, "settings.limit")
	if f, err := queue.Simulate(queue.Scenario{Queues: []queue.Queue{{ID: "q", Name: "Q"}}}); err != nil || f.Queues[0].Arrived != 0 {
		t.Error(f, err)
	}
	// Nobody ever comes: it ends, and what waits is counted.
	f, err := queue.Simulate(queue.Scenario{Queues: []queue.Queue{{ID: "q", Name: "Q"}}, Arrivals: []queue.Arrival{{Time: start, Queue: "q"}}})
	if err != nil || f.Queues[0].Waiting != 1 {
		t.Error(f, err)
	}
}

func BenchmarkSimulate(b *testing.B) {
	day := queue.Demand{Arrival: queue.Arrival{Queue: "q", Handling: 6 * time.Minute}, PerHour: everyHour(100), From: start, To: start.AddDate(0, 0, 1)}
	arrivals := got[[]queue.Arrival](b)(queue.Generate(1, day))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := queue.Simulate(queue.Scenario{Queues: []queue.Queue{{ID: "q", Name: "Q"}}, Staff: crewOf(12), Arrivals: arrivals}); err != nil {
			b.Fatal(err)
		}
	}
}

// What happened on the desk is a day to try a plan on.
func TestRecorded(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.queue(t, "a")
		d.ask(t, "a") // too early
		d.clock.forward(time.Hour)
		from := d.clock.now()
		n := ticket.New{EndUser: d.eve, Platform: "webchat", Channel: "chat", Language: "de", Priority: ticket.High, Queue: "a", Message: &ticket.Draft{Text: "Hallo"}}
		one := got[*ticket.Ticket](t)(d.tickets.Create(t.Context(), n))
		d.clock.forward(time.Minute)
		two := d.ask(t, "")
		d.clock.forward(time.Minute)
		got[*ticket.Ticket](t)(d.tickets.Assign(t.Context(), host, one.ID, "ann"))
		d.clock.forward(5 * time.Minute)
		got2(t)(d.tickets.Reply(t.Context(), ann, one.ID, ticket.Draft{Text: "Ja?"}))
		d.clock.forward(time.Hour) // nobody works on it
		got[*ticket.Written](t)(d.tickets.Write(t.Context(), ticket.Inbound{EndUser: d.eve, Ticket: one.ID, Draft: ticket.Draft{Text: "Doch!"}}))
		d.clock.forward(2 * time.Minute)
		got[*ticket.Ticket](t)(d.tickets.Resolve(t.Context(), ann, one.ID))
		d.step(t)
		all, err := d.queues.Recorded(t.Context(), admin, from, d.clock.now())
		must(t, err)
		want := []queue.Arrival{
			{Time: from, Queue: "a", Channel: "chat", Language: "de", Priority: ticket.High, Handling: 7 * time.Minute},
			{Time: from.Add(time.Minute), Queue: queue.DefaultQueue, Channel: two.Channel, Language: two.Language},
		}
		if !reflect.DeepEqual(all, want) {
			t.Errorf("recorded %+v\nwant %+v", all, want)
		}
		_, err = d.queues.Recorded(t.Context(), ann, from, d.clock.now())
		forbidden(t, err)
		_, err = d.queues.Recorded(t.Context(), admin, from, from.Add(queue.MaxRecorded+1))
		refuses(t, err, "to")
		long := d.clock.now().Add(-queue.RecordedSince - 1)
		_, err = d.queues.Recorded(t.Context(), admin, long, long.Add(time.Hour))
		refuses(t, err, "from")
	})
}

// Who is done at the moment at which his shift ends is done.
func TestSimulateRoundHours(t *testing.T) {
	s := queue.Scenario{Queues: []queue.Queue{{ID: "q", Name: "Q"}}, Staff: crewOf(1, queue.Shift{From: at("09:00"), To: at("10:00")}),
		Arrivals: []queue.Arrival{{Time: at("09:00"), Queue: "q", Handling: time.Hour}}}
	f, err := queue.Simulate(s)
	must(t, err)
	if f.Staff[0].Handled != 1 || f.Queues[0].Waiting != 0 || f.Staff[0].Occupancy != 1 {
		t.Errorf("%+v", f)
	}
}
