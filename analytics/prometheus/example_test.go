package prometheus_test

import (
	"context"
	"fmt"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics/prometheus"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
	client "github.com/prometheus/client_golang/prometheus"
)

func Example() {
	ctx := context.Background()
	desk, err := frontdesk.Open(ctx, frontdesk.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer desk.Close()
	c := prometheus.New(prometheus.Parts{DB: desk.DB, Events: desk.Events, Analytics: desk.Analytics}, nil)
	registry := client.NewRegistry()
	registry.MustRegister(c)
	// A host also runs c.Run(ctx), beside desk.Run(ctx), and serves the registry.

	u, _ := desk.People.Save(ctx, frontdesk.Host(), identity.Profile{UserID: "ann"})
	if _, err := desk.Tickets.Create(ctx, ticket.New{Actor: frontdesk.Host(), EndUser: u.ID}); err != nil {
		fmt.Println(err)
	}
	if _, err := desk.Drain(ctx); err != nil {
		fmt.Println(err)
	}
	families, err := registry.Gather()
	if err != nil {
		fmt.Println(err)
	}
	for _, f := range families {
		if f.GetName() == "frontdesk_tickets_open" {
			fmt.Println(f.GetName(), f.Metric[0].Label[0].GetValue(), f.Metric[0].GetGauge().GetValue())
		}
	}
	// Output: frontdesk_tickets_open default 1
}
