package labels

import (
	"fmt"
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
