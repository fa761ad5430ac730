package exchange

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/faq"
)

// columns are those of CSV. A row is one translation. Of id, title and body none may be
// missing; a column that is missing says nothing. Lists are separated by semicolons, and
// one within a word has a backslash before it. status is published or draft.
var columns = []string{"id", "section", "section_id", "language", "title", "body", "format", "keywords", "tags", "platforms", "audience", "condition", "archived", "status"}

// CSV reads rows with a header, in any order of columns; others are passed over.
func CSV(r io.Reader) Entries {
	return func(yield func(Entry) bool) {
		in := bufio.NewReader(&bounded{r: r, left: MaxFile})
		if _, err := firstByte(in); err != nil {
			if !errors.Is(err, io.EOF) {
				yield(unreadable("line 1", "CSV", err))
			}
			return
		}
		rows := csv.NewReader(in)
		rows.FieldsPerRecord = -1
		header, err := rows.Read()
		if err != nil {
			yield(unreadable("line 1", "CSV", err))
			return
		}
		at := map[string]int{}
		for i, name := range header {
			at[strings.ToLower(strings.TrimSpace(name))] = i
		}
		for _, name := range []string{"id", "title", "body"} {
			if _, ok := at[name]; !ok {
				yield(bad("line 1", name, "is missing among the columns: "+strings.Join(columns, ", ")))
				return
			}
		}
		for {
			row, err := rows.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			e := Entry{At: "the last line"}
			wrong, syntax := errors.AsType[*csv.ParseError](err)
			switch {
			case syntax:
				e.At = fmt.Sprintf("line %d", wrong.StartLine)
			case len(row) > 0:
				line, _ := rows.FieldPos(0)
				e.At = fmt.Sprintf("line %d", line)
			}
			switch {
			case err != nil:
				e = unreadable(e.At, "CSV", err)
			case len(row) != len(header):
				e = bad(e.At, "row", fmt.Sprintf("has %d fields, and the header %d", len(row), len(header)))
			default:
				e.Article, e.Err = fromRow(at, row)
			}
			if !yield(e) || err != nil && !syntax {
				return
			}
		}
	}
}

func fromRow(at map[string]int, row []string) (*Article, error) {
	get := func(name string) string {
		if i, ok := at[name]; ok {
			return plainCell(row[i])
		}
		return ""
	}
	has := func(name string) bool { _, ok := at[name]; return ok }
	list := func(name string) []string {
		if !has(name) {
			return nil
		}
		return splitList(get(name))
	}
	text := Text{Language: get("language"), Content: faq.Content{Title: get("title"), Body: get("body"), Format: faq.Format(get("format")), Keywords: list("keywords")}}
	switch status := get("status"); status {
	case "draft":
		text.Draft = true
	case "", "published":
	default:
		return nil, bad("", "status", "is published or draft").Err
	}
	a := &Article{ID: get("id"), Section: get("section"), SectionID: get("section_id"), Tags: list("tags"), Platforms: list("platforms"), Texts: []Text{text}}
	if has("audience") {
		a.Audience, a.Condition = new(faq.Audience(get("audience"))), new(get("condition"))
	}
	switch archived := get("archived"); {
	case !has("archived"):
	case archived == "yes" || archived == "":
		a.Archived = new(archived == "yes")
	default:
		return nil, bad("", "archived", "is yes or empty").Err
	}
	return a, nil
}

// splitList takes a cell apart. A list in which there is nothing is empty, not nil.
func splitList(cell string) []string {
	list := []string{}
	var b strings.Builder
	escaped := false
	for _, r := range cell {
		switch {
		case escaped:
			b.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == ';':
			list = append(list, b.String())
			b.Reset()
		default:
			b.WriteRune(r)
		}
	}
	return append([]string{}, plainly(append(list, b.String()))...)
}

func joinList(list []string) string {
	escaped := make([]string, len(list))
	for i, s := range list {
		escaped[i] = strings.NewReplacer(`\`, `\\`, `;`, `\;`).Replace(s)
	}
	return strings.Join(escaped, ";")
}

// formulas are the signs by which a spreadsheet takes a cell for a formula.
const formulas = "=+-@\t\r"

// safeCell keeps a spreadsheet from running what somebody has written into an article;
// plainCell undoes it.
func safeCell(s string) string {
	if s != "" && strings.IndexByte(formulas+"'", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

func plainCell(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.IndexByte(formulas+"'", s[1]) >= 0 {
		return s[1:]
	}
	return s
}

// WriteCSV writes articles as CSV reads them, a row for each translation.
func WriteCSV(w io.Writer, articles iter.Seq2[*Article, error]) error {
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return err
	}
	for a, err := range articles {
		if err != nil {
			return err
		}
		for _, t := range a.Texts {
			if err := out.Write(toRow(a, t)); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func toRow(a *Article, t Text) []string {
	status, archived := "published", ""
	if t.Draft {
		status = "draft"
	}
	if a.Archived != nil && *a.Archived {
		archived = "yes"
	}
	audience, condition := "", ""
	if a.Audience != nil {
		audience = string(*a.Audience)
	}
	if a.Condition != nil {
		condition = *a.Condition
	}
	row := []string{a.ID, a.Section, a.SectionID, t.Language, t.Title, t.Body, string(t.Format), joinList(t.Keywords), joinList(a.Tags), joinList(a.Platforms), audience, condition, archived, status}
	return slices.Collect(func(yield func(string) bool) {
		for _, cell := range row {
			if !yield(safeCell(cell)) {
				return
			}
		}
	})
}
