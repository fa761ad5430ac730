package chat

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// page is how many conversations or messages an answer holds, if not asked otherwise.
const page = 50

func (c *Chat) conversations(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	ts, next, err := c.Tickets.OfEndUser(r.Context(), sess.Actor(), sess.EndUser.ID, r.FormValue("after"), page)
	if err != nil {
		return err
	}
	out := struct {
		Conversations []conversationForm `json:"conversations"`
		Next          string             `json:"next"`
	}{[]conversationForm{}, next}
	v := c.viewer(sess.Actor())
	for _, t := range ts {
		if t.App != sess.App {
			continue
		}
		f, err := v.conversation(r.Context(), t)
		if err != nil {
			return err
		}
		out.Conversations = append(out.Conversations, f)
	}
	return writeJSON(w, http.StatusOK, out)
}

func (c *Chat) messages(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	var after, before, limit int64 = 0, 1 << 47, page
	for name, at := range map[string]*int64{"after": &after, "before": &before, "limit": &limit} {
		text := r.FormValue(name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 48)
		if err != nil || n < 0 {
			return &store.FieldError{Field: name, Reason: "isn't a number"}
		}
		if *at = n; name == "after" {
			before = 0
		}
	}
	t, err := c.Tickets.Get(r.Context(), sess.Actor(), r.PathValue("id"))
	if err != nil {
		return err
	}
	ms, more, err := c.Tickets.Messages(r.Context(), sess.Actor(), t.ID, after, before, int(limit))
	if err != nil {
		return err
	}
	out := struct {
		Messages []messageForm `json:"messages"`
		More     bool          `json:"more"`
	}{[]messageForm{}, more}
	v := c.viewer(sess.Actor())
	for _, m := range ms {
		f, err := v.message(r.Context(), t, m)
		if err != nil {
			return err
		}
		out.Messages = append(out.Messages, f)
	}
	return writeJSON(w, http.StatusOK, out)
}

func (c *Chat) read(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	var in struct {
		Seq int64 `json:"seq"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	if _, err := c.Tickets.MarkRead(r.Context(), sess.Actor(), r.PathValue("id"), in.Seq); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (c *Chat) typing(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	var in struct {
		Typing bool `json:"typing"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	t, err := c.Tickets.Get(r.Context(), sess.Actor(), r.PathValue("id"))
	if err != nil {
		return err
	}
	c.Presence.Typing(t, sess.Actor(), in.Typing)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

type sendRequest struct {
	ClientID     string            `json:"client_id"`
	Conversation string            `json:"conversation"` // "": the open one, or a new one
	New          bool              `json:"new"`          // a new one, where the platform allows several
	Text         string            `json:"text"`
	Attachments  []string          `json:"attachments"`
	Page         *ticket.Page      `json:"page"`
	Title        string            `json:"title"`
	Language     string            `json:"language"`
	Prechat      map[string]string `json:"prechat"`
	Fields       map[string]any    `json:"fields"`
	Tags         []string          `json:"tags"`
	Metadata     map[string]any    `json:"metadata"`
	Breadcrumbs  []ticket.Crumb    `json:"breadcrumbs"`
	DebugLog     []string          `json:"debug_log"`
}

// send takes a message. What an end user does first is stored together with it.
func (c *Chat) send(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	var in sendRequest
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	_, platform, err := c.place(r, sess.App, sess.Platform)
	if err != nil {
		return err
	}
	ctx, cancel := background(r)
	defer cancel()
	var written *ticket.Written
	var warned []identity.Warning
	err = c.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := c.People.Ensure(ctx, tx, sess); err != nil {
			return err
		}
		var err error
		if written, err = c.Tickets.In(tx).Write(ctx, in.inbound(sess, platform)); err != nil || written.Again {
			return err
		}
		warned, err = c.introduce(ctx, tx, sess, in.Prechat)
		return err
	})
	if err != nil {
		return err
	}
	return c.sent(ctx, w, sess, written, warned)
}

func (c *Chat) sent(ctx context.Context, w http.ResponseWriter, sess *identity.Session, written *ticket.Written, warned []identity.Warning) (err error) {
	out := struct {
		Conversation conversationForm   `json:"conversation"`
		Message      messageForm        `json:"message"`
		Warnings     []identity.Warning `json:"warnings,omitempty"`
	}{Warnings: slices.Concat(written.Warnings, warned)}
	v := c.viewer(sess.Actor())
	if out.Conversation, err = v.conversation(ctx, written.Ticket); err != nil {
		return err
	}
	if out.Message, err = v.message(ctx, written.Ticket, written.Message); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// introduce takes name and email from the questions before the chat, as claims.
func (c *Chat) introduce(ctx context.Context, tx *store.Tx, sess *identity.Session, answers map[string]string) ([]identity.Warning, error) {
	p := identity.Profile{Name: answers["name"], Email: answers["email"], Phone: answers["phone"]}
	if p.Name == "" && p.Email == "" && p.Phone == "" {
		return nil, nil
	}
	return c.People.In(tx).Claim(ctx, sess.Actor(), sess.EndUser.ID, p)
}

func (in *sendRequest) inbound(sess *identity.Session, p *ticket.Platform) ticket.Inbound {
	out := ticket.Inbound{
		EndUser: sess.EndUser.ID, App: sess.App, Platform: sess.Platform, Channel: "chat", Language: in.Language,
		Ticket: in.Conversation, Fresh: in.New && p.Several, Limit: ticket.MaxChatBody, Title: in.Title, Tags: in.Tags[:min(len(in.Tags), 2*ticket.MaxTags)],
		Draft:  ticket.Draft{ClientID: in.ClientID, Text: in.Text, Attachments: in.Attachments, Page: in.Page},
		Device: ticket.Device{Breadcrumbs: in.Breadcrumbs, DebugLog: in.DebugLog},
		Fields: map[string]any{},
	}
	for key, v := range in.Fields {
		out.Fields[key] = v
	}
	for key, v := range in.Prechat {
		if key != "name" && key != "email" && key != "phone" {
			out.Fields[key] = v
		}
	}
	out.Device.Metadata = metadata(in.Metadata)
	return out
}
