package predict

import (
	"context"
	"math/rand/v2"
	"slices"
)

// The linear model is a support vector machine for each label, with squared hinge loss, by
// dual coordinate descent (Hsieh et al. 2008). Those without the rows of a fold begin where
// the one of all rows ended, with those rows' part taken away: they get to the same place as
// from nothing, in fewer rounds.

// svmCost is what a row on the wrong side costs, beside the length of the weights.
const svmCost = 1.0

// How the machines learn.
const (
	svmTogether = 32  // labels whose machines look at a row together
	svmRounds   = 12  // over the rows, at most
	svmAgain    = 4   // the same without a fold,
	svmRough    = 1   // or one whose rows they alone judge
	svmEnough   = 0.1 // step below which there is no more to gain
	svmBias     = 0.5 // value of the feature that all rows have
)

// descent is the search for the weights of some labels, from one to another, each by
// itself. They go over the rows together as that is quicker: what a feature weighs for
// them lies together. There are as many as can be done at a time, the last of them for no label.
type descent struct {
	p               *problem
	norm            []float32
	from, to, width int
	w               []float32 // of feature f from f*width on
	bias            []float32
	alpha           []float32 // of row i from i*width on: how much it counts
	score, move     []float32 // of one row
	order           []int32
	rng             *rand.Rand
}

func newDescent(p *problem, norm []float32, from, to int) *descent {
	width := padded(to - from)
	return &descent{p: p, norm: norm, from: from, to: to, width: width,
		w: make([]float32, p.features*width), bias: make([]float32, width), alpha: make([]float32, p.x.rows()*width),
		score: make([]float32, width), move: make([]float32, width), rng: rand.New(rand.NewPCG(p.seed, uint64(from)))}
}

// descend makes rounds over all rows but those of a fold.
func (s *descent) descend(ctx context.Context, rounds, without int) {
	s.order = s.order[:0]
	for i, fold := range s.p.fold {
		if int(fold) != without {
			s.order = append(s.order, int32(i))
		}
	}
	for range rounds {
		if ctx.Err() != nil {
			return
		}
		s.rng.Shuffle(len(s.order), func(i, j int) { s.order[i], s.order[j] = s.order[j], s.order[i] })
		most := float32(0)
		for _, i := range s.order {
			most = max(most, s.step(int(i)))
		}
		if most < svmEnough {
			return
		}
	}
}

// step gives a row what it should count for each label as the others are, and returns how
// far that was from it, at the most.
func (s *descent) step(i int) (most float32) {
	const diagonal = float32(1 / (2 * svmCost))
	v := s.p.x.row(i).plain()
	s.look(v)
	alpha, move, score := s.alpha[i*s.width:][:s.width], s.move[:s.width], s.score[:s.width]
	curve := s.norm[i] + diagonal
	own := int(s.p.label[i]) - s.from
	for l, have := range alpha[:s.to-s.from] {
		y := float32(-1)
		if l == own {
			y = 1
		}
		a := max(have-(float32(y*score[l])-1+float32(have*diagonal))/curve, 0)
		alpha[l], move[l] = a, y*(a-have)
		most = max(most, a-have, have-a)
	}
	if most > 0 {
		s.add(v)
	}
	return most * curve
}

// look puts what a row's features say for each label in score.
func (s *descent) look(v vector) {
	for l, b := range s.bias {
		s.score[l] = b * svmBias
	}
	addRows(s.score, v.at, v.value, s.w, s.width)
}

// add moves the weights of a row's features.
func (s *descent) add(v vector) {
	for l, by := range s.move {
		s.bias[l] += by * svmBias
	}
	addToRows(s.w, v.at, v.value, s.move)
}

// hold scores the rows of each fold by weights that haven't seen them.
func (s *descent) hold(ctx context.Context, held []float32) {
	w, alpha, bias := s.w, s.alpha, s.bias
	s.w, s.alpha, s.bias = make([]float32, len(w)), make([]float32, len(alpha)), make([]float32, len(bias))
	for fold := range s.p.folds {
		copy(s.w, w)
		copy(s.alpha, alpha)
		copy(s.bias, bias)
		for i, f := range s.p.fold {
			if int(f) == fold {
				s.forget(i)
			}
		}
		rounds := svmRough
		if slices.Contains(s.p.without, fold) {
			rounds = svmAgain
		}
		s.descend(ctx, rounds, fold)
		for i, f := range s.p.fold {
			if int(f) == fold {
				s.look(s.p.x.row(i).plain())
				copy(held[i*s.p.labels+s.from:], s.score[:s.to-s.from])
			}
		}
	}
}

// forget takes away what a row counts.
func (s *descent) forget(i int) {
	alpha := s.alpha[i*s.width:][:s.width]
	for l, a := range alpha {
		s.move[l] = a
		if int(s.p.label[i]) == s.from+l {
			s.move[l] = -a
		}
	}
	clear(alpha)
	s.add(s.p.x.row(i).plain())
}
