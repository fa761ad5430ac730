package frontdesk

import (
	"context"
	"slices"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/store"
)

// faqApp tells the FAQ of an app. It is offered in the languages of its platforms.
func (d *Desk) faqApp(ctx context.Context, tx *store.Tx, id string) (*faq.App, error) {
	a, err := d.Tickets.In(tx).App(ctx, id)
	if err != nil {
		return nil, err
	}
	app := &faq.App{ID: a.ID, Language: a.Language, Archived: a.Archived}
	for _, p := range a.Platforms {
		for _, l := range p.Languages {
			if !slices.Contains(app.Languages, l) {
				app.Languages = append(app.Languages, l)
			}
		}
	}
	return app, nil
}
