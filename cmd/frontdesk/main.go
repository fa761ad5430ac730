// Frontdesk is the command for people who run a desk.
//
//	frontdesk copy -from support.db -to postgres://localhost/shop
//	frontdesk backup -from support.db -to support.tar
//	frontdesk erase -from support.db -user u-17
//
// What it did is on standard output, one JSON object a line; how far it has come on
// standard error, where that is a terminal. The exit status is 1 for a job that
// failed and 2 for wrong usage. "frontdesk help" tells more.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, &streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, live: isTerminal(os.Stderr)}, os.Args[1:])
	stop()
	os.Exit(status)
}

// command is one of the things that the program does.
type command struct {
	name  string
	short string // what for, in a line
	help  string // the rest, with examples
	// run adds its flags to f, parses args by it, and does the job.
	run func(ctx context.Context, s *streams, f *flag.FlagSet, args []string) error
}

func commands() []command {
	return []command{backtestCommand(), backupCommand(), compactCommand(), copyCommand(), eraseCommand(), exportCommand(), faqCommand(), mailCommand(), predictCommand(), schemaCommand()}
}

// streams are what a command reads and writes.
type streams struct {
	in   io.Reader
	out  io.Writer
	err  io.Writer
	live bool // somebody looks at err
}

// tell writes one JSON object.
func (s *streams) tell(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s\n", b)
	return err
}

// progress replaces the line that somebody looks at; "" removes it.
func (s *streams) progress(format string, args ...any) {
	if s.live {
		fmt.Fprintf(s.err, "\r\x1b[K"+format, args...)
	}
}

func isTerminal(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

// usageError says what is wrong with the arguments.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// The exit statuses.
const (
	done   = 0
	failed = 1
	misled = 2
)

func run(ctx context.Context, s *streams, args []string) int {
	if len(args) == 0 {
		overview(s.err)
		return misled
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		overview(s.out)
		return done
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return runOne(ctx, s, c, args[1:])
		}
	}
	fmt.Fprintf(s.err, "frontdesk: there is no command %q; \"frontdesk help\" lists them\n", args[0])
	return misled
}

func runOne(ctx context.Context, s *streams, c command, args []string) int {
	f := flag.NewFlagSet(c.name, flag.ContinueOnError)
	f.SetOutput(io.Discard) // what is wrong is said below
	f.Usage = func() {}
	err := c.run(ctx, s, f, args)
	s.progress("")
	switch _, wrong := errors.AsType[*usageError](err); {
	case err == nil:
		return done
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(s.out, "%s\n\n%s\n\nFlags:\n", c.short, strings.Trim(c.help, "\n"))
		f.SetOutput(s.out)
		f.PrintDefaults()
		return done
	case wrong:
		fmt.Fprintf(s.err, "frontdesk %s: %v; -h tells more\n", c.name, err)
		return misled
	default:
		fmt.Fprintf(s.err, "frontdesk %s: %v\n", c.name, err)
		return failed
	}
}

// parse reads the flags; what is left over, or missing, is wrong usage.
func parse(f *flag.FlagSet, args []string, required ...string) error {
	return parseWith(f, args, nil, required...)
}

// parseWith reads the flags, behind which there are operands.
func parseWith(f *flag.FlagSet, args, operands []string, required ...string) error {
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return &usageError{err.Error()}
	}
	if f.NArg() > len(operands) {
		return &usageError{fmt.Sprintf("unexpected argument %q", f.Arg(len(operands)))}
	}
	for _, name := range required {
		if f.Lookup(name).Value.String() == "" {
			return &usageError{"-" + name + " is missing"}
		}
	}
	if f.NArg() < len(operands) {
		return &usageError{operands[f.NArg()] + " is missing"}
	}
	return nil
}

func overview(w io.Writer) {
	fmt.Fprint(w, "Frontdesk does the jobs of people who run a desk.\n\nUsage: frontdesk <command> [flags]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-8s %s\n", c.name, c.short)
	}
	fmt.Fprint(w, "\n\"frontdesk <command> -h\" explains one of them.\n")
}
