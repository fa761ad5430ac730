package ticket

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// add appends a message to the conversation.
func (s *Service) add(ctx context.Context, tx *store.Tx, c *Change, kind Kind, d Draft) (*Message, error) {
	t := c.After
	if err := s.leaveFiles(ctx, tx, c, &d); err != nil {
		return nil, err
	}
	m := &Message{Ticket: t.ID, Seq: t.Marks.Last + 1, Kind: kind, Author: c.Actor, ClientID: d.ClientID,
		Text: store.CleanText(d.Text), Quoted: store.CleanText(d.Quoted), Mentions: d.Mentions, Choices: slices.Clone(d.Choices), Page: d.Page, Time: c.Time, EndUser: t.EndUser}
	if (c.Actor.Kind == event.Bot || c.Actor.Kind == event.Automation) && kind == Public {
		m.Form, m.Text = d.Form.kept(m.Text)
	}
	if c.Actor.Kind == event.EndUser && c.Actor.ID != t.EndUser {
		m.About = c.Actor.ID // a person in copy
	}
	if d.meant != t.ID {
		m.Sent = d.meant
	}
	if d.HTML != "" && s.sanitize != nil {
		m.HTML = store.CleanText(s.sanitize(d.HTML))
	}
	c.maskMessage(m)
	if len(m.Text)+len(m.HTML)+len(m.Quoted) > maxMessage {
		m.HTML = "" // the text says the same
	}
	if c.Actor.Kind == event.EndUser || kind != Public {
		m.Choices = nil
	}
	for i, choice := range m.Choices {
		m.Choices[i] = store.CleanText(choice)
	}
	if m.Text == "" && m.HTML == "" && len(d.Attachments) == 0 {
		return nil, &store.FieldError{Field: "message.text", Reason: "is empty, and nothing is left of the HTML"}
	}
	if m.Page != nil {
		m.Page = &Page{shorten(m.Page.URL, maxPage), shorten(m.Page.Title, MaxTitle)}
	}
	// Nothing is written for who was erased; of end users who write themselves, and
	// of new tickets, that is known by now.
	if c.Before != nil && c.Actor.Kind != event.EndUser {
		if _, err := s.people.Writer(ctx, tx, t.EndUser); err != nil {
			return nil, err
		}
	}
	if err := s.claim(ctx, tx, m, d.Attachments); err != nil {
		return nil, err
	}
	if d.from != nil {
		m.QuickReply = d.from.ID
		if err := s.attach(ctx, tx, m, d.from); err != nil {
			return nil, err
		}
	}
	if t.Marks.Last = m.Seq; m.Visible() {
		t.Marks.Visible = m.Seq
	}
	f := &Facts{Seq: m.Seq, Message: kind, Author: m.Author}
	if m.Answers = d.answers; m.Answers != "" {
		t.noted(m)
		c.Messages = append(c.Messages, m)
		c.Record(FeedbackGiven, f)
		return m, nil
	}
	if kind == Public {
		f.Waited = t.heard(m).Microseconds()
	}
	c.Messages = append(c.Messages, m)
	if c.Before != nil {
		c.Record(MessageAdded, f)
	}
	if d.from != nil {
		c.Record(QuickReplyUsed, &Facts{Seq: m.Seq, QuickReply: d.from.ID})
	}
	return m, nil
}

// Reply sends a public message of an agent, bot or automation. An agent who
// replies to a ticket that nobody has, or a bot, takes it. A resolved ticket stays
// resolved unless the draft asks to reopen it. A draft that names the last message
// its author saw is store.ErrStale if a newer public one is there.
func (s *Service) Reply(ctx context.Context, actor event.Actor, id string, d Draft) (t *Ticket, m *Message, err error) {
	if err := staffOnly(actor); err != nil {
		return nil, nil, err
	}
	if err := d.check(MaxBody); err != nil {
		return nil, nil, err
	}
	d.meant = id
	err = arriving(id, func(id string) error {
		t, m, err = s.reply(ctx, actor, id, d)
		return err
	})
	if err != nil {
		return nil, nil, err // m may be of an attempt that was undone
	}
	return t, m, nil
}

func (s *Service) reply(ctx context.Context, actor event.Actor, id string, d Draft) (t *Ticket, m *Message, err error) {
	var at *Ticket // where it is already
	t, err = s.change(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) (err error) {
		if at, m, err = s.repeated(ctx, tx, c.Before, actor, Public, &d); m != nil || err != nil {
			return err
		}
		if d.Seen > 0 && (c.Before.Marks.Public > d.Seen || d.meant != id) {
			return &store.Error{Op: "reply to", Collection: "ticket", Key: id, Err: store.ErrStale}
		}
		what := actAutomatic
		switch {
		case actor.Kind == event.Agent && d.Reopen:
			what = actReplyOpen
		case actor.Kind == event.Agent:
			what = actReply
		}
		to, err := c.Before.Status.after(what)
		if err != nil {
			return err
		}
		if m, err = s.add(ctx, tx, c, Public, d); err != nil {
			return err
		}
		c.After.Status = to
		if actor.Kind == event.Agent {
			c.After.endFeedback(c)
			s.answered(c)
		}
		return nil
	})
	return cmp.Or(at, t), m, err
}

// answered gives the ticket to the agent who replied, and tells a reopening.
func (s *Service) answered(c *Change) {
	t := c.After
	if c.Before.Status == StatusResolved && t.Status.Open() {
		t.revive(c, t.Status)
		c.Record(Reopened, &Facts{From: t.Assignee, To: t.Assignee, Group: t.Group, Queue: t.Queue})
	}
	if !t.Status.Open() || t.Assignee.Kind == event.Agent {
		return
	}
	from := t.Assignee
	t.Assignee, t.LastAgent = c.Actor, c.Actor.ID
	first(&t.Times.FirstAssigned, c.Time)
	c.Record(Assigned, &Facts{From: from, To: t.Assignee, Group: t.Group, Queue: t.Queue, Move: MoveTaken, Forced: true})
	t.admit(c)
}

// Note adds what only staff sees. Mentioned agents must be active.
func (s *Service) Note(ctx context.Context, actor event.Actor, id string, d Draft) (t *Ticket, m *Message, err error) {
	if err := d.check(MaxBody); err != nil {
		return nil, nil, err
	}
	if err := staffOnly(actor); err != nil {
		return nil, nil, err
	}
	d.Mentions = slices.Compact(slices.Sorted(slices.Values(d.Mentions)))
	d.meant = id
	err = arriving(id, func(id string) error {
		t, m, err = s.note(ctx, actor, id, d)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return t, m, nil
}

func (s *Service) note(ctx context.Context, actor event.Actor, id string, d Draft) (t *Ticket, m *Message, err error) {
	var at *Ticket // where it is already
	t, err = s.change(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) (err error) {
		if at, m, err = s.repeated(ctx, tx, c.Before, actor, Note, &d); m != nil || err != nil {
			return err
		}
		for _, agent := range d.Mentions {
			if _, err := s.people.Member(ctx, tx, agent); errors.Is(err, store.ErrNotFound) {
				return &store.FieldError{Field: "message.mentions", Reason: "there is no active agent " + agent}
			} else if err != nil {
				return err
			}
		}
		m, err = s.add(ctx, tx, c, Note, d)
		return err
	})
	return cmp.Or(at, t), m, err
}

// Announce adds a line of the desk's own that both sides see. It counts as nobody's
// message, and starts and stops no wait.
func (s *Service) Announce(ctx context.Context, actor event.Actor, id, text string) (t *Ticket, m *Message, err error) {
	d := Draft{Text: text}
	if err := d.check(MaxBody); err != nil {
		return nil, nil, err
	}
	if err := staffOnly(actor); err != nil {
		return nil, nil, err
	}
	t, err = s.change(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) (err error) {
		m, err = s.add(ctx, tx, c, System, d)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return t, m, nil
}

// staffOnly refuses end users what isn't theirs to do.
func staffOnly(actor event.Actor) error {
	if actor.Kind == event.EndUser {
		return &identity.PermissionError{Actor: actor, Permission: identity.Converse}
	}
	return nil
}
