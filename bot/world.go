package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// world is a ticket in which a flow runs, in one transaction.
type world struct {
	s  *Service
	tx *store.Tx
	t  *ticket.Ticket
	r  *run
	p  *player

	about *subject
	said  int
}

func (s *Service) newWorld(ctx context.Context, tx *store.Tx, t *ticket.Ticket, r *run, p *player) *world {
	return &world{s: s, tx: tx, t: t, r: r, p: p, about: &subject{ctx: ctx, tx: tx, s: s, bot: r.Bot, t: t}}
}

// failure is the error of a step, if it is one.
func failure(err error) (*flow.Failure, bool) { return errors.AsType[*flow.Failure](err) }

// own makes an error of a step of one that isn't the transaction's or the store's.
func own(ctx context.Context, err error) error {
	if err == nil || store.Broken(err) || ctx.Err() != nil {
		return err
	}
	return &flow.Failure{Err: err}
}

// languages are the end user's.
func (w *world) languages() (tags []string) {
	for _, tag := range []string{w.t.Language, w.about.user().Language} {
		if tag != "" && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}

// Value implements flow.World.
func (w *world) Value(name string) string { return w.about.value(name) }

// Holds implements flow.World.
func (w *world) Holds(_ context.Context, condition string, s *flow.State) (bool, error) {
	c := w.p.conditions[condition]
	if c == nil {
		return false, &flow.Failure{Err: fmt.Errorf("condition %q isn't known", condition)}
	}
	w.about.f = s
	return c.Match(w.about), w.about.err
}

// Do implements flow.World. What fails is undone alone.
func (w *world) Do(ctx context.Context, e flow.Effect) error {
	reason := "bot " + w.r.Bot
	if e.Step != "" {
		reason += ", step " + e.Step
	}
	if e.Why != "" {
		reason += ": " + string(e.Why)
	}
	ctx = event.Because(ctx, event.Cause{Depth: 1, Reason: reason})
	if e.Err != nil {
		w.s.log.WarnContext(ctx, "a bot's step failed", "bot", w.r.Bot, "step", e.Step, "ticket", w.t.ID, "error", e.Err)
	}
	err := w.tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return w.do(ctx, tx, e) })
	if err != nil && (e.HandOff != nil || e.Reopen != nil || e.Resolve) {
		if err = own(ctx, err); err != nil {
			if _, ok := failure(err); !ok {
				return err
			}
			// Where it should go isn't there any more: people get it all the same.
			if e.Reopen != nil {
				_, err = w.s.Tickets.In(w.tx).SendBack(ctx, actorOf(w.r.Bot), w.t.ID)
				return own(ctx, err)
			}
			return w.s.giveUp(ctx, w.tx, w.t, reason+" can't hand off: "+err.Error())
		}
	}
	return own(ctx, err)
}

func (w *world) do(ctx context.Context, tx *store.Tx, e flow.Effect) (err error) {
	tickets, bot, id := w.s.Tickets.In(tx), actorOf(w.r.Bot), w.t.ID
	now := w.t
	switch {
	case e.Say != nil:
		w.said++
		d := ticket.Draft{ClientID: fmt.Sprintf("%s/%d/%d", w.r.ID, w.r.Turn, w.said), Text: e.Say.Text, Choices: e.Say.Choices, Form: formOf(e.Say)}
		now, _, err = tickets.Reply(ctx, bot, id, d)
	case e.Set != nil:
		now, err = w.set(ctx, tx, e.Set)
	case e.Resolve:
		now, err = tickets.Resolve(ctx, bot, id)
	case e.HandOff != nil:
		now, err = w.handOff(ctx, tx, e.HandOff)
	case e.Reopen != nil:
		now, err = tickets.SendBack(ctx, bot, id)
		if h := e.Reopen; err == nil && h.Queue+h.Group+h.Agent+h.Bot != "" {
			now, err = w.handOff(ctx, tx, h)
		}
	case e.End:
		now, err = tickets.EndFeedback(ctx, bot, id)
	}
	if err != nil {
		return err
	}
	w.t, w.about.t = now, now
	if e.Set != nil { // what conditions and placeholders are about
		w.about.turn(now)
	}
	return nil
}

// formOf is how what is said can be answered, and what is shown with it.
func formOf(m *flow.Message) *ticket.Form {
	if m.Form == nil && len(m.Articles) == 0 {
		return nil
	}
	f := &ticket.Form{}
	if m.Form != nil {
		f.Kind, f.Min, f.Max, f.Skip = ticket.FormKind(m.Form.Kind), m.Form.Min, m.Form.Max, m.Form.Skip
	}
	for _, a := range m.Articles {
		f.Articles = append(f.Articles, ticket.Card(a))
	}
	return f
}

func (w *world) set(ctx context.Context, tx *store.Tx, c *flow.Change) (*ticket.Ticket, error) {
	bot := actorOf(w.r.Bot)
	if (c.Name != "" || c.Email != "") && !w.about.private() {
		ws, err := w.s.People.In(tx).Claim(ctx, bot, w.t.EndUser, identity.Profile{Name: c.Name, Email: c.Email})
		if err != nil {
			return nil, err
		}
		for _, x := range ws {
			w.s.log.InfoContext(ctx, "what an end user told a bot isn't taken", "bot", w.r.Bot, "ticket", w.t.ID, "field", x.Field)
		}
	}
	if c.Score > 0 {
		if _, err := w.s.Tickets.In(tx).Rate(ctx, bot, w.t.ID, c.Score, c.Comment); err != nil {
			return nil, err
		}
	}
	e := ticket.Edit{AddTags: c.AddTags, RemoveTags: c.RemoveTags}
	if c.Title != "" {
		e.Title = &c.Title
	}
	if c.Priority != "" {
		e.Priority = new(ticket.Priority(c.Priority))
	}
	if c.Label != "" {
		e.Label = &ticket.Label{Name: c.Label, Source: "bot"}
	}
	if len(c.Fields) > 0 {
		fields, err := w.s.Tickets.In(tx).Fields(ctx)
		if err != nil {
			return nil, err
		}
		e.Fields = map[string]any{}
		for key, text := range c.Fields {
			e.Fields[key] = valueOf(fields, key, text)
		}
	}
	return w.s.Tickets.In(tx).Edit(ctx, bot, w.t.ID, e)
}

// valueOf is a text as the value of a custom field; what can't be one Edit refuses.
func valueOf(fields []*ticket.Field, key, text string) any {
	if text == "" {
		return nil
	}
	i := slices.IndexFunc(fields, func(f *ticket.Field) bool { return f.Key == key })
	if i < 0 {
		return text
	}
	switch fields[i].Type {
	case ticket.Number:
		if n, ok := flow.ParseNumber(text); ok {
			return n
		}
	case ticket.Checkbox:
		switch strings.ToLower(text) {
		case "yes", "true":
			return true
		case "no", "false":
			return false
		}
	}
	return text
}

func (w *world) handOff(ctx context.Context, tx *store.Tx, h *flow.HandOff) (*ticket.Ticket, error) {
	tickets, bot, id := w.s.Tickets.In(tx), actorOf(w.r.Bot), w.t.ID
	switch {
	case h.Queue != "":
		return tickets.AssignQueue(ctx, bot, id, h.Queue)
	case h.Group != "":
		return tickets.AssignGroup(ctx, bot, id, h.Group)
	case h.Agent != "":
		return tickets.Assign(ctx, bot, id, h.Agent)
	case h.Bot == w.r.Bot:
		return nil, errors.New("a bot can't hand off to itself")
	case h.Bot != "" && w.r.Hops < maxHops:
		t, err := tickets.AssignBot(ctx, bot, id, h.Bot)
		if err != nil {
			return nil, err
		}
		b, err := bots.Lock(ctx, tx, h.Bot, store.Share)
		if missing(err) || err == nil && (b.State != Published || b.Use != flow.Conversation) {
			return t, nil // the reactor hands it off
		}
		if err != nil {
			return nil, err
		}
		next := &run{ID: w.s.Events.IDs().New(), Ticket: id, EndUser: t.EndUser, Bot: h.Bot, Version: b.Version, Began: w.s.now(), Seen: w.r.Seen, Hops: w.r.Hops + 1}
		next.State.Written = w.r.State.Written
		return t, runs.Put(ctx, tx, next)
	}
	return tickets.UnassignDefault(ctx, bot, id)
}
