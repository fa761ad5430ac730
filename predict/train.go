package predict

import (
	"cmp"
	"context"
	"slices"
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
	// Progress is told what share of the training is done, from 0 to 1, as it grows; nil:
	// nobody is. It is called by one goroutine at a time, which waits for it.
	Progress func(share float64)
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

// Trial is how well a model can be expected to do: rows were judged by models that were
// trained on the other folds.
type Trial struct {
	// Judgements are of the rows that were learned from, by row; where those are many, of the
	// rows of as many folds as hold 3,500 that have a label. More wouldn't tell much more, and
	// every fold takes a training of its own.
	Judgements []Judgement
	// Rough are judgements of the other rows that were learned from, by row, by linear machines
	// alone. These cost little to train without a fold, and are right a bit less often than a
	// whole model: they help to find what is wrong with the rows.
	Rough []Judgement
	// Folds is into how many parts the rows were dealt.
	Folds int
}

// All returns Judgements and Rough together, of all rows that were learned from, by row, which
// is what [Lint] wants.
func (t *Trial) All() []Judgement {
	all := slices.Concat(t.Judgements, t.Rough)
	slices.SortFunc(all, func(a, b Judgement) int { return cmp.Compare(a.Row, b.Row) })
	return all
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
	chosen := choose(rows, counts, o.Seed)
	p := m.problem(chosen.rows(rows))
	p.tell = o.Progress
	l, err := learn(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	s := l.scores()
	m.network, m.blend = l.network, s.fit()
	m.sure = s.learnConfidence(m.blend)
	m.linear = newLinear(nil, l.bias, 0)
	m.linear = newLinear(l.weight, l.bias, MaxFile-len(m.encode())-bytesPerFeature*p.features)
	return m.ready(), l.trial(m, rows, chosen, s), nil
}

// problem turns rows into what is to be learned, and the model's dictionary with them.
// After the rows come the labels' names, which are rows of them that are never held out.
func (m *Model) problem(rows []Row) *problem {
	p := &problem{labels: len(m.labels), folds: parts, seed: m.seed}
	for i := range rows {
		label := int32(outOfScope)
		if rows[i].Label != "" {
			label = int32(sort.SearchStrings(m.labels, rows[i].Label))
		}
		p.label = append(p.label, label)
	}
	p.fold = folds(rows, p.label, p.labels, p.folds, m.seed)
	p.judge()
	for l, label := range m.labels {
		rows = append(rows, Row{Text: named(label), Label: label})
		p.label, p.fold = append(p.label, int32(l)), append(p.fold, neverHeld)
	}
	m.words = learnDictionary(m.seed, rows, p.labels)
	p.features = m.words.plain()
	p.x = newMatrix(len(rows))
	s := newScratch(m.seed, m.words)
	for i := range rows {
		p.x.add(s.vector(rows[i].Text))
	}
	for k := range p.known {
		p.known[k] = p.knownTo(k, m.words.countFor(k))
	}
	return p
}

// parts is how many folds there are.
const parts = 5
