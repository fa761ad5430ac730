package ticket

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/internal/template"
	"github.com/frontdesk-go/frontdesk/store"
)

// The limits of quick replies.
const (
	MaxSharedReplies   = 5000 // on a desk, archived ones included
	MaxPersonalReplies = 500  // of an agent, archived ones included
	MaxShortcut        = 32   // characters behind the slash
	MaxFolder          = 255  // characters
	MaxReplyLanguages  = 50
	maxReplyBytes      = 800 << 10 // of all texts and HTML of a quick reply and its actions together
	maxTerms           = 400       // words by which a quick reply is found, where it has up to ten languages
	minTerms           = 40        // of each language, where it has more
)

// QuickReplyUsed is the event of a ticket on which a quick reply was sent; Facts
// name both.
const QuickReplyUsed = "quick_reply.used"

// QuickReply is a text that is ready to be sent, with placeholders that are filled
// in for each ticket. With attachments and actions it is a macro.
//
// The placeholders are {{user.name}}, {{ticket.number}}, {{ticket.title}},
// {{agent.name}}, {{app.name}} and {{field.KEY}} for each custom field. What is
// written where there is no value stands behind a bar: {{user.name | there}}.
type QuickReply struct {
	ID          string       `json:"id"` // UUIDv7
	Title       string       `json:"title"`
	Shortcut    string       `json:"shortcut,omitempty"` // as /refund; unique, whatever its case, among the shared ones, or its owner's
	Folder      string       `json:"folder,omitempty"`
	Owner       string       `json:"owner,omitempty"` // the agent whose own it is; "": shared. It can't change
	Texts       []ReplyText  `json:"texts"`
	Attachments []Attachment `json:"attachments,omitempty"` // saving takes their ids and fills in the rest
	Actions     []Action     `json:"actions,omitempty"`     // done after the reply, with what they say as it is
	Archived    bool         `json:"archived,omitempty"`    // not offered any more; gives its shortcut free
	Created     time.Time    `json:"created"`
	Updated     time.Time    `json:"updated"`
	Rev         store.Rev    `json:"-"`

	Uses     int64     `json:"-"` // how often it was sent, as counted when it was read
	LastUsed time.Time `json:"-"`
}

// ReplyText is what a quick reply says in one language.
type ReplyText struct {
	Language string `json:"language"` // "" fits every language
	Text     string `json:"text"`
	HTML     string `json:"html,omitempty"` // sanitised
}

// QuickReplyInfo is a quick reply as lists show it.
type QuickReplyInfo struct {
	ID          string    `json:"id"`
	Title       string    `json:"title"`
	Shortcut    string    `json:"shortcut,omitempty"`
	Folder      string    `json:"folder,omitempty"`
	Owner       string    `json:"owner,omitempty"` // "": shared
	Languages   []string  `json:"languages"`
	Preview     string    `json:"preview"` // the first 140 characters, with placeholders
	Attachments int       `json:"attachments,omitempty"`
	Actions     int       `json:"actions,omitempty"`
	Archived    bool      `json:"archived,omitempty"`
	Updated     time.Time `json:"updated"`

	Uses     int64     `json:"-"`
	LastUsed time.Time `json:"-"`
}

var quickReplies = &store.Collection[QuickReply]{
	Name:       "quick_reply",
	Key:        func(q *QuickReply) string { return q.ID },
	Rev:        func(q *QuickReply) *store.Rev { return &q.Rev },
	Impersonal: "holds texts of the desk's own",
}

// replyRow is what a quick reply is found by. It is kept apart, because texts are
// large and a search reads many.
type replyRow struct {
	Info  QuickReplyInfo `json:"info"`
	Terms []string       `json:"terms"` // folded words, each once
	Rev   store.Rev      `json:"-"`
}

var replyRows = &store.Collection[replyRow]{
	Name: "quick_reply_row",
	Key:  func(r *replyRow) string { return r.Info.ID },
	Rev:  func(r *replyRow) *store.Rev { return &r.Rev },
	Columns: []store.Column[replyRow]{
		{Name: "shelf", Kind: store.Text, Of: func(r *replyRow) any { return shelfOf(r.Info.Owner, r.Info.Archived) }},
		{Name: "place", Kind: store.Text, Of: func(r *replyRow) any { return placeOf(r.Info.Folder) + shorten(fold(r.Info.Title), 100) }},
		{Name: "shortcut", Kind: store.Text, Of: func(r *replyRow) any {
			if r.Info.Shortcut == "" || r.Info.Archived {
				return nil
			}
			return r.Info.Owner + fold(r.Info.Shortcut)
		}},
		{Name: "terms", Kind: store.Texts, Of: func(r *replyRow) any {
			if r.Info.Archived {
				return nil
			}
			terms := make([]string, len(r.Terms))
			for i, t := range r.Terms {
				terms[i] = termOf(r.Info.Owner, t)
			}
			return terms
		}},
	},
	Indexes: []store.Index{
		{Name: "place", On: []string{"shelf", "place"}},
		{Name: "shortcut", On: []string{"shortcut"}, Unique: true},
		{Name: "terms", On: []string{"terms"}},
	},
	Impersonal: "holds texts of the desk's own",
}

// An agent's id holds no slash, so that nobody's entries lie among another one's.
func termOf(owner, term string) string { return owner + "/" + term }

func shelfOf(owner string, archived bool) string {
	if archived {
		return owner + "/archived"
	}
	return owner + "/"
}

// placeOf is where a folder's quick replies stand on their shelf.
func placeOf(folder string) string { return shorten(fold(folder), 100) + "\n" }

// replyShelf counts the quick replies that are shared, or an agent's own: the root
// of their limit.
type replyShelf struct {
	Owner string    `json:"owner"`
	Count int       `json:"count"`
	Rev   store.Rev `json:"-"`
}

var replyShelves = &store.Collection[replyShelf]{
	Name:       "quick_reply_shelf",
	Key:        func(s *replyShelf) string { return shelfOf(s.Owner, false) },
	Rev:        func(s *replyShelf) *store.Rev { return &s.Rev },
	Impersonal: "holds numbers",
}

var replyNames = []string{"user.name", "ticket.number", "ticket.title", "agent.name", "app.name"}

// validShortcut says whether it is a slash with 1 to MaxShortcut letters, digits, _ and -
// behind it. A regular expression that repeats the letters of all scripts takes a
// megabyte.
func validShortcut(s string) bool {
	name, ok := strings.CutPrefix(s, "/")
	n := utf8.RuneCountInString(name)
	return ok && n > 0 && n <= MaxShortcut && utf8.ValidString(name) && strings.IndexFunc(name, func(r rune) bool {
		return r != '_' && r != '-' && !unicode.In(r, unicode.L, unicode.M, unicode.N)
	}) < 0
}

// valid refuses what can't be right, and returns the keys of the custom fields
// that the texts name.
func (q *QuickReply) valid() (fieldKeys []string, err error) {
	refuse := func(field, reason string, limit int) error {
		return &store.FieldError{Field: "quick_reply." + field, Reason: reason, Limit: limit}
	}
	switch n := utf8.RuneCountInString(q.Title); {
	case len(q.ID) > maxRef || strings.ContainsAny(q.ID, "/ \n"):
		return nil, refuse("id", "has at most 100 characters, without spaces and slashes", maxRef)
	case n == 0 || n > MaxTitle:
		return nil, refuse("title", "has 1 to 255 characters", MaxTitle)
	case q.Shortcut != "" && !validShortcut(q.Shortcut):
		return nil, refuse("shortcut", "is a slash with 1 to 32 letters, digits, _ and - behind it", MaxShortcut)
	case utf8.RuneCountInString(q.Folder) > MaxFolder:
		return nil, store.TooLong("quick_reply.folder", MaxFolder)
	case len(q.Texts) == 0 || len(q.Texts) > MaxReplyLanguages:
		return nil, refuse("texts", "are in 1 to 50 languages", MaxReplyLanguages)
	case len(q.Attachments) > MaxAttachments:
		return nil, refuse("attachments", "at most 20 attachments", MaxAttachments)
	}
	if err := checkActions(q.Actions); err != nil {
		return nil, err
	}
	size, seen := 0, map[string]bool{}
	for i := range q.Actions {
		size += len(q.Actions[i].Text)
	}
	for _, t := range q.Texts {
		switch language := strings.ToLower(t.Language); {
		case language != "" && !languagePattern.MatchString(language):
			return nil, refuse("texts", "have a language tag each, as in pt-BR, or an empty one", 0)
		case seen[language]:
			return nil, &store.FieldError{Field: t.at(), Reason: "is there twice"}
		default:
			seen[language] = true
		}
		keys, err := t.valid()
		if err != nil {
			return nil, err
		}
		fieldKeys = append(fieldKeys, keys...)
		size += len(t.Text) + len(t.HTML)
	}
	if size > maxReplyBytes {
		return nil, refuse("texts", "have at most 800 KB together, with those of actions", maxReplyBytes)
	}
	return slices.Compact(slices.Sorted(slices.Values(fieldKeys))), nil
}

// at is how errors name the text.
func (t *ReplyText) at() string { return "quick_reply.texts." + cmp.Or(t.Language, "*") }

func (t *ReplyText) valid() (fieldKeys []string, err error) {
	at := t.at()
	if strings.TrimSpace(t.Text) == "" && strings.TrimSpace(t.HTML) == "" {
		return nil, &store.FieldError{Field: at, Reason: "is empty"}
	}
	for _, part := range []struct{ field, text string }{{at + ".text", t.Text}, {at + ".html", t.HTML}} {
		if utf8.RuneCountInString(part.text) > MaxBody {
			return nil, store.TooLong(part.field, MaxBody)
		}
		parsed, err := template.Parse(part.text)
		if err != nil {
			return nil, &store.FieldError{Field: part.field, Reason: err.Error()}
		}
		for _, name := range parsed.Names() {
			key, isField := strings.CutPrefix(name, "field.")
			if isField {
				fieldKeys = append(fieldKeys, key)
			} else if !slices.Contains(replyNames, name) {
				return nil, unknownName(part.field, name)
			}
		}
	}
	return fieldKeys, nil
}

func unknownName(field, name string) error {
	return &store.FieldError{Field: field, Reason: fmt.Sprintf("there is no placeholder {{%s}}, only {{%s}} and {{field.KEY}} of a custom field",
		name, strings.Join(replyNames, "}}, {{"))}
}

// row is what the quick reply is found by.
func (q *QuickReply) row() *replyRow {
	r := &replyRow{Info: QuickReplyInfo{ID: q.ID, Title: q.Title, Shortcut: q.Shortcut, Folder: q.Folder, Owner: q.Owner,
		Preview: shorten(q.Texts[0].plain(), preview), Attachments: len(q.Attachments), Actions: len(q.Actions), Archived: q.Archived, Updated: q.Updated}}
	if q.Shortcut != "" {
		r.Terms = append(r.Terms, fold(q.Shortcut))
	}
	seen := map[string]bool{}
	add := func(text string, most int) {
		for w := range words(text, true) {
			if most > 0 && !seen[w] {
				seen[w] = true
				r.Terms, most = append(r.Terms, w), most-1
			}
		}
	}
	add(q.Shortcut+" "+q.Title+" "+q.Folder, maxTerms)
	for _, t := range q.Texts {
		r.Info.Languages = append(r.Info.Languages, t.Language)
		add(t.plain(), max(minTerms, maxTerms/len(q.Texts)))
	}
	return r
}

var tagPattern = regexp.MustCompile(`<[^>]*>`)

// plain is what the text says without markup.
func (t *ReplyText) plain() string {
	if strings.TrimSpace(t.Text) != "" {
		return t.Text
	}
	return strings.TrimSpace(tagPattern.ReplaceAllString(t.HTML, " "))
}
