package email

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk/ticket"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden shows what mails look like in all languages.
func TestGolden(t *testing.T) {
	app := ticket.NewApp(ticket.DefaultApp, "Tea Shop")
	l, err := builtIn()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wordings() {
		set := &Settings{App: ticket.DefaultApp, Footer: []ticket.Localised{{Text: "Tea Shop Ltd, 1 Leaf Lane, Springfield"}}}
		text, html, err := l.render(sampleScene(app, set, w.language).page())
		if err != nil {
			t.Fatal(err)
		}
		for ext, got := range map[string]string{".txt": text, ".html": html} {
			name := filepath.Join("testdata", "mail", w.language+ext)
			if *update {
				if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}

// TestTexts wants each text in the twelve languages that the desk speaks.
func TestTexts(t *testing.T) {
	want := []string{"en", "ar", "de", "es", "fr", "it", "ja", "ko", "pt-BR", "ru", "zh-Hans", "zh-Hant"}
	var got []string
	for _, w := range wordings() {
		got = append(got, w.language)
		for _, key := range Texts() {
			if w.texts[key] == "" {
				t.Errorf("%s has no %s", w.language, key)
			}
		}
		for key := range w.texts {
			if !slices.Contains(Texts(), key) {
				t.Errorf("%s has a %s that nothing says", w.language, key)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for asked, want := range map[string]string{"": "en", "de-AT": "de", "pt": "pt-BR", "zh": "zh-Hans", "zh-TW": "zh-Hant", "zh-Hant-HK": "zh-Hant", "zh-CN": "zh-Hans", "tlh": "en", "ar-EG": "ar"} {
		if got := (&Settings{}).wording(asked).language; got != want {
			t.Errorf("%q is answered in %q, want %q", asked, got, want)
		}
	}
}
