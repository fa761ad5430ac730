package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/store"
)

func exportCommand() command {
	return command{
		name:  "export",
		short: "writes all that a desk knows of an end user",
		help: `
  frontdesk export -from support.db -user u-17 -to u-17.json
  frontdesk export -from postgres://desk@localhost/shop -email ann@example.com -files -to ann.zip

The end user is named by the host's own id of him (-user), by his proven address if
he has no such id (-email), or by the desk's id (-id). What is written is a JSON
document with a list for each kind of thing: his profile, tickets, messages, notes
about him. With -files it is a zip that holds this document as export.json, and his
attachments in files/. With "-to -" it is on standard output, and the line that says
how large it is on standard error.

A desk on PostgreSQL may be in use. A file may not: its own process exports while it
runs (identity.Service.Export).`,
		run: runExport,
	}
}

func eraseCommand() command {
	return command{
		name:  "erase",
		short: "erases an end user, and all that he wrote or that was written about him",
		help: `
  frontdesk erase -from support.db -user u-17
  frontdesk compact -in support.db

The end user is named as for export. The first line tells his id, by which an erasure
that was interrupted is run again (-id); the last one that it is done. What counts stays: that there was a ticket, and
how it went. Nothing undoes it. What was erased may be read in the bytes of the files
until they are compacted.

A desk on PostgreSQL may be in use. A file may not: its own process erases while it
runs (identity.Service.Erase).`,
		run: runErase,
	}
}

func compactCommand() command {
	return command{
		name:  "compact",
		short: "removes what deleting and erasing has left behind in a desk's files",
		help: `
  frontdesk compact -in support.db
  frontdesk compact -in postgres://desk@localhost/shop

A file is written anew, for which there has to be room beside it, and may not be in
use: its own process compacts while it runs (Desk.Compact). On PostgreSQL the desk's
tables are written anew one after the other (VACUUM FULL); each is locked meanwhile,
also for reading, and the role has to own them. Backups, and the server's write-ahead
log, aren't touched.`,
		run: runCompact,
	}
}

// whoFlags are the flags that name an end user.
func whoFlags(f *flag.FlagSet) *frontdesk.Who {
	who := &frontdesk.Who{}
	f.StringVar(&who.UserID, "user", "", "the end user with this `id` of the host's")
	f.StringVar(&who.Email, "email", "", "the end user without such an id whose proven `address` this is")
	f.StringVar(&who.ID, "id", "", "the end user with this `id` of the desk's")
	return who
}

func named(who *frontdesk.Who) error {
	n := 0
	for _, name := range []string{who.UserID, who.Email, who.ID} {
		if name != "" {
			n++
		}
	}
	if n != 1 {
		return &usageError{"one of -user, -email and -id is needed"}
	}
	return nil
}

// exportLine says that an export has been written.
type exportLine struct {
	Export  string  `json:"export"`
	EndUser string  `json:"end_user"`
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
}

func runExport(ctx context.Context, s *streams, f *flag.FlagSet, args []string) (err error) {
	from := f.String("from", "", "export from this `file or DSN`")
	to := f.String("to", "", "write this `file`; - is standard output")
	files := f.Bool("files", false, "write a zip with the content of attachments")
	schema := f.String("schema", "frontdesk", "`name` of the schema in a PostgreSQL database")
	who := whoFlags(f)
	if err := parse(f, args, "from", "to", "schema"); err != nil {
		return err
	}
	if err := named(who); err != nil {
		return err
	}
	start := time.Now()
	data, closeData, err := place{*from, *schema}.open(ctx, false)
	if err != nil {
		return fmt.Errorf("-from: %w", err)
	}
	defer func() { err = errors.Join(err, closeData()) }()
	line := exportLine{Export: *to}
	write := func(w io.Writer) (err error) {
		c := &counter{w: w, s: s}
		line.EndUser, err = data.Export(ctx, *who, *files, c)
		line.Bytes = c.n
		s.progress("")
		return err
	}
	if *to == "-" {
		err = write(s.out)
		s = &streams{out: s.err}
	} else {
		err = writeFile(*to, write)
	}
	if err != nil {
		return err
	}
	line.Seconds = time.Since(start).Seconds()
	return s.tell(line)
}

// writeFile writes beside the place, so that what stands there is whole.
func writeFile(to string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(to), filepath.Base(to)+".*.part")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), to)
}

// erasingLine says who is going to be erased: once that has begun he is known by
// nothing else.
type erasingLine struct {
	Erasing string `json:"erasing"`
}

// eraseLine says that an end user has been erased.
type eraseLine struct {
	Erased    string  `json:"erased"` // his id
	Documents int     `json:"documents"`
	Seconds   float64 `json:"seconds"`
}

func runErase(ctx context.Context, s *streams, f *flag.FlagSet, args []string) (err error) {
	from := f.String("from", "", "erase from this `file or DSN`")
	schema := f.String("schema", "frontdesk", "`name` of the schema in a PostgreSQL database")
	who := whoFlags(f)
	if err := parse(f, args, "from", "schema"); err != nil {
		return err
	}
	if err := named(who); err != nil {
		return err
	}
	start := time.Now()
	data, closeData, err := place{*from, *schema}.open(ctx, false)
	if err != nil {
		return fmt.Errorf("-from: %w", err)
	}
	defer func() { err = errors.Join(err, closeData()) }()
	id, err := data.EndUser(ctx, *who)
	if errors.Is(err, store.ErrNotFound) && who.ID == "" {
		err = fmt.Errorf("%w; one whose erasure has begun is known by -id only", err)
	}
	if err != nil {
		return err
	}
	if err := s.tell(erasingLine{id}); err != nil {
		return err
	}
	e, err := data.Erase(ctx, frontdesk.Who{ID: id})
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("interrupted; run again with -id %s it goes on: %w", id, err)
	}
	if err != nil {
		return err
	}
	return s.tell(eraseLine{e.EndUser, e.Documents, time.Since(start).Seconds()})
}

// compactLine says that a desk has been compacted.
type compactLine struct {
	Compacted bool    `json:"compacted"`
	Before    int64   `json:"before,omitempty"` // bytes of the file
	After     int64   `json:"after,omitempty"`
	Seconds   float64 `json:"seconds"`
}

func runCompact(ctx context.Context, s *streams, f *flag.FlagSet, args []string) (err error) {
	in := f.String("in", "", "compact this `file or DSN`")
	schema := f.String("schema", "frontdesk", "`name` of the schema in a PostgreSQL database")
	if err := parse(f, args, "in", "schema"); err != nil {
		return err
	}
	start, at := time.Now(), place{*in, *schema}
	data, closeData, err := at.open(ctx, false)
	if err != nil {
		return fmt.Errorf("-in: %w", err)
	}
	defer func() { err = errors.Join(err, closeData()) }()
	line := compactLine{Compacted: true, Before: at.size()}
	if err := data.Compact(ctx); err != nil {
		return err
	}
	line.After, line.Seconds = at.size(), time.Since(start).Seconds()
	return s.tell(line)
}

// size is that of a file, 0 of a database.
func (p place) size() int64 {
	if p.database() {
		return 0
	}
	st, err := os.Stat(p.at)
	if err != nil {
		return 0
	}
	return st.Size()
}
