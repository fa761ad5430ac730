package ticket_test

import (
	"slices"
	"testing"

	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The language of a new ticket is told before its transaction, and costs no change of its
// own: intake goes on with the next step. Of what an agent writes only the title counts.
func TestLanguageAtCreation(t *testing.T) {
	withSteps(t, func(t *testing.T, d *desk) {
		for _, c := range []struct {
			n               ticket.New
			language, stage string
		}{
			{ticket.New{EndUser: d.eve, Message: &ticket.Draft{Text: "in da"}}, "da", "other"},
			{ticket.New{EndUser: d.eve, Title: "in sv", Language: "ja"}, "sv", "other"}, // not in these letters
			{ticket.New{EndUser: d.eve, Language: "fr", Message: &ticket.Draft{Text: "in da"}}, "fr", "language"},
			{ticket.New{EndUser: d.eve, Message: &ticket.Draft{Text: "Hm."}}, "en", "language"},
			{ticket.New{Actor: ann, EndUser: d.eve, Title: "Parcel", Message: &ticket.Draft{Text: "in da"}}, "en", "language"},
		} {
			tk := did2(t)(d.tickets.Create(t.Context(), c.n))
			if tk.Language != c.language || tk.Intake != c.stage {
				t.Errorf("%+v is in %s, and at %s", c.n, tk.Language, tk.Intake)
			}
			d.step(t)
			if slices.Contains(d.history(t, tk.ID), ticket.Changed) {
				t.Errorf("%+v is changed by its language", c.n)
			}
			if now := d.get(t, tk.ID); now.Language != c.language || now.Intake != "" || !slices.Equal(d.passed(t, tk.ID), []string{"other"}) {
				t.Errorf("%+v is in %s, and at %q", c.n, now.Language, now.Intake)
			}
		}
		ts, err := d.tickets.CreateMany(t.Context(), []ticket.New{{EndUser: d.eve, Title: "in da"}, {EndUser: d.eve, Title: "in no"}})
		if must(t, err); ts[0].Language != "da" || ts[1].Language != "no" {
			t.Errorf("of many they are in %s and %s", ts[0].Language, ts[1].Language)
		}
	}, noting("other"))
}

// mute can't tell any language, and breaks in trying.
type mute struct{}

func (mute) Detect(string) (string, float64) { panic("mute") }

// A detector that panics keeps nobody from creating a ticket, which tells of it.
func TestLanguagePanic(t *testing.T) {
	t.Parallel()
	d := open(t, memstore.New(), &ticket.Options{Language: mute{}, Steps: []ticket.Step{noting("other")}})
	tk := d.fresh(t, "in da")
	d.step(t)
	if tk = d.get(t, tk.ID); tk.Language != "en" || len(tk.Warnings) != 1 || tk.Warnings[0].Field != "intake.language" {
		t.Errorf("it is in %s, warnings %v", tk.Language, tk.Warnings)
	}
}
