package rank

import "math"

// model is what features are worth.
type model struct {
	weights vector
	// words are what was learned of single words and n-grams for an article, from
	// queries that others got wrong.
	words map[string][]weighted
	sure  sure
}

// prior are the weights where nothing was learned.
var prior = vector{
	fTitle: 6.5, fBody: 6, fBoth: 2, fCover: 3, fTitleCover: 2, fTitleUsed: 2, fChars: 4.3, fTrans: 5,
	fBest: 8, fTaught: 10, fTaughtChars: 9, fVector: 6, fLearned: 1,
}

func defaults() model { return model{weights: prior, sure: defaultSure} }

func (m *model) score(f *vector) (sum float64) {
	for i, w := range m.weights {
		sum += w * f[i]
	}
	return sum
}

// isGram tells n-grams from words.
const isGram = 1 << 31

// unit is a query as a vector of words and one of n-grams, each of length 1. It is
// empty where no words were learned.
func (m *model) unit(q *asked, s *shelf) []weighted {
	if len(m.words) == 0 {
		return nil
	}
	var u []weighted
	for _, sl := range q.slots {
		if len(sl.alts) > 0 && sl.alts[0].good == 1 {
			u = append(u, weighted{sl.alts[0].term, sl.weight / q.norm})
		}
	}
	for _, g := range q.grams {
		u = append(u, weighted{g | isGram, s.gramIDF[g] / q.gnorm})
	}
	return u
}

// learned is what was learned of a query's words for an article.
func (m *model) learned(id string, u []weighted) float64 {
	ws := m.words[id]
	if len(ws) == 0 {
		return 0
	}
	sum := float32(0)
	for _, k := range u {
		sum += k.weight * of(ws, k.what)
	}
	return float64(sum)
}

func logarithms() (all [maxFrequency + 1]float32) {
	for i := range all {
		all[i] = float32(math.Log1p(float64(i)))
	}
	return all
}

// cosine of two vectors of length 1; 0 where there is none, or they don't fit.
func cosine(a, b []float32) float64 {
	if len(a) == 0 || len(a) != len(b) {
		return 0
	}
	var sum float32
	for i, v := range a {
		sum += v * b[i]
	}
	return float64(sum)
}

// unitVector is a vector of length 1, nil if it has none.
func unitVector(v []float32) []float32 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 || math.IsInf(sum, 0) || math.IsNaN(sum) {
		return nil
	}
	out, by := make([]float32, len(v)), float32(1/math.Sqrt(sum))
	for i, x := range v {
		out[i] = x * by
	}
	return out
}
