package chat

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

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
		if t.App != sess.App || t.Merged != nil && !t.Merged.Abroad {
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

// conversation tells of one, also of one that isn't listed any more: a client that
// has it open finds out where it went.
func (c *Chat) conversation(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	return c.answer(w, r, sess, func(id string) (*ticket.Ticket, error) {
		return c.Tickets.Get(r.Context(), sess.Actor(), id)
	})
}

func (c *Chat) messages(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	var after, before, limit int64
	for _, q := range []struct {
		name string
		at   *int64
	}{{"after", &after}, {"before", &before}, {"limit", &limit}} {
		text := r.FormValue(q.name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 48)
		if err != nil || n < 0 {
			return &store.FieldError{Field: q.name, Reason: "isn't a number"}
		}
		*q.at = n
	}
	if r.FormValue("after") != "" && r.FormValue("before") != "" {
		return &store.FieldError{Field: "before", Reason: "is given, and so is after: choose one"}
	}
	if r.FormValue("after") == "" && before == 0 {
		before = 1 << 47 // the newest
	}
	t, err := c.own(r.Context(), c.Tickets, sess, r.PathValue("id"))
	if err != nil {
		return err
	}
	ms, more, err := c.Tickets.Messages(r.Context(), sess.Actor(), t.ID, after, before, int(cmp.Or(limit, page)))
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
	t, err := c.own(r.Context(), c.Tickets, sess, r.PathValue("id"))
	if err != nil {
		return err
	}
	if _, err := c.Tickets.MarkRead(r.Context(), sess.Actor(), t.ID, in.Seq); err != nil {
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
	t, err := c.own(r.Context(), c.Tickets, sess, r.PathValue("id"))
	if err != nil {
		return err
	}
	c.Presence.Typing(t, sess.Actor(), in.Typing)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// sendRequest is a message, which is read strictly, and what comes with it.
type sendRequest struct {
	ClientID     string   `json:"client_id"`
	Conversation string   `json:"conversation"` // "": the open one, or a new one
	Text         string   `json:"text"`
	Attachments  []string `json:"attachments"`

	New         json.RawMessage `json:"new"` // a new one, where the platform allows several
	Page        json.RawMessage `json:"page"`
	Title       json.RawMessage `json:"title"`
	Language    json.RawMessage `json:"language"`
	Prechat     json.RawMessage `json:"prechat"`
	Fields      json.RawMessage `json:"fields"`
	Tags        json.RawMessage `json:"tags"`
	Metadata    json.RawMessage `json:"metadata"`
	Breadcrumbs json.RawMessage `json:"breadcrumbs"`
	DebugLog    json.RawMessage `json:"debug_log"`
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
	inbound, answers, left := in.inbound(sess, platform)
	inbound.From = c.from(r)
	ctx, cancel := background(r)
	defer cancel()
	var written *ticket.Written
	var claimed []identity.Warning
	var banned *identity.BannedError
	counted := false // as a new ticket, by an earlier run
	err = c.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		claimed, banned = nil, nil // an earlier run may have left some
		if _, err := c.People.Ensure(ctx, tx, sess); err != nil {
			return err
		}
		if in.Conversation != "" {
			if _, err := c.own(ctx, c.Tickets.In(tx), sess, in.Conversation); err != nil {
				return err
			}
		}
		var err error
		written, err = c.Tickets.In(tx).Write(ctx, inbound)
		if is, ok := errors.AsType[*identity.BannedError](err); ok {
			banned = is
			return nil // what he wrote is kept
		}
		if err != nil || written.Again {
			return err
		}
		if written.Ticket.Rev == 1 {
			if err := c.mayBegin(ctx, tx, sess, platform); err != nil {
				return err
			}
		}
		if written.Message.Seq == 1 && !counted {
			if err := c.limits.take(aTicket, sess.EndUser.ID, inbound.From); err != nil {
				return err
			}
			counted = true
		}
		claimed, err = c.introduce(ctx, tx, sess, answers)
		return err
	})
	if err != nil {
		return err
	}
	if banned != nil {
		return banned
	}
	all := slices.Concat(left, written.Warnings, claimed)
	return c.sent(ctx, w, sess, written, all[:min(len(all), maxWarnings)])
}

func (c *Chat) sent(ctx context.Context, w http.ResponseWriter, sess *identity.Session, written *ticket.Written, warned []identity.Warning) (err error) {
	out := struct {
		Conversation conversationForm   `json:"conversation"`
		Message      messageForm        `json:"message"`
		Warnings     []identity.Warning `json:"warnings,omitempty"`
	}{Warnings: warned}
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
	app, err := c.Tickets.In(tx).App(ctx, sess.App)
	if err != nil {
		return nil, err
	}
	p.Private = app.FullPrivacy // perhaps only since this session began
	return c.People.In(tx).Claim(ctx, sess.Actor(), sess.EndUser.ID, p)
}

// inbound reads what comes with the message. answers are those about the end user;
// left is what can't be taken.
func (in *sendRequest) inbound(sess *identity.Session, p *ticket.Platform) (out ticket.Inbound, answers map[string]string, left []identity.Warning) {
	l := &lenient{}
	out = ticket.Inbound{
		EndUser: sess.EndUser.ID, App: sess.App, Platform: sess.Platform, Channel: "chat", Ticket: in.Conversation,
		Fresh: read[bool](l, "new", in.New) && p.Several, Limit: ticket.MaxChatBody, Language: read[string](l, "language", in.Language),
		Title: read[string](l, "title", in.Title), Tags: list[string](l, "tags", in.Tags, maxTags), Fields: map[string]any{},
		Draft: ticket.Draft{ClientID: in.ClientID, Text: in.Text, Attachments: in.Attachments, Page: read[*ticket.Page](l, "page", in.Page)},
	}
	if title := []rune(out.Title); len(title) > ticket.MaxTitle {
		l.warn("title", "cut: at most 255 characters")
		out.Title = string(title[:ticket.MaxTitle])
	}
	table(l, "fields", in.Fields, maxFields, func(key string, raw json.RawMessage) {
		before := len(l.warnings)
		if v := read[any](l, "fields."+key, raw); len(l.warnings) == before {
			out.Fields[key] = v
		}
	})
	answers = map[string]string{}
	table(l, "prechat", in.Prechat, maxAnswers, func(key string, raw json.RawMessage) {
		switch value, ok := answerTo(p.Questions, key, text(raw)); {
		case ok && strings.TrimSpace(value) == "": // he has nothing to say to that
		case !ok:
			l.warn("prechat."+key, "left out: it is no answer to what is asked")
		case key == "name" || key == "email" || key == "phone":
			answers[key] = value
		default:
			out.Fields[key] = value
		}
	})
	table(l, "metadata", in.Metadata, maxEntries, func(key string, raw json.RawMessage) {
		out.Device.Metadata = append(out.Device.Metadata, ticket.Pair{Key: key, Value: text(raw)})
	})
	out.Device.Breadcrumbs = crumbs(l, in.Breadcrumbs)
	out.Device.DebugLog = list[string](l, "debug_log", in.DebugLog, maxEntries)
	return out, answers, l.warnings
}

// own returns a ticket of the session's end user, in the session's app.
func (c *Chat) own(ctx context.Context, tickets *ticket.Service, sess *identity.Session, id string) (*ticket.Ticket, error) {
	t, err := tickets.Get(ctx, sess.Actor(), id)
	if err == nil && t.App != sess.App {
		err = store.ErrNotFound
	}
	return t, err
}
