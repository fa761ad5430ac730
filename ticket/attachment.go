package ticket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// MaxAttachment is the size of an attachment in bytes.
const MaxAttachment = 25 << 20

// maxPending is how many uploads an end user may have that no message names yet.
const maxPending = 100

// Attachment is a file of a message. Its type was sniffed from its content.
type Attachment struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Type     string `json:"type"`
	Size     int64  `json:"size"`               // bytes
	Redacted bool   `json:"redacted,omitempty"` // the file is gone, and so is all else that was known of it
}

// Inline says whether a browser may show it as part of a page: raster images only.
func (a Attachment) Inline() bool { return blob.Inline(a.Type) }

// TypeError says that attachments of a type aren't allowed.
type TypeError struct {
	Type    string
	Allowed []string // none: no attachments at all
}

func (e *TypeError) Error() string {
	if len(e.Allowed) == 0 {
		return "attachments aren't allowed here"
	}
	return fmt.Sprintf("attachments of type %s aren't allowed here, only %s", e.Type, strings.Join(e.Allowed, ", "))
}

// Unwrap returns store.ErrValue.
func (e *TypeError) Unwrap() error { return store.ErrValue }

// upload is an attachment with its author, from before a message names it.
type upload struct {
	Attachment Attachment  `json:"attachment"`
	Author     event.Actor `json:"author"`
	EndUser    string      `json:"end_user,omitempty"` // whose data it is
	Writer     string      `json:"writer,omitempty"`   // another end user whose data it is: he is in copy
	Ticket     string      `json:"ticket,omitempty"`   // once a message names it
	Seq        int64       `json:"seq,omitempty"`
	Many       bool        `json:"many,omitempty"`  // a quick reply's: messages get uploads of their own of the same file
	Reply      string      `json:"reply,omitempty"` // the quick reply that names it
	Blob       string      `json:"blob,omitempty"`  // the file, where the id isn't its own
	Created    time.Time   `json:"created"`
	Rev        store.Rev   `json:"-"`
}

var uploads = &store.Collection[upload]{
	Name: "upload",
	Key:  func(u *upload) string { return u.Attachment.ID },
	Rev:  func(u *upload) *store.Rev { return &u.Rev },
	Columns: []store.Column[upload]{
		{Name: "pending", Kind: store.Text, Of: func(u *upload) any {
			if u.Ticket != "" || u.Many {
				return nil
			}
			return u.Author.String()
		}},
		{Name: "blob", Kind: store.Text, Of: func(u *upload) any { return u.Blob }},
		{Name: "end_user", Kind: store.Text, Of: func(u *upload) any { return u.EndUser }},
		{Name: "writer", Kind: store.Text, Of: func(u *upload) any { return u.Writer }}, // few have it
	},
	Indexes: []store.Index{{Name: "pending", On: []string{"pending"}}, {Name: "blob", On: []string{"blob"}}, {Name: "end_user", On: []string{"end_user"}}, {Name: "writer", On: []string{"writer"}}},
	Subjects: func(u *upload) []string {
		return slices.DeleteFunc([]string{u.EndUser, u.Writer}, func(id string) bool { return id == "" })
	},
	Erase: func(*upload, string) bool { return false },
	Found: []store.Way{store.InIndex("end_user"), store.InIndex("writer")},
	Show: func(u *upload, subjects []string) any {
		if u.Writer != "" && !slices.Contains(subjects, u.Writer) {
			return nil
		}
		return u.shown()
	},
}

// File is where an erasure or an export finds the content, and what an archive calls
// it. A file that isn't own is a quick reply's, too.
func (u *upload) File() (id, name string, own bool) {
	return cmp.Or(u.Blob, u.Attachment.ID), u.Attachment.ID + "-" + u.Attachment.Name, u.Blob == "" && !u.Many
}

// shown is what an export says of it.
func (u *upload) shown() any {
	_, name, _ := u.File()
	return struct {
		Attachment
		Author  event.Actor `json:"author"`
		Ticket  string      `json:"ticket,omitempty"`
		Seq     int64       `json:"seq,omitempty"`
		File    string      `json:"file"` // in an archive
		Created time.Time   `json:"created"`
	}{u.Attachment, u.Author, u.Ticket, u.Seq, "files/" + name, u.Created}
}

// Upload keeps a file that its author will name in a message within 24 hours.
// Rules are those of the app's platform; an empty platform allows all types. The
// name is cleaned, the type is sniffed. Too large is a *blob.TooLargeError, a
// type that isn't allowed a *TypeError, and one of an end user under full privacy an
// *identity.PrivateError.
func (s *Service) Upload(ctx context.Context, author event.Actor, app, platform, name string, r io.Reader) (*Attachment, error) {
	if s.blobs == nil {
		return nil, errors.New("upload: this desk keeps no attachments")
	}
	limit, types, err := s.uploadRules(ctx, author, app, platform)
	if err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	}
	info, err := s.blobs.Put(ctx, r, limit)
	if err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	}
	if !typeAllowed(types, info.Type) {
		err = errors.Join(&TypeError{info.Type, types}, s.blobs.Delete(ctx, info.ID))
		return nil, fmt.Errorf("upload: %w", err)
	}
	u := &upload{Attachment: Attachment{ID: info.ID, Name: blob.CleanName(name), Type: info.Type, Size: info.Size}, Author: author, Created: s.now()}
	if author.Kind == event.EndUser {
		u.EndUser = author.ID
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := roomForUpload(ctx, tx, author); err != nil { // others may have been uploaded meanwhile
			return err
		}
		if u.EndUser != "" {
			if err := s.people.Unerased(ctx, tx, u.EndUser); err != nil {
				return err
			}
		}
		return uploads.Put(ctx, tx, u)
	})
	if errors.Is(err, store.ErrNotFound) { // nothing is left of who was erased
		err = errors.Join(err, s.blobs.Delete(ctx, info.ID))
	}
	if err != nil {
		return nil, fmt.Errorf("upload: %w", err) // the blob is an orphan now, and swept
	}
	return &u.Attachment, nil
}

func (s *Service) uploadRules(ctx context.Context, author event.Actor, app, platform string) (limit int64, types []string, err error) {
	limit = MaxAttachment
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := roomForUpload(ctx, tx, author); err != nil {
			return err
		}
		if author.Kind != event.EndUser {
			return s.people.Authorize(ctx, tx, author, identity.Converse, identity.On{Subject: "upload"})
		}
		if private, err := s.private(ctx, tx, "", author.ID); err != nil {
			return err
		} else if private {
			return &identity.PrivateError{What: "attachments"}
		}
		if platform == "" {
			return nil
		}
		a, err := s.app(ctx, tx, app)
		if err != nil {
			return err
		}
		if a.FullPrivacy {
			return &identity.PrivateError{What: "attachments"}
		}
		p, err := a.Platform(platform)
		if err != nil {
			return err
		}
		if types = p.Attachments.Types; p.Attachments.MaxBytes > 0 {
			limit = min(limit, p.Attachments.MaxBytes)
		}
		if p.Attachments.Off {
			return &TypeError{Type: "any"}
		}
		return nil
	})
	return limit, types, err
}

func roomForUpload(ctx context.Context, tx *store.Tx, author event.Actor) error {
	pending, _, err := uploads.Page(ctx, tx, store.By("pending", author.String()).Limit(maxPending))
	if err == nil && len(pending) == maxPending {
		err = &store.FieldError{Field: "attachments", Reason: "at most 100 uploads that no message names", Limit: maxPending}
	}
	return err
}

// typeAllowed compares with patterns as image/* and application/pdf. Sniffed
// types may carry parameters.
func typeAllowed(patterns []string, typ string) bool {
	typ, _, _ = strings.Cut(typ, ";")
	for _, p := range patterns {
		if p == "*/*" || p == typ || strings.HasSuffix(p, "/*") && strings.HasPrefix(typ, strings.TrimSuffix(p, "*")) {
			return true
		}
	}
	return len(patterns) == 0
}

// claim takes the uploads that a draft names for a message: its author's own, and
// each for one message only.
func (s *Service) claim(ctx context.Context, tx *store.Tx, m *Message, ids []string) error {
	for _, id := range ids {
		u, err := uploads.Lock(ctx, tx, id, store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) || err == nil && (u.Author != m.Author || u.Ticket != "" || u.Many) {
			return &store.FieldError{Field: "message.attachments", Reason: "there is no such upload that is still free"}
		}
		if err != nil {
			return err
		}
		u.Ticket, u.Seq, u.EndUser, u.Writer = m.Ticket, m.Seq, m.EndUser, ""
		if m.FromCopy() {
			u.Writer = m.About
		}
		if err := uploads.Put(ctx, tx, u); err != nil {
			return err
		}
		m.Attachments = append(m.Attachments, u.Attachment)
	}
	return nil
}

// attach gives a message uploads of its own of a quick reply's files.
func (s *Service) attach(ctx context.Context, tx *store.Tx, m *Message, from *QuickReply) error {
	for _, a := range from.Attachments {
		root, err := uploads.Lock(ctx, tx, a.ID, store.Share) // no sweep removes it meanwhile
		if err != nil {
			return err
		}
		u := &upload{Attachment: root.Attachment, Author: m.Author, EndUser: m.EndUser, Ticket: m.Ticket, Seq: m.Seq, Blob: a.ID, Created: m.Time}
		u.Attachment.ID = s.events.IDs().New()
		if err := uploads.Put(ctx, tx, u); err != nil {
			return err
		}
		m.Attachments = append(m.Attachments, u.Attachment)
	}
	return nil
}

// Attachment opens a file for somebody who may see its message, or wrote it. The
// caller closes it.
func (s *Service) Attachment(ctx context.Context, actor event.Actor, id string) (io.ReadSeekCloser, *Attachment, error) {
	var u *upload
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if actor.Kind != event.EndUser {
			if err := s.people.Authorize(ctx, tx, actor, identity.Converse, identity.On{Subject: "attachment:" + id}); err != nil {
				return err
			}
		}
		if u, err = uploads.Get(ctx, tx, id); err != nil {
			return err
		}
		if u.Ticket == "" {
			return s.attachedToReply(ctx, tx, actor, u)
		}
		if t, err := tickets.Get(ctx, tx, u.Ticket); err != nil {
			return err
		} else if t.Erased { // the erasure may not have come to it yet
			return t.erased("open an attachment of")
		}
		if u.Author == actor {
			return nil
		}
		if _, err := s.reach(ctx, tx, actor, u.Ticket); err != nil {
			return err
		}
		m, err := s.message(ctx, tx, u.Ticket, u.Seq)
		if err == nil && actor.Kind == event.EndUser && !m.Visible() {
			err = store.ErrNotFound
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if s.blobs == nil {
		return nil, nil, fmt.Errorf("attachment %s: %w", id, store.ErrNotFound)
	}
	r, _, err := s.blobs.Open(ctx, cmp.Or(u.Blob, id))
	return r, &u.Attachment, err
}

// attachedToReply says whether the actor may see an upload that no message names.
func (s *Service) attachedToReply(ctx context.Context, tx *store.Tx, actor event.Actor, u *upload) error {
	if u.Author == actor {
		return nil
	}
	if u.Reply == "" || actor.Kind == event.EndUser {
		return store.ErrNotFound
	}
	_, err := s.reachReply(ctx, tx, actor, u.Reply, driver.None)
	return err
}

// SweepUploads removes files that were uploaded before a moment and that no
// message names, and says how many.
func (s *Service) SweepUploads(ctx context.Context, before time.Time) (int, error) {
	if s.blobs == nil {
		return 0, nil
	}
	used := func(ctx context.Context, id string) (bool, error) {
		for _, keeps := range s.keeps {
			if kept, err := keeps(ctx, id); kept || err != nil {
				return kept, err
			}
		}
		return s.uploadUsed(ctx, id)
	}
	return blob.Sweep(ctx, s.blobs, used, before)
}

// KeepFiles has SweepUploads ask another package that keeps files of its own among the
// attachments whether one is in use. Call it before the service is used.
func (s *Service) KeepFiles(used func(ctx context.Context, id string) (bool, error)) {
	s.keeps = append(s.keeps, used)
}

func (s *Service) uploadUsed(ctx context.Context, id string) (inUse bool, err error) {
	look := func(ctx context.Context, tx *store.Tx) error {
		lock := store.ForUpdate
		if !tx.Writable() {
			lock = driver.None
		}
		u, err := uploads.Lock(ctx, tx, id, lock)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		there := err == nil
		if inUse = there && (u.Ticket != "" || u.Reply != ""); inUse {
			return nil
		}
		sent, _, err := uploads.Page(ctx, tx, store.By("blob", id).Limit(1))
		if inUse = len(sent) > 0; inUse || err != nil || !there || !tx.Writable() {
			return err
		}
		return uploads.Delete(ctx, tx, u) // from now on no message can name it
	}
	if err := s.db.View(ctx, look); err != nil || inUse {
		return inUse, err
	}
	return inUse, s.db.Update(ctx, look)
}
