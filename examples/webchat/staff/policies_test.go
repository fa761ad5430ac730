package staff_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
)

func TestPoliciesOfTheOffice(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		type fields = map[string]any
		mira, err := d.People.Agent(t.Context(), "mira")
		d.must(err)
		mira.Role = identity.Admin
		d.must(d.People.SaveAgent(t.Context(), frontdesk.Host(), mira))
		save := func(body fields) response { t.Helper(); return d.do("POST", "api/office/policies", body, nil) }
		for _, body := range []fields{{"id": "urgent", "name": "Urgent", "when": `ticket.priority == "urgent"`, "first": 30}, {"id": "all", "name": "All", "first": 120, "next": 90.5, "at_risk": 50}} {
			if r := save(body); r.status != http.StatusOK {
				t.Fatalf("%v: %d %s", body, r.status, r.body)
			}
		}
		if r := save(fields{"name": "Bad", "first": 30, "when": `ticket.color == "red"`}); r.status != 422 || !strings.Contains(r.body, `"condition":{"allowed"`) || !strings.Contains(r.body, `"column":1`) {
			t.Errorf("a bad condition: %d %s", r.status, r.body)
		}
		if r := save(fields{"name": "Short", "first": 0.5}); r.status != 422 || !strings.Contains(r.body, `"field":"policy.first"`) {
			t.Errorf("a short target: %d %s", r.status, r.body)
		}
		var got struct {
			Policies []struct {
				ID       string  `json:"id"`
				Next     float64 `json:"next"`
				Revision int64   `json:"revision"`
			} `json:"policies"`
		}
		list := func() {
			t.Helper()
			d.must(json.Unmarshal([]byte(d.do("GET", "api/office/policies", nil, nil).body), &got))
		}
		if list(); len(got.Policies) != 2 || got.Policies[1].Next != 90.5 {
			t.Errorf("policies %+v", got)
		}
		was, now := []string{"urgent", "all"}, []string{"all", "urgent"}
		if r := d.do("POST", "api/office/policies/order", fields{"was": was, "ids": now}, nil); r.status != http.StatusNoContent {
			t.Errorf("order: %d %s", r.status, r.body)
		}
		if r := d.do("POST", "api/office/policies/order", fields{"was": was, "ids": now}, nil); r.status != http.StatusConflict {
			t.Errorf("order of others: %d %s", r.status, r.body)
		}
		if list(); got.Policies[0].ID != "all" {
			t.Errorf("policies %+v", got)
		}
		if r := d.do("DELETE", "api/office/policies/urgent?revision=1", nil, nil); r.status != http.StatusNoContent {
			t.Errorf("delete: %d %s", r.status, r.body)
		}
		if list(); len(got.Policies) != 1 {
			t.Errorf("policies %+v", got)
		}
	})
}
