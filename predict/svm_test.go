package predict

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestHeldScores: machines that begin where the one of all rows ended, and look at the rows
// that are nearby alone, say of rows held out what machines that never saw them do.
func TestHeldScores(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	var rows []Row
	m := &Model{seed: 1, labels: []string{"0", "1", "2"}}
	for i := range 150 {
		text := ""
		for range 6 {
			text += fmt.Sprintf("w%d ", rng.IntN(12)+4*(i%3))
		}
		rows = append(rows, Row{Text: text, Label: m.labels[i%3]})
	}
	p := m.problem(rows)
	norm := make([]float32, p.x.rows())
	for i := range norm {
		v := p.x.row(i).plain()
		norm[i] = svmBias*svmBias + dot(v.value, v.value)
	}
	held := make([]float32, p.x.rows()*p.labels)
	far := 0
	for l := range p.labels {
		s := newDescent(p, norm, l)
		s.descend(t.Context(), svmRounds, -1)
		s.hold(t.Context(), held)
		far += p.x.rows() - len(s.rows)
		for fold := range p.folds {
			anew := newDescent(p, norm, l)
			anew.descend(t.Context(), 5*svmRounds, fold)
			for i, f := range p.fold {
				got, want := held[i*p.labels+l], anew.score(p.x.row(i).plain())
				if int(f) == fold && max(got-want, want-got) > 0.15 {
					t.Errorf("row %d has %v for label %d, by a machine trained anew %v", i, got, l, want)
				}
			}
		}
	}
	if far == 0 {
		t.Error("no row is far")
	}
}
