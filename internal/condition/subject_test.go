package condition_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/internal/condition"
)

// subject is what the conditions of the tests are about.
type subject struct {
	status, queue, assignee, priority, title string
	tags, followers                          []string
	spend, count                             *float64
	vip                                      *bool
	open                                     bool
	created, resolved                        time.Time
	me                                       string
	now                                      time.Time
}

var (
	now      = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	statuses = []string{"new", "answered", "waiting", "resolved"}
	ranks    = []string{"low", "normal", "high", "urgent"}
)

func number(f *float64) (float64, bool) {
	if f == nil {
		return 0, false
	}
	return *f, true
}

func environment(t testing.TB) *condition.Env[*subject] {
	t.Helper()
	env, err := condition.NewEnv(vars()...)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func vars() []condition.Var[*subject] {
	return []condition.Var[*subject]{
		{Name: "ticket.status", Text: func(s *subject) string { return s.status }, Values: statuses},
		{Name: "ticket.queue", Text: func(s *subject) string { return s.queue }},
		{Name: "ticket.assignee", Text: func(s *subject) string { return s.assignee }},
		{Name: "ticket.priority", Text: func(s *subject) string { return s.priority }, Values: ranks, Ranked: true},
		{Name: "ticket.title", Text: func(s *subject) string { return s.title }},
		{Name: "ticket.tags", Texts: func(s *subject) []string { return s.tags }, Fold: strings.ToLower},
		{Name: "ticket.followers", Texts: func(s *subject) []string { return s.followers }},
		{Name: "field.spend", Number: func(s *subject) (float64, bool) { return number(s.spend) }},
		{Name: "field.count", Number: func(s *subject) (float64, bool) { return number(s.count) }},
		{Name: "field.vip", Bool: func(s *subject) (bool, bool) { return s.vip != nil && *s.vip, s.vip != nil }},
		{Name: "ticket.open", Bool: func(s *subject) (bool, bool) { return s.open, true }},
		{Name: "ticket.created", Time: func(s *subject) time.Time { return s.created }},
		{Name: "ticket.resolved", Time: func(s *subject) time.Time { return s.resolved }},
		{Name: "me", Text: func(s *subject) string { return s.me }, Param: true},
		{Name: "now", Time: func(s *subject) time.Time { return s.now }, Param: true},
	}
}

// values is the subject as expr's machine reads it.
func (s *subject) values() map[string]any {
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	moment := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t
	}
	ticket := map[string]any{
		"status": text(s.status), "queue": text(s.queue), "assignee": text(s.assignee), "priority": text(s.priority),
		"title": text(s.title), "tags": s.tags, "followers": s.followers, "open": s.open,
		"created": moment(s.created), "resolved": moment(s.resolved),
	}
	field := map[string]any{"spend": nil, "count": nil, "vip": nil}
	if s.spend != nil {
		field["spend"] = *s.spend
	}
	if s.count != nil {
		field["count"] = *s.count
	}
	if s.vip != nil {
		field["vip"] = *s.vip
	}
	return map[string]any{"ticket": ticket, "field": field, "me": text(s.me), "now": s.now}
}

var (
	queues = []string{"q1", "q2", "q3"}
	agents = []string{"ann", "bob", "cid"}
	labels = []string{"vip", "beta", "spam"}
	words  = []string{"re", "refund", "Refund please", "résumé", "lost parcel"}
)

func orNone[T any](g *rapid.Generator[T]) *rapid.Generator[T] {
	var none T
	return rapid.OneOf(g, g, g, rapid.Just(none))
}

func moments() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		return now.Add(-time.Duration(rapid.IntRange(0, 100).Draw(t, "half hours")) * 30 * time.Minute)
	})
}

func numbers() *rapid.Generator[*float64] {
	return rapid.Custom(func(t *rapid.T) *float64 { return new(float64(rapid.IntRange(-3, 6).Draw(t, "number"))) })
}

func subjects() *rapid.Generator[*subject] {
	return rapid.Custom(func(t *rapid.T) *subject {
		some := func(of []string, name string) []string {
			out := rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, len(of), rapid.ID[string]).Draw(t, name)
			slices.Sort(out)
			return out
		}
		return &subject{
			status:    rapid.SampledFrom(statuses).Draw(t, "status"),
			queue:     orNone(rapid.SampledFrom(queues)).Draw(t, "queue"),
			assignee:  orNone(rapid.SampledFrom(agents)).Draw(t, "assignee"),
			priority:  orNone(rapid.SampledFrom(ranks)).Draw(t, "priority"),
			title:     orNone(rapid.SampledFrom(words)).Draw(t, "title"),
			tags:      some(labels, "tags"),
			followers: some(agents, "followers"),
			spend:     orNone(numbers()).Draw(t, "spend"),
			count:     orNone(numbers()).Draw(t, "count"),
			vip:       orNone(rapid.Custom(func(t *rapid.T) *bool { return new(rapid.Bool().Draw(t, "vip")) })).Draw(t, "vip?"),
			open:      rapid.Bool().Draw(t, "open"),
			created:   moments().Draw(t, "created"),
			resolved:  orNone(moments()).Draw(t, "resolved"),
			me:        orNone(rapid.SampledFrom(agents)).Draw(t, "me"),
			now:       now,
		}
	})
}
