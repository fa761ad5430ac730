package automation_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Whatever a ticket's actions are, rules do them.
func TestActionsOfTickets(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		nobody := event.Actor{}
		for name, c := range map[string]struct {
			do   ticket.Action
			want func(tk *ticket.Ticket) bool
		}{
			"agent":           {ticket.Action{Do: ticket.DoAssign, To: "bob"}, func(tk *ticket.Ticket) bool { return tk.Assignee == bob }},
			"group":           {ticket.Action{Do: ticket.DoAssignGroup, To: "billing"}, func(tk *ticket.Ticket) bool { return tk.Group == "billing" }},
			"queue":           {ticket.Action{Do: ticket.DoAssignQueue, To: "vips"}, func(tk *ticket.Ticket) bool { return tk.Queue == "vips" }},
			"bot":             {ticket.Action{Do: ticket.DoAssignBot, To: "greeter"}, func(tk *ticket.Ticket) bool { return tk.BotHasIt() }},
			"unassign":        {ticket.Action{Do: ticket.DoUnassign}, func(tk *ticket.Ticket) bool { return tk.Assignee == nobody }},
			"default queue":   {ticket.Action{Do: ticket.DoUnassignDefault}, func(tk *ticket.Ticket) bool { return tk.Queue == "default" }},
			"return":          {ticket.Action{Do: ticket.DoReturn}, func(tk *ticket.Ticket) bool { return tk.Assignee == nobody && tk.Queue == "billing" }},
			"if available":    {ticket.Action{Do: ticket.DoAssignAvailable, To: "bob", Else: "vips"}, func(tk *ticket.Ticket) bool { return tk.Queue == "vips" }},
			"escalate":        {ticket.Action{Do: ticket.DoEscalate, To: "vips"}, func(tk *ticket.Ticket) bool { return tk.EscalatedTo("vips") }},
			"set a field":     {ticket.Action{Do: ticket.DoField, To: "spend", Text: "7"}, func(tk *ticket.Ticket) bool { n, _ := ticket.ValueOf[float64](tk, "spend"); return n == 7 }},
			"clear a field":   {ticket.Action{Do: ticket.DoField, To: "order"}, func(tk *ticket.Ticket) bool { _, set := tk.Field("order"); return !set }},
			"clear the label": {ticket.Action{Do: ticket.DoLabel}, func(tk *ticket.Ticket) bool { return tk.Label == nil }},
			"title":           {ticket.Action{Do: ticket.DoTitle, Text: "T"}, func(tk *ticket.Ticket) bool { return tk.Title == "T" }},
			"language":        {ticket.Action{Do: ticket.DoLanguage, Text: "de"}, func(tk *ticket.Ticket) bool { return tk.Language == "de" }},
			"remove tags":     {ticket.Action{Do: ticket.DoRemoveTags, Tags: []string{"vip"}}, func(tk *ticket.Ticket) bool { return len(tk.Tags) == 0 }},
			"resolve":         {ticket.Action{Do: ticket.DoResolve}, func(tk *ticket.Ticket) bool { return tk.Status == ticket.StatusResolved }},
			"reject":          {ticket.Action{Do: ticket.DoReject}, func(tk *ticket.Ticket) bool { return tk.Status == ticket.StatusRejected }},
			"snooze":          {ticket.Action{Do: ticket.DoSnooze, For: time.Hour}, func(tk *ticket.Ticket) bool { return tk.Snoozed != nil }},
		} {
			r := d.rule(t, &automation.Rule{Name: name, On: when(automation.EventNote), When: `message.text == "` + name + `"`, Do: do(c.do)})
			tk := d.ask(t, func(n *ticket.New) { n.Tags, n.Fields = []string{"vip"}, map[string]any{"order": "1"} })
			d.drain(t)
			for _, prepare := range []ticket.Action{{Do: ticket.DoLabel, Text: "l"}, {Do: ticket.DoAssignQueue, To: "billing"}, {Do: ticket.DoAssign, To: "ann"}} {
				must(t, only(d.tickets.Apply(t.Context(), host, tk.ID, prepare)))
			}
			_, _, err := d.tickets.Note(t.Context(), ann, tk.ID, ticket.Draft{Text: name})
			must(t, err)
			d.drain(t)
			page, _, err := d.rules.Runs(t.Context(), admin, r.ID, "", 10)
			must(t, err)
			if len(page) != 1 || page[0].Did[0].Result != automation.Done || !c.want(d.now(t, tk.ID)) {
				t.Errorf("%s: %+v, %+v", name, page, d.now(t, tk.ID))
			}
		}
	})
}

func only[T any](_ T, err error) error { return err }

// A rule opens what was resolved, and asks how it was.
func TestReopenAndRating(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.rule(t, &automation.Rule{ID: "ask", On: when(automation.EventResolved), When: `ticket.title == "ask"`, Do: do(ticket.Action{Do: ticket.DoAskRating})})
		d.rule(t, &automation.Rule{ID: "open", On: when(automation.EventResolved), When: `ticket.title == "open"`, Do: do(ticket.Action{Do: ticket.DoReopen})})
		ask, open := d.ask(t, titled("ask")), d.ask(t, titled("open"), func(n *ticket.New) { n.Platform = "ios" })
		d.drain(t)
		for _, id := range []string{ask.ID, open.ID} {
			d.reply(t, ann, id, "Done.")
			must(t, only(d.tickets.Resolve(t.Context(), ann, id)))
		}
		d.drain(t)
		if now := d.now(t, ask.ID); now.Resolution == nil || now.Resolution.Survey.Asked.IsZero() {
			t.Errorf("no survey: %+v", now.Resolution)
		}
		if now := d.now(t, open.ID); now.Status != ticket.StatusAgentReplied || now.Reopened != 1 {
			t.Errorf("%s, reopened %d times", now.Status, now.Reopened)
		}
	})
}

// What stands for a placeholder brings no markup, and is not filled in again.
func TestRepliesAreEscaped(t *testing.T) {
	t.Parallel()
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{})
	must(t, err)
	defer desk.Close()
	u, err := desk.People.Save(t.Context(), frontdesk.Host(), identity.Profile{UserID: "eve", Name: `<img src=x onerror=alert(1)> {{ticket.number}}`})
	must(t, err)
	must(t, desk.Rules.SaveRule(t.Context(), frontdesk.Host(), &automation.Rule{Name: "hello", On: isNew, Do: []automation.Action{{Action: ticket.Action{Do: ticket.DoReply},
		Texts: []ticket.ReplyText{{Text: "Hi {{user.name}}", HTML: "<p>Hi <b>{{user.name}}</b></p>"}}}}}))
	tk, err := desk.Tickets.Create(t.Context(), ticket.New{EndUser: u.ID, Title: "Hello"})
	must(t, err)
	_, err = desk.Drain(t.Context())
	must(t, err)
	ms, _, err := desk.Tickets.Messages(t.Context(), frontdesk.Host(), tk.ID, 0, 0, 10)
	must(t, err)
	if len(ms) != 1 || ms[0].Text != `Hi <img src=x onerror=alert(1)> {{ticket.number}}` || strings.Contains(ms[0].HTML, "<img") || !strings.Contains(ms[0].HTML, "<b>&lt;img") {
		t.Errorf("%+v", ms)
	}
}

// A function of the host that an action calls isn't waited for longer than it may take.
func TestCallHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64 // counted by calls that are left behind
		deaf := make(chan struct{})
		d := open(t, memstore.New(), &automation.Options{Calls: map[string]func(context.Context, automation.Call) error{
			"deaf": func(context.Context, automation.Call) error {
				if calls.Add(1) == 1 {
					<-deaf
				}
				return nil
			}}})
		defer close(deaf)
		d.rule(t, &automation.Rule{ID: "r", On: isNew, Do: do(ticket.Action{Do: automation.DoCall, To: "deaf"})})
		d.ask(t)
		begun := time.Now()
		d.drain(t)
		if took := time.Since(begun); calls.Load() != 1 || took < automation.CallTime || took > automation.CallTime+time.Second {
			t.Errorf("%d calls took %v", calls.Load(), took)
		}
		d.clock.forward(time.Hour)
		if d.drain(t); calls.Load() != 2 {
			t.Errorf("%d calls in the end", calls.Load())
		}
	})
}
