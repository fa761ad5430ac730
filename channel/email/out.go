package email

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const (
	outKind  = "email.out"
	outParts = 4 // of the reactor
	// sendTime is how long an attempt may take: a mail has up to 27 MB.
	sendTime = 5 * time.Minute
	// sendAttempts are made before a mail has failed, which takes about a day.
	sendAttempts = 48
	// sendAtOnce is how many mails are composed and sent side by side: each is in memory.
	sendAtOnce = 4
	// maxLate is the age at which a message isn't sent any more by itself: a desk that was
	// away for long, or got its Sender later, doesn't write to everybody at once. It has
	// failed then, so that somebody decides.
	maxLate = 24 * time.Hour
	// maxPast is the age at which nobody waits for it any more.
	maxPast = 30 * 24 * time.Hour
)

// The reasons why a message has failed that no server gave.
const (
	reasonLate    = "The desk came to this message more than a day after it was written, so it wasn't sent by itself."
	reasonNoFrom  = "This app has no address that its mails come from (settings of email)."
	reasonBroken  = "The mail couldn't be put together."
	maxDiagnostic = 500 // characters of what a server said
)

type outJob struct {
	Ticket string `json:"ticket"`
	Seq    int64  `json:"seq"`
}

// openOut adds what sends mails, where the desk has a Sender.
func (s *Service) openOut() {
	if s.o.Sender == nil {
		return
	}
	s.Events.React("email_out", outParts, s.queueMails)
	s.Jobs.Handle(outKind, job.Handler{Do: s.send, MaxAttempts: sendAttempts, Timeout: sendTime, Limit: sendAtOnce})
}

// queueMails is the reactor that has each public message of staff on a ticket of mail
// sent.
func (s *Service) queueMails(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	for _, e := range es {
		if e.Type != ticket.MessageAdded && e.Type != ticket.Created {
			continue
		}
		var f ticket.Facts
		if err := e.Payload(&f); err != nil {
			return err
		}
		age := s.now().Sub(e.Time)
		if f.Message != ticket.Public || f.Author.Kind == event.EndUser || f.Channel != Channel || age > maxPast {
			continue
		}
		if age > maxLate {
			if err := s.fail(ctx, tx, e.Subject, f.Seq, reasonLate); err != nil {
				return err
			}
			continue
		}
		if err := s.queueMail(ctx, tx, e.Subject, f.Seq, 0); err != nil {
			return err
		}
	}
	return nil
}

// queueMail has a message sent. again tells how often that was asked for before.
func (s *Service) queueMail(ctx context.Context, tx *store.Tx, id string, seq int64, again int) error {
	data, err := event.JSON(outJob{id, seq})
	if err != nil {
		return err
	}
	spec := job.Spec{ID: fmt.Sprintf("%s/%s/%d", outKind, id, seq), Kind: outKind, Key: outKind + "/" + id, Data: data}
	if again > 0 {
		spec.ID += fmt.Sprintf("/%d", again)
	}
	return s.Jobs.Enqueue(ctx, tx, spec)
}

// fail shows on a message, wherever it is now, why it wasn't delivered; "" that it was,
// after all. Where the message has gone there is nothing to show.
func (s *Service) fail(ctx context.Context, tx *store.Tx, id string, seq int64, reason string) error {
	bound := s.In(tx)
	t, m, err := bound.find(ctx, id, seq)
	if m == nil || err != nil {
		return err
	}
	_, err = bound.Tickets.Fail(ctx, event.Actor{Kind: event.System}, t.ID, m.Seq, reason)
	if errors.Is(err, store.ErrNotFound) {
		return nil // erased meanwhile
	}
	return err
}

func (s *Service) failAt(ctx context.Context, id string, seq int64, reason string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return s.fail(ctx, tx, id, seq, reason) })
}

// Resend sends a message that has failed once more, to those who don't have it. It is for
// who may reply on the ticket. What is no message of staff on a ticket of mail, or hasn't
// failed, is a *store.FieldError.
func (s *Service) Resend(ctx context.Context, actor event.Actor, id string, seq int64) error {
	if actor.Kind == event.EndUser {
		return &identity.PermissionError{Actor: actor, Permission: identity.Converse}
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		bound := s.In(tx)
		t, err := bound.Tickets.Get(ctx, actor, id)
		if err != nil {
			return err
		}
		if s.o.Sender == nil {
			return errors.New("send a message again: this desk sends no mails")
		}
		m, err := bound.message(ctx, id, seq)
		if err != nil {
			return err
		}
		if m == nil || !goesOut(m) || t.Channel != Channel || m.Failure == "" {
			return &store.FieldError{Field: "seq", Reason: "this is no message that had to go out by mail and failed"}
		}
		d, err := sents.Lock(ctx, tx, m.ID(), store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) {
			d, err = &sent{Key: m.ID(), EndUser: t.EndUser}, nil
		}
		if err != nil {
			return err
		}
		d.Ticket, d.Seq, d.Date, d.Done = id, seq, s.now(), time.Time{}
		d.Again++
		if err := sents.Put(ctx, tx, d); err != nil {
			return taken(err)
		}
		if err := s.fail(ctx, tx, id, seq, ""); err != nil {
			return err
		}
		return s.queueMail(ctx, tx, id, seq, d.Again)
	})
}

// message is one of a ticket, nil if it isn't there.
func (s *Service) message(ctx context.Context, id string, seq int64) (*ticket.Message, error) {
	ms, _, err := s.Tickets.Messages(ctx, event.Actor{Kind: event.System}, id, seq-1, 0, 1)
	if err != nil || len(ms) == 0 || ms[0].Seq != seq {
		return nil, err
	}
	return ms[0], nil
}

// maxFollowed is how many merges lead to where a message is now.
const maxFollowed = 20

// find is a message with its ticket, wherever it went since: into another ticket of the
// same end user, or to one that was split off. Without a message there is nothing to send.
func (s *Service) find(ctx context.Context, id string, seq int64) (*ticket.Ticket, *ticket.Message, error) {
	was := (&ticket.Message{Ticket: id, Seq: seq}).ID()
	for range maxFollowed {
		t, err := s.lively(ctx, id)
		if t == nil || err != nil {
			return nil, nil, err
		}
		if t.Merged != nil {
			id = t.Merged.Into
			continue
		}
		if m, err := s.message(ctx, id, seq); err != nil || m != nil && m.ID() == was {
			return t, m, err
		}
		if m, err := s.moved(ctx, t, was); m != nil || err != nil {
			return t, m, err
		}
		for _, l := range t.Links {
			if l.Kind != ticket.Related {
				continue
			}
			off, err := s.lively(ctx, l.Ticket)
			if err != nil {
				return nil, nil, err
			}
			if off == nil || off.EndUser != t.EndUser {
				continue
			}
			if m, err := s.moved(ctx, off, was); m != nil || err != nil {
				return off, m, err
			}
		}
		break
	}
	return nil, nil, nil
}

// lively is a ticket that mails are sent about, nil if it is none: nothing goes out that
// was erased, or went to somebody else's ticket.
func (s *Service) lively(ctx context.Context, id string) (*ticket.Ticket, error) {
	t, err := s.Tickets.Get(ctx, event.Actor{Kind: event.System}, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (t.Erased || t.Merged != nil && t.Merged.Abroad) {
		return nil, nil
	}
	return t, err
}

// moved finds the message that is called was, or was called so where it came from.
func (s *Service) moved(ctx context.Context, t *ticket.Ticket, was string) (*ticket.Message, error) {
	for before := t.Marks.Last + 1; before > 1; {
		ms, more, err := s.Tickets.Messages(ctx, event.Actor{Kind: event.System}, t.ID, 0, before, 200)
		if err != nil {
			return nil, err
		}
		for _, m := range slices.Backward(ms) {
			at := &ticket.Message{Ticket: m.Ticket, Seq: m.Seq}
			if at.ID() == was || slices.Contains(m.Trail, was) {
				return m, nil
			}
		}
		if !more {
			break
		}
		before = ms[0].Seq
	}
	return nil, nil
}

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

// send is the job: it composes the mail of a message, sends it, and keeps that.
func (s *Service) send(ctx context.Context, j *job.Job) error {
	var in outJob
	if err := j.Payload(&in); err != nil {
		return job.Permanent(err)
	}
	t, m, err := s.find(ctx, in.Ticket, in.Seq)
	if err != nil || m == nil || !goesOut(m) {
		return err
	}
	p, reason, err := s.pack(ctx, t, m)
	if reason != "" {
		return s.failAt(ctx, t.ID, m.Seq, reason)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil // he was erased meanwhile
	}
	if err != nil && j.Attempt >= sendAttempts {
		reason := reasonBroken
		if errors.Is(err, errFiles) {
			reason = "The files that are attached can't be read."
		}
		return cmp.Or(s.failAt(ctx, t.ID, m.Seq, reason), job.Permanent(err))
	}
	if p == nil || err != nil {
		return err
	}
	p.failed = m.Failure != ""
	return s.deliver(ctx, p, j.Attempt >= sendAttempts)
}

// deliver hands a mail on, and keeps what became of it.
func (s *Service) deliver(ctx context.Context, p *parcel, last bool) error {
	var err error
	if len(p.out.To) > 0 {
		err = s.o.Sender.Send(ctx, p.out, bytes.NewReader(p.content))
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err() // what came of it isn't known: it goes out again
	}
	return s.settle(ctx, p, err, last)
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
	to, err := recipient(u.Name, u.Email.Value)
	if err != nil {
		return errNobody.Error(), nil
	}
	l, err := s.compose(ctx, c)
	if err != nil {
		return "", err
	}
	l.to = append(l.to, to)
	if !c.unread {
		for _, a := range t.Copied {
			if r, err := recipient("", a); err == nil && r.Address != to.Address {
				l.copied = append(l.copied, r)
			}
		}
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

// settle keeps what became of an attempt: who has the mail now, and whether somebody
// can't get it.
func (s *Service) settle(ctx context.Context, p *parcel, result error, last bool) error {
	refused, _ := errors.AsType[*SendError](result)
	if refused == nil && result != nil {
		refused = &SendError{Reason: result.Error()}
	}
	final := refused != nil && (refused.Permanent || last)
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		d, err := sents.Lock(ctx, tx, p.sent.Key, store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) {
			return nil // erased meanwhile
		}
		if err != nil {
			return err
		}
		for _, a := range p.out.To {
			if refused == nil || slices.Contains(refused.Taken, a) {
				d.Taken = append(d.Taken, a)
			}
		}
		missing := slices.DeleteFunc(slices.Clone(p.all), d.has)
		if len(missing) == 0 || final && d.has(p.user) {
			d.Done = s.now()
		}
		if err := sents.Put(ctx, tx, d); err != nil {
			return err
		}
		if len(d.Taken) > 0 {
			if err := s.know(ctx, tx, known{ID: d.ID, Ticket: d.Ticket, Seq: d.Seq, EndUser: d.EndUser, Out: true}); err != nil {
				return err
			}
		}
		switch {
		case final && (p.unread || d.has(p.user)):
			return s.loseCopies(ctx, tx, d.Ticket, d.ID, missing, diagnostic(refused.Reason), refused.Permanent)
		case final:
			return s.fail(ctx, tx, d.Ticket, d.Seq, diagnostic(refused.Reason))
		case p.failed && !d.Done.IsZero():
			return s.fail(ctx, tx, d.Ticket, d.Seq, "")
		}
		return nil
	})
	if err != nil {
		return err
	}
	switch {
	case refused == nil || refused.Permanent:
		return nil // what was refused for good is shown on its message
	case last:
		return job.Permanent(fmt.Errorf("no mail server took the mail for a day; the last one said %d", refused.Code))
	}
	return fmt.Errorf("the mail wasn't taken yet (code %d)", refused.Code) // no word of the server's, which may name people
}

// diagnostic is what a server said, as it is shown.
func diagnostic(reason string) string {
	return cmp.Or(cut(oneLine(reason), maxDiagnostic), "The mail was refused.")
}
