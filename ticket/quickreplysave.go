package ticket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/template"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// keeps is what an actor needs for changing the quick replies of an owner: shared
// ones take a permission of their own, personal ones for their owner.
func keeps(owner string) identity.Permission {
	if owner == "" {
		return identity.EditQuickReplies
	}
	return identity.Converse
}

// private says whether what is this agent's own is hidden from the actor. The host
// sees it, its programs that act by a key don't.
func private(actor event.Actor, owner string) bool {
	theHost := actor.Kind == event.System && !identity.IsKey(actor)
	return owner != "" && !theHost && actor != event.Actor{Kind: event.Agent, ID: owner}
}

// noReply is the error where a quick reply isn't, or isn't the actor's to know of.
func noReply(id string) error {
	return &store.Error{Op: "get", Collection: "quick_reply", Key: id, Err: store.ErrNotFound}
}

// SaveQuickReply creates a quick reply (revision 0; an empty id gets one), or
// changes the one that was read before. Shared ones need the permission
// EditQuickReplies, an agent saves his own. HTML is sanitised, or dropped where no sanitiser is
// configured. A new attachment is an upload of the actor that nothing names yet;
// it stays for as long as the quick reply, or a message that it was sent with.
//
// A bad value, or a placeholder that doesn't exist, is a *store.FieldError (in an
// *ActionError, if it is about an action), a
// shortcut that is taken store.ErrExists, another agent's own quick reply
// store.ErrNotFound, and one that was changed meanwhile store.ErrStale.
func (s *Service) SaveQuickReply(ctx context.Context, actor event.Actor, q *QuickReply) error {
	if err := q.clean(s.sanitize); err != nil {
		return err
	}
	keys, err := q.valid()
	if err != nil {
		return err
	}
	return s.configure(ctx, actor, keeps(q.Owner), replySubject+q.ID, func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		if private(actor, q.Owner) {
			return nil, noReply(q.ID)
		}
		what, was, err := s.replyBefore(ctx, tx, q)
		if err != nil {
			return nil, err
		}
		if err := fieldsExist(ctx, tx, keys); err != nil {
			return nil, err
		}
		if err := s.keepUploads(ctx, tx, actor, q, was); err != nil {
			return nil, err
		}
		if err := quickReplies.Put(ctx, tx, q); err != nil {
			return nil, err
		}
		if err := q.putRow(ctx, tx); err != nil {
			return nil, err
		}
		return &event.Event{Type: what, Subject: replySubject + q.ID, Revision: int64(q.Rev), Actor: actor}, nil
	})
}

// replySubject stands before the id of a quick reply in its own events.
const replySubject = "quick_reply:"

// clean makes text and HTML fit to be kept. A placeholder that the sanitiser takes
// away, in a link's address say, is an error, and not a text that lacks it.
func (q *QuickReply) clean(sanitize func(string) string) error {
	q.Title, q.Folder, q.Shortcut = strings.TrimSpace(q.Title), strings.TrimSpace(q.Folder), strings.TrimSpace(q.Shortcut)
	q.Texts = slices.Clone(q.Texts)
	for i := range q.Texts {
		t := &q.Texts[i]
		t.Text = store.CleanText(t.Text)
		switch {
		case sanitize == nil:
			t.HTML = ""
		case utf8.RuneCountInString(t.HTML) <= MaxBody: // what is longer is refused as it is
			wrote, err := template.Parse(t.HTML)
			if err != nil {
				continue // which is refused, too
			}
			t.HTML = store.CleanText(sanitize(t.HTML))
			left, err := template.Parse(t.HTML)
			if err != nil || !slices.Equal(wrote.Names(), left.Names()) {
				return &store.FieldError{Field: t.at() + ".html", Reason: "has placeholders where they aren't kept: they stand in text, and not within tags"}
			}
		}
	}
	return nil
}

// replyBefore prepares a quick reply to be put: the event that tells it, and what
// was there before.
func (s *Service) replyBefore(ctx context.Context, tx *store.Tx, q *QuickReply) (what string, was *QuickReply, err error) {
	q.Updated = s.now()
	if q.Rev == 0 {
		q.ID, q.Created = cmp.Or(q.ID, s.events.IDs().New()), q.Updated
		return "quick_reply.created", &QuickReply{}, s.shelve(ctx, tx, q.Owner, +1)
	}
	if was, err = quickReplies.Lock(ctx, tx, q.ID, store.ForUpdate); err != nil {
		return "", nil, err
	}
	if was.Owner != q.Owner {
		return "", nil, &store.FieldError{Field: "quick_reply.owner", Reason: "can't change"}
	}
	q.Created = was.Created
	return "quick_reply.changed", was, nil
}

// shelve counts a quick reply in or out.
func (s *Service) shelve(ctx context.Context, tx *store.Tx, owner string, n int) error {
	if owner != "" && n > 0 {
		if _, err := s.people.Member(ctx, tx, owner); errors.Is(err, store.ErrNotFound) {
			return &store.FieldError{Field: "quick_reply.owner", Reason: "is no active agent"}
		} else if err != nil {
			return err
		}
	}
	shelf, err := replyShelves.Lock(ctx, tx, shelfOf(owner, false), store.ForUpdate)
	if errors.Is(err, store.ErrNotFound) {
		shelf, err = &replyShelf{Owner: owner}, nil
	}
	if err != nil {
		return err
	}
	most := MaxSharedReplies
	if owner != "" {
		most = MaxPersonalReplies
	}
	if shelf.Count += n; shelf.Count > most {
		return &store.FieldError{Field: "quick_reply", Reason: fmt.Sprintf("at most %d of them: delete some", most), Limit: most}
	}
	return replyShelves.Put(ctx, tx, shelf)
}

// fieldsExist refuses placeholders of custom fields that aren't defined. One that
// is archived may still have values.
func fieldsExist(ctx context.Context, tx *store.Tx, keys []string) error {
	for _, key := range keys {
		if _, err := fields.Get(ctx, tx, key); errors.Is(err, store.ErrNotFound) {
			return unknownName("quick_reply.texts", "field."+key)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// putRow writes what the quick reply is found by.
func (q *QuickReply) putRow(ctx context.Context, tx *store.Tx) error {
	row := q.row()
	if old, err := replyRows.Lock(ctx, tx, q.ID, store.ForUpdate); err == nil {
		row.Rev = old.Rev
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	err := replyRows.Put(ctx, tx, row)
	if errors.Is(err, store.ErrExists) { // the row's own id tells nobody anything
		return &store.Error{Op: "put", Collection: "quick_reply", Key: q.Shortcut, Err: store.ErrExists}
	}
	return err
}

// DeleteQuickReply removes a quick reply for good; what was sent with it stays. The
// error is store.ErrNotFound where there is none that the actor may know of.
func (s *Service) DeleteQuickReply(ctx context.Context, actor event.Actor, id string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		q, err := s.reachReply(ctx, tx, actor, id, store.ForUpdate)
		if err != nil {
			return err
		}
		if err := s.people.Authorize(ctx, tx, actor, keeps(q.Owner), identity.On{Subject: replySubject + id}); err != nil {
			return err
		}
		if err := s.shelve(ctx, tx, q.Owner, -1); err != nil {
			return err
		}
		was, revision := *q, int64(q.Rev)+1
		q.Attachments = nil
		if err := s.keepUploads(ctx, tx, actor, q, &was); err != nil {
			return err
		}
		row, err := replyRows.Lock(ctx, tx, id, store.ForUpdate)
		if err != nil {
			return err
		}
		if err := replyRows.Delete(ctx, tx, row); err != nil {
			return err
		}
		if err := quickReplies.Delete(ctx, tx, q); err != nil {
			return err
		}
		return s.events.Append(ctx, tx, &event.Event{Type: quickReplyDeleted, Subject: replySubject + id, Revision: revision, Actor: actor})
	})
}

// quickReplyDeleted ends the count of a quick reply's uses.
const quickReplyDeleted = "quick_reply.deleted"

// reachReply returns a quick reply that the actor may use. Another agent's own one
// is store.ErrNotFound.
func (s *Service) reachReply(ctx context.Context, tx *store.Tx, actor event.Actor, id string, lock driver.Lock) (*QuickReply, error) {
	if err := s.people.Authorize(ctx, tx, actor, identity.Converse, identity.On{Subject: replySubject + id}); err != nil {
		return nil, err
	}
	if !tx.Writable() {
		lock = driver.None
	}
	q, err := quickReplies.Lock(ctx, tx, id, lock)
	if err == nil && private(actor, q.Owner) {
		return nil, noReply(id)
	}
	return q, err
}

// keepUploads takes new attachments from what the actor has uploaded, and lets go
// of those that the quick reply no longer names. Those stay while a message has
// them.
func (s *Service) keepUploads(ctx context.Context, tx *store.Tx, actor event.Actor, q, was *QuickReply) error {
	kept := make([]Attachment, 0, len(q.Attachments))
	for _, a := range q.Attachments {
		u, err := uploads.Lock(ctx, tx, a.ID, store.ForUpdate)
		free := err == nil && u.Author == actor && u.Ticket == "" && !u.Many
		if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrValue) || err == nil && !free && u.Reply != q.ID || named(kept, a.ID) {
			return &store.FieldError{Field: "quick_reply.attachments", Reason: "there is no such upload that is still free"}
		}
		if err != nil {
			return err
		}
		kept = append(kept, u.Attachment)
		if free {
			u.Many, u.Reply = true, q.ID
			if err := uploads.Put(ctx, tx, u); err != nil {
				return err
			}
		}
	}
	for _, a := range was.Attachments {
		if named(kept, a.ID) {
			continue
		}
		u, err := uploads.Lock(ctx, tx, a.ID, store.ForUpdate)
		if err != nil {
			return err
		}
		u.Reply = ""
		if err := uploads.Put(ctx, tx, u); err != nil {
			return err
		}
	}
	if q.Attachments = kept; len(kept) == 0 {
		q.Attachments = nil
	}
	return nil
}

func named(as []Attachment, id string) bool {
	return slices.ContainsFunc(as, func(a Attachment) bool { return a.ID == id })
}
