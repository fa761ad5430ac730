package staff_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/predict/labels"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// rowsFile is a file of rows as a browser sends it.
func rowsFile(t *testing.T, text string) (body *bytes.Buffer, kind string) {
	t.Helper()
	body = &bytes.Buffer{}
	form := multipart.NewWriter(body)
	w, err := form.CreateFormFile("file", "rows.csv")
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return body, form.FormDataContentType()
}

func TestLabelsOfTheOffice(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.each(asks{"GET", "api/office/labels", nil, http.StatusForbidden, "configure"}, asks{"POST", "api/office/labels/train", fields{"tickets": true}, http.StatusForbidden, ""})
		d.promote()
		var rows strings.Builder
		for i := range 12 {
			fmt.Fprintf(&rows, "where is parcel %d,delivery\nmoney back for %d,refund\n", i, i)
		}
		for text, status := range map[string]int{"a,b\nc\n": http.StatusUnprocessableEntity, rows.String(): http.StatusOK} {
			body, kind := rowsFile(t, text)
			r := d.send("api/office/labels/upload?language=en", kind, body)
			if r.status != status || status != http.StatusOK && !strings.Contains(r.body, "line 2") {
				t.Errorf("%.10q: %d %s", text, r.status, r.body)
			}
		}
		d.each(asks{"POST", "api/office/labels/train", fields{"language": "en", "uploaded": true, "adopt": "always"}, http.StatusOK, `"state":"training"`},
			asks{"POST", "api/office/labels/train", fields{"language": "en"}, http.StatusUnprocessableEntity, "order"})
		var got struct {
			Models   []labels.Model
			Versions []struct{ ID, State string }
		}
		d.soon("the version", func() bool {
			d.get("api/office/labels?language=en", &got)
			return got.Versions[0].State == "ready"
		})
		if len(got.Models) != 1 || got.Models[0].Active != got.Versions[0].ID || got.Models[0].Uploaded != 24 {
			t.Errorf("%+v", got)
		}
		at := "api/office/labels/versions/" + got.Versions[0].ID
		d.each(asks{"GET", at, nil, http.StatusOK, `"confused":[`},
			asks{"POST", at + "/thresholds", fields{"thresholds": []fields{{"least": 2}}}, http.StatusUnprocessableEntity, "from 0 to 1"},
			asks{"POST", at + "/thresholds", fields{"thresholds": []fields{{"label": "refund", "least": 0.4}}}, http.StatusOK, ""},
			asks{"POST", at + "/shadow", fields{}, http.StatusUnprocessableEntity, "active"},
			asks{"POST", at + "/dance", fields{}, http.StatusNotFound, ""},
			asks{"POST", "api/office/labels/scope/rollback", fields{"language": "en"}, http.StatusUnprocessableEntity, "before"},
			asks{"POST", "api/office/labels/scope/plan", fields{"language": "en", "days": 7, "adopt": "better"}, http.StatusOK, ""},
			asks{"POST", "api/office/labels/scope/plan", fields{"language": "en", "days": 367}, http.StatusUnprocessableEntity, "366"},
			asks{"GET", "api/office/labels/compare?a=" + got.Versions[0].ID + "&b=none", nil, http.StatusNotFound, ""})

		made, err := d.Tickets.Create(t.Context(), ticket.New{EndUser: d.ann, Language: "en", Message: &ticket.Draft{Text: "where is parcel 3"}})
		d.must(err)
		var opinion struct {
			Said, Predicted any
			Top             []struct{ Label string }
			Labels          []string
		}
		d.soon("the label", func() bool {
			r := d.do("GET", "api/tickets/"+made.ID+"/label", nil, nil)
			return r.status == http.StatusOK && json.Unmarshal([]byte(r.body), &opinion) == nil && opinion.Predicted == true
		})
		if opinion.Said != "delivery" || opinion.Top[0].Label != "delivery" || len(opinion.Labels) != 2 {
			t.Errorf("%+v", opinion)
		}
		d.each(asks{"POST", at + "/retire", fields{}, http.StatusOK, ""}, asks{"POST", at + "/activate", fields{}, http.StatusUnprocessableEntity, "retired"},
			asks{"POST", at + "/delete", fields{}, http.StatusOK, ""}, asks{"GET", at, nil, http.StatusNotFound, ""})
	})
}
