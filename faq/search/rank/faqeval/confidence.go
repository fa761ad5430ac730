package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/frontdesk-go/frontdesk/faq/search/rank"
)

// confidence prints how far confidence can be trusted: with queries that the set
// answers, and as many of another set that it doesn't.
func (s *set) confidence(w io.Writer, unanswered []string) {
	e := s.engine(nil)
	e.Learn()
	var right, wrong outcomes
	for _, q := range s.queries {
		right = append(right, q.ask(e))
	}
	for _, q := range unanswered[:min(len(unanswered), len(s.queries))] {
		hits := e.Search(rank.Query{Text: q})
		o := outcome{}
		if len(hits) > 0 {
			o.confidence = hits[0].Confidence
		}
		wrong = append(wrong, o)
	}
	both := slices.Concat(right, wrong)
	fmt.Fprintf(w, "  confidence: mean %.3f of its own queries (right first %.3f), %.3f of those of others\n", right.mean(), right.first(), wrong.mean())
	fmt.Fprintf(w, "    expected calibration error %.3f of its own, %.3f of both; AUROC right or not %.3f; own or not %.3f\n",
		right.off(), both.off(), both.auroc(func(i int) bool { return both[i].right }), both.auroc(func(i int) bool { return i < len(right) }))
}

// others are queries that a set doesn't answer.
func others(file string, other *set) (texts []string, err error) {
	if file == "" {
		for _, q := range other.queries {
			texts = append(texts, q.text)
		}
		return texts, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	for _, row := range rows {
		texts = append(texts, row[0])
	}
	return texts, err
}

func (os outcomes) mean() (sum float64) {
	for _, o := range os {
		sum += o.confidence / float64(len(os))
	}
	return sum
}

// off is the expected calibration error over ten bins.
func (os outcomes) off() (sum float64) {
	const bins = 10
	var n, said, was [bins]float64
	for _, o := range os {
		b := min(int(o.confidence*bins), bins-1)
		n[b]++
		said[b] += o.confidence
		if o.right {
			was[b]++
		}
	}
	for b := range bins {
		sum += math.Abs(said[b]-was[b]) / float64(len(os))
	}
	return sum
}

// auroc is how likely one for which yes holds is surer than one for which it doesn't.
func (os outcomes) auroc(yes func(i int) bool) float64 {
	order := make([]int, len(os))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case os[a].confidence < os[b].confidence:
			return -1
		case os[a].confidence > os[b].confidence:
			return 1
		}
		return 0
	})
	sum, n := 0.0, 0.0
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && os[order[j]].confidence == os[order[i]].confidence {
			j++
		}
		for k := i; k < j; k++ {
			if yes(order[k]) {
				sum += float64(i+j+1) / 2
				n++
			}
		}
		i = j
	}
	rest := float64(len(os)) - n
	if n == 0 || rest == 0 {
		return math.NaN()
	}
	return (sum - n*(n+1)/2) / (n * rest)
}
