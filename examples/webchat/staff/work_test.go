package staff_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/queue"
)

// Who signs in gets tickets, who signs out doesn't; the history says why a ticket was
// given, and what became of an offer.
func TestWorkOfAnAgent(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		type fields = map[string]any
		state := func() (state string) {
			t.Helper()
			av, err := d.Queues.Availability(t.Context(), "mira")
			d.must(err)
			return string(av.State)
		}
		if state() != "available" {
			t.Errorf("signed in, and %s", state())
		}
		assigned := func(agent string) {
			t.Helper()
			w := d.Events.Watch(d.id)
			defer w.Stop()
			end := time.After(5 * time.Minute)
			for {
				tk, err := d.Tickets.Get(t.Context(), frontdesk.Host(), d.id)
				d.must(err)
				if tk.Assignee.ID == agent && (agent != "" || tk.OfferedTo() == "mira") {
					return
				}
				select {
				case <-w.C():
				case <-end:
					t.Fatalf("it is %v's", tk.Assignee)
				}
			}
		}
		assigned("mira")
		if r := d.do("GET", "api/tickets/"+d.id+"/history", nil, nil); !strings.Contains(r.body, `"decision":{"queue":"default","strategy":"longest_idle"`) {
			t.Errorf("history %s", r.body)
		}
		if r := d.do("POST", "api/work", fields{"state": "away", "reason": strings.Repeat("x", queue.MaxReason+1)}, nil); r.status != 422 {
			t.Errorf("a long reason: %d %s", r.status, r.body)
		}
		if r := d.do("POST", "api/work", fields{"state": "away", "reason": "Lunch"}, nil); r.status != http.StatusOK || state() != "away" {
			t.Errorf("away: %d %s, %s", r.status, r.body, state())
		}
		if r := d.do("POST", "api/work", fields{"agent": "jo", "state": "away"}, nil); r.status != 404 && r.status != 403 {
			t.Errorf("somebody else: %d %s", r.status, r.body)
		}
		q, err := d.Queues.Queue(t.Context(), queue.DefaultQueue)
		d.must(err)
		q.Offer = time.Minute
		d.must(d.Queues.Save(t.Context(), frontdesk.Host(), q))
		d.do("POST", "api/work", fields{"state": "available"}, nil)
		if r := d.do("POST", "api/tickets/"+d.id+"/return", fields{}, nil); r.status != http.StatusOK {
			t.Errorf("return: %d %s", r.status, r.body)
		}
		assigned("")
		var got struct {
			Offered []struct{ ID string }
		}
		d.must(json.Unmarshal([]byte(d.do("GET", "api/work", nil, nil).body), &got))
		if len(got.Offered) != 1 || got.Offered[0].ID != d.id {
			t.Errorf("offered %+v", got)
		}
		if r := d.do("POST", "api/tickets/"+d.id+"/accept", fields{}, nil); r.status != http.StatusOK || !strings.Contains(r.body, `"offered":null`) {
			t.Errorf("accept: %d %s", r.status, r.body)
		}
		if r := d.do("POST", "api/tickets/"+d.id+"/decline", fields{}, nil); r.status != http.StatusConflict {
			t.Errorf("decline what is his: %d %s", r.status, r.body)
		}
		if r := d.do("POST", "api/tickets/"+d.id+"/transfer", fields{"queue": "none"}, nil); r.status != 422 {
			t.Errorf("to no queue: %d %s", r.status, r.body)
		}
		for reason, want := range map[string]string{"Ill": "offline", queue.WhyHeartbeat: "available"} {
			d.do("POST", "api/work", fields{"state": "offline", "reason": reason}, nil)
			ctx, gone := context.WithCancel(t.Context())
			req, err := http.NewRequestWithContext(ctx, "GET", d.url+"api/stream?tab=one", nil)
			d.must(err)
			req.Header.Set("Cookie", d.cookie)
			resp, err := http.DefaultClient.Do(req)
			d.must(err)
			if state() != want {
				t.Errorf("offline: %s; he opens his page, and is %s", reason, state())
			}
			gone()
			resp.Body.Close()
		}
		if r := d.do("DELETE", "api/session", nil, nil); r.status != http.StatusNoContent || state() != "offline" {
			t.Errorf("signed out: %d, %s", r.status, state())
		}
	})
}
