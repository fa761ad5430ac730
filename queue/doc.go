// Package queue gives tickets to agents.
//
// A [Queue] holds tickets that wait for a person. An agent is given them when he is
// available, in one of the queue's groups, below his limits, and has the skills that
// they ask for ([Worker], [Availability]). The queues of a desk are ranked: who is
// free gets the first ticket of the best-ranked queue that has one for him.
//
// Open the store with Collections, give ticket.Open the package's Hook, CanTake and
// Exists, make a Service with Open, and let Service.Run work:
//
//	queues, err := queue.Open(ctx, queue.Parts{DB: db, Events: events, Jobs: jobs, People: people, Tickets: tickets}, nil)
//	go queues.Run(ctx)
//
// # What never happens
//
// Two agents for one ticket; an agent who is given a ticket above a limit; a queue that
// is served while a better-ranked one has a ticket that the same agent could take; a
// ticket that could be assigned and waits. With any number of goroutines and processes
// these hold for what the engine decides, at the position of the log that it has read
// and that each of its events names. Whatever is done by hand may exceed a limit, is
// recorded as forced, and counts.
//
// # How it works
//
// One process of the desk is the assigner. It follows the log, keeps queues, agents and
// loads in memory, where a decision takes about a microsecond however many tickets
// wait, and writes decisions in groups: each group is written only if the process is
// still the assigner, each ticket is given only if it is still what the decision was
// about. If the process dies another one takes over as soon as work has been left
// undone for the time of a lease; an idle desk writes nothing.
package queue
