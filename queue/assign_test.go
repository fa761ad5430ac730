package queue_test

import (
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// settle does what is due, and gives out what can be given.
func (d *desk) settle(t testing.TB) {
	t.Helper()
	for {
		d.step(t)
		if got[int](t)(d.queues.Step(t.Context())) == 0 {
			return
		}
	}
}

// has checks who has a ticket; "" is nobody.
func (d *desk) holder(t testing.TB, id, agent string) {
	t.Helper()
	if got := d.get(t, id).Assignee.ID; got != agent {
		t.Errorf("%q has it, want %q", got, agent)
	}
}

// lastDecision is why the engine gave a ticket to somebody.
func (d *desk) lastDecision(t testing.TB, id string) (why *ticket.Decision, f ticket.Facts) {
	t.Helper()
	for _, e := range slices.Backward(d.happened(t, id)) {
		must(t, e.Payload(&f))
		if f.Decision != nil {
			return f.Decision, f
		}
		f = ticket.Facts{}
	}
	t.Fatal("nobody decided anything")
	return nil, f
}

func TestBacklogIsDrained(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.settings(t, func(s *queue.Settings) { s.Limit = 1 })
		first := d.ask(t, "")
		d.clock.forward(time.Second)
		second := d.ask(t, "")
		d.settle(t)
		d.holder(t, first.ID, "")
		d.set(t, "ann", queue.Available, "")
		d.settle(t)
		d.holder(t, first.ID, "ann")
		d.holder(t, second.ID, "")

		why, f := d.lastDecision(t, first.ID)
		if f.Forced || f.Move != ticket.MoveGiven || why.Queue != queue.DefaultQueue || why.Strategy != "longest_idle" || why.Limit != 1 || why.Load != 0 ||
			why.Weight != 1 || why.Position == 0 || !slices.Equal(why.Candidates, []ticket.Candidate{{Agent: "ann"}}) {
			t.Errorf("decision %+v of %+v", why, f)
		}
		// An answer makes room, as what is answered weighs nothing.
		got2(t)(d.tickets.Reply(t.Context(), ann, first.ID, ticket.Draft{Text: "Here."}))
		d.settle(t)
		d.holder(t, second.ID, "ann")
		// The end user writes, and ann carries more than her limit. She gets nothing new
		// before she is below it.
		got[*ticket.Written](t)(d.tickets.Write(t.Context(), ticket.Inbound{EndUser: d.eve, Ticket: first.ID, Draft: ticket.Draft{Text: "Where?"}}))
		third := d.ask(t, "")
		got[*ticket.Ticket](t)(d.tickets.Resolve(t.Context(), ann, second.ID))
		d.settle(t)
		d.holder(t, third.ID, "")
		got[*ticket.Ticket](t)(d.tickets.Resolve(t.Context(), ann, first.ID))
		d.settle(t)
		d.holder(t, third.ID, "ann")
	})
}

// got2 is got of an act with two results.
func got2(t testing.TB) func(a *ticket.Ticket, m *ticket.Message, err error) *ticket.Ticket {
	return func(a *ticket.Ticket, _ *ticket.Message, err error) *ticket.Ticket {
		t.Helper()
		must(t, err)
		return a
	}
}

// Each cause makes an assignment possible by itself.
func TestWhateverMakesItPossible(t *testing.T) {
	for name, cause := range map[string]func(t *testing.T, d *desk){
		"an agent comes": func(t *testing.T, d *desk) { d.set(t, "bob", queue.Available, "") },
		"a limit goes up": func(t *testing.T, d *desk) {
			d.worker(t, "ann", func(w *queue.Worker) { w.Limit = 2 })
		},
		"the desk's limit goes up": func(t *testing.T, d *desk) { d.settings(t, func(s *queue.Settings) { s.Limit = 2 }) },
		"a ticket is closed": func(t *testing.T, d *desk) {
			ts, _, err := d.tickets.List(t.Context(), host, ticket.Filter{Assignee: ann}, "", 10)
			must(t, err)
			got[*ticket.Ticket](t)(d.tickets.Reject(t.Context(), host, ts[0].ID))
		},
		"a ticket is taken away": func(t *testing.T, d *desk) {
			ts, _, err := d.tickets.List(t.Context(), host, ticket.Filter{Assignee: ann}, "", 10)
			must(t, err)
			got[*ticket.Ticket](t)(d.tickets.Assign(t.Context(), host, ts[0].ID, "lea"))
		},
		"a ticket falls asleep": func(t *testing.T, d *desk) {
			ts, _, err := d.tickets.List(t.Context(), host, ticket.Filter{Assignee: ann}, "", 10)
			must(t, err)
			got[*ticket.Ticket](t)(d.tickets.Snooze(t.Context(), host, ts[0].ID, d.clock.now().Add(time.Hour), ""))
		},
		"a queue goes on": func(t *testing.T, d *desk) {},
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, d *desk) {
				d.settings(t, func(s *queue.Settings) { s.Limit = 1 })
				d.set(t, "ann", queue.Available, "")
				d.ask(t, "")
				d.settle(t)
				d.clock.forward(time.Second)
				waits := d.ask(t, "")
				d.settle(t)
				d.holder(t, waits.ID, "")
				if name == "a queue goes on" {
					got[*ticket.Ticket](t)(d.tickets.AssignQueue(t.Context(), host, waits.ID, d.queue(t, "q", func(q *queue.Queue) { q.Paused = true }).ID))
					d.set(t, "bob", queue.Available, "")
					d.settle(t)
					d.holder(t, waits.ID, "")
					got[*queue.Queue](t)(d.queues.Pause(t.Context(), host, "q", false))
				}
				cause(t, d)
				d.settle(t)
				if d.get(t, waits.ID).Assignee == no {
					t.Error("it waits")
				}
			})
		})
	}
}

func TestHoursOverflowEscalation(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		nine := hours.Plan{Week: hours.Week{Monday: []hours.Interval{{From: "10:00", To: "12:00"}}}}
		must(t, d.tickets.SaveCalendar(t.Context(), host, &ticket.Calendar{ID: "mornings", Name: "Mornings", Hours: nine}))
		d.queue(t, "rescue", func(q *queue.Queue) { q.Groups = []queue.Eligible{{Group: "nobody"}} }, func(q *queue.Queue) { q.Groups = nil; q.Paused = true })
		d.queue(t, "desk", func(q *queue.Queue) {
			q.Calendar, q.Groups = "mornings", []queue.Eligible{{Group: "tech"}, {Group: "billing", After: 30 * time.Minute}}
			q.Escalate = queue.Escalation{After: time.Hour, To: "rescue"}
		})
		d.settings(t, func(s *queue.Settings) { s.Limit = 1 })
		d.set(t, "ann", queue.Available, "")
		one := d.ask(t, "desk")
		d.clock.forward(time.Second)
		two := d.ask(t, "desk")
		d.clock.forward(89 * time.Minute) // 10:29:01 and the queue opened at 10
		d.settle(t)
		d.holder(t, one.ID, "")
		d.clock.forward(time.Minute)
		d.settle(t)
		d.holder(t, one.ID, "ann") // of the overflow group
		if now := d.get(t, two.ID); now.Queue != "desk" {
			t.Errorf("escalated too early, to %s", now.Queue)
		}
		d.clock.forward(30 * time.Minute)
		d.settle(t)
		now := d.get(t, two.ID)
		if now.Queue != "rescue" || !now.WaitingSince.Equal(two.WaitingSince) {
			t.Errorf("in %s, waiting since %v", now.Queue, now.WaitingSince)
		}
		// Once per wait.
		got[*ticket.Ticket](t)(d.tickets.AssignQueue(t.Context(), host, two.ID, "desk"))
		d.clock.forward(3 * 7 * 24 * time.Hour)
		d.settle(t)
		if now := d.get(t, two.ID); now.Queue != "desk" {
			t.Errorf("escalated twice, to %s", now.Queue)
		}
	})
}

func TestOffers(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.queue(t, "q", func(q *queue.Queue) { q.Offer = time.Minute })
		d.settings(t, func(s *queue.Settings) { s.Limit = 1 })
		d.set(t, "ann", queue.Available, "")
		d.clock.forward(time.Second)
		d.set(t, "bob", queue.Available, "")
		tk := d.ask(t, "q")
		other := d.ask(t, "q")
		d.settle(t)
		offered := func(id, to string) {
			t.Helper()
			if now := d.get(t, id); now.OfferedTo() != to || now.Assignee != no {
				t.Fatalf("offered to %q, and %v has it; want %q", now.OfferedTo(), now.Assignee, to)
			}
		}
		offered(tk.ID, "ann")
		offered(other.ID, "bob") // ann has no room for it while she thinks
		_, err := d.tickets.AcceptOffer(t.Context(), bob, tk.ID)
		is(t, err, ticket.ErrNotOffered)
		got[*ticket.Ticket](t)(d.tickets.DeclineOffer(t.Context(), ann, tk.ID))
		got[*ticket.Ticket](t)(d.tickets.AcceptOffer(t.Context(), bob, other.ID))
		d.settle(t)
		d.holder(t, other.ID, "bob")
		offered(tk.ID, "") // bob is full, and ann has said no
		got[*ticket.Ticket](t)(d.tickets.Resolve(t.Context(), bob, other.ID))
		d.settle(t)
		offered(tk.ID, "bob")
		d.clock.forward(time.Minute)
		d.settle(t)
		offered(tk.ID, "")
		d.clock.forward(ticket.DeclinedFor) // they are asked again
		d.settle(t)
		if d.get(t, tk.ID).OfferedTo() == "" {
			t.Error("nobody is asked again")
		}
		// What is taken by hand isn't offered any more.
		got[*ticket.Ticket](t)(d.tickets.Take(t.Context(), lea, tk.ID))
		d.settle(t)
		d.holder(t, tk.ID, "lea")
		if now := d.get(t, tk.ID); now.Offer != nil {
			t.Errorf("offer %+v is left", now.Offer)
		}
	})
}

func TestStrategies(t *testing.T) {
	available := func(t *testing.T, d *desk) {
		d.set(t, "ann", queue.Available, "")
		d.clock.forward(time.Second)
		d.set(t, "bob", queue.Available, "")
		d.clock.forward(time.Second)
	}
	give := func(t *testing.T, d *desk, n int) (to []string) {
		for range n {
			tk := d.ask(t, "q")
			d.settle(t)
			d.clock.forward(time.Second)
			to = append(to, d.get(t, tk.ID).Assignee.ID)
		}
		return to
	}
	for strategy, test := range map[queue.Strategy]func(t *testing.T, d *desk){
		queue.LongestIdle: func(t *testing.T, d *desk) {
			to := give(t, d, 2)
			got2(t)(d.tickets.Reply(t.Context(), ann, d.held(t, "q", "ann").ID, ticket.Draft{Text: "Done."})) // bob has worked longer ago
			d.settle(t)
			if to = append(to, give(t, d, 1)...); !slices.Equal(to, []string{"ann", "bob", "bob"}) {
				t.Errorf("given to %v", to)
			}
		},
		queue.LeastLoaded: func(t *testing.T, d *desk) {
			d.worker(t, "bob", func(w *queue.Worker) { w.Limit = 4 })
			d.worker(t, "ann", func(w *queue.Worker) { w.Limit = 2 })
			d.settle(t)
			if to := give(t, d, 6); !slices.Equal(to, []string{"ann", "bob", "bob", "bob", "ann", "bob"}) && !slices.Equal(to, []string{"ann", "bob", "bob", "ann", "bob", "bob"}) {
				t.Errorf("given to %v", to)
			}
		},
		queue.RoundRobin: func(t *testing.T, d *desk) {
			if to := give(t, d, 4); !slices.Equal(to, []string{"ann", "bob", "ann", "bob"}) {
				t.Errorf("given to %v", to)
			}
		},
		queue.Weighted: func(t *testing.T, d *desk) {
			d.worker(t, "bob", func(w *queue.Worker) { w.Weight = 3 })
			d.settle(t)
			n := 0
			for _, who := range give(t, d, 40) {
				if who == "bob" {
					n++
				}
			}
			if n < 28 || n > 32 {
				t.Errorf("bob got %d of 40", n)
			}
		},
		queue.Sticky: func(t *testing.T, d *desk) {
			first := d.ask(t, "q")
			got[*ticket.Ticket](t)(d.tickets.Assign(t.Context(), host, first.ID, "bob"))
			got[*ticket.Ticket](t)(d.tickets.Resolve(t.Context(), bob, first.ID))
			d.worker(t, "bob", func(w *queue.Worker) { w.Limit = 1 })
			if to := give(t, d, 1); !slices.Equal(to, []string{"bob"}) {
				t.Fatalf("given to %v", to)
			}
			waits := d.ask(t, "q") // bob is full: it waits for him
			d.settle(t)
			d.holder(t, waits.ID, "")
			d.clock.forward(queue.DefaultSticky - time.Second)
			d.settle(t)
			d.holder(t, waits.ID, "")
			d.clock.forward(time.Second)
			d.settle(t)
			d.holder(t, waits.ID, "ann")
			// It doesn't wait for one who has gone.
			d.set(t, "bob", queue.Offline, "")
			again := d.ask(t, "q")
			d.settle(t)
			d.holder(t, again.ID, "ann")
		},
	} {
		t.Run(string(strategy), func(t *testing.T) {
			eachStore(t, func(t *testing.T, d *desk) {
				d.queue(t, "q", func(q *queue.Queue) { q.Strategy = strategy })
				available(t, d)
				test(t, d)
			})
		})
	}
}

func TestSkillsWeightsGroups(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.queue(t, "q", func(q *queue.Queue) { q.Needs, q.Limit = []string{"language"}, 2 })
		d.settings(t, func(s *queue.Settings) { s.Weights = []queue.Weight{{Channel: "email", Weight: 0.25}} })
		d.worker(t, "ann", func(w *queue.Worker) { w.Skills, w.Limit = []string{"language=de"}, 1 })
		d.set(t, "ann", queue.Available, "")
		d.set(t, "bob", queue.Available, "")
		mail := func(language string) string {
			n := ticket.New{EndUser: d.eve, Platform: "email", Channel: "email", Language: language, Queue: "q", Message: &ticket.Draft{Text: "Hallo"}}
			return got[*ticket.Ticket](t)(d.tickets.Create(t.Context(), n)).ID
		}
		german := mail("de")
		d.settle(t)
		d.holder(t, german, "ann")
		for range 4 { // four mails weigh as much as a chat
			german = mail("de")
		}
		d.settle(t)
		d.holder(t, german, "")
		english := mail("en") // nobody has said that he speaks that
		d.settle(t)
		d.holder(t, english, "")
		d.worker(t, "bob", func(w *queue.Worker) { w.Skills = []string{"language=de", "language=en"} })
		d.settle(t)
		d.holder(t, english, "bob")
		d.holder(t, german, "bob")

		// A group's ticket is its own.
		tk := d.ask(t, "")
		got[*ticket.Ticket](t)(d.tickets.AssignGroup(t.Context(), host, tk.ID, "tech"))
		if now := d.get(t, tk.ID); now.Assignee != no {
			got[*ticket.Ticket](t)(d.tickets.AssignGroup(t.Context(), host, tk.ID, "tech"))
		}
		d.settle(t)
		d.holder(t, tk.ID, "")
		got2a(t, d, "lea", "tech")
		d.set(t, "lea", queue.Available, "")
		d.settle(t)
		d.holder(t, tk.ID, "lea")
	})
}

// got2a puts an agent into a group.
func got2a(t testing.TB, d *desk, agent, group string) {
	t.Helper()
	_, err := d.people.SetGroups(t.Context(), host, agent, []string{group})
	must(t, err)
}

func TestInactivity(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.settings(t, func(s *queue.Settings) { s.Inactivity = 10 * time.Minute })
		d.set(t, "ann", queue.Available, "")
		tk := d.held(t, "", "ann")
		d.settle(t)
		d.clock.forward(9 * time.Minute)
		got2(t)(d.tickets.Note(t.Context(), ann, tk.ID, ticket.Draft{Text: "Thinking."}))
		d.clock.forward(9 * time.Minute)
		d.settle(t)
		if s := d.state(t, "ann"); s != "available" {
			t.Errorf("ann is %s", s)
		}
		d.clock.forward(time.Minute)
		d.settle(t)
		if s := d.state(t, "ann"); s != "away "+queue.WhyInactivity {
			t.Errorf("ann is %s", s)
		}
	})
}

// A process that starts finds what the ones before it left.
func TestBoardIsReadAgain(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.settings(t, func(s *queue.Settings) { s.Limit = 2 })
		d.set(t, "ann", queue.Available, "")
		var all []*ticket.Ticket
		for range 5 {
			d.clock.forward(time.Second)
			all = append(all, d.ask(t, ""))
		}
		d.settle(t)
		d.serve(t, d.clock.now)
		got[*ticket.Ticket](t)(d.tickets.Resolve(t.Context(), ann, all[0].ID))
		d.settle(t)
		for i, who := range []string{"ann", "ann", "ann", "", ""} {
			d.holder(t, all[i].ID, who)
		}
		if a := all[0]; d.get(t, a.ID).Status != ticket.StatusResolved {
			t.Error(a.Status)
		}
	})
}

// A step that gives a ticket says that it did something, whatever the store: who drains a
// desk looks then what follows from that.
func TestStepSaysWhatItDid(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.set(t, "ann", queue.Available, "")
		d.settle(t)
		for range 2 {
			tk := d.ask(t, "")
			d.step(t)
			if n := got[int](t)(d.queues.Step(t.Context())); n == 0 {
				t.Error("it says that it did nothing")
			}
			d.holder(t, tk.ID, "ann")
			d.settle(t)
			if n := got[int](t)(d.queues.Step(t.Context())); n != 0 {
				t.Errorf("it did something %d times, where nothing was left", n)
			}
		}
	})
}
