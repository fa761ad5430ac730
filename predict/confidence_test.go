package predict

import "testing"

// TestRowsMadeAlikeDontMakeAModelNarrow: rows that lead by the same leave room for texts in
// other words, and still none for those that lead by nothing.
func TestRowsMadeAlikeDontMakeAModelNarrow(t *testing.T) {
	const rows, labels = 90, 3
	s := &scores{labels: labels}
	for k := range s.of {
		s.of[k] = make([]float32, rows*labels)
	}
	for i := range rows {
		s.label = append(s.label, int32(i%labels))
		for k := range s.of {
			s.of[k][i*labels+i%labels] = 5 + float32(i%2)/10
		}
	}
	b := blend{1, 1, 1, 1, 1}
	c := s.learnConfidence(b)
	for _, u := range c.usual {
		if u.spread < leastSpread*u.mean {
			t.Errorf("a spread of %v about %v", u.spread, u.mean)
		}
	}
	// of says the odds of a text whose leads are so much of the usual ones.
	of := func(machines, networks float64) float64 {
		return c.raw(0.99, [2]float64{machines * c.usual[0].mean, networks * c.usual[1].mean})
	}
	if usual, other := of(1, 1), of(0.7, 0.7); other < 0 || other > usual {
		t.Errorf("odds of usual leads %v, of smaller ones %v", usual, other)
	}
	if machines, networks := of(0, 1), of(1, 0); machines > 0 || networks > 0 {
		t.Errorf("odds of no lead by the machines %v, by the networks %v", machines, networks)
	}
}
