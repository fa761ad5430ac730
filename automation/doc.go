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
// again, in a pass of its own; a chain ends at a depth of MaxDepth.
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
// characters.
package automation
