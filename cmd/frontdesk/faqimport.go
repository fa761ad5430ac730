package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/frontdesk-go/frontdesk/faq/exchange"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// entryLine is what became of an article of the files.
type entryLine struct {
	At      string           `json:"at"`
	ID      string           `json:"id"`
	Outcome exchange.Outcome `json:"outcome"`
	Article string           `json:"article,omitempty"` // its id in the desk
	Field   string           `json:"field,omitempty"`   // which is wrong
	Reason  string           `json:"reason,omitempty"`
}

// importLine is the last line of an import.
type importLine struct {
	DryRun    bool `json:"dry_run"`
	Created   int  `json:"created"`
	Updated   int  `json:"updated"`
	Unchanged int  `json:"unchanged"`
	Refused   int  `json:"refused"`
}

func importFAQ(ctx context.Context, s *streams, f *flag.FlagSet, args []string) (err error) {
	var o exchange.Options
	to := f.String("to", "", "import into this `file or DSN`")
	schema := f.String("schema", "frontdesk", "`name` of the schema in a PostgreSQL database")
	format := f.String("format", "", "`markdown`, csv, json, zendesk or helpshift; what the file's name ends in, if it isn't given")
	f.StringVar(&o.App, "app", ticket.DefaultApp, "`id` of the app")
	f.StringVar(&o.Language, "lang", "", "`language` (BCP 47) of texts that don't say theirs; en if it isn't given")
	f.StringVar(&o.Section, "section", "", "`name` of the section for articles that don't say theirs")
	f.BoolVar(&o.Draft, "draft", false, "publish nothing")
	f.BoolVar(&o.DryRun, "dry-run", false, "change nothing, and say what would")
	if err := parseWith(f, args, []string{"the directory or the file"}, "to", "schema"); err != nil {
		return err
	}
	entries, closeFile, err := entriesOf(s.in, f.Arg(0), *format)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeFile()) }()
	data, closeData, err := place{*to, *schema}.open(ctx, false)
	if err != nil {
		return fmt.Errorf("-to: %w", err)
	}
	defer func() { err = errors.Join(err, closeData()) }()
	var untold error
	o.Each = func(r exchange.Result) {
		if err := s.tell(entryLine{r.At, r.ID, r.Outcome, r.Article, r.Field, r.Reason}); untold == nil {
			untold = err
		}
	}
	report, err := data.ImportFAQ(ctx, entries, &o)
	if err = errors.Join(err, untold); err != nil {
		return err
	}
	if err := s.tell(importLine{o.DryRun, report.Created, report.Updated, report.Unchanged, report.Refused}); err != nil {
		return err
	}
	if report.Refused > 0 {
		return fmt.Errorf("%d articles were refused", report.Refused)
	}
	return nil
}

// entriesOf opens a directory of Markdown, or a file; "-" is standard input.
func entriesOf(in io.Reader, name, format string) (entries exchange.Entries, done func() error, err error) {
	done = func() error { return nil }
	dir := false
	if name != "-" {
		st, err := os.Stat(name)
		if err != nil {
			return nil, nil, err
		}
		dir = st.IsDir()
	}
	if format == "" {
		format = strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), ".")
		if dir || format == "md" {
			format = "markdown"
		}
	}
	if dir {
		if format != "markdown" {
			return nil, nil, &usageError{"a directory is one of Markdown files"}
		}
		return exchange.Markdown(os.DirFS(name)), done, nil
	}
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, nil, err
		}
		in, done = file, file.Close
	}
	switch format {
	case "markdown":
		text, err := io.ReadAll(io.LimitReader(in, exchange.MaxEntry+1))
		if err == nil && len(text) > exchange.MaxEntry {
			err = fmt.Errorf("%s is larger than 2 MB", name)
		}
		if err != nil {
			return nil, nil, errors.Join(err, done())
		}
		e := exchange.Entry{At: filepath.Base(name)}
		e.Article, e.Err = exchange.ParseMarkdown(e.At, text)
		return func(yield func(exchange.Entry) bool) { yield(e) }, done, nil
	case "csv":
		return exchange.CSV(in), done, nil
	case "json":
		return exchange.JSON(in), done, nil
	case "zendesk":
		return exchange.Zendesk(in), done, nil
	case "helpshift":
		return exchange.Helpshift(in), done, nil
	}
	return nil, nil, errors.Join(&usageError{"-format is markdown, csv, json, zendesk or helpshift"}, done())
}
