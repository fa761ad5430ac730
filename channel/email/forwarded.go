package email

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// An agent who gets a customer's mail in his own mailbox sends it on to the desk: then it
// is the customer's mail, and what the agent wrote above it is for staff. Whoever sends on
// in an agent's name gains nothing by it: he could as well have written in the customer's.

// forwarded finds whose mail an agent has sent on.
func (p *passage) forwarded(ctx context.Context, tx *store.Tx) error {
	p.sentOn = nil
	f := p.passedOn
	if p.address == "" || p.forged || f == nil {
		return nil
	}
	from, ok := addressOf(f.From.Address)
	if !ok || from == p.address {
		return nil
	}
	_, err := p.s.People.In(tx).AgentByEmail(ctx, p.address)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, ours, err := p.ours(ctx, tx, from); ours || err != nil {
		return err // it is the desk's own mail
	}
	if _, err := p.s.People.In(tx).AgentByEmail(ctx, from); !errors.Is(err, store.ErrNotFound) {
		return err // colleagues among themselves
	}
	p.sentOn, p.address, p.name = f, from, f.From.Name
	return nil
}

// subject is that of what the mail says.
func (p *passage) subject() string {
	if p.sentOn != nil {
		return cmp.Or(p.sentOn.Subject, p.m.Subject)
	}
	return p.m.Subject
}

// said is what is to be seen of the mail's text, and all of that.
func (p *passage) said() (visible, all string) {
	if p.sentOn == nil {
		return p.m.Visible, p.m.Text
	}
	return p.visible, p.sentOn.Text
}

// tellForwarded tells staff who sent the mail on, and what he wrote above it.
func (p *passage) tellForwarded(ctx context.Context, tx *store.Tx, id string) error {
	if p.sentOn == nil {
		return nil
	}
	text := fmt.Sprintf("%s sent this mail on.", p.d.From)
	if p.sentOn.Above != "" {
		text = fmt.Sprintf("%s sent this mail on and wrote:\n\n%s", p.d.From, p.sentOn.Above)
	}
	_, _, err := p.s.Tickets.In(tx).Note(ctx, system(), id, ticket.Draft{ClientID: "mail/" + p.d.ID + "/forwarded", Text: shorten(strings.TrimSpace(text), ticket.MaxBody)})
	return err
}
