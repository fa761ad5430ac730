package main

import (
	"context"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/hours/holidays"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// equip gives the shop's desk its custom fields, quick replies and views.
func equip(ctx context.Context, desk *frontdesk.Desk) error {
	for _, f := range fields() {
		if err := desk.Tickets.SaveField(ctx, frontdesk.Host(), f); err != nil {
			return fmt.Errorf("field %s: %w", f.Key, err)
		}
	}
	calendar, err := openingHours(time.Now().Year())
	if err != nil {
		return err
	}
	if err := desk.Tickets.SaveCalendar(ctx, frontdesk.Host(), calendar); err != nil {
		return fmt.Errorf("calendar %s: %w", calendar.Name, err)
	}
	for _, q := range quickReplies() {
		if err := desk.Tickets.SaveQuickReply(ctx, frontdesk.Host(), q); err != nil {
			return fmt.Errorf("quick reply %s: %w", q.Title, err)
		}
	}
	for _, p := range promises() {
		if err := desk.Tickets.SavePolicy(ctx, frontdesk.Host(), p); err != nil {
			return fmt.Errorf("service policy %s: %w", p.Name, err)
		}
	}
	for _, v := range views() {
		if err := desk.Tickets.SaveView(ctx, frontdesk.Host(), v); err != nil {
			return fmt.Errorf("view %s: %w", v.Name, err)
		}
	}
	return nil
}

func fields() []*ticket.Field {
	return []*ticket.Field{
		{Key: "topic", Name: "Topic", Type: ticket.Dropdown, Editable: true, Required: true,
			Options: []ticket.Option{{Name: "Delivery"}, {Name: "Brewing"}, {Name: "Subscription"}, {Name: "Wholesale"}, {Name: "Something else"}}},
		{Key: "order", Name: "Order number", Type: ticket.SingleLine, Editable: true},
		{Key: "ship_by", Name: "Ship by", Type: ticket.Date, Editable: true},
		{Key: "replacement", Name: "Replacement sent", Type: ticket.Checkbox, Editable: true},
	}
}

// openingHours are those of the shop's desk: the chat goes by them.
func openingHours(year int) (*ticket.Calendar, error) {
	hs, err := holidays.Of("DE", year, year+2)
	if err != nil {
		return nil, err
	}
	weekday, saturday := hours.Interval{From: "09:00", To: "18:00"}, hours.Interval{From: "10:00", To: "14:00"}
	week := hours.Weekdays(weekday)
	week.Saturday = []hours.Interval{saturday}
	hs = append(hs, hours.Holiday{Name: "Christmas Eve", Date: "12-24", Closed: []hours.Interval{{From: "12:00", To: "24:00"}}})
	return &ticket.Calendar{ID: "shop", Name: "Shop hours", Hours: hours.Plan{Zone: "Europe/Berlin", Week: week, Holidays: hs,
		Exceptions: []hours.Exception{{Name: "Stocktaking", From: fmt.Sprint(year+1, "-01-07"), Open: []hours.Interval{{From: "14:00", To: "18:00"}}}}}}, nil
}

func quickReplies() []*ticket.QuickReply {
	return []*ticket.QuickReply{
		{Title: "Welcome", Shortcut: "/hello", Folder: "General", Texts: []ticket.ReplyText{
			{Language: "en", Text: "Hello {{user.name | there}}, {{agent.name}} here. Thank you for writing to us!"},
			{Language: "de", Text: "Guten Tag {{user.name | und willkommen}}, hier ist {{agent.name}}. Danke für Ihre Nachricht!"},
			{Language: "es", Text: "Hola {{user.name | y gracias por escribir}}, soy {{agent.name}}. ¡Gracias por tu mensaje!"},
			{Language: "fr", Text: "Bonjour {{user.name | et bienvenue}}, ici {{agent.name}}. Merci pour votre message !"},
		}},
		{Title: "Replacement parcel", Shortcut: "/replace", Folder: "Parcels", Texts: []ticket.ReplyText{
			{Language: "en", Text: "I'm sorry that your parcel didn't reach you. A new one leaves us tomorrow morning, and you don't need to do anything."},
			{Language: "de", Text: "Es tut mir leid, dass Ihr Paket nicht angekommen ist. Morgen früh geht ein neues auf den Weg; Sie müssen nichts weiter tun."},
			{Language: "es", Text: "Siento que tu paquete no haya llegado. Mañana por la mañana sale uno nuevo; no tienes que hacer nada."},
			{Language: "fr", Text: "Je suis désolée que votre colis ne soit pas arrivé. Un nouveau part demain matin ; vous n'avez rien à faire."},
		}, Actions: []ticket.Action{
			{Do: ticket.DoAddTags, Tags: []string{"parcel"}},
			{Do: ticket.DoField, To: "topic", Text: "Delivery"},
			{Do: ticket.DoField, To: "replacement", Text: "true"},
			{Do: ticket.DoResolve},
		}},
		{Title: "Where the order is", Shortcut: "/order", Folder: "Parcels", Texts: []ticket.ReplyText{
			{Language: "en", Text: "Your order {{field.order}} is with the post. It takes two to four working days within Europe."},
			{Language: "de", Text: "Ihre Bestellung {{field.order}} ist bei der Post. Innerhalb Europas dauert es zwei bis vier Werktage."},
		}},
		{Title: "Water and time", Shortcut: "/brew", Folder: "Tea", Texts: []ticket.ReplyText{
			{Language: "en", Text: "Water just off the boil, five grams for a small pot, and forty seconds for the first cup. Add ten seconds each time."},
			{Language: "de", Text: "Wasser kurz nach dem Kochen, fünf Gramm für eine kleine Kanne, vierzig Sekunden für die erste Tasse. Danach jedes Mal zehn Sekunden mehr."},
		}},
		{Title: "Price list for cafés", Shortcut: "/wholesale", Folder: "Tea", Texts: []ticket.ReplyText{
			{Language: "en", Text: "We gladly deliver to cafés, from one kilo on. Which teas do your guests drink now, and how much of them in a month?"},
		}, Actions: []ticket.Action{{Do: ticket.DoAddTags, Tags: []string{"wholesale"}}}},
	}
}

// promises are within which time of the shop's hours tickets are answered and solved.
func promises() []*ticket.Policy {
	return []*ticket.Policy{
		{ID: "urgent", Name: "Urgent", When: `ticket.priority == "urgent"`, First: 30 * time.Minute, Next: 30 * time.Minute, Resolution: 8 * time.Hour, AtRisk: 70},
		{ID: "everybody", Name: "Everybody", First: 2 * time.Hour, Next: 4 * time.Hour, Resolution: 27 * time.Hour},
	}
}

func views() []*ticket.View {
	return []*ticket.View{
		{Name: "Due next", Folder: "Desk", Filter: `ticket.open and ticket.due != nil`, Sort: ticket.SortDue},
		{Name: "Mine, waiting", Filter: `ticket.open and ticket.assignee == me and ticket.waiting_since != nil`, Sort: ticket.SortWaiting},
		{Name: "Parcels in a hurry", Folder: "Parcels", Filter: `ticket.open and "parcel" in ticket.tags and ticket.priority >= "high"`, Sort: ticket.SortPriority, Desc: true},
		{Name: "Asleep", Folder: "Desk", Filter: `ticket.open and ticket.snoozed`, Sort: ticket.SortUpdated, Desc: true},
		{Name: "Cafés", Folder: "Tea", Filter: `"wholesale" in ticket.tags`, Sort: ticket.SortUpdated, Desc: true},
	}
}
