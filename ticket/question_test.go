package ticket_test

import (
	"slices"
	"testing"

	"github.com/frontdesk-go/frontdesk/ticket"
)

func TestQuestionsRefused(t *testing.T) {
	d := openMemory(t, nil)
	good := ticket.Question{Key: "topic", Label: "Topic", Kind: "choice", Options: []string{"a", "b"}, Texts: []ticket.QuestionText{{Language: "de", Label: "Thema", Options: []string{"A", "B"}}}}
	for field, change := range map[string]func(q *ticket.Question){
		"":                       func(*ticket.Question) {},
		"questions":              func(q *ticket.Question) { q.Key = "No key" },
		"questions.topic":        func(q *ticket.Question) { q.Label = "" },
		"questions.topic ":       func(q *ticket.Question) { q.Kind = "colour" },
		"questions.topic  ":      func(q *ticket.Question) { q.Options = nil },
		"questions.topic   ":     func(q *ticket.Question) { q.Options[1] = "" },
		"questions.topic.texts":  func(q *ticket.Question) { q.Texts[0].Language = "" },
		"questions.topic.texts ": func(q *ticket.Question) { q.Texts[0].Label = "" },
		"questions.topic.texts  ": func(q *ticket.Question) {
			q.Texts[0].Options = q.Texts[0].Options[:1]
		},
	} {
		app, err := d.tickets.App(t.Context(), ticket.DefaultApp)
		must(t, err)
		p, err := app.Platform("webchat")
		must(t, err)
		q := good
		q.Options, q.Texts = slices.Clone(good.Options), []ticket.QuestionText{{Language: "de", Label: "Thema", Options: []string{"A", "B"}}}
		change(&q)
		p.Questions = []ticket.Question{q}
		err = d.tickets.SaveApp(t.Context(), host, app)
		if field == "" {
			must(t, err)
			continue
		}
		for field[len(field)-1] == ' ' {
			field = field[:len(field)-1]
		}
		refuses(t, err, "app.platforms.webchat."+field)
	}
}

func TestQuestionIn(t *testing.T) {
	q := ticket.Question{Label: "Topic", Options: []string{"tea", "parcel"}, Texts: []ticket.QuestionText{{Language: "de", Label: "Thema", Options: []string{"Tee", "Paket"}}, {Language: "fr", Label: "Sujet"}}}
	for language, want := range map[string][]string{"de-AT": {"Thema", "Tee", "Paket"}, "fr": {"Sujet", "tea", "parcel"}, "ja": {"Topic", "tea", "parcel"}, "": {"Topic", "tea", "parcel"}} {
		label, options := q.In(language)
		if got := append([]string{label}, options...); !slices.Equal(got, want) {
			t.Errorf("%s: %q", language, got)
		}
	}
}
