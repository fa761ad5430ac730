package email

import (
	"context"
	"errors"
	"fmt"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Unread sends an end user what he hasn't read of a conversation elsewhere, oldest first,
// in one mail, whose answers come to the same ticket. It does nothing where the desk has
// no Sender, the app no address, or he none, which is proven or was claimed by him.
//
// id names the mail: with the same one again, after an error or when the process died
// meanwhile, it is the same mail, and one that was sent isn't sent again.
func (s *Service) Unread(ctx context.Context, id string, t *ticket.Ticket, u *identity.EndUser, ms []*ticket.Message) error {
	var said []*ticket.Message
	for _, m := range ms {
		if goesOut(m) {
			said = append(said, m)
		}
	}
	if s.o.Sender == nil || len(said) == 0 || t.Erased || t.Merged != nil {
		return nil
	}
	c, err := s.scene(ctx, t, said)
	if err != nil {
		return err
	}
	c.unread = true
	p := &parcel{}
	reason, err := s.address(ctx, c, u, p, "unread-"+hashed(id)[:32])
	switch {
	case errors.Is(err, store.ErrNotFound): // he was erased meanwhile
		return nil
	case err != nil:
		return fmt.Errorf("mail of unread messages: %w", err)
	case reason != "":
		s.log.InfoContext(ctx, "unread messages don't go by mail", "ticket", t.ID, "reason", reason)
		return nil
	case p.sent == nil:
		return nil
	}
	return s.deliver(ctx, p, false)
}
