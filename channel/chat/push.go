package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Pusher notifies end users of what they haven't read, by whatever service the
// host uses. An error makes the desk try again later.
type Pusher interface {
	Push(ctx context.Context, n Notification) error
}

// PushFunc is a function as a Pusher.
type PushFunc func(ctx context.Context, n Notification) error

// Push implements Pusher.
func (f PushFunc) Push(ctx context.Context, n Notification) error { return f(ctx, n) }

// Mailer tells end users by mail what they haven't read, where no device of theirs can be
// told. What it can't send, for want of an address, it leaves. An error makes the desk try
// again later, with the same ID. [github.com/frontdesk-go/frontdesk/channel/email.Service]
// does it.
type Mailer func(ctx context.Context, n Notification) error

// Notification is what stays unread of a conversation. The same one may come
// twice after a crash: it has the same ID then.
type Notification struct {
	ID       string
	EndUser  *identity.EndUser
	Devices  []*identity.Device // that registered an address; at least one for a Pusher, none for a Mailer
	Ticket   *ticket.Ticket
	Messages []*ticket.Message // unread, oldest first; those that were pushed before aren't among them
}

const (
	pushKind  = "chat.push"
	pushAfter = 10 * time.Minute
	// maxLate is the age at which a message is news no more: a desk that was away
	// for long, or got its Pusher later, doesn't push its whole past.
	maxLate = 24 * time.Hour
	// maxPushed is how many messages a notification holds; the newest are there.
	maxPushed = 20
)

// pushed is how far a conversation's messages have been pushed.
type pushed struct {
	Ticket string    `json:"ticket"`
	Seq    int64     `json:"seq"`
	Rev    store.Rev `json:"-"`
}

var pushes = &store.Collection[pushed]{
	Name:       "chat_pushed",
	Key:        func(p *pushed) string { return p.Ticket },
	Rev:        func(p *pushed) *store.Rev { return &p.Rev },
	Impersonal: "holds ids of tickets and numbers of messages",
}

type pushJob struct {
	Ticket string `json:"ticket"`
	Seq    int64  `json:"seq"`
}

// unread is the reactor that sets a timer for each message to an end user: at
// once where he isn't there, after a while where he is.
func (c *Chat) unread(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	for _, e := range es {
		if c.now().Sub(e.Time) > maxLate {
			continue
		}
		var f ticket.Facts
		if err := e.Payload(&f); err != nil {
			return err
		}
		if f.Message != ticket.Public || f.Author.Kind == event.EndUser || f.Channel != "chat" {
			continue
		}
		after, err := c.pushAfter(ctx, tx, f)
		if err != nil {
			return err
		}
		if after < 0 {
			continue
		}
		if !c.Presence.Online(event.Actor{Kind: event.EndUser, ID: e.Owner}) {
			after = 0
		}
		data, err := event.JSON(pushJob{e.Subject, f.Seq})
		if err != nil {
			return err
		}
		spec := job.Spec{ID: fmt.Sprintf("%s/%s/%d", pushKind, e.Subject, f.Seq), Kind: pushKind, Owner: e.Owner, Data: data, RunAt: e.Time.Add(after)}
		if err := c.Jobs.Enqueue(ctx, tx, spec); err != nil {
			return err
		}
	}
	return nil
}

// pushAfter is the platform's setting; negative is never.
func (c *Chat) pushAfter(ctx context.Context, tx *store.Tx, f ticket.Facts) (time.Duration, error) {
	app, err := c.Tickets.In(tx).App(ctx, f.App)
	if err != nil {
		return 0, err
	}
	p, err := app.Platform(f.Platform)
	if err != nil {
		return -1, nil // the platform is gone
	}
	if p.PushAfter == 0 {
		return pushAfter, nil
	}
	return p.PushAfter, nil
}

// pushNow tells the end user's devices what he still hasn't read, or else himself by mail:
// all of it in one notification, so that later timers find nothing left to do.
func (c *Chat) pushNow(ctx context.Context, j *job.Job) error {
	var in pushJob
	if err := j.Payload(&in); err != nil {
		return job.Permanent(err)
	}
	n, err := c.notification(ctx, in)
	if n == nil || err != nil {
		return err
	}
	n.ID = j.ID
	switch {
	case c.push != nil && len(n.Devices) > 0:
		err = c.push.Push(ctx, *n)
	case c.mail != nil:
		n.Devices = nil
		err = c.mail(ctx, *n)
	default:
		return nil
	}
	if err != nil {
		return fmt.Errorf("push: %w", err)
	}
	last := n.Messages[len(n.Messages)-1].Seq
	return c.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := pushes.Lock(ctx, tx, in.Ticket, store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) {
			p, err = &pushed{Ticket: in.Ticket}, nil
		}
		if err != nil || p.Seq >= last {
			return err
		}
		p.Seq = last
		return pushes.Put(ctx, tx, p)
	})
}

// notification is what there is to tell, nil if there is nothing.
func (c *Chat) notification(ctx context.Context, in pushJob) (*Notification, error) {
	system := event.Actor{Kind: event.System}
	t, err := c.Tickets.Get(ctx, system, in.Ticket)
	if err != nil {
		return nil, err
	}
	done := t.Marks.EndUserRead
	err = c.DB.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := pushes.Get(ctx, tx, in.Ticket)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err == nil {
			done = max(done, p.Seq)
		}
		return err
	})
	if err != nil || in.Seq <= done {
		return nil, err
	}
	n := &Notification{Ticket: t}
	if n.EndUser, err = c.People.EndUser(ctx, t.EndUser); err != nil {
		return nil, err
	}
	ds, err := c.People.Devices(ctx, t.EndUser)
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		if d.Push != "" && d.App == t.App {
			n.Devices = append(n.Devices, d)
		}
	}
	ms, _, err := c.Tickets.Messages(ctx, system, t.ID, 0, t.Marks.Last+1, 200)
	if err != nil {
		return nil, err
	}
	for _, m := range ms {
		if m.Kind == ticket.Public && m.Author.Kind != event.EndUser && m.Seq > done && (m.Redacted == nil || !m.Redacted.Whole) {
			n.Messages = append(n.Messages, m)
		}
	}
	n.Messages = n.Messages[max(0, len(n.Messages)-maxPushed):]
	if len(n.Messages) == 0 {
		return nil, nil
	}
	return n, nil
}
