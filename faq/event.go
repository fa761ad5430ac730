package faq

import "time"

// The events of this package. Subjects are article:ID and section:ID; of views, votes,
// searches and answers those of their own documents. Facts are [Facts].
const (
	SectionSaved    = "faq.section_saved" // created or changed
	SectionMoved    = "faq.section_moved"
	SectionDeleted  = "faq.section_deleted"
	ArticleSaved    = "faq.article_saved" // created, changed, moved, archived
	ArticleDeleted  = "faq.article_deleted"
	DraftSaved      = "faq.draft_saved" // readers see nothing of it
	Published       = "faq.published"   // also when an older version was published before
	Unpublished     = "faq.unpublished"
	Scheduled       = "faq.scheduled"
	TranslationGone = "faq.translation_deleted"

	Viewed   = "faq.viewed"
	Voted    = "faq.voted"
	Searched = "faq.searched"
	// Answered tells of a query that an article answered: [Answer].
	Answered = "faq.answered"
	// Forgotten tells that the text of an answer was erased, or too old: who keeps it
	// drops it.
	Forgotten = "faq.forgotten"
)

// Facts is what events of this package tell. What they don't is empty.
type Facts struct {
	Article   string    `json:"article,omitempty"`
	Section   string    `json:"section,omitempty"`
	App       string    `json:"app,omitempty"`
	Platform  string    `json:"platform,omitempty"`
	Language  string    `json:"language,omitempty"`
	Version   int       `json:"version,omitempty"`
	Status    string    `json:"status,omitempty"` // of the translation: draft or published
	PublishAt time.Time `json:"publish_at,omitzero"`
	Until     time.Time `json:"until,omitzero"` // to be unpublished then

	// Of Voted: yes, no, or "" where it is taken back; and what it was before.
	Helpful string `json:"helpful,omitempty"`
	Was     string `json:"was,omitempty"`
	// WasLanguage is that of the translation that he had read then.
	WasLanguage string `json:"was_language,omitempty"`
	// Of Searched: how many were found, and the id of what was looked for.
	Hits   int    `json:"hits,omitempty"`
	Query  string `json:"query,omitempty"`
	Answer string `json:"answer,omitempty"` // of Answered and Forgotten: id of an [Answer]
	By     Source `json:"by,omitempty"`     // of Answered
}
