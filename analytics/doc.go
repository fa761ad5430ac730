// Package analytics counts what happens on a desk: figures by the minute, hour and day of
// any time zone, told apart by app, queue, agent, label and other dimensions.
//
//	table, err := desk.Analytics.Query(ctx, actor, analytics.Query{
//		From: monday, To: friday, Grain: analytics.Day, Zone: berlin,
//		By: []analytics.Dimension{analytics.Queue},
//		Metrics: []analytics.Metric{analytics.Created, analytics.Open, analytics.FirstResponseTimeP90},
//	})
//
// The docstring of each [Metric] tells its formula, its unit, and by which moment it is
// dated; [Metrics] tells the same to programs. A formula that would divide by zero has no
// value ([Value]), which isn't zero.
//
// # How it works
//
// A projection follows the log of events and counts each event once, in the transaction
// that moves it on. What events tell, and nothing else, makes the figures, so that
// [Service.Rebuild] comes to the same numbers, also after erasures. A batch of events
// becomes segments, by the minute; segments are folded into sheets, by the quarter of an
// hour and day of UTC, of the total, of each value of a dimension, and of each whole set of
// dimensions. All of them are sums of integers, so that it doesn't matter in which order
// events come. [Service.Levels] tells how tickets stand now.
//
// # Caveats
//
// Figures are some milliseconds behind what happens; Table.Through says how far they are.
// How many tickets were open long ago costs reading what came since. Minutes are kept for
// [KeepMinutes]. Events that were written by a program that didn't tell yet how tickets
// stand after them ([ticket.Facts]) aren't counted.
package analytics
