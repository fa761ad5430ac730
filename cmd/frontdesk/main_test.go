package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// TestMain is the command itself where a test asks for a process.
func TestMain(m *testing.M) {
	if args := os.Getenv("FRONTDESK_TEST_ARGS"); args != "" {
		os.Exit(run(context.Background(), &streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, live: true}, strings.Split(args, "\n")))
	}
	os.Exit(m.Run())
}

// frontdeskRun runs the command in this process.
func frontdeskRun(t *testing.T, args ...string) (status int, out, err string) {
	t.Helper()
	return frontdeskAsked(t, "", args...)
}

// frontdeskAsked is frontdeskRun with something on standard input.
func frontdeskAsked(t *testing.T, in string, args ...string) (status int, out, err string) {
	t.Helper()
	var o, e bytes.Buffer
	status = run(t.Context(), &streams{in: strings.NewReader(in), out: &o, err: &e}, args)
	return status, o.String(), e.String()
}

// must runs the command and returns its lines.
func must(t *testing.T, args ...string) []map[string]any {
	t.Helper()
	return mustWith(t, "", args...)
}

// mustWith is must with something on standard input.
func mustWith(t *testing.T, in string, args ...string) (lines []map[string]any) {
	t.Helper()
	status, out, err := frontdeskAsked(t, in, args...)
	if status != done || err != "" {
		t.Fatalf("%q: status %d, %s", args, status, err)
	}
	for line := range strings.Lines(out) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%q is no JSON: %v", line, err)
		}
		lines = append(lines, v)
	}
	return lines
}

func filled(t *testing.T, c frontdesk.Config, tickets int) {
	t.Helper()
	d, err := frontdesk.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	u, err := d.People.Save(t.Context(), frontdesk.Host(), identity.Profile{UserID: "u-17"})
	if err != nil {
		t.Fatal(err)
	}
	for range tickets {
		one, err := d.Tickets.Create(t.Context(), ticket.New{EndUser: u.ID, Message: &ticket.Draft{Text: "hello"}})
		if err != nil {
			t.Fatal(err)
		}
		a, err := d.Tickets.Upload(t.Context(), frontdesk.Host(), ticket.DefaultApp, "", "a.bin", bytes.NewReader(make([]byte, 700_000)))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := d.Tickets.Reply(t.Context(), frontdesk.Host(), one.ID, ticket.Draft{Attachments: []string{a.ID}}); err != nil {
			t.Fatal(err)
		}
	}
}

// works opens a desk and looks whether what filled put there is there.
func works(t *testing.T, c frontdesk.Config, tickets int) {
	t.Helper()
	d, err := frontdesk.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	ts, _, err := d.Tickets.List(t.Context(), frontdesk.Host(), ticket.Filter{}, "", 100)
	if err != nil || len(ts) != tickets {
		t.Fatalf("%d tickets, %v; want %d", len(ts), err, tickets)
	}
	for _, one := range ts {
		ms, _, err := d.Tickets.Messages(t.Context(), frontdesk.Host(), one.ID, 0, 0, 10)
		if err != nil || len(ms) != 2 || len(ms[1].Attachments) != 1 {
			t.Fatalf("messages %+v, %v", ms, err)
		}
		r, _, err := d.Tickets.Attachment(t.Context(), frontdesk.Host(), ms[1].Attachments[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); n != 700_000 || err != nil {
			t.Errorf("attachment of %d bytes, %v", n, err)
		}
		r.Close()
	}
}

// database is an empty database, as flag values and as a desk's configuration.
func database(t *testing.T) (dsn, schema string, config func() frontdesk.Config) {
	t.Helper()
	pool, schema := pgtest.Schema(t)
	return pool.Config().ConnString(), schema, func() frontdesk.Config {
		return frontdesk.Config{Store: pgstore.New(pool, &pgstore.Options{Schema: schema})}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	there := filepath.Join(dir, "there.db")
	filled(t, frontdesk.Config{Path: there}, 0)
	for _, c := range []struct {
		args     string
		status   int
		out, err string // parts of it
	}{
		{"", misled, "", "Usage:"},
		{"help", done, "copy", ""},
		{"-h", done, "backup", ""},
		{"dance", misled, "", `"dance"`},
		{"copy", misled, "", "-from is missing"},
		{"copy -from " + there, misled, "", "-to is missing"},
		{"copy -from a.db -to a.db", misled, "", "the same"},
		{"copy -from a.db -to b.db extra", misled, "", "extra"},
		{"copy -colour red", misled, "", "colour"},
		{"copy -h", done, "frontdesk copy -from", ""},
		{"copy -from DIR/none.db -to DIR/new.db", failed, "", "-from: "},
		{"copy -from DIR -to DIR/new.db", failed, "", "directory"},
		{"copy -from " + there + " -to DIR/none/new.db", failed, "", "-to: "},
		{"copy -from " + there + " -to postgres://nobody@127.0.0.1:1/none?connect_timeout=1", failed, "", "-to: "},
		{"backtest -h", done, "frontdesk backtest -from", ""},
		{"schema -h", done, "psql", ""},
		{"schema -schema", misled, "", "argument"},
		{"export -h", done, "frontdesk export -from", ""},
		{"export -from " + there + " -to x.json", misled, "", "one of -user"},
		{"export -from " + there + " -to x.json -user a -email b", misled, "", "one of -user"},
		{"export -from " + there + " -user a", misled, "", "-to is missing"},
		{"export -from " + there + " -user a -to DIR/none/x.json", failed, "", "none"},
		{"export -from " + there + " -user a -to DIR/x.json", failed, "", "no such end user"},
		{"export -from DIR/none.db -user a -to DIR/x.json", failed, "", "-from: "},
		{"erase -h", done, "frontdesk erase -from", ""},
		{"erase -user a", misled, "", "-from is missing"},
		{"erase -from " + there, misled, "", "one of -user"},
		{"erase -from " + there + " -email a@example.com", failed, "", "no such end user"},
		{"erase -from DIR/none.db -user a", failed, "", "-from: "},
		{"compact -h", done, "frontdesk compact -in", ""},
		{"compact", misled, "", "-in is missing"},
		{"compact -in DIR/none.db", failed, "", "-in: "},
		{"backup -h", done, "frontdesk backup -from", ""},
		{"backup -from " + there, misled, "", "-to is missing"},
		{"backup -from DIR/none.db -to DIR/b.tar", failed, "", "-from: "},
		{"backup -from " + there + " -to DIR/none/b.tar", failed, "", "none"},
	} {
		status, out, err := frontdeskRun(t, strings.Fields(strings.ReplaceAll(c.args, "DIR", dir))...)
		if status != c.status || !strings.Contains(out, c.out) || !strings.Contains(err, c.err) || (c.out == "") != (out == "") || (c.err == "") != (err == "") {
			t.Errorf("%q: status %d, out %q, err %q", c.args, status, out, err)
		}
	}
	for _, name := range []string{"none.db", "new.db", "b.tar", "x.json"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s was created", name)
		}
	}
}

// A schema without a desk is named, and not all that it lacks.
func TestNoDeskInSchema(t *testing.T) {
	t.Parallel()
	dsn, schema, _ := database(t)
	name := schema + ` "no" x`
	for _, args := range [][]string{
		{"copy", "-from", dsn, "-schema", name, "-to", filepath.Join(t.TempDir(), "x.db")},
		{"backup", "-from", dsn, "-schema", name, "-to", filepath.Join(t.TempDir(), "x.tar")},
	} {
		if status, _, err := frontdeskRun(t, args...); status != failed || !strings.Contains(err, "no desk in schema") || strings.Contains(err, "table") {
			t.Errorf("%q: %d, %s", args, status, err)
		}
	}
}

// A file that a desk has open is neither copied nor backed up.
func TestFileInUse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	d, err := frontdesk.Open(t.Context(), frontdesk.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	rules := filepath.Join(t.TempDir(), "rules.json")
	if err := os.WriteFile(rules, []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"copy", "-from", path, "-to", path + ".2"}, {"backup", "-from", path, "-to", path + ".tar"},
		{"compact", "-in", path}, {"erase", "-from", path, "-user", "u"}, {"export", "-from", path, "-user", "u", "-to", path + ".json"}, {"backtest", "-from", path, rules}} {
		if status, _, err := frontdeskRun(t, args...); status != failed || !strings.Contains(err, "in use") {
			t.Errorf("%q: %d, %s", args, status, err)
		}
	}
}
