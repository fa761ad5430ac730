package predict

import "math"

// confidence tells how likely the best label is right. Beside its probability, which is
// about one label or another, it looks at how far a network's score leads the mean of
// all: texts about something else lead less than those that it learned from, even where
// one label is far likelier than all others.
type confidence struct {
	mean, spread  float64 // of the lead, of rows that were held out
	slope, offset float64 // from odds to the odds that held-out rows were right with
}

// A text leads as those that are known do from usualLead spreads below the mean on;
// below, the odds fall by leadSharp for each spread.
const (
	usualLead = 1
	leadSharp = 2
	// Rows that are all made alike lead alike, and whoever writes in his own words would
	// be far from them: of real rows the spread is a third of the mean, or more.
	leastSpread = 0.35
)

// lead is how far the networks' score is above their mean of all labels.
func (b blend) lead(scores [learners][]float32, best int) (lead float64) {
	for k := 1; k < learners; k++ {
		sum := float32(0)
		for _, x := range scores[k] {
			sum += x
		}
		lead += b[k] * float64(scores[k][best]-sum/float32(len(scores[k])))
	}
	return lead
}

// raw is the logarithm of the odds that the best label is right, before it is compared
// with how often it was.
func (c *confidence) raw(p, lead float64) float64 {
	known := leadSharp * ((lead-c.mean)/c.spread + usualLead)
	return odds(chance(odds(p)) * chance(known))
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
	var chances, leads []float64
	var right []bool
	for i, l := range s.label {
		if l == outOfScope {
			continue
		}
		row := s.row(i)
		b.mix(row, p)
		best := largest(p)
		chances, leads, right = append(chances, p[best]), append(leads, b.lead(row, best)), append(right, best == int(l))
	}
	c.mean, c.spread = moments(leads)
	c.spread = max(c.spread, leastSpread*c.mean)
	x := make([]float64, len(leads))
	for i := range x {
		x[i] = c.raw(chances[i], leads[i])
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
