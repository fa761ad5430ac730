package chat

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

type sessionRequest struct {
	App      string          `json:"app"`
	Platform string          `json:"platform"`
	Device   string          `json:"device"`
	Language string          `json:"language"`
	Push     string          `json:"push"`
	User     json.RawMessage `json:"user"`
	Private  bool            `json:"private"` // he is to be under full privacy
}

// maxLanguage is longer than any language tag in use.
const maxLanguage = 35

// maxDevice is as long as a device's secret may be.
const maxDevice = 128

type sessionAnswer struct {
	Token        string             `json:"token"`
	EndUser      endUserForm        `json:"end_user"`
	Config       config             `json:"config"`
	LoginRefused *refusal           `json:"login_refused,omitempty"`
	Warnings     []identity.Warning `json:"warnings,omitempty"`
}

type endUserForm struct {
	ID    string `json:"id"`
	Known bool   `json:"known"`
	Name  string `json:"name"`
	Email string `json:"email"`
	// Private says that he is under full privacy: who he is isn't asked, and files
	// aren't taken.
	Private bool `json:"private,omitempty"`
}

type refusal struct {
	Reason identity.Refusal `json:"reason"`
	Detail string           `json:"detail"`
}

// config is what a client needs to know of its app and platform.
type config struct {
	App          appForm           `json:"app"`
	Language     string            `json:"language"`
	Languages    []string          `json:"languages,omitempty"`
	Greeting     string            `json:"greeting,omitempty"`
	Prechat      []questionForm    `json:"prechat,omitempty"`
	ContactUs    ticket.ContactUs  `json:"contact_us"`
	Contact      string            `json:"contact"` // open, or the rule by which he can't begin a conversation yet
	Multiple     bool              `json:"multiple"`
	Attachments  filesForm         `json:"attachments"`
	Theme        ticket.Theme      `json:"theme"`
	Texts        map[string]string `json:"texts,omitempty"`
	MessageLimit int               `json:"message_limit"`
	UsualReply   *usualForm        `json:"usual_reply,omitempty"`
	Hours        hoursForm         `json:"hours"`
	AwayNotice   string            `json:"away_notice,omitempty"` // outside of business hours; "": the client has one
}

type appForm struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Picture string `json:"picture,omitempty"`
}

type filesForm struct {
	Off        bool     `json:"off,omitempty"`
	MaxBytes   int64    `json:"max_bytes"`
	Types      []string `json:"types"`
	PerMessage int      `json:"per_message"`
}

type usualForm struct {
	Seconds int64 `json:"seconds"`
}

// session begins one: the device's secret is the credential, a login is optional.
func (c *Chat) session(w http.ResponseWriter, r *http.Request) error {
	var in sessionRequest
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := c.limits.take(aSession, in.Device[:min(len(in.Device), maxDevice)], c.from(r)); err != nil {
		return err
	}
	if len(in.Language) > maxLanguage {
		in.Language = ""
	}
	in.App, in.Platform = cmp.Or(in.App, ticket.DefaultApp), cmp.Or(in.Platform, "webchat")
	app, platform, err := c.place(r, in.App, in.Platform)
	if err != nil {
		return err
	}
	sess, err := c.People.Begin(r.Context(), identity.Visit{App: in.App, Platform: in.Platform, Device: in.Device, Language: in.Language, Push: in.Push, Login: login(in.User), Anonymous: app.Anonymous,
		Private: in.Private || app.FullPrivacy})
	if err != nil {
		return err
	}
	var usual *usualForm
	var open hoursForm
	var contact string
	err = c.DB.View(r.Context(), func(ctx context.Context, tx *store.Tx) error {
		if usual, err = c.usual(ctx, tx, app.ID); err == nil {
			open, err = c.hours(ctx, tx, platform)
		}
		if err == nil {
			contact, err = c.contact(ctx, tx, sess, platform)
		}
		return err
	})
	if err != nil {
		return err
	}
	out := sessionAnswer{Token: sess.Token, Warnings: sess.Warnings, Config: configOf(app, platform, in.Language, usual, open), EndUser: endUserForm{
		ID: sess.EndUser.ID, Known: sess.EndUser.Known(), Name: sess.EndUser.Name, Email: sess.EndUser.Email.Value, Private: sess.EndUser.Private}}
	out.Config.Contact = contact
	out.Config.Attachments.Off = out.Config.Attachments.Off || sess.EndUser.Private
	if out.Config.Prechat, err = c.prechat(r.Context(), sess.EndUser, platform, out.Config.Language); err != nil {
		return err
	}
	if sess.Refused != nil {
		out.LoginRefused = &refusal{sess.Refused.Reason, sess.Refused.Detail}
	}
	return writeJSON(w, http.StatusOK, out)
}

// place is the app and platform of a request.
func (c *Chat) place(r *http.Request, id, platform string) (*ticket.App, *ticket.Platform, error) {
	app, err := c.Tickets.App(r.Context(), id)
	if err != nil {
		return nil, nil, err
	}
	p, err := app.Platform(platform)
	return app, p, err
}

func configOf(app *ticket.App, p *ticket.Platform, asked string, usual *usualForm, open hoursForm) config {
	language := cmp.Or(asked, app.Language, "en")
	if len(p.Languages) > 0 {
		language = nearest(language, p.Languages)
	}
	out := config{
		App: appForm{app.ID, app.Name, app.Picture}, Language: language, Languages: p.Languages,
		Greeting: app.For(language, p.Greeting), ContactUs: cmp.Or(p.ContactUs, ticket.Always), Multiple: p.Several,
		Attachments: filesForm{p.Attachments.Off, cmp.Or(p.Attachments.MaxBytes, ticket.MaxAttachment), p.Attachments.Types, ticket.MaxAttachments},
		Theme:       p.Theme, MessageLimit: ticket.MaxChatBody, UsualReply: usual, Texts: map[string]string{},
		Hours: open, AwayNotice: app.For(language, p.AwayNotice),
	}
	for _, t := range p.Texts {
		if t.Language == "" || sameLanguage(language, t.Language) {
			out.Texts[t.Key] = t.Text
		}
	}
	return out
}

// nearest is the offered language that is asked for, or one with another region,
// or the first.
func nearest(asked string, offered []string) string {
	for _, o := range offered {
		if strings.EqualFold(o, asked) {
			return o
		}
	}
	for _, o := range offered {
		if sameLanguage(o, asked) {
			return o
		}
	}
	return offered[0]
}

func sameLanguage(a, b string) bool {
	a, _, _ = strings.Cut(a, "-")
	b, _, _ = strings.Cut(b, "-")
	return strings.EqualFold(a, b)
}
