package staff

import (
	"context"
	"errors"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/chat"
	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The forms in which the page sees people, tickets and messages.

type agentForm struct {
	ID      string        `json:"id"`
	Name    string        `json:"name"`
	Role    identity.Role `json:"role"`
	Picture string        `json:"picture,omitempty"`
}

func agentOf(a *identity.Agent) agentForm { return agentForm{a.ID, a.Name, a.Role, a.Picture} }

type personForm struct {
	Kind    event.Kind `json:"kind"`
	ID      string     `json:"id"`
	Name    string     `json:"name,omitempty"`
	Picture string     `json:"picture,omitempty"`
	Email   string     `json:"email,omitempty"`
	Known   bool       `json:"known,omitempty"`
	Copied  bool       `json:"copied,omitempty"` // of a message: he is in copy
}

type lastForm struct {
	Author      event.Kind `json:"author"`
	Text        string     `json:"text"`
	Time        time.Time  `json:"time"`
	Attachments int        `json:"attachments"`
	Redacted    bool       `json:"redacted,omitempty"`
}

type ticketForm struct {
	ID           string             `json:"id"`
	Number       int64              `json:"number"`
	Title        string             `json:"title"`
	Status       ticket.Status      `json:"status"`
	App          string             `json:"app"`
	Platform     string             `json:"platform"`
	Channel      string             `json:"channel"`
	Language     string             `json:"language"`
	Priority     ticket.Priority    `json:"priority"`
	Label        string             `json:"label"`
	Tags         []string           `json:"tags"`
	Assignee     *personForm        `json:"assignee"`
	EndUser      personForm         `json:"end_user"`
	Created      time.Time          `json:"created"`
	Updated      time.Time          `json:"updated"`
	WaitingSince *time.Time         `json:"waiting_since"`
	LastSeq      int64              `json:"last_seq"`
	Last         *lastForm          `json:"last"`
	Inbound      int                `json:"inbound"`
	Outbound     int                `json:"outbound"`
	Reopened     int                `json:"reopened"`
	AgentRead    int64              `json:"agent_read_seq"`
	EndUserRead  int64              `json:"end_user_read_seq"`
	EndUserGot   int64              `json:"end_user_got_seq"`
	FollowUpOf   string             `json:"follow_up_of"`
	Warnings     []identity.Warning `json:"warnings"`
	Revision     store.Rev          `json:"revision"`
	stateForm
}

func (p *Page) ticketOf(ctx context.Context, me *identity.Agent, t *ticket.Ticket) (f ticketForm, err error) {
	f = ticketForm{
		ID: t.ID, Number: t.Number, Title: t.Title, Status: t.Status, App: t.App, Platform: t.Platform, Channel: t.Channel, Language: t.Language,
		Priority: t.Priority, Tags: t.Tags, Created: t.Times.Created, Updated: t.Times.Updated, LastSeq: t.Marks.Last,
		Inbound: t.Counts.Inbound, Outbound: t.Counts.Agent + t.Counts.Bot + t.Counts.Automation, Reopened: t.Reopened,
		AgentRead: t.Marks.AgentRead, EndUserRead: t.Marks.EndUserRead, EndUserGot: t.Marks.EndUserGot, FollowUpOf: t.FollowUpOf(), Warnings: t.Warnings, Revision: t.Rev,
	}
	if t.Label != nil {
		f.Label = t.Label.Name
	}
	if !t.WaitingSince.IsZero() {
		f.WaitingSince = &t.WaitingSince
	}
	if t.Marks.Public > 0 {
		f.Last = &lastForm{t.Preview.Author, t.Preview.Text, t.Preview.Time, t.Preview.Attachments, t.Preview.Redacted}
	}
	if t.Assignee.ID != "" {
		who, err := p.person(ctx, t.Assignee)
		if err != nil {
			return f, err
		}
		f.Assignee = &who
	}
	if f.EndUser, err = p.person(ctx, customer(t.EndUser)); err == nil {
		f.stateForm, err = p.stateOf(ctx, me, t)
	}
	return f, err
}

// person looks an actor up; one who is gone has no name.
func (p *Page) person(ctx context.Context, who event.Actor) (personForm, error) {
	f := personForm{Kind: who.Kind, ID: who.ID}
	switch who.Kind {
	case event.Agent:
		a, err := p.desk.People.Agent(ctx, who.ID)
		if err == nil {
			f.Name, f.Picture = a.Name, a.Picture
		}
		return f, unlessMissing(err)
	case event.EndUser:
		u, err := p.desk.People.EndUser(ctx, who.ID)
		if err == nil {
			f.Name, f.Email, f.Known = u.Name, u.Email.Value, u.Known()
		}
		return f, unlessMissing(err)
	case event.Bot:
		b, err := p.desk.Bots.Bot(ctx, frontdesk.Host(), who.ID) // its name is no secret of who sets bots up
		if err == nil {
			f.Name = b.Name
		}
		return f, unlessMissing(err)
	}
	return f, nil
}

func unlessMissing(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

type messageForm struct {
	Ticket      string                `json:"ticket"`
	Seq         int64                 `json:"seq"`
	Kind        ticket.Kind           `json:"kind"`
	ClientID    string                `json:"client_id"`
	Author      personForm            `json:"author"`
	Text        string                `json:"text"`
	Quoted      string                `json:"quoted,omitempty"`  // of a mail: what it repeats
	Failure     string                `json:"failure,omitempty"` // why it wasn't delivered
	Mail        bool                  `json:"mail,omitempty"`    // it came as one
	Time        time.Time             `json:"time"`
	Attachments []chat.AttachmentForm `json:"attachments"`
	Choices     []string              `json:"choices,omitempty"` // answers that the end user could pick
	Form        *ticket.Form          `json:"form,omitempty"`    // what a bot asked for and showed
	Delivery    ticket.Delivery       `json:"delivery"`
	Mentions    []personForm          `json:"mentions,omitempty"`
	Page        *ticket.Page          `json:"page,omitempty"`
	Redacted    *ticket.Redaction     `json:"redacted,omitempty"`
}

func (p *Page) messageOf(ctx context.Context, me *identity.Agent, t *ticket.Ticket, m *ticket.Message) (f messageForm, err error) {
	f = messageForm{Ticket: m.Ticket, Seq: m.Seq, Kind: m.Kind, Text: m.Text, Quoted: m.Quoted, Failure: m.Failure, Mail: email.FromMail(m), Time: m.Time, Choices: m.Choices, Form: m.Form, Delivery: t.DeliveryOf(m), Page: m.Page, Redacted: m.Redacted,
		Attachments: p.filesOf(me.Actor(), m.Attachments)}
	if m.Author == me.Actor() {
		f.ClientID = m.ClientID
	}
	for _, id := range m.Mentions {
		who, err := p.person(ctx, event.Actor{Kind: event.Agent, ID: id})
		if err != nil {
			return f, err
		}
		f.Mentions = append(f.Mentions, who)
	}
	f.Author, err = p.person(ctx, m.Author)
	f.Author.Copied = m.FromCopy()
	return f, err
}

func (p *Page) messagesOf(ctx context.Context, me *identity.Agent, t *ticket.Ticket, ms []*ticket.Message) ([]messageForm, error) {
	list := make([]messageForm, len(ms))
	for i, m := range ms {
		var err error
		if list[i], err = p.messageOf(ctx, me, t, m); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// filesOf gives links as seen from the page's own folder.
func (p *Page) filesOf(who event.Actor, as []ticket.Attachment) []chat.AttachmentForm {
	fs := p.desk.Chat.Attachments(who, as)
	for i := range fs {
		if fs[i].URL != "" {
			fs[i].URL = "../" + fs[i].URL
		}
	}
	return fs
}

type endUserForm struct {
	ID         string               `json:"id"`
	UserID     string               `json:"user_id"`
	Name       string               `json:"name"`
	Email      string               `json:"email"`
	EmailClaim bool                 `json:"email_claimed"` // given without proof
	Phone      string               `json:"phone"`
	Known      bool                 `json:"known"`
	Language   string               `json:"language"`
	Online     bool                 `json:"online"`
	Attributes []identity.Attribute `json:"attributes"`
	Devices    int                  `json:"devices"`
	Created    time.Time            `json:"created"`
	Earlier    []earlierForm        `json:"earlier"`
}

type earlierForm struct {
	refForm
	Created    time.Time `json:"created"`
	MergedInto string    `json:"merged_into,omitempty"`
}

func (p *Page) endUserOf(ctx context.Context, me *identity.Agent, id string) (f endUserForm, err error) {
	u, err := p.desk.People.EndUser(ctx, id)
	if err != nil {
		return f, err
	}
	ds, err := p.desk.People.Devices(ctx, id)
	if err != nil {
		return f, err
	}
	f = endUserForm{ID: u.ID, UserID: u.UserID, Name: u.Name, Email: u.Email.Value, EmailClaim: u.Email.Value != "" && !u.Email.Proven, Phone: u.Phone.Value,
		Known: u.Known(), Language: u.Language, Online: p.desk.Presence.Online(customer(id)), Attributes: u.Attributes, Devices: len(ds), Created: u.Created}
	ts, _, err := p.desk.Tickets.OfEndUser(ctx, me.Actor(), id, "", 20)
	for _, t := range ts {
		earlier := earlierForm{refForm: refOf(t), Created: t.Times.Created}
		if t.Merged != nil {
			earlier.MergedInto = t.Merged.Into
		}
		f.Earlier = append(f.Earlier, earlier)
	}
	return f, err
}
