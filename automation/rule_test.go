package automation_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Rules on new tickets run in intake, in order, each seeing what those before it did; the
// first that sets a value wins, and what adds adds.
func TestCreated(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.rule(t, &automation.Rule{ID: "refunds", On: isNew, When: `ticket.title contains "refund"`,
			Do: do(tag("refund"), ticket.Action{Do: ticket.DoAssignQueue, To: "billing"}, ticket.Action{Do: ticket.DoPriority, Text: "high"})})
		d.rule(t, &automation.Rule{ID: "seen", On: isNew, When: `"refund" in ticket.tags and ticket.queue == "billing"`,
			Do: do(tag("vip"), ticket.Action{Do: ticket.DoAssignQueue, To: "vips"}, ticket.Action{Do: ticket.DoLabel, Text: "money"})})
		d.rule(t, &automation.Rule{ID: "never", On: isNew, When: `ticket.title == "no"`, Do: do(tag("late"))})
		tk, other := d.ask(t, titled("my refund")), d.ask(t, titled("hello"))
		d.drain(t)
		now := d.now(t, tk.ID)
		if !slices.Equal(now.Tags, []string{"refund", "vip"}) || now.Queue != "billing" || now.Priority != ticket.High || now.Label.Name != "money" || now.Intake != "" {
			t.Errorf("%v in %s, %s, %+v, intake %q, warnings %v", now.Tags, now.Queue, now.Priority, now.Label, now.Intake, now.Warnings)
		}
		if len(d.now(t, other.ID).Tags) > 0 {
			t.Error("another ticket was changed")
		}
		page, _, err := d.rules.RunsOf(t.Context(), admin, tk.ID, "", 10)
		must(t, err)
		if len(page) != 2 || page[0].Rule != "refunds" && page[1].Rule != "refunds" {
			t.Fatalf("runs %+v", page)
		}
		second := page[slices.IndexFunc(page, func(r *automation.Run) bool { return r.Rule == "seen" })]
		want := []automation.Result{automation.Done, automation.Skipped, automation.Done}
		for i, o := range second.Did {
			if o.Result != want[i] {
				t.Errorf("action %d is %+v, want %s", i, o, want[i])
			}
		}
		if !strings.Contains(second.Did[1].Why, "refunds") {
			t.Errorf("skipped because %q", second.Did[1].Why)
		}
	})
}

// What happens to a ticket triggers rules, once for each change, and what they do may
// trigger others.
func TestEvents(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.rule(t, &automation.Rule{ID: "urgent", On: when(automation.EventEndUserMessage), When: `message.text contains "asap"`,
			Do: do(ticket.Action{Do: ticket.DoPriority, Text: "urgent"})})
		d.rule(t, &automation.Rule{ID: "chain", On: when(automation.EventPriority), When: `previous.priority == nil and ticket.priority == "urgent"`,
			Do: []automation.Action{say("We hurry, {{user.name}}.")}})
		d.rule(t, &automation.Rule{ID: "off", Off: true, On: when(automation.EventEndUserMessage), Do: do(tag("late"))})
		tk := d.ask(t)
		d.drain(t)
		d.write(t, tk.ID, "please, asap")
		d.drain(t)
		d.drain(t)
		if got := d.texts(t, tk.ID); !slices.Equal(got, []string{"end_user: Where is it?", "end_user: please, asap", "automation: We hurry, Eve."}) {
			t.Errorf("said %q", got)
		}
		now := d.now(t, tk.ID)
		if now.Priority != ticket.Urgent || len(now.Tags) > 0 || !now.Times.FirstResponse.IsZero() {
			t.Errorf("%+v", now)
		}
		// Events say which rule it was, and what led to it.
		es, _, err := d.events.History(t.Context(), d.db, tk.ID, "", 100)
		must(t, err)
		last := es[len(es)-1]
		if last.Actor != (event.Actor{Kind: event.Automation, ID: "chain"}) || last.Reason != "Rule chain" || last.Depth != 2 || last.Cause == "" {
			t.Errorf("last event %+v", last)
		}
	})
}

// Two rules that trigger each other end.
func TestChainIsCut(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.rule(t, &automation.Rule{ID: "up", On: when(automation.EventPriority, automation.EventEndUserMessage), When: `ticket.priority != "high"`,
			Do: do(ticket.Action{Do: ticket.DoPriority, Text: "high"})})
		d.rule(t, &automation.Rule{ID: "down", On: when(automation.EventPriority), When: `ticket.priority == "high"`,
			Do: do(ticket.Action{Do: ticket.DoPriority, Text: "low"})})
		tk := d.ask(t)
		d.drain(t)
		d.write(t, tk.ID, "hello")
		d.drain(t)
		page, _, err := d.rules.RunsOf(t.Context(), admin, tk.ID, "", 100)
		must(t, err)
		deepest, cut := 0, 0
		for _, r := range page {
			if r.Cut != "" {
				cut++
			} else {
				deepest = max(deepest, r.Depth)
			}
		}
		if deepest != automation.MaxDepth-1 || cut != 1 {
			t.Errorf("%d rules deep and %d cut, want %d and 1", deepest, cut, automation.MaxDepth-1)
		}
	})
}

func TestStopAndClose(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.rule(t, &automation.Rule{ID: "stop", On: isNew, When: `ticket.title == "stop"`, Do: do(tag("vip")), Stop: true})
		d.rule(t, &automation.Rule{ID: "close", On: isNew, When: `ticket.title == "close"`, Do: do(ticket.Action{Do: ticket.DoResolve})})
		d.rule(t, &automation.Rule{ID: "last", On: isNew, Do: do(tag("late"))})
		d.rule(t, &automation.Rule{ID: "closed", On: when(automation.EventResolved), Do: do(tag("refund"))})
		for title, want := range map[string][]string{"stop": {"vip"}, "close": {"refund"}, "": {"late"}} {
			tk := d.ask(t, titled(title))
			d.drain(t)
			if now := d.now(t, tk.ID); !slices.Equal(now.Tags, want) {
				t.Errorf("%s: %v, want %v", title, now.Tags, want)
			}
		}
	})
}

// One action that fails leaves the others.
func TestActionFails(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		r := d.rule(t, &automation.Rule{ID: "r", On: isNew, Do: append(do(tag("vip")), say("Dear {{field.order}}"), automation.Action{Action: tag("late")})})
		tk := d.ask(t)
		d.drain(t)
		if now := d.now(t, tk.ID); !slices.Equal(now.Tags, []string{"late", "vip"}) || len(d.texts(t, tk.ID)) != 1 {
			t.Errorf("%v, %v", now.Tags, now.Warnings)
		}
		page, _, err := d.rules.Runs(t.Context(), admin, r.ID, "", 10)
		must(t, err)
		if len(page) != 1 || page[0].Did[1].Result != automation.Failed || !strings.Contains(page[0].Did[1].Why, "field.order") {
			t.Errorf("%+v", page)
		}
	})
}

func TestSaveRefuses(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	ok := func() *automation.Rule { return &automation.Rule{Name: "ok", On: isNew, Do: do(tag("vip"))} }
	for field, spoil := range map[string]func(r *automation.Rule){
		"rule.name":        func(r *automation.Rule) { r.Name = " " },
		"rule.description": func(r *automation.Rule) { r.Description = strings.Repeat("x", automation.MaxDescription+1) },
		"rule.id":          func(r *automation.Rule) { r.ID = "a/b" },
		"rule.apps":        func(r *automation.Rule) { r.Apps = []string{"nowhere"} },
		"rule.do":          func(r *automation.Rule) { r.Do = nil },
		"rule.on.kind":     func(r *automation.Rule) { r.On.Kind = "sometimes" },
		"rule.on.events":   func(r *automation.Rule) { r.On = when("fire") },
		"rule.on.fields":   func(r *automation.Rule) { r.On = when(automation.EventField); r.On.Fields = []string{"nothing"} },
		"rule.when":        func(r *automation.Rule) { r.When = "ticket.colour == 1" },
		"rule.do.tags":     func(r *automation.Rule) { r.Do = do(tag("unknown")) },
		"rule.do.to":       func(r *automation.Rule) { r.Do = do(ticket.Action{Do: ticket.DoAssignQueue, To: "nowhere"}) },
		"actions.do":       func(r *automation.Rule) { r.Do = do(ticket.Action{Do: "explode"}) },
		"rule.do.texts":    func(r *automation.Rule) { r.Do = do(ticket.Action{Do: ticket.DoReply}) },
	} {
		r := ok()
		spoil(r)
		refuses(t, d.rules.SaveRule(t.Context(), admin, r), field)
		if r.Rev != 0 {
			t.Errorf("%s: revision %d", field, r.Rev)
		}
	}
	r := ok()
	r.When = "ticket.status == \"new\" and\nticket.colour == 1"
	err := d.rules.SaveRule(t.Context(), admin, r)
	if bad, ok := errors.AsType[*automation.ConditionError](err); !ok || bad.Line != 2 || bad.Column != 1 {
		t.Errorf("error %v", err)
	}
	must(t, d.rules.SaveRule(t.Context(), admin, ok()))
}

func TestOrderAndPages(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		for _, id := range []string{"a", "b", "c", "d"} {
			d.rule(t, &automation.Rule{ID: id, On: isNew, Do: do(tag("vip"))})
		}
		list := func() (ids string) {
			for cursor, more := "", true; more; more = cursor != "" {
				page, next, err := d.rules.Rules(t.Context(), admin, cursor, 2)
				must(t, err)
				for _, r := range page {
					ids += r.ID
				}
				cursor = next
			}
			return ids
		}
		must(t, d.rules.MoveRule(t.Context(), admin, "d", "b"))
		if got := list(); got != "adbc" {
			t.Errorf("order %s", got)
		}
		must(t, d.rules.MoveRule(t.Context(), admin, "a", ""))
		is(t, d.rules.MoveRule(t.Context(), admin, "x", ""), store.ErrNotFound)
		is(t, d.rules.MoveRule(t.Context(), admin, "a", "x"), store.ErrNotFound)
		b, err := d.rules.Rule(t.Context(), admin, "b")
		must(t, err)
		must(t, d.rules.DeleteRule(t.Context(), admin, b))
		is(t, d.rules.DeleteRule(t.Context(), admin, b), store.ErrNotFound)
		if got := list(); got != "dca" {
			t.Errorf("order %s", got)
		}
		_, err = d.rules.Rule(t.Context(), admin, "b")
		is(t, err, store.ErrNotFound)
		_, _, err = d.rules.Rules(t.Context(), admin, "b", 2)
		is(t, err, store.ErrCursor)
		c, err := d.rules.Rule(t.Context(), admin, "c")
		must(t, err)
		stale := *c
		c.Name = "new"
		must(t, d.rules.SaveRule(t.Context(), admin, c))
		is(t, d.rules.SaveRule(t.Context(), admin, &stale), store.ErrStale)
	})
}

// A loop that isn't a chain of causes ends, too, and a rule that runs once isn't used up
// by it.
func TestLoopIsCut(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	d.rule(t, &automation.Rule{ID: "echo", On: when(automation.EventEndUserMessage), Do: []automation.Action{say("Hello.")}})
	d.rule(t, &automation.Rule{ID: "rare", Once: true, On: when(automation.EventEndUserMessage), When: `message.text == "last"`, Do: do(tag("vip"))})
	tk := d.ask(t)
	d.drain(t)
	for range 110 {
		d.write(t, tk.ID, "more")
		d.drain(t)
	}
	if now := d.now(t, tk.ID); now.Counts.Automation != 100 {
		t.Errorf("%d messages by rules, want 100", now.Counts.Automation)
	}
	d.write(t, tk.ID, "last")
	d.drain(t)
	if now := d.now(t, tk.ID); !now.HasTag("vip") {
		t.Error("a rule was cut that hadn't run")
	}
	d.clock.forward(2 * time.Hour)
	d.write(t, tk.ID, "later")
	d.drain(t)
	if now := d.now(t, tk.ID); now.Counts.Automation != 101 {
		t.Errorf("%d messages by rules after an hour", now.Counts.Automation)
	}
}

// A pass has an end, however many rules are true, and a rule that runs once isn't used up
// by being cut.
func TestPassIsBounded(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	note := automation.Action{Action: ticket.Action{Do: ticket.DoNote}, Texts: []ticket.ReplyText{{Text: "x"}}}
	for i := range automation.MaxPass {
		d.rule(t, &automation.Rule{ID: fmt.Sprintf("r%03d", i), On: when(automation.EventEndUserMessage), When: `message.text == "all"`, Do: []automation.Action{note}})
	}
	d.rule(t, &automation.Rule{ID: "cut", Once: true, On: when(automation.EventEndUserMessage), Do: []automation.Action{note}})
	d.rule(t, &automation.Rule{ID: "behind", On: when(automation.EventEndUserMessage), When: `message.text == "all"`, Do: []automation.Action{note}})
	tk := d.ask(t)
	said := int64(1)
	for _, x := range []struct {
		text  string
		notes int64
		cut   []bool // the runs of the rule that was cut, the newest first
	}{{"all", automation.MaxPass, []bool{true}}, {"one", 1, []bool{false, true}}, {"one", 0, []bool{false, true}}} {
		d.clock.forward(2 * time.Hour) // they ran often
		d.write(t, tk.ID, x.text)
		d.drain(t)
		said += 1 + x.notes
		if now := d.now(t, tk.ID); now.Marks.Last != said {
			t.Errorf("after %q: %d messages, want %d", x.text, now.Marks.Last, said)
		}
		var cut []bool
		page, _, err := d.rules.Runs(t.Context(), admin, "cut", "", 10)
		must(t, err)
		for _, r := range page {
			cut = append(cut, r.Cut != "")
		}
		if !slices.Equal(cut, x.cut) {
			t.Errorf("after %q: runs %+v", x.text, page)
		}
	}
	if page, _, err := d.rules.Runs(t.Context(), admin, "behind", "", 10); err != nil || len(page) > 0 {
		t.Errorf("behind the end ran %+v, %v", page, err)
	}
}

// A rule that closes a ticket ends the pass; on one that was closed before, all run.
func TestPassEndsWithTheTicket(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.rule(t, &automation.Rule{ID: "close", On: when(automation.EventTags), Do: do(ticket.Action{Do: ticket.DoResolve})})
		d.rule(t, &automation.Rule{ID: "late", On: when(automation.EventTags), When: `not ("late" in ticket.tags)`, Do: do(tag("late"))})
		d.rule(t, &automation.Rule{ID: "noted", On: when(automation.EventNote), Do: do(ticket.Action{Do: ticket.DoPriority, Text: "low"})})
		d.rule(t, &automation.Rule{ID: "too", On: when(automation.EventNote), Do: do(ticket.Action{Do: ticket.DoTitle, Text: "Closed"})})
		tk := d.ask(t)
		d.drain(t)
		got[*ticket.Ticket](t)(d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{AddTags: []string{"vip"}}))
		d.drain(t)
		if now := d.now(t, tk.ID); now.Status != ticket.StatusResolved || now.HasTag("late") {
			t.Errorf("%s, %v", now.Status, now.Tags)
		}
		_, _, err := d.tickets.Note(t.Context(), ann, tk.ID, ticket.Draft{Text: "Hm."})
		must(t, err)
		d.drain(t)
		if now := d.now(t, tk.ID); now.Status != ticket.StatusResolved || now.Priority != ticket.Low || now.Title != "Closed" {
			t.Errorf("%s, %q, %q", now.Status, now.Priority, now.Title)
		}
	})
}
