package predict

import (
	"context"
	"math/rand/v2"
	"slices"
)

// svmCost is what a row on the wrong side costs, beside the length of the weights.
const svmCost = 1.0

// Rounds over the rows, at most, and the step below which there is no more to gain.
const (
	svmRounds = 20
	svmAgain  = 6
	svmEnough = 0.1
	svmBias   = 0.5 // value of the feature that all rows have
	svmFar    = 1.3 // score from which a row is far on the right side
)

// learnLinear trains one support vector machine a label, with squared hinge loss, by
// dual coordinate descent (Hsieh et al. 2008). Those without the rows of a fold begin
// where the one of all rows ended, with those rows' part taken away: they get to the
// same place as from nothing, in fewer rounds. held gets their scores for these rows. The
// weight of feature f for label l is at f*labels+l.
func learnLinear(ctx context.Context, p *problem, held []float32) (weight, bias []float32, err error) {
	weight, bias = make([]float32, p.features*p.labels), make([]float32, p.labels)
	norm := make([]float32, p.x.rows())
	for i := range norm {
		norm[i] = svmBias * svmBias
		for _, x := range p.x.row(i).plain().value {
			norm[i] += float32(x * x)
		}
	}
	err = each(ctx, p.labels, func(ctx context.Context, l int) {
		s := newDescent(p, norm, l)
		s.descend(ctx, svmRounds, -1)
		bias[l] = svmBias * s.bias
		for f, w := range s.w {
			if w != 0 {
				weight[f*p.labels+l] = w
			}
		}
		s.hold(ctx, held)
		p.advance(0.5 / float64(p.labels))
	})
	return weight, bias, err
}

// descent is the search for the weights of one label.
type descent struct {
	p     *problem
	norm  []float32
	label int32
	w     []float32
	bias  float32
	alpha []float32
	rows  []int32 // that it looks at
	order []int32
	rng   *rand.Rand
}

func newDescent(p *problem, norm []float32, l int) *descent {
	n := p.x.rows()
	s := &descent{p: p, norm: norm, label: int32(l), w: make([]float32, p.features), alpha: make([]float32, n),
		rows: make([]int32, n), order: make([]int32, 0, n), rng: rand.New(rand.NewPCG(p.seed, uint64(l)))}
	for i := range s.rows {
		s.rows[i] = int32(i)
	}
	return s
}

// descend makes rounds over all rows but those of a fold. A row that is far on the
// right side is left out until the others have settled.
func (s *descent) descend(ctx context.Context, rounds, without int) {
	s.all(without)
	const diagonal = float32(1 / (2 * svmCost))
	whole := true
	for range rounds {
		if ctx.Err() != nil {
			return
		}
		s.rng.Shuffle(len(s.order), func(i, j int) { s.order[i], s.order[j] = s.order[j], s.order[i] })
		most := float32(0)
		keep := s.order[:0]
		for _, i := range s.order {
			y := float32(-1)
			if s.p.label[i] == s.label {
				y = 1
			}
			v := s.p.x.row(int(i)).plain()
			g := y*s.score(v) - 1 + float32(s.alpha[i]*diagonal)
			if s.alpha[i] == 0 && g > 0 {
				if g < most || whole && g < 0.2 {
					keep = append(keep, i)
				}
				continue
			}
			keep = append(keep, i)
			most = max(most, g, -g)
			a := max(s.alpha[i]-g/(s.norm[i]+diagonal), 0)
			s.move(v, y*(a-s.alpha[i]))
			s.alpha[i] = a
		}
		s.order = keep
		if most < svmEnough {
			if whole {
				return
			}
			s.all(without) // those that were left out may count now
			whole = true
			continue
		}
		whole = false
	}
}

// all puts every row that is looked at but those of a fold in the order.
func (s *descent) all(without int) {
	s.order = s.order[:0]
	for _, i := range s.rows {
		if int(s.p.fold[i]) != without {
			s.order = append(s.order, i)
		}
	}
}

// nearby leaves the rows that are far on the right side out from now on: with the rows of
// one fold less, hardly any of them would come to count.
func (s *descent) nearby() {
	s.rows = slices.DeleteFunc(s.rows, func(i int32) bool {
		score := s.score(s.p.x.row(int(i)).plain())
		if s.p.label[i] != s.label {
			score = -score
		}
		return s.alpha[i] == 0 && score > svmFar
	})
}

func (s *descent) score(v vector) float32 {
	w, value := s.w, v.value[:len(v.at)]
	// Four sums, as none has to wait for the one before.
	var a, b, c, d float32
	i := 0
	for ; i+4 <= len(value); i += 4 {
		at, x := v.at[i:i+4], value[i:i+4]
		a += float32(w[at[0]] * x[0])
		b += float32(w[at[1]] * x[1])
		c += float32(w[at[2]] * x[2])
		d += float32(w[at[3]] * x[3])
	}
	for ; i < len(value); i++ {
		a += float32(w[v.at[i]] * value[i])
	}
	return (a + b) + (c + d) + float32(s.bias*svmBias)
}

func (s *descent) move(v vector, by float32) {
	s.bias += by * svmBias
	for i, f := range v.at {
		s.w[f] += float32(by * v.value[i])
	}
}

// hold scores the rows of each fold by weights that haven't seen them.
func (s *descent) hold(ctx context.Context, held []float32) {
	s.nearby()
	w, alpha, bias := s.w, s.alpha, s.bias
	s.w, s.alpha = make([]float32, len(w)), make([]float32, len(alpha))
	for fold := range s.p.folds {
		copy(s.w, w)
		copy(s.alpha, alpha)
		s.bias = bias
		for i, f := range s.p.fold {
			if int(f) == fold && alpha[i] != 0 {
				y := float32(1)
				if s.p.label[i] == s.label {
					y = -1
				}
				s.move(s.p.x.row(i).plain(), y*alpha[i])
				s.alpha[i] = 0
			}
		}
		s.descend(ctx, svmAgain, fold)
		for i, f := range s.p.fold {
			if int(f) == fold {
				held[i*s.p.labels+int(s.label)] = s.score(s.p.x.row(i).plain())
			}
		}
	}
}
