package queue_test

import (
	"context"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What would three agents be like on a Monday, and what four?
func ExampleSimulate() {
	monday := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	evening := monday.Add(8 * time.Hour)
	chats := queue.Demand{Arrival: queue.Arrival{Queue: "orders", Channel: "webchat", Handling: 6 * time.Minute}, From: monday, To: evening}
	for hour := range chats.PerHour {
		chats.PerHour[hour] = 27
	}
	arrivals, err := queue.Generate(1, chats)
	if err != nil {
		fmt.Println(err)
		return
	}
	for agents := 3; agents <= 4; agents++ {
		s := queue.Scenario{Queues: []queue.Queue{{ID: "orders", Name: "Orders", Red: 5 * time.Minute}}, Arrivals: arrivals}
		for i := range agents {
			s.Staff = append(s.Staff, queue.Staff{Worker: queue.Worker{Agent: fmt.Sprint("agent ", i+1), Limit: 1}})
		}
		f, err := queue.Simulate(s)
		if err != nil {
			fmt.Println(err)
			return
		}
		q := f.Queues[0]
		fmt.Printf("%d agents: %d chats, half wait at most %v, %d longer than 5 minutes; busy %.0f%%\n",
			agents, q.Arrived, q.Median.Round(time.Second), q.Red, 100*f.Staff[0].Occupancy)
	}
	// Output:
	// 3 agents: 224 chats, half wait at most 10m18s, 147 longer than 5 minutes; busy 94%
	// 4 agents: 224 chats, half wait at most 0s, 25 longer than 5 minutes; busy 74%
}

// The engine gives a ticket to whoever can take it, and says why.
func ExampleService_Step() {
	ctx := context.Background()
	desk, eve, err := exampleDesk(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer desk.Close()
	if _, err := desk.Queues.SetAvailability(ctx, frontdesk.Host(), "jo", queue.Available, ""); err != nil {
		fmt.Println(err)
		return
	}
	t, err := desk.Tickets.Create(ctx, ticket.New{EndUser: eve, Message: &ticket.Draft{Text: "Where is my parcel?"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := desk.Drain(ctx); err != nil { // Run does so at once; Drain calls Step
		fmt.Println(err)
		return
	}
	entries, _, err := desk.Tickets.History(ctx, frontdesk.Host(), t.ID, "", 50)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range entries {
		if e.What == "assignee" {
			fmt.Println(e.To, "by", e.Why)
		}
	}
	// Output:
	// Jo by queue default
}
