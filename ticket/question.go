package ticket

import (
	"slices"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/internal/template"
	"github.com/frontdesk-go/frontdesk/store"
)

// The limits of questions before a conversation.
const (
	maxQuestions     = 10 // of a platform
	maxOptions       = 50 // of a question
	maxQuestionTexts = 50 // languages of a question
	maxLanguageTag   = 35 // bytes, longer than any in use
)

// Question is asked before a conversation begins. The keys name, email and phone fill
// the end user's profile, as claims; other keys fill the custom field of that key.
type Question struct {
	Key      string   `json:"key"`
	Label    string   `json:"label"`
	Kind     string   `json:"kind"` // text, email, number, date, yes_no, choice
	Required bool     `json:"required,omitempty"`
	Options  []string `json:"options,omitempty"` // of a choice; what is picked is the value, in every language
	// Texts are how it is asked in languages; in others it is Label, and the options as
	// they are.
	Texts []QuestionText `json:"texts,omitempty"`
}

// QuestionText is a question in a language.
type QuestionText struct {
	Language string   `json:"language"` // BCP 47
	Label    string   `json:"label"`
	Options  []string `json:"options,omitempty"` // how those of the question are shown, in their order
}

// QuestionKinds are the kinds of questions before a conversation.
func QuestionKinds() []string { return []string{"text", "email", "number", "date", "yes_no", "choice"} }

// Profile says whether the question fills the end user's profile, and no custom field.
func (q *Question) Profile() bool { return q.Key == "name" || q.Key == "email" || q.Key == "phone" }

// In is the question's label, and how its options are shown, in a language or the nearest
// to it.
func (q *Question) In(language string) (label string, options []string) {
	tags := []string{""}
	for _, t := range q.Texts {
		tags = append(tags, t.Language)
	}
	at := template.Choose(tags, language, "")
	if at < 1 {
		return q.Label, q.Options
	}
	t := q.Texts[at-1]
	if len(t.Options) != len(q.Options) {
		return t.Label, q.Options
	}
	return t.Label, t.Options
}

func (q *Question) valid(refuse func(field, reason string) error) error {
	field := "questions." + q.Key
	switch {
	case !keyPattern.MatchString(q.Key):
		return refuse("questions", "have keys of a-z, 0-9 and _")
	case !isLabel(q.Label):
		return refuse(field, "has a label of 1 to 255 characters")
	case !slices.Contains(QuestionKinds(), q.Kind):
		return refuse(field, "is of kind text, email, number, date, yes_no or choice")
	case q.Kind == "choice" && (len(q.Options) == 0 || len(q.Options) > maxOptions):
		return refuse(field, "offers 1 to 50 options")
	case len(q.Texts) > maxQuestionTexts:
		return refuse(field, "is in at most 50 languages")
	}
	if slices.ContainsFunc(q.Options, func(o string) bool { return !isLabel(o) }) {
		return refuse(field, "has options of 1 to 255 characters")
	}
	for _, t := range q.Texts {
		switch {
		case t.Language == "" || len(t.Language) > maxLanguageTag:
			return refuse(field+".texts", "name their languages")
		case !isLabel(t.Label) || slices.ContainsFunc(t.Options, func(o string) bool { return !isLabel(o) }):
			return refuse(field+".texts", "have labels and options of 1 to 255 characters")
		case len(t.Options) > 0 && len(t.Options) != len(q.Options):
			return refuse(field+".texts", "have as many options as the question")
		}
	}
	return nil
}

func isLabel(s string) bool {
	n := utf8.RuneCountInString(store.CleanText(s))
	return n > 0 && n <= MaxTitle
}
