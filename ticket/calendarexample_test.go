package ticket_test

import (
	"context"
	"fmt"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The desk is open on weekdays, and its chat on Saturdays, too.
func ExampleService_SaveCalendar() {
	ctx, tickets := context.Background(), exampleDesk()
	host := event.Actor{Kind: event.System}
	day := hours.Interval{From: "09:00", To: "17:30"}
	desk := &ticket.Calendar{ID: ticket.DeskCalendar, Name: "Office", Hours: hours.Plan{Zone: "Europe/Berlin", Week: hours.Weekdays(day)}}
	check(tickets.SaveCalendar(ctx, host, desk))
	chat := &ticket.Calendar{ID: "chat", Name: "Chat", Hours: desk.Hours}
	chat.Hours.Week.Saturday = []hours.Interval{{From: "10:00", To: "14:00"}}
	check(tickets.SaveCalendar(ctx, host, chat))

	app, err := tickets.App(ctx, ticket.DefaultApp)
	check(err)
	platform, err := app.Platform("webchat")
	check(err)
	platform.Hours = chat.ID
	check(tickets.SaveApp(ctx, host, app))
	platform.Hours = "nights"
	fmt.Println(tickets.SaveApp(ctx, host, app))
	// Output: app.platforms.webchat.hours: there is no calendar "nights"
}
