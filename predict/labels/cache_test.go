package labels

import (
	"fmt"
	"sync"
	"testing"

	"github.com/frontdesk-go/frontdesk/predict"
)

// A model that is used stays in memory while others come and go, however many use it at
// once.
func TestCacheKeepsWhatIsUsed(t *testing.T) {
	t.Parallel()
	c := newCache()
	c.entry("used").model.Store(&predict.Model{})
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 1000 {
				if c.get("used") == nil {
					t.Error("it is gone")
					return
				}
				if i%10 == 0 && worker == 0 {
					c.entry(fmt.Sprint(i)).model.Store(&predict.Model{})
				}
			}
		})
	}
	all.Wait()
	if n := len(c.models); n != maxCached || len(c.order) != n {
		t.Errorf("%d models, %d in order", n, len(c.order))
	}
	if c.get("0") != nil || c.get("990") == nil {
		t.Error("the one used last is gone, or the first is still there")
	}
}
