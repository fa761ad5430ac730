package main

import (
	"context"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// story is a conversation of the past.
type story struct {
	user, agent, text, label string
	desks
	platform, channel string
	id                string // of its ticket, once there is one
}

func (s *story) by() event.Actor { return event.Actor{Kind: event.Agent, ID: s.agent} }
func (s *story) of() event.Actor { return event.Actor{Kind: event.EndUser, ID: s.user} }

// ticket makes up a conversation that begins at a moment. One that wouldn't be over by now
// isn't begun: the desk opens with the samples' tickets alone.
func (p *play) ticket(at time.Time) {
	row := p.rows[p.IntN(len(p.rows))]
	s := &story{user: p.people[p.IntN(len(p.people))], text: row.Text, label: row.Label, desks: deskFor(row.Label)}
	s.agent = s.agents[p.IntN(len(s.agents))]
	s.platform, s.channel = "webchat", "chat"
	if p.IntN(3) == 0 {
		s.platform, s.channel = "email", "email"
	}
	before, w := len(p.deeds), team()[s.agent]
	p.add(at, s.begin)
	if p.IntN(40) == 0 {
		p.add(w.there(at.Add(p.about(30))), func(ctx context.Context, desk *frontdesk.Desk) error {
			_, err := desk.Tickets.Reject(ctx, s.by(), s.id)
			return err
		})
		return
	}
	taken := w.there(at.Add(p.about(w.speed / 3)))
	p.add(taken, s.give)
	t := w.there(taken.Add(p.about(w.speed)))
	p.add(t, s.reply("Thank you for writing! I am looking into it."))
	for p.IntN(5) < 2 {
		t = t.Add(p.about(6))
		p.add(t, s.write("Thanks. One more thing: does that change anything about my order?"))
		t = w.there(t.Add(p.about(w.speed / 2)))
		p.add(t, s.reply("It doesn't. You will have it as you ordered it."))
	}
	t = w.there(t.Add(p.about(w.handling)))
	p.add(t, s.resolve)
	if p.IntN(14) == 0 {
		t = t.Add(p.about(120))
		p.add(t, s.answer(false))
		p.add(t.Add(time.Minute), s.write("Sorry, it isn't solved: it came up again."))
		t = w.there(t.Add(p.about(w.speed) + time.Minute))
		p.add(t, s.reply("That shouldn't be. Now it is put right."))
		t = w.there(t.Add(p.about(w.handling)))
		p.add(t, s.resolve)
	}
	if p.IntN(5) < 3 {
		t = t.Add(p.about(20))
		p.add(t, s.answer(true))
		if p.IntN(3) < 2 {
			t = t.Add(time.Minute)
			p.add(t, s.rate(min(5, max(1, int(w.kindness+0.9*p.NormFloat64()+0.5)))))
		}
	}
	if !t.Before(p.end) {
		p.deeds = p.deeds[:before]
	}
}

func (s *story) begin(ctx context.Context, desk *frontdesk.Desk) error {
	t, err := desk.Tickets.Create(ctx, ticket.New{Actor: frontdesk.Host(), EndUser: s.user, Platform: s.platform, Channel: s.channel, Queue: s.queue, Tags: s.tags, Fields: map[string]any{"topic": s.topic}})
	if err != nil {
		return err
	}
	s.id = t.ID
	if _, err := desk.Tickets.Apply(ctx, frontdesk.Host(), s.id, ticket.Action{Do: ticket.DoLabel, Text: s.label}); err != nil {
		return err
	}
	return s.write(s.text)(ctx, desk)
}

// give has the agent take it.
func (s *story) give(ctx context.Context, desk *frontdesk.Desk) error {
	_, err := desk.Tickets.Assign(ctx, frontdesk.Host(), s.id, s.agent)
	return err
}

func (s *story) write(text string) func(context.Context, *frontdesk.Desk) error {
	return func(ctx context.Context, desk *frontdesk.Desk) error {
		_, err := desk.Tickets.Write(ctx, ticket.Inbound{EndUser: s.user, Ticket: s.id, Draft: ticket.Draft{Text: text}})
		return err
	}
}

func (s *story) reply(text string) func(context.Context, *frontdesk.Desk) error {
	return func(ctx context.Context, desk *frontdesk.Desk) error {
		_, _, err := desk.Tickets.Reply(ctx, s.by(), s.id, ticket.Draft{Text: text})
		return err
	}
}

func (s *story) resolve(ctx context.Context, desk *frontdesk.Desk) error {
	_, err := desk.Tickets.Resolve(ctx, s.by(), s.id)
	return err
}

// answer says whether it is solved, where that is asked: only chats ask.
func (s *story) answer(solved bool) func(context.Context, *frontdesk.Desk) error {
	return func(ctx context.Context, desk *frontdesk.Desk) error {
		if s.platform != "webchat" {
			return nil
		}
		_, err := desk.Tickets.Confirm(ctx, s.of(), s.id, solved)
		return err
	}
}

func (s *story) rate(score int) func(context.Context, *frontdesk.Desk) error {
	return func(ctx context.Context, desk *frontdesk.Desk) error {
		if s.platform != "webchat" {
			return nil
		}
		_, err := desk.Tickets.Rate(ctx, s.of(), s.id, score, "")
		return err
	}
}

// chatWithLeaf is an evening's conversation with the bot: what the end user says, by turns.
type chatWithLeaf struct {
	story
	at    time.Time
	lines []string
}

// chats makes up an evening's chats with Leaf. What he hands on is done the next working
// day; shortly before now, he hands nothing on.
func (p *play) chats(evening time.Time) (all []*chatWithLeaf) {
	for i := range 4 + p.IntN(6) {
		c := &chatWithLeaf{at: evening.Add(time.Duration(i) * 4 * time.Minute)}
		c.user, c.platform, c.channel = p.people[p.IntN(len(p.people))], "webchat", "chat"
		c.agents = []string{"jonas"}
		number := fmt.Sprint(10000 + p.IntN(8000)*10 + 1 + p.IntN(6)) // never one that isn't known, or late
		late := p.end.Sub(evening) > 4*24*time.Hour
		switch kind := p.IntN(10); {
		case kind < 6 || !late:
			c.lines = []string{"Where is my order?", number, evening.AddDate(0, 0, -3).Format(time.DateOnly), "Yes"}
		case kind < 8:
			c.lines, c.agents = []string{"Talk to a person"}, []string{"mira"}
		default:
			c.lines = []string{"Where is my order?", number[:4] + "7", evening.AddDate(0, 0, -9).Format(time.DateOnly)}
		}
		if c.at.Add(time.Hour).After(p.end) {
			break
		}
		all = append(all, c)
		if c.agent = c.agents[0]; len(c.lines) != 4 {
			w := team()[c.agent]
			t := w.there(evening.Add(4*time.Hour + p.about(w.speed)))
			p.add(t, c.reply("Good morning! I have Leaf's notes here, and look at once."))
			p.add(w.there(t.Add(p.about(w.handling))), c.resolve)
		}
	}
	return all
}

// leaf plays an evening's chats, all of them a line at a time.
func (p *play) leaf(ctx context.Context, chats []*chatWithLeaf) error {
	if len(chats) == 0 {
		return nil
	}
	for _, c := range chats {
		p.clock.set(c.at)
		t, err := p.desk.Tickets.Create(ctx, ticket.New{Actor: frontdesk.Host(), EndUser: c.user, Platform: c.platform, Channel: c.channel, Fields: map[string]any{"topic": other}})
		if err != nil {
			return err
		}
		c.id = t.ID
		if _, err := p.desk.Tickets.AssignBot(ctx, frontdesk.Host(), c.id, leaf); err != nil {
			return err
		}
	}
	if err := p.settle(ctx); err != nil {
		return err
	}
	for turn := range 4 {
		for i, c := range chats {
			if turn >= len(c.lines) {
				continue
			}
			p.clock.set(chats[len(chats)-1].at.Add(time.Duration(turn+1)*time.Minute + time.Duration(i)*3*time.Second))
			if err := c.write(c.lines[turn])(ctx, p.desk); err != nil {
				return err
			}
		}
		if err := p.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// readers have the help center read: known ones and others, more of them as time goes by.
func (p *play) readers(ctx context.Context, first time.Time, days int) error {
	var ids []string
	for _, r := range readings() {
		a, err := p.desk.FAQ.ArticleByExternal(ctx, frontdesk.Host(), ticket.DefaultApp, r.article)
		if err != nil {
			return fmt.Errorf("article %s: %w", r.article, err)
		}
		for range r.views {
			ids = append(ids, a.ID)
		}
	}
	words := []string{"parcel", "pause", "voucher", "refund", "caffeine", "matcha", "gift wrapping"}
	for d := range days + 1 {
		for n := range 8 + 9*d/days + p.IntN(8) {
			v := faq.Viewer{App: ticket.DefaultApp, Platform: "webchat", Languages: []string{[]string{"en", "de", "en", "ja"}[p.IntN(4)]}, Session: fmt.Sprint("past-", d, "-", n)}
			if p.IntN(2) == 0 {
				v.Actor, v.Session = event.Actor{Kind: event.EndUser, ID: p.people[p.IntN(len(p.people))]}, ""
			}
			p.read(first.AddDate(0, 0, d).Add(8*time.Hour+time.Duration(p.IntN(13*60))*time.Minute), v, ids[p.IntN(len(ids))], words[p.IntN(len(words))])
		}
	}
	return nil
}

// read has somebody search now and then, open an article, and say whether it helped.
func (p *play) read(at time.Time, v faq.Viewer, article, word string) {
	hits, vote := 3, p.IntN(6)
	if word == "matcha" || word == "gift wrapping" {
		hits = 0
	}
	if p.IntN(3) == 0 {
		p.add(at.Add(-time.Minute), func(ctx context.Context, desk *frontdesk.Desk) error {
			_, err := desk.FAQ.Searched(ctx, v, word, hits)
			return err
		})
	}
	p.add(at, func(ctx context.Context, desk *frontdesk.Desk) error {
		if err := desk.FAQ.View(ctx, v, article, ""); err != nil || vote > 1 {
			return err
		}
		opinion := faq.Helpful
		if vote == 1 && len(word) > 6 {
			opinion = faq.Unhelpful
		}
		return desk.FAQ.Vote(ctx, v, article, faq.Feedback{Opinion: opinion})
	})
}
