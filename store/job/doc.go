// Package job keeps work that must be done although the process may die: calls
// outward, and timers.
//
// Open the store with [Collections], make a [Queue] with [New], say what each
// kind of job does with [Queue.Handle], and let [Queue.Run] work. [Queue.Enqueue]
// adds jobs in the transaction that gives rise to them, so that they exist if and
// only if it commits:
//
//	q := job.New(db, nil)
//	q.Handle("mail", job.Handler{Do: send})
//	go q.Run(ctx)
//	err := db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
//		// … change the ticket …
//		return q.Enqueue(ctx, tx, job.Spec{ID: "reply-mail/" + messageID, Kind: "mail", Key: ticketID, Data: data})
//	})
//
// # Outward, or inside
//
// A handler has one of two functions. Do calls the outside world, at least once:
// no transaction is open while it runs, and if the process dies before the job is
// completed, it runs again. Hand the job's id on as the idempotency key of the
// call. Inside changes the store, exactly once: it runs in the transaction that
// completes the job.
//
// # Ids
//
// A job's id says what it is for. Enqueueing an id that is there already adds
// nothing, and returns nil. A job that is done leaves a small mark for
// [Options.Keep], 7 days unless told otherwise, so that a cause which comes twice
// causes no second job. A cancelled or dropped job leaves none: its id is free.
//
// # Time
//
// A job with a RunAt in the future is a timer. Nothing polls: the queue sleeps
// until the first job is due, or is woken by Enqueue; only where other processes
// write to the same store it looks every few seconds, too. For a timer that
// comes again, let the handler call [Queue.Reschedule] for its own job.
//
// # Failure
//
// A handler that fails, panics or takes longer than its timeout is tried again
// after a random pause, which grows up to an hour ([Permanent] and [After] say
// otherwise). After the last attempt the job becomes a dead letter: it stays, with
// its error, until [Queue.Retry] or [Queue.Drop]; [Queue.Dead] lists them.
//
// Whoever runs a job holds a lease on it: a token, and a time that is a little
// longer than the timeout. When the lease is over, any process may take the job
// over, and the one that was too slow can't complete it any more.
//
// # Order
//
// Jobs with the same Key run one after the other, in the order in which they were
// enqueued. One that fails, or whose time hasn't come, holds the others up; a dead
// letter doesn't, and if it is retried, it goes behind those that wait.
//
// # Caveats
//
// Use one Queue for each DB in a process: a second one isn't woken by the first.
//
// A handler that goes on after its context has ended may find that another one
// runs the same job, or the next of its key. So may one whose job is cancelled or
// rescheduled while it runs.
//
// An attempt counts when it begins, so that a job which kills the process ends as
// a dead letter, too. An attempt that Run's own end interrupts doesn't count.
//
// Processes that share a store go by its clock: Run measures how far their own is
// off it, and refuses where that is above a quarter of the shortest lease
// ([ClockError]). Times that a caller gives are taken as they are.
//
// The texts of errors are stored and logged, and ids, kinds and keys are logged:
// keep personal data out of them. Data is never logged.
package job
