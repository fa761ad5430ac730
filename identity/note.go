package identity

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// The limits of notes on end users.
const (
	MaxNote  = 500 // characters
	MaxNotes = 100 // on one end user
)

// Note is what staff keeps in mind of an end user. He never sees it.
type Note struct {
	ID      string      `json:"id"` // UUIDv7
	EndUser string      `json:"end_user"`
	Text    string      `json:"text"`
	By      event.Actor `json:"by"`
	Created time.Time   `json:"created"`
	Rev     store.Rev   `json:"-"`
}

var notes = &store.Collection[Note]{
	Name:     "end_user_note",
	Key:      func(n *Note) string { return n.ID },
	Rev:      func(n *Note) *store.Rev { return &n.Rev },
	Columns:  []store.Column[Note]{{Name: "end_user", Kind: store.Text, Of: func(n *Note) any { return n.EndUser }}},
	Indexes:  []store.Index{{Name: "end_user", On: []string{"end_user"}}},
	Subjects: func(n *Note) []string { return []string{n.EndUser} },
	Erase:    func(*Note, string) bool { return false },
	Found:    []store.Way{store.InIndex("end_user")},
}

// AddNote keeps a note on an end user, of 1 to 500 characters; the 101st is refused
// until another one is deleted: both are a *store.FieldError. An end user who isn't
// there, or was erased, is store.ErrNotFound.
func (s *Service) AddNote(ctx context.Context, actor event.Actor, endUser, text string) (n *Note, err error) {
	text = strings.TrimSpace(store.CleanText(text))
	switch {
	case text == "":
		return nil, &store.FieldError{Field: "note.text", Reason: "is empty"}
	case utf8.RuneCountInString(text) > MaxNote:
		return nil, store.TooLong("note.text", MaxNote)
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Converse, On{Subject: endUser, Owner: endUser}); err != nil {
			return err
		}
		// Locked as if to be changed, so that two don't count at once.
		u, err := s.changeable(ctx, tx, endUser)
		if err != nil {
			return err
		}
		count, err := notes.Count(ctx, tx, store.By("end_user", u.ID).Limit(MaxNotes))
		if err != nil {
			return err
		}
		if count >= MaxNotes {
			return &store.FieldError{Field: "note", Reason: "at most 100 notes on an end user: delete some first", Limit: MaxNotes}
		}
		n = &Note{ID: s.log.IDs().New(), EndUser: u.ID, Text: text, By: actor, Created: s.now()}
		if err := notes.Put(ctx, tx, n); err != nil {
			return err
		}
		return s.noted(ctx, tx, actor, n, "end_user.noted", n.Rev)
	})
	if err != nil {
		return nil, err
	}
	return n, nil
}

// DeleteNote deletes a note. Its author may, and who has the permission Organise for the author's team.
func (s *Service) DeleteNote(ctx context.Context, actor event.Actor, id string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Converse, On{Subject: "note:" + id}); err != nil {
			return err
		}
		n, err := notes.Lock(ctx, tx, id, store.ForUpdate)
		if err != nil {
			return err
		}
		if n.By != actor {
			team, err := s.teamOfActor(ctx, tx, n.By)
			if err != nil {
				return err
			}
			if err := s.Authorize(ctx, tx, actor, Organise, On{Subject: "note:" + id, Owner: n.EndUser, Team: team}); err != nil {
				return err
			}
		}
		rev := n.Rev + 1
		if err := notes.Delete(ctx, tx, n); err != nil {
			return err
		}
		return s.noted(ctx, tx, actor, n, "end_user.note_deleted", rev)
	})
}

// noted records that a note was written or deleted, and not what it says.
func (s *Service) noted(ctx context.Context, tx *store.Tx, actor event.Actor, n *Note, what string, rev store.Rev) error {
	return s.record(ctx, tx, &event.Event{Type: what, Subject: "note:" + n.ID, Revision: int64(rev), Owner: n.EndUser, Actor: actor}, nil, nil)
}

// Notes returns the notes on an end user, the newest first: all of them, at most
// 1,000 where end users were merged.
func (s *Service) Notes(ctx context.Context, actor event.Actor, endUser string) (ns []*Note, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Converse, On{Subject: endUser, Owner: endUser, Read: true}); err != nil {
			return err
		}
		u, err := follow(ctx, tx, endUser, driver.None)
		if errors.Is(err, store.ErrNotFound) {
			return nil // he has done nothing yet
		}
		if err != nil {
			return err
		}
		ns, _, err = notes.Page(ctx, tx, store.By("end_user", u.ID).Desc().Limit(maxMerged))
		return err
	})
	return ns, err
}
