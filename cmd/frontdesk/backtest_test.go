package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// ruled is a desk with two tickets, and a rule that answered them.
func ruled(t *testing.T, c frontdesk.Config) {
	t.Helper()
	c.Rules.Calls = map[string]func(context.Context, automation.Call) error{"ship": func(context.Context, automation.Call) error { return nil }}
	d, err := frontdesk.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	rule := &automation.Rule{ID: "hello", Name: "Hello", On: automation.Trigger{Kind: automation.OnCreated},
		Do: []automation.Action{{Action: ticket.Action{Do: ticket.DoReply}, Texts: []ticket.ReplyText{{Text: "We are on it."}}}, {Action: ticket.Action{Do: automation.DoCall, To: "ship"}}}}
	if err := d.Rules.SaveRule(t.Context(), frontdesk.Host(), rule); err != nil {
		t.Fatal(err)
	}
	u, err := d.People.Save(t.Context(), frontdesk.Host(), identity.Profile{UserID: "u-17"})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"Where is it?", "A refund, please"} {
		if _, err := d.Tickets.Create(t.Context(), ticket.New{EndUser: u.ID, Title: text, Message: &ticket.Draft{Text: text}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

const otherRules = `[{"id": "refunds", "name": "Refunds are urgent", "on": {"kind": "created"}, "when": "ticket.title contains \"refund\"", "do": [{"do": "priority", "text": "urgent"}]},
 {"id": "ship", "name": "Ship", "on": {"kind": "created"}, "when": "ticket.title contains \"nothing\"", "do": [{"do": "call", "to": "ship"}]}]`

// A backtest of a file and of a database that is in use: a line for each difference, and
// the counts.
func TestBacktest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rules := filepath.Join(dir, "rules.json")
	if err := os.WriteFile(rules, []byte(otherRules), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "desk.db")
	ruled(t, frontdesk.Config{Path: file})
	dsn, schema, config := database(t)
	ruled(t, config())
	running, err := frontdesk.Open(t.Context(), config())
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	for _, from := range [][]string{{"-from", file}, {"-from", dsn, "-schema", schema}} {
		lines := must(t, append(append([]string{"backtest", "-days", "1"}, from...), rules)...)
		var whats []string
		for _, l := range lines[:len(lines)-1] {
			whats = append(whats, l["what"].(string))
		}
		if last := lines[len(lines)-1]; last["tickets"] != 2.0 || last["answered"] != 2.0 || last["changed"] != 1.0 || last["more"] != false || strings.Join(whats, " ") != "answered answered changed" {
			t.Errorf("%q: %v", from, lines)
		}
		lines = must(t, append(append([]string{"backtest", "-tickets", "1"}, from...), rules)...)
		if last := lines[len(lines)-1]; last["tickets"] != 1.0 || last["more"] != true {
			t.Errorf("%q: %v", from, lines)
		}
	}
}

// What can't be tested is said, with the status of what failed or of wrong usage.
func TestBacktestRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "desk.db")
	ruled(t, frontdesk.Config{Path: file})
	for name, text := range map[string]string{"good": otherRules, "bad": `[{"name": "x", "on": {"kind": "created"}, "when": "ticket.color == 1", "do": [{"do": "resolve"}]}]`,
		"unknown": `[{"name": "x", "wen": "true"}]`, "text": "rules", "null": "[null]"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args   string
		status int
		err    string
	}{
		{"-from " + file, misled, "the file of rules is missing"},
		{"-from " + file + " DIR/good more", misled, `unexpected argument "more"`},
		{"DIR/good", misled, "-from is missing"},
		{"-from " + file + " -days 0 DIR/good", misled, "-days"},
		{"-from " + file + " -days 367 DIR/good", misled, "-days"},
		{"-from " + file + " -days 366 DIR/good", done, ""},
		{"-from " + file + " -tickets 0 DIR/good", misled, "-tickets"},
		{"-from " + file + " -tickets 20001 DIR/good", misled, "-tickets"},
		{"-from " + file + " DIR/none", failed, "none"},
		{"-from " + file + " DIR/text", failed, "list of rules"},
		{"-from " + file + " DIR/unknown", failed, "wen"},
		{"-from " + file + " DIR/null", failed, "rule 1 is null"},
		{"-from " + file + " DIR/bad", failed, "ticket.color"},
		{"-from DIR/none.db DIR/good", failed, "-from: "},
	} {
		status, _, err := frontdeskRun(t, append([]string{"backtest"}, strings.Fields(strings.ReplaceAll(c.args, "DIR", dir))...)...)
		if status != c.status || !strings.Contains(err, c.err) || (c.err == "") != (err == "") {
			t.Errorf("%q: status %d, %q", c.args, status, err)
		}
	}
}
