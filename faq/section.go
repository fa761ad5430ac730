package faq

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
)

// Section is a part of an app's FAQ: a heading with articles below it.
type Section struct {
	ID       string      `json:"id"` // UUIDv7
	App      string      `json:"app"`
	Names    []Localised `json:"names"`              // in 1 to 50 languages
	External string      `json:"external,omitempty"` // its id where it came from; unique in an app
	Archived bool        `json:"archived,omitempty"` // nobody is shown it, nor its articles
	Created  time.Time   `json:"created"`
	Updated  time.Time   `json:"updated"`
	Rev      store.Rev   `json:"-"`
}

// Localised is a text in one language.
type Localised struct {
	Language string `json:"language"` // BCP 47; "" fits every language
	Text     string `json:"text"`
}

var sections = &store.Collection[Section]{
	Name: "article_section",
	Key:  func(s *Section) string { return s.ID },
	Rev:  func(s *Section) *store.Rev { return &s.Rev },
	Columns: []store.Column[Section]{
		{Name: "app", Kind: store.Text, Of: func(s *Section) any { return s.App }},
		{Name: "external", Kind: store.Text, Of: func(s *Section) any { return s.External }},
		{Name: "closed", Kind: store.Text, Of: func(s *Section) any {
			if !s.Archived {
				return nil
			}
			return s.App
		}},
	},
	Indexes: []store.Index{
		{Name: "app", On: []string{"app"}},
		{Name: "archived", On: []string{"closed"}},
		{Name: "external", On: []string{"app", "external"}, Unique: true},
	},
	Impersonal: "holds texts of the desk's own",
}

// contents is the order of an app's sections, and the root of their limit.
type contents struct {
	App      string    `json:"app"`
	Sections []string  `json:"sections"`
	Rev      store.Rev `json:"-"`
}

var tables = &store.Collection[contents]{
	Name:       "article_contents",
	Key:        func(c *contents) string { return c.App },
	Rev:        func(c *contents) *store.Rev { return &c.Rev },
	Impersonal: "holds ids",
}

func (s *Section) clean() error {
	refuse := func(field, reason string, limit int) error {
		return &store.FieldError{Field: "section." + field, Reason: reason, Limit: limit}
	}
	s.External = oneLine(s.External)
	s.Names = slices.Clone(s.Names)
	switch {
	case s.Rev == 0 && s.ID != "":
		return refuse("id", "is given by the desk: external is for one of your own", 0)
	case s.App == "" || len(s.App) > maxRef:
		return refuse("app", "is missing", 0)
	case len(s.Names) == 0 || len(s.Names) > MaxLanguages:
		return refuse("names", "are in 1 to 50 languages", MaxLanguages)
	case utf8.RuneCountInString(s.External) > MaxExternal:
		return store.TooLong("section.external", MaxExternal)
	}
	seen := map[string]bool{}
	for i := range s.Names {
		n := &s.Names[i]
		n.Text = oneLine(n.Text)
		if n.Language != "" {
			tag, err := canonical("section.names", n.Language)
			if err != nil {
				return err
			}
			n.Language = tag
		}
		switch length := utf8.RuneCountInString(n.Text); {
		case seen[n.Language]:
			return refuse("names", "has one for each language", 0)
		case length == 0:
			return refuse("names", "are texts of 1 to 255 characters", MaxTitle)
		case length > MaxTitle:
			return store.TooLong("section.names", MaxTitle)
		}
		seen[n.Language] = true
	}
	slices.SortFunc(s.Names, func(a, b Localised) int { return strings.Compare(a.Language, b.Language) })
	return nil
}

// Name is the section's name for who wants these languages, the dearest first, else
// in the app's own language, else in whatever there is.
func (s *Section) Name(wanted []string, own string) string {
	have := make([]string, len(s.Names))
	for i, n := range s.Names {
		have[i] = n.Language
	}
	i := fallback(have, wanted, own)
	if i < 0 {
		i = max(0, slices.Index(have, ""))
	}
	return s.Names[i].Text
}
