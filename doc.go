// Package frontdesk is an embeddable support desk: tickets, people, a chat with its
// widget, and the log of all that happens, in the host's own process.
//
//	desk, err := frontdesk.Open(ctx, frontdesk.Config{Path: "support.db"})
//	defer desk.Close()
//	go desk.Run(ctx)
//	mux.Handle("/support/", http.StripPrefix("/support", desk.Handler()))
//
// and on a page:
//
//	<script async src="/support/widget.js"></script>
//
// # Services
//
// A [Desk] is a handful of services over one store: Tickets (package ticket), Queues
// (package queue), Rules (package automation), People (package identity), Events
// (store/event), Jobs (store/job), Search (package ticket/search). Each works alone, too. [Desk.In] binds them to a transaction of the host's.
//
// # Background work
//
// [Desk.Run] does all of it, and blocks: it feeds consumers of the log and live
// streams, runs jobs, fills new indexes. [Desk.Drain] does what is due now in the
// caller's goroutine, in an order that depends on the log alone: it is for tests
// and cron.
//
// # Backups, and moving house
//
// [Desk.Backup] writes a copy of the desk while it runs: a tar file that unpacks to
// a desk in a file. The command frontdesk makes backups, too, and copies a desk from
// a file to PostgreSQL and back; [OpenData] and [Data.CopyTo] do so in a program.
//
// # Caveats
//
// Without Run (or Drain) writers work, but lists, streams and pushes stand still.
// A bbolt file belongs to one process; store/pgstore is for several.
package frontdesk
