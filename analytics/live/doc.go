// Package live shows how a desk stands now, to those who look after it: queues and agents,
// the last sixty minutes, what is unusual, and a stream of it.
//
//	for snap, err := range s.Watch(ctx, supervisor) {
//		if err != nil { … }
//		show(snap.Queues, snap.Agents)
//	}
//
// What somebody does about it goes through package queue: [queue.Service.SetAvailability]
// and [queue.Service.Pause].
//
// Nothing is counted for it. How many tickets are open, wait, and came in the last hour is
// kept by package analytics; the longest waits are the heads of an index; and of agents only
// those are read again to whom something happened. A desk on which nothing happens isn't
// looked at, however many watch it, but when a colour is about to change.
//
// [Service.Run] says in the log of events when a queue turns amber or red, and when more
// tickets come than usual: [ColourTurned], [SpikeBegan], [SpikeEnded].
//
// # Caveats
//
// Counts are those of the projection of package analytics, some milliseconds behind:
// Snapshot.Through says how far they are right.
//
// Who sees only some tickets gets the counts of those. The longest wait of a queue is shown
// to all who may see real-time figures.
package live
