package predict

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLinearFitsItsRoom keeps as many of the weights as there is room for in a file, and
// no more.
func TestLinearFitsItsRoom(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, labels := range []int{2, 40, 200} {
		const features = 3_000
		weight, bias := make([]float32, features*labels), make([]float32, labels)
		for i := range weight {
			weight[i] = float32(rng.NormFloat64())
		}
		for _, room := range []int{0, features, 20 * features} {
			var e encoder
			e.linear(newLinear(weight, bias, room))
			size, most := len(e)-4*labels, room+bytesPerFeature*features
			if size > most {
				t.Errorf("%d labels take %d bytes, there is room for %d", labels, size, most)
			}
			if few := min(room, 2*features*labels) / 2; size < few {
				t.Errorf("%d labels take %d bytes only of %d", labels, size, most)
			}
		}
	}
}

// TestLinearScores: features that have weights for many labels, which are added by rows,
// and those that have few give what their weights say.
func TestLinearScores(t *testing.T) {
	t.Parallel()
	const features, labels = 200, 19
	rng := rand.New(rand.NewPCG(1, 2))
	weight, bias := make([]float32, features*labels), make([]float32, labels)
	for f := range features {
		for range rng.IntN(labels) { // none, few or many
			weight[f*labels+rng.IntN(labels)] = rng.Float32() - 0.5
		}
	}
	for l := range bias {
		bias[l] = rng.Float32()
	}
	m := newLinear(weight, bias, 1<<20)
	var v vector
	want := slices.Clone(bias)
	for f := range features {
		x := rng.Float32()
		v.at, v.value = append(v.at, int32(f)), append(v.value, x)
		for l := range want {
			want[l] += x * weight[f*labels+l]
		}
	}
	got := make([]float32, labels)
	m.scores(v, got)
	for l := range want {
		if d := got[l] - want[l]; d > 0.05 || d < -0.05 {
			t.Errorf("label %d has %v, want %v", l, got[l], want[l])
		}
	}
	few, many := 0, 0
	for f, row := range m.row.rows {
		if n := m.start[f+1] - m.start[f]; row.at >= 0 {
			many++
		} else if n > 0 {
			few++
		}
	}
	if few == 0 || many == 0 {
		t.Errorf("%d features have few weights, %d many: only one way was tried", few, many)
	}
}
