package frontdesk_test

import (
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// settingActs are those on the settings of tickets.
func settingActs() map[string]deed {
	return map[string]deed{
		"ticket.Service.SavePolicy": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return w.desk.Tickets.SavePolicy(w.t.Context(), who, w.policy())
		}},
		"ticket.Service.DeletePolicy": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return w.desk.Tickets.DeletePolicy(w.t.Context(), who, w.policy())
		}},
		"ticket.Service.OrderPolicies": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			ids := []string{w.policy().ID}
			return w.desk.Tickets.OrderPolicies(w.t.Context(), who, ids, ids)
		}},
		"ticket.Service.SaveApp": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return w.desk.Tickets.SaveApp(w.t.Context(), who, ticket.NewApp(w.next(), "Shop"))
		}},
		"ticket.Service.SaveCalendar": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return w.desk.Tickets.SaveCalendar(w.t.Context(), who, &ticket.Calendar{ID: w.next(), Name: "Office hours"})
		}},
		"ticket.Service.SaveField": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			w.n++ // a desk has 200 fields at most
			return w.desk.Tickets.SaveField(w.t.Context(), who, &ticket.Field{Key: w.next(), Name: "Field", Type: ticket.Checkbox})
		}},
		"ticket.Service.SaveTag": {may: identity.Organise, do: func(w *office, who event.Actor) error {
			return w.desk.Tickets.SaveTag(w.t.Context(), who, &ticket.Tag{Name: w.next(), Team: "team"})
		}},
		"ticket.Service.SaveView": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return w.desk.Tickets.SaveView(w.t.Context(), who, &ticket.View{Name: w.next()})
		}},
		"ticket.Service.DeleteView": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return w.desk.Tickets.DeleteView(w.t.Context(), who, w.view())
		}},
		"ticket.Service.SaveQuickReply": {may: identity.EditQuickReplies, do: func(w *office, who event.Actor) error {
			q := &ticket.QuickReply{Title: w.next(), Texts: []ticket.ReplyText{{Text: "Thank you."}}}
			return w.desk.Tickets.SaveQuickReply(w.t.Context(), who, q)
		}},
		"ticket.Service.DeleteQuickReply": {may: identity.EditQuickReplies, do: func(w *office, who event.Actor) error {
			return w.desk.Tickets.DeleteQuickReply(w.t.Context(), who, w.reply().ID)
		}},
		"ticket.Service.QuickReply": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			return only(w.desk.Tickets.QuickReply(w.t.Context(), who, w.reply().ID))
		}},
		"ticket.Service.PreviewQuickReply": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			return only(w.desk.Tickets.PreviewQuickReply(w.t.Context(), who, w.ticket().ID, w.reply().ID))
		}},
		"ticket.Service.SendQuickReply": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			return second(w.desk.Tickets.SendQuickReply(w.t.Context(), who, w.ticket().ID, w.reply().ID, ticket.Draft{}))
		}},
	}
}
