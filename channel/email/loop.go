package email

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const (
	perSender  = 30 // mails of an address in an hour
	maxAuto    = 10_000
	ownHeader  = "x-frontdesk-desk" // of mails that a desk sends
	ownPurpose = "email.desk"       // of the signature there
)

// report is what became of a message that was sent.
type report struct {
	Ticket string
	Seq    int64
	Signed bool // it came to the address for that, which nobody makes up
	Bounce *mail.Bounce
}

// own settles a mail that the desk had sent itself.
func (p *passage) own(ctx context.Context, tx *store.Tx) (bool, error) {
	own := slices.ContainsFunc(values(p.fields, ownHeader), func(v string) bool { return p.s.People.Verify(strings.TrimSpace(v), ownPurpose) })
	if !own {
		k, err := p.s.knownAs(ctx, tx, p.d.MessageID)
		if k == nil || !k.Out || err != nil {
			return false, err
		}
		if _, own, err = p.ours(ctx, tx, p.m.From.Address); !own || err != nil {
			return false, err
		}
	}
	return true, p.end(ctx, tx, StateIgnored)
}

// tooMany says whether the mail's sender has written too much in the hour before it. Mails
// of a form on a page count for whom they name, and forged ones not for him in whose name
// they are: else anybody could silence him.
func (p *passage) tooMany(ctx context.Context, tx *store.Tx) (bool, error) {
	most := p.s.o.PerSender
	if most == 0 {
		most = perSender
	}
	if most < 0 {
		return false, nil
	}
	if key := p.s.writerKey(p.address, p.forged); key != p.d.Writer {
		p.d.Writer = key
		most-- // this one isn't found under it yet
	}
	n, err := receiveds.Count(ctx, tx, store.By("writer", p.d.Writer).From(p.d.Time.Add(-time.Hour)).To(p.d.Time.Add(time.Microsecond)).Limit(most+1))
	return n > most, err
}

// byProgram says whether a program wrote the mail: one that answers by itself, or that
// tells that a mail was read.
func (p *passage) byProgram() bool {
	return p.m.Auto.Reply || p.d.Null || strings.Contains(strings.ToLower(value(p.fields, "content-type")), "disposition-notification")
}

// report takes a report to the message that it is about.
func (p *passage) report(ctx context.Context, tx *store.Tx) error {
	r := report{Bounce: p.m.Bounce}
	for _, a := range p.addressed() {
		if g, ok := p.s.tagOf(a); ok && g.Kind == forReports {
			r.Ticket, r.Seq, r.Signed = g.Ticket, g.Seq, true
			break
		}
	}
	for _, id := range append([]string{p.m.Bounce.MessageID}, answered(p.m)...) {
		if r.Ticket != "" {
			break
		}
		k, err := p.s.knownAs(ctx, tx, id)
		if err != nil {
			return err
		}
		if k != nil && k.Out {
			r.Ticket, r.Seq = k.Ticket, k.Seq
		}
	}
	if r.Ticket == "" {
		return p.s.held(ctx, tx, p.d, ReasonReport)
	}
	if err := p.s.returned(ctx, tx, r); err != nil {
		return err
	}
	p.d.Ticket, p.d.Seq = r.Ticket, r.Seq
	return p.end(ctx, tx, StateReport)
}

// automatic notes what a program answered on the ticket, where it belongs to one: it
// opens nothing, and nobody waits for an answer.
func (p *passage) automatic(ctx context.Context, tx *store.Tx, to place) error {
	if to.ticket == nil {
		p.d.Error = shorten(store.CleanText(strings.Join(p.m.Auto.Signs, "; ")), maxError)
		return p.s.held(ctx, tx, p.d, ReasonAutomatic)
	}
	p.d.EndUser = to.endUser
	if to.copied {
		u, err := p.ensure(ctx, tx)
		if err != nil {
			return err
		}
		p.d.EndUser = u.ID
	}
	d := p.draft()
	said, err := p.s.Tickets.In(tx).Mask(ctx, to.ticket.App, d.Text)
	if err != nil {
		return err
	}
	if said != d.Text {
		subject, err := p.s.Tickets.In(tx).Mask(ctx, to.ticket.App, p.d.Subject)
		if err != nil {
			return err
		}
		p.unmasked(tx, subject)
	}
	who, err := p.sender(ctx, tx, to.ticket)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("Automatic answer of %s:\n\n%s", who, shorten(said, maxAuto))
	t, m, err := p.s.Tickets.In(tx).Note(ctx, system(), to.ticket.ID, ticket.Draft{ClientID: d.ClientID, Text: text})
	if err != nil {
		return err
	}
	return p.done(ctx, tx, t, m)
}
