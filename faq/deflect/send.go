package deflect

import (
	"context"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The limits of what is sent.
const (
	maxSent     = 20   // articles of a ticket that are remembered as its answers
	maxSentText = 2000 // characters of an article that is sent as text
)

// sending is that an agent has sent an article on a ticket.
type sending struct {
	Ticket   string    `json:"ticket"`
	Article  string    `json:"article"`
	Language string    `json:"language"`
	By       string    `json:"by"` // agent
	Time     time.Time `json:"time"`
	Answered bool      `json:"answered,omitempty"` // the ticket was resolved with it
	Message  string    `json:"message,omitempty"`  // id of the one whose words are remembered
	Answer   string    `json:"answer,omitempty"`   // as which they are
	Rev      store.Rev `json:"-"`
}

var sendings = &store.Collection[sending]{
	Name:       "faq_sending",
	Key:        func(s *sending) string { return s.Ticket + "/" + s.Article },
	Rev:        func(s *sending) *store.Rev { return &s.Rev },
	Columns:    []store.Column[sending]{{Name: "message", Kind: store.Text, Of: (*sending).words}},
	Indexes:    []store.Index{{Name: "message", On: []string{"message"}}},
	Impersonal: "holds ids",
}

func (s *sending) words() any {
	if s.Message == "" {
		return nil
	}
	return s.Message
}

func sentOn(ticket string) store.Query {
	return store.ByKey().From(ticket + "/").To(ticket + "0").Limit(maxSent)
}

// Send replies to a ticket with an article: the words of the draft, if there are any, then
// its title and the address of its page, or its text. The end user has to be one who may
// see it, in the language that he gets it in: else it is store.ErrNotFound. An agent needs
// the permissions to reply and SuggestFAQs. As of all replies, the same client id again gives
// the first message. If the ticket is resolved then, the article is remembered as the answer
// to what the end user wrote first; what bots and rules send isn't.
func (s *Service) Send(ctx context.Context, actor event.Actor, id, article string, d ticket.Draft) (t *ticket.Ticket, m *ticket.Message, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if t, err = s.mayOn(ctx, tx, actor, id); err != nil {
			return err
		}
		v, err := s.viewer(ctx, tx, actor, t)
		if err != nil {
			return err
		}
		p, err := s.FAQ.In(tx).Read(ctx, v, article)
		if err != nil {
			return err
		}
		whole := d
		whole.Text = s.letter(d.Text, p)
		if t, m, err = s.Tickets.In(tx).Reply(ctx, actor, id, whole); err != nil || actor.Kind != event.Agent {
			return err
		}
		return s.noteSending(ctx, tx, &sending{Ticket: id, Article: p.Article.ID, Language: p.Language, By: actor.ID, Time: s.now()})
	})
	if err != nil {
		return nil, nil, err
	}
	return t, m, nil
}

// letter is the reply with an article.
func (s *Service) letter(words string, p *faq.Page) string {
	parts := []string{p.Title}
	if link := s.link(p.Article, p.Language); link != "" {
		parts[0] += "\n" + link
	} else if text := strings.TrimSpace(p.Text); text != "" {
		short := cut(text, maxSentText)
		if short != text {
			short += " …"
		}
		parts = append(parts, short)
	}
	if words = strings.TrimSpace(words); words != "" {
		parts = append([]string{words}, parts...)
	}
	return strings.Join(parts, "\n\n")
}

func (s *Service) noteSending(ctx context.Context, tx *store.Tx, n *sending) error {
	if _, err := sendings.Get(ctx, tx, n.Ticket+"/"+n.Article); !missing(err) {
		return err // once is enough
	}
	sent, err := sendings.Count(ctx, tx, sentOn(n.Ticket))
	if err != nil || sent >= maxSent {
		return err
	}
	return sendings.Put(ctx, tx, n)
}

// followTickets remembers what was sent on a ticket that is resolved now, each article
// once, and forgets it when the words are redacted that it is remembered for.
func (s *Service) followTickets(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	for _, e := range es {
		var err error
		switch e.Type {
		case ticket.Resolved:
			err = s.answered(ctx, tx, e.Subject)
		case ticket.Redacted:
			err = s.redacted(ctx, tx, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) answered(ctx context.Context, tx *store.Tx, id string) error {
	var sent []*sending
	for n, err := range sendings.Scan(ctx, tx, sentOn(id)) {
		if err != nil {
			return err
		}
		if !n.Answered {
			sent = append(sent, n)
		}
	}
	if len(sent) == 0 {
		return nil
	}
	t, err := s.Tickets.In(tx).Get(ctx, system(), id)
	if missing(err) || err == nil && (t.Erased || t.Merged != nil) {
		return nil
	}
	if err != nil {
		return err
	}
	m, err := s.asked(ctx, tx, t)
	if err != nil {
		return err
	}
	for _, n := range sent {
		n.Answered = true
		if m != nil {
			if err := s.rememberSent(ctx, tx, n, m, t.EndUser); err != nil {
				return err
			}
		}
		if err := sendings.Put(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}

// asked is what the end user wrote first on a ticket; nil if he wrote nothing.
func (s *Service) asked(ctx context.Context, tx *store.Tx, t *ticket.Ticket) (*ticket.Message, error) {
	ms, _, err := s.Tickets.In(tx).Messages(ctx, system(), t.ID, 0, 0, newest)
	if err != nil {
		return nil, err
	}
	for _, m := range ms {
		if said(m) && question(m) != "" {
			return m, nil
		}
	}
	return nil, nil
}
