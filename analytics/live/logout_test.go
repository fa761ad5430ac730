package live_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// A stream ends soon after its reader has signed out, also when nothing happens.
func TestSignedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, err := frontdesk.Open(t.Context(), frontdesk.Config{})
		must(t, err)
		defer func() { must(t, d.Close()) }()
		var out atomic.Bool
		h := d.Live.Handler(func(*http.Request) (event.Actor, error) {
			if out.Load() {
				return event.Actor{}, identity.ErrSession
			}
			return host, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan struct{})
		w := httptest.NewRecorder()
		go func() {
			defer close(ended)
			h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/stream", nil))
		}()
		open := func() bool {
			time.Sleep(time.Minute)
			synctest.Wait()
			select {
			case <-ended:
				return false
			default:
				return true
			}
		}
		if !open() {
			t.Fatalf("the stream ends by itself: %d %s", w.Code, w.Body)
		}
		out.Store(true)
		if open() {
			t.Error("the stream goes on a minute after its reader has signed out")
		}
		cancel()
		<-ended
	})
}
