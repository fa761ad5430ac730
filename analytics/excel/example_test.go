package excel_test

import (
	"bytes"
	"fmt"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/analytics/excel"
	"github.com/frontdesk-go/frontdesk/analytics/report"
	"github.com/xuri/excelize/v2"
)

func ExampleWrite() {
	// Sheets come from report.Service.Sheets, or are a host's own.
	agents := report.Sheet{Name: "Agents", Columns: []report.Column{
		{Key: "agent", Title: "Agent", Unit: report.Text},
		{Key: "replies", Title: "Replies", Unit: analytics.Count},
		{Key: "reply_time_p50", Title: "Reply time", Unit: analytics.Seconds},
	}, Rows: [][]report.Cell{
		{{Text: "Mira"}, {Value: analytics.Value{Number: 1204, Known: true}}, {Value: analytics.Value{Number: 754, Known: true}}},
	}}
	var file bytes.Buffer
	if err := excel.Write(&file, []report.Sheet{agents}); err != nil {
		fmt.Println(err)
		return
	}
	book, err := excelize.OpenReader(&file)
	if err != nil {
		fmt.Println(err)
		return
	}
	rows, _ := book.GetRows("Agents")
	fmt.Println(rows)
	// Output: [[Agent Replies Reply time] [Mira 1,204 0:12:34]]
}
