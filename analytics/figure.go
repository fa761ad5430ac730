package analytics

import (
	"slices"
	"strings"
	"sync"
)

// column is what is counted: sums of integers, which merge in any order. Numbers are
// stored: none is given to anything else, ever.
type column uint32

const (
	colCreated column = iota + 1
	colOpen           // what is added to the number of open tickets
	colBacklog        // likewise
	colAssigned
	colResolved
	colByAgent
	colByBot
	colByAutomation
	colByEndUser
	colBySystem
	colMerged
	colAccepted
	colRefused
	colRejected
	colReopened
	colFirstContact
	colInbound
	colOutAgent
	colOutBot
	colOutAutomation
	colFirstResponse
	colHumanResponse
	colReply
	colRated
	colScore
	colMetFirst
	colMetNext
	colMetResolution
	colMissedFirst
	colMissedNext
	colMissedResolution
	colView
	colSearch
	colSearchInVain
	colHelpful
	colUnhelpful
	colSettled
	colDeflected
	colBotStart
	colBotEnd
	colBotHandOff
	colBotTicket
	colBotDeflection
	colAvailable // µs
	colBusy      // µs
	colWaiting   // what is added to the number of tickets that wait for their agent
	colSince     // what is added to the sum of the moments since when backlogged tickets wait, in ms since [epoch]
)

// durations begin here: each has a count, a sum by the wall and one by business hours, in
// µs; and two spreads, behind all plain columns.
const (
	colDuration column = 64
	columns     column = 128 // plain columns are below
	colSpread   column = 256
)

// span is a kind of duration.
type span column

const (
	firstAssignment span = iota
	firstResponse
	humanResponse
	replyTime
	resolutionTime
	handlingTime
	holdingTime
)

func (s span) count() column    { return colDuration + 3*column(s) }
func (s span) wall() column     { return s.count() + 1 }
func (s span) business() column { return s.count() + 2 }

// spread is the column of a sketch.
func (s span) spread(business bool) column {
	if business {
		return colSpread + 2*column(s) + 1
	}
	return colSpread + 2*column(s)
}

// figure is a metric and how it comes from columns.
type figure struct {
	Description
	needs   []column
	spread  column // 0: none
	quarter bool   // it knows no minutes
	ratings bool   // it is for who may see ratings
	of      func(t *tally) Value
}

// known is a value that there is.
func known(n float64) Value { return Value{Number: n, Known: true} }

// ratio has no value where it divides by zero.
func ratio(n, of int64) Value {
	if of == 0 {
		return Value{}
	}
	return known(float64(n) / float64(of))
}

func (t *tally) sum(cs []column) (n int64) {
	for _, c := range cs {
		n += t.n[c]
	}
	return n
}

const (
	byAction     = "the action"
	byResolution = "the resolution"
	byView       = "the view"
	byEnd        = "the end of the row"
)

var (
	articleDimensions = []Dimension{App, Platform, Language}
	agentDimensions   = []Dimension{Team, Agent}
)

func count(m Metric, name, formula, dated string, cs ...column) figure {
	return figure{Description: Description{Metric: m, Name: name, Unit: Count, Formula: formula, Dated: dated}, needs: cs,
		of: func(t *tally) Value { return known(float64(t.sum(cs))) }}
}

func standing(m Metric, name, formula string, c column) figure {
	f := count(m, name, formula, byEnd, c)
	f.Level = true
	return f
}

func rate(m Metric, name, formula, dated string, n []column, of []column) figure {
	return figure{Description: Description{Metric: m, Name: name, Unit: Ratio, Formula: formula, Dated: dated}, needs: slices.Concat(n, of),
		of: func(t *tally) Value { return ratio(t.sum(n), t.sum(of)) }}
}

func (f figure) by(ds []Dimension) figure { f.By = ds; return f }

// figures are all metrics, in the order of reports. Nobody changes them.
var figures = sync.OnceValue(func() []figure {
	return slices.Concat(ticketFigures(), talkFigures(), promiseFigures(), articleFigures(), botFigures(), agentFigures(), durationFigures())
})

// figureOf finds metrics by name.
var figureOf = sync.OnceValue(func() map[Metric]*figure {
	of := map[Metric]*figure{}
	for i := range figures() {
		f := &figures()[i]
		of[f.Metric] = f
	}
	return of
})

func ticketFigures() []figure {
	resolved := []column{colResolved}
	return []figure{
		count(Created, "Created", "new tickets that have left intake", "creation", colCreated),
		standing(Open, "Open", "open tickets at the end of the row", colOpen),
		standing(Backlog, "Backlog", "tickets that wait for a person, and nobody has, at the end of the row", colBacklog),
		count(Assigned, "Assigned", "assignments to an agent who didn't have the ticket", byAction, colAssigned),
		count(Resolved, "Resolved", "resolutions, without merged tickets", byAction, colResolved),
		count(ResolvedByAgent, "Resolved by agents", "resolutions by agents", byAction, colByAgent),
		count(ResolvedByBot, "Resolved by bots", "resolutions by bots", byAction, colByBot),
		count(ResolvedByAutomation, "Resolved by automations", "resolutions by automations", byAction, colByAutomation),
		count(ResolvedByEndUser, "Resolved by end users", "resolutions by end users", byAction, colByEndUser),
		count(ResolvedBySystem, "Resolved by the host", "resolutions by the host's own code", byAction, colBySystem),
		count(Merged, "Merged", "tickets merged into another one", byAction, colMerged),
		count(Accepted, "Resolutions accepted", "end users' answers that it is solved", byAction, colAccepted),
		count(Refused, "Resolutions refused", "end users' answers that it isn't solved", byAction, colRefused),
		count(Rejected, "Rejected", "tickets rejected", byAction, colRejected),
		count(Reopened, "Reopened", "reopenings", byAction, colReopened),
		rate(ReopenRate, "Reopen rate", "reopened / resolved", byAction, []column{colReopened}, resolved),
		count(FirstContacts, "Resolved at first contact", "tickets resolved once, with one message of an agent", byResolution, colFirstContact),
		rate(FirstContactRate, "First-contact rate", "first_contact_resolutions / resolved", byResolution, []column{colFirstContact}, resolved),
	}
}

func talkFigures() []figure {
	return []figure{
		count(Inbound, "Messages in", "public messages of end users", byAction, colInbound),
		count(OutboundAgent, "Messages of agents", "public messages of agents", byAction, colOutAgent),
		count(OutboundBot, "Messages of bots", "public messages of bots", byAction, colOutBot),
		count(OutboundAutomation, "Messages of automations", "public messages of automations and of the host", byAction, colOutAutomation),
		count(FirstResponses, "First responses", "tickets that got their first answer of an agent or bot", byAction, colFirstResponse),
		count(HumanResponses, "First human responses", "tickets that got their first answer of an agent", byAction, colHumanResponse),
		count(Replies, "Replies", "agents' messages to end users who waited", byAction, colReply),
	}
}

func promiseFigures() []figure {
	ratings := count(Ratings, "Ratings", "resolutions that end users rated", "the first answer", colRated)
	satisfaction := figure{Description: Description{Metric: Satisfaction, Name: "Satisfaction", Unit: Score, Formula: "sum of ratings, 1 to 5, / csat_count", Dated: "the first answer"},
		needs: []column{colScore, colRated}, of: func(t *tally) Value { return ratio(t.n[colScore], t.n[colRated]) }}
	ratings.ratings, satisfaction.ratings = true, true
	fs := []figure{ratings, satisfaction}
	const due, either = "the due moment", "the due moment or the answer, whichever is first"
	add := func(met, missed, attained Metric, name string, m, b []column) {
		fs = append(fs,
			count(met, name+" met", "targets that the answer or resolution was in time for", byAction, m...),
			count(missed, name+" breached", "targets whose due moment passed", due, b...),
			rate(attained, name+" attained", "met / (met + breached)", either, m, slices.Concat(m, b)))
	}
	add(TargetsMet, TargetsBreached, Attained, "Targets", []column{colMetFirst, colMetNext, colMetResolution}, []column{colMissedFirst, colMissedNext, colMissedResolution})
	add(FirstResponseMet, FirstResponseBreached, FirstResponseAttained, "First response targets", []column{colMetFirst}, []column{colMissedFirst})
	add(NextResponseMet, NextResponseBreached, NextResponseAttained, "Next response targets", []column{colMetNext}, []column{colMissedNext})
	add(ResolutionMet, ResolutionBreached, ResolutionAttained, "Resolution targets", []column{colMetResolution}, []column{colMissedResolution})
	return fs
}

func articleFigures() (fs []figure) {
	for _, f := range []figure{
		count(Views, "Article views", "articles that readers opened", byAction, colView),
		count(Searches, "Searches", "searches of readers", byAction, colSearch),
		count(SearchesInVain, "Searches in vain", "searches that found nothing which fitted", byAction, colSearchInVain),
		count(Helpful, "Helpful", "votes that an article was helpful", byAction, colHelpful),
		count(Unhelpful, "Unhelpful", "votes that an article wasn't helpful", byAction, colUnhelpful),
		count(Deflections, "Deflections", "views not followed by a ticket of the same end user in 30 minutes", byView, colDeflected),
		rate(DeflectionRate, "Deflection rate", "faq_deflections / views of known end users", byView, []column{colDeflected}, []column{colSettled}),
	} {
		fs = append(fs, f.by(articleDimensions))
	}
	return fs
}

func botFigures() []figure {
	return []figure{
		count(BotStarts, "Bot starts", "conversations that bots began", byAction, colBotStart),
		count(BotCompletions, "Bot completions", "conversations that came to an end of their flow", byAction, colBotEnd),
		count(BotHandOffs, "Bot hand-offs", "tickets that a bot gave to somebody else", byAction, colBotHandOff),
		count(BotTickets, "Tickets a bot started", "open tickets on which a bot began a conversation, each once", "the first beginning", colBotTicket),
		count(BotDeflections, "Bot deflections", "tickets resolved with messages of bots only, and not reopened within 72 hours", byResolution, colBotDeflection),
		rate(BotDeflectionRate, "Bot deflection rate", "bot_deflections / bot_tickets", "that of its parts", []column{colBotDeflection}, []column{colBotTicket}),
	}
}

func agentFigures() []figure {
	seconds := func(m Metric, name, formula string, c column) figure {
		return figure{Description: Description{Metric: m, Name: name, Unit: Seconds, Formula: formula, Dated: "each moment of it"}, needs: []column{c},
			of: func(t *tally) Value { return known(float64(t.n[c]) / 1e6) }}
	}
	fs := []figure{
		seconds(AvailableTime, "Available", "time in which agents were available", colAvailable),
		seconds(BusyTime, "Busy", "available time with at least one ticket waiting for the agent", colBusy),
		rate(Occupancy, "Occupancy", "busy_time / available_time", "each moment of it", []column{colBusy}, []column{colAvailable}),
	}
	for i := range fs {
		fs[i].quarter, fs[i].By = true, agentDimensions
	}
	return fs
}

func durationFigures() (fs []figure) {
	const atAssignment, atResponse, atMessage, atLater = "the assignment", "the response", "the message", "the later of the two"
	for _, d := range []struct {
		span
		first                Metric // average by the wall; the others have its name with another end
		name, formula, dated string
	}{
		{firstAssignment, FirstAssignmentTimeAvg, "Time to first assignment", "first assignment to an agent − creation", atAssignment},
		{firstResponse, FirstResponseTimeAvg, "Time to first response", "first response of an agent or bot − creation", atResponse},
		{humanResponse, HumanResponseTimeAvg, "Time to first human response", "first response of an agent − creation", atResponse},
		{replyTime, ReplyTimeAvg, "Reply time", "an agent's message − since when the end user had waited", atMessage},
		{resolutionTime, ResolutionTimeAvg, "Time to resolve", "resolution − creation", byResolution},
		{handlingTime, HandlingTimeAvg, "Handling time", "resolution − first assignment to an agent", byResolution},
		{holdingTime, HoldingTimeAvg, "Holding time", "first response − first assignment to an agent, where it isn't before", atLater},
	} {
		base := strings.TrimSuffix(string(d.first), "avg")
		for _, business := range []bool{false, true} {
			name, prefix, sum := d.name, base, d.wall()
			if business {
				name, prefix, sum = name+", business hours", base+"business_", d.business()
			}
			add := func(end, what string, f figure) {
				f.Description = Description{Metric: Metric(prefix + end), Name: name + ", " + what, Unit: Seconds, Formula: what + " of: " + d.formula, Dated: d.dated}
				fs = append(fs, f)
			}
			n := d.count()
			add("avg", "average", figure{needs: []column{sum, n}, of: func(t *tally) Value {
				v := ratio(t.n[sum], t.n[n])
				v.Number /= 1e6
				return v
			}})
			for _, q := range []struct {
				end, what string
				percent   int64
			}{{"p50", "median", 50}, {"p90", "90th percentile", 90}, {"p99", "99th percentile", 99}} {
				c := d.spread(business)
				add(q.end, q.what, figure{spread: c, of: func(t *tally) Value { return t.quantile(c, q.percent) }})
			}
		}
	}
	return fs
}
