// Package condition is the language of filters, rules and audiences: one
// expression of expr's syntax over declared names, which is true or false of a
// subject.
//
// Declare the names once, with a Go function that gets each from a subject. Then
// compile what people write:
//
//	env, err := condition.NewEnv(
//		condition.Var[*Ticket]{Name: "ticket.status", Text: func(t *Ticket) string { return t.Status }},
//		condition.Var[*Ticket]{Name: "field.spend", Number: func(t *Ticket) (float64, bool) { return t.Spend, t.HasSpend }},
//	)
//	c, err := env.Compile(`ticket.status == "new" and field.spend >= 100`)
//	yes := c.Match(t)
//
// # The language
//
//	==  !=  <  <=  >  >=              numbers, times, durations, text by its bytes
//	x in [a, b]   x not in [a, b]     one of several
//	"vip" in ticket.tags              a list holds it
//	contains  startsWith  endsWith    text
//	x matches "^re[sf]"               a regular expression of Go, given literally
//	and  or  not  (also && || !)
//	+ - * /                           numbers, times and durations
//	lower(x) upper(x) trim(x) len(x)
//	hours(2) minutes(5) days(30) duration("1h30m") date("2026-11-24")
//	x == nil   x != nil               isn't set, is set
//
// A difference of two times is a duration: now - ticket.created > hours(2).
// Nothing else of expr is taken: no closures, maps, pipes, variables or
// conditionals. So a condition reads nothing but its subject, always ends, and
// has no errors when it runs. [Error] says where a bad one is wrong, and what is
// allowed there.
//
// # What isn't set
//
// Empty text, the zero time, and a number or a truth value whose function says so
// aren't set. Such a value equals nothing, and so != and not in are true of it:
// a ticket of no priority isn't urgent. It is neither below nor above anything: all
// of < <= > >=, contains, startsWith, endsWith and matches are false of it. What
// is computed from it isn't set either, but len of it is 0. Comparing with nil, or
// with "", asks whether it is set.
//
// # What must hold
//
// [Condition.Needs] gives what must be true of single names for the whole to be
// true, so that candidates can be looked up in an index. A [Set] is such an index
// the other way round: which of 10,000 conditions may be true of one subject. From needs
// also follows what Never, Always, Excludes and Covers say of conditions without a
// subject.
//
// # Who asks what it says
//
// [Condition.Explain] tells of each part whether it was true, and of what values.
// [Env.Sketch] tells how a condition is written, for forms and checks.
//
// # Caveats
//
// Everything runs as Go closures, and expr's virtual machine isn't used: it has no
// notion of what isn't set, costs ten times as much, and would be a second meaning
// of the language. The tests compare with it.
//
// A regular expression looks at the first [MaxMatched] bytes of a text: that is what
// bounds its time.
package condition
