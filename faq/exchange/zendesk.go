package exchange

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"strings"

	"github.com/frontdesk-go/frontdesk/faq"
)

func sum(s string) uint32 {
	h := fnv.New32a()
	io.WriteString(h, s)
	return h.Sum32()
}

// ident is an id of another system: a number or a text.
type ident string

// UnmarshalJSON reads either.
func (i *ident) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*i = ident(s)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*i = ident(n)
	return nil
}

// zendeskFile is what Help Center exports: lists, of which articles alone has to be there.
type zendeskFile struct {
	Articles     []json.RawMessage    `json:"articles"`
	Sections     []zendeskSection     `json:"sections"`
	Translations []zendeskTranslation `json:"translations"`
	Segments     []struct {
		ID   ident  `json:"id"`
		Type string `json:"user_type"` // signed_in_users or staff
	} `json:"user_segments"`
}

type zendeskSection struct {
	ID   ident  `json:"id"`
	Name string `json:"name"`
}

type zendeskArticle struct {
	ID           ident                `json:"id"`
	Title        string               `json:"title"`
	Body         string               `json:"body"` // HTML
	Locale       string               `json:"locale"`
	SourceLocale string               `json:"source_locale"`
	Draft        bool                 `json:"draft"`
	Section      ident                `json:"section_id"`
	Segment      *ident               `json:"user_segment_id"` // null is everybody
	Labels       []string             `json:"label_names"`
	Tags         []string             `json:"content_tag_names"`
	Translations []zendeskTranslation `json:"translations"`
}

type zendeskTranslation struct {
	Source ident  `json:"source_id"`
	Locale string `json:"locale"`
	Title  string `json:"title"`
	Body   string `json:"body"`
	Draft  bool   `json:"draft"`
}

// Zendesk reads what Zendesk's Help Center calls articles, with sections, translations and
// user segments where the file has them. Labels, which serve searches there, become
// keywords. A segment that the file doesn't explain may read what staff may, so that
// nothing is shown to more people than before.
func Zendesk(r io.Reader) Entries {
	return func(yield func(Entry) bool) {
		var file zendeskFile
		if err := wholeFile(r, &file); err != nil {
			yield(unreadable("file", "JSON of Zendesk", err))
			return
		}
		names, texts, audiences := map[ident]string{}, map[ident][]zendeskTranslation{}, map[ident]faq.Audience{}
		for _, s := range file.Sections {
			names[s.ID] = s.Name
		}
		for _, t := range file.Translations {
			texts[t.Source] = append(texts[t.Source], t)
		}
		for _, s := range file.Segments {
			if s.Type == "signed_in_users" {
				audiences[s.ID] = faq.SignedIn
			}
		}
		for n, raw := range file.Articles {
			e := Entry{At: fmt.Sprintf("article %d", n+1)}
			var a zendeskArticle
			if err := json.Unmarshal(raw, &a); err != nil {
				e = unreadable(e.At, "an article", err)
			} else {
				e.Article = a.article(names, append(a.Translations, texts[a.ID]...))
				audience := faq.Everybody
				if a.Segment != nil && *a.Segment != "" && *a.Segment != "null" {
					audience = cmp.Or(audiences[*a.Segment], faq.StaffOnly)
				}
				e.Article.Audience = &audience
			}
			if !yield(e) {
				return
			}
		}
	}
}

func (a *zendeskArticle) article(sections map[ident]string, more []zendeskTranslation) *Article {
	out := &Article{ID: string(a.ID), SectionID: string(a.Section), Section: sections[a.Section], Tags: a.Tags}
	own := Text{Language: locale(cmp.Or(a.Locale, a.SourceLocale)), Draft: a.Draft, Content: faq.Content{Title: a.Title, Body: a.Body, Format: faq.HTML, Keywords: a.Labels}}
	out.Texts = append(out.Texts, own)
	for _, t := range more {
		if l := locale(t.Locale); !out.in(l) {
			out.Texts = append(out.Texts, Text{Language: l, Draft: t.Draft, Content: faq.Content{Title: t.Title, Body: t.Body, Format: faq.HTML, Keywords: a.Labels}})
		}
	}
	return out
}

func (a *Article) in(language string) bool {
	for _, t := range a.Texts {
		if strings.EqualFold(t.Language, language) {
			return true
		}
	}
	return false
}

// locale is a language as others write it: en-us, pt_BR.
func locale(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), "_", "-") }

// wholeFile reads a file as one value.
func wholeFile(r io.Reader, v any) error {
	b, err := io.ReadAll(&bounded{r: r, left: MaxFile})
	if err != nil {
		return err
	}
	return json.Unmarshal(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), v)
}
