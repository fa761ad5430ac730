package predict

import (
	"cmp"
	"context"
	"sort"
)

// Options of Train; nil means defaults.
type Options struct {
	// Seed makes chance the same every time: the same rows, in the same order, and the
	// same seed give the same model, to the byte.
	Seed uint64
	// Least is how many rows each label needs; 0 means MinRows. With few rows a label is
	// hardly ever found, and what is said about how well it is has no weight.
	Least int
}

// Judgement is what a model that hasn't seen a row says about it.
type Judgement struct {
	Row   int    // index in the rows that Train was given
	Label string // that the row has
	// Best is the label that fits best by a model that was trained without the row's
	// fold, and its confidence.
	Best Scored
	// Own is the probability of the row's own label; 0 for a row out of scope.
	Own float64
}

// Trial is how well a model can be expected to do: every row was judged by a model that
// was trained on the other folds.
type Trial struct {
	Judgements []Judgement // of the rows that were learned from, by row
	// Folds is into how many parts the rows were dealt.
	Folds int
}

// Train makes a model from rows, and tells how well it did on rows held out. It refuses
// rows without a label (ErrNoRows), with one (ErrOneLabel) or too many
// (*ManyLabelsError), labels of fewer than Options.Least rows (*LabelsError) and names of
// labels above MaxLabel (*LabelError). When ctx ends it returns soon, with its cause.
func Train(ctx context.Context, rows []Row, o *Options) (*Model, *Trial, error) {
	if o == nil {
		o = &Options{}
	}
	counts := labelsOf(rows)
	if err := check(counts, cmp.Or(o.Least, MinRows)); err != nil {
		return nil, nil, err
	}
	m := &Model{seed: o.Seed, labels: make([]string, len(counts)), least: make([]float64, len(counts))}
	for i, c := range counts {
		m.labels[i], m.least[i] = c.Label, DefaultThreshold
	}
	p := m.problem(rows)
	held := make([]float32, p.x.rows()*p.labels)
	var err error
	if m.linear, err = learnLinear(ctx, p, held); err != nil {
		return nil, nil, err
	}
	m.blend = fitBlend([][]float32{held}, p.label, p.labels)
	return m.ready(), m.trial(rows, p, [][]float32{held}), nil
}

// problem turns rows into what is to be learned, and the model's dictionary with them.
func (m *Model) problem(rows []Row) *problem {
	p := &problem{labels: len(m.labels), folds: foldsFor(len(rows)), seed: m.seed, label: make([]int32, len(rows))}
	for i := range rows {
		p.label[i] = outOfScope
		if rows[i].Label != "" {
			p.label[i] = int32(sort.SearchStrings(m.labels, rows[i].Label))
		}
	}
	m.words = learnDictionary(func(yield func(*reader)) {
		r := &reader{seed: m.seed}
		for i := range rows {
			r.read(rows[i].Text)
			yield(r)
		}
	}, len(rows), 2)
	p.features = len(m.words.idf)
	p.x.start = make([]int, 1, len(rows)+1)
	s := newScratch(m.seed, m.words)
	for i := range rows {
		p.x.add(s.vector(rows[i].Text))
	}
	p.fold = folds(rows, p.label, p.labels, p.folds, m.seed)
	return p
}

// foldsFor says into how many parts so many rows are dealt.
func foldsFor(rows int) int {
	return 5
}

func (m *Model) trial(rows []Row, p *problem, held [][]float32) *Trial {
	t := &Trial{Folds: p.folds, Judgements: make([]Judgement, len(rows))}
	scores, probability := make([][]float32, len(held)), make([]float64, p.labels)
	for i := range rows {
		rowOf(held, i, p.labels, scores)
		m.blend.mix(scores, probability)
		best := largest(probability)
		j := Judgement{Row: i, Label: rows[i].Label, Best: Scored{m.labels[best], probability[best]}}
		if p.label[i] != outOfScope {
			j.Own = probability[p.label[i]]
		}
		t.Judgements[i] = j
	}
	return t
}
