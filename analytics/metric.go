package analytics

import "slices"

// Metric is a figure that a [Query] asks for. Each constant tells its formula, its unit
// and by which moment it is dated. Counts are numbers of events; a rate whose formula
// divides by zero has no value. Unless something else is said, a figure is dated by the
// time of the action, with the dimensions of the ticket right after it.
type Metric string

// How tickets come and go.
const (
	// Created counts new tickets, dated by their creation, with the dimensions that they
	// left intake with. One that is still in intake isn't counted yet.
	Created Metric = "created"
	// Open is how many tickets are open at the end of the row, by what they are then.
	Open Metric = "open"
	// Backlog is how many tickets wait for a person at the end of the row, and nobody has
	// them: those that sleep or are in intake don't.
	Backlog Metric = "backlog"
	// Assigned counts how often a ticket was given to an agent who didn't have it, by
	// himself too. Bots, groups and queues don't count.
	Assigned Metric = "assigned"
	// Resolved counts resolutions. Tickets that were merged into another one are apart.
	Resolved Metric = "resolved"
	// ResolvedByAgent counts resolutions by agents.
	ResolvedByAgent Metric = "resolved_by_agent"
	// ResolvedByBot counts resolutions by bots.
	ResolvedByBot Metric = "resolved_by_bot"
	// ResolvedByAutomation counts resolutions by automations.
	ResolvedByAutomation Metric = "resolved_by_automation"
	// ResolvedByEndUser counts resolutions by end users.
	ResolvedByEndUser Metric = "resolved_by_end_user"
	// ResolvedBySystem counts resolutions by the host's own code.
	ResolvedBySystem Metric = "resolved_by_system"
	// Merged counts tickets that were merged into another one.
	Merged Metric = "merged"
	// Accepted counts end users' answers that a resolution is one, with the agent or bot
	// who had the ticket when it was resolved.
	Accepted Metric = "resolutions_accepted"
	// Refused counts answers that it isn't, likewise.
	Refused Metric = "resolutions_refused"
	// Rejected counts tickets that were rejected.
	Rejected Metric = "rejected"
	// Reopened counts reopenings.
	Reopened Metric = "reopened"
	// ReopenRate is reopened / resolved.
	ReopenRate Metric = "reopen_rate"
	// FirstContacts counts tickets that were resolved once, after exactly one message of
	// an agent, dated by that resolution. A second resolution takes it back.
	FirstContacts Metric = "first_contact_resolutions"
	// FirstContactRate is first_contact_resolutions / resolved.
	FirstContactRate Metric = "first_contact_rate"
)

// What is written, and how it is answered.
const (
	// Inbound counts public messages of end users, those that begin tickets included.
	Inbound Metric = "inbound"
	// OutboundAgent counts public messages of agents.
	OutboundAgent Metric = "outbound_agent"
	// OutboundBot counts public messages of bots.
	OutboundBot Metric = "outbound_bot"
	// OutboundAutomation counts public messages of automations and of the host.
	OutboundAutomation Metric = "outbound_automation"
	// FirstResponses counts tickets that got their first answer of an agent or a bot. A
	// message with which an agent begins a ticket is none.
	FirstResponses Metric = "first_responses"
	// HumanResponses counts tickets that got their first answer of an agent, likewise.
	HumanResponses Metric = "first_human_responses"
	// Replies counts messages of agents to end users who waited.
	Replies Metric = "replies"
)

// What end users say of it, and what was promised to them.
const (
	// Ratings counts resolutions that end users rated, dated by the first answer, with
	// the agent or bot who had the ticket when it was resolved.
	Ratings Metric = "csat_count"
	// Satisfaction is the sum of the ratings, 1 to 5, / csat_count. A rating that is changed
	// is changed where it had been counted. It, and csat_count, have no value for who may
	// not see ratings.
	Satisfaction Metric = "csat"
	// TargetsMet counts targets of service policies that an answer or a resolution was in
	// time for.
	TargetsMet Metric = "targets_met"
	// TargetsBreached counts targets that were missed, dated by the due moment.
	TargetsBreached Metric = "targets_breached"
	// Attained is targets_met / (targets_met + targets_breached).
	Attained Metric = "attained"
	// FirstResponseMet, FirstResponseBreached and FirstResponseAttained are the three of the
	// target of first responses.
	FirstResponseMet      Metric = "first_response_met"
	FirstResponseBreached Metric = "first_response_breached"
	FirstResponseAttained Metric = "first_response_attained"
	// NextResponseMet, NextResponseBreached and NextResponseAttained are those of next
	// responses.
	NextResponseMet      Metric = "next_response_met"
	NextResponseBreached Metric = "next_response_breached"
	NextResponseAttained Metric = "next_response_attained"
	// ResolutionMet, ResolutionBreached and ResolutionAttained are those of resolutions.
	ResolutionMet      Metric = "resolution_met"
	ResolutionBreached Metric = "resolution_breached"
	ResolutionAttained Metric = "resolution_attained"
)

// Articles. They know app, platform and language only.
const (
	// Views counts articles that readers opened; staff are none.
	Views Metric = "faq_views"
	// Searches counts searches of readers.
	Searches Metric = "faq_searches"
	// SearchesInVain counts searches that found nothing which fitted.
	SearchesInVain Metric = "faq_searches_in_vain"
	// Helpful counts votes that an article was helpful. One that is taken back later still
	// counts as the vote that it was.
	Helpful Metric = "faq_helpful"
	// Unhelpful counts votes that it wasn't, likewise.
	Unhelpful Metric = "faq_unhelpful"
	// Deflections counts views of known end users who began no ticket within 30 minutes,
	// dated by the view, and known half an hour after it.
	Deflections Metric = "faq_deflections"
	// DeflectionRate is faq_deflections / views of known end users, of those that are that
	// long ago.
	DeflectionRate Metric = "faq_deflection_rate"
)

// Bots. Their dimension is the bot that acted, whoever has the ticket after it.
const (
	// BotStarts counts conversations that bots began, about resolutions too.
	BotStarts Metric = "bot_starts"
	// BotCompletions counts conversations that came to an end which their flow has, a
	// hand-off too, and no guard ended.
	BotCompletions Metric = "bot_completions"
	// BotHandOffs counts tickets that a bot gave to somebody else, or to another bot.
	BotHandOffs Metric = "bot_handoffs"
	// BotTickets counts tickets on which a bot began a conversation while they were open,
	// each once, dated by the first.
	BotTickets Metric = "bot_tickets"
	// BotDeflections counts tickets that were resolved with messages of bots and none of
	// agents, dated by that resolution. A reopening within [DeflectionWindow] takes it back.
	BotDeflections Metric = "bot_deflections"
	// BotDeflectionRate is bot_deflections / bot_tickets.
	BotDeflectionRate Metric = "bot_deflection_rate"
)

// Agents' time. It knows agent and team only, and quarters of an hour: by the minute it
// has no value. What is under way is counted up to the moment of the question.
const (
	// AvailableTime is the sum of the time in which agents were available, in seconds.
	AvailableTime Metric = "available_time"
	// BusyTime is that part of it in which at least one ticket waited for the agent: an open
	// one of his, that doesn't sleep, whose end user waits.
	BusyTime Metric = "busy_time"
	// Occupancy is busy_time / available_time.
	Occupancy Metric = "occupancy"
)

// Unit is what a metric is measured in.
type Unit string

// The units.
const (
	Count   Unit = "count"
	Seconds Unit = "seconds"
	Ratio   Unit = "ratio" // 0 to 1; of reopenings more, where tickets are reopened often
	Score   Unit = "score" // 1 to 5
)

// Description is what a page or an export says about a metric.
type Description struct {
	Metric  Metric
	Name    string // in English, for people
	Unit    Unit
	Formula string // in words
	Dated   string // by which moment it is dated
	// Level says that it is how many there are at the end of a row, which isn't summed over
	// rows: Open and Backlog.
	Level bool
	// By are the dimensions that it knows; nil: all. Of the others its rows have the value "".
	By []Dimension
}

// Metrics are all metrics, in the order of reports.
func Metrics() []Description {
	all := make([]Description, 0, len(figures()))
	for _, f := range figures() {
		d := f.Description
		d.By = slices.Clone(d.By)
		all = append(all, d)
	}
	return all
}
