package ticket

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
)

// The limits of a form.
const (
	MaxCards   = 5   // articles that a message shows
	maxSnippet = 300 // characters; more are cut off
	maxBound   = 30  // bytes of what bounds an answer
)

// FormKind is what kind of answer a message asks for.
type FormKind string

// The kinds. A client that doesn't know one takes text.
const (
	FormNothing    FormKind = "" // the message asks nothing
	FormText       FormKind = "text"
	FormEmail      FormKind = "email"
	FormNumber     FormKind = "number"
	FormDate       FormKind = "date" // YYYY-MM-DD
	FormChoice     FormKind = "choice"
	FormYesNo      FormKind = "yes_no"
	FormAttachment FormKind = "attachment" // at least one file
)

// FormKinds lists them, without the one that asks nothing.
func FormKinds() []FormKind {
	return []FormKind{FormText, FormEmail, FormNumber, FormDate, FormChoice, FormYesNo, FormAttachment}
}

// Form is what a message of a bot or an automation asks for, and the articles that it
// shows, so that a client can offer the right input, and cards. What is answered is a
// message of the end user all the same: whoever asked checks it, and the end user may
// write something else. The message's text says all of it to clients without forms.
type Form struct {
	Kind FormKind `json:"kind,omitempty"`
	// Min and Max bound a number, and a date, which is YYYY-MM-DD; "" is no bound.
	Min string `json:"min,omitempty"`
	Max string `json:"max,omitempty"`
	// Skip is the one of the message's choices that doesn't answer; "" if there is none.
	Skip string `json:"skip,omitempty"`
	// Articles are shown below Lead, which is the text without them. In the text their
	// titles are a list. Drafts leave Lead empty: their text, of at most MaxChatBody
	// characters and without HTML, is it.
	Articles []Card `json:"articles,omitempty"`
	Lead     string `json:"lead,omitempty"`
}

// Card is an article that a message shows.
type Card struct {
	ID      string `json:"id"` // of the FAQ
	Title   string `json:"title"`
	Snippet string `json:"snippet,omitempty"` // a piece of it that may answer; at most 300 characters
}

// check refuses a form that a draft can't have, by a *store.FieldError.
func (f *Form) check(d *Draft) error {
	refuse := func(field, reason string) error {
		return &store.FieldError{Field: "message.form." + field, Reason: reason}
	}
	switch {
	case f == nil:
		return nil
	case f.Kind != FormNothing && !slices.Contains(FormKinds(), f.Kind):
		return refuse("kind", "is text, email, number, date, choice, yes_no or attachment")
	case !f.bounds(f.Min):
		return refuse("min", "bounds a number or a date")
	case !f.bounds(f.Max):
		return refuse("max", "bounds a number or a date")
	case f.Skip != "" && !slices.Contains(d.Choices, f.Skip):
		return refuse("skip", "is one of the choices")
	case len(f.Articles) > MaxCards:
		return &store.FieldError{Field: "message.form.articles", Reason: "at most 5 articles", Limit: MaxCards}
	case len(f.Articles) > 0 && utf8.RuneCountInString(d.Text) > MaxChatBody:
		return store.TooLong("message.text", MaxChatBody) // it is kept twice
	case len(f.Articles) > 0 && d.HTML != "":
		return refuse("articles", "go with text that is no HTML")
	}
	for _, a := range f.Articles {
		switch n := utf8.RuneCountInString(a.Title); {
		case a.ID == "" || len(a.ID) > maxRef:
			return refuse("articles", "have ids of 1 to "+strconv.Itoa(maxRef)+" bytes")
		case strings.TrimSpace(a.Title) == "" || n > MaxTitle:
			return refuse("articles", "have titles of 1 to 255 characters")
		}
	}
	return nil
}

// bounds says whether a text can bound an answer of the form's kind.
func (f *Form) bounds(text string) bool {
	if text == "" {
		return true
	}
	var err error
	switch f.Kind {
	case FormNumber:
		if strings.ContainsAny(text, "xXpP_iInN") {
			return false // hexadecimal, infinite and not a number
		}
		_, err = strconv.ParseFloat(text, 64)
	case FormDate:
		_, err = time.Parse(time.DateOnly, text)
	default:
		return false
	}
	return err == nil && len(text) <= maxBound
}

// kept is a copy of the form as it is stored with a text, and the text that says all of
// it.
func (f *Form) kept(text string) (*Form, string) {
	if f == nil {
		return nil, text
	}
	k := *f
	k.Skip = store.CleanText(f.Skip)
	k.Articles = slices.Clone(f.Articles)
	if k.Lead = ""; len(k.Articles) > 0 {
		k.Lead = text
	}
	for i := range k.Articles {
		a := &k.Articles[i]
		a.ID, a.Title, a.Snippet = store.CleanText(a.ID), oneLine(store.CleanText(a.Title)), shorten(oneLine(store.CleanText(a.Snippet)), maxSnippet)
		text += "\n• " + a.Title
	}
	return &k, text
}

// oneLine has a space for each run of white space.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
