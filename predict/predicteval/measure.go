package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/predict"
)

// run trains, judges, and returns a line of the table.
func (t *trial) run(ctx context.Context) (string, error) {
	begun := time.Now()
	m, held, err := predict.Train(ctx, t.train, &predict.Options{Least: 1})
	if err != nil {
		return "", err
	}
	trained := time.Since(begun)
	js, rows := held.Judgements, t.train // where they are many, of some of these
	if t.test != nil {
		js, rows = predict.Judge(m, t.test), t.test
	}
	begun = time.Now()
	for i := range min(len(rows), 2_000) {
		m.Predict(rows[i].Text)
	}
	predicted := time.Since(begun) / time.Duration(min(len(rows), 2_000))
	var file bytes.Buffer
	if _, err := m.WriteTo(&file); err != nil {
		return "", err
	}
	size := file.Len()
	begun = time.Now()
	if _, err := predict.ReadModel(&file); err != nil {
		return "", err
	}
	loaded := time.Since(begun)
	r := predict.NewReport(js, m.Threshold)
	outside := "\t\t"
	if r.AUROC != nil {
		outside = fmt.Sprintf("%.3f\t%.0f%%\t%.0f%%", *r.AUROC, 100*found(js, 0.01), 100*found(js, 0.03))
	}
	return fmt.Sprintf("%s\t%d / %d\t%.1f\t%s\t%.1f\t%.1f\t%.1f\t%.1f\t%s\t%.1f s\t%d µs\t%.1f MB\t%d ms", t.name, len(t.train), len(js),
		100*r.Accuracy, known[t.name], 100*r.MacroF1, 100*accuracyOf(js, 0.8), 100*accuracyOf(js, 0.9), 100*r.ECE, outside,
		trained.Seconds(), predicted.Microseconds(), float64(size)/1e6, loaded.Milliseconds()), nil
}

// known is what was seen of models without weights from elsewhere, the least, and the goal.
var known = map[string]target{
	"banking77":             {92.9, 91, 94},
	"banking77, 10 a label": {76.3, 74, 84},
	"clinc150":              {93.5, 92.5, 95.5},
	"clinc150, 10 a label":  {82, 81, 90},
	"hint3_sofmattress":     {74.7, 73, 79}, // mean of three shops
	"jaquad_topic":          {86.3, 86, 90},
	"snips":                 {98, 97.8, 99},
	"xsid_ja":               {93.6, 92, 96},
}

// target is a line of percents; the zero value is unknown.
type target struct{ seen, floor, goal float64 }

func (t target) String() string {
	if t == (target{}) {
		return "\t\t"
	}
	return fmt.Sprintf("%.1f\t%.1f\t%.1f", t.seen, t.floor, t.goal)
}

// surest returns the judgements of rows with a label, the most confident first.
func surest(js []predict.Judgement) []predict.Judgement {
	in := slices.DeleteFunc(slices.Clone(js), func(j predict.Judgement) bool { return j.Label == "" })
	slices.SortStableFunc(in, func(a, b predict.Judgement) int { return cmp.Compare(b.Best.Confidence, a.Best.Confidence) })
	return in
}

// accuracyOf is how many are right of the share of rows that the model is surest of.
func accuracyOf(js []predict.Judgement, share float64) float64 {
	in := surest(js)
	in = in[:int(share*float64(len(in)))]
	right := 0
	for _, j := range in {
		if j.Best.Label == j.Label {
			right++
		}
	}
	return float64(right) / float64(max(len(in), 1))
}

// found is the share of rows out of scope that get no label by the highest threshold
// at which no more than lost of the rows with a label lose the right one.
func found(js []predict.Judgement, lost float64) float64 {
	in := surest(js)
	least, may := 0.0, int(lost*float64(len(in)))
	for _, j := range slices.Backward(in) {
		if j.Best.Label == j.Label {
			if may--; may < 0 {
				least = j.Best.Confidence
				break
			}
		}
	}
	outside, below := 0, 0
	for _, j := range js {
		if j.Label == "" {
			if outside++; j.Best.Confidence < least {
				below++
			}
		}
	}
	return float64(below) / float64(max(outside, 1))
}
