package excel

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/analytics/report"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/xuri/excelize/v2"
)

// MaxRows is how many rows a sheet may have, the header not counted.
const MaxRows = excelize.TotalRows - 1

// Write writes a workbook with the sheets, in order. Names of sheets and columns that
// Excel doesn't take, or that are there already, are changed. No sheet, or one with more
// rows than MaxRows, is a *store.FieldError. Texts are written as texts, whatever they
// begin with: none becomes a formula.
func Write(w io.Writer, sheets []report.Sheet) (err error) {
	if len(sheets) == 0 {
		return &store.FieldError{Field: "sheets", Reason: "are missing"}
	}
	book := &writer{file: excelize.NewFile(), formats: map[analytics.Unit]int{}}
	defer func() {
		if closed := book.file.Close(); err == nil && closed != nil {
			err = fmt.Errorf("close workbook: %w", closed)
		}
	}()
	if err := book.styles(); err != nil {
		return fmt.Errorf("styles of the workbook: %w", err)
	}
	taken := map[string]bool{}
	for i := range sheets {
		if len(sheets[i].Rows) > MaxRows {
			return &store.FieldError{Field: "rows", Reason: "are more than a sheet of Excel takes", Limit: MaxRows}
		}
		if err := book.sheet(i, unique(sheetName(sheets[i].Name), maxName, taken), &sheets[i]); err != nil {
			return fmt.Errorf("sheet %d: %w", i+1, err)
		}
	}
	if err := book.file.Write(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

type writer struct {
	file    *excelize.File
	formats map[analytics.Unit]int // styles of cells
	head    int
}

// styles makes the forms that cells take.
func (b *writer) styles() (err error) {
	for unit, format := range map[analytics.Unit]string{
		analytics.Count:   "#,##0",
		analytics.Seconds: "[h]:mm:ss",
		analytics.Ratio:   "0.0%",
		analytics.Score:   "0.00",
		report.Moment:     "yyyy-mm-dd hh:mm",
		report.Text:       "@", // a text stays one also when somebody edits it
	} {
		if b.formats[unit], err = b.file.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
			return err
		}
	}
	text := "@"
	b.head, err = b.file.NewStyle(&excelize.Style{CustomNumFmt: &text, Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	return err
}

func (b *writer) sheet(i int, name string, s *report.Sheet) error {
	if i == 0 {
		if err := b.file.SetSheetName("Sheet1", name); err != nil {
			return err
		}
	} else if _, err := b.file.NewSheet(name); err != nil {
		return err
	}
	out, err := b.file.NewStreamWriter(name)
	if err != nil {
		return err
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for n, c := range s.Columns {
		if err := out.SetColWidth(n+1, n+1, width(c, s.Rows, n)); err != nil {
			return err
		}
	}
	taken, head := map[string]bool{}, make([]any, len(s.Columns))
	for n, c := range s.Columns {
		head[n] = excelize.Cell{StyleID: b.head, Value: unique(legal(c.Title), maxTitle, taken)}
	}
	if err := out.SetRow("A1", head); err != nil {
		return err
	}
	for r, row := range s.Rows {
		cells := make([]any, len(row))
		for n, cell := range row {
			cells[n] = excelize.Cell{StyleID: b.formats[s.Columns[n].Unit], Value: value(s.Columns[n].Unit, cell)}
		}
		if err := out.SetRow("A"+strconv.Itoa(r+2), cells); err != nil {
			return err
		}
	}
	if len(s.Rows) > 0 && len(s.Columns) > 0 { // a table needs both
		last, err := excelize.CoordinatesToCellName(len(s.Columns), len(s.Rows)+1)
		if err != nil {
			return err
		}
		if err := out.AddTable(&excelize.Table{Range: "A1:" + last, Name: "Table" + strconv.Itoa(i+1), StyleName: "TableStyleLight1"}); err != nil {
			return err
		}
	}
	return out.Flush()
}

// day is what Excel's times count in.
const day = float64(24 * time.Hour / time.Second)

// value is what a cell holds; nil is nothing.
func value(unit analytics.Unit, c report.Cell) any {
	switch {
	case unit == report.Text:
		return legal(c.Text)
	case unit == report.Moment && c.Time.IsZero():
		return nil
	case unit == report.Moment:
		return serial(c.Time)
	case !c.Value.Known:
		return nil
	case unit == analytics.Seconds:
		return c.Value.Number / day
	}
	return c.Value.Number
}

// serial is a moment as Excel counts it: days since the end of 1899, by the clock of its
// zone.
func serial(t time.Time) float64 {
	_, offset := t.Zone()
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	return (float64(t.Unix()-epoch.Unix()) + float64(offset)) / day
}

// The limits of names, in UTF-16 units, as Excel counts.
const (
	maxName  = 31
	maxTitle = 255
	maxText  = excelize.TotalCellChars
)

// sheetName is a name that Excel takes for a sheet.
func sheetName(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\`, r) {
			return '-'
		}
		return r
	}, legal(s))
	s = strings.TrimFunc(s, func(r rune) bool { return r == '\'' || unicode.IsSpace(r) })
	if s == "" || strings.EqualFold(s, "History") { // which Excel keeps for itself
		s = "Sheet " + s
	}
	return strings.TrimSpace(s)
}

// legal is a text without what a workbook can't hold.
func legal(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return cut(s, maxText)
}

// cut is the beginning of a text that has so many UTF-16 units.
func cut(s string, most int) string {
	n := 0
	for i, r := range s {
		if n += utf16.RuneLen(r); n > most {
			return s[:i]
		}
	}
	return s
}

// unique is a name that none of those taken is, whose letters' case doesn't count.
func unique(s string, most int, taken map[string]bool) string {
	name := strings.TrimRightFunc(cut(s, most), func(r rune) bool { return r == '\'' || unicode.IsSpace(r) })
	for n := 2; name == "" || taken[strings.ToLower(name)]; n++ {
		tail := " (" + strconv.Itoa(n) + ")"
		name = cut(s, most-len(tail)) + tail
	}
	taken[strings.ToLower(name)] = true
	return name
}

// width is what a column needs for its title and the first rows, within bounds.
func width(c report.Column, rows [][]report.Cell, n int) float64 {
	chars := min(len([]rune(c.Title)), 18)
	if c.Unit == report.Moment {
		chars = max(chars, 16)
	}
	for _, row := range rows[:min(len(rows), 200)] {
		chars = max(chars, len([]rune(row[n].Text)))
	}
	return float64(min(chars, 48)) + 4
}
