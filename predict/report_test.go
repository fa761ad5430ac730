package predict_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/predict"
)

func TestReport(t *testing.T) {
	r := predict.NewReport([]predict.Judgement{
		{Row: 0, Label: "a", Best: predict.Scored{Label: "a", Confidence: 0.9}},
		{Row: 1, Label: "a", Best: predict.Scored{Label: "b", Confidence: 0.5}},
		{Row: 2, Label: "b", Best: predict.Scored{Label: "b", Confidence: 0.7}},
		{Row: 3, Label: "c", Best: predict.Scored{Label: "b", Confidence: 0.6}},
		{Row: 4, Label: "", Best: predict.Scored{Label: "a", Confidence: 0.55}},
		{Row: 5, Label: "", Best: predict.Scored{Label: "a", Confidence: 0.7}},
	}, func(string) float64 { return 0.6 })
	near(t, "rows", float64(r.Rows), 6)
	near(t, "accuracy", r.Accuracy, 0.5)
	near(t, "macro F1", r.MacroF1, (2./3+0.5+0)/3) // a: 1 of 1, 1 of 2; b: 1 of 3, 1 of 1; c: 0
	near(t, "coverage", r.Coverage, 0.75)
	near(t, "accuracy at coverage", r.AccuracyAtCoverage, 2./3)
	near(t, "refused", r.Refused, 0.5)
	near(t, "AUROC", *r.AUROC, (2+0.5+1+0+1+0)/8) // 0.9 beats both, 0.5 none, 0.7 one and half, 0.6 one
	near(t, "ECE", r.ECE, (0.1+0.5+0.3+0.6)/4)
	if diff := cmp.Diff([]predict.LabelReport{
		{Label: "a", Support: 2, Said: 1, Precision: 1, Recall: 0.5, F1: 2. / 3},
		{Label: "b", Support: 1, Said: 3, Precision: 1. / 3, Recall: 1, F1: 0.5},
		{Label: "c", Support: 1},
	}, r.Labels); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]predict.Confusion{{"a", "a", 1}, {"a", "b", 1}, {"b", "b", 1}, {"c", "b", 1}}, r.Confused); diff != "" {
		t.Error(diff)
	}
	for _, p := range r.Curve {
		if p.Threshold == 0.6 && (p.Coverage != 0.75 || math.Abs(p.Accuracy-2./3) > 1e-9 || p.Refused != 0.5) {
			t.Errorf("at 0.6: %+v", p)
		}
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestReportOfNothing(t *testing.T) {
	if r := predict.NewReport(nil, nil); r.Rows != 0 || r.Accuracy != 0 || r.AUROC != nil || math.IsNaN(r.ECE) {
		t.Errorf("%+v", r)
	}
	if r := predict.NewReport([]predict.Judgement{{Best: predict.Scored{Label: "a", Confidence: 1}}}, nil); r.OutOfScope != 1 || r.AUROC != nil || r.Refused != 0 {
		t.Errorf("%+v", r)
	}
}

// A label that is said of rows, and that none of them has, spoils the others' F1 and counts
// as none itself.
func TestMacroF1IsOfTheRowsLabels(t *testing.T) {
	r := predict.NewReport([]predict.Judgement{
		{Row: 0, Label: "a", Best: predict.Scored{Label: "a", Confidence: 0.9}},
		{Row: 1, Label: "a", Best: predict.Scored{Label: "stranger", Confidence: 0.5}},
	}, nil)
	near(t, "macro F1", r.MacroF1, 2./3)
	if len(r.Labels) != 2 || r.Labels[1].Said != 1 {
		t.Errorf("%+v", r.Labels)
	}
}

// A report's figures agree with each other, and with what one would count by hand.
func TestReportAddsUp(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		label := rapid.SampledFrom([]string{"", "a", "b", "c"})
		var js []predict.Judgement
		for i := range rapid.IntRange(0, 40).Draw(r, "rows") {
			c := float64(rapid.IntRange(0, 20).Draw(r, "confidence")) / 20
			js = append(js, predict.Judgement{Row: i, Label: label.Draw(r, "label"), Best: predict.Scored{Label: label.Filter(func(s string) bool { return s != "" }).Draw(r, "best"), Confidence: c}})
		}
		report := predict.NewReport(js, nil)
		support, said, cells, bins := 0, 0, 0, 0
		for _, l := range report.Labels {
			support, said = support+l.Support, said+l.Said
		}
		for _, c := range report.Confused {
			cells += c.Rows
		}
		for _, b := range report.Bins {
			bins += b.Rows
			if b.Confidence < b.From-1e-9 || b.Confidence > b.To+1e-9 {
				r.Errorf("bin %+v", b)
			}
		}
		if in := report.Rows - report.OutOfScope; support != in || said != in || cells != in || bins != in {
			r.Errorf("%d rows have labels; %d %d %d %d", in, support, said, cells, bins)
		}
		if p := report.Curve[10]; p.Coverage != report.Coverage || p.Accuracy != report.AccuracyAtCoverage || p.Refused != report.Refused {
			r.Errorf("at 0.5: %+v, but %+v", p, report)
		}
		pairs, won := 0, 0.0
		for _, a := range js {
			for _, b := range js {
				if a.Label != "" && b.Label == "" {
					pairs++
					if a.Best.Confidence > b.Best.Confidence {
						won++
					} else if a.Best.Confidence == b.Best.Confidence {
						won += 0.5
					}
				}
			}
		}
		if (pairs > 0) != (report.AUROC != nil) || pairs > 0 && math.Abs(*report.AUROC-won/float64(pairs)) > 1e-9 {
			r.Errorf("AUROC %v, want %v of %v", report.AUROC, won, pairs)
		}
	})
}

func many(n int, label string, text func(i int) string) (rows []predict.Row) {
	for i := range n {
		rows = append(rows, predict.Row{Text: text(i), Label: label})
	}
	return rows
}

func TestLint(t *testing.T) {
	distinct := func(word string) func(int) string {
		return func(i int) string { return word + strings.Repeat(string(rune('a'+i%26)), 5+i/26) }
	}
	var rows []predict.Row
	rows = append(rows, many(50, "parcel", distinct("parcel "))...)                // 0-49
	rows = append(rows, many(49, "refund", distinct("money "))...)                 // 50-98
	rows = append(rows, many(10, "Refund ", distinct("back "))...)                 // 99-108
	rows = append(rows, many(9, "login", distinct("password "))...)                // 109-117
	rows = append(rows, predict.Row{Text: " …?!", Label: "parcel"}, predict.Row{}) // 118, 119
	rows[10].Text, rows[60].Text = "Where on earth is my parcel, please?", "where on earth is my parcel please"
	rows[11].Text, rows[61].Text = "Where on earth is my parcel, please?", "When do I get the money back?"
	want := map[predict.FindingKind]string{
		predict.TooFew:        `label "login" has 9 rows: at least 10 are needed`,
		predict.Few:           `label "Refund " has 10 rows: 50 make it better; label "refund" has 49 rows: 50 make it better`,
		predict.LikeLabels:    `labels "Refund " (10 rows) and "refund" differ in case or spaces alone`,
		predict.EmptyText:     `1 row of label "parcel" have no words: 119; 1 row of label "" have no words: 120`,
		predict.NearDuplicate: `rows 11, 61 say the same, of labels "parcel" and "refund"`,
	}
	got := map[predict.FindingKind]string{}
	for _, f := range predict.Lint(rows, nil) {
		if f.Error() != (f.Kind == predict.TooFew) {
			t.Errorf("%v: error %v", f.Kind, f.Error())
		}
		if got[f.Kind] != "" {
			got[f.Kind] += "; "
		}
		got[f.Kind] += f.String()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if fs := predict.Lint(many(3, "a", distinct("x ")), nil); fs[0].Kind != predict.OneLabel || !fs[0].Error() {
		t.Errorf("%+v", fs)
	}
	if fs := predict.Lint(nil, nil); len(fs) != 1 || fs[0].Kind != predict.OneLabel {
		t.Errorf("%+v", fs)
	}
}

func TestLintMislabelled(t *testing.T) {
	var js []predict.Judgement
	for i := range 40 {
		l := []string{"a", "b"}[i%2]
		js = append(js, predict.Judgement{Row: i, Label: l, Best: predict.Scored{Label: l, Confidence: 0.8}, Own: 0.8})
	}
	js[3] = predict.Judgement{Row: 3, Label: "b", Best: predict.Scored{Label: "a", Confidence: 0.9}, Own: 0.1}  // surely
	js[5] = predict.Judgement{Row: 5, Label: "b", Best: predict.Scored{Label: "a", Confidence: 0.95}, Own: 0.0} // more so
	js[7] = predict.Judgement{Row: 7, Label: "b", Best: predict.Scored{Label: "a", Confidence: 0.6}, Own: 0.4}  // the model may be wrong
	js[9] = predict.Judgement{Row: 9, Label: "", Best: predict.Scored{Label: "a", Confidence: 0.95}}            // out of scope
	js = append(js, predict.Judgement{Row: 40, Label: "c", Best: predict.Scored{Label: "a", Confidence: 0.99}}) // of a label that no model can know
	var found []int
	for _, f := range predict.Lint(make([]predict.Row, 0), js) {
		if f.Kind == predict.Mislabelled {
			found = append(found, f.Rows...)
			if f.Label != "b" || f.Other != "a" {
				t.Errorf("%+v", f)
			}
		}
	}
	if diff := cmp.Diff([]int{5, 3}, found); diff != "" {
		t.Error(diff)
	}
}

// Among many rows of a label that are made alike lint finds what another label has of them.
func TestLintOfATemplate(t *testing.T) {
	rows := many(2_000, "delivery", func(i int) string {
		return fmt.Sprint("where is the parcel that I was told would come last week, number ", i)
	})
	rows = append(rows, predict.Row{Text: "Where is the parcel that I was told would come last week: number 1234?", Label: "refund"}, predict.Row{Text: "where is the parcel that I was told would come last week, number", Label: "login"})
	found := map[string]string{}
	for _, f := range predict.Lint(rows, nil) {
		if f.Kind == predict.NearDuplicate {
			found[f.Label+" "+f.Other] += f.String() + "; "
		}
	}
	if !strings.Contains(found["delivery refund"], "rows 1235, 2001 say the same") {
		t.Errorf("%v", found)
	}
	if found["delivery login"] == "" {
		t.Error("what is like many isn't found")
	}
	for i := range rows {
		rows[i].Label = []string{"delivery", "refund"}[i%2]
	}
	rows[1500].Text = rows[77].Text
	for _, f := range predict.Lint(rows, nil) {
		if f.Kind == predict.NearDuplicate {
			if !slices.Equal(f.Rows, []int{77, 1500}) {
				t.Errorf("what is the same isn't found before what is alike, but %v", f.Rows)
			}
			break
		}
	}
}

// Of texts that are all the same lint makes no work and few findings.
func TestLintOfACrowd(t *testing.T) {
	rows := many(100_000, "a", func(int) string { return "the same text everywhere" })
	for i := range rows {
		rows[i].Label = string(rune('a' + i%26))
	}
	n := 0
	for _, f := range predict.Lint(rows, nil) {
		if f.Kind == predict.NearDuplicate {
			n++
		}
	}
	if n == 0 || n > 100 {
		t.Errorf("%d findings", n)
	}
}
