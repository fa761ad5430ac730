package predict

import (
	"cmp"
	"context"
	"slices"
)

// learned is what machines and networks learn from a problem.
type learned struct {
	p *problem
	// What feature f weighs for label l is at f*labels+l.
	weight, bias []float32
	network      [networks]*network // nil where one knows no features
	// What machines that haven't seen it say of each row, and networks of each that is judged.
	ofLinear   []float32
	ofNetworks [networks][]float32
}

// task is a part of what is to be learned that depends on no other.
type task struct {
	work float64 // how long it takes, beside others
	do   func(ctx context.Context)
}

// learn does all tasks, those that take longest first, so that no processor is left with a
// long one at the end.
func learn(ctx context.Context, p *problem) (*learned, error) {
	l := &learned{p: p, weight: make([]float32, p.features*p.labels), bias: make([]float32, p.labels),
		ofLinear: make([]float32, p.x.rows()*p.labels)}
	tasks := append(l.networkTasks(), l.linearTasks()...)
	slices.SortStableFunc(tasks, func(a, b task) int { return cmp.Compare(b.work, a.work) })
	all := 0.0
	for _, t := range tasks {
		all += t.work
	}
	err := each(ctx, len(tasks), func(ctx context.Context, i int) {
		tasks[i].do(ctx)
		p.advance(tasks[i].work / all)
	})
	return l, err
}

// linearTasks are some labels' machines each: of all rows, and of all but those of each fold.
func (l *learned) linearTasks() (tasks []task) {
	p := l.p
	norm := make([]float32, p.x.rows())
	for i := range norm {
		value := p.x.row(i).plain().value
		norm[i] = svmBias*svmBias + dot(value, value)
	}
	for from := 0; from < p.labels; from += svmTogether {
		to := min(from+svmTogether, p.labels)
		work := float64((svmRounds + svmAgain*len(p.without) + svmRough*(p.folds-len(p.without))) * p.x.rows() * padded(to-from))
		tasks = append(tasks, task{work, func(ctx context.Context) {
			s := newDescent(p, norm, from, to)
			s.descend(ctx, svmRounds, -1)
			for k, b := range s.bias[:to-from] {
				l.bias[from+k] = svmBias * b
			}
			for f := range p.features {
				copy(l.weight[f*p.labels+from:][:to-from], s.w[f*s.width:])
			}
			s.hold(ctx, l.ofLinear)
		}})
	}
	return tasks
}

// workOf is how long a network looks at a row, beside machines of as many labels as it has
// hidden units, as it was measured.
var workOf = [networks]float64{networkOfAll: 1, networkOfWords: 0.8, networkOfPieces: 0.8, networkByWord: 1.4}

// networkTasks are the networks of all rows, and those without each fold that is judged.
func (l *learned) networkTasks() (tasks []task) {
	p := l.p
	for k := range l.network {
		said := make([]float32, len(p.judged)*p.labels)
		l.ofNetworks[k] = said
		if p.known[k].size == 0 {
			continue
		}
		work := workOf[k] * float64(rounds(k, p.x.rows())*p.x.rows()*width(k, p.x.rows(), p.labels))
		tasks = append(tasks, task{work, func(ctx context.Context) { l.network[k] = learnNetwork(ctx, p, k, -1) }})
		for _, fold := range p.without {
			tasks = append(tasks, task{work * float64(p.folds-1) / float64(p.folds), func(ctx context.Context) {
				n := learnNetwork(ctx, p, k, fold)
				for i, row := range p.judged {
					if int(p.fold[row]) == fold {
						n.scores(p.x.row(int(row)), said[i*p.labels:][:p.labels])
					}
				}
			}})
		}
	}
	return tasks
}

// scores are what is said of the rows that whole models judge.
func (l *learned) scores() *scores {
	p := l.p
	s := &scores{labels: p.labels}
	for _, row := range p.judged {
		s.label = append(s.label, p.label[row])
		s.of[0] = append(s.of[0], l.ofLinear[int(row)*p.labels:][:p.labels]...)
	}
	copy(s.of[1:], l.ofNetworks[:])
	return s
}

// trial judges the rows that were learned from.
func (l *learned) trial(m *Model, rows []Row, chosen picked, s *scores) *Trial {
	p, t := l.p, &Trial{Folds: l.p.folds}
	judge := func(row int32, said [learners][]float32, b blend, c *confidence) Judgement {
		probability := make([]float64, p.labels)
		b.mix(said, probability)
		best := c.settle(probability, b, said)
		at := chosen[row]
		j := Judgement{Row: int(at), Label: rows[at].Label, Best: Scored{m.labels[best], probability[best]}}
		if label := p.label[row]; label != outOfScope {
			j.Own = probability[label]
		}
		return j
	}
	for i, row := range p.judged {
		t.Judgements = append(t.Judgements, judge(row, s.row(i), m.blend, &m.sure))
	}
	if len(p.rest) == 0 {
		return t
	}
	alone := s.sharpen(blend{1})
	sure := s.learnConfidence(alone)
	var said [learners][]float32
	for k := range said {
		said[k] = make([]float32, p.labels)
	}
	for _, row := range p.rest {
		said[0] = l.ofLinear[int(row)*p.labels:][:p.labels]
		t.Rough = append(t.Rough, judge(row, said, alone, &sure))
	}
	return t
}
