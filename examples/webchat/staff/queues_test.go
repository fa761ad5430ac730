package staff_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
)

func TestQueuesOfTheOffice(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		type fields = map[string]any
		d.must(d.People.SaveGroup(t.Context(), frontdesk.Host(), &identity.Group{ID: "tea", Name: "Tea"}))
		if r := d.do("POST", "api/office/queues", fields{"name": "VIP"}, nil); r.status != http.StatusForbidden {
			t.Errorf("an agent makes a queue: %d %s", r.status, r.body)
		}
		if r := d.do("GET", "api/office/queues", nil, nil); r.status != 200 || strings.Contains(r.body, `"figures"`) {
			t.Errorf("what an agent sees: %d %s", r.status, r.body)
		}
		mira, err := d.People.Agent(t.Context(), "mira")
		d.must(err)
		mira.Role = identity.Admin
		d.must(d.People.SaveAgent(t.Context(), frontdesk.Host(), mira))

		vip := fields{"id": "vip", "name": "VIP", "groups": []fields{{"group": "tea"}}, "amber": 1, "red": 2.5, "after": 10, "to": "default",
			"strategy": "least_loaded", "order": "wait", "offer": 0.5, "limit": 3, "needs": []string{"language"}}
		if r := d.do("POST", "api/office/queues", vip, nil); r.status != http.StatusOK {
			t.Fatalf("save: %d %s", r.status, r.body)
		}
		for name, bad := range map[string]fields{"queue.groups": {"name": "X", "groups": []fields{{"group": "none"}}}, "queue.red": {"name": "X", "amber": 2, "red": 1}} {
			if r := d.do("POST", "api/office/queues", bad, nil); r.status != 422 || !strings.Contains(r.body, `"field":"`+name) {
				t.Errorf("%s: %d %s", name, r.status, r.body)
			}
		}
		var got struct {
			Queues   []fields `json:"queues"`
			Default  string   `json:"default"`
			Settings fields   `json:"settings"`
		}
		list := func() {
			t.Helper()
			d.must(json.Unmarshal([]byte(d.do("GET", "api/office/queues", nil, nil).body), &got))
		}
		list()
		for key, want := range vip {
			b, _ := json.Marshal(want)
			if have, _ := json.Marshal(got.Queues[1][key]); key != "groups" && string(have) != string(b) {
				t.Errorf("%s is %s, and not %s", key, have, b)
			}
		}
		if f, _ := got.Queues[1]["figures"].(fields); f["open"] != true || f["colour"] != "green" {
			t.Errorf("figures %v", got.Queues[1]["figures"])
		}
		for _, step := range []struct {
			path string
			body fields
			want int
		}{
			{"order/rank", fields{"ids": []string{"vip"}}, 422},
			{"order/rank", fields{"ids": []string{"vip", "default"}}, 204},
			{"order/pause", fields{"id": "vip", "paused": true}, 204},
			{"order/pause", fields{"id": "none", "paused": true}, 404},
			{"order/default", fields{"id": "vip"}, 204},
			{"order/nonsense", fields{}, 404},
			{"settings", fields{"limit": 5, "answered": 2}, 422},
			{"settings", fields{"limit": 5, "answered": 0.5, "grace": 15, "weights": []fields{{"channel": "email", "weight": 0.5}}, "revision": got.Settings["revision"]}, 409},
		} {
			if r := d.do("POST", "api/office/queues/"+step.path, step.body, nil); r.status != step.want {
				t.Errorf("%s %v: %d %s", step.path, step.body, r.status, r.body)
			}
		}
		list()
		if got.Default != "vip" || got.Queues[0]["id"] != "vip" || got.Queues[0]["paused"] != true {
			t.Errorf("queues %v, default %s", got.Queues, got.Default)
		}
		if r := d.do("POST", "api/office/queues/settings", fields{"limit": 5, "answered": 0.5, "grace": 15, "heartbeat": 2, "revision": got.Settings["revision"]}, nil); r.status != 204 {
			t.Errorf("settings: %d %s", r.status, r.body)
		}
		if list(); got.Settings["limit"] != 5.0 || got.Settings["grace"] != 15.0 || got.Settings["heartbeat"] != 2.0 {
			t.Errorf("settings %v", got.Settings)
		}
		if r := d.do("DELETE", "api/office/queues/vip", nil, nil); r.status != http.StatusConflict {
			t.Errorf("delete the default one: %d %s", r.status, r.body)
		}
		if r := d.do("POST", "api/office/queues/order/default", fields{"id": "default"}, nil); r.status != 204 {
			t.Errorf("default: %d %s", r.status, r.body)
		}
		if r := d.do("DELETE", "api/office/queues/vip", nil, nil); r.status != http.StatusNoContent {
			t.Errorf("delete: %d %s", r.status, r.body)
		}
	})
}

func TestStaffAtWork(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		type fields = map[string]any
		d.must(d.People.SaveAgent(t.Context(), frontdesk.Host(), &identity.Agent{ID: "jo", Name: "Jo"}))
		if r := d.do("POST", "api/work", fields{"agent": "jo", "state": "available"}, nil); r.status != http.StatusForbidden {
			t.Errorf("an agent sets another one: %d %s", r.status, r.body)
		}
		mira, err := d.People.Agent(t.Context(), "mira")
		d.must(err)
		mira.Role = identity.Admin
		d.must(d.People.SaveAgent(t.Context(), frontdesk.Host(), mira))
		if r := d.do("POST", "api/office/work", fields{"id": "jo", "limit": 4, "weight": 2, "skills": []string{"language=de"}}, nil); r.status != 204 {
			t.Errorf("worker: %d %s", r.status, r.body)
		}
		if r := d.do("POST", "api/work", fields{"agent": "jo", "state": "away", "reason": "Training"}, nil); r.status != 200 {
			t.Errorf("availability: %d %s", r.status, r.body)
		}
		var got struct {
			Agents []fields `json:"agents"`
		}
		list := func() {
			t.Helper()
			d.must(json.Unmarshal([]byte(d.do("GET", "api/office/work", nil, nil).body), &got))
		}
		list()
		if jo := got.Agents[0]; jo["state"] != "away" || jo["reason"] != "Training" || jo["by"] != "Mira Okafor" || jo["most"] != 4.0 || jo["weight"] != 2.0 {
			t.Errorf("jo %v", jo)
		}
		for act, want := range map[string]int{"end": 204, "return": 204, "nonsense": 404} {
			if r := d.do("POST", "api/office/work/leave/"+act, fields{"agent": "jo"}, nil); r.status != want {
				t.Errorf("%s: %d %s", act, r.status, r.body)
			}
		}
		if list(); got.Agents[0]["state"] != "offline" {
			t.Errorf("jo %v", got.Agents[0])
		}
	})
}
