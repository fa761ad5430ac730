package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const zendeskFile = `{"articles": [
	{"id": 7, "title": "Returns", "body": "<p>Within 30 days.</p>", "locale": "en-us", "section_id": 3, "draft": false},
	{"id": 8, "title": "", "body": "<p>Nothing</p>", "locale": "en-us", "section_id": 3, "draft": false}
]}`

// titles are those of what readers find in a desk, in its order.
func titles(t *testing.T, c frontdesk.Config) string {
	t.Helper()
	d, err := frontdesk.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	shelves, _, err := d.FAQ.Home(t.Context(), faq.Viewer{App: ticket.DefaultApp, Languages: []string{"en"}}, 50, "", 50)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, s := range shelves {
		for _, i := range s.Items {
			all = append(all, s.Name+": "+i.Title)
		}
	}
	return strings.Join(all, ", ")
}

// outcomes are what an import says of each article, and its last line.
func outcomes(lines []map[string]any) string {
	var all []string
	for _, l := range lines[:len(lines)-1] {
		all = append(all, fmt.Sprint(l["at"], " ", l["outcome"]))
	}
	last := lines[len(lines)-1]
	return strings.Join(all, ", ") + fmt.Sprintf(": %v created, %v updated, %v unchanged, %v refused", last["created"], last["updated"], last["unchanged"], last["refused"])
}

func TestImportFAQ(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("help/Orders/returns.en.md", "# Returns\n\nWithin **30** days.\n")
	write("help/Orders/invoice.en.md", "---\ntitle: Invoices\ndraft: true\n---\nUnder Orders.\n")
	dsn, schema, config := database(t)
	file := filepath.Join(dir, "support.db")
	filled(t, frontdesk.Config{Path: file}, 0)
	filled(t, config(), 0)
	for _, to := range []struct {
		args   []string
		config func() frontdesk.Config
	}{
		{[]string{"-to", file}, func() frontdesk.Config { return frontdesk.Config{Path: file} }},
		{[]string{"-to", dsn, "-schema", schema}, config},
	} {
		run := func(in string, args ...string) string {
			t.Helper()
			lines := mustWith(t, in, append(append([]string{"faq", "import"}, to.args...), args...)...)
			return outcomes(lines)
		}
		for _, c := range []struct {
			in, path, want, has string
			flags               []string
		}{
			{"", "help", "Orders/invoice.en.md created, Orders/returns.en.md created: 2 created, 0 updated, 0 unchanged, 0 refused", "", []string{"-dry-run"}},
			{"", "help", "Orders/invoice.en.md created, Orders/returns.en.md created: 2 created, 0 updated, 0 unchanged, 0 refused", "Orders: Returns", nil},
			{"", "help", "Orders/invoice.en.md unchanged, Orders/returns.en.md unchanged: 0 created, 0 updated, 2 unchanged, 0 refused", "Orders: Returns", nil},
			{"id,title,body,section\nf1,Fees,None.,Orders\n", "-", "line 2 created: 1 created, 0 updated, 0 unchanged, 0 refused", "Orders: Returns, Orders: Fees", []string{"-format", "csv"}},
		} {
			path := c.path
			if path != "-" {
				path = filepath.Join(dir, path)
			}
			if got := run(c.in, append(c.flags, path)...); got != c.want {
				t.Errorf("%v %s:\n%s, want\n%s", c.flags, c.path, got, c.want)
			}
			if got := titles(t, to.config()); got != c.has {
				t.Errorf("%v %s: readers find %q, want %q", c.flags, c.path, got, c.has)
			}
		}
		status, out, errs := frontdeskRun(t, append(append([]string{"faq", "import"}, to.args...), "-format", "zendesk", "-section", "Old", write("old.json", zendeskFile))...)
		if status != failed || !strings.Contains(errs, "1 articles were refused") || !strings.Contains(out, `"created":1`) || !strings.Contains(out, `"field":`) {
			t.Errorf("status %d\n%s%s", status, out, errs)
		}
		if got := titles(t, to.config()); got != "Orders: Returns, Orders: Fees, 3: Returns" {
			t.Errorf("readers find %q", got)
		}
	}
}

func TestImportFAQIsMisled(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "support.db")
	filled(t, frontdesk.Config{Path: file}, 0)
	odd := filepath.Join(dir, "articles.txt")
	if err := os.WriteFile(odd, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"-to " + file, misled, "is missing"},
		{dir, misled, "-to is missing"},
		{"-to " + file + " " + dir + "/gone", failed, "no such file"},
		{"-to " + file + " " + odd, misled, "-format is markdown, csv, json, zendesk or helpshift"},
		{"-to " + file + " -format csv " + dir, misled, "a directory is one of Markdown files"},
		{"-to " + file + " -app other -format json -", failed, "1 articles were refused"},
		{"-to " + dir + "/gone.db -format json -", failed, "-to: "},
	} {
		status, _, errs := frontdeskAsked(t, `[{"id":"1","texts":[{"title":"T","body":"B"}]}]`, append([]string{"faq", "import"}, strings.Fields(c.args)...)...)
		if status != c.status || !strings.Contains(errs, c.says) {
			t.Errorf("%s: status %d, %s", c.args, status, errs)
		}
	}
}
