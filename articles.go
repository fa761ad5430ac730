package frontdesk

import (
	"context"
	"errors"
	"fmt"

	"github.com/frontdesk-go/frontdesk/faq/exchange"
)

// ImportFAQ is exchange.Import, in the host's name, for data that no desk has open; on
// PostgreSQL one may have.
func (d *Data) ImportFAQ(ctx context.Context, from exchange.Entries, o *exchange.Options) (report *exchange.Report, err error) {
	desk, err := d.atWork(ctx)
	if err != nil {
		return nil, fmt.Errorf("import articles: %w", err)
	}
	defer func() { err = errors.Join(err, desk.Search.Close(), desk.Articles.Close()) }()
	return exchange.Import(ctx, desk.FAQ, Host(), from, o)
}
