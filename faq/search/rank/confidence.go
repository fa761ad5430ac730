package rank

import "math"

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

// defaultSure is what held-out queries of public sets gave.
var defaultSure = sure{weights: [doubts]float64{dOne: -6, dScore: 0.25, dMargin: 0.4, dKnown: 1, dCover: 1, dTitle: 1, dChars: 1, dBest: 3}}

// evidence is what confidence looks at.
func evidence(q *asked, cs []candidate) (v [doubts]float64) {
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
	v[dKnown], v[dCover] = float64(q.known), c.f[fCover]
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

func (s *shelf) calibrate(es []example) sure { return defaultSure }
