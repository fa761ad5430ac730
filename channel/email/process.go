package email

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

const (
	// maxTries is how often a mail is tried before it is held with what went wrong.
	maxTries = 5
	// maxKilled is how often a mail may have been at work when its process died, before it
	// is held as what killed it.
	maxKilled = 20
	// jobTries are the job's own, which are more: that a mail is held may fail, too.
	jobTries = 1000
	// processTime is how long an attempt may take: a mail of 100 MB is read twice, and its
	// files are written.
	processTime = 5 * time.Minute
)

// errGone: a mail isn't among the blobs, so that another attempt is no use.
var errGone = errors.New("the mail as it was received is gone")

// passage is a mail on its way from what was received to where it belongs.
type passage struct {
	s      *Service
	d      *Received // as the transaction at hand has it
	id     string
	m      *mail.Mail
	fields []field
	forged bool
	// passedOn is what somebody sent on in the mail, and visible what is to be seen of it.
	passedOn *mail.Forwarded
	visible  string
	// What a transaction finds out.
	address string // of who wrote, in lower case; "" is nobody who can be answered
	name    string // of who wrote, as he says
	form    bool   // a form on a page says who wrote
	app     string
	writer  *identity.EndUser // who wrote; nil is nobody who has before
	sentOn  *mail.Forwarded   // what an agent sent on, whose writer is meant then
	hops    int
	wants   *upload // what has to be there before the message can be written
}

// upload says for whom and where a mail's attachments are to be uploaded.
type upload struct {
	author event.Actor
	app    string
}

// process is the job of a mail that was received. However often it is interrupted, the
// mail goes somewhere once: that is written in one transaction with its state.
func (s *Service) process(ctx context.Context, j *job.Job) error {
	var in inJob
	if err := j.Payload(&in); err != nil {
		return job.Permanent(err)
	}
	if j.Attempt > maxKilled {
		return s.hold(ctx, in, ReasonFailed, cmp.Or(j.Error, "the process ended while it worked on this mail"))
	}
	err := s.passed(ctx, in)
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case errors.Is(err, mail.ErrNoMail) || is[*mail.LimitError](err):
		return s.hold(ctx, in, ReasonUnreadable, err.Error())
	case j.Attempt >= maxTries || errors.Is(err, errGone):
		return s.hold(ctx, in, ReasonFailed, err.Error())
	}
	return err
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// passed parses a mail and takes it where it belongs.
func (s *Service) passed(ctx context.Context, in inJob) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.ErrorContext(ctx, "panic while a mail was processed", "mail", in.ID, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	d, err := s.received(ctx, in.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && (d.State != StateWaiting || d.Tries != in.Tries) {
		return nil
	}
	if err != nil {
		return err
	}
	p := &passage{s: s, id: d.ID}
	var h head
	if p.m, err = s.parsed(ctx, d.Blob, &h, nil); err != nil {
		return err
	}
	p.fields = h.fields()
	p.forged = s.saidForged(p.fields)
	if p.passedOn = p.m.Forwarded(); p.passedOn != nil {
		o, err := s.visible(ctx)
		if err != nil {
			return err
		}
		p.visible, _ = mail.Visible(p.passedOn.Text, o)
	}
	for range 2 {
		if err := p.settle(ctx); err != nil || p.wants == nil {
			return p.lostFiles(ctx, err)
		}
		if err := p.upload(ctx, d.Blob); err != nil {
			return err
		}
	}
	return errors.New("the sender of the mail changed while its attachments were uploaded")
}

// settle takes the mail where it belongs, in one transaction.
func (p *passage) settle(ctx context.Context) error {
	return p.s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		p.wants, p.hops, p.form = nil, 0, false
		if p.d, err = receiveds.Lock(ctx, tx, p.id, store.ForUpdate); err != nil {
			return err
		}
		if p.d.State != StateWaiting {
			return nil
		}
		return p.sort(ctx, tx)
	})
}

// parsed reads a mail as it was received. Its files go where attach says; h, if it
// isn't nil, gets its header.
func (s *Service) parsed(ctx context.Context, id string, h *head, attach func(mail.Attachment) (io.Writer, error)) (m *mail.Mail, err error) {
	f, _, err := s.Blobs.Open(ctx, id)
	if errors.Is(err, blob.ErrNotFound) {
		return nil, fmt.Errorf("%w: %w", errGone, err)
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	visible, err := s.visible(ctx)
	if err != nil {
		return nil, err
	}
	var r io.Reader = f
	if h != nil {
		r = io.TeeReader(f, h)
	}
	return mail.Parse(r, &mail.Options{MaxBytes: limitMaxBytes, Attach: attach, Visible: visible})
}

// hold puts a mail that couldn't be processed into quarantine.
func (s *Service) hold(ctx context.Context, in inJob, why Reason, what string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		d, err := receiveds.Lock(ctx, tx, in.ID, store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) || err == nil && (d.State != StateWaiting || d.Tries != in.Tries) {
			return nil
		}
		if err != nil {
			return err
		}
		if again, err := (&passage{s: s, d: d}).again(ctx, tx); again || err != nil {
			return err
		}
		d.Error = shorten(store.CleanText(what), maxError)
		return s.held(ctx, tx, d, why)
	})
}
