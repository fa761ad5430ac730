// Package timely calls functions of the host, which may take too long, panic, or end
// their goroutine, and come back nevertheless.
//
//	v, err := timely.Call(ctx, 5*time.Second, func(ctx context.Context) (int, error) { return host(ctx) })
package timely

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Call calls f, and doesn't wait longer than it may take: then, and if it panics or ends
// its goroutine, that is the error. The context that f gets ends with most. A function
// that doesn't heed it goes on by itself.
func Call[T any](ctx context.Context, most time.Duration, f func(ctx context.Context) (T, error)) (v T, err error) {
	type result struct {
		v   T
		err error
	}
	inner, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	said := make(chan result, 1)
	go func() { // ends with f, which ends with its context
		got := result{err: errors.New("it ended its goroutine")}
		defer func() {
			if r := recover(); r != nil {
				got.err = fmt.Errorf("panic: %v", r)
			}
			said <- got
		}()
		got.v, got.err = f(inner)
	}()
	select {
	case got := <-said:
		return got.v, got.err
	case <-inner.Done():
		if err := ctx.Err(); err != nil {
			return v, err
		}
		return v, fmt.Errorf("it took longer than %v", most)
	}
}
