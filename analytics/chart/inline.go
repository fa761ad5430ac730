package chart

import (
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"strings"
)

// Style is the style sheet that pages with inline graphs need. It uses the custom
// properties --text, --soft, --line, --bg and --accent where the page has them.
//
//go:embed chart.css
var Style []byte

// Inline is the graph for a page. It takes the width that it is given; its height is
// that of .graph-plot in the style sheet.
func (g Graph) Inline() template.HTML {
	var b strings.Builder
	ticks := g.axis()
	b.WriteString(`<div class="graph"><ul class="graph-y" aria-hidden="true">`)
	for i := len(ticks) - 1; i >= 0; i-- {
		fmt.Fprintf(&b, `<li>%s</li>`, escape(g.say(ticks[i])))
	}
	p := plane{width: 1000, height: 200, top: ticks[len(ticks)-1]}
	fmt.Fprintf(&b, `</ul><div class="graph-plot"><svg viewBox="0 0 1000 200" preserveAspectRatio="none" role="img" aria-label="%s">%s</svg>`, escape(g.Summary()), g.shapes(p))
	b.WriteString(`<ol class="graph-x" aria-hidden="true">`)
	for i := range g.Labels {
		g.point(&b, i)
	}
	b.WriteString(`</ol></div></div>`)
	return template.HTML(b.String())
}

// point is a point of time: its label, and what is shown of it when it is pointed at.
func (g *Graph) point(b *strings.Builder, i int) {
	class := ""
	if 2*i >= len(g.Labels) {
		class = ` class="late"` // it says so to the left
	}
	fmt.Fprintf(b, `<li%s>`, class)
	if wide, narrow := g.labelled(i); narrow {
		fmt.Fprintf(b, `<span class="graph-label">%s</span>`, escape(g.Labels[i]))
	} else if wide {
		fmt.Fprintf(b, `<span class="graph-label minor">%s</span>`, escape(g.Labels[i]))
	}
	fmt.Fprintf(b, `<div class="graph-tip"><b>%s</b>`, escape(g.Labels[i]))
	for n, s := range g.Series {
		fmt.Fprintf(b, `<span class="%s">%s<em>%s</em></span>`, g.class(n), escape(s.Name), escape(g.say(s.value(i))))
	}
	b.WriteString(`</div></li>`)
}

// Summary says in a line what the graph shows, for who doesn't see it.
func (g Graph) Summary() string {
	parts := []string{}
	for _, s := range g.Series {
		low, high := math.NaN(), math.NaN()
		for i := range g.Labels {
			if v := s.value(i); !math.IsNaN(v) {
				if !(low <= v) {
					low = v
				}
				if !(high >= v) {
					high = v
				}
			}
		}
		if math.IsNaN(low) {
			parts = append(parts, s.Name+": nothing")
			continue
		}
		parts = append(parts, fmt.Sprintf("%s: from %s to %s", s.Name, g.say(low), g.say(high)))
	}
	return g.Title + ". " + strings.Join(parts, "; ")
}

// Legend names the series with their colours.
func (g Graph) Legend() template.HTML {
	var b strings.Builder
	b.WriteString(`<ul class="graph-legend">`)
	for n, s := range g.Series {
		fmt.Fprintf(&b, `<li class="%s">%s</li>`, g.class(n), escape(s.Name))
	}
	b.WriteString(`</ul>`)
	return template.HTML(b.String())
}

// Spark is a line of some words' size, without axes, and "" where no two values are
// known. It is no more than an ornament: screen readers pass over it.
func Spark(values []float64) template.HTML {
	g := Graph{Labels: make([]string, len(values)), Series: []Series{{Values: values}}}
	known := 0
	for i := range values {
		if !math.IsNaN(g.Series[0].value(i)) {
			known++
		}
	}
	if known < 2 {
		return ""
	}
	ticks := g.axis()
	var b strings.Builder
	b.WriteString(`<svg class="graph-spark" viewBox="0 -2 100 28" preserveAspectRatio="none" aria-hidden="true">`)
	g.line(&b, plane{width: 100, height: 24, top: max(ticks[len(ticks)-1], 1e-9)}, 0)
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// Bar is a bar of a share between 0 and 1, for a cell of a table that says the value, too.
func Bar(share float64) template.HTML {
	if math.IsNaN(share) {
		share = 0
	}
	return template.HTML(fmt.Sprintf(`<svg class="graph-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="graph-fill" width="%s" height="6"/></svg>`, num(100*min(max(share, 0), 1))))
}

func escape(s string) string { return template.HTMLEscapeString(s) }
