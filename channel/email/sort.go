package email

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const (
	// fleeting is for how long a mail that says neither what it is named nor when it was
	// written is the same as another one.
	fleeting = 7 * 24 * time.Hour
	maxError = 1000 // characters
	// empty stands for the text of a mail that has none, and no file.
	empty = "(empty mail)"
)

// sort takes the mail where it belongs, in a transaction: nothing is left of it in the
// way but p.wants, if that has to be there first.
func (p *passage) sort(ctx context.Context, tx *store.Tx) error {
	if done, err := p.again(ctx, tx); done || err != nil {
		return err
	}
	if own, err := p.own(ctx, tx); own || err != nil {
		return err
	}
	if p.m.Bounce != nil && !p.d.LetIn {
		return p.report(ctx, tx)
	}
	if err := p.from(ctx, tx); err != nil {
		return err
	}
	if p.address == "" {
		p.d.Error = "the mail has no address of a sender"
		return p.s.held(ctx, tx, p.d, ReasonUnreadable)
	}
	if !p.d.LetIn {
		if many, err := p.tooMany(ctx, tx); many || err != nil {
			if many {
				err = p.s.held(ctx, tx, p.d, ReasonRate)
			}
			return err
		}
	}
	to, err := p.thread(ctx, tx)
	if err != nil {
		return err
	}
	if p.byProgram() && !p.d.LetIn {
		return p.automatic(ctx, tx, to)
	}
	return p.write(ctx, tx, to)
}

// again settles a mail that is here already.
func (p *passage) again(ctx context.Context, tx *store.Tx) (bool, error) {
	first, _, err := receiveds.Page(ctx, tx, store.By("twin", p.d.Twin).Limit(1))
	if len(first) == 0 || err != nil || first[0].ID == p.d.ID {
		return false, err
	}
	if p.d.Fleeting && p.d.Time.Sub(first[0].Time) > fleeting {
		first[0].Twin = "" // from now on this one is
		return false, receiveds.Put(ctx, tx, first[0])
	}
	p.d.First = first[0].ID
	return true, p.end(ctx, tx, StateDuplicate)
}

// end puts the mail with the state that is its last, and lets go of what was received.
func (p *passage) end(ctx context.Context, tx *store.Tx, state State) error {
	p.d.State, p.d.Files, p.d.Uploaded = state, nil, false
	p.s.drop(tx, p.d)
	if p.d.EndUser == "" {
		p.d.strip()
	}
	return p.put(ctx, tx)
}

// put stores the mail. Should one of its copies have been faster, it is looked at again.
func (p *passage) put(ctx context.Context, tx *store.Tx) error {
	err := receiveds.Put(ctx, tx, p.d)
	if errors.Is(err, store.ErrExists) {
		return store.ErrConflict
	}
	return err
}

// from finds who wrote, and for which app. What comes from an address of the desk itself
// and names another one for answers is from a form on a page.
func (p *passage) from(ctx context.Context, tx *store.Tx) (err error) {
	p.address, p.name, p.app = p.d.From, p.m.From.Name, ticket.DefaultApp
	if _, ours, err := p.ours(ctx, tx, p.address); err != nil {
		return err
	} else if ours && len(p.m.ReplyTo) > 0 {
		if a, ok := addressOf(p.m.ReplyTo[0].Address); ok {
			p.address, p.name, p.form = a, p.m.ReplyTo[0].Name, true
		}
	}
	if err := p.forwarded(ctx, tx); err != nil {
		return err
	}
	for _, a := range p.addressed() {
		if app, ok, err := p.ours(ctx, tx, a); err != nil {
			return err
		} else if ok {
			p.app = app
			break
		}
	}
	app, err := p.s.Tickets.In(tx).App(ctx, p.app)
	if errors.Is(err, store.ErrNotFound) || err == nil && app.Archived {
		p.app, err = ticket.DefaultApp, nil // no reason to lose the mail
	}
	if err == nil && p.address != "" {
		p.writer, err = p.s.knownWriter(ctx, tx, p.s.writerKey(p.address, p.forged))
	}
	return err
}

// ours says whether an address is one of the desk's, and which app's.
func (p *passage) ours(ctx context.Context, tx *store.Tx, address string) (app string, ok bool, err error) {
	address, ok = addressOf(address)
	if !ok {
		return "", false, nil
	}
	app, own, err := p.s.appOf(ctx, tx, untagged(address))
	if _, signed := p.s.tagOf(address); signed && !own && err == nil {
		return ticket.DefaultApp, true, nil // settings don't name it any more
	}
	return app, own, err
}

// write makes a message of the mail.
func (p *passage) write(ctx context.Context, tx *store.Tx, to place) error {
	in := ticket.Inbound{EndUser: to.endUser, App: p.app, Platform: Platform, Channel: Channel, Fresh: to.ticket == nil, From: p.d.IP, Title: title(p.subject())}
	if to.ticket != nil {
		in.Ticket = to.ticket.ID
	}
	if to.ticket == nil || to.copied {
		u, err := p.ensure(ctx, tx)
		if err != nil {
			return err
		}
		in.EndUser = u.ID
	}
	if to.copied {
		in.Copied = p.address
	}
	p.d.EndUser = in.EndUser
	if len(files(p.m)) > 0 && !p.d.Uploaded {
		// What a banned one writes is refused below, and his files aren't kept before.
		if _, err := p.s.People.In(tx).Sender(ctx, tx, in.EndUser, in.From); !is[*identity.BannedError](err) {
			p.wants = &upload{event.Actor{Kind: event.EndUser, ID: in.EndUser}, p.app}
			if to.ticket != nil {
				p.wants.app = to.ticket.App
			}
			return receiveds.Put(ctx, tx, p.d)
		}
	}
	in.Draft = p.draft()
	w, err := p.s.Tickets.In(tx).Write(ctx, in)
	if is[*identity.BannedError](err) {
		return p.end(ctx, tx, StateBanned)
	}
	if err != nil {
		return err
	}
	if err := p.participants(ctx, tx, w.Ticket, to); err != nil {
		return err
	}
	if to.refused != nil {
		if err := p.outside(ctx, tx, w.Ticket, to); err != nil {
			return err
		}
	}
	if err := p.tellForwarded(ctx, tx, w.Ticket.ID); err != nil {
		return err
	}
	if err := p.mask(ctx, tx, w); err != nil {
		return err
	}
	if err := p.tellProblems(ctx, tx, w.Ticket.ID); err != nil {
		return err
	}
	return p.done(ctx, tx, w.Ticket, w.Message)
}

// mask lets go of the mail as it was received if something was masked in what it says.
func (p *passage) mask(ctx context.Context, tx *store.Tx, w *ticket.Written) error {
	subject, err := p.s.Tickets.In(tx).Mask(ctx, w.Ticket.App, p.d.Subject)
	if err != nil || w.Message.Redacted == nil && subject == p.d.Subject {
		return err
	}
	p.unmasked(tx, subject)
	return nil
}

// unmasked lets go of the mail as it was received, in which there is what its app lets
// nobody write.
func (p *passage) unmasked(tx *store.Tx, subject string) {
	p.d.Subject = subject
	p.problem("the mail as it was received isn't kept, as something in it was masked")
	p.s.drop(tx, p.d)
}

// done puts the mail that a message or a note was made of.
func (p *passage) done(ctx context.Context, tx *store.Tx, t *ticket.Ticket, m *ticket.Message) error {
	d := p.d
	d.State, d.Ticket, d.Seq, d.Message = StateDone, m.Ticket, m.Seq, m.ID()
	d.Files, d.Uploaded, d.Error, d.Reason, d.HeldAt = nil, false, "", "", time.Time{}
	if d.Owner = t.EndUser; d.Owner == d.EndUser {
		d.Owner = ""
	}
	private, err := p.private(ctx, tx, t)
	if err != nil {
		return err
	}
	if d.MessageID != "" {
		k := known{ID: d.MessageID, Ticket: m.Ticket, Seq: m.Seq, EndUser: t.EndUser}
		if d.Owner != "" {
			k.Writer = d.EndUser
		}
		if err := p.s.know(ctx, tx, k); err != nil {
			return err
		}
	}
	if private { // his name, address and files are in it
		p.s.drop(tx, d)
		d.strip()
	}
	return p.put(ctx, tx)
}

// private says whether who wrote, or whose ticket it is, is under full privacy.
func (p *passage) private(ctx context.Context, tx *store.Tx, t *ticket.Ticket) (bool, error) {
	app, err := p.s.Tickets.In(tx).App(ctx, t.App)
	if err != nil || app.FullPrivacy {
		return err == nil, err
	}
	for _, id := range []string{t.EndUser, p.d.EndUser} {
		u, err := p.s.People.In(tx).EndUser(ctx, id)
		if err != nil || u.Private {
			return err == nil, err
		}
	}
	return false, nil
}

// sender is who wrote, as staff is told.
func (p *passage) sender(ctx context.Context, tx *store.Tx, t *ticket.Ticket) (string, error) {
	private, err := p.private(ctx, tx, t)
	if private {
		return "somebody under full privacy", err
	}
	return p.address, err
}

// draft is the message that the mail is.
func (p *passage) draft() ticket.Draft {
	visible, all := p.said()
	d := ticket.Draft{ClientID: "mail/" + p.d.ID, Text: strings.TrimSpace(visible), Attachments: p.d.Files}
	all = strings.TrimSpace(all)
	if d.Text == "" {
		d.Text = all
	}
	d.Quoted = rest(all, d.Text)
	if d.Quoted == "" && p.sentOn == nil && len(p.m.HTML) <= ticket.MaxBody {
		d.HTML = p.m.HTML
	}
	if d.Text == "" && len(d.Attachments) == 0 {
		d.Text = empty
	}
	if cut := shorten(d.Text, ticket.MaxBody); cut != d.Text {
		d.Text = cut
		p.problem(fmt.Sprintf("the text was cut after %d characters; the mail as it was received has all of it", ticket.MaxBody))
	}
	d.Quoted = shorten(d.Quoted, ticket.MaxBody)
	return d
}

func (p *passage) problem(text string) {
	if !slices.Contains(p.d.Problems, text) {
		p.d.Problems = append(p.d.Problems, text)
	}
}

// tellProblems tells staff what of the mail isn't on the ticket.
func (p *passage) tellProblems(ctx context.Context, tx *store.Tx, id string) error {
	if len(p.d.Problems) == 0 {
		return nil
	}
	text := "Of this mail not everything is here:\n- " + strings.Join(p.d.Problems, "\n- ")
	_, _, err := p.s.Tickets.In(tx).Note(ctx, system(), id, ticket.Draft{ClientID: "mail/" + p.d.ID + "/problems", Text: shorten(text, ticket.MaxBody)})
	return err
}

// rest is what of a text isn't among the lines that are seen; all of it, if those don't
// come from it.
func rest(all, seen string) string {
	if all == seen {
		return ""
	}
	lines := strings.Split(seen, "\n")
	var others []string
	for line := range strings.SplitSeq(all, "\n") {
		trimmed := strings.TrimSpace(line)
		for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" && trimmed != "" {
			lines = lines[1:]
		}
		if len(lines) > 0 && trimmed == strings.TrimSpace(lines[0]) {
			lines = lines[1:]
			continue
		}
		others = append(others, strings.TrimRight(line, " \t\r"))
	}
	if len(lines) > 0 {
		return all
	}
	return strings.Trim(strings.Join(others, "\n"), "\n")
}

// answering is what programs put before the subject of an answer, or of what is sent on.
var answering = regexp.MustCompile(`(?i)^\s*(?:(?:re|fwd?|aw|wg|sv|vs|vb|vl|antw|doorst|odp|pd|ynt|ilt|res|rif|enc|tr|rv|ref|回复|回覆|答复|答覆|返信|転送|转发|轉寄|답장|회신|전달|ответ|пересл|fs)(?:\s*[\[(]?\d{1,3}[\])]?)?\s*[:：]|\[#[0-9]{1,18}\])`)

// title is a subject without what programs make of it.
func title(subject string) string {
	for {
		m := answering.FindString(subject)
		if m == "" {
			break
		}
		subject = subject[len(m):]
	}
	subject = strings.TrimSpace(numbered.ReplaceAllString(subject, ""))
	return strings.TrimSpace(shorten(subject, ticket.MaxTitle))
}

// participants puts those who got the mail, too, in copy of its ticket. Who is in copy
// reads what was said before, so a mail that only guessed the ticket puts nobody there; and
// a mail that doesn't name the desk was a blind copy, of which the others don't know.
func (p *passage) participants(ctx context.Context, tx *store.Tx, t *ticket.Ticket, to place) error {
	if p.forged || p.sentOn != nil || len(p.m.To)+len(p.m.Cc) < 2 {
		return nil
	}
	if private, err := p.private(ctx, tx, t); private || err != nil {
		return err
	}
	owner, err := p.s.People.In(tx).EndUser(ctx, t.EndUser)
	if err != nil {
		return err
	}
	others, named, err := p.others(ctx, tx, owner.Email.Value, t.Copied)
	if len(others) == 0 || err != nil {
		return err
	}
	switch room := ticket.MaxParticipants - len(t.Copied) - len(t.Followers); {
	case to.guessed:
		p.problem("who it also went to isn't in copy, as only the ticket's number, which anybody may write, says that its sender knows the conversation: " + cut(strings.Join(others, ", "), maxDiagnostic))
		return nil
	case !named:
		p.problem("who it also went to isn't in copy, as it came as a blind copy: " + cut(strings.Join(others, ", "), maxDiagnostic))
		return nil
	case len(others) > room:
		p.problem(fmt.Sprintf("not everybody whom the mail went to is in copy: a ticket has at most %d", ticket.MaxParticipants))
		others = others[:max(0, room)]
	}
	copied := append(slices.Clone(t.Copied), others...)
	_, err = p.s.Tickets.In(tx).Edit(ctx, system(), t.ID, ticket.Edit{Copied: &copied})
	return err
}

// others are those besides the desk whom the mail names as its recipients, who aren't in
// copy yet, and no more than one too many. named says that the desk is among the recipients.
func (p *passage) others(ctx context.Context, tx *store.Tx, owner string, copied []string) (others []string, named bool, err error) {
	for _, a := range append(slices.Clone(p.m.To), p.m.Cc...) {
		address, ok := addressOf(a.Address)
		if !ok || named && len(others) > ticket.MaxParticipants {
			continue
		}
		_, ours, err := p.ours(ctx, tx, address)
		switch {
		case err != nil:
			return nil, false, err
		case ours:
			named = true
		case address == p.address || strings.EqualFold(address, owner) || slices.Contains(copied, address) || slices.Contains(others, address):
		case len(others) <= ticket.MaxParticipants:
			others = append(others, address)
		}
	}
	return others, named, nil
}
