package predict

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// GoodRows is how many rows of a label are enough for Lint not to warn.
const GoodRows = 50

// maxFindings is how many findings of a kind Lint returns.
const maxFindings = 100

// FindingKind says what is wrong with rows.
type FindingKind string

// The kinds of finding.
const (
	TooFew        FindingKind = "too_few"        // the label has fewer than MinRows rows: an error
	Few           FindingKind = "few"            // it has fewer than GoodRows
	OneLabel      FindingKind = "one_label"      // there are fewer than two labels: an error
	EmptyText     FindingKind = "empty_text"     // rows without a word
	LikeLabels    FindingKind = "like_labels"    // Label and Other differ in case and spaces alone
	NearDuplicate FindingKind = "near_duplicate" // two rows say the same, with different labels
	Mislabelled   FindingKind = "mislabelled"    // the row of Label is rather of Other
)

// Finding is something that is wrong, or likely to be, with rows.
type Finding struct {
	Kind  FindingKind `json:"kind"`
	Label string      `json:"label,omitempty"`
	Other string      `json:"other,omitempty"` // label
	Rows  []int       `json:"rows,omitempty"`  // indexes of some of them, at most 100
	Count int         `json:"count"`           // how many rows it is about
	// Confidence that the row is of Other, by a model that hasn't seen it.
	Confidence float64 `json:"confidence,omitempty"`
}

// Error says whether training by these rows is refused, unless asked for.
func (f *Finding) Error() bool { return f.Kind == TooFew || f.Kind == OneLabel }

// String says it in a sentence, with rows numbered from 1.
func (f *Finding) String() string {
	switch f.Kind {
	case TooFew:
		return fmt.Sprintf("label %q has %s: at least %d are needed", f.Label, rowsOf(f.Count), MinRows)
	case Few:
		return fmt.Sprintf("label %q has %s: %d make it better", f.Label, rowsOf(f.Count), GoodRows)
	case OneLabel:
		return fmt.Sprintf("there are %d labels: at least 2 are needed", f.Count)
	case EmptyText:
		return fmt.Sprintf("%s of label %q have no words: %s", rowsOf(f.Count), f.Label, numbers(f.Rows))
	case LikeLabels:
		return fmt.Sprintf("labels %q (%s) and %q differ in case or spaces alone", f.Label, rowsOf(f.Count), f.Other)
	case NearDuplicate:
		return fmt.Sprintf("rows %s say the same, of labels %q and %q", numbers(f.Rows), f.Label, f.Other)
	case Mislabelled:
		return fmt.Sprintf("row %s of label %q is rather of %q (confidence %.2f)", numbers(f.Rows), f.Label, f.Other, f.Confidence)
	}
	return string(f.Kind)
}

func rowsOf(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}

func numbers(rows []int) string {
	var b strings.Builder
	for i, r := range rows[:min(len(rows), 5)] {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprint(&b, r+1)
	}
	if len(rows) > 5 {
		b.WriteString(" …")
	}
	return b.String()
}

// Lint looks for what is wrong with rows before, or after, a model is trained by them. js
// are the judgements that the training gave ([Trial.All]), by which rows with a wrong label are found;
// nil: they aren't looked for. Errors come first, then warnings by kind, the worst of each
// kind first.
func Lint(rows []Row, js []Judgement) []Finding {
	counts := map[string]int{}
	for _, r := range rows {
		if r.Label != "" {
			counts[r.Label]++
		}
	}
	var all []Finding
	if len(counts) < 2 {
		all = append(all, Finding{Kind: OneLabel, Count: len(counts)})
	}
	labels := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[a], counts[b]), cmp.Compare(a, b))
	})
	for _, l := range labels {
		if n := counts[l]; n < MinRows {
			all = append(all, Finding{Kind: TooFew, Label: l, Count: n})
		}
	}
	for _, l := range labels {
		if n := counts[l]; n >= MinRows && n < GoodRows {
			all = append(all, Finding{Kind: Few, Label: l, Count: n})
		}
	}
	all = append(all, likeLabels(labels, counts)...)
	all = append(all, emptyTexts(rows)...)
	all = append(all, nearDuplicates(rows)...)
	return append(all, mislabelled(js)...)
}

// likeLabels finds labels that somebody meant to be one.
func likeLabels(labels []string, counts map[string]int) (all []Finding) {
	first := map[string]string{}
	for _, l := range slices.Backward(labels) { // the larger one is what the others are like
		key := strings.ToLower(strings.Join(strings.FieldsFunc(l, func(r rune) bool { return unicode.IsSpace(r) || r == '_' || r == '-' }), " "))
		if have, ok := first[key]; ok && len(all) < maxFindings {
			all = append(all, Finding{Kind: LikeLabels, Label: l, Other: have, Count: counts[l]})
		} else if !ok {
			first[key] = l
		}
	}
	return all
}

func emptyTexts(rows []Row) (all []Finding) {
	at := map[string]int{}
	for i, r := range rows {
		if strings.ContainsFunc(r.Text, isWord) {
			continue
		}
		k, ok := at[r.Label]
		if !ok {
			if len(all) == maxFindings {
				continue
			}
			k = len(all)
			at[r.Label], all = k, append(all, Finding{Kind: EmptyText, Label: r.Label})
		}
		if all[k].Count++; len(all[k].Rows) < maxFindings {
			all[k].Rows = append(all[k].Rows, i)
		}
	}
	return all
}

// isWord says whether a character is part of what a model learns from.
func isWord(r rune) bool {
	return r != unicode.ReplacementChar && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsSymbol(r))
}

// mislabelled finds rows of which the model is as sure that they are of another label as
// it is, on average, of rows that have that label, and surer than of their own: confident
// learning (Northcutt and others, 2021).
func mislabelled(js []Judgement) (all []Finding) {
	sum, n := map[string]float64{}, map[string]int{}
	for i := range js {
		sum[js[i].Label] += js[i].Own
		n[js[i].Label]++
	}
	type doubt struct{ at, row int }
	var doubts []doubt
	for i := range js {
		j := &js[i]
		if j.Label == "" || j.right() || n[j.Best.Label] == 0 || n[j.Label] < MinRows {
			continue
		}
		if usual := sum[j.Best.Label] / float64(n[j.Best.Label]); j.Best.Confidence >= max(usual, 0.5) {
			doubts = append(doubts, doubt{i, j.Row})
		}
	}
	slices.SortFunc(doubts, func(a, b doubt) int {
		x, y := &js[a.at], &js[b.at]
		return cmp.Or(cmp.Compare(y.Best.Confidence-y.Own, x.Best.Confidence-x.Own), cmp.Compare(a.row, b.row))
	})
	for _, d := range doubts[:min(len(doubts), maxFindings)] {
		j := &js[d.at]
		all = append(all, Finding{Kind: Mislabelled, Label: j.Label, Other: j.Best.Label, Rows: []int{j.Row}, Count: 1, Confidence: j.Best.Confidence})
	}
	return all
}
