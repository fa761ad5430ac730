package frontdesk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/exchange"
	"github.com/frontdesk-go/frontdesk/store"
)

// ImportFAQ is exchange.Import, in the host's name, for data that no desk has open; on
// PostgreSQL one may have.
func (d *Data) ImportFAQ(ctx context.Context, from exchange.Entries, o *exchange.Options) (report *exchange.Report, err error) {
	desk, err := d.atWork(ctx)
	if err != nil {
		return nil, fmt.Errorf("import articles: %w", err)
	}
	defer func() { err = errors.Join(err, desk.closeIndexes()) }()
	return exchange.Import(ctx, desk.FAQ, Host(), from, o)
}

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
