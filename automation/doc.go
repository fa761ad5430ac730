// Package automation lets staff say what happens by itself: rules.
//
// A rule has a trigger, a condition and actions. When its trigger comes, on a ticket of
// which its condition is true, its actions are done:
//
//	rule := &automation.Rule{
//		Name: "Refunds go to billing",
//		On:   automation.Trigger{Kind: automation.OnCreated},
//		When: `ticket.title contains "refund" and ticket.platform == "web"`,
//		Do:   []automation.Action{{Action: ticket.Action{Do: ticket.DoAssignQueue, To: "billing"}}},
//	}
//	err := rules.SaveRule(ctx, actor, rule)
//
// # Once
//
// A rule runs once per ticket and cause: the change that triggers it, the moment from
// which its clock counts, or the time of its schedule. That holds over crashes, and with
// any number of processes: the mark that it ran is written in the transaction of what it
// did, and is unique. What goes outside, webhooks, notices and functions of the host, is
// a durable job with an id that is the same each time it is tried.
//
// # A pass
//
// Rules of one cause run in the order of the list, and each sees the changes of those
// before it. Of actions that set something which has one value, assignment, status,
// snooze, priority, label, title, language and each field, the first one in a pass counts,
// and later ones are skipped, which the log of runs says. When a rule has resolved or
// rejected the ticket, the rest of the pass is skipped. What rules change may trigger rules
// again, in a pass of its own; a chain ends at a depth of MaxDepth. A loop that goes through
// others, as through the engine of queues, is no chain: a rule that has run 20 times on a
// ticket on which rules ran 100 times within an hour is cut short, too, and so is a pass of
// more than MaxPass rules. The log of runs tells.
//
// # Clocks and schedules
//
// A time rule runs when its [Clock] has run for so long on an open
// ticket, of all time or of business time, once for each time that the clock begins: its
// epoch. What is due on a ticket at one time runs in one pass. [Service.Run] sleeps until
// the first rule is due; after a time in which nothing ran, everything that fell due is
// made up for, once. If the condition is false at the moment, the rule runs when a later
// change of the ticket makes it true, or, where it asks for the time of day, when that
// does. A rule that is new doesn't act on what is overdue unless it says so
// ([Service.Overdue] counts that beforehand), and one that is edited doesn't run again for
// what it ran for. Where an earlier rule ends the pass, the rules behind it count as run.
//
// A schedule's rule runs over all open tickets of which its condition is true, at the
// times that its zone's clock shows: one that the clock passes over is the moment at which
// it does, one that it shows twice is the first. Of the moments that were missed the last
// one is made up for.
//
// # Forms, and what is wrong
//
// A [Form] is a condition as rows and groups, for people who write no expressions: with
// the names of [Service.Vocabulary] [Form.Expression] writes one as a condition, and
// [ParseForm] reads it back. [Service.Lint] says which rules can't do what they say.
//
// # Caveats
//
// An action that fails is noted in the log of runs, and the others are done. Conditions
// see what previous values the ticket's history keeps: of a long text its first 500
// characters. A condition that asks for what isn't the ticket's, as user.name, is
// looked at when the ticket changes, and not when the end user does. Who is connected is
// known of end users with open tickets, within seconds, and only while there are rules
// that ask; if their process dies, it is known within a minute when that was.
package automation
