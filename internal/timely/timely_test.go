package timely_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/timely"
)

func Example() {
	v, err := timely.Call(context.Background(), time.Second, func(context.Context) (int, error) { panic("oh") })
	fmt.Println(v, err)
	// Output: 0 panic: oh
}

// Whatever the function does, the call comes back in time, and says why.
func TestCall(t *testing.T) {
	t.Parallel()
	wrong := errors.New("wrong")
	for name, test := range map[string]struct {
		f     func(context.Context) (int, error)
		want  string // of the error
		takes time.Duration
	}{
		"answers":             {func(context.Context) (int, error) { return 7, nil }, "", 0},
		"fails":               {func(context.Context) (int, error) { return 0, wrong }, "wrong", 0},
		"panics":              {func(context.Context) (int, error) { panic("oh") }, "panic: oh", 0},
		"ends its goroutine":  {func(context.Context) (int, error) { runtime.Goexit(); return 0, nil }, "it ended its goroutine", 0},
		"heeds its context":   {func(ctx context.Context) (int, error) { <-ctx.Done(); <-time.After(time.Second); return 0, ctx.Err() }, "it took longer than 5s", 5 * time.Second},
		"doesn't, for longer": {func(context.Context) (int, error) { <-time.After(time.Minute); return 7, nil }, "it took longer than 5s", 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				v, err := timely.Call(t.Context(), 5*time.Second, test.f)
				if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) || err == nil && v != 7 {
					t.Errorf("it gives %d, %v", v, err)
				}
				if d := time.Since(start); d != test.takes {
					t.Errorf("it takes %v", d)
				}
				<-time.After(time.Hour) // what is late ends, too
			})
		})
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := timely.Call(ctx, time.Hour, func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, ctx.Err() }); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped, it says %v", err)
	}
}
