package email

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	netmail "net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

const (
	defaultMaxBytes = 50 << 20
	limitMaxBytes   = 100 << 20
	maxSource       = 100  // characters
	maxCopy         = 1000 // bytes
	maxEnvelope     = 100  // recipients that are kept; no server of ours takes more
	maxSubject      = 255  // characters
	maxMessageID    = 1000 // bytes
)

func (e *Envelope) check() error {
	switch {
	case e.Source == "" || utf8.RuneCountInString(e.Source) > maxSource || store.CleanText(e.Source) != e.Source:
		return &store.FieldError{Field: "envelope.source", Reason: "is text of 1 to 100 characters", Limit: maxSource}
	case len(e.Copy) > maxCopy:
		return &store.FieldError{Field: "envelope.copy", Reason: "has at most 1,000 bytes", Limit: maxCopy}
	}
	return nil
}

// maxBytes is how large a mail may be.
func (s *Service) maxBytes() int64 {
	if s.o.MaxBytes <= 0 {
		return defaultMaxBytes
	}
	return min(s.o.MaxBytes, limitMaxBytes)
}

// Receive takes a mail as raw bytes. When it returns, the mail is durable, and a job is
// going to make a message of it; whatever is wrong with it, it is kept, and what can't be
// processed is held ([Service.Held]). The same copy again, as Envelope.Copy says, gives
// the one that is here, and r isn't read. A mail above Options.MaxBytes is a
// *blob.TooLargeError, an envelope that can't be kept a *store.FieldError; after these,
// and any error of r or of the store, nothing is kept, and whoever has the mail should
// come again. It can't be called in a transaction of the desk's store.
func (s *Service) Receive(ctx context.Context, e Envelope, r io.Reader) (*Received, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	d := &Received{ID: s.Events.IDs().New()}
	if e.Copy != "" {
		d.ID = s.copyID(&e)
		first, err := s.received(ctx, d.ID)
		if err == nil && !first.missed() || err != nil && !errors.Is(err, store.ErrNotFound) {
			return first, err
		}
		if err == nil {
			d = first // that couldn't be had until now
		}
	}
	sum := newDigest()
	info, err := s.Blobs.Put(ctx, io.TeeReader(r, sum), s.maxBytes())
	if err != nil {
		return nil, fmt.Errorf("receive mail: %w", err)
	}
	if d.missed() {
		d.Tries++
	}
	d.State, d.Reason, d.Error, d.HeldAt = StateWaiting, "", "", time.Time{}
	d.Time, d.Blob, d.Size = s.now(), info.ID, info.Size
	d.take(&e)
	s.describe(d, sum)
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := receiveds.Put(ctx, tx, d); err != nil {
			return err
		}
		return s.enqueue(ctx, tx, d)
	})
	if (errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrStale)) && e.Copy != "" { // another one who has it was faster
		first, err := s.received(ctx, d.ID)
		return first, errors.Join(err, s.Blobs.Delete(ctx, info.ID))
	}
	if err != nil {
		return nil, fmt.Errorf("receive mail: %w", err) // the blob is an orphan now, and swept
	}
	return d, nil
}

// Missed puts a mail into quarantine that is too large to be received, and stays where it
// is: Envelope.Copy, which is required, says where. Once it is small enough for
// Options.MaxBytes, Receive takes the same copy.
func (s *Service) Missed(ctx context.Context, e Envelope, size int64) (*Received, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	if e.Copy == "" {
		return nil, &store.FieldError{Field: "envelope.copy", Reason: "is missing"}
	}
	d := &Received{ID: s.copyID(&e), Size: max(0, size), Time: s.now(), Twin: s.pseudonym("email.twin", "missed", e.Source, e.Copy)}
	d.Error = shorten(store.CleanText(fmt.Sprintf("%s has %d bytes", e.Copy, d.Size)), maxError)
	d.take(&e)
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		first, err := receiveds.Get(ctx, tx, d.ID)
		if !errors.Is(err, store.ErrNotFound) {
			d = cmp.Or(first, d)
			return err
		}
		return s.held(ctx, tx, d, ReasonTooLarge)
	})
	return d, err
}

// copyID is under which id a copy of a mail is received.
func (s *Service) copyID(e *Envelope) string { return s.pseudonym("email.copy", e.Source, e.Copy) }

func (s *Service) received(ctx context.Context, id string) (d *Received, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		d, err = receiveds.Get(ctx, tx, id)
		return err
	})
	return d, err
}

// take takes over what the envelope says.
func (d *Received) take(e *Envelope) {
	d.Source, d.Null, d.IP = e.Source, e.Null, e.IP
	d.Sender, _ = addressOf(e.From)
	for _, to := range e.To {
		if a, ok := addressOf(to); ok && len(d.To) < maxEnvelope && !slices.Contains(d.To, a) {
			d.To = append(d.To, a)
		}
	}
}

// describe notes what a mail's header says for those who look for it, and what its
// copies are known by.
func (s *Service) describe(d *Received, sum *digest) {
	fs := sum.fields()
	m, err := mail.Parse(bytes.NewReader(append(bytes.TrimRight(sum.text, "\r\n"), "\r\n\r\n"...)),
		&mail.Options{MaxHeaderBytes: 2 * maxHead, MaxRecipients: maxHead})
	if err != nil {
		m = &mail.Mail{}
	}
	from, ok := addressOf(m.From.Address)
	if !ok {
		from, _ = addressOf(m.Sender.Address)
	}
	d.From = cmp.Or(from, d.Sender)
	d.Subject = shorten(m.Subject, maxSubject)
	d.MessageID = m.MessageID
	if len(d.MessageID) > maxMessageID {
		d.MessageID = d.MessageID[:maxMessageID]
	}
	d.MessageID = store.CleanText(d.MessageID)
	if d.From != "" {
		d.Writer = s.writerKey(d.From, false)
	}
	switch {
	case m.MessageID != "":
		d.Twin = s.pseudonym("email.twin", "id", m.MessageID, sum.content(fs, false))
	case value(fs, "date") != "":
		d.Twin = s.pseudonym("email.twin", "date", sum.content(fs, false))
	default:
		d.Twin, d.Fleeting = s.pseudonym("email.twin", "bytes", sum.content(fs, true)), true
	}
}

// kindIn is the kind of the jobs that process what was received.
const kindIn = "email.in"

type inJob struct {
	ID    string `json:"id"`
	Tries int    `json:"tries,omitempty"`
}

// enqueue has a mail processed, after those of the same sender that came before.
func (s *Service) enqueue(ctx context.Context, tx *store.Tx, d *Received) error {
	data, err := event.JSON(inJob{d.ID, d.Tries})
	if err != nil {
		return err
	}
	return s.Jobs.Enqueue(ctx, tx, job.Spec{ID: fmt.Sprintf("%s/%s/%d", kindIn, d.ID, d.Tries), Kind: kindIn, Key: d.Writer, Data: data})
}

// addressOf is an address as it is compared: in lower case. false: it is none that can
// be written to.
func addressOf(s string) (string, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if len(s) > identity.MaxEmail {
		return "", false
	}
	a, err := netmail.ParseAddress(s)
	if err != nil || a.Address != s {
		return "", false
	}
	return s, true
}

// shorten cuts a text after so many characters.
func shorten(s string, characters int) string {
	for i := range s {
		if characters == 0 {
			return s[:i]
		}
		characters--
	}
	return s
}
