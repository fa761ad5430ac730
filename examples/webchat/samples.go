package main

import (
	"context"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// sample is a conversation: lines by turns, the end user first.
type sample struct {
	who      identity.Profile
	title    string
	tags     []string
	priority ticket.Priority
	fields   map[string]any
	agent    string
	queue    string
	lines    []string
	note     string
	resolved bool
	score    int    // a rating, and
	comment  string // what the end user says to it
	sleep    time.Duration
	reason   string
}

func samples() []sample {
	ines := identity.Profile{UserID: "c-3310", Email: "ines@example.com", Name: "Inés Duarte", Language: "es"}
	return []sample{
		{who: ines, title: "Parcel says delivered", tags: []string{"parcel"}, priority: ticket.High, agent: "jonas", fields: map[string]any{"order": "F-20418", "topic": "Delivery"},
			lines: []string{"The tracking says delivered on Friday, but my letter box is empty.", "I'm sorry about that. Could a neighbour have taken it in? I have asked the post meanwhile.", "No, I asked on both sides. It was a birthday present, so I'm in a bit of a hurry."},
			note:  "The depot has no signature for it. If it isn't found by tomorrow, send a new one."},
		{who: ines, title: "Missing birthday parcel", tags: []string{"parcel"}, queue: "orders",
			lines: []string{"Hello, I wrote to you yesterday from my phone: order F-20418 never came. Can somebody look?"}},
		{who: identity.Profile{UserID: "c-2981", Email: "arvid@example.com", Name: "Arvid Solberg", Language: "en"}, title: "Café order", tags: []string{"wholesale", "vip"}, queue: "cafes",
			lines: []string{"Hello, we run two cafés and would like three kilos of Old Stone a month. Do you have a price list?"}},
		{who: identity.Profile{UserID: "c-1420", Email: "hanna@example.com", Name: "Hanna Weiss", Language: "de"}, title: "Pause subscription", tags: []string{"subscription"}, agent: "mira", fields: map[string]any{"topic": "Subscription"},
			lines: []string{"Ich bin im Dezember verreist. Kann ich das Abo einen Monat aussetzen?", "Gern! Der Dezember ist ausgesetzt, im Januar geht es weiter.", "Perfekt, danke!"}, resolved: true,
			score: 5, comment: "So schnell und freundlich, danke!"},
		{who: identity.Profile{UserID: "c-0877", Email: "sol@example.com", Name: "Sol Bianchi", Language: "en"}, title: "Brewing Slow Amber", priority: ticket.Low, agent: "yuki", fields: map[string]any{"topic": "Brewing"},
			lines: []string{"My Slow Amber turns bitter by the second cup. What am I doing wrong?", "Try water just off the boil and only forty seconds for the first three cups. It opens up slowly."}},
		{who: identity.Profile{UserID: "c-1977", Email: "odile@example.com", Name: "Odile Marchand", Language: "fr"}, title: "Colis pour la Réunion", tags: []string{"parcel"}, agent: "jonas", fields: map[string]any{"order": "F-20377", "topic": "Delivery", "ship_by": "2026-12-04"},
			lines: []string{"Bonjour, livrez-vous à la Réunion ? Le site refuse mon code postal.", "Bonjour ! Oui, nous livrons. Je demande au transporteur pourquoi il refuse le code et reviens vers vous."},
			sleep: 20 * time.Hour, reason: "The carrier answers tomorrow"},
		{who: identity.Profile{UserID: "c-3402", Email: "kenji@example.com", Name: "Kenji Mori", Language: "ja"}, title: "春摘みの再入荷", tags: []string{"feedback"}, agent: "yuki", fields: map[string]any{"topic": "Something else"},
			lines: []string{"モーニングテラスはいつ再入荷しますか？", "来週の火曜日に入荷の予定です。入荷しましたらご連絡いたします。", "ありがとうございます。楽しみにしています。"}, resolved: true, score: 4},
	}
}

func sampleConversations(ctx context.Context, desk *frontdesk.Desk) error {
	for _, s := range samples() {
		if err := s.play(ctx, desk); err != nil {
			return fmt.Errorf("sample %s: %w", s.title, err)
		}
	}
	return nil
}

// play has end user and agent say their lines, and what follows.
func (s *sample) play(ctx context.Context, desk *frontdesk.Desk) error {
	u, err := desk.People.Save(ctx, frontdesk.Host(), s.who)
	if err != nil {
		return err
	}
	t, err := desk.Tickets.Create(ctx, ticket.New{Actor: frontdesk.Host(), EndUser: u.ID, Platform: "webchat", Channel: "chat", Title: s.title, Tags: s.tags, Priority: s.priority, Queue: s.queue, Fields: s.fields})
	if err != nil {
		return err
	}
	agent := event.Actor{Kind: event.Agent, ID: s.agent}
	for i, text := range s.lines {
		draft := ticket.Draft{Text: text, ClientID: fmt.Sprint("sample-", i)}
		if i%2 == 0 {
			_, err = desk.Tickets.Write(ctx, ticket.Inbound{EndUser: u.ID, Ticket: t.ID, Draft: draft})
		} else {
			_, _, err = desk.Tickets.Reply(ctx, agent, t.ID, draft)
		}
		if err != nil {
			return err
		}
	}
	return s.end(ctx, desk, t.ID, event.Actor{Kind: event.EndUser, ID: u.ID}, agent)
}

func (s *sample) end(ctx context.Context, desk *frontdesk.Desk, id string, endUser, agent event.Actor) error {
	var steps []func() error
	if s.note != "" {
		steps = append(steps, func() error { _, _, err := desk.Tickets.Note(ctx, agent, id, ticket.Draft{Text: s.note}); return err })
	}
	if s.sleep > 0 {
		steps = append(steps, func() error {
			_, err := desk.Tickets.Snooze(ctx, agent, id, time.Now().Add(s.sleep), s.reason)
			return err
		})
	}
	if s.resolved {
		steps = append(steps, func() error { _, err := desk.Tickets.Resolve(ctx, agent, id); return err })
	}
	if s.score > 0 {
		steps = append(steps,
			func() error { _, err := desk.Tickets.Confirm(ctx, endUser, id, true); return err },
			func() error { _, err := desk.Tickets.Rate(ctx, endUser, id, s.score, s.comment); return err })
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
