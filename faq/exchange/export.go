package exchange

import (
	"cmp"
	"context"
	"iter"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Export yields all articles of an app, section by section, in the name of an actor who
// may edit them. Of a translation that is published it is what readers see, else the
// draft. It reads a page at a time; what changes meanwhile may be there as it was or is.
func Export(ctx context.Context, s *faq.Service, actor event.Actor, app string) iter.Seq2[*Article, error] {
	return func(yield func(*Article, error) bool) {
		sections, err := s.Sections(ctx, actor, app)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, c := range sections {
			for _, status := range []faq.Status{"", faq.StatusArchived} {
				for after := ""; ; {
					page, next, err := s.Articles(ctx, actor, faq.Filter{Section: c.ID, Status: status}, after, 100)
					if err != nil {
						yield(nil, err)
						return
					}
					for _, a := range page {
						out, err := exported(ctx, s, actor, c, a)
						if !yield(out, err) || err != nil {
							return
						}
					}
					if after = next; next == "" {
						break
					}
				}
			}
		}
	}
}

func exported(ctx context.Context, s *faq.Service, actor event.Actor, c *faq.Section, a *faq.Article) (*Article, error) {
	out := &Article{ID: cmp.Or(a.External, a.ID), Section: c.Names[0].Text, SectionID: cmp.Or(c.External, c.ID), Tags: a.Tags, Platforms: a.Platforms}
	if a.Audience != faq.Everybody {
		out.Audience, out.Condition = &a.Audience, &a.Condition
	}
	if a.Archived {
		out.Archived = &a.Archived
	}
	for _, t := range a.Translations {
		text := Text{Language: t.Language, Draft: t.Version == 0}
		if text.Draft {
			d, err := s.Draft(ctx, actor, a.ID, t.Language)
			if err != nil {
				return nil, err
			}
			text.Content = d.Content
		} else {
			v, err := s.Version(ctx, actor, a.ID, t.Language, t.Version)
			if err != nil {
				return nil, err
			}
			text.Content = v.Content
		}
		out.Texts = append(out.Texts, text)
	}
	return out, nil
}
