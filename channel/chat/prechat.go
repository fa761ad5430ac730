package chat

import (
	"context"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// questionForm is a question before the chat, as a client asks it in its language.
type questionForm struct {
	Key      string   `json:"key"`
	Label    string   `json:"label"`
	Kind     string   `json:"kind"`
	Required bool     `json:"required,omitempty"`
	Options  []string `json:"options,omitempty"`       // of a choice: what is sent
	Shown    []string `json:"option_labels,omitempty"` // and what is shown for each
}

// prechat are a platform's questions for an end user: not what is known of him, and of who
// is under full privacy nothing about himself.
func (c *Chat) prechat(ctx context.Context, u *identity.EndUser, p *ticket.Platform, language string) ([]questionForm, error) {
	var fields []*ticket.Field
	if u.Private && len(p.Questions) > 0 {
		var err error
		if fields, err = c.Tickets.Fields(ctx); err != nil {
			return nil, err
		}
	}
	known := map[string]string{"name": u.Name, "email": u.Email.Value, "phone": u.Phone.Value}
	var out []questionForm
	for i := range p.Questions {
		q := &p.Questions[i]
		personal := func(f *ticket.Field) bool { return f.Key == q.Key && f.Personal }
		if known[q.Key] != "" || u.Private && (q.Kind == "email" || q.Profile() || slices.ContainsFunc(fields, personal)) {
			continue
		}
		label, shown := q.In(language)
		out = append(out, questionForm{q.Key, label, q.Kind, q.Required, q.Options, shown})
	}
	return out, nil
}

// answerTo is an answer to a question before the chat, as it is kept. ok is false for one
// that isn't of its kind. What no question asks for is the ticket's to judge.
func answerTo(questions []ticket.Question, key, text string) (value string, ok bool) {
	i := slices.IndexFunc(questions, func(q ticket.Question) bool { return q.Key == key })
	if i < 0 {
		return text, true
	}
	q := &questions[i]
	if text = strings.TrimSpace(text); text == "" {
		return "", true
	}
	switch q.Kind {
	case "choice":
		return text, slices.Contains(q.Options, text)
	case "number":
		_, err := strconv.ParseFloat(text, 64)
		return text, err == nil
	case "date":
		_, err := time.Parse(time.DateOnly, text)
		return text, err == nil
	case "yes_no":
		yes, err := strconv.ParseBool(text)
		return strconv.FormatBool(yes), err == nil
	case "email":
		if q.Profile() {
			return text, true // identity says what is wrong
		}
		a, err := mail.ParseAddress(text)
		return text, err == nil && a.Address == text
	}
	return text, true
}
