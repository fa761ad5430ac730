package predict

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
)

// TestEachUsesAllProcessors has as many calls wait for each other as there are processors:
// one after the other they would wait for ever, which synctest tells.
func TestEachUsesAllProcessors(t *testing.T) {
	const processors = 3
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
	synctest.Test(t, func(t *testing.T) {
		var there sync.WaitGroup
		there.Add(processors)
		err := each(t.Context(), processors, func(context.Context, int) {
			there.Done()
			there.Wait()
		})
		if err != nil {
			t.Error(err)
		}
	})
}
