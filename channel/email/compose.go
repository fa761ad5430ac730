package email

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message"
	gomail "github.com/emersion/go-message/mail"
	"golang.org/x/net/idna"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const (
	// maxAttached is how much is attached to a mail, in bytes: in base64 it is a third
	// more, and many servers take no mail above 25 or 30 MB.
	maxAttached = 20 << 20
	// maxReferred is how many mails of a thread a mail refers to besides its root.
	maxReferred = 20
	// maxCarrier is how long a name or a subject is in characters.
	maxCarrier = 300
)

// composed is a mail before it is written.
type composed struct {
	id         string // Message-ID
	from       mail.Address
	to, copied []*mail.Address
	replyTo    mail.Address
	subject    string
	inReplyTo  string
	references []string
	date       time.Time
	automatic  bool
	desk       string // signature
	text, html string
	files      []file
}

// file is an attachment of a mail.
type file struct {
	name, kind string
	open       func() (io.ReadCloser, error)
}

// subject is that of all mails of a ticket's thread.
func (c *scene) subject() string {
	title := cmp.Or(oneLine(c.ticket.Title), c.words.say("subject"))
	if c.unread && oneLine(c.ticket.Title) == "" {
		title = c.words.say("unread_subject", "{brand}", c.brand())
	}
	return fmt.Sprintf("%s [#%d]", title, c.ticket.Number)
}

// asAnswer is a subject with Re: before it.
func asAnswer(subject string) string {
	if len(subject) >= 3 && strings.EqualFold(subject[:3], "re:") {
		return subject
	}
	return "Re: " + subject
}

// sender is the name that the mail comes from: the person's who wrote, and the brand's.
func (c *scene) sender() string {
	last := c.said[len(c.said)-1]
	name := c.people[last.Author].name
	if brand := c.brand(); name != brand && last.Author.Kind == event.Agent {
		name = c.words.say("via", "{agent}", name, "{brand}", brand)
	}
	return carrier(name)
}

// carrier is a text as it stands in a header: one line, not too long, and nothing that
// would be read as an encoded word (RFC 2047) where somebody has written just that.
func carrier(s string) string {
	return cut(strings.ReplaceAll(oneLine(s), "=?", "= ?"), maxCarrier)
}

// compose puts a mail together, but for who gets it and what it answers.
func (s *Service) compose(ctx context.Context, c *scene) (*composed, error) {
	files, err := s.files(ctx, c)
	if err != nil {
		return nil, err
	}
	text, html, err := s.render(ctx, c)
	if err != nil {
		return nil, err
	}
	set := c.settings
	return &composed{
		from:      mail.Address{Name: c.sender(), Address: set.From},
		replyTo:   mail.Address{Name: carrier(c.brand()), Address: s.tagged(set.answers(), tag{forReplies, c.ticket.ID, 0})},
		desk:      s.People.Sign(ownPurpose),
		automatic: !slices.ContainsFunc(c.said, func(m *ticket.Message) bool { return m.Author.Kind == event.Agent }),
		text:      text, html: html, files: files,
	}, nil
}

// render writes both parts. Templates of the app's own that fail on a real conversation
// give way to the built-in ones: what was written has to go out.
func (s *Service) render(ctx context.Context, c *scene) (text, html string, err error) {
	page := c.page()
	l, err := c.settings.looks()
	if err == nil {
		text, html, err = l.render(page)
	}
	if err == nil {
		return text, html, nil
	}
	s.log.ErrorContext(ctx, "an app's templates of mails don't work: the built-in ones are used", "app", c.app.ID, "error", err)
	if l, err = builtIn(); err != nil {
		return "", "", err
	}
	return l.render(page)
}

// files are the attachments of the messages, as far as they fit.
func (s *Service) files(ctx context.Context, c *scene) (fs []file, err error) {
	room := int64(maxAttached)
	for _, m := range c.said {
		for _, a := range m.Attachments {
			if a.Redacted {
				continue
			}
			if a.Size > room {
				c.left[a.ID] = true
				continue
			}
			room -= a.Size
			fs = append(fs, file{name: a.Name, kind: carried(a.Type), open: func() (io.ReadCloser, error) {
				r, _, err := s.Tickets.Attachment(ctx, system(), a.ID)
				return r, err
			}})
		}
	}
	return fs, nil
}

// carried is the type of an attachment as mails name it. Mails within mails may not be
// encoded, which their lines need, so those are files of no known type.
func carried(kind string) string {
	t, _, err := mime.ParseMediaType(kind)
	if err != nil || !strings.Contains(t, "/") || strings.HasPrefix(t, "message/") || strings.HasPrefix(t, "multipart/") {
		return "application/octet-stream"
	}
	return t
}

// recipient is an address as a mail is sent to it: with its domain in ASCII.
func recipient(name, address string) (*mail.Address, error) {
	p, err := mail.ParseAddress(address)
	if err != nil || p.Name != "" || strings.ContainsFunc(address, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return nil, errAddress
	}
	at := strings.LastIndexByte(p.Address, '@')
	local, domain := p.Address[:at], p.Address[at+1:]
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = ascii
	}
	if p.Address = local + "@" + domain; strings.ContainsFunc(p.Address, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return nil, errAddress
	}
	p.Name = carrier(name)
	return p, nil
}

// messageID names the mail of a message, always in the same way.
func messageID(of, from string) string {
	_, domain, _ := strings.Cut(from, "@")
	ticket, seq, _ := strings.Cut(of, "/")
	if seq = strings.TrimLeft(seq, "0"); seq != "" {
		ticket += "." + seq
	}
	return ticket + "@" + domain
}

// write writes the mail.
func (l *composed) write(w io.Writer) error {
	sum := sha256.Sum256([]byte(l.id))
	boundary := hex.EncodeToString(sum[:12]) // of its own, so that the same mail has the same bytes
	var alternative message.Header
	alternative.SetContentType("multipart/alternative", map[string]string{"boundary": "a" + boundary})
	if len(l.files) == 0 {
		l.fields(&alternative)
		mw, err := message.CreateWriter(w, alternative)
		if err != nil {
			return err
		}
		return l.parts(mw)
	}
	var h message.Header
	h.SetContentType("multipart/mixed", map[string]string{"boundary": "m" + boundary})
	l.fields(&h)
	mw, err := message.CreateWriter(w, h)
	if err != nil {
		return err
	}
	inner, err := mw.CreatePart(alternative)
	if err != nil {
		return err
	}
	if err := l.parts(inner); err != nil {
		return err
	}
	for _, f := range l.files {
		if err := f.write(mw); err != nil {
			return fmt.Errorf("%w: %v", errFiles, err)
		}
	}
	return mw.Close()
}

// fields adds those of the mail to a header, the last one first: the library writes them so.
func (l *composed) fields(to *message.Header) {
	h := gomail.Header{Header: *to}
	h.Set("MIME-Version", "1.0")
	if l.automatic {
		h.Set("X-Auto-Response-Suppress", "OOF, AutoReply")
		h.Set("Auto-Submitted", "auto-generated")
	}
	h.Set(ownHeader, l.desk)
	if len(l.references) > 0 {
		h.SetMsgIDList("References", l.references)
	}
	if l.inReplyTo != "" {
		h.SetMsgIDList("In-Reply-To", []string{l.inReplyTo})
	}
	h.SetMessageID(l.id)
	h.SetDate(l.date)
	h.SetSubject(carrier(l.subject))
	h.SetAddressList("Reply-To", []*mail.Address{&l.replyTo})
	if len(l.copied) > 0 {
		h.SetAddressList("Cc", l.copied)
	}
	h.SetAddressList("To", l.to)
	h.SetAddressList("From", []*mail.Address{&l.from})
	*to = h.Header
}

// parts writes the text in both forms.
func (l *composed) parts(mw *message.Writer) error {
	for _, p := range []struct{ kind, content string }{{"text/plain", l.text}, {"text/html", l.html}} {
		var h message.Header
		h.Set("Content-Transfer-Encoding", encodingOf(p.content))
		h.SetContentType(p.kind, map[string]string{"charset": "utf-8"})
		w, err := mw.CreatePart(h)
		if err != nil {
			return err
		}
		lines := strings.ReplaceAll(strings.ReplaceAll(store.CleanText(p.content), "\r\n", "\n"), "\r", "\n")
		if _, err := io.WriteString(w, strings.ReplaceAll(lines, "\n", "\r\n")); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
	}
	return mw.Close()
}

// encodingOf is how a text is written in ASCII and in short lines: what is mostly ASCII so
// that it can be read, as filters of spam distrust what can't.
func encodingOf(s string) string {
	other := 0
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			other++
		}
	}
	if other*3 > len(s) { // it would be twice as long
		return "base64"
	}
	return "quoted-printable"
}

func (f *file) write(mw *message.Writer) (err error) {
	var h message.Header
	h.Set("Content-Disposition", disposition(f.name))
	h.Set("Content-Transfer-Encoding", "base64")
	h.Set("Content-Type", f.kind)
	w, err := mw.CreatePart(h)
	if err != nil {
		return err
	}
	r, err := f.open()
	if err != nil {
		return err
	}
	defer r.Close()
	if _, err := io.Copy(w, r); err != nil {
		return err
	}
	return w.Close()
}

// disposition names an attached file. Names that aren't plain ASCII, or are long, are
// percent-encoded and in pieces (RFC 2231), so that no line gets too long.
func disposition(name string) string {
	name = cmp.Or(carrier(name), "file")
	plain := len(name) <= 60 && !strings.ContainsFunc(name, func(r rune) bool {
		return r >= utf8.RuneSelf || r == '"' || r == '\\' || r == '%'
	})
	if plain {
		return `attachment; filename="` + name + `"`
	}
	encoded := strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	if len(encoded) <= 60 {
		return "attachment; filename*=utf-8''" + encoded
	}
	var b strings.Builder
	b.WriteString("attachment")
	charset := "utf-8''"
	for i := 0; encoded != ""; i++ {
		n := min(60, len(encoded))
		for n < len(encoded) && n > 2 && (encoded[n-1] == '%' || encoded[n-2] == '%') {
			n-- // not within a byte
		}
		fmt.Fprintf(&b, "; filename*%d*=%s%s", i, charset, encoded[:n])
		encoded, charset = encoded[n:], ""
	}
	return b.String()
}

// bytes is the mail, complete.
func (l *composed) bytes() ([]byte, error) {
	var b bytes.Buffer
	if err := l.write(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// errFiles says that what is attached to a message can't be read.
var errFiles = errors.New("the attached files can't be read")

// errItself says that a mail would go to the desk.
var errItself = errors.New("the end user's email address is one of the desk's own")

// errNobody says that a mail has nobody to go to.
var errNobody = errors.New("the end user has no email address that mails can be sent to")
