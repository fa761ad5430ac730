package email

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/frontdesk-go/frontdesk/store"
)

// known is a mail of a ticket, by its Message-ID: one that was received, or that was sent.
type known struct {
	Key     string    `json:"key"` // hash of the Message-ID
	ID      string    `json:"id"`  // without < and >
	Ticket  string    `json:"ticket"`
	Seq     int64     `json:"seq"` // of the message
	EndUser string    `json:"end_user"`
	Writer  string    `json:"writer,omitempty"` // another end user, who wrote it in copy
	Out     bool      `json:"out,omitempty"`    // the desk sent it
	Rev     store.Rev `json:"-"`
}

var knowns = &store.Collection[known]{
	Name: "email_known",
	Key:  func(k *known) string { return k.Key },
	Rev:  func(k *known) *store.Rev { return &k.Rev },
	Columns: []store.Column[known]{
		{Name: "ticket", Kind: store.Text, Of: func(k *known) any { return k.Ticket }},
		{Name: "seq", Kind: store.Int, Of: func(k *known) any { return k.Seq }},
		{Name: "people", Kind: store.Texts, Of: func(k *known) any { return k.people() }},
	},
	Indexes:  []store.Index{{Name: "ticket", On: []string{"ticket", "seq"}}, {Name: "people", On: []string{"people"}}},
	Subjects: (*known).people,
	Erase:    func(*known, string) bool { return false },
	Found:    []store.Way{store.InIndex("people")},
	Show: func(k *known, subjects []string) any {
		if k.Writer != "" && !slices.Contains(subjects, k.Writer) {
			return nil
		}
		return k
	},
}

// people are the end users whose data the mail is.
func (k *known) people() []string {
	if k.Writer != "" {
		return []string{k.EndUser, k.Writer}
	}
	return []string{k.EndUser}
}

func knownKey(messageID string) string {
	sum := sha256.Sum256([]byte(messageID))
	return hex.EncodeToString(sum[:])
}

// know remembers of which message a mail is. Of two with one Message-ID the first counts.
func (s *Service) know(ctx context.Context, tx *store.Tx, k known) error {
	k.Key = knownKey(k.ID)
	if _, err := knowns.Get(ctx, tx, k.Key); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return knowns.Put(ctx, tx, &k)
}

// knownAs is the mail of a Message-ID, nil if the desk doesn't know it.
func (s *Service) knownAs(ctx context.Context, tx *store.Tx, messageID string) (*known, error) {
	k, err := knowns.Get(ctx, tx, knownKey(messageID))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return k, err
}
