package report

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/analytics"
)

func some(v float64) analytics.Value { return analytics.Value{Number: v, Known: true} }

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		unit analytics.Unit
		v    float64
		want string
	}{
		{analytics.Count, 0, "0"}, {analytics.Count, 999, "999"}, {analytics.Count, 1234567, "1,234,567"}, {analytics.Count, -1200, "−1,200"}, {analytics.Count, -0.2, "0"},
		{analytics.Ratio, 0.875, "87.5%"}, {analytics.Ratio, 1, "100%"}, {analytics.Ratio, 0.12345, "12.3%"},
		{analytics.Score, 4.625, "4.62"}, {analytics.Score, 5, "5.00"},
		{analytics.Seconds, 0, "0 s"}, {analytics.Seconds, 1.26, "1.3 s"}, {analytics.Seconds, 42.4, "42 s"}, {analytics.Seconds, 59.7, "1 min"},
		{analytics.Seconds, 61, "1 min 1 s"}, {analytics.Seconds, 60, "1 min"}, {analytics.Seconds, 1966, "33 min"}, {analytics.Seconds, 3599, "1 h"},
		{analytics.Seconds, 12000, "3 h 20 min"}, {analytics.Seconds, 50000, "14 h"}, {analytics.Seconds, 86399, "1 d"},
		{analytics.Seconds, 187200, "2 d 4 h"}, {analytics.Seconds, 1e8, "1,157 d"}, {analytics.Seconds, -61, "−1 min 1 s"},
	} {
		if got := Format(c.unit, some(c.v)); got != c.want {
			t.Errorf("%v %s is %q, want %q", c.v, c.unit, got, c.want)
		}
	}
	if got := Format(analytics.Count, analytics.Value{}); got != "–" {
		t.Errorf("what isn't known is %q", got)
	}
}

// A change is told in the way of its unit, and judged by what the metric is good for.
func TestChanges(t *testing.T) {
	t.Parallel()
	none := analytics.Value{}
	for _, c := range []struct {
		metric      analytics.Metric
		now, before analytics.Value
		change      string
		verdict     Verdict
	}{
		{analytics.Created, some(112), some(100), "+12%", Same},
		{analytics.Created, some(3), some(0), "", Same},
		{analytics.Created, some(3), none, "", Same},
		{analytics.Created, some(100), some(100), "±0%", Same},
		{analytics.Resolved, some(88), some(100), "−12%", Worse},
		{analytics.Resolved, some(101), some(100), "+1%", Better},
		{analytics.Resolved, some(1001), some(1000), "±0%", Same},
		{analytics.Open, some(50), some(100), "−50%", Better},
		{analytics.ReplyTimeP50, some(90), some(60), "+50%", Worse},
		{analytics.ReplyTimeBusinessP90, some(30), some(60), "−50%", Better},
		{analytics.AvailableTime, some(30), some(60), "−50%", Same},
		{analytics.Attained, some(0.9), some(0.95), "−5 pts", Worse},
		{analytics.ReopenRate, some(0.1), some(0.125), "−2.5 pts", Better},
		{analytics.Satisfaction, some(4.5), some(4.25), "+0.25", Better},
		{analytics.Satisfaction, none, some(4.25), "", Same},
	} {
		f := Figure{c.metric, c.now, c.before}
		if f.Change() != c.change || f.Verdict() != c.verdict {
			t.Errorf("%s from %v to %v: %q, %q; want %q, %q", c.metric, c.before, c.now, f.Change(), f.Verdict(), c.change, c.verdict)
		}
	}
}

// Reports name metrics that there are, in graphs of one unit; every one of them is sorted by
// a metric that its dimension knows.
func TestReportsAreMadeOfMetrics(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range Reports() {
		if seen[r.Name] || r.Title == "" || r.About == "" || len(r.Tiles) == 0 || len(r.Graphs) == 0 {
			t.Errorf("report %+v", r)
		}
		seen[r.Name] = true
		for _, m := range r.metrics(r.overTime(), r.Metrics) {
			if _, ok := described()[m]; !ok {
				t.Errorf("report %s has the metric %s", r.Name, m)
			}
			if other := business(m); other != m && Unit(other) != analytics.Seconds {
				t.Errorf("%s in business hours is %s", m, other)
			}
		}
		for _, g := range r.Graphs {
			for _, m := range g.Metrics {
				if Unit(m) != Unit(g.Metrics[0]) {
					t.Errorf("graph %q of %s has several units", g.Title, r.Name)
				}
			}
		}
		for _, m := range r.Metrics {
			if !knows(m, r.By) {
				t.Errorf("report %s is by %s, which %s doesn't know", r.Name, r.By, m)
			}
		}
		if again, ok := Named(r.Name); !ok || again.Title != r.Title {
			t.Errorf("report %s isn't found", r.Name)
		}
	}
	if _, ok := Named("nothing"); ok {
		t.Error("there is a report of nothing")
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	s := Sheet{Columns: []Column{{"start", "From", Moment}, {"tag", "Tag", Text}, {"created", "Created", analytics.Count}, {"reply_time_p50", "Reply time", analytics.Seconds}, {"csat", "CSAT", analytics.Score}},
		Rows: [][]Cell{
			{{Time: time.Date(2026, 11, 3, 9, 0, 0, 0, time.FixedZone("", 3600))}, {Text: `say "hi", all`}, {Value: some(3)}, {Value: some(61.5)}, {}},
			{{}, {Text: "=1+1"}, {Value: some(-2)}, {}, {Value: some(4)}},
		}}
	var b bytes.Buffer
	if err := s.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	want := "start,tag,created,reply_time_p50_seconds,csat\n2026-11-03T09:00:00+01:00,\"say \"\"hi\"\", all\",3,61.5,\n,'=1+1,-2,,4\n"
	if b.String() != want {
		t.Errorf("CSV\n%s, want\n%s", b.String(), want)
	}
}

// Whatever a text is, it comes back from the file, and no cell begins with what begins a
// formula.
func FuzzGuard(f *testing.F) {
	for _, s := range []string{"", "tea", "=1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1", "＝1", "a=1", "\xff=", "'=1", "\u3000-1", "\ufeff=1", "x;=1+1", "x; =cmd|'/C calc'!A0;-1", "x\n=1", "x\t@y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		sheet := Sheet{Columns: []Column{{"x", "X", Text}}, Rows: [][]Cell{{{Text: s}}}}
		var b bytes.Buffer
		if err := sheet.WriteCSV(&b); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		got := ""
		if len(rows) > 1 { // a line of one empty field is no record for the reader
			got = rows[1][0]
		}
		clean := strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
		if bare := func(s string) string { return strings.ReplaceAll(s, "'", "") }; bare(got) != bare(clean) {
			t.Errorf("%q came back as %q", s, got)
		}
		// Elsewhere the next cell begins at a semicolon, and the quotes around it don't count.
		for _, part := range strings.FieldsFunc(got, func(r rune) bool { return strings.ContainsRune(";\t\r\n", r) }) {
			if first, _ := utf8.DecodeRuneInString(strings.TrimLeft(part, " \u00a0\u3000\ufeff")); strings.ContainsRune("=+-@＝＋－＠", first) {
				t.Errorf("%q has the cell %q", got, part)
			}
		}
		if first, _ := utf8.DecodeRuneInString(strings.TrimLeft(got, " \u00a0\u3000\ufeff")); got != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", first) {
			t.Errorf("%q begins with %q", got, first)
		}
	})
}
