// Package chart draws figures over time as SVG that a web page can hold.
//
//	g := chart.Graph{Title: "Created", Labels: []string{"Mon", "Tue"}, Series: []chart.Series{{Name: "Created", Values: []float64{4, 7}}}}
//	page.Chart = g.Inline() // in a page that has chart.Style
//	err := g.WriteSVG(w)    // as a file
//
// # Why it draws itself
//
// Libraries that are kept were looked at in November 2026, go-analyze/charts v0.6.4 closely.
// It lays a chart out for one size: text is measured by a font of its own and put at fixed
// places, so that a chart made for a desk's screen can't be read on a phone. Colours stand in
// style attributes, which a page without 'unsafe-inline' in its Content-Security-Policy
// refuses, and which don't follow the reader's dark mode. It brings nine packages with font
// and raster code, for what are some paths here.
//
// In a page, shapes are SVG that stretches, and text is HTML, which doesn't; colours are
// those of the page's style sheet. There is no script: what a point says is shown by the
// style sheet alone. What is drawn is hidden from screen readers, who get Graph.Title and
// the summary; set a table of the same figures beside it.
//
// # Caveats
//
// A graph has a baseline of zero; values below it are drawn as zero. More than some
// hundred points make columns that are too thin to point at.
package chart
