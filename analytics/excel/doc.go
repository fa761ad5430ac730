// Package excel writes reports as a workbook of Excel, a sheet each.
//
//	sheets, err := reports.Sheets(ctx, actor, q)
//	err = excel.Write(w, sheets)
//
// It is a leaf, so that only who offers such files has the library that writes them.
//
// Durations are times of Excel, in hours that go beyond 24; ratios are percentages; a
// figure that isn't known is an empty cell. The first row stays where it is when the sheet
// is scrolled, and has filters.
//
// # Caveats
//
// Excel's times have no zone: they are those of the zone in which the report was asked
// for. A sheet has at most 1,048,576 rows, and a workbook is built in memory before it is
// written.
package excel
