package exchange

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/faq"
)

type helpshiftFile struct {
	FAQs     []json.RawMessage  `json:"faqs"`
	Sections []helpshiftSection `json:"sections"`
}

type helpshiftSection struct {
	ID           ident                    `json:"id"`
	Publish      ident                    `json:"publish_id"`
	Title        string                   `json:"title"`
	Name         string                   `json:"name"`
	FAQs         []json.RawMessage        `json:"faqs"`
	Translations map[string]helpshiftText `json:"translations"`
}

type helpshiftFAQ struct {
	ID        ident    `json:"id"`
	Publish   ident    `json:"publish_id"`
	Section   ident    `json:"section_id"`
	Language  string   `json:"language"`
	Platforms []string `json:"platform_types"`
	Tags      []string `json:"tags"`
	Published *bool    `json:"published"`
	helpshiftText
	Translations map[string]helpshiftText `json:"translations"` // by language
}

type helpshiftText struct {
	Title  string   `json:"title"`
	Body   string   `json:"body"`  // HTML
	Search []string `json:"stags"` // words for searches
}

// Helpshift reads FAQs as Helpshift shapes them: a list of faqs, or of sections with theirs,
// each with a publish_id, its text, translations by language, search tags (stags, which
// become keywords), and platforms. Its platform web is the web chat here, too.
func Helpshift(r io.Reader) Entries {
	return func(yield func(Entry) bool) {
		var file helpshiftFile
		if err := wholeFile(r, &file); err != nil {
			yield(unreadable("file", "JSON of Helpshift", err))
			return
		}
		names := map[ident]string{}
		n := 0
		give := func(section helpshiftSection, raws []json.RawMessage) bool {
			for _, raw := range raws {
				n++
				e := Entry{At: fmt.Sprintf("faq %d", n)}
				var f helpshiftFAQ
				if err := json.Unmarshal(raw, &f); err != nil {
					e = unreadable(e.At, "a FAQ", err)
				} else {
					f.Section = cmp.Or(f.Section, section.Publish, section.ID)
					e.Article = f.article(names)
				}
				if !yield(e) {
					return false
				}
			}
			return true
		}
		for _, s := range file.Sections {
			name := cmp.Or(s.Title, s.Name)
			for _, l := range slices.Sorted(maps.Keys(s.Translations)) {
				name = cmp.Or(name, s.Translations[l].Title)
			}
			names[s.ID], names[s.Publish] = name, name
		}
		delete(names, "")
		for _, s := range file.Sections {
			if !give(s, s.FAQs) {
				return
			}
		}
		give(helpshiftSection{}, file.FAQs)
	}
}

func (f *helpshiftFAQ) article(sections map[ident]string) *Article {
	out := &Article{ID: string(cmp.Or(f.Publish, f.ID)), SectionID: string(f.Section), Section: sections[f.Section], Tags: f.Tags}
	for _, p := range f.Platforms {
		out.Platforms = append(out.Platforms, strings.ToLower(p))
		if strings.EqualFold(p, "web") {
			out.Platforms = append(out.Platforms, "webchat")
		}
	}
	draft := f.Published != nil && !*f.Published
	add := func(language string, t helpshiftText) {
		if t.Title != "" && !out.in(language) {
			out.Texts = append(out.Texts, Text{Language: language, Draft: draft, Content: faq.Content{Title: t.Title, Body: t.Body, Format: faq.HTML, Keywords: t.Search}})
		}
	}
	add(locale(f.Language), f.helpshiftText)
	for _, l := range slices.Sorted(maps.Keys(f.Translations)) {
		add(locale(l), f.Translations[l])
	}
	return out
}
