package report

import (
	"context"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/store/event"
)

func metricColumn(m analytics.Metric) Column { return Column{string(m), Title(m), Unit(m)} }

// Breakdown is the report's table to take away, with the time before beside it where that
// is compared.
func (r *Result) Breakdown() Sheet {
	by := r.Ask.By
	s := Sheet{Name: r.Title, Columns: []Column{{string(by), Dimension(by), Text}, {string(by) + "_name", Dimension(by) + " name", Text}}}
	for _, m := range r.Metrics {
		c := metricColumn(m)
		if s.Columns = append(s.Columns, c); r.Ask.Compare {
			s.Columns = append(s.Columns, Column{c.Key + "_before", c.Title + ", before", c.Unit})
		}
	}
	for _, g := range r.Groups {
		row := []Cell{{Text: g.Key}, {Text: g.Name}}
		for _, f := range g.Figures {
			if row = append(row, Cell{Value: f.Now}); r.Ask.Compare {
				row = append(row, Cell{Value: f.Before})
			}
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// OverTime is what the report's graphs show, as a table.
func (r *Result) OverTime() Sheet {
	ms := r.overTime()
	s := Sheet{Name: r.Title + " over time", Columns: []Column{{"start", "From", Moment}}}
	for _, m := range ms {
		s.Columns = append(s.Columns, metricColumn(m))
	}
	for _, p := range r.Points {
		row := []Cell{{Time: p.Start}}
		for _, m := range ms {
			row = append(row, Cell{Value: p.Values[m]})
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// Table is any table of figures to take away: a line for each row, its times in the zone
// of the query.
func Table(q analytics.Query, t *analytics.Table) Sheet {
	zone := Period{Zone: q.Zone}.zone()
	s := Sheet{Name: "Figures", Columns: []Column{{"id", "Row", Text}, {"start", "From", Moment}, {"end", "To", Moment}}}
	for _, d := range q.By {
		s.Columns = append(s.Columns, Column{string(d), Dimension(d), Text})
	}
	for _, m := range t.Metrics {
		s.Columns = append(s.Columns, metricColumn(m))
	}
	for _, r := range t.Rows {
		row := []Cell{{Text: r.ID}, {Time: r.Start.In(zone)}, {Time: r.End.In(zone)}}
		for _, k := range r.Keys {
			row = append(row, Cell{Text: k})
		}
		for _, v := range r.Values {
			row = append(row, Cell{Value: v})
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// Sheets are all reports on a time, each broken down by what it is made for: a workbook.
// Ask.Report and Ask.By aren't looked at.
func (s *Service) Sheets(ctx context.Context, actor event.Actor, a Ask) ([]Sheet, error) {
	var all []Sheet
	for _, r := range Reports() {
		a.Report, a.By = r.Name, ""
		got, err := s.Run(ctx, actor, a)
		if err != nil {
			return nil, err
		}
		if len(all) == 0 {
			days := got.OverTime()
			days.Name = "Over time"
			all = append(all, days)
		}
		all = append(all, got.Breakdown())
	}
	return all, nil
}
