// Package report makes reports of analytics: agents, queues, channels, bots, articles,
// labels, service targets, satisfaction, and an overview of all.
//
//	reports := report.New(report.Parts{Analytics: desk.Analytics, …}, nil)
//	r, err := reports.Run(ctx, actor, report.Ask{Report: "agents", Period: period, Compare: true})
//	r.Total(analytics.Replies).Change()        // "+12%"
//	table := r.Breakdown()
//	err = table.WriteCSV(w)
//
// A report has totals, graphs over time and a breakdown by a dimension, whose keys it names
// as people do. Pages and files are drawn from it: package analytics/web has an HTTP API and
// a page, analytics/excel a workbook. Everything is asked of [analytics.Service.Query] for
// the actor, so that nobody reads more than he may.
//
// # Comparison
//
// Ask.Compare puts the time before beside each figure: as many days right before, or as
// many hours. While a time runs, its totals are compared with as much of the time before.
//
// # Caveats
//
// A figure that divides by zero isn't known, and a change against nothing isn't told.
// Texts are English: hosts with pages of their own draw them from the metrics' names. Rows
// by tag overlap. A breakdown asks for all keys to find the largest ones; it keeps 1,000.
package report
