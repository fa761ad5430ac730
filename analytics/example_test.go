package analytics_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// aDay is a desk in memory on which one ticket was answered after ten minutes, and another
// one waits.
func aDay(ctx context.Context) (d *frontdesk.Desk, day time.Time) {
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	day = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	now := day.Add(9 * time.Hour)
	d, err := frontdesk.Open(ctx, frontdesk.Config{Now: func() time.Time { return now }})
	check(err)
	mira := &identity.Agent{ID: "mira", Name: "Mira"}
	check(d.People.SaveAgent(ctx, frontdesk.Host(), mira))
	for _, name := range []string{"Ann", "Ben"} {
		u, err := d.People.Save(ctx, frontdesk.Host(), identity.Profile{UserID: name, Name: name})
		check(err)
		t, err := d.Tickets.Create(ctx, ticket.New{EndUser: u.ID, Message: &ticket.Draft{Text: "Where is my parcel?"}})
		check(err)
		_, err = d.Drain(ctx)
		check(err)
		if now = now.Add(10 * time.Minute); name == "Ann" {
			_, _, err = d.Tickets.Reply(ctx, mira.Actor(), t.ID, ticket.Draft{Text: "It comes tomorrow."})
			check(err)
		}
	}
	_, err = d.Drain(ctx)
	check(err)
	return d, day
}

// A day's figures by queue. What divides by zero has no value.
func ExampleService_Query() {
	ctx := context.Background()
	desk, day := aDay(ctx)
	defer desk.Close()
	table, err := desk.Analytics.Query(ctx, frontdesk.Host(), analytics.Query{
		From: day, To: day.AddDate(0, 0, 1), Grain: analytics.Day, By: []analytics.Dimension{analytics.Queue},
		Metrics: []analytics.Metric{analytics.Created, analytics.Open, analytics.Backlog, analytics.FirstResponseTimeAvg, analytics.Satisfaction},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range table.Rows {
		fmt.Print(row.Start.Format("2 January"), " ", row.Keys[0])
		for i, v := range row.Values {
			if !v.Known {
				fmt.Print(", no ", table.Metrics[i])
				continue
			}
			fmt.Print(", ", table.Metrics[i], " ", v.Number)
		}
		fmt.Println()
	}
	// Output: 2 November default, created 2, open 2, backlog 1, first_response_time_avg 600, no csat
}

// How the queues stand now, without a look at any ticket.
func ExampleService_Levels() {
	ctx := context.Background()
	desk, _ := aDay(ctx)
	defer desk.Close()
	err := desk.DB.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		levels, err := desk.Analytics.Levels(ctx, tx, analytics.Queue, nil)
		for _, l := range levels {
			fmt.Printf("%s: %d open, %d waiting for %v\n", l.Value, l.Open, l.Backlog, l.Wait)
		}
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output: default: 2 open, 1 waiting for 10m0s
}

// What a metric means, for whoever shows it.
func ExampleMetrics() {
	for _, m := range analytics.Metrics() {
		if m.Metric == analytics.ReopenRate || m.Metric == analytics.HoldingTimeP90 {
			fmt.Printf("%s (%s): %s; dated by %s\n", m.Name, m.Unit, m.Formula, m.Dated)
		}
	}
	// Output:
	// Reopen rate (ratio): reopened / resolved; dated by the action
	// Holding time, 90th percentile (seconds): 90th percentile of: first response − first assignment to an agent, where it isn't before; dated by the later of the two
}
