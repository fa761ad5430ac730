package ticket

import (
	"context"

	"github.com/frontdesk-go/frontdesk/internal/template"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Compose writes a message for a ticket in the actor's name: of texts in several
// languages that in the ticket's, or the nearest, with its placeholders filled in, as
// QuickReply has them. HTML is sanitised, and values are escaped in it. A placeholder
// that has neither a value nor a default is an *UnresolvedError. It asks nobody what the
// actor may see: it is for packages that write by themselves. There is at least one text.
func (s *Service) Compose(ctx context.Context, tx *store.Tx, actor event.Actor, t *Ticket, texts []ReplyText) (*Rendered, error) {
	app, err := apps.Shared(ctx, tx, t.App)
	if err != nil {
		return nil, err
	}
	values, err := s.values(ctx, tx, actor, t, app)
	if err != nil {
		return nil, err
	}
	languages := make([]string, len(texts))
	for i, text := range texts {
		languages[i] = text.Language
	}
	chosen := texts[template.Choose(languages, t.Language, app.Language, "")]
	r := &Rendered{Language: chosen.Language}
	text, inText := fillIn(chosen.Text, template.Text, values)
	html, inHTML := fillIn(chosen.HTML, template.HTML, values)
	if err := bothUnresolved(inText, inHTML); err != nil {
		return nil, err
	}
	if r.Text, r.HTML = text, html; html != "" && s.sanitize != nil {
		r.HTML = s.sanitize(html) // who looks it over shows it as it is
	}
	return r, nil
}

// Values returns what placeholders about a ticket stand for in what an actor writes, as
// QuickReply has them; "" is no value. It asks nobody what the actor may see.
func (s *Service) Values(ctx context.Context, tx *store.Tx, actor event.Actor, t *Ticket) (func(name string) string, error) {
	app, err := apps.Shared(ctx, tx, t.App)
	if err != nil {
		return nil, err
	}
	return s.values(ctx, tx, actor, t, app)
}

// CheckTexts makes texts fit to be kept by a package that gives them to Compose later,
// and refuses those that Compose couldn't write: the error is a *store.FieldError.
func (s *Service) CheckTexts(ctx context.Context, tx *store.Tx, texts []ReplyText) ([]ReplyText, error) {
	q := &QuickReply{Title: "texts", Texts: texts}
	if err := q.clean(s.sanitize); err != nil {
		return nil, err
	}
	keys, err := q.valid()
	if err != nil {
		return nil, err
	}
	return q.Texts, fieldsExist(ctx, tx, keys)
}

// SharedReply returns what a quick reply says and carries, whoever may use it: only one
// that is shared and not archived, else it is store.ErrNotFound.
func SharedReply(ctx context.Context, tx *store.Tx, id string) (*QuickReply, error) {
	q, err := quickReplies.Shared(ctx, tx, id)
	if err == nil && (q.Owner != "" || q.Archived) {
		err = noReply(id)
	}
	if err != nil {
		return nil, err
	}
	return q, nil
}
