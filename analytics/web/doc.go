// Package web serves a desk's figures to staff over HTTP: a page with charts, an API, and
// files.
//
//	figures, err := web.New(reports, desk.Analytics, web.Options{Actor: signedIn, Excel: excel.Write})
//	mux.Handle("/figures/", http.StripPrefix("/figures", figures))
//
// The host says who asks: Options.Actor is its own sign-in. What that person may see is
// decided by the engine, at each request. Everything is read with GET and HEAD.
//
//	GET ./                  the page
//	GET api/rows            rows of figures, in pages, for a database of the host's own
//	GET api/rows.csv        the same as CSV; the next page is in the header Link
//	GET api/metrics         which metrics there are: names, units, formulas
//	GET api/reports         which reports there are
//	GET api/reports/agents  a report
//	GET table.csv           the breakdown of a report
//	GET series.csv          a report over time
//	GET workbook.xlsx       all reports, a sheet each
//	GET chart.svg           a graph of a report, as a picture for another page
//
// # Addresses
//
// All of them take the same parameters. The time is "range" (today, yesterday, 7d, 28d, 90d,
// month, last_month, 12m), or "from" and "to": days as 2026-11-26, both included, or moments
// as 2026-11-26T09:00:00+01:00, of which "to" isn't. Days are those of "zone", as
// Europe/Berlin. Each dimension is a parameter that keeps its values (queue=vip&queue=orders),
// of which "(none)" is none; an empty one says nothing. "grain" is minute, hour or day; "by"
// the dimensions.
//
// Rows take "metrics" (created,resolved), "after" and "limit". A row's id is the same
// whenever it is asked for: put it in place of what you had, as figures of past days change
// when a ticket is reopened or a rating is given later. A figure that divides by zero is null.
//
// Reports take "report", "compare" (1: with the time before; 0) and "hours" (business:
// durations by business hours). Errors of the API are application/problem+json.
//
// # Caveats
//
// The page is English. It works without JavaScript; with it, choices take effect at once.
// Answers have an ETag, and may be kept by the reader's browser alone: a proxy mustn't, as
// they depend on who asks. A workbook asks for every report: some dozen questions.
package web
