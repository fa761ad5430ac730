package widget_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/frontdesk-go/frontdesk/channel/chat/widget"
)

func ExampleHandler() {
	mux := http.NewServeMux()
	mux.Handle("GET /support/widget.js", widget.Handler())

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/support/widget.js", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	fmt.Println(w.Header().Get("Cache-Control"))
	// Output:
	// 200 text/javascript; charset=utf-8
	// no-cache
}
