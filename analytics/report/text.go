package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/analytics/chart"
)

// Format is a value for people, in English: 1,234; 3 h 20 min; 87.5%; 4.62. What isn't
// known is an en dash.
func Format(unit analytics.Unit, v analytics.Value) string {
	if !v.Known {
		return "–"
	}
	switch unit {
	case analytics.Seconds:
		return span(v.Number)
	case analytics.Ratio:
		return decimal(v.Number*100, 1) + "%"
	case analytics.Score:
		return strconv.FormatFloat(v.Number, 'f', 2, 64)
	}
	return thousands(v.Number)
}

// decimal is a number with so many places at most, without zeros that say nothing.
func decimal(v float64, places int) string {
	scale := math.Pow10(places)
	return strconv.FormatFloat(math.Round(v*scale)/scale, 'f', -1, 64)
}

func thousands(v float64) string {
	s := strconv.FormatFloat(math.Abs(math.Round(v)), 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if v < 0 && s != "0" {
		s = "−" + s
	}
	return s
}

// span is a duration by its largest unit, and the next one where there are few of it.
func span(seconds float64) string {
	sign := ""
	if seconds < 0 {
		sign, seconds = "−", -seconds
	}
	if seconds < 10 {
		return sign + decimal(seconds, 1) + " s"
	}
	for _, u := range []struct {
		most        float64 // below which this is the way
		large       float64 // seconds of the larger unit
		name, small string
	}{
		{60, 1, "s", ""},
		{3600, 60, "min", "s"},
		{86400, 3600, "h", "min"},
		{math.Inf(1), 86400, "d", "h"},
	} {
		small := map[string]float64{"s": 1, "min": 60, "h": 3600}[u.small]
		if small == 0 {
			small = 1
		}
		if seconds >= 10*u.large { // where the small one says nothing
			small = u.large
		}
		rounded := math.Round(seconds/small) * small
		if rounded >= u.most {
			continue
		}
		text := sign + thousands(math.Floor(rounded/u.large)) + " " + u.name
		if rest := math.Mod(rounded, u.large) / small; u.small != "" && rest > 0 {
			text += fmt.Sprintf(" %.0f %s", rest, u.small)
		}
		return text
	}
	return sign + "∞"
}

// Figure is a total, and what it was in the time before.
type Figure struct {
	Metric      analytics.Metric
	Now, Before analytics.Value
}

// Title is what people call the metric.
func (f Figure) Title() string { return Title(f.Metric) }

// Text is the value for people.
func (f Figure) Text() string { return Format(Unit(f.Metric), f.Now) }

// BeforeText is the value of the time before.
func (f Figure) BeforeText() string { return Format(Unit(f.Metric), f.Before) }

// Change is how the figure changed, for people: +12%, −3 pts, and "" where that can't be
// said, as against nothing.
func (f Figure) Change() string {
	if !f.Now.Known || !f.Before.Known {
		return ""
	}
	by := f.Now.Number - f.Before.Number
	switch Unit(f.Metric) {
	case analytics.Ratio:
		return signed(by*100, 1, " pts")
	case analytics.Score:
		return signed(by, 2, "")
	}
	if f.Before.Number == 0 {
		return ""
	}
	return signed(by/math.Abs(f.Before.Number)*100, 0, "%")
}

func signed(v float64, places int, unit string) string {
	s := decimal(v, places)
	switch {
	case strings.HasPrefix(s, "-") && s != "-0":
		return "−" + s[1:] + unit
	case s == "0" || s == "-0":
		return "±0" + unit
	}
	return "+" + s + unit
}

// Verdict says whether a change is good.
type Verdict string

// The verdicts.
const (
	Better Verdict = "better"
	Worse  Verdict = "worse"
	Same   Verdict = "" // or it is neither good nor bad
)

// Verdict is what the change means.
func (f Figure) Verdict() Verdict {
	good := goodness(f.Metric)
	if good == 0 || f.Change() == "" || strings.HasPrefix(f.Change(), "±") {
		return Same
	}
	if (f.Now.Number > f.Before.Number) == (good > 0) {
		return Better
	}
	return Worse
}

// numbers are values for a chart, NaN where nothing is known.
func numbers(vs []analytics.Value) []float64 {
	all := make([]float64, len(vs))
	for i, v := range vs {
		if all[i] = v.Number; !v.Known {
			all[i] = math.NaN()
		}
	}
	return all
}

// steps is how an axis of a unit goes up.
func steps(u analytics.Unit) chart.Steps {
	switch u {
	case analytics.Seconds:
		return chart.Clock
	case analytics.Count:
		return chart.Whole
	}
	return chart.Decimal
}

// moment is the beginning of a piece of time, for people.
func moment(t time.Time, g analytics.Grain) string {
	if g == analytics.Day {
		return t.Format("2 Jan")
	}
	return t.Format("2 Jan 15:04")
}
