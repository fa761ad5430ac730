package faq

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

// The limits of articles and sections.
const (
	MaxTitle     = 255     // characters of a title, and of a section's name
	MaxBody      = 100_000 // characters of a body, as it was written
	MaxKeywords  = 50      // of a translation, of at most 100 characters each
	MaxTags      = 100     // of an article, of at most 100 characters each
	MaxLanguages = 50      // of an article, and of a section's name
	MaxExternal  = 255     // characters of the id in the system that an article came from
	MaxVersions  = 50      // that are kept of a translation; older ones go
	MaxSections  = 500     // of an app
	maxRef       = 100     // bytes of an id
	maxTag       = 100     // characters of a tag, and of a keyword
)

// Audience says who may read an article.
type Audience string

// The audiences. Staff reads all that is published.
const (
	Everybody Audience = ""
	SignedIn  Audience = "signed_in" // whom the host, or a proven address, names
	Matching  Audience = "matching"  // end users of whom Article.Condition is true
	StaffOnly Audience = "staff"
)

// Article is one answer of the FAQ. Its texts are translations, each a draft or
// published; what the article itself says holds for all of them.
type Article struct {
	ID       string   `json:"id"`  // UUIDv7
	App      string   `json:"app"` // of its section
	Section  string   `json:"section"`
	Rank     string   `json:"rank"` // its place in the section, by bytes; see [Service.MoveArticle]
	Tags     []string `json:"tags,omitempty"`
	External string   `json:"external,omitempty"` // its id where it came from; unique in an app
	// Platforms are those on which it is shown, as ticket.Platforms names them; none
	// means all.
	Platforms []string `json:"platforms,omitempty"`
	Audience  Audience `json:"audience,omitempty"`
	// Condition is what is asked of the end user, where the audience is Matching, as in
	// user.organisation == "acme" or attribute.plan in ["gold", "team"]. See
	// [identity.Vars] for the names.
	Condition    string        `json:"condition,omitempty"`
	Translations []Translation `json:"translations,omitempty"` // in order of language
	Archived     bool          `json:"archived,omitempty"`     // nobody is shown it any more
	Created      time.Time     `json:"created"`
	Updated      time.Time     `json:"updated"`
	// Edition counts what [Service.SaveArticle] and [Service.MoveArticle] did.
	Edition int64     `json:"edition"`
	Rev     store.Rev `json:"-"`
}

// Translation says how an article stands in one language. Its texts are a [Draft],
// which staff changes, and [Version] by version what readers saw.
type Translation struct {
	Language string `json:"language"` // BCP 47
	// Title is what readers see. Readers get no translation without one.
	Title   string    `json:"title,omitempty"`
	Version int       `json:"version,omitempty"` // which is published; 0: none
	Since   time.Time `json:"since,omitzero"`    // when that was published
	Last    int       `json:"last,omitempty"`    // the newest version there was

	// What follows is staff's: readers are shown none of it.

	DraftTitle string    `json:"draft_title"`
	Ahead      bool      `json:"ahead,omitempty"` // the draft differs from what is published
	Updated    time.Time `json:"updated"`         // when the draft was saved last
	PublishAt  time.Time `json:"publish_at,omitzero"`
	// UnpublishAt is when it ends to be published. From then on nobody is shown it,
	// also where the job that notes it is late.
	UnpublishAt time.Time `json:"unpublish_at,omitzero"`
}

// Published says whether readers are shown it at a moment.
func (t *Translation) Published(now time.Time) bool {
	return t.Version > 0 && (t.UnpublishAt.IsZero() || now.Before(t.UnpublishAt))
}

// In returns how the article stands in a language, or nil.
func (a *Article) In(language string) *Translation {
	for i := range a.Translations {
		if strings.EqualFold(a.Translations[i].Language, language) {
			return &a.Translations[i]
		}
	}
	return nil
}

var articles = &store.Collection[Article]{
	Name: "article",
	Key:  func(a *Article) string { return a.ID },
	Rev:  func(a *Article) *store.Rev { return &a.Rev },
	Columns: []store.Column[Article]{
		{Name: "app", Kind: store.Text, Of: func(a *Article) any { return a.App }},
		{Name: "section", Kind: store.Text, Of: func(a *Article) any { return a.Section }},
		{Name: "rank", Kind: store.Text, Of: func(a *Article) any { return a.Rank }},
		{Name: "external", Kind: store.Text, Of: func(a *Article) any { return a.External }},
		{Name: "updated", Kind: store.Time, Of: func(a *Article) any { return a.Updated }},
	},
	Indexes: []store.Index{
		{Name: "place", On: []string{"section", "rank"}},
		{Name: "external", On: []string{"app", "external"}, Unique: true},
		{Name: "updated", On: []string{"app", "updated"}},
	},
	Views:      []driver.SQLView{articleView},
	Impersonal: "holds texts of the desk's own",
}

var (
	languagePattern = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)
	platforms       = []string{"ios", "android", "webchat", "web", "email", "api"}
)

// clean brings an article into its stored form, and refuses what can't be right.
func (a *Article) clean() error {
	refuse := func(field, reason string, limit int) error {
		return &store.FieldError{Field: "article." + field, Reason: reason, Limit: limit}
	}
	a.External = oneLine(a.External)
	a.Condition = strings.TrimSpace(a.Condition)
	var err error
	switch {
	case a.Rev == 0 && a.ID != "":
		return refuse("id", "is given by the desk: external is for one of your own", 0)
	case a.Section == "" || len(a.Section) > maxRef:
		return refuse("section", "is missing: an article stands in one", 0)
	case utf8.RuneCountInString(a.External) > MaxExternal:
		return store.TooLong("article.external", MaxExternal)
	case !slices.Contains([]Audience{Everybody, SignedIn, Matching, StaffOnly}, a.Audience):
		return refuse("audience", "is empty, signed_in, matching or staff", 0)
	case a.Audience == Matching && a.Condition == "":
		return refuse("condition", "is missing", 0)
	case a.Audience != Matching && a.Condition != "":
		return refuse("condition", "is for the audience matching", 0)
	}
	if a.Tags, err = words("article.tags", a.Tags, MaxTags); err != nil {
		return err
	}
	if a.Platforms, err = words("article.platforms", a.Platforms, len(platforms)); err != nil {
		return err
	}
	for _, p := range a.Platforms {
		if !slices.Contains(platforms, p) {
			return refuse("platforms", "are ios, android, webchat, web, email and api", 0)
		}
	}
	return nil
}

// words brings a list into its stored form, and drops what is there twice, whatever its case.
func words(field string, in []string, most int) (out []string, err error) {
	seen := map[string]bool{}
	for _, w := range in {
		w = oneLine(w)
		if w == "" || seen[strings.ToLower(w)] {
			continue
		}
		if utf8.RuneCountInString(w) > maxTag {
			return nil, store.TooLong(field, maxTag)
		}
		seen[strings.ToLower(w)] = true
		out = append(out, w)
	}
	if len(out) > most {
		return nil, tooMany(field, most)
	}
	return out, nil
}
