package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/analytics"
)

// The units of columns that hold no figure, besides those of metrics.
const (
	Text   analytics.Unit = "text"
	Moment analytics.Unit = "moment"
)

// Column is a column of a sheet.
type Column struct {
	Key   string         // for programs: the name of a metric or dimension, in CSV
	Title string         // for people
	Unit  analytics.Unit // what its cells hold
}

// Cell is a value of a sheet: what its column's unit says.
type Cell struct {
	Text  string
	Time  time.Time // in the zone in which it is told
	Value analytics.Value
}

// Sheet is a table to take away: as CSV, or as a sheet of a workbook.
type Sheet struct {
	Name    string // for people
	Columns []Column
	Rows    [][]Cell
}

// WriteCSV writes the sheet as CSV (RFC 4180, UTF-8). The first line has the columns'
// keys; those of durations say "_seconds". Times are as in ISO 8601, ratios 0 to 1, and a
// figure that isn't known is empty. A text that a spreadsheet would take for a formula is
// led by an apostrophe, also behind a semicolon, a tab or the end of a line within it.
func (s *Sheet) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	line := make([]string, len(s.Columns))
	for i, col := range s.Columns {
		line[i] = guard(col.Key)
		if col.Unit == analytics.Seconds {
			line[i] += "_seconds"
		}
	}
	c.Write(line) // what goes wrong is told at the end
	for _, row := range s.Rows {
		for i, cell := range row {
			line[i] = s.Columns[i].field(cell)
		}
		c.Write(line)
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

func (c Column) field(cell Cell) string {
	switch {
	case c.Unit == Text:
		return guard(cell.Text)
	case c.Unit == Moment && cell.Time.IsZero():
		return ""
	case c.Unit == Moment:
		return cell.Time.Format(time.RFC3339)
	case !cell.Value.Known:
		return ""
	}
	return strconv.FormatFloat(cell.Value.Number, 'f', -1, 64)
}

// signs are what a spreadsheet's formulas begin with, also in the wide forms that those of
// East Asia take for the same; formulas has what it skips before one, too.
const (
	signs    = "=+-@＝＋－＠"
	formulas = signs + "\t\r\n"
)

// separators are where spreadsheets of other languages begin the next cell, as those of most
// of Europe do at a semicolon: quotes in the middle of what they take for a cell don't count.
const separators = ";\t\r\n"

// guard is a text in which no spreadsheet finds a formula. End users name tags and write
// titles: a cell "=HYPERLINK(…)" would be run by whoever opens the file.
func guard(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if starts(s, formulas) {
		s = "'" + s
	}
	if !strings.ContainsAny(s, separators) {
		return s
	}
	var b strings.Builder
	for s != "" {
		at := strings.IndexAny(s, separators) + 1
		if at == 0 {
			at = len(s)
		}
		b.WriteString(s[:at])
		if s = s[at:]; starts(s, signs) {
			b.WriteByte('\'')
		}
	}
	return b.String()
}

// starts says whether a text begins with one of these letters, or would without what
// spreadsheets skip.
func starts(s, letters string) bool {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " \u00a0\u3000\ufeff"))
	return s != "" && strings.ContainsRune(letters, first)
}
