package chart

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// An axis begins at zero, holds every value, goes up in even steps, and has few of them.
func TestAxisHoldsEveryValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := Graph{
			Steps:  rapid.SampledFrom([]Steps{Decimal, Whole, Clock}).Draw(t, "steps"),
			Labels: []string{"a", "b"},
			Series: []Series{{Values: []float64{rapid.Float64Range(-5, 1e9).Draw(t, "one"), rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), 1e-7}).Draw(t, "two")}}},
		}
		ticks := g.axis()
		if n := len(ticks); n < 2 || n > 6 || ticks[0] != 0 {
			t.Fatalf("the axis is %v", ticks)
		}
		for i := range g.Labels {
			if v := g.Series[0].value(i); v > ticks[len(ticks)-1]*(1+1e-9) {
				t.Errorf("%v is above the axis %v", v, ticks)
			}
		}
		if step := ticks[1]; g.Steps == Whole && step != math.Trunc(step) {
			t.Errorf("steps of %v aren't whole", step)
		}
	})
}

func TestSteps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		steps Steps
		most  float64
		want  string
	}{
		{Whole, 3, "0 1 2 3"},
		{Whole, 0, "0 1"},
		{Whole, 38, "0 10 20 30 40"},
		{Decimal, 0.9, "0 0.5 1"},
		{Clock, 100, "0 30 60 90 120"},
		{Clock, 3 * 3600, "0 3600 7200 10800"},
		{Clock, 9 * 86400, "0 432000 864000"},
	} {
		g := Graph{Steps: c.steps, Labels: []string{"x"}, Series: []Series{{Values: []float64{c.most}}}}
		var got []string
		for _, v := range g.axis() {
			got = append(got, strconv.FormatFloat(v, 'f', -1, 64))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("up to %v in steps %q: %v, want %s", c.most, c.steps, got, c.want)
		}
	}
}

// What isn't known interrupts a line, and a point between two gaps is seen.
func TestGaps(t *testing.T) {
	t.Parallel()
	none := math.NaN()
	g := Graph{Labels: strings.Split("abcdef", ""), Series: []Series{{Name: "n", Values: []float64{1, 1, none, 1, none}}}}
	p := plane{width: 60, height: 10, top: 1}
	var lines []string
	for part := range strings.SplitSeq(g.shapes(p), "/>") {
		if strings.Contains(part, "graph-line") {
			lines = append(lines, part)
		}
	}
	want := []string{`<path class="graph-line series-0" d="M5 0L15 0M35 0"`, `<path class="graph-line graph-dot series-0" d="M35 0h0"`}
	if !slices.Equal(lines, want) {
		t.Errorf("the lines are %q, want %q", lines, want)
	}
	for _, nothing := range []Graph{{}, {Labels: []string{"a"}}, {Labels: []string{"a"}, Series: []Series{{Values: []float64{none}}}}} {
		if got := string(nothing.Inline()); strings.Contains(got, "graph-line") || strings.Contains(got, "NaN") {
			t.Errorf("of nothing: %s", got)
		}
	}
}

// Columns of one point stand beside each other, and none of another's.
func TestColumns(t *testing.T) {
	t.Parallel()
	g := Graph{Kind: Columns, Labels: []string{"a", "b"}, Series: []Series{{Values: []float64{1, 2}}, {Values: []float64{2, 0}, Before: true}}}
	got := g.shapes(plane{width: 200, height: 10, top: 2})
	for _, want := range []string{
		`<rect class="graph-column series-0" x="14" y="5" width="33.84" height="5"/>`,
		`<rect class="graph-column series-0" x="114" y="0" width="33.84" height="10"/>`,
		`<rect class="graph-column series-0 before" x="50" y="0" width="33.84" height="10"/>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s isn't in %s", want, got)
		}
	}
	if n := strings.Count(got, "<rect"); n != 3 {
		t.Errorf("%d columns", n)
	}
}

func TestSparkAndBar(t *testing.T) {
	t.Parallel()
	if got := Spark([]float64{1, math.NaN()}); got != "" {
		t.Errorf("of one value: %s", got)
	}
	if got := string(Spark([]float64{0, 1})); !strings.Contains(got, `d="M25 24L75 0"`) {
		t.Errorf("of two values: %s", got)
	}
	for share, want := range map[float64]string{0.5: `width="50"`, 7: `width="100"`, -1: `width="0"`, math.NaN(): `width="0"`} {
		if got := string(Bar(share)); !strings.Contains(got, want) {
			t.Errorf("a bar of %v: %s", share, got)
		}
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	g := Graph{Title: "Reply time", Labels: []string{"a", "b", "c"}, Format: func(v float64) string { return strconv.Itoa(int(v)) + " s" },
		Series: []Series{{Name: "Now", Values: []float64{4, math.NaN(), 9}}, {Name: "Before"}}}
	if got, want := g.Summary(), "Reply time. Now: from 4 s to 9 s; Before: nothing"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Whatever names are made of, what comes out is well formed, and holds no element and
// no attribute that could do something.
func FuzzTexts(f *testing.F) {
	f.Add("Created", "3 Nov")
	f.Add(`"><script>alert(1)</script>`, "\x00\x1b\xff]]>&amp;'")
	f.Add("日本語", "عربى\ufffe")
	f.Fuzz(func(t *testing.T, name, label string) {
		g := Graph{Title: name, Labels: []string{label, name}, Series: []Series{{Name: name, Values: []float64{1, 2}}, {Name: label, Values: []float64{2}, Before: true}},
			Format: func(float64) string { return label }}
		var file bytes.Buffer
		if err := g.WriteSVG(&file); err != nil {
			t.Fatal(err)
		}
		harmless(t, file.String(), map[string]bool{"svg": true, "style": true, "rect": true, "text": true, "line": true, "path": true, "g": true})
		inline := strings.ToValidUTF8(clean(string(g.Inline()+g.Legend())), "")
		if strings.Contains(inline, "<script") || strings.Contains(inline, " style=") {
			t.Errorf("inline: %s", inline)
		}
	})
}

func harmless(t *testing.T, text string, known map[string]bool) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("%v in %q", err, text)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if !known[e.Name.Local] {
			t.Errorf("an element %s", e.Name.Local)
		}
		for _, a := range e.Attr {
			if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" || a.Name.Local == "style" {
				t.Errorf("an attribute %s=%q", a.Name.Local, a.Value)
			}
		}
	}
}
