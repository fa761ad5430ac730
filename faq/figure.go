package faq

import (
	"context"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Figures count what readers did with an article. They are made after the fact, from
// events, so that no two readers write to one place; what an erasure takes away stays
// counted.
type Figures struct {
	Article   string     `json:"article"`
	App       string     `json:"app"`
	Views     int64      `json:"views"`
	Helpful   int64      `json:"helpful"` // readers who say so now
	Unhelpful int64      `json:"unhelpful"`
	Last      time.Time  `json:"last,omitzero"` // view
	By        []Language `json:"by,omitempty"`  // in order of language
	Rev       store.Rev  `json:"-"`
}

// Language is a part of figures.
type Language struct {
	Language  string `json:"language"`
	Views     int64  `json:"views"`
	Helpful   int64  `json:"helpful"`
	Unhelpful int64  `json:"unhelpful"`
}

var figures = &store.Collection[Figures]{
	Name: "article_figure",
	Key:  func(f *Figures) string { return f.Article },
	Rev:  func(f *Figures) *store.Rev { return &f.Rev },
	Columns: []store.Column[Figures]{
		{Name: "app", Kind: store.Text, Of: func(f *Figures) any { return f.App }},
		{Name: "views", Kind: store.Int, Of: func(f *Figures) any { return f.Views }},
		{Name: "unhelpful", Kind: store.Int, Of: func(f *Figures) any {
			if f.Unhelpful == 0 {
				return nil
			}
			return int64(f.Share() * 1e9)
		}},
	},
	Indexes: []store.Index{
		{Name: "views", On: []string{"app", "views"}},
		{Name: "unhelpful", On: []string{"app", "unhelpful"}},
	},
	Views:      []driver.SQLView{figureView},
	Impersonal: "holds numbers",
}

// Share is how large the share of readers is at least, of those who would have an
// opinion, who find the article unhelpful: the lower bound of Wilson's score interval at
// 95% (E. B. Wilson, Probable inference, the law of succession, and statistical inference,
// 1927). So one who is alone in his opinion weighs less than nine of ten.
func (f *Figures) Share() float64 {
	n := float64(f.Helpful + f.Unhelpful)
	if n == 0 {
		return 0
	}
	const z = 1.959964
	p := float64(f.Unhelpful) / n
	bound := (p + z*z/(2*n) - z*math.Sqrt((p*(1-p)+z*z/(4*n))/n)) / (1 + z*z/n)
	return max(bound, 0) // and not below by a rounding
}

// in is the part of a language.
func (f *Figures) in(language string) *Language {
	i, ok := slices.BinarySearchFunc(f.By, language, func(l Language, tag string) int { return strings.Compare(l.Language, tag) })
	if !ok {
		f.By = slices.Insert(slices.Clone(f.By), i, Language{Language: language})
	}
	return &f.By[i]
}

// count adds n votes of an opinion.
func (f *Figures) count(opinion, language string, n int64) {
	switch Opinion(opinion) {
	case Helpful:
		f.Helpful += n
		f.in(language).Helpful += n
	case Unhelpful:
		f.Unhelpful += n
		f.in(language).Unhelpful += n
	}
}

// countFigures counts what a batch of events says of articles, and writes each once.
func (s *Service) countFigures(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	changed := map[string]*Figures{}
	for _, e := range es {
		var in Facts
		if err := e.Payload(&in); err != nil {
			return err
		}
		f := changed[in.Article]
		if f == nil {
			var err error
			if f, err = figuresToCount(ctx, tx, in.Article); err != nil {
				return err
			}
			f.App = in.App
			changed[in.Article] = f
		}
		switch e.Type {
		case Viewed:
			f.Views++
			f.in(in.Language).Views++
			if e.Time.After(f.Last) {
				f.Last = e.Time
			}
		case Voted:
			f.count(in.Was, in.WasLanguage, -1)
			f.count(in.Helpful, in.Language, 1)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(changed)) {
		if err := changed[id].keep(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

func figuresToCount(ctx context.Context, tx *store.Tx, article string) (*Figures, error) {
	f, err := figures.Lock(ctx, tx, article, store.ForUpdate)
	if missing(err) {
		return &Figures{Article: article}, nil
	}
	return f, err
}

// keep writes the figures, or removes those of an article that is gone.
func (f *Figures) keep(ctx context.Context, tx *store.Tx) error {
	_, err := articles.Get(ctx, tx, f.Article)
	switch {
	case err == nil:
		return figures.Put(ctx, tx, f)
	case missing(err) && f.Rev > 0:
		return figures.Delete(ctx, tx, f)
	case missing(err):
		return nil
	}
	return err
}
