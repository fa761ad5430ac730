package staff_test

import (
	"net/http"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
)

// Who may set the desk up writes bots, tries them, and puts them to work; others don't
// even see them.
func TestBotsOfTheOffice(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		hello := fields{"name": "Helper", "source": "steps:\n - {id: hello, ask: {text: Hi!, as: number, min: \"1\"}}\n - {id: person, hand_off: {}}"}
		d.each(asks{"GET", "api/office/bots", nil, http.StatusForbidden, "configure"}, asks{"GET", "api/office/bots/helper", nil, http.StatusForbidden, ""},
			asks{"POST", "api/office/bots/helper/draft", hello, http.StatusForbidden, ""}, asks{"POST", "api/office/bots/helper/try", fields{}, http.StatusForbidden, ""}, asks{"POST", "api/office/bots/helper/publish", fields{}, http.StatusForbidden, ""})
		mira, err := d.People.Agent(t.Context(), "mira")
		d.must(err)
		mira.Role = identity.Admin
		d.must(d.People.SaveAgent(t.Context(), frontdesk.Host(), mira))
		d.each(asks{"POST", "api/office/bots/helper/draft", hello, http.StatusOK, `"helper"`},
			asks{"POST", "api/office/bots/helper/draft", hello, http.StatusConflict, ""},
			asks{"POST", "api/office/bots/other/draft", fields{"name": "Other", "source": "steps: ["}, http.StatusUnprocessableEntity, "can't be read"},
			asks{"POST", "api/office/bots/Bad Id/draft", hello, http.StatusUnprocessableEntity, "bot.id"},
			asks{"POST", "api/office/bots/wrong/draft", fields{"name": "Wrong", "source": "steps:\n - {id: a, hand_off: {queue: none}}"}, http.StatusOK, ""},
			asks{"GET", "api/office/bots/wrong", nil, http.StatusOK, "there is no queue none"},
			asks{"POST", "api/office/bots/wrong/publish", fields{}, http.StatusUnprocessableEntity, "there is no queue none"},
			asks{"POST", "api/office/bots/helper/try", fields{"first": "Hello", "says": []string{"0", "3"}}, http.StatusOK, `"waits":"over"`},
			asks{"POST", "api/office/bots/helper/try", fields{"says": make([]string, 101)}, http.StatusUnprocessableEntity, "100"},
			asks{"POST", "api/office/bots/none/try", fields{}, http.StatusNotFound, ""},
			asks{"POST", "api/office/bots/helper/publish", fields{}, http.StatusOK, ""},
			asks{"GET", "api/office/bots", nil, http.StatusOK, `"state":"published"`},
			asks{"GET", "api/office/bots/helper?version=live", nil, http.StatusOK, `flowchart TD`},
			asks{"POST", "api/office/bots/helper/disable", fields{}, http.StatusOK, ""},
			asks{"GET", "api/office/bots", nil, http.StatusOK, `"state":"disabled"`})
	})
}
