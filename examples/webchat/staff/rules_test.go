package staff_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
)

// promote makes Mira an admin.
func (d *desk) promote() {
	d.t.Helper()
	mira, err := d.People.Agent(d.t.Context(), "mira")
	d.must(err)
	mira.Role = identity.Admin
	d.must(d.People.SaveAgent(d.t.Context(), frontdesk.Host(), mira))
}

// soon waits until what goes on in the background has come so far.
func (d *desk) soon(what string, yes func() bool) {
	d.t.Helper()
	look, end := time.NewTicker(10*time.Millisecond), time.After(5*time.Minute)
	defer look.Stop()
	for !yes() {
		select {
		case <-look.C:
		case <-end:
			d.t.Fatalf("%s: it hasn't", what)
		}
	}
}

// get reads what the page is told.
func (d *desk) get(path string, into any) {
	d.t.Helper()
	r := d.do("GET", path, nil, nil)
	if r.status != http.StatusOK {
		d.t.Fatalf("%s: %d %s", path, r.status, r.body)
	}
	d.must(json.Unmarshal([]byte(r.body), into))
}

func TestRulesOfTheOffice(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		save := func(body fields) response { t.Helper(); return d.do("POST", "api/office/rules", body, nil) }
		note := []fields{{"do": "note", "texts": []fields{{"text": "Look at this."}}}}
		rule := fields{"id": "look", "name": "Look", "on": fields{"kind": "event", "events": []string{"end_user_message"}}, "do": note,
			"form": fields{"parts": []fields{{"name": "message.text", "is": "contains", "values": []string{"urgent"}}}}}
		if r := save(rule); r.status != http.StatusForbidden {
			t.Fatalf("by an agent: %d %s", r.status, r.body)
		}
		d.promote()
		if r := save(rule); r.status != http.StatusOK {
			t.Fatalf("%d %s", r.status, r.body)
		}
		for _, c := range []struct {
			body fields
			want []string
		}{
			{fields{"name": "x", "on": fields{"kind": "created"}, "do": note, "when": `ticket.color == "red"`}, []string{`"condition":{"allowed"`, `"column":1`}},
			{fields{"name": "x", "on": fields{"kind": "created"}, "do": note, "form": fields{"parts": []fields{{"name": "ticket.title", "is": "<", "values": []string{"a"}}}}}, []string{`"field":"parts.0.is"`}},
			{fields{"name": "x", "on": fields{"kind": "created"}, "do": []fields{note[0], {"do": "note"}}}, []string{`"action":1`, "texts"}},
			{fields{"name": "", "on": fields{"kind": "created"}, "do": note}, []string{`"field":"rule.name"`}},
		} {
			r := save(c.body)
			for _, want := range c.want {
				if r.status != 422 || !strings.Contains(r.body, want) {
					t.Errorf("%v: %d %s", c.body, r.status, r.body)
				}
			}
		}
		if r := save(fields{"id": "second", "name": "Second", "off": true, "on": fields{"kind": "created"}, "do": note, "when": `lower(ticket.title) contains "x"`}); r.status != http.StatusOK {
			t.Fatalf("%d %s", r.status, r.body)
		}
		d.write("It is urgent!")
		d.soon("the rule has run", func() bool {
			runs, _, err := d.Rules.RunsOf(t.Context(), frontdesk.Host(), d.id, "", 10)
			return err == nil && len(runs) == 1
		})

		var got struct {
			Rules []struct {
				ID, When, Unformed string
				Off                bool
				Form               *struct{ Parts []fields }
				Ran                struct{ Times, Failed int }
				Revision           int64
			}
			Names []fields
		}
		list := func() { t.Helper(); got.Rules = nil; d.get("api/office/rules", &got) }
		if list(); len(got.Rules) != 2 || got.Rules[0].When != `message.text contains "urgent"` || got.Rules[0].Form == nil || got.Rules[0].Ran.Times != 1 || got.Rules[1].Form != nil || got.Rules[1].Unformed == "" || len(got.Names) < 20 {
			t.Errorf("%+v", got.Rules)
		}
		var ran struct {
			Runs []struct {
				Name   string
				Ticket struct{ Number int64 }
				Did    []struct{ Do, Result string }
			}
		}
		for _, path := range []string{"api/office/rules/look/runs", "api/tickets/" + d.id + "/rules"} {
			if d.get(path, &ran); len(ran.Runs) != 1 || ran.Runs[0].Name != "Look" || ran.Runs[0].Ticket.Number != 1 || ran.Runs[0].Did[0].Result != "done" {
				t.Errorf("%s: %+v", path, ran)
			}
		}
		for _, act := range []struct {
			method, path string
			body         any
		}{{"POST", "api/office/rules/second/move", fields{"before": "look"}}, {"POST", "api/office/rules/look/switch", fields{"off": true}}} {
			if r := d.do(act.method, act.path, act.body, nil); r.status != http.StatusNoContent {
				t.Errorf("%s: %d %s", act.path, r.status, r.body)
			}
		}
		if list(); got.Rules[0].ID != "second" || !got.Rules[1].Off || got.Rules[1].Revision != 2 {
			t.Errorf("%+v", got.Rules)
		}
		if r := d.do("DELETE", "api/office/rules/look?revision=1", nil, nil); r.status != http.StatusConflict {
			t.Errorf("an old one: %d %s", r.status, r.body)
		}
		if r := d.do("DELETE", "api/office/rules/look?revision=2", nil, nil); r.status != http.StatusNoContent {
			t.Errorf("%d %s", r.status, r.body)
		}
	})
}

// A rule that isn't saved is tried on a ticket, on what is overdue and on what happened.
func TestRulesOnTrial(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.promote()
		post := func(path string, body, into any) {
			t.Helper()
			r := d.do("POST", "api/office/ruletry/"+path, body, nil)
			if r.status != http.StatusOK {
				t.Fatalf("%s: %d %s", path, r.status, r.body)
			}
			d.must(json.Unmarshal([]byte(r.body), into))
		}
		rule := fields{"name": "Answer", "on": fields{"kind": "event", "events": []string{"end_user_message"}}, "when": `message.text contains "again" and ticket.number > 0`,
			"do": []fields{{"do": "reply", "texts": []fields{{"text": "On it."}}}, {"do": "priority", "text": "high"}}}
		d.write("and again")
		d.soon("the log has it", func() bool { // it is given its place there a little later
			n, err := d.Events.Head(t.Context())
			return err == nil && n >= 2
		})
		var trial struct {
			Would bool
			When  struct {
				Join  string
				Parts []struct {
					True   bool
					Values []struct{ Name, Text string }
				}
			}
			Did     []struct{ Result string }
			Changes []struct{ What, From, To string }
			Said    []struct{ Text string }
		}
		post("ticket", fields{"rule": rule, "number": 1}, &trial)
		if !trial.Would || trial.When.Join != "and" || len(trial.When.Parts) != 2 || trial.When.Parts[0].Values[0].Text != "and again" || len(trial.Did) != 2 || len(trial.Said) != 1 || trial.Said[0].Text != "On it." {
			t.Errorf("%+v", trial)
		}
		tk, err := d.Tickets.Get(t.Context(), frontdesk.Host(), d.id)
		if d.must(err); tk.Priority != "" || tk.Marks.Last != 2 {
			t.Errorf("the ticket was changed: %+v", tk)
		}
		var report struct {
			Tickets, Answered, Changed int
			Differences                []struct {
				Would []struct{ What, Rule string }
			}
		}
		post("backtest", fields{"rule": rule, "days": 7}, &report)
		if report.Tickets != 1 || report.Answered != 1 || report.Changed != 1 || len(report.Differences) != 2 || report.Differences[0].Would[0].Rule != "new" {
			t.Errorf("%+v", report)
		}
		var late struct{ Tickets int }
		post("overdue", fields{"name": "Late", "on": fields{"kind": "time", "clock": "first_response", "after": 60e9}, "do": rule["do"]}, &late)
		if late.Tickets != 0 {
			t.Errorf("%+v", late)
		}
		var c struct {
			When string
			Form *struct{ Any bool }
		}
		if post("condition", fields{"when": `ticket.open or ticket.number > 3`}, &c); c.Form == nil || !c.Form.Any {
			t.Errorf("%+v", c)
		}
		if r := d.do("POST", "api/office/ruletry/condition", fields{"when": `ticket.open or`}, nil); r.status != 422 || !strings.Contains(r.body, `"condition"`) {
			t.Errorf("%d %s", r.status, r.body)
		}
		if r := d.do("POST", "api/office/ruletry/condition", fields{"when": `len(ticket.title) > 3`}, nil); r.status != 422 || !strings.Contains(r.body, "stays a text") {
			t.Errorf("%d %s", r.status, r.body)
		}
		if r := d.do("POST", "api/office/ruletry/ticket", fields{"rule": rule, "number": 99}, nil); r.status != http.StatusNotFound {
			t.Errorf("%d %s", r.status, r.body)
		}
	})
}
