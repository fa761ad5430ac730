package email

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Rendered is a mail as its reader sees it.
type Rendered struct {
	Subject string
	Text    string
	HTML    string // a whole page; it may hold what end users wrote, made harmless
}

// Preview renders what an app's mails look like, for who may Configure: the last message
// of staff on one of its tickets, or a conversation that is made up where ticket is "".
// Language is that of the texts; "" is the ticket's or the app's. A ticket that the actor
// doesn't see, or on which nobody has answered, is store.ErrNotFound.
func (s *Service) Preview(ctx context.Context, actor event.Actor, app, language, ticket string) (*Rendered, error) {
	if err := s.mayPreview(ctx, actor, app); err != nil {
		return nil, err
	}
	c, err := s.SettingsOf(ctx, app)
	if err != nil {
		return nil, err
	}
	return s.preview(ctx, actor, c, language, ticket)
}

// PreviewOf is Preview by settings that needn't be stored, before anybody gets such a
// mail. What SaveSettings would refuse about them is a *store.FieldError here, too, but for
// addresses of other apps.
func (s *Service) PreviewOf(ctx context.Context, actor event.Actor, in *Settings, language, ticket string) (*Rendered, error) {
	if err := s.mayPreview(ctx, actor, in.App); err != nil {
		return nil, err
	}
	c := *in
	if err := c.clean(); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return s.preview(ctx, actor, &c, language, ticket)
}

func (s *Service) mayPreview(ctx context.Context, actor event.Actor, app string) error {
	return s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		return s.People.Authorize(ctx, tx, actor, identity.Configure, identity.On{Subject: "email:" + app, Read: true})
	})
}

func (s *Service) preview(ctx context.Context, actor event.Actor, by *Settings, language, ticket string) (*Rendered, error) {
	c, err := s.previewed(ctx, actor, by, language, ticket)
	if err != nil {
		return nil, err
	}
	l, err := by.looks()
	if err != nil {
		return nil, err
	}
	r := &Rendered{Subject: c.subject()}
	r.Text, r.HTML, err = l.render(c.page())
	return r, err
}

func (s *Service) previewed(ctx context.Context, actor event.Actor, by *Settings, language, id string) (*scene, error) {
	app, err := s.Tickets.App(ctx, by.App)
	if errors.Is(err, store.ErrNotFound) {
		return nil, &store.FieldError{Field: "app", Reason: "there is no app " + by.App}
	}
	if err != nil {
		return nil, err
	}
	if id == "" {
		return sampleScene(app, by, language), nil
	}
	t, err := s.Tickets.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	ms, _, err := s.Tickets.Messages(ctx, actor, id, 0, t.Marks.Last+1, 200)
	if err != nil {
		return nil, err
	}
	i := len(ms) - 1
	for i >= 0 && !goesOut(ms[i]) {
		i--
	}
	if t.App != by.App || i < 0 {
		return nil, &store.Error{Op: "preview", Collection: "ticket", Key: id, Err: store.ErrNotFound}
	}
	c, err := s.scene(ctx, t, slices.Clone(ms[i:i+1]))
	if err != nil {
		return nil, err
	}
	c.settings, c.words = by, by.wording(cmp.Or(language, t.Language), app.Language)
	return c, nil
}

// goesOut says whether a message is one that its end user gets by mail.
func goesOut(m *ticket.Message) bool {
	return m.Kind == ticket.Public && m.Author.Kind != event.EndUser && !withdrawn(m)
}
