package staff_test

import (
	"archive/zip"
	"net/http"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
)

// What an agent may not do the page doesn't do for him, whatever is sent to it; an
// admin gets all that is known of a person, and has him erased.
func TestOfficeAsks(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		type fields = map[string]any
		for path, body := range map[string]any{
			"POST api/office/role":                 fields{"agent": "mira", "role": "admin"},
			"POST api/office/groups":               fields{"agent": "mira", "groups": []string{}},
			"POST api/office/member":               fields{"agent": "mira"},
			"POST api/office/team":                 fields{"name": "Team", "supervisor": "mira"},
			"POST api/office/access":               fields{},
			"GET api/office/audit":                 nil,
			"GET api/office/invitations":           nil,
			"POST api/office/invitations":          fields{"email": "a@shop.example"},
			"POST api/office/deactivate":           fields{"agent": "mira"},
			"POST api/office/activate":             fields{"agent": "mira"},
			"GET api/office/keys":                  nil,
			"POST api/office/keys":                 fields{"name": "Key", "may": []string{"converse"}},
			"POST api/office/calendars":            fields{"name": "Office", "desk": true},
			"POST api/office/policies":             fields{"name": "All", "first": 60},
			"DELETE api/office/policies/x":         nil,
			"POST api/office/policies/order":       fields{},
			"POST api/office/bans":                 fields{"kind": "domain", "value": "shop.example"},
			"GET api/office/mail":                  nil,
			"GET api/office/mail/x":                nil,
			"POST api/office/mail/retry":           fields{"id": "x"},
			"POST api/office/mail/letin":           fields{"id": "x"},
			"POST api/office/mail/discard":         fields{"id": "x"},
			"POST api/office/mailsettings":         fields{"from": "help@shop.example"},
			"GET api/office/mailpreview":           nil,
			"POST api/people/" + d.ann + "/erase":  nil,
			"POST api/people/" + d.ann + "/logout": nil,
			"GET api/people/" + d.ann + "/export":  nil,
		} {
			method, path, _ := strings.Cut(path, " ")
			if r := d.do(method, path, body, nil); r.status != http.StatusForbidden || !strings.Contains(r.body, `"forbidden"`) {
				t.Errorf("%s %s: %d %s", method, path, r.status, r.body)
			}
		}
		mira, err := d.People.Agent(t.Context(), "mira")
		d.must(err)
		mira.Role = identity.Admin
		d.must(d.People.SaveAgent(t.Context(), frontdesk.Host(), mira))
		r := d.do("GET", "api/people/"+d.ann+"/export", nil, nil)
		z, err := zip.NewReader(strings.NewReader(r.body), int64(len(r.body)))
		if err != nil || len(z.File) == 0 || z.File[0].Name != "export.json" {
			t.Errorf("export %d: %v", r.status, err)
		}
		if r := d.do("POST", "api/people/"+d.ann+"/erase", nil, nil); r.status != http.StatusNoContent {
			t.Errorf("erase: %d %s", r.status, r.body)
		}
		if r := d.do("GET", "api/people/"+d.ann+"/export", nil, nil); r.status != http.StatusNotFound || r.header.Get("Content-Disposition") != "" {
			t.Errorf("export of who was erased: %d %v", r.status, r.header)
		}
	})
}
