package predict

import "math"

// confidence tells how likely the best label is right. Beside its probability, which is
// about one label or another, it looks at how far its score leads the mean of all, by the
// linear machines and by the networks: texts about something else lead less than those that
// were learned from, even where one label is far likelier than all others. The machines'
// lead tells best which of the known texts are sure, that of the networks which texts are
// far from all.
type confidence struct {
	usual         leads
	slope, offset float64 // from odds to the odds that held-out rows were right with
}

// leads are about the lead of the linear machines and that of all networks together.
type leads [2]usual

// usual is how rows that were held out lead.
type usual struct{ mean, spread float64 }

// A text leads as those that are known do from usualLead spreads below the mean on;
// below, the odds fall by leadSharp for each spread.
const (
	usualLead = 1.5
	leadSharp = 2
	// Rows that are all made alike lead alike, and whoever writes in his own words would
	// be far from them: of real rows the spread is a third of the mean, or more.
	leastSpread = 0.35
)

// lead is how far the scores of the machines, and those of the networks, are above their
// mean of all labels. The machines' is told even where they count nothing.
func (b blend) lead(scores [learners][]float32, best int) (lead [2]float64) {
	for k, scores := range scores {
		if k > 0 && b[k] == 0 {
			continue
		}
		sum := float32(0)
		for _, x := range scores {
			sum += x
		}
		above := float64(scores[best] - sum/float32(len(scores)))
		if k == 0 {
			lead[0] = above
		} else {
			lead[1] += b[k] * above
		}
	}
	return lead
}

// raw is the logarithm of the odds that the best label is right, before it is compared
// with how often it was.
func (c *confidence) raw(p float64, lead [2]float64) float64 {
	sure := chance(odds(p))
	for i, u := range c.usual {
		sure *= chance(leadSharp * ((lead[i]-u.mean)/u.spread + usualLead))
	}
	return odds(sure)
}

// chance is the probability for the logarithm of odds.
func chance(odds float64) float64 { return 1 / (1 + math.Exp(-odds)) }

// settle gives the best of the labels' probabilities the confidence that it has, and the
// others less of what they have, or as much as is left.
func (c *confidence) settle(probability []float64, b blend, scores [learners][]float32) (best int) {
	best = largest(probability)
	p := probability[best]
	sure := chance(c.slope*c.raw(p, b.lead(scores, best)) + c.offset)
	others := sure / p
	if p < 1 {
		others = min(others, (1-sure)/(1-p))
	}
	for l := range probability {
		probability[l] *= others
	}
	probability[best] = sure
	return best
}

// learnConfidence fits confidence to rows that were held out.
func (s *scores) learnConfidence(b blend) confidence {
	c := confidence{slope: 1}
	p := make([]float64, s.labels)
	var chances []float64
	var leads [2][]float64
	var right []bool
	for i, l := range s.label {
		if l == outOfScope {
			continue
		}
		row := s.row(i)
		b.mix(row, p)
		best := largest(p)
		chances, right = append(chances, p[best]), append(right, best == int(l))
		for i, lead := range b.lead(row, best) {
			leads[i] = append(leads[i], lead)
		}
	}
	for i := range c.usual {
		mean, spread := moments(leads[i])
		c.usual[i] = usual{mean, max(spread, leastSpread*mean)}
	}
	x := make([]float64, len(chances))
	for i := range x {
		x[i] = c.raw(chances[i], [2]float64{leads[0][i], leads[1][i]})
	}
	c.slope, c.offset = logistic(x, right)
	return c
}

// moments returns mean and standard deviation, which is never 0.
func moments(xs []float64) (mean, spread float64) {
	for _, x := range xs {
		mean += x
	}
	mean /= float64(len(xs))
	for _, x := range xs {
		spread += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(spread/float64(len(xs))) + 1e-3
}

// doubt is how many rows speak for odds as they are, when it is asked what they should
// be: it keeps a model that made no mistake on few rows from being certain.
const doubt = 4

// logistic finds by Newton's method the slope and offset that turn x into the odds of
// being right.
func logistic(x []float64, right []bool) (slope, offset float64) {
	slope = 1
	for range 30 {
		g := []float64{doubt * (slope - 1), doubt * offset}
		h := [][]float64{{doubt, 0}, {0, doubt}}
		for i, x := range x {
			p := chance(slope*x + offset)
			d, w := p, p*(1-p)
			if right[i] {
				d--
			}
			g[0] += d * x
			g[1] += d
			h[0][0] += w * x * x
			h[0][1] += w * x
			h[1][0] += w * x
			h[1][1] += w
		}
		step := solve(h, g)
		slope, offset = max(slope-step[0], 0.05), offset-step[1]
		if math.Abs(step[0])+math.Abs(step[1]) < 1e-9 {
			break
		}
	}
	return slope, offset
}
