package predict

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// Report says how good a model is, by what it said of rows that it hadn't seen. Shares are
// from 0 to 1, and 0 where there is nothing that they could be of.
//
// All but OutOfScope, Refused and AUROC are about rows that have a label. A row of a label
// that the model doesn't know counts as wrong.
type Report struct {
	Rows     int     `json:"rows"`     // also those out of scope
	Accuracy float64 `json:"accuracy"` // of the likeliest label, where nothing is left without one
	MacroF1  float64 `json:"macro_f1"` // mean of F1 over the labels of the rows
	// Coverage is the share of rows that get a label, by the model's thresholds, and
	// AccuracyAtCoverage how many of these are right.
	Coverage           float64 `json:"coverage"`
	AccuracyAtCoverage float64 `json:"accuracy_at_coverage"`
	// ECE is the expected calibration error: by how much confidence is off accuracy, the
	// mean over Bins.
	ECE float64 `json:"ece"`
	// OutOfScope is the number of rows without a label, and Refused the share of them that
	// get none. AUROC is how well confidence tells them from the others: the share of pairs
	// in which the row with a label has the higher one. nil: there are no such rows.
	OutOfScope int      `json:"out_of_scope,omitempty"`
	Refused    float64  `json:"refused,omitempty"`
	AUROC      *float64 `json:"auroc,omitempty"`

	Labels   []LabelReport `json:"labels,omitempty"`   // in order of name
	Confused []Confusion   `json:"confused,omitempty"` // the confusion matrix where it isn't 0, by label, then by what was said
	Bins     []Bin         `json:"bins,omitempty"`     // of confidence, from 0 to 1, those that hold rows
	Curve    []CurvePoint  `json:"curve,omitempty"`    // for one threshold in place of the model's
}

// LabelReport is about one label.
type LabelReport struct {
	Label     string  `json:"label"`
	Support   int     `json:"support"` // rows of it
	Said      int     `json:"said"`    // rows of which it was said
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
}

// Confusion is how many rows of a label were said to be of another one, or of itself.
type Confusion struct {
	Label string `json:"label"`
	Said  string `json:"said"`
	Rows  int    `json:"rows"`
}

// Bin is rows of like confidence: above From, and at most To.
type Bin struct {
	From       float64 `json:"from"`
	To         float64 `json:"to"`
	Rows       int     `json:"rows"`
	Confidence float64 `json:"confidence"` // mean
	Accuracy   float64 `json:"accuracy"`
}

// CurvePoint is what a threshold would do: rows below it get no label.
type CurvePoint struct {
	Threshold float64 `json:"threshold"`
	Coverage  float64 `json:"coverage"`
	Accuracy  float64 `json:"accuracy"`          // of the rows that get one
	Refused   float64 `json:"refused,omitempty"` // of the rows out of scope
}

const reportBins = 15

// NewReport makes a report of judgements: those of a training ([Trial]), or those of a
// test set ([Judge]). least is from which confidence on a label is given, as
// [Model.Threshold] says it; nil: [DefaultThreshold] for all.
func NewReport(js []Judgement, least func(label string) float64) *Report {
	if least == nil {
		least = func(string) float64 { return DefaultThreshold }
	}
	given := func(j *Judgement) bool { return j.Best.Confidence >= least(j.Best.Label) }
	r := &Report{Rows: len(js)}
	var in, out []Judgement
	for _, j := range js {
		if j.Label == "" {
			out = append(out, j)
		} else {
			in = append(in, j)
		}
	}
	r.OutOfScope = len(out)
	r.Coverage, r.AccuracyAtCoverage = covered(in, given)
	_, r.Accuracy = covered(in, func(*Judgement) bool { return true })
	r.countLabels(in)
	r.fillBins(in)
	for i := range 21 {
		p := CurvePoint{Threshold: float64(min(5*i, 99)) / 100}
		above := func(j *Judgement) bool { return j.Best.Confidence >= p.Threshold }
		p.Coverage, p.Accuracy = covered(in, above)
		if said, _ := covered(out, above); len(out) > 0 {
			p.Refused = 1 - said
		}
		r.Curve = append(r.Curve, p)
	}
	if len(out) > 0 {
		said, _ := covered(out, given)
		r.Refused = 1 - said
		if len(in) > 0 {
			r.AUROC = new(auroc(in, out))
		}
	}
	return r
}

// Judge asks a model about rows that it hasn't seen.
func Judge(m *Model, rows []Row) []Judgement {
	js := make([]Judgement, len(rows))
	all := len(m.Labels())
	for i, r := range rows {
		top := m.Top(r.Text, all)
		js[i] = Judgement{Row: i, Label: r.Label, Best: top[0]}
		if own := slices.IndexFunc(top, func(s Scored) bool { return s.Label == r.Label }); own >= 0 {
			js[i].Own = top[own].Confidence
		}
	}
	return js
}

// covered is the share of judgements that get a label, and how many of those are right.
func covered(js []Judgement, gets func(*Judgement) bool) (coverage, accuracy float64) {
	var n, right int
	for i := range js {
		if gets(&js[i]) {
			n++
			if js[i].right() {
				right++
			}
		}
	}
	return share(n, len(js)), share(right, n)
}

func (j *Judgement) right() bool { return j.Best.Label == j.Label }

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

func (r *Report) countLabels(in []Judgement) {
	cells, all := map[Confusion]int{}, map[string]*LabelReport{}
	of := func(label string) *LabelReport {
		if all[label] == nil {
			all[label] = &LabelReport{Label: label}
		}
		return all[label]
	}
	for i := range in {
		j := &in[i]
		cells[Confusion{Label: j.Label, Said: j.Best.Label}]++
		of(j.Label).Support++
		of(j.Best.Label).Said++
	}
	labels := 0
	for _, name := range slices.Sorted(maps.Keys(all)) {
		l := all[name]
		right := cells[Confusion{Label: name, Said: name}]
		l.Precision, l.Recall = share(right, l.Said), share(right, l.Support)
		l.F1 = share(2*right, l.Said+l.Support)
		r.Labels = append(r.Labels, *l)
		if l.Support > 0 {
			labels++
			r.MacroF1 += l.F1
		}
	}
	if labels > 0 {
		r.MacroF1 /= float64(labels)
	}
	for c, n := range cells {
		c.Rows = n
		r.Confused = append(r.Confused, c)
	}
	slices.SortFunc(r.Confused, func(a, b Confusion) int {
		return cmp.Or(cmp.Compare(a.Label, b.Label), cmp.Compare(a.Said, b.Said))
	})
}

func (r *Report) fillBins(in []Judgement) {
	var bins [reportBins]Bin
	for i := range in {
		c := in[i].Best.Confidence
		b := &bins[max(0, min(int(math.Ceil(c*reportBins))-1, reportBins-1))]
		b.Rows++
		b.Confidence += c
		if in[i].right() {
			b.Accuracy++
		}
	}
	for i, b := range bins {
		if b.Rows == 0 {
			continue
		}
		n := float64(b.Rows)
		b.From, b.To = float64(i)/reportBins, float64(i+1)/reportBins
		b.Confidence, b.Accuracy = b.Confidence/n, b.Accuracy/n
		r.ECE += math.Abs(b.Confidence-b.Accuracy) * n / float64(len(in))
		r.Bins = append(r.Bins, b)
	}
}

// auroc counts pairs by ranks; of equal confidence, half.
func auroc(in, out []Judgement) float64 {
	below := make([]float64, len(out))
	for i := range out {
		below[i] = out[i].Best.Confidence
	}
	slices.Sort(below)
	var won float64
	for i := range in {
		c := in[i].Best.Confidence
		less, _ := slices.BinarySearch(below, c)
		upTo, _ := slices.BinarySearch(below, math.Nextafter(c, 2))
		won += float64(less) + float64(upTo-less)/2
	}
	return won / float64(len(in)) / float64(len(out))
}
