// Package prometheus shows how a desk stands to Prometheus.
//
//	c := prometheus.New(prometheus.Parts{DB: desk.DB, Events: desk.Events, Analytics: desk.Analytics}, nil)
//	registry.MustRegister(c)
//	go c.Run(ctx)
//
// It is a leaf, so that only who wants it has the client library.
//
//	frontdesk_tickets_open{queue}, frontdesk_tickets_open_by_app{app}
//	frontdesk_tickets_backlog{queue}            tickets that wait for a person, and nobody has
//	frontdesk_backlog_wait_seconds{queue}       for how long they wait, on average
//	frontdesk_tickets_created_total{app,queue}  once they have left intake
//	frontdesk_tickets_resolved_total{app,queue,by}
//	frontdesk_tickets_reopened_total{app,queue}
//	frontdesk_messages_total{app,author}
//	frontdesk_targets_breached_total{app,queue,target}
//	frontdesk_ratings_total{app,queue}, frontdesk_ratings_sum{app,queue}
//	frontdesk_consumer_lag_events{consumer}, frontdesk_consumer_lag_seconds{consumer}
//	frontdesk_consumer_incomplete{consumer}     1: an event was set aside
//
// Gauges are read at a scrape from what projections keep: as much as there are queues, and
// no tickets. Counters follow the log of events in memory.
//
// # Caveats
//
// Counters begin at zero with Run, as Prometheus expects of a process; without Run they stay
// there. Each process counts the whole desk: where several serve one, scrape one of them, or
// take max by (queue), not sum. Queues and apps are labels, so a desk of some hundred queues
// has some thousand series. For reports ask package analytics, whose figures are exact.
package prometheus
