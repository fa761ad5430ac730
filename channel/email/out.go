package email

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

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
	// settleTime is how long it may take to keep what became of one.
	settleTime = 10 * time.Second
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

// openOut adds what sends mails, where the desk has a Sender, and what forgets them.
func (s *Service) openOut() {
	s.Events.React("email_forget", forgetParts, s.forgetSent, ticket.Redacted, ticket.Erased)
	if s.o.Sender == nil {
		return
	}
	s.Events.React("email_out", outParts, s.queueMails, ticket.Created, ticket.MessageAdded)
	s.Jobs.Handle(outKind, job.Handler{Do: s.send, MaxAttempts: sendAttempts, Timeout: sendTime, Limit: sendAtOnce})
}

// queueMails is the reactor that has each public message of staff on a ticket of mail
// sent.
func (s *Service) queueMails(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	for _, e := range es {
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
	_, err = bound.Tickets.Fail(ctx, system(), t.ID, m.Seq, reason)
	if errors.Is(err, store.ErrNotFound) {
		return nil // erased meanwhile
	}
	return err
}

func (s *Service) failAt(ctx context.Context, id string, seq int64, reason string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return s.fail(ctx, tx, id, seq, reason) })
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
	// What the server said is kept also where the desk is being stopped at this moment.
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer done()
	return s.settle(ctx, p, err, last)
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
		// What can't be told mustn't undo what is known, or the mail would go out again.
		err = tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
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
		if err != nil && !store.Broken(err) && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "what became of a mail can't be shown on its message", "ticket", d.Ticket, "seq", d.Seq, "error", err)
			err = nil
		}
		return err
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
