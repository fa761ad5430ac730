package email

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-msgauth/authres"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const (
	maxNumbers = 5  // of tickets in a subject
	maxMerges  = 10 // that a ticket is followed through
	// maxDelivered is how many mailboxes that a mail went through are looked at: each is
	// looked up, and a header has room for fifty thousand.
	maxDelivered = 20
)

// system is the desk itself.
func system() event.Actor { return event.Actor{Kind: event.System, ID: "email"} }

// place is where a mail belongs. The zero value is a new ticket.
type place struct {
	ticket  *ticket.Ticket // that it is written on
	endUser string         // its end user, who writes; "" is somebody else
	copied  bool           // he is in copy
	guessed bool           // all that leads here is a number, which anybody may write
	refused *ticket.Ticket // where it would belong if its sender might write there
	why     string         // he may not
}

// thread finds where a mail belongs: by the address that it was sent to, by the mails
// that it answers, by the number in its subject; each only if its sender may write there.
func (p *passage) thread(ctx context.Context, tx *store.Tx) (place, error) {
	var to place
	try := func(id string) (found bool, err error) {
		t, err := p.openTicket(ctx, tx, id)
		if t == nil || err != nil {
			return false, err
		}
		at, err := p.mayWrite(ctx, tx, t)
		if err != nil || at.refused == nil {
			to = at
			return err == nil, err
		}
		if to.refused == nil {
			to = at
		}
		return false, nil
	}
	for _, g := range p.addressed() {
		if g, ok := p.s.tagOf(g); ok {
			if found, err := try(g.Ticket); found || err != nil {
				return to, err
			}
		}
	}
	for _, id := range answered(p.m) {
		k, err := p.s.knownAs(ctx, tx, id)
		if err != nil {
			return to, err
		}
		if k != nil {
			if found, err := try(k.Ticket); found || err != nil {
				return to, err
			}
		}
	}
	for _, n := range numbersIn(p.m.Subject) {
		t, err := p.s.Tickets.In(tx).ByNumber(ctx, system(), n)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return to, err
		}
		if found, err := try(t.ID); found || err != nil {
			to.guessed = true
			return to, err
		}
	}
	return to, nil
}

// openTicket is a ticket that a mail names, nil if there is none, or nothing left of it.
func (p *passage) openTicket(ctx context.Context, tx *store.Tx, id string) (*ticket.Ticket, error) {
	t, err := ticket.Peek(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && t.Erased {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	owner, err := p.s.People.In(tx).EndUser(ctx, t.EndUser)
	if errors.Is(err, store.ErrNotFound) || err == nil && owner.Erased { // the erasure comes to the ticket, too
		return nil, nil
	}
	return t, err
}

// addressed are the addresses that the mail was sent to: first those that the server
// had it for.
func (p *passage) addressed() []string {
	all := slices.Clone(p.d.To)
	for _, name := range []string{"delivered-to", "x-original-to"} {
		vs := values(p.fields, name)
		for _, v := range vs[:min(len(vs), maxDelivered)] {
			all = append(all, strings.Trim(strings.TrimSpace(v), "<>"))
		}
	}
	for _, a := range append(slices.Clone(p.m.To), p.m.Cc...) {
		all = append(all, a.Address)
	}
	return all
}

// answered are the mails that this one names as those before it, the nearest first.
func answered(m *mail.Mail) []string {
	refs := slices.Clone(m.References) // mail.Parse bounds both
	slices.Reverse(refs)
	ids := append(slices.Clone(m.InReplyTo), refs...)
	seen := map[string]bool{}
	return slices.DeleteFunc(ids, func(id string) bool {
		again := seen[id]
		seen[id] = true
		return again
	})
}

// numbered is how the subjects of the desk's mails name a ticket.
var numbered = regexp.MustCompile(`\[#([0-9]{1,18})\]`)

func numbersIn(subject string) (ns []int64) {
	for _, found := range numbered.FindAllStringSubmatch(subject, maxNumbers) {
		if n, err := strconv.ParseInt(found[1], 10, 64); err == nil && !slices.Contains(ns, n) {
			ns = append(ns, n)
		}
	}
	return ns
}

// mayWrite says as whom the mail's sender may write on a ticket.
func (p *passage) mayWrite(ctx context.Context, tx *store.Tx, t *ticket.Ticket) (place, error) {
	if p.forged {
		return place{refused: t, why: "the mail server says that it isn't from who it says it is from (DMARC)"}, nil
	}
	if p.form {
		return place{refused: t, why: "it came by a form, where anybody can give any address"}, nil
	}
	owner, err := p.s.People.In(tx).EndUser(ctx, t.EndUser)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return place{}, err
	}
	if err == nil && (p.writer != nil && owner.ID == p.writer.ID || strings.EqualFold(owner.Email.Value, p.address)) {
		return place{ticket: t, endUser: owner.ID}, nil
	}
	for at := t; ; {
		if slices.Contains(at.Copied, p.address) {
			return place{ticket: t, copied: true}, nil
		}
		if at, err = p.mergedInto(ctx, tx, at); at == nil || err != nil {
			return place{refused: t, why: "it isn't from its end user, nor from anybody in copy"}, err
		}
	}
}

// mergedInto is the ticket that another one went into, nil if it hasn't.
func (p *passage) mergedInto(ctx context.Context, tx *store.Tx, t *ticket.Ticket) (*ticket.Ticket, error) {
	if t.Merged == nil || t.Merged.Abroad || p.hops == maxMerges {
		return nil, nil
	}
	p.hops++
	return p.openTicket(ctx, tx, t.Merged.Into)
}

// saidForged says whether the host's mail server found that a mail isn't from the domain
// that it names. Only the topmost word under its name counts: what is below came with
// the mail.
func (s *Service) saidForged(fs []field) bool {
	if s.o.Verifier == "" {
		return false
	}
	for _, v := range values(fs, "authentication-results") {
		id, results, err := authres.Parse(v)
		if id, _, _ = strings.Cut(id, " "); !strings.EqualFold(id, s.o.Verifier) {
			continue
		}
		return err == nil && slices.ContainsFunc(results, func(r authres.Result) bool {
			d, ok := r.(*authres.DMARCResult)
			return ok && d.Value == authres.ResultFail
		})
	}
	return false
}

// outside tells staff why a mail began a ticket of its own.
func (p *passage) outside(ctx context.Context, tx *store.Tx, fresh *ticket.Ticket, to place) error {
	tickets := p.s.Tickets.In(tx)
	link := ticket.Link{Kind: ticket.Related, Ticket: to.refused.ID}
	if slices.Contains(fresh.Links, link) {
		return nil
	}
	if _, err := tickets.Edit(ctx, system(), fresh.ID, ticket.Edit{Link: &link}); err != nil {
		return err
	}
	who, err := p.sender(ctx, tx, fresh)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("This mail from %s answers ticket #%d, but %s. So it is a ticket of its own.", who, to.refused.Number, to.why)
	_, _, err = tickets.Note(ctx, system(), fresh.ID, ticket.Draft{ClientID: "mail/" + p.d.ID + "/outside", Text: text})
	return err
}
