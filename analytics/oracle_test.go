package analytics_test

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/deflect"
	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Here figures are computed once more, from the raw events, in the plainest way: each
// ticket's whole story is looked at for each figure, and rows of time are found minute by
// minute.

type values = map[analytics.Dimension]string

// thing is one of something, or so much of it.
type thing struct {
	what string
	at   time.Time
	of   values
	tags []string
	n    float64
}

// moment is an event of a ticket, with what was true at it.
type moment struct {
	*event.Event
	f    ticket.Facts
	of   values
	open *hours.Calendar
}

// oracle knows all that happened.
type oracle struct {
	now     time.Time
	things  []thing
	tickets map[string][]moment
	teams   map[string][]change[string]
	present map[string][]change[bool]
}

// change is what something was from a moment on.
type change[T any] struct {
	from time.Time
	to   T
}

func last[T any](all []change[T], at time.Time) (v T) {
	for _, c := range all {
		if !c.from.After(at) {
			v = c.to
		}
	}
	return v
}

func consult(t testing.TB, log []*event.Event, now time.Time) *oracle {
	t.Helper()
	o := &oracle{now: now, tickets: map[string][]moment{}, teams: map[string][]change[string]{}, present: map[string][]change[bool]{}}
	calendars, queues := map[string]*hours.Calendar{}, map[string]string{}
	tagsOf, valuesOf := map[string][]string{}, map[string]values{}
	begun := map[string]bool{}
	for _, e := range log {
		facts := map[string]any{}
		if len(e.Facts) > 0 {
			must(t, json.Unmarshal(e.Facts, &facts))
		}
		text := func(key string) string { s, _ := facts[key].(string); return s }
		kind, id, _ := strings.Cut(e.Subject, ":")
		switch {
		case e.Type == "calendar.saved":
			var c ticket.Calendar
			must(t, json.Unmarshal(e.Facts, &c))
			made, err := hours.New(c.Hours)
			must(t, err)
			calendars[id] = made
		case kind == "queue":
			queues[id] = text("calendar")
		case kind == "agent":
			o.teams[id] = append(o.teams[id], change[string]{e.Time, text("team")})
		case e.Type == "availability.changed":
			o.present[text("agent")] = append(o.present[text("agent")], change[bool]{e.Time, text("to") == "available"})
		case strings.HasPrefix(e.Type, "faq."):
			o.article(t, e)
		case e.Type == bot.Advanced:
			var f bot.Facts
			must(t, json.Unmarshal(e.Facts, &f))
			of := maps.Clone(valuesOf[f.Ticket])
			of[analytics.Bot] = f.Bot
			add := func(what string) { o.things = append(o.things, thing{what, e.Time, of, tagsOf[f.Ticket], 1}) }
			if f.Begins {
				add("bot_starts")
				if !f.Feedback && !begun[f.Ticket] {
					begun[f.Ticket] = true
					add("bot_tickets")
				}
			}
			if f.Waits == "over" && f.Why == "" {
				add("bot_completions")
			}
		case strings.HasPrefix(e.Type, "ticket.") && facts["after"] != nil:
			m := moment{Event: e}
			must(t, json.Unmarshal(e.Facts, &m.f))
			a := m.f.After
			m.of = values{analytics.App: m.f.App, analytics.Platform: m.f.Platform, analytics.Channel: m.f.Channel, analytics.Language: a.Language,
				analytics.Queue: a.Queue, analytics.Group: a.Group, analytics.Label: a.Label}
			o.has(m.of, a.Assignee, e.Time)
			if m.open = calendars[queues[a.Queue]]; m.open == nil {
				m.open = calendars["desk"]
			}
			o.tickets[e.Subject] = append(o.tickets[e.Subject], m)
			tagsOf[e.Subject], valuesOf[e.Subject] = a.Tags, m.of
		}
	}
	for _, ms := range o.tickets {
		o.story(ms)
	}
	return o
}

// has fills in who has a ticket.
func (o *oracle) has(of values, who event.Actor, at time.Time) {
	delete(of, analytics.Agent)
	delete(of, analytics.Bot)
	delete(of, analytics.Team)
	switch who.Kind {
	case event.Agent:
		of[analytics.Agent], of[analytics.Team] = who.ID, last(o.teams[who.ID], at)
	case event.Bot:
		of[analytics.Bot] = who.ID
	}
}

func (o *oracle) article(t testing.TB, e *event.Event) {
	t.Helper()
	var f faq.Facts
	must(t, json.Unmarshal(e.Facts, &f))
	add := func(what string, at time.Time) {
		o.things = append(o.things, thing{what, at, values{analytics.App: f.App, analytics.Platform: f.Platform, analytics.Language: f.Language}, nil, 1})
	}
	switch e.Type {
	case faq.Viewed:
		add("faq_views", e.Time)
	case faq.Searched:
		if add("faq_searches", e.Time); f.Hits == 0 {
			add("faq_searches_in_vain", e.Time)
		}
	case faq.Voted:
		if f.Helpful == "yes" && f.Was != "yes" {
			add("faq_helpful", e.Time)
		}
		if f.Helpful == "no" && f.Was != "no" {
			add("faq_unhelpful", e.Time)
		}
	case deflect.Settled:
		var s deflect.Facts
		must(t, json.Unmarshal(e.Facts, &s))
		if add("settled", s.Viewed); s.Ticket == "" {
			add("faq_deflections", s.Viewed)
		}
	}
}

// said are the public messages of some authors up to an event.
func said(ms []moment, by ...event.Kind) (all []moment) {
	for _, m := range ms {
		if (m.Type == ticket.Created || m.Type == ticket.MessageAdded) && m.f.Message == ticket.Public && slices.Contains(by, m.f.Author.Kind) {
			all = append(all, m)
		}
	}
	return all
}

func firstOf(ms []moment, is func(moment) bool) (m moment, ok bool) {
	i := slices.IndexFunc(ms, is)
	if i < 0 {
		return m, false
	}
	return ms[i], true
}

func toAgent(m moment) bool {
	return m.Type == ticket.Assigned && m.f.To.Kind == event.Agent && m.f.From != m.f.To
}

// story tells what there is to count of a ticket.
func (o *oracle) story(ms []moment) {
	add := func(what string, m moment) { o.things = append(o.things, thing{what, m.Time, m.of, m.f.After.Tags, 1}) }
	took := func(what string, m moment, from, to time.Time) {
		business := to.Sub(from)
		if m.open != nil {
			business = m.open.Elapsed(from, to)
		}
		o.things = append(o.things, thing{what, m.Time, m.of, m.f.After.Tags, to.Sub(from).Seconds()}, thing{what + "_business", m.Time, m.of, m.f.After.Tags, business.Seconds()})
	}
	created := ms[0].Time
	if m, ok := firstOf(ms, func(m moment) bool { return !m.f.After.Intake }); ok {
		m.Event = &event.Event{Time: created}
		add("created", m)
	}
	assigned, hasAgent := firstOf(ms, toAgent)
	if hasAgent {
		took("first_assignment_time", assigned, created, assigned.Time)
	}
	if rs := said(ms, event.Agent, event.Bot); len(rs) > 0 {
		if rs[0].Type != ticket.Created {
			add("first_responses", rs[0])
			took("first_response_time", rs[0], created, rs[0].Time)
			if hasAgent && !rs[0].Time.Before(assigned.Time) {
				took("holding_time", rs[0], assigned.Time, rs[0].Time)
			}
		}
		if hs := said(ms, event.Agent); len(hs) > 0 && hs[0].Type != ticket.Created {
			add("first_human_responses", hs[0])
			took("human_response_time", hs[0], created, hs[0].Time)
		}
	}
	for what, by := range map[string][]event.Kind{"inbound": {event.EndUser}, "outbound_agent": {event.Agent}, "outbound_bot": {event.Bot}, "outbound_automation": {event.Automation, event.System}} {
		for _, m := range said(ms, by...) {
			add(what, m)
		}
	}
	for i, m := range ms {
		o.one(ms, i, m, add, took)
	}
	o.solved(ms, add)
}

// one counts what an event tells by itself.
func (o *oracle) one(ms []moment, i int, m moment, add func(string, moment), took func(string, moment, time.Time, time.Time)) {
	if toAgent(m) {
		add("assigned", m)
	}
	if m.f.Waited > 0 && m.Type == ticket.MessageAdded {
		add("replies", m)
		took("reply_time", m, m.Time.Add(-time.Duration(m.f.Waited)*time.Microsecond), m.Time)
	}
	for _, target := range m.f.Met {
		add(string(target)+"_met", m)
	}
	for_ := func(who event.Actor) moment {
		m.of = maps.Clone(m.of)
		o.has(m.of, who, m.Time)
		return m
	}
	switch m.Type {
	case ticket.Assigned:
		if m.f.From.Kind == event.Bot && m.f.From != m.f.To && (m.Actor.Kind == event.Bot || m.Actor.Kind == event.System) {
			m.of = maps.Clone(m.of)
			m.of[analytics.Bot] = m.f.From.ID
			add("bot_handoffs", m)
		}
	case ticket.Resolved:
		add("resolved", m)
		add("resolved_by_"+string(m.Actor.Kind), m)
		took("resolution_time", m, ms[0].Time, m.Time)
		if first, ok := firstOf(ms[:i], toAgent); ok {
			took("handling_time", m, first.Time, m.Time)
		}
	case ticket.Rejected:
		add("rejected", m)
	case ticket.Reopened:
		add("reopened", m)
	case ticket.Merged:
		if m.f.Into != "" {
			add("merged", m)
		}
	case ticket.Answered:
		if m.f.Answer == "accepted" {
			add("resolutions_accepted", for_(m.f.To))
		} else if m.f.Answer == "rejected" {
			add("resolutions_refused", for_(m.f.To))
		}
	case ticket.Breached:
		e := *m.Event
		e.Time = m.f.Due
		m.Event = &e
		add(string(m.f.Target)+"_breached", m)
	}
}

// solved counts what depends on what comes after a resolution.
func (o *oracle) solved(ms []moment, add func(string, moment)) {
	var resolved []int
	for i, m := range ms {
		if m.Type == ticket.Resolved {
			resolved = append(resolved, i)
		}
	}
	if len(resolved) == 1 && len(said(ms[:resolved[0]], event.Agent)) == 1 {
		add("first_contact_resolutions", ms[resolved[0]])
	}
	for _, i := range resolved {
		before, after := ms[:i], ms[i+1:]
		again, ok := firstOf(after, func(m moment) bool { return m.Type == ticket.Reopened })
		if len(said(before, event.Agent)) == 0 && len(said(before, event.Bot)) > 0 && !(ok && again.Time.Sub(ms[i].Time) <= 72*time.Hour) {
			add("bot_deflections", ms[i])
			break
		}
	}
	for n, i := range resolved {
		end := len(ms)
		if n+1 < len(resolved) {
			end = resolved[n+1]
		}
		var rated []moment
		for _, m := range ms[i:end] {
			if m.Type == ticket.Rated {
				rated = append(rated, m)
			}
		}
		if len(rated) == 0 {
			continue
		}
		m := rated[0]
		m.of = maps.Clone(m.of)
		o.has(m.of, m.f.To, m.Time)
		add("csat_count", m)
		o.things = append(o.things, thing{"score", m.Time, m.of, m.f.After.Tags, float64(rated[len(rated)-1].f.Score)})
	}
}

// levels adds how many tickets there are just before a moment.
func (o *oracle) levels(at time.Time) (all []thing) {
	for _, ms := range o.tickets {
		var now *moment
		for i := range ms {
			if ms[i].Time.Before(at) {
				now = &ms[i]
			}
		}
		if now != nil && now.f.Status.Open() {
			all = append(all, thing{"open", at, now.of, now.f.After.Tags, 1})
		}
		if now != nil && now.f.After.Backlog {
			all = append(all, thing{"backlog", at, now.of, now.f.After.Tags, 1})
		}
	}
	return all
}

// waits says whether a ticket waits for an agent at a moment.
func (o *oracle) waits(agent string, at time.Time) bool {
	for _, ms := range o.tickets {
		var now *moment
		for i := range ms {
			if !ms[i].Time.After(at) {
				now = &ms[i]
			}
		}
		if now != nil && now.f.Status.Open() && !now.f.After.Asleep && !now.f.After.Waiting.IsZero() && now.of[analytics.Agent] == agent {
			return true
		}
	}
	return false
}

// duty adds agents' time of a row, from one thing that happened to the next.
func (o *oracle) duty(from, to time.Time) (all []thing) {
	for agent, present := range o.present {
		cuts := []time.Time{from, to, o.now}
		for _, c := range present {
			cuts = append(cuts, c.from)
		}
		for _, c := range o.teams[agent] {
			cuts = append(cuts, c.from)
		}
		for _, ms := range o.tickets {
			for _, m := range ms {
				cuts = append(cuts, m.Time)
			}
		}
		slices.SortFunc(cuts, time.Time.Compare)
		for i, at := range cuts[:len(cuts)-1] {
			if at.Before(from) || !at.Before(to) || !at.Before(o.now) || !last(present, at) {
				continue
			}
			n := cuts[i+1].Sub(at).Seconds()
			of := values{analytics.Agent: agent, analytics.Team: last(o.teams[agent], at)}
			all = append(all, thing{"available_time", at, of, nil, n})
			if o.waits(agent, at) {
				all = append(all, thing{"busy_time", at, of, nil, n})
			}
		}
	}
	return all
}

// figure computes a metric of things.
func figure(m analytics.Metric, things []thing) analytics.Value {
	sum := func(whats ...string) (n float64) {
		for _, t := range things {
			if slices.Contains(whats, t.what) {
				n += t.n
			}
		}
		return n
	}
	per := func(n, of float64) analytics.Value {
		if of == 0 {
			return analytics.Value{}
		}
		return analytics.Value{Number: n / of, Known: true}
	}
	met := []string{"first_response_met", "next_response_met", "resolution_met"}
	missed := []string{"first_response_breached", "next_response_breached", "resolution_breached"}
	switch m {
	case analytics.ReopenRate:
		return per(sum("reopened"), sum("resolved"))
	case analytics.FirstContactRate:
		return per(sum("first_contact_resolutions"), sum("resolved"))
	case analytics.Satisfaction:
		return per(sum("score"), sum("csat_count"))
	case analytics.DeflectionRate:
		return per(sum("faq_deflections"), sum("settled"))
	case analytics.BotDeflectionRate:
		return per(sum("bot_deflections"), sum("bot_tickets"))
	case analytics.Occupancy:
		return per(sum("busy_time"), sum("available_time"))
	case analytics.TargetsMet:
		return analytics.Value{Number: sum(met...), Known: true}
	case analytics.TargetsBreached:
		return analytics.Value{Number: sum(missed...), Known: true}
	case analytics.Attained:
		return per(sum(met...), sum(met...)+sum(missed...))
	}
	if what, ok := strings.CutSuffix(string(m), "_attained"); ok {
		return per(sum(what+"_met"), sum(what+"_met")+sum(what+"_breached"))
	}
	if i := strings.LastIndex(string(m), "_"); strings.Contains(string(m), "_time_") {
		var all []float64
		for _, t := range things {
			if t.what == string(m)[:i] {
				all = append(all, t.n)
			}
		}
		slices.Sort(all)
		if len(all) == 0 {
			return analytics.Value{}
		}
		rank := map[string]float64{"p50": .5, "p90": .9, "p99": .99}[string(m)[i+1:]]
		if rank == 0 {
			return per(sum(string(m)[:i]), float64(len(all)))
		}
		return analytics.Value{Number: all[max(int(math.Ceil(rank*float64(len(all))-1e-9)), 1)-1], Known: true}
	}
	return analytics.Value{Number: sum(string(m)), Known: true}
}
