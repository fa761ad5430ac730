package email

import (
	"context"
	"errors"
	"net/mail"
	"slices"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// parcel is a mail that is about to be sent.
type parcel struct {
	sent    *sent
	user    string   // the end user's address
	all     []string // who is to have it
	out     Outgoing
	content []byte
	failed  bool // its message had failed before
	unread  bool // the messages are where they were written, whatever becomes of it
}

// pack composes the mail of a message; nil if it has been sent, and a reason if it can't
// be.
func (s *Service) pack(ctx context.Context, t *ticket.Ticket, m *ticket.Message) (p *parcel, reason string, err error) {
	c, err := s.scene(ctx, t, []*ticket.Message{m})
	if err != nil {
		return nil, "", err
	}
	u, err := s.People.EndUser(ctx, t.EndUser)
	if err != nil {
		return nil, "", err
	}
	p = &parcel{}
	key := m.ID()
	reason, err = s.address(ctx, c, u, p, key)
	if reason != "" || err != nil || p.sent == nil {
		return nil, reason, err
	}
	return p, "", nil
}

// address says whom a mail of a scene goes to, begins it, and composes it. p.sent stays
// nil where it has been sent.
func (s *Service) address(ctx context.Context, c *scene, u *identity.EndUser, p *parcel, key string) (reason string, err error) {
	set, t := c.settings, c.ticket
	if set.From == "" {
		return reasonNoFrom, nil
	}
	to, copied, err := s.recipients(ctx, c, u)
	if errors.Is(err, errNobody) || errors.Is(err, errItself) {
		return err.Error(), nil
	}
	if err != nil {
		return "", err
	}
	l, err := s.compose(ctx, c)
	if err != nil {
		return "", err
	}
	l.to, l.copied = []*mail.Address{to}, copied
	if l.automatic { // or who puts strangers in copy would have the desk write to them
		l.copied = nil
	}
	newest := c.said[len(c.said)-1]
	begin := sent{Key: key, ID: messageID(key, set.From), Ticket: t.ID, Seq: newest.Seq, EndUser: t.EndUser}
	if l.automatic {
		begin.Auto = hashed(to.Address)
	}
	d, th, err := s.begin(ctx, begin, thread{Ticket: t.ID, Root: messageID(t.ID, set.From), Subject: c.subject(), EndUser: t.EndUser})
	if errors.Is(err, errBrake) {
		return errBrake.Error(), nil
	}
	if d == nil || err != nil {
		return "", err
	}
	if l.references, l.inReplyTo, err = s.references(ctx, th, newest.Seq); err != nil {
		return "", err
	}
	l.id, l.date, l.subject = d.ID, d.Date, th.Subject
	if len(c.earlier) > 0 && !c.unread || len(l.references) > 1 {
		l.subject = asAnswer(l.subject)
	}
	p.sent, p.user, p.unread = d, to.Address, c.unread
	for _, a := range append(l.to, l.copied...) {
		p.all = append(p.all, a.Address)
	}
	p.out = Outgoing{ID: l.id, From: s.tagged(set.answers(), tag{forReports, t.ID, newest.Seq}), To: slices.DeleteFunc(slices.Clone(p.all), d.has)}
	p.content, err = l.bytes()
	return "", err
}

// recipients are to whom a mail of a scene goes: the end user, and who is in copy, but for
// the desk's own addresses, to which it would write without end.
func (s *Service) recipients(ctx context.Context, c *scene, u *identity.EndUser) (to *mail.Address, copied []*mail.Address, err error) {
	if to, err = recipient(u.Name, u.Email.Value); err != nil {
		return nil, nil, errNobody
	}
	if !c.unread {
		for _, a := range c.ticket.Copied {
			if r, err := recipient("", a); err == nil && r.Address != to.Address {
				copied = append(copied, r)
			}
		}
	}
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, own, err := s.appOf(ctx, tx, to.Address)
		if own {
			err = errItself
		}
		others := copied
		copied = nil
		for _, r := range others {
			if err == nil {
				_, own, err = s.appOf(ctx, tx, r.Address)
			}
			if !own {
				copied = append(copied, r)
			}
		}
		return err
	})
	return to, copied, err
}
