package ticket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/template"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// UnresolvedError says which placeholders have neither a value on this ticket nor
// a default: Names, each once.
type UnresolvedError = template.UnresolvedError

// Rendered is a quick reply as it would be sent on a ticket.
type Rendered struct {
	Language    string // of the text that was chosen; "" is the one for all
	Text        string
	HTML        string
	Attachments []Attachment
	Actions     []Action // done after the reply
}

// PreviewQuickReply returns what SendQuickReply would send: for an agent to look
// over and to change. The text is that in the ticket's language, or the nearest.
// Placeholders that have no value are an *UnresolvedError, which names all of them.
func (s *Service) PreviewQuickReply(ctx context.Context, actor event.Actor, ticket, reply string) (r *Rendered, err error) {
	if err := staffOnly(actor); err != nil {
		return nil, err
	}
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err := s.reach(ctx, tx, actor, ticket)
		if err != nil {
			return err
		}
		q, err := s.reachReply(ctx, tx, actor, reply, 0)
		if err != nil {
			return err
		}
		r, err = s.render(ctx, tx, actor, t, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// SendQuickReply replies to a ticket with a quick reply and its attachments, and
// then does its actions, in one transaction: all of it happens, or nothing. What the
// draft says, if it has text or HTML, is sent instead of the quick reply's text: the
// agent has changed it, and placeholders in it mean nothing. Attachments of the
// draft come on top. Errors are those of Reply, PreviewQuickReply and Apply.
//
// With the same client id again the first message is returned, and nothing is done
// or counted twice.
func (s *Service) SendQuickReply(ctx context.Context, actor event.Actor, ticket, reply string, d Draft) (t *Ticket, m *Message, err error) {
	if err := staffOnly(actor); err != nil {
		return nil, nil, err
	}
	d.meant = ticket
	err = arriving(ticket, func(id string) error {
		return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			t, m, err = s.In(tx).sendQuickReply(ctx, tx, actor, id, reply, d)
			return err
		})
	})
	if err != nil {
		return nil, nil, err
	}
	return t, m, nil
}

// sendQuickReply is SendQuickReply of a service that is bound to tx.
func (s *Service) sendQuickReply(ctx context.Context, tx *store.Tx, actor event.Actor, ticket, reply string, d Draft) (*Ticket, *Message, error) {
	t, err := s.reach(ctx, tx, actor, ticket)
	if err != nil {
		return nil, nil, err
	}
	if t.Merged != nil {
		return nil, nil, t.gone()
	}
	if at, m, err := s.sentBy(ctx, tx, actor, reply, d); m != nil || err != nil {
		return at, m, err
	}
	q, err := s.reachReply(ctx, tx, actor, reply, store.Share)
	if err != nil {
		return nil, nil, err
	}
	if d, err = s.fillDraft(ctx, tx, actor, t, q, d); err != nil {
		return nil, nil, err
	}
	t, m, err := s.reply(ctx, actor, ticket, d)
	if err != nil || len(q.Actions) == 0 {
		return t, m, err
	}
	t, err = s.apply(ctx, actor, ticket, q.Actions)
	return t, m, err
}

// sentBy finds the message that the same call sent before. Its text was rendered
// then, and may come out differently now.
func (s *Service) sentBy(ctx context.Context, tx *store.Tx, actor event.Actor, reply string, d Draft) (*Ticket, *Message, error) {
	m, err := s.sentTo(ctx, tx, d.meant, d.ClientID)
	if m == nil || err != nil {
		return nil, nil, err
	}
	if m.Author != actor || m.QuickReply != reply || d.Text != "" && !m.says(d.Text) {
		return nil, nil, fmt.Errorf("message %s: %w", d.ClientID, store.ErrKeyReused)
	}
	t, err := tickets.Get(ctx, tx, m.Ticket)
	if err == nil {
		t, err = s.seen(ctx, tx, actor, t)
	}
	if err != nil {
		return nil, nil, err
	}
	return t, m, nil
}

// fillDraft makes the message of a quick reply.
func (s *Service) fillDraft(ctx context.Context, tx *store.Tx, actor event.Actor, t *Ticket, q *QuickReply, d Draft) (Draft, error) {
	d.from = q
	if strings.TrimSpace(d.Text) == "" && d.HTML == "" {
		r, err := s.render(ctx, tx, actor, t, q)
		if err != nil {
			return d, err
		}
		d.Text, d.HTML = r.Text, r.HTML
	}
	if n := len(d.Attachments) + len(q.Attachments); n > MaxAttachments {
		return d, &store.FieldError{Field: "message.attachments", Reason: "at most 20 attachments, with those of the quick reply", Limit: MaxAttachments}
	}
	return d, d.check(MaxBody)
}

// render fills in the text of a quick reply for a ticket.
func (s *Service) render(ctx context.Context, tx *store.Tx, actor event.Actor, t *Ticket, q *QuickReply) (*Rendered, error) {
	r, err := s.Compose(ctx, tx, actor, t, q.Texts)
	if err != nil {
		return nil, err
	}
	r.Attachments, r.Actions = q.Attachments, q.Actions
	return r, nil
}

func fillIn(text string, mode template.Mode, value func(string) string) (string, error) {
	t, err := template.Parse(text)
	if err != nil {
		return "", err
	}
	return t.Render(mode, value)
}

// bothUnresolved names what is missing in either form of a text.
func bothUnresolved(text, html error) error {
	a, ok := errors.AsType[*UnresolvedError](text)
	if !ok {
		return cmp.Or(text, html)
	}
	b, ok := errors.AsType[*UnresolvedError](html)
	if !ok {
		return cmp.Or(html, text)
	}
	names := slices.Clone(a.Names)
	for _, name := range b.Names {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return &UnresolvedError{Names: names}
}

// values are what placeholders stand for. Where an app keeps its agents private,
// its name is theirs.
func (s *Service) values(ctx context.Context, tx *store.Tx, actor event.Actor, t *Ticket, app *App) (func(string) string, error) {
	people := s.people.In(tx)
	user, err := people.EndUser(ctx, t.EndUser)
	if err != nil {
		return nil, err
	}
	known := map[string]string{
		"user.name": user.Name, "app.name": app.Name, "agent.name": app.Name,
		"ticket.number": strconv.FormatInt(t.Number, 10), "ticket.title": t.Title,
	}
	if !app.Private && actor.Kind == event.Agent {
		agent, err := people.Agent(ctx, actor.ID)
		if err != nil {
			return nil, err
		}
		known["agent.name"] = agent.Name
	}
	return func(name string) string {
		if key, ok := strings.CutPrefix(name, "field."); ok {
			v, _ := t.Field(key)
			return v.String()
		}
		return known[name]
	}, nil
}

// replyUse is how often a quick reply was sent: a projection of the tickets'
// events, so that those who send it don't all write one document.
type replyUse struct {
	Reply string    `json:"reply"`
	Owner string    `json:"owner,omitempty"`
	Count int64     `json:"count"`
	Last  time.Time `json:"last"`
	Rev   store.Rev `json:"-"`
}

var replyUses = &store.Collection[replyUse]{
	Name: "quick_reply_use",
	Key:  func(u *replyUse) string { return u.Reply },
	Rev:  func(u *replyUse) *store.Rev { return &u.Rev },
	Columns: []store.Column[replyUse]{
		{Name: "shelf", Kind: store.Text, Of: func(u *replyUse) any { return shelfOf(u.Owner, false) }},
		{Name: "count", Kind: store.Int, Of: func(u *replyUse) any { return u.Count }},
	},
	Indexes:    []store.Index{{Name: "count", On: []string{"shelf", "count"}}},
	Impersonal: "holds numbers",
}

// countUses counts what a batch of events says about quick replies, and writes each
// number once.
func (s *Service) countUses(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	var changed []*replyUse
	for _, e := range es {
		var f Facts
		if e.Type == quickReplyDeleted {
			f.QuickReply = strings.TrimPrefix(e.Subject, replySubject)
		} else if err := e.Payload(&f); err != nil {
			return err
		}
		i := slices.IndexFunc(changed, func(u *replyUse) bool { return u.Reply == f.QuickReply })
		if i < 0 {
			u, err := useToCount(ctx, tx, f.QuickReply)
			if err != nil {
				return err
			}
			i, changed = len(changed), append(changed, u)
		}
		if u := changed[i]; e.Type == QuickReplyUsed {
			u.Count++
			u.Last = later(u.Last, e.Time)
		}
	}
	for _, u := range changed {
		if err := u.keep(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

func useToCount(ctx context.Context, tx *store.Tx, reply string) (*replyUse, error) {
	u, err := replyUses.Lock(ctx, tx, reply, store.ForUpdate)
	if errors.Is(err, store.ErrNotFound) {
		return &replyUse{Reply: reply}, nil
	}
	return u, err
}

// keep writes the number, or removes that of a quick reply that is gone.
func (u *replyUse) keep(ctx context.Context, tx *store.Tx) error {
	row, err := replyRows.Get(ctx, tx, u.Reply)
	switch {
	case err == nil:
		u.Owner = row.Info.Owner
		return replyUses.Put(ctx, tx, u)
	case errors.Is(err, store.ErrNotFound) && u.Rev > 0:
		return replyUses.Delete(ctx, tx, u)
	case errors.Is(err, store.ErrNotFound):
		return nil
	}
	return err
}
