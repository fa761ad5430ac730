package predict

import (
	"cmp"
	"slices"
)

// Limits of what a model learns from.
const (
	// MaxText is how many characters of a text are read; what follows is passed over,
	// in training and in predicting.
	MaxText = 2_000
	// MaxLabel is how many bytes a label has at most.
	MaxLabel = 250
	// MaxLabels is how many labels a model knows at most.
	MaxLabels = 1_000
	// MinRows is how many rows a label needs, unless Options.Least says otherwise.
	MinRows = 10
	// MaxChars is how many characters of all rows together are learned from. Of more,
	// rows are left out by chance, fewest of the labels that have few.
	MaxChars = 4_000_000
)

// Row is one text and the label that it should get.
type Row struct {
	Text string
	// Label is "" where the text is known to be out of scope: no label should be given.
	Label string
	// Group says whose row it is, for instance an end user's id: when rows are held
	// out to test what was learned, those of a group are held out together. "" stands
	// alone.
	Group string
}

// Scored is a label and how sure of it the model is.
type Scored struct {
	Label string
	// Confidence is the probability, from 0 to 1, that the label is right.
	Confidence float64
}

// Prediction is what a model says about a text.
type Prediction struct {
	// Label is "" if the model abstains: Best.Confidence is below the threshold.
	Label string
	// Best is the label that fits best, given or not.
	Best Scored
}

// Classifier is what gives labels; *Model is one, and a host may bring its own. It must
// be safe for concurrent use.
type Classifier interface {
	// Predict returns the label of a text. It doesn't fail: who can't tell abstains.
	Predict(text string) Prediction
}

// ClassifierFunc is a function as a Classifier.
type ClassifierFunc func(text string) Prediction

// Predict calls the function.
func (f ClassifierFunc) Predict(text string) Prediction { return f(text) }

// labelsOf returns the labels of the rows, sorted, and how many rows each has.
func labelsOf(rows []Row) []LabelCount {
	n := map[string]int{}
	for i := range rows {
		if rows[i].Label != "" {
			n[rows[i].Label]++
		}
	}
	counts := make([]LabelCount, 0, len(n))
	for label, rows := range n {
		counts = append(counts, LabelCount{label, rows})
	}
	slices.SortFunc(counts, func(a, b LabelCount) int { return cmp.Compare(a.Label, b.Label) })
	return counts
}

// check refuses rows that no model can be made from.
func check(counts []LabelCount, least int) error {
	few := &LabelsError{Least: least}
	for i := range counts {
		if len(counts[i].Label) > MaxLabel {
			return &LabelError{Label: counts[i].Label[:MaxLabel], Limit: MaxLabel}
		}
		if counts[i].Rows < least {
			few.Few = append(few.Few, counts[i])
		}
	}
	switch {
	case len(counts) == 0:
		return ErrNoRows
	case len(counts) > MaxLabels:
		return &ManyLabelsError{Labels: len(counts), Limit: MaxLabels}
	case len(counts) == 1:
		return ErrOneLabel
	case len(few.Few) > 0:
		return few
	}
	return nil
}
