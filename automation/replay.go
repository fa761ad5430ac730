package automation

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// recorded is a change of a ticket as the log tells it, with what was written then.
type recorded struct {
	*cause
	ticket  string
	facts   []ticket.Facts
	first   *ticket.Ticket // of a creation: the ticket as it was made
	user    *identity.EndUser
	message *ticket.Message // nil where it is gone
}

// people says whether somebody did it whom no rule made do it: what rules led to is
// theirs to do again.
func (r *recorded) people() bool {
	e := r.es[0]
	return e.Actor.Kind != event.Automation && e.Cause == ""
}

// read reads what the log doesn't hold of a change.
func (s *Service) recorded(ctx context.Context, tx *store.Tx, c *cause, fields []*ticket.Field) (*recorded, error) {
	r := &recorded{cause: c, ticket: c.es[0].Subject}
	for _, e := range c.es {
		var f ticket.Facts
		if err := e.Payload(&f); err != nil {
			return nil, err
		}
		r.facts = append(r.facts, f)
	}
	if c.seq > 0 {
		m, err := ticket.PeekMessage(ctx, tx, r.ticket, c.seq)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		r.message = m
	}
	if !c.created {
		return r, nil
	}
	now, err := ticket.Peek(ctx, tx, r.ticket)
	if err != nil {
		return nil, err
	}
	later, err := s.later(ctx, tx, c.es[0])
	if err != nil {
		return nil, err
	}
	if r.first, err = ticket.Before(now, fields, later...); err != nil {
		return nil, err
	}
	r.user, err = s.people.In(tx).EndUser(ctx, now.EndUser)
	return r, err
}

// maxLater is how many events behind a ticket's creation are read to find how it was made.
const maxLater = 5000

// later are a ticket's events behind those of a revision.
func (s *Service) later(ctx context.Context, tx *store.Tx, first *event.Event) (es []*event.Event, err error) {
	for cursor, more := "", true; more && len(es) < maxLater; more = cursor != "" {
		page, next, err := s.events.History(ctx, tx, first.Subject, cursor, 500)
		if err != nil {
			return nil, err
		}
		es, cursor = append(es, page...), next
	}
	return slices.DeleteFunc(es, func(e *event.Event) bool { return e.Revision <= first.Revision }), nil
}

// create makes a ticket again.
func (b *sandbox) create(ctx context.Context, r *recorded) error {
	user, err := b.user(ctx, r.user)
	if err != nil {
		return err
	}
	t := r.first
	n := ticket.New{Actor: r.es[0].Actor, EndUser: user, App: t.App, Platform: t.Platform, Channel: t.Channel, Title: t.Title, Priority: t.Priority,
		Tags: t.Tags, Fields: map[string]any{}, Device: t.Device}
	if n.Actor.Kind == event.EndUser {
		n.Actor.ID = user
	}
	if t.LanguageSource != ticket.LanguageApp {
		n.Language = t.Language
	}
	for _, v := range t.Fields {
		n.Fields[v.Key] = v.Any()
	}
	if r.message != nil {
		n.Message = &ticket.Draft{Text: sayable(r.message)}
	}
	twin, err := b.tickets.Create(ctx, n)
	if err != nil {
		return err
	}
	b.twins[r.ticket] = twin.ID
	return nil
}

// sayable is a message's text, or something in the place of files that are left out.
func sayable(m *ticket.Message) string {
	if strings.TrimSpace(m.Text) == "" {
		return "…"
	}
	return m.Text
}

// user makes an end user again.
func (b *sandbox) user(ctx context.Context, u *identity.EndUser) (string, error) {
	if id := b.users[u.ID]; id != "" {
		return id, nil
	}
	p := identity.Profile{UserID: u.UserID, Email: u.Email.Value, Name: u.Name, Phone: u.Phone.Value, Language: u.Language, Attributes: u.Attributes}
	if p.UserID == "" {
		p.UserID = "sandbox " + u.ID
	}
	own, err := b.people.Save(ctx, event.Actor{Kind: event.System}, p)
	if err != nil {
		return "", err
	}
	b.users[u.ID] = own.ID
	return own.ID, nil
}

// again does what people did to a ticket, as far as that can be done to its twin. ok is
// false where it can't: the twin has gone another way, or who did it isn't there any more.
func (b *sandbox) again(ctx context.Context, r *recorded) (ok bool, err error) {
	for _, f := range r.facts {
		if !f.Until.IsZero() && r.has(ticket.Snoozed) {
			b.asleep[r.ticket] = f.Until
		}
	}
	id := b.twins[r.ticket]
	if id == "" || !r.people() {
		return true, nil
	}
	for i, e := range r.es {
		err := b.act(ctx, id, e, &r.facts[i], r)
		if err != nil && (store.Broken(err) || ctx.Err() != nil) {
			return false, err
		}
		if err != nil {
			return false, nil
		}
	}
	return true, nil
}

// act does what one event tells. What follows from it by itself isn't done twice.
func (b *sandbox) act(ctx context.Context, id string, e *event.Event, f *ticket.Facts, r *recorded) (err error) {
	wrote := r.message != nil && e.Type != ticket.MessageAdded // the message brings it about
	switch e.Type {
	case ticket.MessageAdded:
		return b.write(ctx, id, e, f, r)
	case ticket.Assigned:
		if !wrote && !r.has(ticket.Woken) && !r.has(ticket.Reopened) && !(r.has(ticket.Admitted) && f.To.ID == "") {
			err = b.assign(ctx, id, e, f)
		}
	case ticket.Resolved:
		if r.has(ticket.Merged) {
			return nil // that follows from it
		}
		_, err = b.tickets.Resolve(ctx, staff(e.Actor), id)
	case ticket.Rejected:
		_, err = b.tickets.Reject(ctx, staff(e.Actor), id)
	case ticket.Reopened:
		if !wrote {
			_, err = b.tickets.Reopen(ctx, staff(e.Actor), id)
		}
	case ticket.Snoozed:
		if f.Until.After(b.clock) {
			_, err = b.tickets.Snooze(ctx, staff(e.Actor), id, f.Until, "")
		}
	case ticket.Woken:
		if !wrote && e.Time.Before(b.asleep[r.ticket]) { // else the clock did, which it does again
			_, err = b.tickets.Wake(ctx, staff(e.Actor), id)
		}
	case ticket.Changed:
		err = b.edit(ctx, id, e)
	case ticket.Merged:
		if into := b.twins[f.Into]; into != "" { // of the one that goes
			_, _, err = b.tickets.Merge(ctx, staff(e.Actor), id, into, &ticket.MergeOptions{Abroad: true})
		}
	case ticket.RatingAsked, ticket.Rated:
		err = b.rate(ctx, id, e, f)
	}
	return err
}

// rate asks for a rating, where somebody did, or gives it.
func (b *sandbox) rate(ctx context.Context, id string, e *event.Event, f *ticket.Facts) error {
	if e.Type == ticket.RatingAsked {
		if e.Actor.Kind != event.Agent {
			return nil // what asks by itself does so again
		}
		_, err := b.tickets.AskRating(ctx, e.Actor, id)
		return err
	}
	t, err := b.tickets.Get(ctx, event.Actor{Kind: event.System}, id)
	if err != nil {
		return err
	}
	_, err = b.tickets.Rate(ctx, event.Actor{Kind: event.EndUser, ID: t.EndUser}, id, f.Score, "")
	return err
}

// has says whether the change tells an event of this type.
func (r *recorded) has(what string) bool {
	return slices.ContainsFunc(r.es, func(e *event.Event) bool { return e.Type == what })
}

// staff is who does again what somebody did: the host in the place of an end user, who
// may not do all that he once led to.
func staff(a event.Actor) event.Actor {
	if a.Kind == event.EndUser {
		return event.Actor{Kind: event.System}
	}
	return a
}

func (b *sandbox) write(ctx context.Context, id string, e *event.Event, f *ticket.Facts, r *recorded) (err error) {
	if r.message == nil {
		return nil
	}
	d := ticket.Draft{Text: sayable(r.message)}
	switch {
	case f.Message == ticket.Note:
		_, _, err = b.tickets.Note(ctx, staff(e.Actor), id, d)
	case f.Message != ticket.Public:
	case f.Author.Kind == event.EndUser:
		t, err := b.tickets.Get(ctx, event.Actor{Kind: event.System}, id)
		if err != nil {
			return err
		}
		_, err = b.tickets.Write(ctx, ticket.Inbound{EndUser: t.EndUser, Ticket: id, Draft: d})
		return err
	default:
		_, _, err = b.tickets.Reply(ctx, f.Author, id, d)
	}
	return err
}

// assign gives the ticket to whom it was given. What the engine of queues gave it does so
// in the queue in which it was then: elsewhere nobody can say whom it would have chosen.
func (b *sandbox) assign(ctx context.Context, id string, e *event.Event, f *ticket.Facts) error {
	host := event.Actor{Kind: event.System}
	t, err := b.tickets.Get(ctx, host, id)
	if err != nil {
		return err
	}
	switch {
	case f.Decision != nil && (t.Queue != f.Queue || t.Group != f.Group || !t.Backlogged()):
		return nil
	case f.To.Kind == event.Agent:
		_, err = b.tickets.Assign(ctx, host, id, f.To.ID)
	case f.To.Kind == event.Bot:
		_, err = b.tickets.AssignBot(ctx, host, id, f.To.ID)
	case f.Queue != f.WasQueue:
		_, err = b.tickets.AssignQueue(ctx, host, id, f.Queue)
	case f.Group != "" && f.Group != f.WasGroup:
		_, err = b.tickets.AssignGroup(ctx, host, id, f.Group)
	default:
		_, err = b.tickets.Unassign(ctx, host, id)
	}
	return err
}

// edit changes what somebody changed, at once: rules see one change.
func (b *sandbox) edit(ctx context.Context, id string, e *event.Event) error {
	change, ok, err := ticket.EditOf(e)
	if err != nil || !ok {
		return err
	}
	_, err = b.tickets.Edit(ctx, staff(e.Actor), id, change)
	return err
}
