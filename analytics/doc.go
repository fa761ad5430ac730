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
// value ([Value]), which isn't zero. [Service.Levels] tells how tickets stand now, from what
// is kept, without a look at any of them.
//
// # How it works
//
// A projection follows the log of events and counts each event once, in the transaction
// that moves it on. The figures are made of what events tell, and of nothing else: of
// settings, too, what the log has told of them so far. So [Service.Rebuild] comes to the same
// numbers, also after erasures, and nothing personal is kept.
//
// A batch of events becomes segments, which are short and by the minute. When enough of them
// wait, or a day is over, they are folded into sheets, by the quarter of an hour (every time
// zone is apart from UTC by quarters) and day: of the total, of each value of a dimension, and
// of each whole set of dimensions, which an index finds by any of its values. A query by one
// dimension reads its sheets; one by more reads whole sets by the filter that leaves least;
// and either adds what waits. Without events nothing is done: there is no timer.
//
// What is counted are sums of integers, so that it doesn't matter in which order and in which
// batches they come. What later turns out otherwise, as a deflection by a reopening, is taken
// back where it had been counted. How many tickets were open at some moment is how many are
// now, without what has come and gone since.
//
// # Percentiles
//
// Durations are counted in buckets, 64 for each doubling: the idea of DDSketch, with bounds
// on straight lines between powers of two, so that integers are enough, every machine finds
// the same bucket, and a rebuild is the same to the byte. It was compared with what is there
// (on log-normal durations, 96 sketches merged; error of p50, p90 and p99):
//
//	                                  300 durations        100,000              merging
//	these buckets                     .4%  .5%  .4%        .3% .1% .2%          exact
//	DataDog/sketches-go v1.4.8        .1%  .6%  .8%        .0% 1.0% 1.0%        exact
//	caio/go-tdigest v4.1.0            .8%  .2%  .6%        .1% .0% .0%          by order
//	influxdata/tdigest v0.0.1         2%   2%   28%        4%  6%  4%           by order
//
// Digests are smaller where there are very many durations, and worse with few, which is what
// a queue's quarter of an hour has; merged in another order they say something else (or take
// thirteen times as long). sketches-go is as good and half the size, brings protobuf along,
// and has floats for bounds; its stores aren't sparse by the quarter.
//
// # Caveats
//
// Figures are some milliseconds behind what happens; Table.Through says how far they are.
//
// Rows by [Tag] overlap. A ticket's team is that of its agent when the ticket last changed.
//
// How many tickets were open long ago costs reading what came since. Minutes are kept for
// [KeepMinutes], by the time of the log.
//
// Who doesn't see all tickets is told of what was in his groups and apps then, and of what he
// had himself; that he follows a ticket doesn't count.
//
// Events of programs that didn't tell yet how tickets stand after them (Facts.After of package
// ticket) aren't counted: figures begin with the version that tells.
//
// Available agents count for at most 31 days at a stretch.
//
// What is kept of a ticket's past is about 500 bytes, for as long as there are figures.
package analytics
