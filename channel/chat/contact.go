package chat

import (
	"cmp"
	"context"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// readLately is for how long it counts that an end user has read something.
const readLately = 24 * time.Hour

// contactOpen is what clients are told where a new conversation may begin; else it is
// the platform's rule.
const contactOpen = "open"

// contact says whether the end user may begin a conversation now: "open", or the rule
// that keeps him from it.
func (c *Chat) contact(ctx context.Context, tx *store.Tx, sess *identity.Session, p *ticket.Platform) (string, error) {
	rule := cmp.Or(p.ContactUs, ticket.Always)
	switch rule {
	case ticket.Always:
		return contactOpen, nil
	case ticket.NeverContact:
		return string(rule), nil
	}
	v := faq.Viewer{Actor: sess.Actor(), App: sess.App, Platform: sess.Platform}
	if sess.EndUser.Language != "" {
		v.Languages = []string{sess.EndUser.Language}
	}
	read, err := c.FAQ.In(tx).Reading(ctx, v, c.now().Add(-readLately))
	if err != nil {
		return "", err
	}
	if rule == ticket.AfterFAQs && (read.Views > 0 || read.InVain) || rule == ticket.AfterUnhelpful && read.Unhelpful {
		return contactOpen, nil
	}
	// Where there is nothing to look at, he would never get out of it.
	shelves, more, err := c.FAQ.In(tx).Home(ctx, v, 1, "", 50)
	if err != nil {
		return "", err
	}
	if len(shelves) == 0 && more == "" {
		return contactOpen, nil
	}
	return string(rule), nil
}

// mayBegin refuses a conversation that has just begun where the platform's rule does.
func (c *Chat) mayBegin(ctx context.Context, tx *store.Tx, sess *identity.Session, p *ticket.Platform) error {
	contact, err := c.contact(ctx, tx, sess, p)
	if err == nil && contact != contactOpen {
		err = &ticket.ContactError{Rule: ticket.ContactUs(contact)}
	}
	return err
}

// contactNow is contact in a transaction of its own, for an answer.
func (c *Chat) contactNow(ctx context.Context, sess *identity.Session) (contact string, err error) {
	app, err := c.Tickets.App(ctx, sess.App)
	if err != nil {
		return "", err
	}
	p, err := app.Platform(sess.Platform)
	if err != nil {
		return "", err
	}
	err = c.DB.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		contact, err = c.contact(ctx, tx, sess, p)
		return err
	})
	return contact, err
}
