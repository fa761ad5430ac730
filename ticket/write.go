package ticket

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Inbound is what an end user writes.
type Inbound struct {
	EndUser  string // id, who writes
	App      string // default: DefaultApp
	Platform string // default: api
	Channel  string
	Language string
	Draft
	// Ticket is the one that he writes on. "" means his open one on this app's
	// platform, or a new one if he has none, or if Fresh asks for one.
	Ticket string
	Fresh  bool
	// Copied is the address of a person in copy of Ticket who writes there, by mail;
	// EndUser is his own profile, which stays apart from the ticket's. What is none of
	// his, as fields, is left out. Where the ticket can't be reopened, the new one is his.
	Copied string
	// Limit of the text in characters; 0 means MaxBody.
	Limit int
	// From is the IP address that he writes from, for bans; zero: not known.
	From netip.Addr

	Title  string // of a new ticket
	Fields map[string]any
	Tags   []string
	Device Device
}

// Written is where the message went.
type Written struct {
	Ticket   *Ticket
	Message  *Message
	Warnings []identity.Warning // what was left out
	Again    bool               // the message was here already
}

// Write takes an end user's message, also on the ticket of another one on which he is in
// copy. A ticket that is resolved is reopened if its
// app's policy allows it; where it doesn't, and on a rejected ticket, a new one
// that follows up holds the message. While a feedback bot asks about the resolution, it
// is an answer to that, and the ticket stays as it is. The same client id again gives the message
// that is there; with other content it is store.ErrKeyReused. Who is banned is an
// *identity.BannedError: there is no ticket, and what he wrote is kept for staff. A
// caller that has bound the service to a transaction commits for that.
func (s *Service) Write(ctx context.Context, in Inbound) (w *Written, err error) {
	limit := in.Limit
	if limit == 0 {
		limit = MaxBody
	}
	if err := in.check(limit); err != nil {
		return nil, err
	}
	if in.Copied != "" && in.Ticket == "" {
		return nil, &store.FieldError{Field: "ticket", Reason: "is missing: a person in copy writes on one that is there"}
	}
	in.App, in.Platform = cmp.Or(in.App, DefaultApp), cmp.Or(in.Platform, "api")
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		wants := append(s.people.Wants(in.actor()), in.request().Want(), apps.Want(in.App, 0), s.people.WantBans(), wantPolicies())
		if in.Ticket != "" {
			wants = append(wants, tickets.Want(in.Ticket, store.ForUpdate))
		}
		if err := tx.Ahead(ctx, wants...); err != nil {
			return err
		}
		who, err := s.people.Sender(ctx, tx, in.EndUser, in.From)
		if err != nil {
			return err
		}
		in.EndUser = who.ID // another one's if he was merged
		w, err = s.write(ctx, tx, in)
		return err
	})
	if banned, ok := errors.AsType[*identity.BannedError](err); ok {
		err = cmp.Or(s.withhold(ctx, in, banned), err)
	}
	if err != nil {
		return nil, err
	}
	return w, nil
}

// withhold keeps what a banned end user wrote where no ticket has it.
func (s *Service) withhold(ctx context.Context, in Inbound, banned *identity.BannedError) (err error) {
	if in.Text, err = s.Mask(ctx, in.App, in.Text); err != nil {
		return err
	}
	return s.people.Withhold(ctx, in.ClientID, identity.Withheld{EndUser: in.EndUser, Ban: banned.Ban, App: in.App, Platform: in.Platform,
		Channel: in.Channel, Text: in.Text})
}

func (in *Inbound) actor() event.Actor { return event.Actor{Kind: event.EndUser, ID: in.EndUser} }

func (s *Service) write(ctx context.Context, tx *store.Tx, in Inbound) (*Written, error) {
	t, err := s.target(ctx, tx, in)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return s.open(ctx, tx, in, nil)
	}
	if w, err := s.already(ctx, tx, t, &in); w != nil || err != nil {
		return w, err
	}
	in.meant = t.ID
	if t, err = s.follow(ctx, tx, t); err != nil {
		return nil, err
	}
	app, err := apps.Shared(ctx, tx, t.App) // archived or not: the conversation goes on
	if err != nil {
		return nil, err
	}
	if t.FeedbackBot() != "" && t.EndUser == in.EndUser {
		return s.answerBot(ctx, tx, in, t, app)
	}
	if !t.Status.Open() && !app.Reopen.Allows(t, s.now()) {
		return s.open(ctx, tx, in, t)
	}
	if in.Ticket != "" {
		return s.append(ctx, tx, in, t, app)
	}
	// Where the writer names no ticket, nothing but this tells his repetition
	// where the message went, once the ticket is closed.
	var w *Written
	err = s.remember(ctx, tx, in, func() (id string, err error) {
		w, err = s.append(ctx, tx, in, t, app)
		return in.meant, err // there its client id is known, wherever it went
	})
	return w, err
}

// already finds the message where it is, if it came to the ticket before.
func (s *Service) already(ctx context.Context, tx *store.Tx, t *Ticket, in *Inbound) (*Written, error) {
	t, m, err := s.repeated(ctx, tx, t, in.actor(), Public, &in.Draft)
	if m == nil || err != nil {
		return nil, err
	}
	return &Written{Ticket: t, Message: m, Again: true}, nil
}

// remember keeps where a message went, for its repetition.
func (s *Service) remember(ctx context.Context, tx *store.Tx, in Inbound, write func() (ticket string, err error)) error {
	content := struct {
		Text        string
		Attachments []string
	}{in.Text, in.Attachments}
	_, again, err := tx.Once(ctx, in.request(), content, s.now(), write)
	if again {
		return store.ErrConflict // its twin was faster: look again
	}
	return err
}

// target finds the ticket that a message belongs to; nil is a new one. Who repeats
// a message that opened a ticket finds that ticket, whatever became of it since.
func (s *Service) target(ctx context.Context, tx *store.Tx, in Inbound) (*Ticket, error) {
	if in.Ticket != "" {
		if _, err := s.reachToWrite(ctx, tx, &in, in.Ticket); err != nil {
			return nil, err
		}
	}
	id, err := tx.Earlier(ctx, in.request(), s.now())
	switch {
	case err == nil:
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	case in.Ticket != "":
		id = in.Ticket
	default:
		t, err := s.sentBefore(ctx, tx, in)
		if t == nil && err == nil && !in.Fresh {
			t, err = s.openOf(ctx, tx, in.EndUser, in.App, in.Platform)
		}
		if t == nil || err != nil {
			return nil, err
		}
		id = t.ID
	}
	return s.reachToWrite(ctx, tx, &in, id)
}

// reachToWrite is a ticket that an end user may write on: his own, or one on which he is
// in copy. One that went into another has that one's people in copy, too.
func (s *Service) reachToWrite(ctx context.Context, tx *store.Tx, in *Inbound, id string) (*Ticket, error) {
	if in.Copied == "" {
		return s.reach(ctx, tx, in.actor(), id)
	}
	t, err := tickets.Lock(ctx, tx, id, store.ForUpdate)
	if err != nil || t.EndUser == in.EndUser || t.hasInCopy(in.Copied) {
		return t, err
	}
	now, err := s.follow(ctx, tx, t)
	if err != nil || now.hasInCopy(in.Copied) {
		return t, err
	}
	return nil, &store.Error{Op: "write to", Collection: "ticket", Key: id, Err: store.ErrNotFound}
}

// hasInCopy says whether somebody of this address is in copy.
func (t *Ticket) hasInCopy(address string) bool {
	return slices.Contains(t.Copied, strings.ToLower(address))
}

// sentBefore finds the ticket that has this very message already, among the end
// user's newest: a client may repeat without a ticket what it sent with one.
func (s *Service) sentBefore(ctx context.Context, tx *store.Tx, in Inbound) (*Ticket, error) {
	if in.ClientID == "" {
		return nil, nil
	}
	ts, _, err := tickets.Page(ctx, tx, store.By("end_user", in.EndUser).Desc().Limit(50))
	if err != nil {
		return nil, err
	}
	for _, t := range ts {
		w, err := s.already(ctx, tx, t, &in)
		if w != nil || err != nil && !errors.Is(err, store.ErrKeyReused) {
			return t, err
		}
	}
	return nil, nil
}

// request names a message, so that its repetition is known.
func (in *Inbound) request() store.Request {
	return store.Request{Actor: in.actor().String(), Method: "ticket.write/" + in.Ticket, Key: in.ClientID}
}

// open creates a ticket for the message, one that follows up if after is given.
func (s *Service) open(ctx context.Context, tx *store.Tx, in Inbound, after *Ticket) (*Written, error) {
	in.meant = "" // its repetition is led to the new ticket
	n := New{Actor: in.actor(), EndUser: in.EndUser, App: in.App, Platform: in.Platform, Channel: in.Channel, Language: in.Language,
		Title: in.Title, Fields: in.Fields, Tags: in.Tags, Device: in.Device, Message: &in.Draft}
	if after != nil {
		n.App, n.Language, n.Group, n.goesOn = after.App, after.Language, after.Group, true
		if app, err := apps.Shared(ctx, tx, after.App); err != nil {
			return nil, err
		} else if _, err := app.Platform(n.Platform); err != nil {
			n.Platform = after.Platform // he writes from where that app isn't
		}
		n.Links = []Link{{Kind: FollowUpOf, Ticket: after.ID}}
		if after.EndUser != in.EndUser {
			n.Links[0].Kind = Related // that one isn't his, and not shown to him
		}
		if _, err := s.people.Staffed(ctx, tx, n.Group); errors.Is(err, store.ErrNotFound) {
			n.Group = "" // archived meanwhile, and no reason to lose the message
		} else if err != nil {
			return nil, err
		}
	}
	if err := n.check(); err != nil {
		return nil, err
	}
	n.heard = s.hear(&n)
	var made *Change
	err := s.remember(ctx, tx, in, func() (id string, err error) {
		if made, err = s.create(ctx, tx, &n); err != nil {
			return "", err
		}
		return made.After.ID, nil
	})
	if err != nil {
		return nil, err
	}
	return &Written{Ticket: made.After, Message: made.Messages[0], Warnings: made.left}, nil
}

// append adds the message to a ticket that is open, or may be reopened.
func (s *Service) append(ctx context.Context, tx *store.Tx, in Inbound, before *Ticket, app *App) (*Written, error) {
	after := *before
	c := &Change{Before: before, After: &after, Actor: in.actor(), Time: s.now()}
	var err error
	if c.scrub, err = s.masking(c.Actor, app); err != nil {
		return nil, err
	}
	if before.Snoozed != nil {
		if err := s.wake(ctx, tx, c); err != nil {
			return nil, err
		}
	}
	if before.Status == StatusResolved {
		if err := s.reopen(ctx, tx, c, app.Reopen); err != nil {
			return nil, err
		}
	} else if !after.BotHasIt() { // what is written to a bot never changes the status
		to, err := after.Status.after(actWrite) // waking may have moved it
		if err != nil {
			return nil, err
		}
		after.Status = to
	}
	m, err := s.add(ctx, tx, c, Public, in.Draft)
	if err != nil {
		return nil, err
	}
	if before.EndUser == in.EndUser {
		if err := s.fill(ctx, tx, c, in.Fields, in.Tags, in.Device); err != nil {
			return nil, err
		}
	}
	if err := s.commit(ctx, tx, c); err != nil {
		return nil, err
	}
	return &Written{Ticket: c.After, Message: m, Warnings: c.left}, nil
}

// reopen is the end user's reopening. The wait begins with his message, which
// is added afterwards.
func (s *Service) reopen(ctx context.Context, tx *store.Tx, c *Change, p ReopenPolicy) error {
	t := c.After
	from := t.Assignee
	t.Assignee, t.Held = event.Actor{}, time.Time{} // no wait goes on from before
	agent, err := s.returning(ctx, tx, t, p)
	if err != nil {
		return err
	}
	what := actReturnLost
	if agent != nil {
		what, t.Assignee = actReturn, agent.Actor()
	} else if err := s.sendBack(ctx, tx, t, p); err != nil {
		return err
	}
	if t.Status, err = t.Status.after(what); err != nil {
		return err
	}
	t.revive(c, t.Status)
	c.Record(Reopened, &Facts{From: from, To: t.Assignee, Group: t.Group, Queue: t.Queue})
	if t.Assignee != from {
		move := MoveReturned
		if t.Assignee.Kind == event.Agent {
			move = MoveCameBack
		} else if t.BotHasIt() {
			move = MoveTransferred
		}
		c.Record(Assigned, &Facts{From: from, To: t.Assignee, Group: t.Group, Queue: t.Queue, Move: move})
	}
	return nil
}

// returning is the last agent if the policy wants him and he can take the ticket.
func (s *Service) returning(ctx context.Context, tx *store.Tx, t *Ticket, p ReopenPolicy) (*identity.Agent, error) {
	if p.To != ToLastAgent && p.To != "" || t.LastAgent == "" {
		return nil, nil
	}
	return s.takes(ctx, tx, t, t.LastAgent)
}

// sendBack gives a reopened ticket that no agent takes to what the policy names.
// What is gone falls back to the original queue, and that to the default queue.
func (s *Service) sendBack(ctx context.Context, tx *store.Tx, t *Ticket, p ReopenPolicy) error {
	if p.To == ToBot {
		to := event.Actor{Kind: event.Bot, ID: p.Bot}
		ok, err := s.there(ctx, tx, Place{Bot: p.Bot})
		if ok {
			t.Assignee = to
		}
		if ok || err != nil {
			return err
		}
	}
	queues := []string{t.FirstQueue}
	switch p.To {
	case ToQueue:
		queues = []string{p.Queue, t.FirstQueue}
	case ToDefaultQueue:
		queues = nil
	}
	for _, q := range queues {
		if q == "" {
			continue
		}
		ok, err := s.there(ctx, tx, Place{Queue: q})
		if err != nil {
			return err
		}
		if ok {
			t.Queue = q
			return nil
		}
	}
	t.Queue = "" // the default one
	return nil
}

func (s *Service) there(ctx context.Context, tx *store.Tx, p Place) (bool, error) {
	if s.exists == nil {
		return true, nil
	}
	return s.exists(ctx, tx, p)
}

// takes returns an agent who can have the ticket: he is active, in its group, and
// free as far as Options.CanTake knows; else nil.
func (s *Service) takes(ctx context.Context, tx *store.Tx, t *Ticket, id string) (*identity.Agent, error) {
	a, err := s.people.Member(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && t.Group != "" && !a.InGroup(t.Group) {
		return nil, nil
	}
	if err != nil || s.canTake == nil {
		return a, err
	}
	ok, err := s.canTake(ctx, tx, a, t)
	if !ok {
		a = nil
	}
	return a, err
}
