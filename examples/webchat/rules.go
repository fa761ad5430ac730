package main

import (
	"context"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The shop's rules, in their order: what happens by itself there. Where the shop has
// no bot, a visitor who writes for the first time sees the fourth one at work.
func rules() []*automation.Rule {
	return append(arrivals(), later()...)
}

// said is a text in the shop's languages.
func said(en, de string) []ticket.ReplyText {
	return []ticket.ReplyText{{Text: en}, {Language: "de", Text: de}}
}

// do are actions that need no texts.
func do(all ...ticket.Action) (out []automation.Action) {
	for _, a := range all {
		out = append(out, automation.Action{Action: a})
	}
	return out
}

// arrivals are about what comes in.
func arrivals() []*automation.Rule {
	reply, ask := ticket.Action{Do: ticket.DoReply}, ticket.Action{Do: automation.DoAsk}
	comes, writes := automation.Trigger{Kind: automation.OnCreated}, automation.Trigger{Kind: automation.OnEvent, Events: []automation.Event{automation.EventEndUserMessage}}
	return []*automation.Rule{
		{ID: "vips-first", Name: "VIPs first", On: automation.Trigger{Kind: automation.OnEvent, Events: []automation.Event{automation.EventTags}}, When: `"vip" in ticket.tags`,
			Do: do(ticket.Action{Do: ticket.DoAssignQueue, To: "vip"}, ticket.Action{Do: ticket.DoPriority, Text: "high"})},
		{ID: "refunds", Name: "Refunds go to Returns", Description: "Whatever the visitor writes in capitals or not.", On: comes,
			When: `lower(message.text) contains "refund" or lower(message.text) contains "money back" or lower(message.text) contains "erstattung"`,
			Do:   do(ticket.Action{Do: ticket.DoAssignQueue, To: "returns"}, ticket.Action{Do: ticket.DoAddTags, Tags: []string{"refund"}}, ticket.Action{Do: ticket.DoPriority, Text: "high"})},
		{ID: "at-night", Name: "Thank at night", On: comes, When: `not time.business and not user.known`,
			Do: []automation.Action{{Action: reply, Texts: said("Thank you for writing! It is night at Fernhill now. We read this first thing when we open, and answer you here.",
				"Danke für Ihre Nachricht! Bei Fernhill ist gerade geschlossen. Wir lesen sie, sobald wir öffnen, und antworten Ihnen hier.")}}},
		{ID: "topic", Name: "Ask what it is about", On: comes, When: `not user.known and user.language startsWith "en" and not ("refund" in ticket.tags)`,
			Do: []automation.Action{{Action: ask, Texts: []ticket.ReplyText{{Text: "So that this reaches the right one of us: what is it about?"}}, Choices: []string{"Delivery", "Brewing", "Subscription", "Something else"}}}},
		{ID: "deliveries", Name: "Deliveries go to Orders", On: writes, When: `message.text == "Delivery"`,
			Do: append(do(ticket.Action{Do: ticket.DoField, To: "topic", Text: "Delivery"}, ticket.Action{Do: ticket.DoAddTags, Tags: []string{"parcel"}}, ticket.Action{Do: ticket.DoAssignQueue, To: "orders"}),
				automation.Action{Action: reply, Texts: said("Thank you. Do you have the order number at hand? It begins with F-.", "Danke. Haben Sie die Bestellnummer zur Hand? Sie beginnt mit F-.")})},
	}
}

// later are about what has waited, and about how it ended.
func later() []*automation.Rule {
	silent := func(after time.Duration) automation.Trigger {
		return automation.Trigger{Kind: automation.OnTime, Clock: automation.ClockSilent, After: after}
	}
	waits := automation.Trigger{Kind: automation.OnTime, Clock: automation.ClockFirst, After: 45 * time.Minute, Business: true}
	rated, filled := []automation.Event{automation.EventRated}, []automation.Event{automation.EventField}
	tell := automation.Action{Action: ticket.Action{Do: automation.DoNotify, Text: "Nobody has answered this for 45 minutes."}, Groups: []string{"tea", "parcels"}}
	look := automation.Action{Action: ticket.Action{Do: automation.DoNotify, Text: "A bad rating: please have a look."}, Agents: []string{"yuki", "assignee"}}
	return []*automation.Rule{
		{ID: "too-long", Name: "Escalate what waits too long", On: waits, When: `ticket.queue in ["default", "orders"]`, Do: append(do(ticket.Action{Do: ticket.DoEscalate, To: "vip"}), tell)},
		{ID: "nudge", Name: "Ask again after a day of silence", On: silent(24 * time.Hour), When: `ticket.status == "agent_replied"`,
			Do: []automation.Action{{Action: ticket.Action{Do: ticket.DoReply}, Texts: said("Did that answer your question? Just write here if not; else we close this in two days.",
				"Hat das Ihre Frage beantwortet? Wenn nicht, schreiben Sie einfach hier; sonst schließen wir das in zwei Tagen.")}}},
		{ID: "silence", Name: "Resolve after three days of silence", On: silent(72 * time.Hour), When: `ticket.status == "agent_replied"`, Do: do(ticket.Action{Do: ticket.DoResolve})},
		{ID: "rating", Name: "Somebody looks at a bad rating", On: automation.Trigger{Kind: automation.OnEvent, Events: rated}, When: `rating.score <= 2`,
			Do: append(do(ticket.Action{Do: ticket.DoAddTags, Tags: []string{"feedback"}}), look)},
		{ID: "morning", Name: "What has waited overnight comes first", On: automation.Trigger{Kind: automation.OnSchedule, Cron: "0 9 * * 1-5", Zone: "Europe/Berlin"},
			When: `now - ticket.waiting_since > hours(12) and ticket.priority != "urgent"`, Do: do(ticket.Action{Do: ticket.DoPriority, Text: "high"})},
		{ID: "warehouse", Name: "Tell the warehouse of replacements", Description: "Off until the warehouse has an address of its own.", Off: true, On: automation.Trigger{Kind: automation.OnEvent, Events: filled, Fields: []string{"replacement"}},
			When: `field.replacement`, Do: do(ticket.Action{Do: automation.DoWebhook, To: "https://warehouse.fernhill.example/replacements", Text: "a secret that the warehouse knows"})},
	}
}

// automate gives the desk its rules. Where a bot asks what it is about, none does.
func automate(ctx context.Context, desk *frontdesk.Desk, bots bool) error {
	for _, r := range rules() {
		if bots && (r.ID == "topic" || r.ID == "deliveries" || r.ID == "at-night") {
			continue
		}
		if err := desk.Rules.SaveRule(ctx, frontdesk.Host(), r); err != nil {
			return fmt.Errorf("rule %s: %w", r.Name, err)
		}
	}
	return nil
}
