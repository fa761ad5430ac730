package predict

import (
	"math/rand/v2"
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
