package automation_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	"pgregory.net/rapid"
)

// testedTriggers, testedConditions and testedActions are what the rules of random desks
// are made of.
var (
	testedTriggers = []automation.Trigger{isNew, when(automation.EventEndUserMessage), when(automation.EventAgentMessage), when(automation.EventAssigned, automation.EventUnassigned),
		when(automation.EventTags, automation.EventField), when(automation.EventResolved), when(automation.EventReopened), when(automation.EventPriority, automation.EventTitle),
		when(automation.EventStatus), when(automation.EventQueue, automation.EventGroup), when(automation.EventNote), when(automation.EventSnoozed), when(automation.EventWoken)}
	testedConditions = []string{"", `ticket.priority == "high"`, `"vip" in ticket.tags`, `ticket.queue == "billing"`, `ticket.assignee == "ann"`, `field.spend >= 10`,
		`message.text contains "urgent"`, `previous.priority == "high"`, `"vip" in previous.tags and "late" in ticket.tags`, `previous.open`, `user.name == "Eve"`,
		`ticket.title startsWith "a"`, `"tags" in changed`, `previous.queue == "billing"`, `previous_field.spend < 10`, `ticket.reopened > 0`}
	testedActions = []automation.Action{say("We are on it."), {Action: tag("vip")}, {Action: tag("late", "refund")}, {Action: ticket.Action{Do: ticket.DoRemoveTags, Tags: []string{"vip"}}},
		{Action: ticket.Action{Do: ticket.DoAssignQueue, To: "billing"}}, {Action: ticket.Action{Do: ticket.DoAssignQueue, To: "vips"}}, {Action: ticket.Action{Do: ticket.DoAssign, To: "ann"}},
		{Action: ticket.Action{Do: ticket.DoAssignGroup, To: "billing"}}, {Action: ticket.Action{Do: ticket.DoUnassign}}, {Action: ticket.Action{Do: ticket.DoPriority, Text: "high"}},
		{Action: ticket.Action{Do: ticket.DoField, To: "spend", Text: "12"}}, {Action: ticket.Action{Do: ticket.DoField, To: "order"}}, {Action: ticket.Action{Do: ticket.DoTitle, Text: "a title"}},
		{Action: ticket.Action{Do: ticket.DoResolve}}, {Action: ticket.Action{Do: ticket.DoReject}}, {Action: ticket.Action{Do: ticket.DoReopen}}, {Action: ticket.Action{Do: ticket.DoLabel, Text: "bug"}},
		{Action: ticket.Action{Do: ticket.DoSnooze, For: time.Hour}}, {Action: ticket.Action{Do: ticket.DoNote}, Texts: []ticket.ReplyText{{Text: "Look."}}}}
)

// history does random things with a desk, and says which acts it did.
type history struct {
	d       *desk
	tickets []string
	acts    []string
}

func (h *history) rules(t *testing.T, rt *rapid.T) (rules []*automation.Rule) {
	for i := range rapid.IntRange(1, 5).Draw(rt, "rules") {
		r := &automation.Rule{ID: fmt.Sprint("r", i), Once: rapid.IntRange(0, 4).Draw(rt, "once") == 0, Stop: rapid.IntRange(0, 4).Draw(rt, "stop") == 0,
			On: rapid.SampledFrom(testedTriggers).Draw(rt, "on"), When: rapid.SampledFrom(testedConditions).Draw(rt, "when"),
			Do: rapid.SliceOfN(rapid.SampledFrom(testedActions), 1, 2).Draw(rt, "do")}
		rules = append(rules, h.d.rule(t, r))
	}
	return rules
}

func (h *history) act(t *testing.T, rt *rapid.T) {
	ctx, d := t.Context(), h.d
	d.clock.forward(time.Duration(rapid.IntRange(1, 90).Draw(rt, "minutes")) * time.Minute)
	d.drain(t)
	if len(h.tickets) == 0 || len(h.tickets) < 4 && rapid.IntRange(0, 5).Draw(rt, "another") == 0 {
		n := d.ask(t, func(n *ticket.New) {
			n.Title = rapid.SampledFrom([]string{"", "a refund", "broken"}).Draw(rt, "title")
			n.Platform = rapid.SampledFrom([]string{"webchat", "ios"}).Draw(rt, "platform")
			if rapid.Bool().Draw(rt, "rich") {
				n.Tags, n.Fields = []string{"vip"}, map[string]any{"spend": 5.0, "gift": true}
			}
		})
		h.tickets, h.acts = append(h.tickets, n.ID), append(h.acts, "create")
		d.drain(t)
		return
	}
	id := rapid.SampledFrom(h.tickets).Draw(rt, "ticket")
	who := rapid.SampledFrom([]event.Actor{ann, bob, host}).Draw(rt, "who")
	var err error
	name := rapid.SampledFrom([]string{"write", "reply", "note", "assign", "queue", "group", "unassign", "edit", "tags", "resolve", "reject", "reopen", "snooze", "wake", "rate"}).Draw(rt, "act")
	switch name {
	case "write":
		_, err = d.tickets.Write(ctx, ticket.Inbound{EndUser: d.eve, Ticket: id, Draft: ticket.Draft{Text: rapid.SampledFrom([]string{"Hello?", "It is urgent."}).Draw(rt, "text")}})
	case "reply":
		_, _, err = d.tickets.Reply(ctx, who, id, ticket.Draft{Text: "Soon."})
	case "note":
		_, _, err = d.tickets.Note(ctx, who, id, ticket.Draft{Text: "Hm."})
	case "assign":
		_, err = d.tickets.Assign(ctx, who, id, rapid.SampledFrom([]string{"ann", "bob"}).Draw(rt, "to"))
	case "queue":
		_, err = d.tickets.AssignQueue(ctx, who, id, rapid.SampledFrom([]string{"billing", "vips"}).Draw(rt, "to"))
	case "group":
		_, err = d.tickets.AssignGroup(ctx, who, id, "billing")
	case "unassign":
		_, err = d.tickets.Unassign(ctx, who, id)
	case "edit":
		e := ticket.Edit{Priority: new(rapid.SampledFrom([]ticket.Priority{ticket.High, ticket.Low, ""}).Draw(rt, "priority"))}
		if rapid.Bool().Draw(rt, "more") {
			e.Title, e.Fields = new("another"), map[string]any{"spend": rapid.SampledFrom([]any{nil, 4.5, 30.0}).Draw(rt, "spend"), "order": "A1"}
		}
		_, err = d.tickets.Edit(ctx, who, id, e)
	case "tags":
		_, err = d.tickets.Edit(ctx, who, id, ticket.Edit{AddTags: []string{"late", "vip"}[:rapid.IntRange(0, 2).Draw(rt, "add")], RemoveTags: []string{"refund"}})
	case "resolve":
		_, err = d.tickets.Resolve(ctx, who, id)
	case "reject":
		_, err = d.tickets.Reject(ctx, who, id)
	case "reopen":
		_, err = d.tickets.Reopen(ctx, who, id)
	case "snooze":
		_, err = d.tickets.Snooze(ctx, who, id, d.clock.now().Add(3*time.Hour), "later")
	case "wake":
		_, err = d.tickets.Wake(ctx, who, id)
	case "rate":
		_, err = d.tickets.Rate(ctx, d.user(), id, 4, "fine")
	}
	if err == nil {
		h.acts = append(h.acts, fmt.Sprintf("%s %s by %s at %s", name, id[len(id)-4:], who, d.clock.now().Format(time.DateTime)))
	}
	d.drain(t)
}

// did is what rules did to a ticket, by event and rule.
func (h *history) did(t *testing.T, id string) (out []string) {
	es, _, err := h.d.events.History(t.Context(), h.d.db, id, "", 500)
	must(t, err)
	for _, e := range es {
		if e.Actor.Kind == event.Automation {
			what, how, err := automation.Told(e)
			must(t, err)
			if what != "" {
				out = append(out, fmt.Sprintf("%s: %s by %s", what, how, e.Actor.ID))
			}
		}
	}
	slices.Sort(out)
	return out
}

// With the rules of the desk a backtest comes to what has happened, and finds no
// difference, whatever people and rules did.
func TestBacktestIsTrue(t *testing.T) {
	t.Parallel()
	check(t, fewer(100), func(rt *rapid.T) {
		d := openMemory(t)
		h := &history{d: d}
		rules := h.rules(t, rt)
		for range rapid.IntRange(3, 12).Draw(rt, "acts") {
			h.act(t, rt)
		}
		d.clock.forward(time.Minute)
		test := automation.Backtest{From: start, To: d.clock.now(), Rules: rules}
		report, err := d.rules.Backtest(t.Context(), admin, test)
		must(t, err)
		if len(report.Differences) > 0 || report.Tickets < len(h.tickets) || report.LeftOut > 0 {
			rt.Fatalf("with the same rules: %+v\n%s", report, strings.Join(h.acts, "\n"))
		}
		test.Rules = nil
		report, err = d.rules.Backtest(t.Context(), admin, test)
		must(t, err)
		again, err := d.rules.Backtest(t.Context(), admin, test)
		must(t, err)
		if !reflect.DeepEqual(report, again) {
			rt.Fatalf("once %+v\nand once %+v", report, again)
		}
		was := map[string][]string{}
		for _, x := range report.Differences {
			for _, how := range x.Was {
				was[x.Ticket] = append(was[x.Ticket], x.What+": "+how)
			}
		}
		for id := range maps.Keys(was) {
			slices.Sort(was[id])
		}
		for _, id := range h.tickets {
			if did := h.did(t, id); !slices.Equal(did, was[id]) {
				rt.Fatalf("ticket %s: rules did\n%q\nand did again\n%q\n%s\n%s", id[len(id)-4:], did, was[id], strings.Join(h.acts, "\n"), described(rules))
			}
		}
	})
}

func described(rules []*automation.Rule) string {
	var out []string
	for _, r := range rules {
		line := fmt.Sprintf("%s on %s %v when %s once %v stop %v:", r.ID, r.On.Kind, r.On.Events, r.When, r.Once, r.Stop)
		for _, a := range r.Do {
			line += fmt.Sprintf(" %s %s%s%v", a.Do, a.To, a.Text, a.Tags)
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}
