package chart_test

import (
	"fmt"
	"math"
	"strings"

	"github.com/frontdesk-go/frontdesk/analytics/chart"
)

func Example() {
	g := chart.Graph{
		Title:  "Created",
		Labels: []string{"Mon", "Tue", "Wed"},
		Steps:  chart.Whole,
		Series: []chart.Series{
			{Name: "This week", Values: []float64{4, 7, math.NaN()}}, // Wednesday isn't over
			{Name: "The week before", Values: []float64{5, 5, 6}, Before: true},
		},
	}
	fmt.Println(g.Summary())
	fmt.Println(strings.Count(string(g.Inline()), "graph-line"), "lines")
	// Output:
	// Created. This week: from 4 to 7; The week before: from 5 to 6
	// 2 lines
}
