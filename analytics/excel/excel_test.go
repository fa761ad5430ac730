package excel_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/analytics/excel"
	"github.com/frontdesk-go/frontdesk/analytics/report"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

func known(v float64) report.Cell { return report.Cell{Value: analytics.Value{Number: v, Known: true}} }

func sheet(name, text string) report.Sheet {
	return report.Sheet{Name: name, Columns: []report.Column{
		{Key: "start", Title: "From", Unit: report.Moment}, {Key: "agent", Title: "Agent", Unit: report.Text},
		{Key: "created", Title: "Created", Unit: analytics.Count}, {Key: "reply", Title: "Reply time", Unit: analytics.Seconds},
		{Key: "csat", Title: "CSAT", Unit: analytics.Score}, {Key: "rate", Title: "Reopened", Unit: analytics.Ratio},
	}, Rows: [][]report.Cell{
		{{Time: time.Date(2026, 11, 3, 9, 30, 0, 0, time.FixedZone("", 9*3600))}, {Text: text}, known(1234), known(90061), known(4.5), known(0.125)},
		{{}, {Text: "Jonas"}, known(0), {}, {}, {}},
	}}
}

func written(t interface {
	Helper()
	Fatal(...any)
}, sheets ...report.Sheet) *excelize.File {
	t.Helper()
	var b bytes.Buffer
	if err := excel.Write(&b, sheets); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A workbook shows times as times, shares as percentages, nothing where nothing is known,
// and keeps its first row in sight.
func TestWorkbook(t *testing.T) {
	t.Parallel()
	f := written(t, sheet("Agents", "Mira"), sheet("Queues", "Yuki"))
	if got := strings.Join(f.GetSheetList(), ","); got != "Agents,Queues" {
		t.Errorf("sheets %s", got)
	}
	rows, err := f.GetRows("Agents")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"From", "Agent", "Created", "Reply time", "CSAT", "Reopened"},
		{"2026-11-03 09:30", "Mira", "1,234", "25:01:01", "4.50", "12.5%"},
		{"", "Jonas", "0"},
	}
	if fmt.Sprint(rows) != fmt.Sprint(want) {
		t.Errorf("rows\n%v, want\n%v", rows, want)
	}
	panes, err := f.GetPanes("Queues")
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes %+v, %v", panes, err)
	}
	tables, err := f.GetTables("Queues")
	if err != nil || len(tables) != 1 || tables[0].Range != "A1:F3" {
		t.Errorf("tables %+v, %v", tables, err)
	}
}

// What looks like a formula is a text.
func TestNoFormulas(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`=HYPERLINK("http://x.example","y")`, "+1+1", "-2", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"} {
		f := written(t, sheet("=1+1", text))
		name := f.GetSheetList()[0]
		formula, err := f.GetCellFormula(name, "B2")
		kind, kindErr := f.GetCellType(name, "B2")
		value, valueErr := f.GetCellValue(name, "B2")
		if err := errors.Join(err, kindErr, valueErr); err != nil {
			t.Fatal(err)
		}
		if formula != "" || kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString || value != text {
			t.Errorf("%q became %q of type %v, formula %q", text, value, kind, formula)
		}
	}
}

// Whatever sheets and columns are called, Excel's rules for names hold.
func TestNames(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		hostile := rapid.OneOf(rapid.String(), rapid.StringMatching(`[\[\]:*?/'\\ ]{0,40}`), rapid.SampledFrom([]string{"", "' 'x' '", "History", "history", "A", "a", "'", strings.Repeat("茶", 40), strings.Repeat("🫖", 20), "x\x00y"}))
		names := rapid.SliceOfN(hostile, 1, 6).Draw(t, "names")
		var sheets []report.Sheet
		for _, n := range names {
			s := sheet(n, n)
			s.Columns[1].Title, s.Columns[2].Title = n, n
			sheets = append(sheets, s)
		}
		f := written(t, sheets...)
		list := f.GetSheetList()
		if len(list) != len(names) {
			t.Fatalf("%d sheets of %d", len(list), len(names))
		}
		seen := map[string]bool{}
		for _, n := range list {
			low := strings.ToLower(n)
			if n == "" || len(utf16.Encode([]rune(n))) > 31 || strings.ContainsAny(n, `[]:*?/\`) || strings.HasPrefix(n, "'") || strings.HasSuffix(n, "'") || low == "history" || seen[low] {
				t.Errorf("a sheet is called %q", n)
			}
			seen[low] = true
		}
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	err := excel.Write(&bytes.Buffer{}, nil)
	if f, ok := errors.AsType[*store.FieldError](err); !ok || f.Field != "sheets" {
		t.Errorf("no sheet: %v", err)
	}
	many := report.Sheet{Name: "Many", Rows: make([][]report.Cell, excel.MaxRows+1)}
	err = excel.Write(&bytes.Buffer{}, []report.Sheet{many})
	if f, ok := errors.AsType[*store.FieldError](err); !ok || f.Field != "rows" || f.Limit != excel.MaxRows {
		t.Errorf("too many rows: %v", err)
	}
	empty := report.Sheet{Name: "Empty", Columns: []report.Column{{Title: "Agent", Unit: report.Text}}}
	if rows, err := written(t, empty).GetRows("Empty"); err != nil || len(rows) != 1 {
		t.Errorf("an empty one: %v, %v", rows, err)
	}
}
