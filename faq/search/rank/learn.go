package rank

import (
	"cmp"
	"math"
	"slices"
)

// example is a query with the articles that were found for it without its own
// being remembered, and which of them answers.
type example struct {
	cs    []candidate
	ids   []string
	right int // -1: it wasn't found
	unit  []weighted
	known float32
}

// Bounds of learning.
const (
	minExamples = 30
	maxExamples = 2000
	perExample  = 40 // articles
)

// learned is what was learned of a shelf.
type learned struct {
	trans translation
	model model
}

// learn fits a model to the resolved queries; without enough of them it is the
// default. The same documents and queries give the same model. The shelf, which is
// fresh, is only read.
func (s *shelf) learn() learned {
	t := *s // what is found while learning is by what is learned so far
	t.trans = t.learnTranslation()
	t.model = t.startingModel()
	if !s.without["titles asked"] {
		t.model.weights = s.fitTitles(t.model.weights)
	}
	es := t.examples(maxExamples)
	if len(es) >= minExamples {
		m := &t.model
		if !s.without["fitted weights"] {
			m.weights = fit(es, m.weights)
			t.leaveOut()
		}
		for i := range es {
			es[i].rescore(m)
		}
		if !s.without["learned words"] {
			m.weights[fLearned] = worthOfWords(es)
			m.words = learnWords(es)
		}
	}
	if m := &t.model; len(es) >= minExamples {
		for i := range es {
			es[i].rescore(m) // without the words, which were learned of these same queries
		}
	}
	t.model.sure = calibrate(es)
	return learned{t.trans, t.model}
}

func (s *shelf) startingModel() model {
	t := shelf{model: defaults(), without: s.without}
	t.leaveOut()
	return t.model
}

// examples runs the resolved queries of public articles, the newest.
func (s *shelf) examples(most int) (es []example) {
	x := &scratch{}
	// model.unit gives nothing as long as no words were learned.
	all := &model{words: map[string][]weighted{"": nil}}
	for i := len(s.past.queries) - 1; i >= 0 && len(es) < most; i-- {
		k := &s.past.queries[i]
		if k.gone || !k.public {
			continue
		}
		r := search{s: s, x: x, q: s.ask(k.text, false), skip: k.key}
		e := r.example(k.id)
		e.unit = all.unit(r.q, s)
		es = append(es, e)
	}
	slices.Reverse(es)
	return es
}

// example runs a search that an article is known to answer.
func (r *search) example(id string) example {
	e := example{cs: r.run(), right: -1, known: r.q.known}
	e.cs = slices.Clone(e.cs[:min(len(e.cs), perExample)])
	for j, c := range e.cs {
		e.ids = append(e.ids, r.s.docs[c.doc].id)
		if e.ids[j] == id {
			e.right = j
		}
	}
	return e
}

func (e *example) rescore(m *model) {
	for i := range e.cs {
		e.cs[i].score = m.score(&e.cs[i].f)
	}
}

// chances are how likely each candidate is, and how much that is off.
func (e *example) chances(score func(i int) float64, ps []float64) []float64 {
	ps = ps[:0]
	most := math.Inf(-1)
	for i := range e.cs {
		ps = append(ps, score(i))
		most = max(most, ps[i])
	}
	sum := 0.0
	for i := range ps {
		ps[i] = math.Exp(ps[i] - most)
		sum += ps[i]
	}
	for i := range ps {
		ps[i] /= sum
	}
	ps[e.right]--
	return ps
}

// The steps of fitting weights: Adam's.
const (
	fitSteps  = 150
	fitRate   = 0.1
	fitDecay1 = 0.9
	fitDecay2 = 0.99
	// fitPrior is how many queries the prior weights count for.
	fitPrior = 1.0
)

// fit returns weights under which the right articles come first: a softmax over the
// candidates, held near prior ones where there are few examples.
func fit(es []example, prior vector) vector {
	w := prior
	var m1, m2 vector
	var ps []float64
	for step := 1; step <= fitSteps; step++ {
		var g vector
		n := 0.0
		for i := range es {
			e := &es[i]
			if e.right < 0 {
				continue
			}
			n++
			ps = e.chances(func(i int) float64 { return (&model{weights: w}).score(&e.cs[i].f) }, ps)
			for j, p := range ps {
				for k, v := range e.cs[j].f {
					g[k] += p * v
				}
			}
		}
		if n == 0 {
			return prior
		}
		for k := range w {
			if k == fLearned {
				continue
			}
			d := (g[k] + fitPrior*(w[k]-prior[k])/10) / n
			m1[k] = fitDecay1*m1[k] + (1-fitDecay1)*d
			m2[k] = fitDecay2*m2[k] + (1-fitDecay2)*d*d
			a, b := m1[k]/(1-math.Pow(fitDecay1, float64(step))), m2[k]/(1-math.Pow(fitDecay2, float64(step)))
			w[k] -= fitRate * a / (math.Sqrt(b) + 1e-6)
		}
	}
	return w
}

// worthOfWords is what words learned of half of the examples are worth for the others:
// 0 where they do harm, as they do where no two ask the same.
func worthOfWords(es []example) float64 {
	half := make([]example, 0, len(es)/2+1)
	for i := 0; i < len(es); i += 2 {
		half = append(half, es[i])
	}
	m := model{words: learnWords(half)}
	best, worth := math.Inf(1), 0.0
	var ps []float64
	for _, w := range []float64{0, 0.25, 0.5, 1} {
		loss := 0.0
		for i := 1; i < len(es); i += 2 {
			e := &es[i]
			if e.right < 0 {
				continue
			}
			ps = e.chances(func(i int) float64 { return e.cs[i].score + w*m.learned(e.ids[i], e.unit) }, ps)
			loss -= math.Log(max(ps[e.right]+1, 1e-9))
		}
		if loss < best {
			best, worth = loss, w
		}
	}
	return worth
}

// The steps of learning words.
const (
	wordRounds = 3
	wordRate   = 1.0
	wordDecay  = 0.002
	minOff     = 0.003
)

// learnWords returns what words and n-grams say for and against articles beyond the
// features, learned where those were wrong or in doubt.
func learnWords(es []example) map[string][]weighted {
	learned := map[string]map[uint32]float32{}
	var ps []float64
	for range wordRounds {
		for i := range es {
			e := &es[i]
			if e.right < 0 {
				continue
			}
			ps = e.chances(func(i int) float64 {
				sum := e.cs[i].score
				if ws := learned[e.ids[i]]; ws != nil {
					for _, k := range e.unit {
						sum += float64(ws[k.what] * k.weight)
					}
				}
				return sum
			}, ps)
			for j, off := range ps {
				if math.Abs(off) < minOff {
					continue
				}
				ws := learned[e.ids[j]]
				if ws == nil {
					ws = map[uint32]float32{}
					learned[e.ids[j]] = ws
				}
				for _, k := range e.unit {
					ws[k.what] -= wordRate * (float32(off)*k.weight + wordDecay*ws[k.what])
				}
			}
		}
	}
	out := make(map[string][]weighted, len(learned))
	for id, ws := range learned {
		list := make([]weighted, 0, len(ws))
		for what, w := range ws {
			list = append(list, weighted{what, w})
		}
		slices.SortFunc(list, func(a, b weighted) int { return cmp.Compare(a.what, b.what) })
		out[id] = list
	}
	return out
}
