package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Kind is how a graph shows its series.
type Kind string

// The kinds.
const (
	Lines   Kind = "lines"   // the first one with its area
	Columns Kind = "columns" // side by side; good for few points
)

// Steps says by which steps an axis goes up.
type Steps string

// The steps.
const (
	Decimal Steps = ""      // 1, 2, 5 and their tenths and tens
	Whole   Steps = "whole" // the same, and never below one
	Clock   Steps = "clock" // values are seconds: 1 s, 30 s, 5 min, 1 h …
)

// Series is one thing that is shown over time.
type Series struct {
	Name   string
	Values []float64 // one per label; math.NaN is none, which leaves a gap
	Before bool      // an earlier time to compare with: drawn faintly
}

// Graph is figures over time. Its texts may hold anything: they are escaped.
type Graph struct {
	Title  string
	Labels []string // of the points, in order; a few are written below the axis
	Series []Series
	Kind   Kind // default: Lines
	Steps  Steps
	// Format says a value; nil writes it as a decimal.
	Format func(float64) string
}

func (g *Graph) say(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	if g.Format != nil {
		return g.Format(v)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// value is the i-th value of a series, NaN where it has none.
func (s *Series) value(i int) float64 {
	if i >= len(s.Values) || math.IsInf(s.Values[i], 0) {
		return math.NaN()
	}
	return s.Values[i]
}

// axis is the values at which lines are drawn, from zero up to what holds the largest.
func (g *Graph) axis() []float64 {
	most := 0.0
	for _, s := range g.Series {
		for i := range g.Labels {
			if v := s.value(i); v > most { // false for NaN
				most = v
			}
		}
	}
	step := g.step(most / 4)
	n := max(1, int(math.Ceil(most/step-1e-9)))
	ticks := make([]float64, n+1)
	for i := range ticks {
		ticks[i] = float64(i) * step
	}
	return ticks
}

// step is the smallest even step that isn't below least.
func (g *Graph) step(least float64) float64 {
	if g.Steps == Clock {
		for _, s := range []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200} {
			if s >= least {
				return s
			}
		}
		return 86400 * even(least/86400, true)
	}
	return even(least, g.Steps == Whole)
}

func even(least float64, whole bool) float64 {
	if whole && least <= 1 || least <= 0 {
		return 1
	}
	ten := math.Pow(10, math.Floor(math.Log10(least)))
	for _, m := range []float64{1, 2, 5} {
		if m*ten >= least*(1-1e-9) {
			return m * ten
		}
	}
	return 10 * ten
}

// labelled says which labels are written, as all of them have no room: about eight, and
// of these every second one also on a narrow screen.
func (g *Graph) labelled(i int) (wide, narrow bool) {
	every := max(1, (len(g.Labels)+7)/8)
	return i%every == 0, i%(2*every) == 0
}

// plane is the size that shapes are drawn in.
type plane struct{ width, height, top float64 } // top is the value at the upper edge

// x is the middle of the i-th of n points.
func (p plane) x(i, n int) float64 { return (float64(i) + 0.5) * p.width / float64(n) }

func (p plane) y(v float64) float64 {
	return p.height - p.height*min(max(v, 0), p.top)/p.top
}

// shapes are the lines and columns of a graph in a plane.
func (g *Graph) shapes(p plane) string {
	var b strings.Builder
	ticks := len(g.axis())
	for i := range ticks {
		y := p.height * float64(i) / float64(ticks-1)
		fmt.Fprintf(&b, `<line class="graph-grid" x1="0" x2="%s" y1="%s" y2="%s"/>`, num(p.width), num(y), num(y))
	}
	// What is compared with lies below.
	for _, before := range []bool{true, false} {
		for i := range g.Series {
			if g.Series[i].Before != before {
				continue
			}
			if g.Kind == Columns {
				g.columns(&b, p, i)
			} else {
				g.line(&b, p, i)
			}
		}
	}
	return b.String()
}

// line draws a series as a path that is interrupted where nothing is known. A point
// between two gaps is a dot.
func (g *Graph) line(b *strings.Builder, p plane, n int) {
	s := &g.Series[n]
	var path, area, dots strings.Builder
	start := -1 // of the piece under way
	for i := range len(g.Labels) + 1 {
		v := math.NaN()
		if i < len(g.Labels) {
			v = s.value(i)
		}
		switch {
		case math.IsNaN(v) && start >= 0:
			if start == i-1 {
				fmt.Fprintf(&dots, "M%s %sh0", num(p.x(start, len(g.Labels))), num(p.y(s.value(start))))
			}
			fmt.Fprintf(&area, "V%sH%sZ", num(p.height), num(p.x(start, len(g.Labels))))
			start = -1
		case math.IsNaN(v):
		case start < 0:
			start = i
			fmt.Fprintf(&path, "M%s %s", num(p.x(i, len(g.Labels))), num(p.y(v)))
			fmt.Fprintf(&area, "M%s %s", num(p.x(i, len(g.Labels))), num(p.y(v)))
		default:
			fmt.Fprintf(&path, "L%s %s", num(p.x(i, len(g.Labels))), num(p.y(v)))
			fmt.Fprintf(&area, "L%s %s", num(p.x(i, len(g.Labels))), num(p.y(v)))
		}
	}
	if path.Len() == 0 {
		return
	}
	if n == 0 {
		fmt.Fprintf(b, `<path class="graph-area series-0" d="%s"/>`, area.String())
	}
	fmt.Fprintf(b, `<path class="graph-line %s" d="%s"/>`, g.class(n), path.String())
	if dots.Len() > 0 {
		fmt.Fprintf(b, `<path class="graph-line graph-dot %s" d="%s"/>`, g.class(n), dots.String())
	}
}

// columns draws a series as columns; those of one point stand side by side.
func (g *Graph) columns(b *strings.Builder, p plane, n int) {
	slot := p.width / float64(len(g.Labels))
	width := slot * 0.72 / float64(len(g.Series))
	for i := range g.Labels {
		v := g.Series[n].value(i)
		if math.IsNaN(v) || v <= 0 {
			continue
		}
		x := slot*(float64(i)+0.14) + width*float64(n)
		fmt.Fprintf(b, `<rect class="graph-column %s" x="%s" y="%s" width="%s" height="%s"/>`, g.class(n), num(x), num(p.y(v)), num(width*0.94), num(p.height-p.y(v)))
	}
}

// class is the colour of a series. One that is compared has the colour of its like.
func (g *Graph) class(n int) string {
	if !g.Series[n].Before {
		return "series-" + strconv.Itoa(n%colours)
	}
	like := 0
	for i := range n {
		if g.Series[i].Before {
			like++
		}
	}
	return "series-" + strconv.Itoa(like%colours) + " before"
}

// colours is how many the style sheet has.
const colours = 4

// num is a coordinate, short.
func num(v float64) string {
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}
