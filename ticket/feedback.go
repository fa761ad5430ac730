package ticket

import (
	"context"
	"fmt"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// FeedbackBot is the bot that talks with the end user about the ticket's resolution now,
// or "". What he writes meanwhile are answers to it: they change neither status nor wait.
func (t *Ticket) FeedbackBot() string {
	if t.Status != StatusResolved || t.Resolution == nil || t.Merged != nil || t.Erased {
		return ""
	}
	return t.Resolution.Bot
}

// askFeedback has the end user asked about the resolution, by the platform's feedback bot
// if that is at work, else by a survey where the platform asks one.
func (s *Service) askFeedback(ctx context.Context, tx *store.Tx, c *Change, p *Platform) error {
	if p.FeedbackBot != "" {
		ok, err := s.there(ctx, tx, Place{Bot: p.FeedbackBot, Feedback: true})
		if err != nil {
			return err
		}
		if ok {
			r := *c.After.Resolution
			r.Bot, r.From = p.FeedbackBot, c.After.Marks.Last
			c.After.Resolution = &r
			return nil
		}
	}
	if p.CSAT {
		c.After.ask(c, p)
	}
	return nil
}

// endFeedback ends what a feedback bot asks.
func (t *Ticket) endFeedback(c *Change) {
	if t.Resolution == nil || t.Resolution.Bot == "" {
		return
	}
	r := *t.Resolution
	r.Bot = ""
	t.Resolution = &r
	c.Record(FeedbackEnded, &Facts{From: event.Actor{Kind: event.Bot, ID: c.Before.Resolution.Bot}})
}

// EndFeedback says that nobody asks any more about the ticket's resolution: a feedback
// bot does so when it is done. Where none asks, nothing changes.
func (s *Service) EndFeedback(ctx context.Context, actor event.Actor, id string) (*Ticket, error) {
	if err := staffOnly(actor); err != nil {
		return nil, err
	}
	return s.change(ctx, actor, id, func(_ context.Context, _ *store.Tx, c *Change) error {
		c.After.endFeedback(c)
		return nil
	})
}

// SendBack reopens a resolved ticket in the end user's name, as a message of his would:
// it goes to whom the app's policy names, whatever the window, and he waits from now on.
// Any other ticket is a *TransitionError.
func (s *Service) SendBack(ctx context.Context, actor event.Actor, id string) (*Ticket, error) {
	if err := staffOnly(actor); err != nil {
		return nil, err
	}
	return s.change(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		t := c.After
		if t.Erased {
			return t.erased("reopen")
		}
		app, err := apps.Shared(ctx, tx, t.App)
		if err != nil {
			return err
		}
		if err := s.reopen(ctx, tx, c, app.Reopen); err != nil {
			return err
		}
		if t.BotHasIt() {
			t.Held = c.Time
		} else {
			t.WaitingSince = c.Time
		}
		return nil
	})
}

// answerBot keeps what the end user writes to a feedback bot.
func (s *Service) answerBot(ctx context.Context, tx *store.Tx, in Inbound, before *Ticket, app *App) (*Written, error) {
	after := *before
	c := &Change{Before: before, After: &after, Actor: in.actor(), Time: s.now()}
	var err error
	if c.scrub, err = s.masking(c.Actor, app); err != nil {
		return nil, err
	}
	in.answers = before.FeedbackBot()
	m, err := s.add(ctx, tx, c, Public, in.Draft)
	if err != nil {
		return nil, err
	}
	if err := s.commit(ctx, tx, c); err != nil {
		return nil, err
	}
	return &Written{Ticket: c.After, Message: m, Warnings: c.left}, nil
}

// noted is what an answer to a feedback bot does to the ticket: much less than heard.
func (t *Ticket) noted(m *Message) {
	t.Marks.Public = m.Seq
	t.Marks.EndUserRead, t.Marks.EndUserGot, t.Marks.EndUserUnread = m.Seq, m.Seq, 0
	t.Preview = m.preview()
}

// rater lets the end user rate, the host in his name, and the feedback bot that asks him,
// whose asking is the survey.
func (s *Service) rater(ctx context.Context, tx *store.Tx, c *Change) error {
	t := c.After
	if c.Actor.Kind != event.Bot {
		return s.notStaff(ctx, tx, c)
	}
	if t.FeedbackBot() != c.Actor.ID {
		return fmt.Errorf("rating of ticket %s: %w", t.ID, &identity.PermissionError{Actor: c.Actor, Permission: identity.Speak})
	}
	if t.Resolution.Survey.Asked.IsZero() {
		p, err := s.platform(ctx, tx, t)
		if err != nil {
			return err
		}
		t.ask(c, p)
	}
	return nil
}
