package predict

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestHeldScores: machines that begin where the one of all rows ended say of rows held out
// what machines that never saw them do.
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
	s := newDescent(p, norm, 0, p.labels)
	s.descend(t.Context(), svmRounds, -1)
	s.hold(t.Context(), held)
	for fold := range p.folds {
		anew := newDescent(p, norm, 0, p.labels)
		anew.descend(t.Context(), 5*svmRounds, fold)
		for i, f := range p.fold {
			if int(f) != fold {
				continue
			}
			anew.look(p.x.row(i).plain())
			for l, want := range anew.score[:p.labels] {
				if got := held[i*p.labels+l]; max(got-want, want-got) > 0.15 {
					t.Errorf("row %d has %v for label %d, by a machine trained anew %v", i, got, l, want)
				}
			}
		}
	}
}
