package faq

import (
	"strings"
	"testing"
)

func TestFallback(t *testing.T) {
	for _, c := range []struct{ have, wanted, own, want string }{
		{"en pt pt-BR", "pt-BR", "en", "pt-BR"},
		{"en pt pt-BR", "PT-br", "en", "pt-BR"},
		{"en pt", "pt-BR", "en", "pt"},
		{"en pt-BR", "pt", "en", "pt-BR"},
		{"en pt-BR", "pt-PT", "en", "pt-BR"},
		{"en-US de", "fr", "en", "en-US"},
		{"en es-419 es", "es-MX", "en", "es-419"},
		{"en de", "fr de", "en", "de"},
		{"en zh-Hans", "zh-TW", "en", "en"}, // another script
		{"en zh-Hant", "zh-TW", "en", "zh-Hant"},
		{"zh-Hant en", "zh-HK", "en", "zh-Hant"},
		{"sr-Latn", "sr", "en", ""},
		{"de", "fr", "en", ""},
		{"de", "no language", "de", "de"},
		{"", "de", "en", ""},
	} {
		have, got := strings.Fields(c.have), ""
		if i := fallback(have, strings.Split(c.wanted, " "), c.own); i >= 0 {
			got = have[i]
		}
		if got != c.want {
			t.Errorf("of %q who wants %q, in an app in %s, gets %q; want %q", c.have, c.wanted, c.own, got, c.want)
		}
	}
}
