package search

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/search/rank"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// host reads for the index.
var host = event.Actor{Kind: event.System, ID: "faq.search"}

// The facets of a document, by which a search is narrowed before it is ranked.
const (
	appFacet       = "app="
	sectionFacet   = "section="
	platformFacet  = "platform="
	audienceFacet  = "audience="
	conditionFacet = "condition="
	languageFacet  = "language=" // each in which the article can be shown
	tagFacet       = "tag="

	everywhere = platformFacet + "*"
)

// documents are what is searched of an article: what is published of it, by language.
func documents(w *faq.Whole) (docs []rank.Document) {
	a := w.Article
	if a.Archived {
		return nil
	}
	facets := []string{appFacet + a.App, sectionFacet + a.Section}
	if a.Audience == faq.Matching {
		facets = append(facets, conditionFacet+a.Condition)
	} else {
		facets = append(facets, audienceFacet+string(a.Audience))
	}
	if len(a.Platforms) == 0 {
		facets = append(facets, everywhere)
	}
	for _, p := range a.Platforms {
		facets = append(facets, platformFacet+p)
	}
	for _, tag := range a.Tags {
		facets = append(facets, tagFacet+strings.ToLower(tag))
	}
	for _, t := range w.Texts {
		facets = append(facets, languageFacet+t.Language)
	}
	for _, t := range w.Texts {
		docs = append(docs, rank.Document{ID: a.ID, Language: t.Language, Title: t.Title, Body: shorten(t.Text, maxText), Keywords: t.Keywords,
			Facets: facets, Aside: a.Audience != faq.Everybody || len(a.Platforms) > 0})
	}
	// pt-BR and pt-PT are searched as one language: the first one stands for both.
	return slices.CompactFunc(docs, func(a, b rank.Document) bool { return rank.SameLanguage(a.Language, b.Language) })
}

// maxText is how much of a body is searched, in bytes.
const maxText = 64 << 10

// shorten cuts a text after at most n bytes, and not within a letter.
func shorten(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && text[n]&0xc0 == 0x80 {
		n--
	}
	return text[:n]
}

// halfLife is how long it takes until a resolved query counts half: answers change.
const halfLife = 365 * 24 * time.Hour

// resolved makes a resolved query of an answer. What an agent sent is surest.
func resolved(a *faq.Answer, now time.Time) rank.Resolved {
	sure := map[faq.Source]float64{faq.SentByAgent: 1, faq.SaidHelpful: 0.8, faq.Opened: 0.5}[a.By]
	age := max(now.Sub(a.Time), 0)
	return rank.Resolved{Key: a.ID, ID: a.Article, Language: cmp.Or(a.Language, "en"), Text: a.Text,
		Weight: sure * math.Exp2(-float64(age)/float64(halfLife))}
}

// seenBy returns the groups of facets that a viewer's sight needs, so that what he may
// not see takes no place. What he sees is asked of the sight itself, with articles that
// have one thing each.
func seenBy(g *faq.Sight, e *rank.Engine, v *faq.Viewer) [][]string {
	group := func(prefix string, probe func(value string) *faq.Article) (fit []string) {
		for _, f := range e.Facets(prefix) {
			if a := probe(strings.TrimPrefix(f, prefix)); g.Sees(a) != nil {
				fit = append(fit, f)
			}
		}
		return fit
	}
	served := group(languageFacet, func(value string) *faq.Article {
		return &faq.Article{App: v.App, Translations: []faq.Translation{{Language: value, Version: 1}}}
	})
	if len(served) == 0 {
		return [][]string{nil}
	}
	shown := []faq.Translation{{Language: strings.TrimPrefix(served[0], languageFacet), Version: 1}}
	audience := group(audienceFacet, func(value string) *faq.Article {
		return &faq.Article{App: v.App, Audience: faq.Audience(value), Translations: shown}
	})
	audience = append(audience, group(conditionFacet, func(value string) *faq.Article {
		return &faq.Article{App: v.App, Audience: faq.Matching, Condition: value, Translations: shown}
	})...)
	platforms := group(platformFacet, func(value string) *faq.Article {
		a := &faq.Article{App: v.App, Translations: shown}
		if value != "*" {
			a.Platforms = []string{value}
		}
		return a
	})
	sections := group(sectionFacet, func(value string) *faq.Article {
		return &faq.Article{App: v.App, Section: value, Translations: shown}
	})
	return [][]string{{appFacet + v.App}, served, audience, platforms, sections}
}
