package ticket

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Redaction stands on a message of which something was taken out for good.
type Redaction struct {
	Time   time.Time   `json:"time"`             // of the last time
	By     event.Actor `json:"by"`               // the system, where it was masked as it came
	Whole  bool        `json:"whole,omitempty"`  // all that it said
	Files  int         `json:"files,omitempty"`  // attachments
	Pieces int         `json:"pieces,omitempty"` // places in its texts
}

// whole says whether all that a message said is gone.
func (r *Redaction) whole() bool { return r != nil && r.Whole }

// redacted marks the message, and returns the mark.
func (m *Message) redacted(at time.Time, by event.Actor) *Redaction {
	r := Redaction{}
	if m.Redacted != nil {
		r = *m.Redacted
	}
	r.Time, r.By = at, by
	m.Redacted = &r
	return m.Redacted
}

// said is the message's text for a quotation.
func (m *Message) said() string {
	if m.Redacted.whole() {
		return "[removed]"
	}
	return m.Text
}

// quotedAt is how a quotation of the message begins.
func (m *Message) quotedAt() string { return m.Time.Format("2006-01-02 15:04 UTC") + ", " }

// RedactOptions of Redact; nil means the defaults.
type RedactOptions struct {
	// Attachments has the message's files go, too.
	Attachments bool
}

// Redact takes out for good what a message of any kind said: text, HTML, quotation
// and the page where it was written. That there was a message stays, with a mark
// ([Message.Redacted]); its attachments stay unless they are asked for. A message of
// which nothing is left stays as it is. Where its conversation was quoted in another
// end user's ticket, it goes there, too. Files are removed once that is durable, at
// the latest by the next sweep of uploads.
//
// There is no way back, and a client that sends the message again gets the redacted
// one. A message that isn't there is store.ErrNotFound, and one that went elsewhere
// with a merge a *MergedError.
func (s *Service) Redact(ctx context.Context, actor event.Actor, ticket string, seq int64, o *RedactOptions) (t *Ticket, m *Message, err error) {
	t, err = s.redact(ctx, actor, ticket, func(ctx context.Context, tx *store.Tx, c *Change) error {
		if m, err = s.messageToRedact(ctx, tx, c, seq); err != nil {
			return err
		}
		was, removed := *m, 0
		if o != nil && o.Attachments {
			for i := range m.Attachments {
				n, err := s.dropFile(ctx, tx, c, m, i)
				if err != nil {
					return err
				}
				removed += n
			}
		}
		if !m.Redacted.whole() && (m.Text != "" || m.HTML != "" || m.Quoted != "" || m.Page != nil) {
			m.clear()
			if m.Failure != "" {
				m.Failure = "redacted" // the reason may quote it
			}
			m.redacted(c.Time, actor).Whole = true
			removed++
			if err := s.unquote(ctx, tx, c, &was); err != nil {
				return err
			}
		}
		if removed > 0 {
			c.redacted(&was, m)
			c.Record(Redacted, &Facts{Seq: seq, Message: m.Kind, Author: m.Author, Removed: removed})
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return t, m, nil
}

// RedactAttachment takes one file of a message out for good: its name, its type and
// its content. That there was a file stays ([Attachment.Redacted]). The file of a
// quick reply stays with that. One that is gone already stays so; one that the
// message doesn't have is store.ErrNotFound, and a message that went elsewhere with a
// merge a *MergedError.
func (s *Service) RedactAttachment(ctx context.Context, actor event.Actor, ticket string, seq int64, attachment string) (t *Ticket, m *Message, err error) {
	t, err = s.redact(ctx, actor, ticket, func(ctx context.Context, tx *store.Tx, c *Change) error {
		if m, err = s.messageToRedact(ctx, tx, c, seq); err != nil {
			return err
		}
		at := slices.IndexFunc(m.Attachments, func(a Attachment) bool { return a.ID == attachment })
		if at < 0 {
			return &store.Error{Op: "redact", Collection: "upload", Key: attachment, Err: store.ErrNotFound}
		}
		was := *m
		n, err := s.dropFile(ctx, tx, c, m, at)
		if n > 0 && err == nil {
			c.redacted(&was, m)
			c.Record(Redacted, &Facts{Seq: seq, Message: m.Kind, Author: m.Author, Removed: n})
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return t, m, nil
}

// redact is alter for those who may take out what was written.
func (s *Service) redact(ctx context.Context, actor event.Actor, id string, fn func(ctx context.Context, tx *store.Tx, c *Change) error) (*Ticket, error) {
	if err := staffOnly(actor); err != nil {
		return nil, err
	}
	return s.alter(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		if err := s.people.Authorize(ctx, tx, actor, identity.Redact, identity.On{Subject: id, Owner: c.Before.EndUser}); err != nil {
			return err
		}
		return fn(ctx, tx, c)
	})
}

func (s *Service) messageToRedact(ctx context.Context, tx *store.Tx, c *Change, seq int64) (*Message, error) {
	t := c.Before
	m, err := s.message(ctx, tx, t.ID, seq)
	if errors.Is(err, store.ErrNotFound) && t.Merged != nil && !t.Merged.Abroad {
		return nil, t.gone()
	}
	return m, err
}

// redacted writes a message of which something is gone, and has the ticket and those
// who look at it forget it.
func (c *Change) redacted(was, m *Message) {
	c.Messages = append(c.Messages, m)
	t := c.After
	if m.Visible() {
		t.Moved = c.Before.Rev
	}
	if old := was.preview(); t.Preview.Author == old.Author && t.Preview.Text == old.Text && t.Preview.Time.Equal(old.Time) && m.Kind == Public {
		t.Preview = m.preview()
	}
}

// dropFile removes a message's file, if it is there still, and says how many that
// were. What nothing else names is deleted when the transaction is durable; a
// process that dies just then leaves it to the sweep of uploads.
func (s *Service) dropFile(ctx context.Context, tx *store.Tx, c *Change, m *Message, at int) (int, error) {
	a := m.Attachments[at]
	if a.Redacted {
		return 0, nil
	}
	m.Attachments = slices.Clone(m.Attachments)
	m.Attachments[at] = Attachment{ID: a.ID, Redacted: true}
	m.redacted(c.Time, c.Actor).Files++
	if err := s.unquoteFile(ctx, tx, c, a.Name); err != nil {
		return 0, err
	}
	return 1, s.dropUpload(ctx, tx, a.ID)
}

// unquoteFile takes a file's name out of the notes that quote the conversation in
// other end users' tickets.
func (s *Service) unquoteFile(ctx context.Context, tx *store.Tx, c *Change, name string) error {
	return s.requote(ctx, tx, c, func(note *Message) int {
		line := "\n[" + name + "]"
		n := strings.Count(note.Text, line)
		note.Text = strings.ReplaceAll(note.Text, line, "\n[removed]")
		return n
	})
}

// dropUpload forgets a file for one of those that have it.
func (s *Service) dropUpload(ctx context.Context, tx *store.Tx, id string) error {
	u, err := uploads.Lock(ctx, tx, id, store.ForUpdate)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := uploads.Delete(ctx, tx, u); err != nil {
		return err
	}
	file := cmp.Or(u.Blob, id)
	if used, err := s.fileUsed(ctx, tx, file); used || err != nil || s.blobs == nil {
		return err
	}
	tx.After(func() {
		// The context at hand carries the transaction, which is over.
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.blobs.Delete(ctx, file); err != nil && !errors.Is(err, store.ErrNotFound) {
			s.log.WarnContext(ctx, "a redacted file is left to the sweep", "file", file, "error", err)
		}
	})
	return nil
}

// fileUsed says whether a quick reply or another message has a file.
func (s *Service) fileUsed(ctx context.Context, tx *store.Tx, file string) (bool, error) {
	others, _, err := uploads.Page(ctx, tx, store.By("blob", file).Limit(1))
	if len(others) > 0 || err != nil {
		return true, err
	}
	root, err := uploads.Lock(ctx, tx, file, store.ForUpdate)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return false, nil
	case err != nil || root.Reply != "" || !root.Many:
		return true, err
	}
	return false, uploads.Delete(ctx, tx, root) // of a quick reply that is gone
}

// unquote takes a message out of the notes that quote its conversation in other end
// users' tickets.
func (s *Service) unquote(ctx context.Context, tx *store.Tx, c *Change, m *Message) error {
	return s.requote(ctx, tx, c, func(note *Message) int {
		text := note.Text
		for from := 0; ; {
			head := strings.Index(text[from:], m.quotedAt())
			if head < 0 {
				break
			}
			line := strings.IndexByte(text[from+head:], '\n')
			if line < 0 {
				break
			}
			at := from + head + line + 1
			if rest, ok := strings.CutPrefix(text[at:], m.Text); ok && (rest == "" || rest[0] == '\n') && m.Text != "" {
				text = text[:at] + "[removed]" + rest
			}
			from = at
		}
		if text == note.Text {
			return 0
		}
		note.Text = text
		return 1
	})
}

// requote changes the notes in which other end users' tickets quote this one's
// conversation.
func (s *Service) requote(ctx context.Context, tx *store.Tx, c *Change, clean func(note *Message) int) error {
	from := c.Before
	for range maxChain {
		if from.Merged == nil || !from.Merged.Abroad {
			return nil
		}
		to, err := tickets.Lock(ctx, tx, from.Merged.Into, store.ForUpdate)
		if err == nil {
			to, err = s.follow(ctx, tx, to)
		}
		if err != nil {
			return err
		}
		_, err = s.In(tx).alter(ctx, event.Actor{Kind: event.System}, to.ID, func(ctx context.Context, tx *store.Tx, there *Change) error {
			there.Reason = "redaction of ticket " + from.ID
			q := store.ByKey().From(messageKey(to.ID, 0)).To(messageKey(to.ID, to.Marks.Last+1))
			for m, err := range messages.All(ctx, tx, q) {
				if err != nil {
					return err
				}
				if ours, err := s.quotes(ctx, tx, m, from.EndUser); err != nil {
					return err
				} else if !ours {
					continue
				}
				was := *m
				if n := clean(m); n > 0 {
					m.redacted(c.Time, c.Actor).Pieces += n
					there.redacted(&was, m)
					there.Record(Redacted, &Facts{Seq: m.Seq, Message: m.Kind, Author: m.Author, Removed: n})
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		from = to
	}
	return nil
}

// quotes says whether a message is a note that quotes an end user, under whatever id
// he had before he was merged.
func (s *Service) quotes(ctx context.Context, tx *store.Tx, m *Message, endUser string) (bool, error) {
	if m.Kind != Note || m.About == "" || m.About == endUser {
		return m.Kind == Note && m.About != "", nil
	}
	u, err := s.people.In(tx).EndUser(ctx, m.About)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && u.ID == endUser, err
}
