package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics/excel"
	"github.com/frontdesk-go/frontdesk/analytics/report"
	"github.com/frontdesk-go/frontdesk/analytics/web"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
)

func Example() {
	ctx := context.Background()
	desk, err := frontdesk.Open(ctx, frontdesk.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer desk.Close()
	reports := report.New(report.Parts{Analytics: desk.Analytics, People: desk.People, Tickets: desk.Tickets, Queues: desk.Queues, Bots: desk.Bots}, nil)
	figures, err := web.New(reports, desk.Analytics, web.Options{
		Excel: excel.Write,
		Actor: func(r *http.Request) (event.Actor, error) { // your own sign-in
			if agent, _, ok := r.BasicAuth(); ok {
				return event.Actor{Kind: event.Agent, ID: agent}, nil
			}
			return event.Actor{}, identity.ErrSession
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/figures/", http.StripPrefix("/figures", figures))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/figures/api/rows?metrics=created&range=7d&grain=day", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	// Output: 401 application/problem+json
}
