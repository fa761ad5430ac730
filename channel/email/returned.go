package email

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// returned shows on a message that was sent what a report says: that its end user won't
// get it, or has it. Of people in copy staff gets a note, and who can't be reached is in
// copy no longer, if the report came to its signed address: one that only names the mail
// may be anybody's who has it. That somebody gets it later says nothing yet.
func (s *Service) returned(ctx context.Context, tx *store.Tx, r report) error {
	bound := s.In(tx)
	t, m, err := bound.find(ctx, r.Ticket, r.Seq)
	if err != nil || m == nil || r.Bounce == nil {
		return err
	}
	u, err := bound.People.EndUser(ctx, t.EndUser)
	if err != nil {
		return err
	}
	all := r.Bounce.Recipients
	if len(all) == 0 { // a report in words
		all = []mail.Undelivered{{Address: u.Email.Value, Action: "failed", Diagnostic: "The mail came back."}}
	}
	// No mail went to more: whoever got one could write reports about thousands.
	for _, x := range all[:min(len(all), ticket.MaxParticipants+1)] {
		if err := s.returnedFrom(ctx, tx, t, m, u.Email.Value, x, r.Signed); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) returnedFrom(ctx context.Context, tx *store.Tx, t *ticket.Ticket, m *ticket.Message, user string, x mail.Undelivered, signed bool) error {
	var sentTo []string
	if d, err := sents.Get(ctx, tx, m.ID()); err == nil {
		sentTo = d.Taken
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	copied := slices.ContainsFunc(sentTo, func(a string) bool { return sameAddress(a, x.Address) })
	// Mails that are sent on come back from another address. Where nobody was in copy it
	// is the end user's mail all the same.
	theirs := sameAddress(user, x.Address) || !copied && len(sentTo) <= 1
	gone := signed && (strings.HasPrefix(x.Status, "5.") || x.Status == "")
	switch {
	case x.Action == "delivered" && theirs:
		_, err := s.Tickets.In(tx).MarkDelivered(ctx, t.EndUser, t.ID, m.Seq)
		return err
	case x.Action != "failed":
		return nil
	case theirs && t.Channel == Channel:
		if err := s.forget(ctx, tx, m.ID(), user); err != nil {
			return err
		}
		return s.fail(ctx, tx, t.ID, m.Seq, diagnostic(strings.TrimSpace(x.Status+" "+x.Diagnostic)))
	}
	cause := m.ID() + "/" + hashed(x.Address)
	if !copied {
		cause = m.ID() + "/elsewhere" // staff is told of one of them
	}
	return s.loseCopies(ctx, tx, t.ID, cause, []string{x.Address}, diagnostic(strings.TrimSpace(x.Status+" "+x.Diagnostic)), gone && copied)
}

// sameAddress compares addresses as people do, whatever the script of the domain.
func sameAddress(a, b string) bool {
	x, err := recipient("", a)
	y, err2 := recipient("", b)
	return err == nil && err2 == nil && strings.EqualFold(x.Address, y.Address)
}

// forget notes that an address doesn't have a mail after all, so that it goes out again
// where somebody asks for that.
func (s *Service) forget(ctx context.Context, tx *store.Tx, key, address string) error {
	d, err := sents.Lock(ctx, tx, key, store.ForUpdate)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	d.Taken = slices.DeleteFunc(d.Taken, func(a string) bool { return sameAddress(a, address) })
	return sents.Put(ctx, tx, d)
}

// loseCopies tells staff whom a mail didn't reach, where that leaves its message as it is,
// and takes out of copy who never will be reached.
func (s *Service) loseCopies(ctx context.Context, tx *store.Tx, id, cause string, lost []string, reason string, gone bool) error {
	tickets := s.Tickets.In(tx)
	t, err := tickets.Get(ctx, system(), id)
	if err != nil || t.Merged != nil || t.Erased {
		return err
	}
	text := fmt.Sprintf("A mail didn't reach %s:\n%s", cut(oneLine(strings.Join(lost, ", ")), maxDiagnostic), reason)
	if gone {
		left := slices.DeleteFunc(slices.Clone(t.Copied), func(a string) bool {
			return slices.ContainsFunc(lost, func(l string) bool { return sameAddress(a, l) })
		})
		if len(left) < len(t.Copied) {
			if _, err := tickets.Edit(ctx, system(), id, ticket.Edit{Copied: &left}); err != nil {
				return err
			}
			text += "\nIt goes there in copy no longer."
		}
	}
	_, _, err = tickets.Note(ctx, system(), id, ticket.Draft{ClientID: "email.lost/" + cause, Text: text})
	if errors.Is(err, store.ErrKeyReused) {
		return nil // it was told before, in other words
	}
	return err
}
