package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/frontdesk-go/frontdesk/automation"
)

func backtestCommand() command {
	return command{
		name:  "backtest",
		short: "says what other rules would have done with what has happened",
		help: `
  frontdesk backtest -from support.db -days 30 rules.json
  frontdesk backtest -from postgres://desk@localhost/shop -days 7 -tickets 5000 rules.json

The file is a JSON list of rules, in their order, in the place of those that the desk
has; "-" is standard input. What happened to the tickets that were created in these
days runs through both lists, in memory: nothing is changed, and nobody is told. One
line for each difference, up to 1,000, and a last one with the counts.

Functions of the host aren't known here: rules whose conditions ask one can't be
tested. A desk on PostgreSQL may be in use. A file may not: its own process tests
while it runs (automation.Service.Backtest).`,
		run: runBacktest,
	}
}

// differenceLine is what would have been different about a ticket.
type differenceLine struct {
	Ticket string   `json:"ticket"`
	Number int64    `json:"number"`
	What   string   `json:"what"`
	Was    []string `json:"was"`
	Would  []string `json:"would"`
}

// backtestLine is the last line of a backtest.
type backtestLine struct {
	Tickets  int     `json:"tickets"`
	More     bool    `json:"more"` // there were more tickets
	Assigned int     `json:"assigned"`
	Answered int     `json:"answered"`
	Resolved int     `json:"resolved"`
	Changed  int     `json:"changed"`
	LeftOut  int     `json:"left_out"` // acts of people that couldn't be done again
	Seconds  float64 `json:"seconds"`
}

// mostDays is automation.MaxBacktest.
const mostDays = int(automation.MaxBacktest / (24 * time.Hour))

func runBacktest(ctx context.Context, s *streams, f *flag.FlagSet, args []string) (err error) {
	from := f.String("from", "", "test what is in this `file or DSN`")
	days := f.Int("days", 30, "look back by this `number` of days")
	tickets := f.Int("tickets", automation.DefaultBacktest, "look at this `number` of tickets at most")
	schema := f.String("schema", "frontdesk", "`name` of the schema in a PostgreSQL database")
	if err := parseWith(f, args, []string{"the file of rules"}, "from", "schema"); err != nil {
		return err
	}
	switch {
	case *days < 1 || *days > mostDays:
		return &usageError{fmt.Sprintf("-days is from 1 to %d", mostDays)}
	case *tickets < 1 || *tickets > automation.MaxTestTickets:
		return &usageError{fmt.Sprintf("-tickets is from 1 to %d", automation.MaxTestTickets)}
	}
	rules, err := readRules(s.in, f.Arg(0))
	if err != nil {
		return err
	}
	start := time.Now()
	data, closeData, err := place{*from, *schema}.open(ctx, false)
	if err != nil {
		return fmt.Errorf("-from: %w", err)
	}
	defer func() { err = errors.Join(err, closeData()) }()
	test := automation.Backtest{Rules: rules, From: start.Add(-time.Duration(*days) * 24 * time.Hour), To: start, Tickets: *tickets}
	test.Progress = func(n int) { s.progress("%d tickets", n) }
	report, err := data.Backtest(ctx, test)
	s.progress("")
	if err != nil {
		return err
	}
	for _, d := range report.Differences {
		if err := s.tell(differenceLine{d.Ticket, d.Number, d.What, filledIn(d.Was), filledIn(d.Would)}); err != nil {
			return err
		}
	}
	return s.tell(backtestLine{report.Tickets, report.More, report.Assigned, report.Answered, report.Resolved, report.Changed, report.LeftOut, time.Since(start).Seconds()})
}

// filledIn is a list that is [] in JSON where it is empty.
func filledIn(list []string) []string { return append([]string{}, list...) }

// readRules reads a list of rules. A name that no rule has is refused: it would be a
// condition or a limit that isn't there.
func readRules(in io.Reader, name string) (rules []*automation.Rule, err error) {
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	d := json.NewDecoder(in)
	d.DisallowUnknownFields()
	if err := d.Decode(&rules); err != nil {
		return nil, fmt.Errorf("%s: it isn't a list of rules: %w", name, err)
	}
	for i, r := range rules {
		if r == nil {
			return nil, fmt.Errorf("%s: rule %d is null", name, i+1)
		}
	}
	return rules, nil
}
