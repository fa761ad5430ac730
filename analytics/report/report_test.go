package report_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/analytics/report"
	"github.com/frontdesk-go/frontdesk/frontdesktest"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func over(d *frontdesktest.Desk) *report.Service {
	return report.New(report.Parts{Analytics: d.Analytics, People: d.People, Tickets: d.Tickets, Queues: d.Queues, Bots: d.Bots}, &report.Options{Now: d.Now})
}

// twoHours has Mira answer once in the first hour after ten minutes, and in the second one
// twice after twenty and Jonas once after five; it isn't over then.
func twoHours(t testing.TB, d *frontdesktest.Desk) {
	t.Helper()
	must(t, d.Tickets.SaveTag(t.Context(), frontdesk.Host(), &ticket.Tag{Name: "tea"}))
	must(t, d.Queues.Save(t.Context(), frontdesk.Host(), &queue.Queue{ID: "orders", Name: "Orders & parcels"}))
	mira, jonas := d.Agent("Mira"), d.Agent("Jonas")
	answered := func(user string, after time.Duration, a *frontdesktest.Agent, tags ...string) {
		tk := d.EndUser(user).Writes("Hello")
		if len(tags) > 0 {
			_, err := d.Tickets.Apply(t.Context(), frontdesk.Host(), tk, ticket.Action{Do: ticket.DoAddTags, Tags: tags}, ticket.Action{Do: ticket.DoAssignQueue, To: "orders"})
			must(t, err)
		}
		d.Advance(after)
		a.Replies(tk, "Hello")
		a.Resolves(tk)
	}
	answered("Ann", 10*time.Minute, mira)
	d.Advance(50 * time.Minute)
	answered("Ben", 20*time.Minute, mira, "tea")
	answered("Cem", 20*time.Minute, mira)
	answered("Dan", 5*time.Minute, jonas)
	d.EndUser("Eva").Writes("Nobody answers")
	d.Drain()
}

// secondHour is when most happens, and the hour before to compare with.
func secondHour(name string) report.Ask {
	from := frontdesktest.Start().Add(time.Hour)
	return report.Ask{Report: name, Period: report.Period{From: from, To: from.Add(time.Hour), Grain: analytics.Minute}, Compare: true}
}

// Ninety days by the hour are told whole, and what has more pieces than can be told is refused:
// a graph that ends early, with what came later in its last point, is wrong.
func TestManyPieces(t *testing.T) {
	t.Parallel()
	d := frontdesktest.New(t)
	twoHours(t, d)
	from := frontdesktest.Start().Add(-89 * 24 * time.Hour).Truncate(24 * time.Hour)
	ask := report.Ask{Report: "agents", Period: report.Period{From: from, To: from.Add(90 * 24 * time.Hour), Grain: analytics.Hour}}
	r, err := over(d).Run(t.Context(), frontdesk.Host(), ask)
	must(t, err)
	replies := 0.0
	for i, p := range r.Points {
		if want := from.Add(time.Duration(i) * time.Hour); !p.Start.Equal(want) {
			t.Fatalf("hour %d begins at %v", i, p.Start)
		}
		replies += p.Values[analytics.Replies].Number
	}
	if total := r.Total(analytics.Replies).Now.Number; len(r.Points) != 90*24 || replies != total || total == 0 {
		t.Errorf("%d hours with %v replies, of %v", len(r.Points), replies, total)
	}
	ask.Period = report.Period{From: d.Now().Add(-6 * 24 * time.Hour), To: d.Now(), Grain: analytics.Minute}
	_, err = over(d).Run(t.Context(), frontdesk.Host(), ask)
	if bad, ok := errors.AsType[*store.FieldError](err); !ok || bad.Field != "grain" {
		t.Errorf("six days by the minute: %v", err)
	}
}

// A report tells totals, what they were before, who had which part, and when.
func TestAgentsReport(t *testing.T) {
	t.Parallel()
	d := frontdesktest.New(t)
	twoHours(t, d)
	r, err := over(d).Run(t.Context(), frontdesk.Host(), secondHour("agents"))
	must(t, err)
	if f := r.Total(analytics.Replies); f.Text() != "3" || f.BeforeText() != "1" || f.Change() != "+200%" {
		t.Errorf("replies %s, %s before, %s", f.Text(), f.BeforeText(), f.Change())
	}
	if f := r.Total(analytics.ReplyTimeP50); f.Text() != "20 min" && f.Text() != "19 min 55 s" && f.Now.Number < 1188 || f.Verdict() != report.Worse {
		t.Errorf("reply time %s, %s before, %s", f.Text(), f.BeforeText(), f.Verdict())
	}
	if f := r.Total(analytics.Satisfaction); f.Text() != "–" || f.Change() != "" {
		t.Errorf("satisfaction %s, %s, though nobody was asked", f.Text(), f.Change())
	}
	if len(r.Groups) < 2 || r.Groups[0].Name != "Mira" || r.Groups[1].Name != "Jonas" {
		t.Fatalf("by agent: %+v", r.Groups)
	}
	if f := r.Groups[0].Figure(analytics.Replies); f.Text() != "2" || f.Change() != "+100%" {
		t.Errorf("Mira's replies: %s, %s", f.Text(), f.Change())
	}
	if f := r.Groups[1].Figure(analytics.Replies); f.Text() != "1" || f.BeforeText() != "0" || f.Change() != "" {
		t.Errorf("Jonas's replies: %s, %s before", f.Text(), f.BeforeText())
	}
	sum, known := 0.0, 0
	for _, p := range r.Points {
		if v := p.Values[analytics.Replies]; v.Known {
			sum, known = sum+v.Number, known+1
		}
	}
	if len(r.Points) != 60 || sum != 3 || known != 46 {
		t.Errorf("%d minutes of which %d are known, with %v replies", len(r.Points), known, sum)
	}
	r.Sort(analytics.ReplyTimeP50, true)
	if r.Groups[0].Name != "Jonas" {
		t.Errorf("by the shortest reply time, %s is first", r.Groups[0].Name)
	}
}

// Names of queues, tags and what isn't there.
func TestBreakdowns(t *testing.T) {
	t.Parallel()
	d := frontdesktest.New(t)
	twoHours(t, d)
	for by, want := range map[analytics.Dimension]map[string]string{
		analytics.Queue: {"default": "3", "Orders & parcels": "1"},
		analytics.Tag:   {"No tag": "3", "tea": "1"},
		analytics.Bot:   {"No bot": "4"},
	} {
		ask := secondHour("overview")
		ask.By = by
		r, err := over(d).Run(t.Context(), frontdesk.Host(), ask)
		must(t, err)
		got := map[string]string{}
		for _, g := range r.Groups {
			if f := g.Figure(analytics.Created); f.Now.Number > 0 {
				got[g.Name] = f.Text()
			}
		}
		if by == analytics.Queue { // what the desk's own queue is called is the queue's business
			q, err := d.Queues.Queue(t.Context(), queue.DefaultQueue)
			must(t, err)
			got["default"] = got[q.Name]
			delete(got, q.Name)
		}
		for name, n := range want {
			if got[name] != n || len(got) != len(want) {
				t.Errorf("by %s: %v, want %v", by, got, want)
			}
		}
	}
	ask := secondHour("overview")
	ask.Where = []analytics.Filter{{By: analytics.Tag, Values: []string{"tea"}}}
	r, err := over(d).Run(t.Context(), frontdesk.Host(), ask)
	must(t, err)
	if f := r.Total(analytics.Created); f.Text() != "1" {
		t.Errorf("%s were created with the tag", f.Text())
	}
	names, err := over(d).Names(t.Context(), analytics.Agent, []string{"gone", "", d.Agent("Mira").ID})
	must(t, err)
	if names["gone"] != "gone" || names[""] != "No agent" || names[d.Agent("Mira").ID] != "Mira" {
		t.Errorf("names %v", names)
	}
}

// Every report runs, by every dimension that it offers, and goes into a file.
func TestEveryReport(t *testing.T) {
	t.Parallel()
	d := frontdesktest.New(t)
	twoHours(t, d)
	s := over(d)
	for _, r := range report.Reports() {
		for _, by := range r.Dimensions() {
			for _, business := range []bool{false, true} {
				ask := secondHour(r.Name)
				ask.By, ask.Business = by, business
				got, err := s.Run(t.Context(), frontdesk.Host(), ask)
				if err != nil {
					t.Errorf("%s by %s: %v", r.Name, by, err)
					continue
				}
				for _, sheet := range []report.Sheet{got.Breakdown(), got.OverTime()} {
					for _, row := range sheet.Rows {
						if len(row) != len(sheet.Columns) {
							t.Errorf("%s by %s: a row of %d cells under %d columns", r.Name, by, len(row), len(sheet.Columns))
						}
					}
				}
				for _, g := range got.Graphs {
					if c := got.Chart(g); len(c.Labels) != 60 || len(c.Series[0].Values) != 60 {
						t.Errorf("%s: %q has %d points", r.Name, g.Title, len(c.Labels))
					}
				}
			}
		}
		choices, err := s.Choices(t.Context(), r.By)
		if err != nil {
			t.Errorf("choices of %s: %v", r.By, err)
		}
		for _, c := range choices {
			if c.Key == "" || c.Name == "" {
				t.Errorf("a choice of %s is %+v", r.By, c)
			}
		}
	}
	sheets, err := s.Sheets(t.Context(), frontdesk.Host(), secondHour(""))
	must(t, err)
	if len(sheets) != len(report.Reports())+1 {
		t.Errorf("%d sheets", len(sheets))
	}
}

// What a filter or dimension says nothing of isn't told, and a filter that says nothing of
// the whole report is left out.
func TestWhatFiltersKnow(t *testing.T) {
	t.Parallel()
	d := frontdesktest.New(t)
	twoHours(t, d)
	ask := secondHour("agents")
	ask.Where = []analytics.Filter{{By: analytics.Queue, Values: []string{"orders"}}}
	r, err := over(d).Run(t.Context(), frontdesk.Host(), ask)
	must(t, err)
	if slices.Contains(r.Metrics, analytics.AvailableTime) || slices.Contains(r.Tiles, analytics.Occupancy) || len(r.Ignored) > 0 || r.Total(analytics.Replies).Text() != "1" {
		t.Errorf("agents of a queue: %v, %v, %s replies", r.Metrics, r.Ignored, r.Total(analytics.Replies).Text())
	}
	ask.Report = "faq"
	r, err = over(d).Run(t.Context(), frontdesk.Host(), ask)
	must(t, err)
	if !slices.Equal(r.Ignored, []analytics.Dimension{analytics.Queue}) || len(r.Ask.Where) > 0 || len(r.Metrics) == 0 {
		t.Errorf("articles of a queue: %v, %v", r.Metrics, r.Ignored)
	}
	if _, err := over(d).Run(t.Context(), frontdesk.Host(), secondHour("agents")); err != nil {
		t.Error(err)
	}
	again, _ := report.Named("agents")
	if !slices.Contains(again.Tiles, analytics.Occupancy) {
		t.Error("a report has lost a tile for good")
	}
}

// By business hours, durations are those, in tiles, tables and graphs; the rest stays.
func TestBusinessHours(t *testing.T) {
	t.Parallel()
	d := frontdesktest.New(t)
	twoHours(t, d)
	ask := secondHour("agents")
	ask.Business = true
	r, err := over(d).Run(t.Context(), frontdesk.Host(), ask)
	must(t, err)
	for _, ms := range [][]analytics.Metric{r.Tiles, r.Metrics, r.Graphs[1].Metrics} {
		if !slices.Contains(ms, analytics.ReplyTimeBusinessP50) || slices.Contains(ms, analytics.ReplyTimeP50) {
			t.Errorf("the metrics are %v", ms)
		}
	}
	if f := r.Total(analytics.ReplyTimeBusinessP50); !f.Now.Known || r.Total(analytics.Replies).Text() != "3" {
		t.Errorf("replies in %s, %s of them", f.Text(), r.Total(analytics.Replies).Text())
	}
}

func TestRefusedReports(t *testing.T) {
	t.Parallel()
	d := frontdesktest.New(t)
	s := over(d)
	from := d.Now()
	for field, a := range map[string]report.Ask{
		"report":   {Report: "luck", Period: report.Period{From: from, To: from.Add(time.Hour)}},
		"to":       {Report: "agents", Period: report.Period{From: from, To: from}},
		"by":       {Report: "faq", By: analytics.Agent, Period: report.Period{From: from, To: from.Add(time.Hour)}},
		"query.by": {Report: "overview", By: "mood", Period: report.Period{From: from, To: from.Add(time.Hour)}},
	} {
		_, err := s.Run(t.Context(), frontdesk.Host(), a)
		if bad, ok := errors.AsType[*store.FieldError](err); !ok || bad.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	agent := event.Actor{Kind: event.Agent, ID: d.Agent("Mira").ID}
	who, err := d.People.Agent(t.Context(), agent.ID)
	must(t, err)
	if who.Role != identity.AgentRole {
		must(t, d.People.SaveAgent(t.Context(), frontdesk.Host(), &identity.Agent{ID: "plain", Name: "Plain", Role: identity.AgentRole}))
		agent.ID = "plain"
	}
	_, err = s.Run(t.Context(), agent, secondHour("agents"))
	if _, ok := errors.AsType[*identity.PermissionError](err); !ok {
		t.Errorf("an agent without the permission: %v", err)
	}
	_, err = s.Sheets(t.Context(), agent, secondHour(""))
	if _, ok := errors.AsType[*identity.PermissionError](err); !ok {
		t.Errorf("an agent without the permission takes all away: %v", err)
	}
}
