package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// signatures are parts that say nothing to who reads a ticket.
var signatures = []string{"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}

// files are the attachments of a mail that are to be its message's.
func files(m *mail.Mail) (all []mail.Attachment) {
	return slices.DeleteFunc(slices.Clone(m.Attachments), func(a mail.Attachment) bool { return slices.Contains(signatures, a.Type) })
}

// upload keeps the mail's attachments for a message of its writer. What can't be one is
// left out, and told.
func (p *passage) upload(ctx context.Context, raw string) error {
	var ids, left []string
	var now *uploading
	n := 0
	finish := func() error {
		if now == nil {
			return nil
		}
		id, problem, err := now.close()
		now = nil
		if id != "" {
			ids = append(ids, id)
		}
		if problem != "" {
			left = append(left, problem)
		}
		return err
	}
	defer func() {
		if now != nil { // the mail ended within it, or worse
			now.w.CloseWithError(io.ErrUnexpectedEOF)
			now.work.Wait()
		}
	}()
	_, err := p.s.parsed(ctx, raw, nil, func(a mail.Attachment) (io.Writer, error) {
		if err := finish(); err != nil {
			return nil, err
		}
		if slices.Contains(signatures, a.Type) {
			return nil, nil
		}
		if n++; n > ticket.MaxAttachments {
			return nil, nil
		}
		now = p.s.upload(ctx, p.wants, a.Name)
		return now, nil
	})
	if err != nil {
		return err
	}
	if err := finish(); err != nil {
		return err
	}
	if n > ticket.MaxAttachments {
		left = append(left, fmt.Sprintf("%d more attachments were left out: a message has at most %d", n-ticket.MaxAttachments, ticket.MaxAttachments))
	}
	return p.change(ctx, func(d *Received) {
		d.Files, d.Uploaded = ids, true
		d.Problems = append(d.Problems, left...)
	})
}

// change changes the document of a mail that is waiting.
func (p *passage) change(ctx context.Context, do func(d *Received)) error {
	return p.s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		d, err := receiveds.Lock(ctx, tx, p.id, store.ForUpdate)
		if err != nil || d.State != StateWaiting {
			return err
		}
		do(d)
		return receiveds.Put(ctx, tx, d)
	})
}

// lostFiles has attachments uploaded again by the next attempt, where those that were
// uploaded aren't the writer's any more, or were swept; or left out, if he came under full
// privacy meanwhile.
func (p *passage) lostFiles(ctx context.Context, err error) error {
	private, left := errors.AsType[*identity.PrivateError](err)
	bad, lost := errors.AsType[*store.FieldError](err)
	if !left && !(lost && bad.Field == "message.attachments") {
		return err
	}
	return errors.Join(err, p.change(ctx, func(d *Received) {
		if d.Files, d.Uploaded, d.Problems = nil, left, nil; left {
			d.Problems = []string{"attachments were left out: " + private.Error()}
		}
	}))
}

// uploading is an attachment that is being uploaded while it is decoded.
type uploading struct {
	w    *io.PipeWriter
	work sync.WaitGroup
	name string
	a    *ticket.Attachment
	err  error
}

func (s *Service) upload(ctx context.Context, to *upload, name string) *uploading {
	r, w := io.Pipe()
	u := &uploading{w: w, name: name}
	u.work.Go(func() {
		u.a, u.err = s.Tickets.Upload(ctx, to.author, to.app, Platform, name, r)
		// What is left of one that was refused is read all the same, for what follows it.
		_, err := io.Copy(io.Discard, r)
		u.err = errors.Join(u.err, err)
	})
	return u
}

func (u *uploading) Write(b []byte) (int, error) { return u.w.Write(b) }

// close ends the upload, and says under which id the file is, or why it was left out.
func (u *uploading) close() (id, problem string, err error) {
	u.w.Close()
	u.work.Wait()
	if u.err == nil {
		return u.a.ID, "", nil
	}
	if private, ok := errors.AsType[*identity.PrivateError](u.err); ok {
		return "", "attachments were left out: " + private.Error(), nil
	}
	if large, ok := errors.AsType[*blob.TooLargeError](u.err); ok {
		return "", fmt.Sprintf("%s was left out: it has more than %d bytes", u.name, large.Limit), nil
	}
	if typ, ok := errors.AsType[*ticket.TypeError](u.err); ok {
		return "", fmt.Sprintf("%s was left out: %v", u.name, typ), nil
	}
	return "", "", u.err
}
