package automation_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// act is something that happens to a ticket.
type act func(ctx context.Context, d *desk, id string) error

// happening is an act of which rules are to hear.
type happening struct {
	before []act // prepare the ticket
	act    act
	tells  []automation.Event // all that rules hear of it, besides the one that it is about
	when   string             // is true of it: what was before, and what it changed
}

func applied(as ...ticket.Action) act {
	return func(ctx context.Context, d *desk, id string) error {
		return only(d.tickets.Apply(ctx, host, id, as...))
	}
}

func replied(who event.Actor) act {
	return func(ctx context.Context, d *desk, id string) error {
		_, _, err := d.tickets.Reply(ctx, who, id, ticket.Draft{Text: "Soon."})
		return err
	}
}

// later lets time pass.
func later(by time.Duration) act {
	return func(_ context.Context, d *desk, _ string) error { d.clock.forward(by); return nil }
}

// happenings are one for each event.
func happenings() map[automation.Event]happening {
	resolve, reopen := applied(ticket.Action{Do: ticket.DoResolve}), applied(ticket.Action{Do: ticket.DoReopen})
	toBob, toBilling := applied(ticket.Action{Do: ticket.DoAssign, To: "bob"}), applied(ticket.Action{Do: ticket.DoAssignQueue, To: "billing"})
	toBot := applied(ticket.Action{Do: ticket.DoAssignBot, To: "greeter"})
	urgent := applied(ticket.Action{Do: ticket.DoPriority, Text: "urgent"})
	return map[automation.Event]happening{
		automation.EventEndUserMessage: {act: func(ctx context.Context, d *desk, id string) error {
			return only(d.tickets.Write(ctx, ticket.Inbound{EndUser: d.eve, Ticket: id, Draft: ticket.Draft{Text: "And?"}}))
		}, when: `message.text == "And?" and message.author == "end_user"`},
		automation.EventAgentMessage: {act: replied(ann), tells: []automation.Event{automation.EventStatus, automation.EventAssigned},
			when: `message.agent == "ann" and previous.status == "new" and previous.assignee == nil and "status" in changed`},
		automation.EventBotMessage: {before: []act{toBot}, act: replied(bot), when: `message.text == "Soon." and message.author == "bot"`},
		automation.EventNote: {act: func(ctx context.Context, d *desk, id string) error {
			_, _, err := d.tickets.Note(ctx, ann, id, ticket.Draft{Text: "Hm."})
			return err
		}, when: `message.text == "Hm."`},
		automation.EventAssigned: {act: toBob, tells: []automation.Event{automation.EventStatus}, when: `"assignee" in changed and previous.assignee == nil and ticket.assignee == "bob"`},
		automation.EventUnassigned: {before: []act{toBob}, act: applied(ticket.Action{Do: ticket.DoUnassign}), tells: []automation.Event{automation.EventStatus},
			when: `"assignee" in changed and previous.assignee == "bob"`},
		automation.EventQueue: {before: []act{applied(ticket.Action{Do: ticket.DoAssignQueue, To: "vips"}), toBot}, act: toBilling,
			when: `"queue" in changed and "bot" in changed and previous.bot == "greeter" and previous.queue == "vips" and ticket.queue == "billing"`},
		automation.EventGroup: {act: applied(ticket.Action{Do: ticket.DoAssignGroup, To: "billing"}), when: `"group" in changed and previous.group == nil and ticket.group == "billing"`},
		automation.EventStatus: {before: []act{replied(ann)}, act: func(ctx context.Context, d *desk, id string) error {
			return only(d.tickets.Write(ctx, ticket.Inbound{EndUser: d.eve, Ticket: id, Draft: ticket.Draft{Text: "And?"}}))
		}, tells: []automation.Event{automation.EventEndUserMessage}, when: `"status" in changed and previous.status == "agent_replied" and ticket.status == "waiting_for_agent"`},
		automation.EventResolved: {act: resolve, tells: []automation.Event{automation.EventStatus}, when: `"status" in changed and previous.status == "new" and previous.open`},
		automation.EventRejected: {act: applied(ticket.Action{Do: ticket.DoReject}), tells: []automation.Event{automation.EventStatus}, when: `"status" in changed and previous.open and not ticket.open`},
		automation.EventReopened: {before: []act{resolve}, act: reopen, tells: []automation.Event{automation.EventStatus}, when: `"status" in changed and not previous.open and ticket.open`},
		automation.EventField: {before: []act{applied(ticket.Action{Do: ticket.DoField, To: "spend", Text: "5"})}, act: applied(ticket.Action{Do: ticket.DoField, To: "spend", Text: "7"}),
			when: `"field.spend" in changed and previous_field.spend == 5 and field.spend == 7`},
		automation.EventTags: {before: []act{applied(tag("vip"))}, act: applied(tag("late")), when: `"tags" in changed and "vip" in previous.tags and not ("late" in previous.tags)`},
		automation.EventLabel: {before: []act{applied(ticket.Action{Do: ticket.DoLabel, Text: "bug"})}, act: applied(ticket.Action{Do: ticket.DoLabel}),
			when: `"label" in changed and previous.label == "bug" and ticket.label == nil`},
		automation.EventPriority: {act: applied(ticket.Action{Do: ticket.DoPriority, Text: "low"}), when: `"priority" in changed and previous.priority == nil and ticket.priority == "low"`},
		automation.EventTitle:    {act: applied(ticket.Action{Do: ticket.DoTitle, Text: "New"}), when: `"title" in changed and previous.title == "Old" and ticket.title == "New"`},
		automation.EventLanguage: {before: []act{applied(ticket.Action{Do: ticket.DoLanguage, Text: "fr"})}, act: applied(ticket.Action{Do: ticket.DoLanguage, Text: "de"}),
			when: `"language" in changed and previous.language == "fr"`},
		automation.EventRated: {before: []act{resolve, func(ctx context.Context, d *desk, id string) error { return only(d.tickets.AskRating(ctx, ann, id)) }},
			act: func(ctx context.Context, d *desk, id string) error {
				return only(d.tickets.Rate(ctx, d.user(), id, 2, "slow"))
			}, when: `rating.score == 2`},
		automation.EventAnswered: {before: []act{resolve}, act: func(ctx context.Context, d *desk, id string) error {
			return only(d.tickets.Confirm(ctx, d.user(), id, false))
		}, when: `not ticket.open`},
		automation.EventSnoozed:  {act: applied(ticket.Action{Do: ticket.DoSnooze, For: time.Hour}), when: `ticket.snoozed`},
		automation.EventWoken:    {before: []act{applied(ticket.Action{Do: ticket.DoSnooze, For: time.Hour})}, act: later(time.Hour), when: `not ticket.snoozed`},
		automation.EventAtRisk:   {before: []act{urgent}, act: later(50 * time.Minute), when: `ticket.due_state == "at_risk"`},
		automation.EventBreached: {before: []act{urgent, later(50 * time.Minute)}, act: later(10 * time.Minute), when: `ticket.due_state == "breached"`},
	}
}

// Each event triggers the rules that name it, and no others, and they know what was
// before and what it changed.
func TestEachEvent(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	must(t, d.tickets.SavePolicy(t.Context(), host, &ticket.Policy{Name: "Urgent", When: `ticket.priority == "urgent"`, Resolution: time.Hour}))
	app := got[*ticket.App](t)(d.tickets.App(t.Context(), ticket.DefaultApp))
	for i := range app.Platforms {
		app.Platforms[i].AskResolved = true
	}
	must(t, d.tickets.SaveApp(t.Context(), host, app))
	tell := automation.Action{Action: ticket.Action{Do: automation.DoNotify, Text: "Look."}, Agents: []string{"root"}}
	for _, e := range automation.Events() {
		d.rule(t, &automation.Rule{ID: string(e), On: when(e), Do: []automation.Action{tell}})
	}
	all := happenings()
	for _, e := range automation.Events() {
		h, ok := all[e]
		if !ok {
			t.Errorf("%s isn't tried", e)
			continue
		}
		probe := d.rule(t, &automation.Rule{ID: "probe-" + string(e), On: when(e), When: h.when, Do: []automation.Action{tell}})
		id := d.ask(t, titled("Old")).ID
		d.drain(t)
		for _, prepare := range h.before {
			must(t, prepare(t.Context(), d, id))
			d.drain(t)
		}
		before := len(d.heard(t, id))
		d.clock.forward(time.Second)
		must(t, h.act(t.Context(), d, id))
		d.drain(t)
		want := []string{string(e), probe.ID}
		for _, other := range h.tells {
			want = append(want, string(other))
		}
		slices.Sort(want)
		if heard := d.heard(t, id)[before:]; !slices.Equal(slices.Sorted(slices.Values(heard)), want) {
			t.Errorf("%s: rules heard %v, want %v", e, heard, want)
		}
		must(t, d.rules.DeleteRule(t.Context(), admin, probe))
	}
}

// heard are the rules that ran on a ticket, the first first.
func (d *desk) heard(t testing.TB, id string) (ids []string) {
	t.Helper()
	page, _, err := d.rules.RunsOf(t.Context(), admin, id, "", 200)
	must(t, err)
	for _, r := range slices.Backward(page) {
		ids = append(ids, r.Rule)
	}
	return ids
}
