package labels

import (
	"fmt"
	"math"
	"testing"
)

// What an alert says is the same each time, to the last bit: a desk's log is.
func TestApartIsTheSame(t *testing.T) {
	t.Parallel()
	a, b := &Figures{Said: 997}, &Figures{Said: 991}
	for i := range 60 {
		a.label(fmt.Sprint(i)).Said, b.label(fmt.Sprint(i)).Said = 1+i%7, 1+i%11
	}
	first := apart(a, b)
	for range 200 {
		if again := apart(a, b); again != first {
			t.Fatalf("%v, and then %v", first, again)
		}
	}
}

// How often a version abstains is compared with the days before, and as long as there are
// too few of those, with what it did on rows held out.
func TestUsualAbstentions(t *testing.T) {
	t.Parallel()
	v := &Version{Coverage: 0.9}
	for _, c := range []struct {
		before, lately Figures
		usual          float64
		known, off     bool
	}{
		{Figures{}, Figures{Seen: 100, Said: 80}, 0.1, true, false},
		{Figures{}, Figures{Seen: 100, Said: 70}, 0.1, true, true},
		{Figures{Seen: 99, Said: 50}, Figures{Seen: 100, Said: 70}, 0.1, true, true},
		{Figures{Seen: 100, Said: 60}, Figures{Seen: 100, Said: 70}, 0.4, true, false},
		{Figures{Seen: 100, Said: 60}, Figures{Seen: 100, Said: 90}, 0.4, true, true},
		{Figures{}, Figures{Seen: 99, Said: 0}, 0.1, false, true},
	} {
		d := drifts(v, &c.before, &c.lately)[1]
		if d.what != Abstentions || math.Abs(d.usual-c.usual) > 1e-9 || d.known != c.known || d.off != c.off {
			t.Errorf("%+v: %+v", c, d)
		}
	}
}
