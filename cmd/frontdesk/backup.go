package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/frontdesk-go/frontdesk"
)

func backupCommand() command {
	return command{
		name:  "backup",
		short: "writes a copy of a desk to a tar file",
		help: `
  frontdesk backup -from postgres://desk@localhost/shop -to support.tar
  frontdesk backup -from support.db -to - | zstd > support.tar.zst

The tar file holds support.db and support.db.files. Unpacked that is a desk in a
file; "frontdesk copy" brings it to PostgreSQL.

A desk on PostgreSQL may be in use; log in at the primary, as the role that the
desk has: one that may only read isn't enough. A file may not be in use: its own
process makes backups while it runs (Desk.Backup). The temporary directory needs
room for the documents. With "-to -" the backup is on standard output, and the line
that says how large it is on standard error.`,
		run: runBackup,
	}
}

// backupLine says that a backup has been written.
type backupLine struct {
	Backup  string  `json:"backup"`
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
}

func runBackup(ctx context.Context, s *streams, f *flag.FlagSet, args []string) (err error) {
	from := f.String("from", "", "back up this `file or DSN`")
	to := f.String("to", "", "write this `file`; - is standard output")
	schema := f.String("schema", "frontdesk", "`name` of the schema in a PostgreSQL database")
	if err := parse(f, args, "from", "to", "schema"); err != nil {
		return err
	}
	start := time.Now()
	source, closeSource, err := place{*from, *schema}.open(ctx, false)
	if err != nil {
		return fmt.Errorf("-from: %w", err)
	}
	defer func() { err = errors.Join(err, closeSource()) }()
	line := backupLine{Backup: *to}
	if *to == "-" {
		line.Bytes, err = backupTo(ctx, s, source, s.out)
		s = &streams{out: s.err}
	} else {
		line.Bytes, err = backupFile(ctx, s, source, *to)
	}
	if err != nil {
		return err
	}
	line.Seconds = time.Since(start).Seconds()
	return s.tell(line)
}

func backupFile(ctx context.Context, s *streams, source *frontdesk.Data, to string) (n int64, err error) {
	err = writeFile(to, func(w io.Writer) error {
		n, err = backupTo(ctx, s, source, w)
		return err
	})
	return n, err
}

func backupTo(ctx context.Context, s *streams, source *frontdesk.Data, w io.Writer) (int64, error) {
	c := &counter{w: w, s: s}
	err := source.Backup(ctx, c)
	s.progress("")
	return c.n, err
}

// counter counts what is written, and tells how much that is now and then.
type counter struct {
	w    io.Writer
	s    *streams
	n    int64
	told time.Time
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	if now := time.Now(); now.Sub(c.told) > 100*time.Millisecond {
		c.told = now
		c.s.progress("%d MB", c.n>>20)
	}
	return n, err
}
