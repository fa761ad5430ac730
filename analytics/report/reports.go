package report

import (
	"slices"
	"strings"
	"sync"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/analytics/chart"
)

// What the reports are made of. The first metric of a table is by what it is sorted.

type metrics = []analytics.Metric

func overview() Report {
	return Report{Name: "overview", Title: "Overview", About: "What came in, what went out, and what is left.", By: analytics.Channel,
		Tiles: metrics{analytics.Created, analytics.Resolved, analytics.Open, analytics.FirstResponseTimeP50, analytics.Satisfaction, analytics.Attained},
		Graphs: []Graph{
			{Title: "Created and resolved", Metrics: metrics{analytics.Created, analytics.Resolved}},
			{Title: "Open tickets at the end", Metrics: metrics{analytics.Open}},
			{Title: "Time to first response", Metrics: metrics{analytics.FirstResponseTimeP50, analytics.FirstResponseTimeP90}},
		},
		Metrics: metrics{analytics.Created, analytics.Resolved, analytics.Open, analytics.Backlog, analytics.FirstResponseTimeP50, analytics.ResolutionTimeP50, analytics.FirstContactRate, analytics.ReopenRate, analytics.Satisfaction},
	}
}

func agents() Report {
	return Report{Name: "agents", Title: "Agents", About: "Who answers how much, how fast, and how well.", By: analytics.Agent,
		Tiles: metrics{analytics.Replies, analytics.ResolvedByAgent, analytics.ReplyTimeP50, analytics.HandlingTimeP50, analytics.Satisfaction, analytics.Occupancy},
		Graphs: []Graph{
			{Title: "Replies", Metrics: metrics{analytics.Replies}, Kind: chart.Columns},
			{Title: "Reply time", Metrics: metrics{analytics.ReplyTimeP50, analytics.ReplyTimeP90}},
		},
		Metrics: metrics{analytics.ResolvedByAgent, analytics.Assigned, analytics.Replies, analytics.ReplyTimeP50, analytics.ReplyTimeP90, analytics.HandlingTimeP50, analytics.ReopenRate, analytics.Ratings, analytics.Satisfaction, analytics.AvailableTime, analytics.Occupancy},
	}
}

func queues() Report {
	return Report{Name: "queues", Title: "Queues", About: "Where tickets wait, and for how long.", By: analytics.Queue,
		Tiles: metrics{analytics.Created, analytics.Backlog, analytics.FirstAssignmentTimeP50, analytics.FirstResponseTimeP50, analytics.FirstResponseTimeP90, analytics.Attained},
		Graphs: []Graph{
			{Title: "Backlog at the end", Metrics: metrics{analytics.Backlog}},
			{Title: "Time to first assignment", Metrics: metrics{analytics.FirstAssignmentTimeP50, analytics.FirstAssignmentTimeP90}},
		},
		Metrics: metrics{analytics.Created, analytics.Open, analytics.Backlog, analytics.Assigned, analytics.Resolved, analytics.FirstAssignmentTimeP50, analytics.FirstResponseTimeP50, analytics.FirstResponseTimeP90, analytics.ResolutionTimeP50, analytics.Attained},
	}
}

func channels() Report {
	return Report{Name: "channels", Title: "Channels", About: "By which ways people write.", By: analytics.Platform,
		Tiles: metrics{analytics.Created, analytics.Inbound, analytics.OutboundAgent, analytics.OutboundBot, analytics.FirstContactRate, analytics.Satisfaction},
		Graphs: []Graph{
			{Title: "Messages in and out", Metrics: metrics{analytics.Inbound, analytics.OutboundAgent, analytics.OutboundBot}},
		},
		Metrics: metrics{analytics.Created, analytics.Inbound, analytics.OutboundAgent, analytics.OutboundBot, analytics.OutboundAutomation, analytics.Resolved, analytics.FirstResponseTimeP50, analytics.ResolutionTimeP50, analytics.FirstContactRate, analytics.Satisfaction},
	}
}

func bots() Report {
	return Report{Name: "bots", Title: "Bots", About: "What bots take off people’s hands, and what they hand on.", By: analytics.Bot,
		Tiles: metrics{analytics.BotStarts, analytics.BotCompletions, analytics.BotHandOffs, analytics.BotDeflections, analytics.BotDeflectionRate},
		Graphs: []Graph{
			{Title: "Conversations", Metrics: metrics{analytics.BotStarts, analytics.BotCompletions, analytics.BotHandOffs}},
			{Title: "Deflection rate", Metrics: metrics{analytics.BotDeflectionRate}},
		},
		Metrics: metrics{analytics.BotStarts, analytics.BotCompletions, analytics.BotHandOffs, analytics.BotTickets, analytics.BotDeflections, analytics.BotDeflectionRate, analytics.OutboundBot, analytics.ResolvedByBot, analytics.Satisfaction},
	}
}

func articles() Report {
	return Report{Name: "faq", Title: "Help center", About: "What readers find by themselves.", By: analytics.Language,
		Tiles: metrics{analytics.Views, analytics.Searches, analytics.SearchesInVain, analytics.Helpful, analytics.Unhelpful, analytics.DeflectionRate},
		Graphs: []Graph{
			{Title: "Views and searches", Metrics: metrics{analytics.Views, analytics.Searches}},
			{Title: "Kept from writing", Metrics: metrics{analytics.Deflections}, Kind: chart.Columns},
		},
		Metrics: metrics{analytics.Views, analytics.Searches, analytics.SearchesInVain, analytics.Helpful, analytics.Unhelpful, analytics.Deflections, analytics.DeflectionRate},
	}
}

func labels() Report {
	return Report{Name: "labels", Title: "Labels", About: "What tickets are about.", By: analytics.Label,
		Tiles: metrics{analytics.Created, analytics.Resolved, analytics.HandlingTimeP50, analytics.FirstContactRate, analytics.ReopenRate, analytics.Satisfaction},
		Graphs: []Graph{
			{Title: "Created", Metrics: metrics{analytics.Created}, Kind: chart.Columns},
		},
		Metrics: metrics{analytics.Created, analytics.Resolved, analytics.Open, analytics.FirstResponseTimeP50, analytics.HandlingTimeP50, analytics.ResolutionTimeP50, analytics.FirstContactRate, analytics.ReopenRate, analytics.Satisfaction},
	}
}

func targets() Report {
	return Report{Name: "service", Title: "Service targets", About: "Which promises of service policies were kept.", By: analytics.Queue,
		Tiles: metrics{analytics.Attained, analytics.TargetsMet, analytics.TargetsBreached, analytics.FirstResponseAttained, analytics.NextResponseAttained, analytics.ResolutionAttained},
		Graphs: []Graph{
			{Title: "Met and breached", Metrics: metrics{analytics.TargetsMet, analytics.TargetsBreached}, Kind: chart.Columns},
			{Title: "Attained", Metrics: metrics{analytics.Attained}},
		},
		Metrics: metrics{analytics.TargetsBreached, analytics.TargetsMet, analytics.Attained, analytics.FirstResponseBreached, analytics.FirstResponseAttained, analytics.NextResponseBreached, analytics.NextResponseAttained, analytics.ResolutionBreached, analytics.ResolutionAttained},
	}
}

func ratings() Report {
	return Report{Name: "csat", Title: "Satisfaction", About: "What people say of how they were helped.", By: analytics.Agent,
		Tiles: metrics{analytics.Satisfaction, analytics.Ratings, analytics.Accepted, analytics.Refused, analytics.ReopenRate},
		Graphs: []Graph{
			{Title: "Average rating", Metrics: metrics{analytics.Satisfaction}},
			{Title: "Ratings", Metrics: metrics{analytics.Ratings}, Kind: chart.Columns},
		},
		Metrics: metrics{analytics.Ratings, analytics.Satisfaction, analytics.Resolved, analytics.Accepted, analytics.Refused, analytics.Reopened, analytics.ReopenRate},
	}
}

// described finds what analytics says of its metrics.
var described = sync.OnceValue(func() map[analytics.Metric]analytics.Description {
	all := map[analytics.Metric]analytics.Description{}
	for _, d := range analytics.Metrics() {
		all[d.Metric] = d
	}
	return all
})

// Title is what people call a metric, in English. An unknown one is called by its name.
func Title(m analytics.Metric) string {
	if d, ok := described()[m]; ok {
		return d.Name
	}
	return string(m)
}

// Unit is the unit of a metric.
func Unit(m analytics.Metric) analytics.Unit { return described()[m].Unit }

// Formula says how a metric is counted, and by which moment it is dated.
func Formula(m analytics.Metric) string {
	d := described()[m]
	return d.Formula + "; dated by " + d.Dated
}

// knows says whether a metric is told by a dimension.
func knows(m analytics.Metric, by analytics.Dimension) bool {
	d := described()[m]
	return len(d.By) == 0 || slices.Contains(d.By, by)
}

// goodness is 1 for what should rise, -1 for what should fall, and 0 for the rest.
func goodness(m analytics.Metric) int {
	switch m {
	case analytics.Resolved, analytics.Satisfaction, analytics.FirstContactRate, analytics.FirstContacts, analytics.Helpful, analytics.Accepted,
		analytics.BotCompletions, analytics.BotDeflections, analytics.BotDeflectionRate, analytics.Deflections, analytics.DeflectionRate,
		analytics.Attained, analytics.FirstResponseAttained, analytics.NextResponseAttained, analytics.ResolutionAttained:
		return 1
	case analytics.Open, analytics.Backlog, analytics.Reopened, analytics.ReopenRate, analytics.Refused, analytics.Rejected, analytics.Unhelpful, analytics.SearchesInVain,
		analytics.TargetsBreached, analytics.FirstResponseBreached, analytics.NextResponseBreached, analytics.ResolutionBreached:
		return -1
	}
	if strings.Contains(string(m), "_time_") { // how long somebody waits
		return -1
	}
	return 0
}

// business is the metric by business hours, where it is a duration.
func business(m analytics.Metric) analytics.Metric {
	other := analytics.Metric(strings.Replace(string(m), "_time_", "_time_business_", 1))
	if _, ok := described()[other]; ok {
		return other
	}
	return m
}

// byBusiness has a report count business hours.
func (r Report) byBusiness() Report {
	all := func(ms metrics) metrics {
		ms = slices.Clone(ms)
		for i, m := range ms {
			ms[i] = business(m)
		}
		return ms
	}
	r.Tiles, r.Metrics, r.Graphs = all(r.Tiles), all(r.Metrics), slices.Clone(r.Graphs)
	for i, g := range r.Graphs {
		r.Graphs[i].Metrics = all(g.Metrics)
	}
	return r
}
