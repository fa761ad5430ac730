package chat

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The forms in which end users see tickets and messages. They hold no notes and
// nothing of staff but a display name and a picture.

type conversationForm struct {
	ID           string       `json:"id"`
	Title        string       `json:"title"`
	Status       string       `json:"status"`     // open, resolved
	CanReopen    bool         `json:"can_reopen"` // what is written goes on here: it reopens, or answers a feedback bot
	Created      time.Time    `json:"created"`
	Updated      time.Time    `json:"updated"`
	LastSeq      int64        `json:"last_seq"`
	ReadSeq      int64        `json:"read_seq"`
	AgentReadSeq int64        `json:"agent_read_seq"`
	Unread       int          `json:"unread"`
	Last         *previewForm `json:"last"`
	Agent        *authorForm  `json:"agent"`
	FollowUpOf   string       `json:"follow_up_of,omitempty"`

	Estimate   *estimateForm `json:"estimate,omitempty"`    // of one that waits in line
	Resolved   *resolvedForm `json:"resolved,omitempty"`    // what there is to answer
	Asks       bool          `json:"asks,omitempty"`        // a bot asks how it went: what is written answers that, and reopens nothing
	MergedInto string        `json:"merged_into,omitempty"` // the conversation that has its messages now
}

type previewForm struct {
	Author      event.Kind `json:"author"`
	Text        string     `json:"text"`
	Time        time.Time  `json:"time"`
	Attachments int        `json:"attachments"`
	Redacted    bool       `json:"redacted,omitempty"` // what it said was removed
}

type authorForm struct {
	Kind    event.Kind `json:"kind"`
	ID      string     `json:"id,omitempty"`
	Name    string     `json:"name,omitempty"`
	Picture string     `json:"picture,omitempty"`
}

type messageForm struct {
	Conversation string           `json:"conversation"`
	Seq          int64            `json:"seq"`
	ClientID     string           `json:"client_id,omitempty"`
	Author       authorForm       `json:"author"`
	Text         string           `json:"text"`
	Time         time.Time        `json:"time"`
	Attachments  []AttachmentForm `json:"attachments,omitempty"`
	Choices      []string         `json:"choices,omitempty"` // answers that the end user can pick, and then writes
	Form         *ticket.Form     `json:"form,omitempty"`    // what it asks for and shows
	Delivery     ticket.Delivery  `json:"delivery"`
	Redacted     bool             `json:"redacted,omitempty"` // what it said was removed
}

// AttachmentForm is a file as clients see it. URL is relative to the handler, and
// good for some hours; a file that was removed has none.
type AttachmentForm struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Type     string `json:"type"`
	Size     int64  `json:"size"`
	Inline   bool   `json:"inline"`
	URL      string `json:"url"`
	Redacted bool   `json:"redacted,omitempty"` // it was removed: there is no more of it
}

// viewer makes forms for one end user, and remembers what it has looked up.
type viewer struct {
	c     *Chat
	who   event.Actor
	apps  map[string]*ticket.App
	staff map[string]authorForm
}

func (c *Chat) viewer(who event.Actor) *viewer {
	return &viewer{c, who, map[string]*ticket.App{}, map[string]authorForm{}}
}

func (v *viewer) app(ctx context.Context, id string) (*ticket.App, error) {
	if a := v.apps[id]; a != nil {
		return a, nil
	}
	a, err := v.c.Tickets.App(ctx, id)
	if err == nil {
		v.apps[id] = a
	}
	return a, err
}

// author shows an agent by name and picture, or as the brand where the app keeps
// its agents private.
func (v *viewer) author(ctx context.Context, app string, who event.Actor) (authorForm, error) {
	if who.Kind != event.Agent {
		return authorForm{Kind: who.Kind}, nil
	}
	if f, ok := v.staff[app+"/"+who.ID]; ok {
		return f, nil
	}
	a, err := v.app(ctx, app)
	if err != nil {
		return authorForm{}, err
	}
	f := authorForm{Kind: who.Kind, Name: a.Name, Picture: a.Picture}
	if !a.Private {
		agent, err := v.c.People.Agent(ctx, who.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return f, err
		}
		if err == nil {
			f = authorForm{Kind: who.Kind, ID: agent.ID, Name: agent.Name, Picture: agent.Picture}
		}
	}
	v.staff[app+"/"+who.ID] = f
	return f, nil
}

func (v *viewer) conversation(ctx context.Context, t *ticket.Ticket) (f conversationForm, err error) {
	app, err := v.app(ctx, t.App)
	if err != nil {
		return f, err
	}
	f = conversationForm{
		ID: t.ID, Title: t.Title, Status: "open", CanReopen: app.Reopen.Allows(t, v.c.now()) || t.FeedbackBot() != "",
		Created: t.Times.Created, Updated: t.Times.Updated, LastSeq: t.Marks.Visible, ReadSeq: t.Marks.EndUserRead,
		AgentReadSeq: min(t.Marks.AgentRead, t.Marks.Visible), Unread: t.Marks.EndUserUnread, FollowUpOf: t.FollowUpOf(),
	}
	if !t.Status.Open() {
		f.Status = "resolved"
	}
	f.Estimate = v.estimate(ctx, t)
	f.Resolved, f.Asks = resolvedOf(t, v.c.now()), t.FeedbackBot() != ""
	if t.Merged != nil && !t.Merged.Abroad {
		f.MergedInto = t.Merged.Into
	}
	if t.Marks.Public > 0 {
		author := t.Preview.Author
		if t.Preview.Copied {
			author = copied
		}
		f.Last = &previewForm{author, t.Preview.Text, t.Preview.Time, t.Preview.Attachments, t.Preview.Redacted}
	}
	if t.Assignee.Kind == event.Agent {
		agent, err := v.author(ctx, t.App, t.Assignee)
		if err != nil {
			return f, err
		}
		f.Agent = &agent
	}
	return f, nil
}

// copied is what the API calls a person in copy who wrote by mail.
const copied event.Kind = "copied"

func (v *viewer) message(ctx context.Context, t *ticket.Ticket, m *ticket.Message) (f messageForm, err error) {
	f = messageForm{Conversation: m.Ticket, Seq: m.Seq, Text: m.Text, Time: m.Time, Choices: m.Choices, Form: m.Form, Delivery: t.DeliveryOf(m), Redacted: m.Redacted != nil && m.Redacted.Whole}
	if m.Kind == ticket.System {
		f.Author = authorForm{Kind: event.System}
	} else if f.Author, err = v.author(ctx, t.App, m.Author); err != nil {
		return f, err
	}
	if m.FromCopy() {
		f.Author = authorForm{Kind: copied}
		if who, err := v.c.People.EndUser(ctx, m.Author.ID); err == nil {
			f.Author.Name = who.Display()
		} else if !errors.Is(err, store.ErrNotFound) {
			return f, err
		}
	}
	if m.Author == v.who || m.Author.Kind == event.EndUser && !m.FromCopy() && t.EndUser == v.who.ID { // himself, as who he was before a merge
		f.ClientID = m.ClientID
	}
	f.Attachments = v.c.Attachments(v.who, m.Attachments)
	return f, nil
}

// linkTime is for how long a link to an attachment is good, at least. Links stay
// the same for that long, so that browsers keep what they loaded.
const linkTime = 6 * time.Hour

// Attachments returns the forms of files, with links that open them for the actor.
func (c *Chat) Attachments(who event.Actor, as []ticket.Attachment) []AttachmentForm {
	var out []AttachmentForm
	until := strconv.FormatInt(c.now().Truncate(linkTime).Add(2*linkTime).Unix(), 10)
	for _, a := range as {
		if a.Redacted {
			out = append(out, AttachmentForm{ID: a.ID, Redacted: true})
			continue
		}
		// The host chooses the ids of agents: there may be anything in them.
		path := "chat/v1/attachments/" + a.ID + "?as=" + url.QueryEscape(who.String()) + "&until=" + until +
			"&sign=" + c.People.Sign("attachment", a.ID, who.String(), until)
		out = append(out, AttachmentForm{ID: a.ID, Name: a.Name, Type: a.Type, Size: a.Size, Inline: a.Inline(), URL: path})
	}
	return out
}
