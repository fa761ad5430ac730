package staff_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func TestCalendarsOfTheOffice(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		type fields = map[string]any
		mira, err := d.People.Agent(t.Context(), "mira")
		d.must(err)
		mira.Role = identity.Admin
		d.must(d.People.SaveAgent(t.Context(), frontdesk.Host(), mira))
		var saved struct {
			ID       string `json:"id"`
			Revision int64  `json:"revision"`
			Open     bool   `json:"open"`
		}
		save := func(body fields) response {
			t.Helper()
			r := d.do("POST", "api/office/calendars", body, nil)
			if r.status == http.StatusOK {
				d.must(json.Unmarshal([]byte(r.body), &saved))
			}
			return r
		}
		day := []fields{{"from": "00:00", "to": "24:00"}}
		always := fields{"monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day, "saturday": day, "sunday": day}
		if r := save(fields{"name": "Round the clock", "desk": true, "hours": fields{"week": always}}); r.status != 200 || saved.ID != ticket.DeskCalendar || !saved.Open {
			t.Fatalf("the desk's: %d %s", r.status, r.body)
		}
		if r := save(fields{"name": "Another", "desk": true}); r.status != 422 || !strings.Contains(r.body, `"field":"desk"`) {
			t.Errorf("a second one of the desk: %d %s", r.status, r.body)
		}
		if r := save(fields{"name": "Never", "hours": fields{"zone": "Asia/Tokyo"}}); r.status != 200 || saved.Open {
			t.Errorf("one more: %d %s", r.status, r.body)
		}
		never := saved
		if r := save(fields{"id": never.ID, "name": "Never again", "archived": true}); r.status == 200 {
			t.Errorf("over one that wasn't read: %d %s", r.status, r.body)
		}
		if r := save(fields{"id": never.ID, "revision": never.Revision, "name": "Never again", "archived": true}); r.status != 200 {
			t.Errorf("changed: %d %s", r.status, r.body)
		}
		if r := save(fields{"name": "Bad", "hours": fields{"zone": "Mars"}}); r.status != 422 || !strings.Contains(r.body, `"field":"calendar.hours.zone"`) {
			t.Errorf("in no zone: %d %s", r.status, r.body)
		}
		r := d.do("GET", "api/office/calendars", nil, nil)
		for _, want := range []string{`"name":"Never again"`, `"archived":true`, `"name":"Round the clock"`, `"DE-BY"`} {
			if !strings.Contains(r.body, want) {
				t.Errorf("the list lacks %s: %s", want, r.body)
			}
		}
		if r := d.do("GET", "api/office/holidays?region=DE&first=2026&last=2027", nil, nil); !strings.Contains(r.body, `"date":"2027-12-25"`) {
			t.Errorf("holidays: %d %s", r.status, r.body)
		}
		for _, bad := range []string{"region=XX&first=2026&last=2027", "region=DE&first=2026&last=x"} {
			if r := d.do("GET", "api/office/holidays?"+bad, nil, nil); r.status != 422 {
				t.Errorf("holidays %s: %d %s", bad, r.status, r.body)
			}
		}
	})
}
