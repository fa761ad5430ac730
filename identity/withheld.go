package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// KeepWithheld is for how long what a banned sender wrote is kept.
const KeepWithheld = 30 * 24 * time.Hour

// The limits of what is kept of banned senders.
const (
	maxWithheld     = 1000   // messages of a ban in 30 days: the first ones
	maxWithheldText = 10_000 // characters; the rest is cut off
)

// Withheld is a message of a banned sender. It is on no ticket.
type Withheld struct {
	ID       string    `json:"id"`
	EndUser  string    `json:"end_user"`
	Ban      string    `json:"ban"` // id of the ban, which may have been lifted since
	App      string    `json:"app"`
	Platform string    `json:"platform"`
	Channel  string    `json:"channel,omitempty"`
	Text     string    `json:"text"`
	Time     time.Time `json:"time"`
	Rev      store.Rev `json:"-"`
}

var withheld = &store.Collection[Withheld]{
	Name: "withheld",
	Key:  func(w *Withheld) string { return w.ID },
	Rev:  func(w *Withheld) *store.Rev { return &w.Rev },
	Columns: []store.Column[Withheld]{
		{Name: "ban", Kind: store.Text, Of: func(w *Withheld) any { return w.Ban }},
		{Name: "time", Kind: store.Time, Of: func(w *Withheld) any { return w.Time }},
		{Name: "end_user", Kind: store.Text, Of: func(w *Withheld) any { return w.EndUser }},
	},
	Indexes:  []store.Index{{Name: "ban", On: []string{"ban"}}, {Name: "time", On: []string{"time"}}, {Name: "end_user", On: []string{"end_user"}}},
	Subjects: func(w *Withheld) []string { return []string{w.EndUser} },
	Erase:    func(*Withheld, string) bool { return false },
	Found:    []store.Way{store.InIndex("end_user")},
}

// Withhold keeps what a banned end user wrote for staff to read, for 30 days. Of a
// ban the first 1,000 messages are kept, and of each 10,000 characters. The same
// client id again is kept once; "" is none. Nothing is kept of who was erased:
// store.ErrNotFound.
func (s *Service) Withhold(ctx context.Context, clientID string, w Withheld) error {
	w.ID = s.log.IDs().New()
	if clientID != "" {
		sum := sha256.Sum256([]byte(w.EndUser + "\n" + clientID))
		w.ID = hex.EncodeToString(sum[:16])
	}
	w.Time = s.now()
	if utf8.RuneCountInString(w.Text) > maxWithheldText {
		w.Text = string([]rune(w.Text)[:maxWithheldText])
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Unerased(ctx, tx, w.EndUser); err != nil { // he may have been erased since
			return err
		}
		_, err := withheld.Get(ctx, tx, w.ID)
		if !errors.Is(err, store.ErrNotFound) {
			return err // nil: it is here already
		}
		n, err := withheld.Count(ctx, tx, store.By("ban", w.Ban).Limit(maxWithheld))
		if err != nil || n >= maxWithheld {
			return err
		}
		w := w // an attempt before this one may have moved its revision
		if err := withheld.Put(ctx, tx, &w); !errors.Is(err, store.ErrExists) {
			return err
		}
		return nil // its twin was faster
	})
}

// Withheld returns at most limit messages of banned senders, and no more than 200,
// the newest first, and the cursor of the next page. Those of apps of which the actor
// doesn't see every ticket are left out: a page may be empty, and have a cursor.
func (s *Service) Withheld(ctx context.Context, actor event.Actor, after string, limit int) (ws []*Withheld, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		sight, err := s.Sight(ctx, tx, actor, Converse, On{Subject: "withheld", Read: true})
		if err != nil {
			return err
		}
		page, more, err := withheld.Page(ctx, tx, store.By("time").Desc().Limit(pageSize(limit)).After(after))
		ws, next = nil, more
		for _, w := range page {
			if sight.AnyGroup && sight.InApp(w.App) {
				ws = append(ws, w)
			}
		}
		return err
	})
	return ws, next, err
}
