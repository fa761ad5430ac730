package faq

import (
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/frontdesk-go/frontdesk/store"
)

// canonical is the one spelling of a language tag: pt-BR of PT-br.
func canonical(field, tag string) (string, error) {
	if languagePattern.MatchString(tag) {
		if t, err := language.Parse(tag); err == nil {
			return t.String(), nil
		}
	}
	return "", &store.FieldError{Field: field, Reason: "have a language tag each, as in pt-BR"}
}

// fallback returns the place of the translation that serves best: for each wanted
// language, the dearest first, the one in that language, in a more general form of it (pt
// for pt-BR), or in that of another country (pt-BR for pt), if it is written in the same
// script; else the one in the app's own language; else -1.
func fallback(have, wanted []string, own string) int {
	for _, tag := range wanted {
		if i := inOrAbove(have, tag); i >= 0 {
			return i
		}
	}
	return inOrAbove(have, own)
}

// inOrAbove looks for a language, then for its more general forms: those of CLDR
// (es-MX, es-419, es; zh-TW, zh-Hant), then the bare language, then for its kin.
func inOrAbove(have []string, tag string) int {
	find := func(tag string) int {
		for i, h := range have {
			if strings.EqualFold(h, tag) {
				return i
			}
		}
		return -1
	}
	if tag == "" {
		return -1
	}
	if i := find(tag); i >= 0 {
		return i
	}
	t, err := language.Parse(tag)
	if err != nil {
		return -1
	}
	for up := t; !up.IsRoot(); up = up.Parent() {
		if i := find(up.String()); i >= 0 {
			return i
		}
	}
	base, _ := t.Base()
	if i := find(base.String()); i >= 0 {
		return i
	}
	script, _ := t.Script()
	return slices.IndexFunc(have, func(h string) bool {
		kin, err := language.Parse(h)
		if h == "" || err != nil {
			return false
		}
		b, _ := kin.Base()
		s, _ := kin.Script()
		return b == base && s == script
	})
}
