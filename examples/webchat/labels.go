package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/predict/labels"
)

// What the shop's customers wrote, and what it was about. Some rows are labelled wrong, as
// happens; the office says which.
//
//go:embed labels/tickets.csv
var labelled []byte

// school has the desk learn labels from the shop's rows. That is done some seconds after
// the desk runs.
func school(ctx context.Context, desk *frontdesk.Desk) error {
	rows, err := predict.ReadCSV(bytes.NewReader(labelled))
	if err != nil {
		return fmt.Errorf("labelled rows: %w", err)
	}
	if err := desk.Labels.Upload(ctx, frontdesk.Host(), labels.Scope{}, rows); err != nil {
		return err
	}
	_, err = desk.Labels.Train(ctx, frontdesk.Host(), labels.Order{Uploaded: true, Adopt: labels.AdoptAlways})
	return err
}
