package email

import (
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
)

// MaxTooLarge is how many mails a Mailbox names as too large; of more the last ones.
const MaxTooLarge = 100

// Mailbox is how far the mails of another server have been received, as a fetcher
// (channel/email/imap) remembers it.
type Mailbox struct {
	// Name tells it from others: that of the account and of the folder, at most 500
	// characters.
	Name string `json:"name"`
	// Validity is the server's own word for the numbering of the mails: with another one
	// the numbers mean other mails.
	Validity uint32 `json:"validity"`
	UID      uint32 `json:"uid"` // all mails up to this one have been received or passed over; 0 is none
	// TooLarge are the UIDs of mails that are left on the server because they are too
	// large, ascending.
	TooLarge []uint32  `json:"too_large,omitempty"`
	Updated  time.Time `json:"updated"`
	Rev      store.Rev `json:"-"`
}

var mailboxes = &store.Collection[Mailbox]{
	Name:       "email_mailbox",
	Key:        func(m *Mailbox) string { return m.Name },
	Rev:        func(m *Mailbox) *store.Rev { return &m.Rev },
	Impersonal: "holds how far a desk's own mailboxes are fetched",
}

// Mailbox returns how far a mailbox has been received; one that nobody has begun with has
// no validity.
func (s *Service) Mailbox(ctx context.Context, name string) (*Mailbox, error) {
	m := &Mailbox{Name: name}
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		found, err := mailboxes.Get(ctx, tx, name)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err == nil {
			m = found
		}
		return err
	})
	return m, err
}

// SaveMailbox remembers how far a mailbox has been received, and sets m's revision. Several
// processes may do so for one. If another one has since m was read, the higher UID of the
// same validity counts, and what either of them found too large stays so.
func (s *Service) SaveMailbox(ctx context.Context, m *Mailbox) error {
	if n := utf8.RuneCountInString(m.Name); n == 0 || n > 500 {
		return &store.FieldError{Field: "name", Reason: "has 1 to 500 characters", Limit: 500}
	}
	var next Mailbox
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		now, err := mailboxes.Get(ctx, tx, m.Name)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		next = Mailbox{Name: m.Name, Validity: m.Validity, UID: m.UID, TooLarge: slices.Clone(m.TooLarge), Updated: s.now()}
		if err == nil {
			next.Rev = now.Rev
			if now.Validity == m.Validity && now.Rev != m.Rev {
				next.UID = max(m.UID, now.UID)
				next.TooLarge = append(next.TooLarge, now.TooLarge...)
			}
		}
		slices.Sort(next.TooLarge)
		next.TooLarge = slices.Compact(next.TooLarge)
		next.TooLarge = next.TooLarge[max(0, len(next.TooLarge)-MaxTooLarge):]
		return mailboxes.Put(ctx, tx, &next)
	})
	if err == nil {
		m.Rev = next.Rev
	}
	return err
}
