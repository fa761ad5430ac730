package email

import (
	"context"
	"embed"
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/internal/template"
	"github.com/frontdesk-go/frontdesk/store"
)

// minDelimiter is how long the line is, in characters, above which answers stand.
const minDelimiter = 8

// What mails say besides what people write is in texts, by language.
//
//go:embed texts/*.json
var textFiles embed.FS

// wording is what mails say in a language.
type wording struct {
	language string
	texts    map[string]string
}

// wordings are the built-in ones, English first.
var wordings = sync.OnceValue(func() (all []wording) {
	files, err := fs.Glob(textFiles, "texts/*.json")
	if err != nil {
		return nil
	}
	for _, name := range files {
		w := wording{language: strings.TrimSuffix(strings.TrimPrefix(name, "texts/"), ".json"), texts: map[string]string{}}
		b, err := textFiles.ReadFile(name)
		if err != nil || json.Unmarshal(b, &w.texts) != nil {
			return nil // a test reads them all
		}
		all = append(all, w)
	}
	slices.SortStableFunc(all, func(a, b wording) int {
		switch "en" {
		case a.language:
			return -1
		case b.language:
			return 1
		}
		return 0
	})
	return all
})

// Texts are the keys of what mails say, which Settings.Texts may replace: delimiter, the
// line above which answers stand; via, who a mail is from ({agent}, {brand}); subject,
// of a ticket without title; earlier, above the history; files; left, of a file that
// isn't attached ({name}, {size}); choices, above answers to pick; unread and
// unread_subject ({brand}), of messages that weren't read elsewhere; footer; customer,
// an end user without a name.
func Texts() []string {
	return []string{"delimiter", "via", "subject", "earlier", "files", "left", "choices", "unread", "unread_subject", "footer", "customer"}
}

// wording is what the app's mails say in a language, or the nearest that there is.
func (s *Settings) wording(wanted ...string) wording {
	for i := range wanted {
		wanted[i] = script(wanted[i])
	}
	var languages []string
	for _, w := range wordings() {
		languages = append(languages, w.language)
	}
	for _, t := range s.Texts {
		if t.Language != "" && !slices.Contains(languages, t.Language) {
			languages = append(languages, t.Language)
		}
	}
	chosen := wording{texts: map[string]string{}}
	if i := template.Choose(languages, append(wanted, "en")...); i >= 0 {
		chosen.language = languages[i]
	}
	for _, w := range wordings() { // English is first: it fills the gaps of a host's own languages
		if w.language == "en" || w.language == chosen.language {
			for key, text := range w.texts {
				chosen.texts[key] = text
			}
		}
	}
	for _, t := range s.Texts {
		if t.Language == "" || t.Language == chosen.language {
			chosen.texts[t.Key] = t.Text
		}
	}
	return chosen
}

// script names the script of Chinese, which its regions only imply.
func script(language string) string {
	lower := strings.ToLower(language)
	if lower != "zh" && !strings.HasPrefix(lower, "zh-") {
		return language
	}
	for _, of := range []string{"hant", "-tw", "-hk", "-mo"} {
		if strings.Contains(lower, of) {
			return "zh-Hant"
		}
	}
	return "zh-Hans"
}

// say is a text with values in the place of its names.
func (w wording) say(key string, values ...string) string {
	return strings.NewReplacer(values...).Replace(w.texts[key])
}

// direction is how the language is written.
func (w wording) direction() string {
	switch base, _, _ := strings.Cut(w.language, "-"); base {
	case "ar", "he", "fa", "ur":
		return "rtl"
	}
	return "ltr"
}

// visible says what the mails of all apps look like: what they have below the line above
// which people answer is the desk's.
func (s *Service) visible(ctx context.Context) (*mail.VisibleOptions, error) {
	o := &mail.VisibleOptions{}
	for _, w := range wordings() {
		o.Delimiters = append(o.Delimiters, w.texts["delimiter"])
	}
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		for c, err := range settings.All(ctx, tx, store.ByKey()) {
			if err != nil {
				return err
			}
			for _, t := range c.Texts {
				if t.Key == "delimiter" {
					o.Delimiters = append(o.Delimiters, t.Text)
				}
			}
		}
		return nil
	})
	return o, err
}
