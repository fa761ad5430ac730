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
// # Who is at work
//
// An agent is available, away or offline: he says so himself, or a supervisor of his team
// does ([Service.SetAvailability]), or it follows from a login ([Service.Login]), from
// connections that are gone or a host that says no more that he is there
// ([Service.Beat]), from doing nothing for long, and from the end of his shift, which is a
// calendar ([Worker]). Every change is in his log, with who and why
// ([Service.AvailabilityLog]). When his shift ends, and when he is away for longer than
// Settings.Grace, his open tickets go back to their queues, with their waits.
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
