package frontdesk

import (
	"context"
	"errors"
	"fmt"

	"github.com/frontdesk-go/frontdesk/automation"
)

// Backtest is automation.Service.Backtest for data that no desk has open; on PostgreSQL
// one may have. Functions of the host aren't known here: rules whose conditions ask one
// are left out of those that there are, and refused among those that are tested.
func (d *Data) Backtest(ctx context.Context, t automation.Backtest) (report *automation.BacktestReport, err error) {
	desk, err := d.atWork(ctx)
	if err != nil {
		return nil, fmt.Errorf("backtest: %w", err)
	}
	defer func() { err = errors.Join(err, desk.closeIndexes()) }()
	rules, err := automation.Open(automation.Parts{DB: d.DB, Events: desk.Events, Jobs: desk.Jobs, People: desk.People, Tickets: desk.Tickets}, nil)
	if err != nil {
		return nil, fmt.Errorf("backtest: %w", err)
	}
	return rules.Backtest(ctx, Host(), t)
}
