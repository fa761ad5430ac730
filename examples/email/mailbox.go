package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	message "github.com/emersion/go-message/mail"
	"github.com/google/uuid"

	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/channel/email/mail"
)

//go:embed site
var assets embed.FS

// mailbox is a customer's mail program, so that the desk can be tried without one: it shows
// what the desk sent her, and hands what she writes to the desk's own server.
type mailbox struct {
	me      mail.Address
	support string // the shop's address
	// in is where the desk's mails lie, as email.Directory writes them; sent is where her own are.
	in, sent string
	post     email.Sender
	log      *slog.Logger
	page     *template.Template
	mux      *http.ServeMux
}

// mostMails are shown, the newest ones.
const mostMails = 100

func newMailbox(me mail.Address, support, in, sent string, post email.Sender, log *slog.Logger) (*mailbox, error) {
	page, err := template.New("mailbox.html").Funcs(template.FuncMap{"when": func(t time.Time) string { return t.Local().Format("2 Jan, 15:04") }}).ParseFS(assets, "site/mailbox.html")
	if err != nil {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	files, err := fs.Sub(assets, "site")
	if err != nil {
		return nil, fmt.Errorf("mailbox: %w", err)
	}
	m := &mailbox{me: me, support: support, in: in, sent: sent, post: post, log: log, page: page, mux: http.NewServeMux()}
	m.mux.HandleFunc("GET /{$}", m.answer(m.show))
	m.mux.HandleFunc("GET /mail/{id}/body", m.answer(m.body))
	m.mux.HandleFunc("GET /mail/{id}/raw", m.answer(m.raw))
	m.mux.HandleFunc("GET /news", m.answer(m.news))
	m.mux.HandleFunc("POST /send", m.answer(m.send))
	m.mux.Handle("GET /mailbox.css", http.FileServerFS(files))
	m.mux.Handle("GET /mailbox.js", http.FileServerFS(files))
	return m, nil
}

func (m *mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.mux.ServeHTTP(w, r) }

// letter is a mail in the list.
type letter struct {
	ID   string
	Mine bool
	*mail.Mail
	raw []byte
}

// Who is the other side, as the list names it.
func (l *letter) Who() string {
	if l.Mine {
		return "To: " + cmp.Or(names(l.To), "nobody")
	}
	return cmp.Or(l.From.Name, l.From.Address)
}

func (l *letter) Recipients() string { return names(l.To) }
func (l *letter) Copies() string     { return names(l.Cc) }

// Snippet is how it begins: the shop's mails below the line above which she answers.
func (l *letter) Snippet() string {
	text := l.Visible
	if !l.Mine {
		if line, below, ok := strings.Cut(strings.TrimSpace(l.Text), "\n"); ok && strings.HasPrefix(line, "—") {
			text = below
		}
	}
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > 90 {
		text = string(runes[:90]) + "…"
	}
	return text
}

func names(list []mail.Address) string {
	var all []string
	for _, a := range list {
		all = append(all, cmp.Or(a.Name, a.Address))
	}
	return strings.Join(all, ", ")
}

// letters are her mails, the newest first.
func (m *mailbox) letters() (all []*letter, err error) {
	for _, dir := range []string{m.in, m.sent} {
		files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
		if err != nil {
			return nil, err
		}
		for _, name := range files {
			raw, err := os.ReadFile(name)
			if errors.Is(err, os.ErrNotExist) {
				continue // replaced just now
			}
			if err != nil {
				return nil, err
			}
			got, err := mail.Parse(bytes.NewReader(raw), nil)
			if err != nil {
				m.log.Warn("a mail can't be shown", "file", name, "error", err)
				continue
			}
			if dir == m.sent || m.mine(got.To) || m.mine(got.Cc) {
				sum := sha256.Sum256([]byte(name))
				all = append(all, &letter{ID: hex.EncodeToString(sum[:8]), Mine: dir == m.sent, Mail: got, raw: raw})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *letter) int {
		return cmp.Or(b.Date.Compare(a.Date), strings.Compare(b.MessageID, a.MessageID))
	})
	return all[:min(len(all), mostMails)], nil
}

func (m *mailbox) mine(list []mail.Address) bool {
	return slices.ContainsFunc(list, func(a mail.Address) bool { return strings.EqualFold(a.Address, m.me.Address) })
}

func (m *mailbox) letter(id string) (*letter, error) {
	all, err := m.letters()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(l *letter) bool { return l.ID == id })
	if i < 0 {
		return nil, fs.ErrNotExist
	}
	return all[i], nil
}

type view struct {
	Me      mail.Address
	Support string
	Letters []*letter
	Open    *letter // nil: a new mail is written
	News    string
}

func (m *mailbox) show(w http.ResponseWriter, r *http.Request) error {
	all, err := m.letters()
	if err != nil {
		return err
	}
	v := view{Me: m.me, Support: m.support, Letters: all, News: sign(all)}
	if r.FormValue("write") == "" {
		i := slices.IndexFunc(all, func(l *letter) bool { return l.ID == r.FormValue("mail") || r.FormValue("mail") == "" && !l.Mine })
		if i >= 0 {
			v.Open = all[i]
		}
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return m.page.Execute(w, v)
}

// sign is another one as soon as there is other mail.
func sign(all []*letter) string {
	h := sha256.New()
	for _, l := range all {
		fmt.Fprintln(h, l.ID)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func (m *mailbox) news(w http.ResponseWriter, _ *http.Request) error {
	all, err := m.letters()
	if err == nil {
		w.Header().Set("Cache-Control", "no-store")
		_, err = io.WriteString(w, sign(all))
	}
	return err
}

// body is a mail's HTML in a frame of its own, in which nothing runs and from which
// nothing is fetched.
func (m *mailbox) body(w http.ResponseWriter, r *http.Request) error {
	l, err := m.letter(r.PathValue("id"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err = io.WriteString(w, l.HTML)
	return err
}

func (m *mailbox) raw(w http.ResponseWriter, r *http.Request) error {
	l, err := m.letter(r.PathValue("id"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, err = w.Write(l.raw)
	return err
}

// maxForm is the size of what she writes, in bytes.
const maxForm = 1 << 20

// send hands a mail of hers to the desk's server: a new one, or an answer.
func (m *mailbox) send(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	to, subject, text := mail.Address{Address: m.support}, r.FormValue("subject"), r.FormValue("text")
	if strings.TrimSpace(text) == "" {
		http.Error(w, "there is nothing in this mail", http.StatusUnprocessableEntity)
		return nil
	}
	var h message.Header
	if id := r.FormValue("answers"); id != "" {
		l, err := m.letter(id)
		if err != nil {
			return err
		}
		to = l.From
		if len(l.ReplyTo) > 0 {
			to = l.ReplyTo[0]
		}
		if subject = l.Subject; !strings.HasPrefix(strings.ToLower(subject), "re:") {
			subject = "Re: " + subject
		}
		text += fmt.Sprintf("\n\nOn %s, %s wrote:\n> %s", l.Date.Format("2 January 2006 at 15:04"), cmp.Or(l.From.Name, l.From.Address), strings.ReplaceAll(strings.TrimSpace(l.Text), "\n", "\n> "))
		h.SetMsgIDList("In-Reply-To", []string{l.MessageID})
		h.SetMsgIDList("References", append(slices.Clone(l.References), l.MessageID))
	}
	content, id, err := m.compose(h, to, subject, text)
	if err != nil {
		return err
	}
	out := email.Outgoing{ID: id, From: m.me.Address, To: []string{to.Address}}
	if err := m.post.Send(r.Context(), out, bytes.NewReader(content)); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	if err := os.WriteFile(filepath.Join(m.sent, uuid.NewString()+".eml"), content, 0o600); err != nil {
		return err
	}
	http.Redirect(w, r, ".", http.StatusSeeOther)
	return nil
}

func (m *mailbox) compose(h message.Header, to mail.Address, subject, text string) (content []byte, id string, err error) {
	id = uuid.NewString() + "@" + m.me.Address[strings.IndexByte(m.me.Address, '@')+1:]
	h.SetDate(time.Now())
	h.SetMessageID(id)
	h.SetSubject(strings.Join(strings.Fields(subject), " "))
	h.SetAddressList("From", []*message.Address{{Name: m.me.Name, Address: m.me.Address}})
	h.SetAddressList("To", []*message.Address{{Name: to.Name, Address: to.Address}})
	h.SetContentType("text/plain", map[string]string{"charset": "utf-8"})
	var b bytes.Buffer
	w, err := message.CreateSingleInlineWriter(&b, h)
	if err == nil {
		_, err = io.WriteString(w, strings.ReplaceAll(text, "\r\n", "\n"))
		err = errors.Join(err, w.Close())
	}
	if err != nil {
		return nil, "", fmt.Errorf("compose: %w", err)
	}
	return b.Bytes(), id, nil
}

// answer tells what went wrong in words.
func (m *mailbox) answer(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		switch {
		case err == nil:
		case errors.Is(err, fs.ErrNotExist):
			http.Error(w, "there is no such mail", http.StatusNotFound)
		case errors.Is(err, context.Canceled):
		default:
			m.log.Error("mailbox", "path", r.URL.Path, "error", err)
			http.Error(w, "this went wrong: "+err.Error(), http.StatusInternalServerError)
		}
	}
}
