package staff

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What the page shows of mails: how the desk's own look, those that are held, and each as
// it was received.

func (p *Page) mailRoutes() map[string]handler {
	return map[string]handler{
		"GET /api/office/mail":               p.heldMails,
		"GET /api/office/mail/{mail}":        p.heldMail,
		"POST /api/office/mail/{act}":        p.decideMails,
		"GET /api/office/mailsettings":       p.mailSettings,
		"POST /api/office/mailsettings":      p.saveMailSettings,
		"GET /api/office/mailpreview":        p.mailPreview,
		"GET /api/tickets/{id}/mail/{seq}":   p.wholeMail,
		"POST /api/tickets/{id}/mail/resend": p.resend,
	}
}

type heldForm struct {
	ID      string       `json:"id"`
	From    string       `json:"from"`
	Subject string       `json:"subject"`
	Reason  email.Reason `json:"reason"`
	Error   string       `json:"error"`
	Size    int64        `json:"size"`
	Time    time.Time    `json:"time"`
}

func (p *Page) heldMails(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	held, next, err := p.desk.Email.Held(r.Context(), me.Actor(), r.FormValue("after"), 100)
	if err != nil {
		return err
	}
	list := make([]heldForm, len(held))
	for i, h := range held {
		list[i] = heldForm{h.ID, h.From, h.Subject, h.Reason, h.Error, h.Size, h.Time}
	}
	return write(w, map[string]any{"held": list, "next": next})
}

// decideMails has held mails tried again, let in or discarded.
func (p *Page) decideMails(w http.ResponseWriter, r *http.Request, me *identity.Agent) (err error) {
	var in struct {
		ID string `json:"id"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	switch ctx, mails := r.Context(), p.desk.Email; r.PathValue("act") {
	case "retry":
		err = mails.Retry(ctx, me.Actor(), in.ID)
	case "letin":
		err = mails.LetIn(ctx, me.Actor(), in.ID)
	case "discard":
		err = mails.Discard(ctx, me.Actor(), in.ID)
	default:
		http.NotFound(w, r)
		return nil
	}
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

type mailSettingsForm struct {
	App       string             `json:"app"`
	From      string             `json:"from"`
	Addresses []string           `json:"addresses"`
	Replies   string             `json:"replies"`
	Brand     string             `json:"brand"`
	Logo      string             `json:"logo"`
	Colour    string             `json:"colour"`
	Footer    []ticket.Localised `json:"footer"`
	Revision  store.Rev          `json:"revision"`
}

// mailSettings are those of the default app: the example has no other.
func (p *Page) mailSettings(w http.ResponseWriter, r *http.Request, _ *identity.Agent) error {
	s, err := p.desk.Email.SettingsOf(r.Context(), ticket.DefaultApp)
	if err != nil {
		return err
	}
	return write(w, mailSettingsForm{s.App, s.From, s.Addresses, s.Replies, s.Brand, s.Logo, s.Colour, s.Footer, s.Rev})
}

func (p *Page) saveMailSettings(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in mailSettingsForm
	if err := read(w, r, &in); err != nil {
		return err
	}
	s, err := p.desk.Email.SettingsOf(r.Context(), ticket.DefaultApp)
	if err != nil {
		return err
	}
	s.From, s.Addresses, s.Replies, s.Brand, s.Logo, s.Colour, s.Footer, s.Rev = in.From, in.Addresses, in.Replies, in.Brand, in.Logo, in.Colour, in.Footer, in.Revision
	if err := p.desk.Email.SaveSettings(r.Context(), me.Actor(), s); err != nil {
		return err
	}
	return p.mailSettings(w, r, me)
}

// mailPreview is a page for a frame in which nothing runs.
func (p *Page) mailPreview(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	got, err := p.desk.Email.Preview(r.Context(), me.Actor(), ticket.DefaultApp, r.FormValue("language"), "")
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; frame-ancestors 'self'")
	h.Set("Cache-Control", "no-store")
	if r.FormValue("part") == "text" {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		_, err = io.WriteString(w, got.Text)
		return err
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	_, err = io.WriteString(w, got.HTML)
	return err
}

// wholeMail is all of the mail that a message was made of.
func (p *Page) wholeMail(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	seq, err := strconv.ParseInt(r.PathValue("seq"), 10, 64)
	if err != nil {
		return &store.FieldError{Field: "seq", Reason: "is a number"}
	}
	content, _, err := p.desk.Email.Raw(r.Context(), me.Actor(), r.PathValue("id"), seq)
	if err != nil {
		return err
	}
	return showMail(w, r, content)
}

// heldMail is one that is held, likewise.
func (p *Page) heldMail(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	content, _, err := p.desk.Email.RawHeld(r.Context(), me.Actor(), r.PathValue("mail"))
	if err != nil {
		return err
	}
	return showMail(w, r, content)
}

// showMail shows a mail as text, of which nothing is taken for a page; as a file it is as
// it was received.
func showMail(w http.ResponseWriter, r *http.Request, content io.ReadSeekCloser) error {
	defer content.Close()
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cache-Control", "no-store")
	m, err := mail.Parse(content, nil)
	if err != nil || r.FormValue("raw") != "" { // what can't be read is a file, too
		if _, err := content.Seek(0, io.SeekStart); err != nil {
			return err
		}
		h.Set("Content-Type", "message/rfc822")
		h.Set("Content-Disposition", `attachment; filename="mail.eml"`)
		_, err = io.Copy(w, content)
		return err
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	line("From", people([]mail.Address{m.From}))
	line("To", people(m.To))
	line("Cc", people(m.Cc))
	if !m.Date.IsZero() {
		line("Date", m.Date.Format(time.RFC1123Z))
	}
	line("Subject", m.Subject)
	for _, a := range m.Attachments {
		line("Attached", fmt.Sprintf("%s (%s, %d bytes)", a.Name, a.Type, a.Size))
	}
	for _, problem := range m.Problems {
		line("Broken", problem)
	}
	_, err = io.WriteString(w, b.String()+"\n"+m.Text)
	return err
}

func people(list []mail.Address) string {
	var all []string
	for _, a := range list {
		all = append(all, strings.TrimSpace(a.Name+" <"+a.Address+">"))
	}
	return strings.Join(all, ", ")
}

// resend has a message that wasn't delivered sent once more.
func (p *Page) resend(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Seq int64 `json:"seq"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	if err := p.desk.Email.Resend(r.Context(), me.Actor(), r.PathValue("id"), in.Seq); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
