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
	b := blend{0, 1, 1, 1}
	c := s.learnConfidence(b)
	const sure = 0.99
	if c.spread < leastSpread*c.mean {
		t.Errorf("a spread of %v about %v", c.spread, c.mean)
	}
	if usual, other, none := c.raw(sure, c.mean), c.raw(sure, 0.7*c.mean), c.raw(sure, 0); other < 0 || other > usual || none > 0 {
		t.Errorf("odds of usual leads %v, of smaller ones %v, of none %v", usual, other, none)
	}
}
