package automation_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// A backtest tells what other rules would have done with what has happened, and leaves no
// trace: neither here, nor with whom rules call.
func TestBacktest(t *testing.T) {
	eachBackend(t, func(t *testing.T, d *desk, b *backend) {
		var called atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Add(1) }))
		defer server.Close()
		hook := automation.Action{Action: ticket.Action{Do: automation.DoWebhook, To: server.URL}}
		route := d.rule(t, &automation.Rule{ID: "route", On: isNew, When: `ticket.title contains "refund"`, Do: do(ticket.Action{Do: ticket.DoAssignQueue, To: "billing"})})
		hello := d.rule(t, &automation.Rule{ID: "hello", On: isNew, Do: []automation.Action{say("We are on it."), hook}})
		d.clock.forward(time.Hour)
		refund := d.ask(t, titled("a refund"))
		other := d.ask(t, titled("broken"), func(n *ticket.New) { n.Platform = "ios"; n.Tags = []string{"vip"} })
		d.drain(t)
		d.clock.forward(10 * time.Minute)
		d.reply(t, ann, refund.ID, "Done.")
		d.write(t, other.ID, "It is urgent!")
		_, err := d.tickets.Edit(t.Context(), ann, other.ID, ticket.Edit{Priority: new(ticket.High)})
		must(t, err)
		d.drain(t)
		end := d.clock.forward(5 * time.Hour)
		d.drain(t)
		head, err := d.events.Head(t.Context())
		must(t, err)
		calls := called.Load()

		test := automation.Backtest{From: start.Add(time.Hour), To: end, Rules: []*automation.Rule{route, hello}}
		report, err := d.rules.Backtest(t.Context(), admin, test)
		must(t, err)
		if report.Tickets != 2 || len(report.Differences) > 0 || report.LeftOut > 0 || report.More {
			t.Fatalf("with the same rules: %+v", report)
		}

		vips, urgent, late := *route, *hello, automation.Rule{ID: "late", Name: "Late", On: automation.Trigger{Kind: automation.OnTime, Clock: automation.ClockFirst, After: 2 * time.Hour},
			When: `ticket.priority == "high"`, Do: do(ticket.Action{Do: ticket.DoResolve})}
		vips.When = `"vip" in ticket.tags`
		urgent.On, urgent.When = when(automation.EventEndUserMessage), `message.text contains "urgent"`
		urgent.Do = append(urgent.Do, automation.Action{Action: ticket.Action{Do: automation.DoCall, To: "ship"}})
		test.Rules = []*automation.Rule{&vips, &urgent, &late}
		report, err = d.rules.Backtest(t.Context(), admin, test)
		must(t, err)
		if report.Assigned != 2 || report.Answered != 1 || report.Resolved != 1 {
			t.Errorf("%+v", report)
		}
		for _, want := range []automation.Difference{
			{Ticket: refund.ID, Number: refund.Number, What: "assigned", Was: []string{"queue:billing by route"}},
			{Ticket: refund.ID, Number: refund.Number, What: "answered", Was: []string{"message by hello"}},
			{Ticket: other.ID, Number: other.Number, What: "assigned", Would: []string{"queue:billing by route"}},
			{Ticket: other.ID, Number: other.Number, What: "resolved", Would: []string{"resolved by late"}},
		} {
			if !slices.ContainsFunc(report.Differences, func(x automation.Difference) bool {
				return x.Ticket == want.Ticket && x.Number == want.Number && x.What == want.What && slices.Equal(x.Was, want.Was) && slices.Equal(x.Would, want.Would)
			}) {
				t.Errorf("%+v isn't among %+v", want, report.Differences)
			}
		}
		d.drain(t)
		now, err := d.events.Head(t.Context())
		must(t, err)
		if now != head || len(b.called()) > 0 || calls != 2 || called.Load() != calls {
			t.Errorf("it left %d events and %d calls; the webhook got %d requests before and %d in the end", now-head, len(b.called()), calls, called.Load())
		}
	})
}

// What a clock's rule did is the rules' to do again, or not to: the log tells it of no
// cause.
func TestBacktestOfClocks(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	early := d.rule(t, &automation.Rule{ID: "waits", On: after(automation.ClockFirst, hour), Do: append(do(tag("late")), say("One moment, please."))})
	d.clock.forward(hour)
	tk := d.ask(t)
	d.settle(t)
	d.wait(t, hour, hour)
	if now := d.now(t, tk.ID); !now.HasTag("late") {
		t.Fatalf("tags %q", now.Tags)
	}
	test := automation.Backtest{From: start.Add(hour), To: d.clock.forward(hour)}
	for name, c := range map[string]struct {
		rules             []*automation.Rule
		changed, answered int
	}{"none": {nil, 1, 1}, "the same": {[]*automation.Rule{early}, 0, 0}} {
		test.Rules = c.rules
		report, err := d.rules.Backtest(t.Context(), admin, test)
		must(t, err)
		if report.Tickets != 1 || report.Changed != c.changed || report.Answered != c.answered || report.LeftOut != 0 {
			t.Errorf("%s: %+v", name, report)
		}
	}
}

func TestBacktestRefuses(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	for field, test := range map[string]automation.Backtest{
		"backtest.from":    {From: start, To: start},
		"backtest.tickets": {From: start, To: start.Add(time.Hour), Tickets: automation.MaxTestTickets + 1},
		"rule.do":          {From: start, To: start.Add(time.Hour), Rules: []*automation.Rule{{ID: "x", Name: "x", On: isNew}}},
	} {
		_, err := d.rules.Backtest(t.Context(), admin, test)
		refuses(t, err, field)
	}
	_, err := d.rules.Backtest(t.Context(), admin, automation.Backtest{From: start, To: start.Add(automation.MaxBacktest + time.Second)})
	refuses(t, err, "backtest.from")
}

// A rule that names what is gone, or a function that this process doesn't have, doesn't
// keep the others from being tested.
func TestBacktestWithBrokenRules(t *testing.T) {
	eachBackend(t, func(t *testing.T, d *desk, b *backend) {
		broken := d.rule(t, &automation.Rule{ID: "broken", On: isNew, Do: do(ticket.Action{Do: ticket.DoAssignQueue, To: "vips"})})
		calling := d.rule(t, &automation.Rule{ID: "calling", On: isNew, Do: []automation.Action{{Action: ticket.Action{Do: automation.DoCall, To: "ship"}}}})
		hello := d.rule(t, &automation.Rule{ID: "hello", On: isNew, Do: []automation.Action{say("We are on it.")}})
		must(t, d.queues.Delete(t.Context(), host, "vips"))
		from := d.clock.forward(time.Hour)
		d.ask(t)
		d.drain(t)
		end := d.clock.forward(time.Hour)
		elsewhere, err := automation.Open(automation.Parts{DB: d.db, Events: event.NewLog(d.db, nil), Jobs: job.New(d.db, nil), People: d.people, Tickets: d.tickets}, nil)
		must(t, err)
		for _, rules := range []*automation.Service{d.rules, elsewhere} {
			report, err := rules.Backtest(t.Context(), admin, automation.Backtest{From: from, To: end, Rules: []*automation.Rule{broken, calling, hello}})
			if must(t, err); report.Tickets != 1 || len(report.Differences) > 0 {
				t.Errorf("%+v", report)
			}
			report, err = rules.Backtest(t.Context(), admin, automation.Backtest{From: from, To: end, Rules: []*automation.Rule{broken, calling}})
			if must(t, err); report.Answered != 1 {
				t.Errorf("%+v", report)
			}
		}
		changed := *broken
		changed.When = "ticket.open"
		_, err = d.rules.Backtest(t.Context(), admin, automation.Backtest{From: from, To: end, Rules: []*automation.Rule{&changed}})
		if _, refused := errors.AsType[*store.FieldError](err); !refused {
			t.Errorf("a changed rule that names what is gone: %v", err)
		}
	})
}

// A rule whose action names what is gone fails there as it does here, and doesn't stand
// in the way of a backtest.
func TestBacktestWithDeadRule(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	must(t, d.queues.Save(t.Context(), host, &queue.Queue{ID: "night", Name: "Night", Manual: true}))
	d.rule(t, &automation.Rule{ID: "dead", On: isNew, Do: append(do(ticket.Action{Do: ticket.DoAssignQueue, To: "night"}), say("Hello."))})
	must(t, d.queues.Delete(t.Context(), host, "night"))
	d.clock.forward(time.Hour)
	d.ask(t)
	d.drain(t)
	end := d.clock.forward(time.Minute)
	report, err := d.rules.Backtest(t.Context(), admin, automation.Backtest{From: start.Add(time.Hour), To: end})
	must(t, err)
	if report.Tickets != 1 || report.Answered != 1 {
		t.Errorf("%+v", report)
	}
	dead, err := d.rules.Rule(t.Context(), admin, "dead")
	must(t, err)
	dead.When = `ticket.title == ""`
	_, err = d.rules.Backtest(t.Context(), admin, automation.Backtest{From: start.Add(time.Hour), To: end, Rules: []*automation.Rule{dead}})
	refuses(t, err, "rule.do.to")
}

// A desk may have 10,000 rules, and they are compared at once.
func TestBacktestOfManyRules(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	many := make([]*automation.Rule, 3000)
	for i := range many {
		many[i] = &automation.Rule{Name: "One of many", On: isNew, When: fmt.Sprintf("ticket.title == %q", fmt.Sprint("t", i)), Do: do(tag("vip"))}
	}
	d.clock.forward(time.Hour)
	n := d.ask(t, titled("t2999"))
	d.drain(t)
	report, err := d.rules.Backtest(t.Context(), admin, automation.Backtest{From: start.Add(time.Hour), To: d.clock.forward(time.Minute), Rules: many})
	must(t, err)
	if report.Changed != 1 || report.Differences[0].Ticket != n.ID {
		t.Errorf("%+v", report)
	}
}

// Who wakes a ticket early does so again, be it an agent or the host.
func TestBacktestWakes(t *testing.T) {
	t.Parallel()
	for _, who := range []event.Actor{ann, host} {
		d := openMemory(t)
		rule := d.rule(t, &automation.Rule{ID: "woken", On: when(automation.EventWoken), Do: do(tag("vip"))})
		d.clock.forward(time.Hour)
		n := d.ask(t)
		d.drain(t)
		_, err := d.tickets.Snooze(t.Context(), ann, n.ID, d.clock.now().Add(24*time.Hour), "later")
		must(t, err)
		d.drain(t)
		d.clock.forward(time.Hour)
		_, err = d.tickets.Wake(t.Context(), who, n.ID)
		must(t, err)
		d.drain(t)
		test := automation.Backtest{From: start.Add(time.Hour), To: d.clock.forward(time.Hour)}
		report, err := d.rules.Backtest(t.Context(), admin, test)
		must(t, err)
		if report.Changed != 1 || report.LeftOut > 0 {
			t.Errorf("%s: %+v", who, report)
		}
		test.Rules = []*automation.Rule{rule}
		report, err = d.rules.Backtest(t.Context(), admin, test)
		must(t, err)
		if len(report.Differences) > 0 {
			t.Errorf("%s: %+v", who, report)
		}
	}
}

// Ratings are given again, and tickets that went into another one do so again.
func TestBacktestRatesAndMerges(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	rated := d.rule(t, &automation.Rule{ID: "rated", On: when(automation.EventRated), When: "rating.score < 3", Do: do(tag("late"))})
	unanswered := d.rule(t, &automation.Rule{ID: "waits", On: automation.Trigger{Kind: automation.OnTime, Clock: automation.ClockFirst, After: 2 * time.Hour}, Do: do(tag("vip"))})
	d.clock.forward(time.Hour)
	bad, twice, kept := d.ask(t), d.ask(t), d.ask(t)
	d.drain(t)
	d.reply(t, ann, kept.ID, "Soon.")
	_, _, err := d.tickets.Merge(t.Context(), ann, twice.ID, kept.ID, nil)
	must(t, err)
	_, err = d.tickets.Resolve(t.Context(), ann, bad.ID)
	must(t, err)
	_, err = d.tickets.AskRating(t.Context(), ann, bad.ID)
	must(t, err)
	d.drain(t)
	d.clock.forward(time.Minute)
	_, err = d.tickets.Rate(t.Context(), d.user(), bad.ID, 1, "slow")
	must(t, err)
	d.drain(t)
	test := automation.Backtest{From: start.Add(time.Hour), To: d.clock.forward(5 * time.Hour)}
	report, err := d.rules.Backtest(t.Context(), admin, test)
	must(t, err)
	if len(report.Differences) != 1 || report.Differences[0].Ticket != bad.ID || report.LeftOut > 0 {
		t.Errorf("%+v", report)
	}
	test.Rules = []*automation.Rule{rated, unanswered}
	report, err = d.rules.Backtest(t.Context(), admin, test)
	must(t, err)
	if len(report.Differences) > 0 || report.LeftOut > 0 {
		t.Errorf("%+v", report)
	}
}
