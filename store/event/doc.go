// Package event is the log of a desk: what happened, in order, for ever.
//
// [Log.Append] adds events in the transaction that changes their subject, so that
// a change and its events are there together or not at all. Positions are dense, in the
// order of the writers' turns: in a transaction of [store.DB.Prepare] events get theirs,
// and can be read, only there.
// Where several processes share a store, events get theirs after they have been
// committed ([Log.Sequence]); until then only [Log.History] shows them.
//
// Who wants to act on events becomes a consumer. A projection ([Log.Project])
// keeps its own collections up to date, in batches. A reactor ([Log.React])
// calls services, one subject at a time. In both the effects and the cursor
// commit together: whatever they write to the store happens exactly once, also
// when the process is killed. What can't be taken is parked, listed by
// [Log.ParkedEvents], and given again by [Log.Retry].
//
// Live readers use [Log.Tail], or [Log.Watch] where being woken is enough.
//
// # Caveats
//
// Consumers and live readers need [Log.Run], or [Log.Step] in tests; processes that
// share a store wake each other while [store.DB.Run] is under way, too, and look
// every second or so without it. Any number of them may run; a consumer, or each
// partition of a reactor, is at work in one at a time. A consumer doesn't change
// the events that it is given. What a
// consumer does outside the store may happen again: make it a job.
package event
