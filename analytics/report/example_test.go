package report_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/analytics/report"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func Example() {
	ctx := context.Background()
	now := time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)
	desk, err := frontdesk.Open(ctx, frontdesk.Config{Now: func() time.Time { return now }})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer desk.Close()
	for _, platform := range []string{"web", "email", "web"} {
		u, _ := desk.People.Save(ctx, frontdesk.Host(), identity.Profile{UserID: "u-" + platform})
		if _, err := desk.Tickets.Create(ctx, ticket.New{Actor: frontdesk.Host(), EndUser: u.ID, Platform: platform}); err != nil {
			fmt.Println(err)
		}
		now = now.Add(time.Minute)
	}
	if _, err := desk.Drain(ctx); err != nil {
		fmt.Println(err)
	}

	reports := report.New(report.Parts{Analytics: desk.Analytics, People: desk.People, Tickets: desk.Tickets, Queues: desk.Queues, Bots: desk.Bots}, nil)
	day := time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)
	r, err := reports.Run(ctx, frontdesk.Host(), report.Ask{Report: "channels", Period: report.Period{From: day, To: day.AddDate(0, 0, 1)}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Title, "·", r.Total(analytics.Created).Title(), r.Total(analytics.Created).Text())
	table := r.Breakdown()
	table.Columns = table.Columns[:3] // the first ones are enough here
	for i := range table.Rows {
		table.Rows[i] = table.Rows[i][:3]
	}
	table.WriteCSV(os.Stdout)
	// Output:
	// Channels · Created 3
	// platform,platform_name,created
	// web,web,2
	// email,email,1
}
