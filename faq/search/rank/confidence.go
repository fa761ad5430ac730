package rank

import (
	"cmp"
	"math"
	"slices"
)

// sure tells how likely the first article answers, from what was found.
type sure struct {
	weights [doubts]float64
}

// What confidence is made of.
const (
	dOne = iota
	dScore
	dMargin
	dKnown
	dCover
	dTitle
	dChars
	dBest
	doubts
)

// defaultSure is what queries of public sets gave: two with their articles for one of other
// trades, and some whose articles were taken away.
var defaultSure = sure{weights: [doubts]float64{dOne: -4.2, dScore: 0.16, dMargin: 0.72, dKnown: 0.4, dCover: 0.55, dTitle: -2.4, dChars: 1.9, dBest: 1}}

// evidence is what confidence looks at.
func evidence(known float32, cs []candidate) (v [doubts]float64) {
	v[dOne] = 1
	if len(cs) == 0 {
		return v
	}
	c := &cs[0]
	v[dScore] = c.score
	v[dMargin] = min(c.score, marginMost)
	if len(cs) > 1 {
		v[dMargin] = min(c.score-cs[1].score, marginMost)
	}
	v[dKnown], v[dCover] = float64(known), c.f[fCover]
	v[dTitle] = c.f[fTitleCover]
	v[dChars], v[dBest] = c.f[fChars], c.f[fBest]
	return v
}

const marginMost = 5

// confidence is the probability for some evidence.
func (m *sure) confidence(v *[doubts]float64) float64 {
	sum := 0.0
	for i, w := range m.weights {
		sum += w * v[i]
	}
	return 1 / (1 + math.Exp(-sum))
}

// Calibrating takes so many resolved queries.
const minCalibration = 150

// calibrate fits confidence to resolved queries: with the article that answers, which
// may be first or not, and without it, as if no article did.
func calibrate(es []example) sure {
	if len(es) < minCalibration {
		return defaultSure
	}
	var points []point
	for i := range es {
		points = append(points, es[i].points()...)
	}
	return logistic(points, defaultSure)
}

// point is something that was found, and whether its first article answers.
type point struct {
	v     [doubts]float64
	right bool
}

func (e *example) points() []point {
	order := make([]int, len(e.cs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(e.cs[b].score, e.cs[a].score) })
	var with, without []candidate
	for _, i := range order {
		with = append(with, e.cs[i])
		if i != e.right {
			without = append(without, e.cs[i])
		}
	}
	return []point{{evidence(e.known, with), len(order) > 0 && order[0] == e.right}, {evidence(e.known, without), false}}
}

// logistic fits a logistic regression, held near a prior.
func logistic(points []point, prior sure) sure {
	const (
		steps = 400
		rate  = 0.05
		hold  = 0.5 // points that the prior counts for
	)
	m := prior
	var m1, m2 [doubts]float64
	for step := 1; step <= steps; step++ {
		var g [doubts]float64
		for i := range points {
			off := m.confidence(&points[i].v)
			if points[i].right {
				off--
			}
			for k, v := range points[i].v {
				g[k] += off * v
			}
		}
		for k := range m.weights {
			d := (g[k] + hold*(m.weights[k]-prior.weights[k])) / float64(len(points))
			m1[k] = fitDecay1*m1[k] + (1-fitDecay1)*d
			m2[k] = fitDecay2*m2[k] + (1-fitDecay2)*d*d
			a, b := m1[k]/(1-math.Pow(fitDecay1, float64(step))), m2[k]/(1-math.Pow(fitDecay2, float64(step)))
			m.weights[k] -= rate * a / (math.Sqrt(b) + 1e-6)
		}
	}
	return m
}
