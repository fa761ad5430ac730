package faq

import (
	"cmp"
	"context"
	"slices"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// configure changes the FAQ, and records the event that put returns; nil is none. It
// needs the permission EditFAQs.
func (s *Service) configure(ctx context.Context, actor event.Actor, subject string, put func(context.Context, *store.Tx) (*event.Event, error)) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.people.Authorize(ctx, tx, actor, identity.EditFAQs, identity.On{Subject: subject}); err != nil {
			return err
		}
		e, err := put(ctx, tx)
		if err != nil || e == nil {
			return err
		}
		return s.events.Append(ctx, tx, e)
	})
}

// look reads for staff who edits the FAQ, drafts included.
func (s *Service) look(ctx context.Context, actor event.Actor, subject string, read func(context.Context, *store.Tx) error) error {
	return s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.people.Authorize(ctx, tx, actor, identity.EditFAQs, identity.On{Subject: subject}); err != nil {
			return err
		}
		return read(ctx, tx)
	})
}

const sectionSubject = "section:"

// SaveSection creates a section behind the others of its app (revision 0), or changes the one that was read before. Its app can't change. A bad value
// is a *store.FieldError, an external id that is taken store.ErrExists, and a
// section that was changed meanwhile store.ErrStale.
func (s *Service) SaveSection(ctx context.Context, actor event.Actor, c *Section) error {
	if err := c.clean(); err != nil {
		return err
	}
	return s.configure(ctx, actor, sectionSubject+c.ID, func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		c.Updated = s.now()
		if c.Rev == 0 {
			if err := s.addSection(ctx, tx, c); err != nil {
				return nil, err
			}
		} else {
			was, err := sections.Lock(ctx, tx, c.ID, store.ForUpdate)
			if err != nil {
				return nil, err
			}
			if was.App != c.App {
				return nil, &store.FieldError{Field: "section.app", Reason: "can't change"}
			}
			c.Created = was.Created
		}
		if err := sections.Put(ctx, tx, c); err != nil {
			return nil, err
		}
		return record(SectionSaved, sectionSubject+c.ID, c.Rev, actor, Facts{Section: c.ID, App: c.App})
	})
}

// addSection puts a new one at the end of its app.
func (s *Service) addSection(ctx context.Context, tx *store.Tx, c *Section) error {
	if _, err := s.app(ctx, tx, c.App); err != nil {
		return err
	}
	c.ID, c.Created = s.events.IDs().New(), c.Updated
	table, err := tableOf(ctx, tx, c.App, store.ForUpdate)
	if err != nil {
		return err
	}
	if len(table.Sections) >= MaxSections {
		return tooMany("section", MaxSections)
	}
	table.Sections = append(slices.Clone(table.Sections), c.ID)
	return tables.Put(ctx, tx, table)
}

// tableOf reads the order of an app's sections.
func tableOf(ctx context.Context, tx *store.Tx, app string, lock driver.Lock) (*contents, error) {
	t, err := tables.Lock(ctx, tx, app, lock)
	if missing(err) {
		return &contents{App: app}, nil
	}
	return t, err
}

// MoveSection puts a section before another one of its app, or behind all if before is
// "". A section that there isn't is store.ErrNotFound, and one of another app before
// which it should stand a *store.FieldError.
func (s *Service) MoveSection(ctx context.Context, actor event.Actor, id, before string) error {
	return s.configure(ctx, actor, sectionSubject+id, func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		c, err := sections.Lock(ctx, tx, id, store.ForUpdate)
		if err != nil {
			return nil, err
		}
		table, err := tableOf(ctx, tx, c.App, store.ForUpdate)
		if err != nil {
			return nil, err
		}
		if id == before {
			return nil, nil
		}
		order := slices.DeleteFunc(slices.Clone(table.Sections), func(other string) bool { return other == id })
		at := len(order)
		if before != "" {
			if at = slices.Index(order, before); at < 0 {
				return nil, &store.FieldError{Field: "before", Reason: "is no section of the same app"}
			}
		}
		if order = slices.Insert(order, at, id); slices.Equal(order, table.Sections) {
			return nil, nil
		}
		table.Sections = order
		if err := tables.Put(ctx, tx, table); err != nil {
			return nil, err
		}
		return record(SectionMoved, "article_contents:"+c.App, table.Rev, actor, Facts{Section: id, App: c.App})
	})
}

// DeleteSection removes an empty section for good. One that has articles, archived ones
// too, is a *store.FieldError; there is none of this id is store.ErrNotFound.
func (s *Service) DeleteSection(ctx context.Context, actor event.Actor, id string) error {
	return s.configure(ctx, actor, sectionSubject+id, func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		c, err := sections.Lock(ctx, tx, id, store.ForUpdate)
		if err != nil {
			return nil, err
		}
		n, err := articles.Count(ctx, tx, store.By("place", id).Limit(1))
		if err != nil {
			return nil, err
		}
		if n > 0 {
			return nil, &store.FieldError{Field: "section", Reason: "has articles: move or delete them first"}
		}
		table, err := tableOf(ctx, tx, c.App, store.ForUpdate)
		if err != nil {
			return nil, err
		}
		table.Sections = slices.DeleteFunc(slices.Clone(table.Sections), func(other string) bool { return other == id })
		if err := tables.Put(ctx, tx, table); err != nil {
			return nil, err
		}
		revision := c.Rev + 1
		if err := sections.Delete(ctx, tx, c); err != nil {
			return nil, err
		}
		return record(SectionDeleted, sectionSubject+id, revision, actor, Facts{Section: id, App: c.App})
	})
}

// Sections returns all sections of an app in their order, archived ones too; there are
// at most 500. It needs the permission EditFAQs; readers get [Service.Home].
func (s *Service) Sections(ctx context.Context, actor event.Actor, app string) (all []*Section, err error) {
	err = s.look(ctx, actor, "sections", func(ctx context.Context, tx *store.Tx) error {
		all, err = sectionsOf(ctx, tx, app)
		return err
	})
	return all, err
}

func sectionsOf(ctx context.Context, tx *store.Tx, app string) (all []*Section, err error) {
	table, err := tableOf(ctx, tx, app, driver.None)
	if err != nil {
		return nil, err
	}
	at := make(map[string]int, len(table.Sections))
	for i, id := range table.Sections {
		at[id] = i
	}
	for c, err := range sections.All(ctx, tx, store.By("app", app)) {
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *Section) int { return cmp.Compare(at[a.ID], at[b.ID]) })
	return all, nil
}

// Section returns the section with this id, or store.ErrNotFound. It needs the
// permission EditFAQs.
func (s *Service) Section(ctx context.Context, actor event.Actor, id string) (c *Section, err error) {
	err = s.look(ctx, actor, sectionSubject+id, func(ctx context.Context, tx *store.Tx) error {
		c, err = sections.Get(ctx, tx, id)
		return err
	})
	return c, err
}
