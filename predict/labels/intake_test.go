package labels_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/predict/labels"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func TestIntake(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		if one := d.writes("where is my parcel"); one.Label != nil || one.Intake != "" || d.happened(labels.Predicted) != 0 {
			t.Errorf("without a model: %+v", one.Label)
		}
		v := d.working()
		one := d.writes("where is my parcel, please")
		if one.Label == nil || one.Label.Name != "delivery" || one.Label.Source != "predicted" || one.Label.Model != v.ID || one.Label.Confidence < 0.5 {
			t.Errorf("%+v", one.Label)
		}
		history, _, err := d.tickets.History(t.Context(), ann, one.ID, "", 50)
		must(t, err)
		told := false
		for _, e := range history {
			told = told || e.What == "label" && e.To == "delivery" && e.Why == "model "+v.ID
		}
		if !told {
			t.Errorf("the history doesn't say why: %+v", history)
		}
		if titled := d.writes("please", func(n *ticket.New) { n.Title = "My password doesn't work" }); label(titled) != "login" {
			t.Errorf("by its title: %q", label(titled))
		}
		if begun := d.writes("where is my parcel", func(n *ticket.New) { n.Actor = ann }); label(begun) != "" {
			t.Errorf("what an agent writes first says nothing: %q", label(begun))
		}
		if n := d.happened(labels.Predicted); n != 2 {
			t.Errorf("%d predictions", n)
		}
	})
}

// A text that no label fits gets none, by the thresholds that the desk has set.
func TestAbstains(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx, v := t.Context(), d.working()
		must(t, d.labels.SetThresholds(ctx, ann, v.ID, []labels.Threshold{{Least: 1}, {Label: "login", Least: 0}}))
		if one := d.writes("where is my parcel"); label(one) != "" {
			t.Errorf("it gets %q", label(one))
		}
		if one := d.writes("my password doesn't work"); label(one) != "login" {
			t.Errorf("it gets %q", label(one))
		}
		o, err := d.labels.Opinion(ctx, ann, d.writes("where is my parcel").ID)
		must(t, err)
		if o.Said != "" || o.Verdict.Said != "" || o.Verdict.Best != "delivery" || len(o.Top) != 3 || o.Top[0].Label != "delivery" {
			t.Errorf("%+v", o)
		}
		must(t, d.labels.SetThresholds(ctx, ann, v.ID, nil))
		if one := d.writes("where is my parcel"); label(one) != "delivery" {
			t.Errorf("it gets %q", label(one))
		}
	})
}

// A label that somebody has set stays.
func TestNeverReplaces(t *testing.T) {
	d := openMemory(t, nil)
	d.working()
	one := d.writes("…")
	d.relabel(one.ID, "praise")
	w, err := d.tickets.Write(t.Context(), ticket.Inbound{EndUser: one.EndUser, Platform: "webchat", Channel: "chat", Draft: ticket.Draft{Text: "where is my parcel"}})
	must(t, err)
	d.drain()
	if got := d.get(w.Ticket.ID); got.ID != one.ID || label(got) != "praise" {
		t.Errorf("%q", label(got))
	}
	said := d.happened(labels.Predicted)
	quick, err := d.tickets.Create(t.Context(), ticket.New{EndUser: d.endUser("quick"), Platform: "webchat", Channel: "chat", Language: "en", Message: &ticket.Draft{Text: "where is my parcel"}})
	must(t, err)
	d.relabel(quick.ID, "praise") // before its intake has come to it
	d.drain()
	if got := d.get(quick.ID); label(got) != "praise" || got.Label.Source != "agent" || d.happened(labels.Predicted) != said {
		t.Errorf("%+v", got.Label)
	}
}

// A ticket that began without a text gets its label with the first one, once.
func TestFirstTextComesLate(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.working()
		ctx := t.Context()
		who := event.Actor{Kind: event.EndUser, ID: d.endUser("who")}
		a, err := d.tickets.Upload(ctx, who, ticket.DefaultApp, "webchat", "a.txt", strings.NewReader("x"))
		must(t, err)
		one := d.writes("", func(n *ticket.New) {
			n.Actor, n.EndUser, n.Message = who, who.ID, &ticket.Draft{Attachments: []string{a.ID}}
		})
		if label(one) != "" {
			t.Fatalf("%q", label(one))
		}
		say := func(text string) {
			_, err := d.tickets.Write(ctx, ticket.Inbound{EndUser: one.EndUser, Platform: "webchat", Channel: "chat", Draft: ticket.Draft{Text: text}})
			must(t, err)
			d.drain()
		}
		say("where is my parcel")
		if got := d.get(one.ID); label(got) != "delivery" {
			t.Errorf("%q", label(got))
		}
		d.relabel(one.ID, "")
		say("my password doesn't work")
		if got := d.get(one.ID); label(got) != "" {
			t.Errorf("a second text: %q", label(got))
		}
		// A process that was killed as it had labelled the ticket leaves the job to be done
		// again.
		must(t, d.labels.Late(ctx, one.ID))
		if got := d.get(one.ID); label(got) != "" || d.happened(labels.Predicted) != 1 {
			t.Errorf("done again: %q", label(got))
		}
	})
}

// Models are looked for from the narrowest scope on.
func TestScopes(t *testing.T) {
	d := openMemory(t, nil)
	ctx := t.Context()
	must(t, d.tickets.SaveApp(ctx, host, ticket.NewApp("game", "Game")))
	scopes := []labels.Scope{{}, {Language: "pt"}, {App: "game"}, {App: "game", Language: "pt-BR"}}
	ids := map[labels.Scope]string{}
	for _, c := range scopes {
		v := d.trained(c, sample("delivery", "refund"))
		must(t, d.labels.Activate(ctx, ann, v.ID))
		ids[c] = v.ID
	}
	for _, c := range []struct {
		app, language string
		by            labels.Scope
	}{
		{"default", "en", scopes[0]}, {"default", "pt", scopes[1]}, {"default", "pt-BR", scopes[1]}, {"game", "en", scopes[2]}, {"game", "pt-PT", scopes[2]},
		{"game", "pt-BR", scopes[3]}, {"game", "PT-br", scopes[3]}, {"default", "PT", scopes[1]}, {"default", "", scopes[0]},
	} {
		one := d.writes("where is my parcel", func(n *ticket.New) { n.App, n.Language = c.app, c.language })
		if one.Label == nil || one.Label.Model != ids[c.by] {
			t.Errorf("%s %s: %+v, want %+v", c.app, c.language, one.Label, c.by)
		}
	}
	for _, c := range []labels.Scope{{App: "none"}, {Language: "no language"}, {Language: strings.Repeat("a", 36)}} {
		if err := d.labels.Upload(ctx, ann, c, nil); err == nil {
			t.Errorf("%+v is a scope", c)
		}
	}
}

func TestHostsClassifier(t *testing.T) {
	var asked []labels.Question
	fails := false
	d := openMemory(t, &labels.Options{Classifier: labels.ClassifierFunc(func(_ context.Context, q labels.Question) (predict.Prediction, error) {
		asked = append(asked, q)
		if fails {
			return predict.Prediction{}, errors.New("out of order")
		}
		best := predict.Scored{Label: strings.Fields(q.Text)[0], Confidence: 0.9}
		if strings.Contains(q.Text, "odd") {
			best.Confidence = math.NaN()
		}
		if strings.Contains(q.Text, "unsure") {
			return predict.Prediction{Best: best}, nil
		}
		return predict.Prediction{Label: best.Label, Best: best}, nil
	})})
	if one := d.writes("billing is wrong"); one.Label == nil || *one.Label != (ticket.Label{Name: "billing", Source: "predicted", Confidence: 0.9, Model: labels.HostModel}) {
		t.Errorf("%+v", one.Label)
	}
	if one := d.writes("billing, but unsure"); label(one) != "" {
		t.Errorf("%q", label(one))
	}
	if len(asked) != 2 || asked[0].App != ticket.DefaultApp || asked[0].Language != "en" || asked[0].Text != "billing is wrong" {
		t.Errorf("%+v", asked)
	}
	if one := d.writes("billing is odd"); one.Label == nil || one.Label.Name != "billing" || one.Label.Confidence != 0 {
		t.Errorf("a confidence that is none: %+v, %+v", one.Label, one.Warnings)
	}
	fails = true
	if one := d.writes("billing"); label(one) != "" || one.Intake != "" || len(one.Warnings) != 1 || one.Warnings[0].Field != "intake.label" {
		t.Errorf("%q, %+v", label(one), one.Warnings)
	}
	if f := d.live(labels.HostModel); f.Seen != 3 || f.Said != 2 {
		t.Errorf("%+v", f)
	}
}

// What end users are told, and can do, doesn't change by a label.
func TestOpinion(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		v := d.working()
		one := d.writes("the parcel hasn't arrived, hello")
		o, err := d.labels.Opinion(t.Context(), ann, one.ID)
		must(t, err)
		if o.Version.ID != v.ID || o.Verdict.Said != "delivery" || o.Said != "delivery" || len(o.Top) != 3 || o.Top[0].Label != "delivery" || len(o.Words) == 0 {
			t.Errorf("%+v", o)
		}
		for _, w := range o.Words {
			if !strings.Contains("the parcel hasn't arrived, hello", w.Word) {
				t.Errorf("%q isn't the text's", w.Word)
			}
		}
		if _, err := d.labels.Opinion(t.Context(), event.Actor{Kind: event.Agent, ID: "nobody"}, one.ID); err == nil {
			t.Error("anybody may ask")
		}
	})
}
