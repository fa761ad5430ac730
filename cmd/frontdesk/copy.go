package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
)

func copyCommand() command {
	return command{
		name:  "copy",
		short: "copies a desk between a file and a database, attachments included",
		help: `
  frontdesk copy -from support.db -to postgres://desk@localhost/shop
  frontdesk copy -from postgres://desk@localhost/shop -schema support -to support.db

A side is the path of a bbolt file, whose attachments are in the directory beside
it, or the DSN of a PostgreSQL database (postgres://… or host=… dbname=…; a password
is better in PGPASSWORD or a .pgpass file than here).

Neither side may be in use. An interrupted copy is run again and goes on; until one
has ended, the target doesn't open as a desk. At the end both sides are compared,
document by document. One line for each collection says how many documents there
are, how many were written and deleted, and the hash that both sides have.`,
		run: runCopy,
	}
}

// copyLine is the last line of a copy.
type copyLine struct {
	Copied    bool    `json:"copied"`
	Documents int     `json:"documents"`
	Written   int     `json:"written"`
	Deleted   int     `json:"deleted"`
	Seconds   float64 `json:"seconds"`
}

func runCopy(ctx context.Context, s *streams, f *flag.FlagSet, args []string) (err error) {
	from, to := f.String("from", "", "copy from this `file or DSN`"), f.String("to", "", "copy to this `file or DSN`")
	schema := f.String("schema", "frontdesk", "`name` of the schema in a PostgreSQL database")
	replace := f.Bool("replace", false, "let the target hold another desk, which goes")
	if err := parse(f, args, "from", "to", "schema"); err != nil {
		return err
	}
	if *from == *to {
		return &usageError{"-from and -to are the same"}
	}
	start := time.Now()
	source, closeSource, err := place{*from, *schema}.open(ctx, false)
	if err != nil {
		return fmt.Errorf("-from: %w", err)
	}
	defer func() { err = errors.Join(err, closeSource()) }()
	target, closeTarget, err := place{*to, *schema}.open(ctx, true)
	if err != nil {
		return fmt.Errorf("-to: %w", err)
	}
	defer func() { err = errors.Join(err, closeTarget()) }()
	report, err := source.CopyTo(ctx, target, &frontdesk.CopyOptions{
		Replace:  *replace,
		Progress: func(coll string, n int) { s.progress("%s %d", coll, n) },
	})
	if errors.Is(err, store.ErrNotEmpty) {
		err = fmt.Errorf("%w: -replace does it", err)
	}
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("interrupted; run again it goes on: %w", err)
	}
	if err != nil {
		return err
	}
	return tellCopy(s, report, time.Since(start))
}

func tellCopy(s *streams, report *frontdesk.CopyReport, took time.Duration) error {
	last := copyLine{Copied: true, Seconds: took.Seconds()}
	for _, c := range report.Collections {
		if err := s.tell(c); err != nil {
			return err
		}
		last.Documents += c.Documents
		last.Written += c.Written
		last.Deleted += c.Deleted
	}
	if err := s.tell(struct {
		Attachments blob.Copied `json:"attachments"`
	}{report.Attachments}); err != nil {
		return err
	}
	return s.tell(last)
}
