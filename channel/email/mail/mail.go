package mail

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Mail is what a mail says, in UTF-8. What it didn't say, or said so that it can't be
// read, is empty; Problems tells of the latter. Everything in it was written by
// whoever sent it: an address of a sender proves nothing.
type Mail struct {
	MessageID  string   // without < and >
	InReplyTo  []string // as MessageID
	References []string // as MessageID, oldest first

	From    Address // the first, if there are several
	Sender  Address // who sent it for From
	To      []Address
	Cc      []Address
	ReplyTo []Address

	Subject string    // on one line
	Date    time.Time // as the sender's clock told; zero if it isn't known

	// Text is the plain text, made from HTML where the mail has none. HTML is as it
	// came and not harmless: it isn't to be shown before it is sanitised. Both are cut
	// after 1 MB, which is a problem that is told.
	Text string
	HTML string
	// Visible is what the sender wrote, as [Visible] says. The whole text of a mail
	// that is sent on is.
	Visible string
	// Sure is whether that is certain.
	Sure bool

	Attachments []Attachment
	Auto        Auto
	Bounce      *Bounce  // what wasn't delivered; nil if the mail doesn't tell of it
	Loops       []string // the values of X-Loop and Delivered-To: who had the mail before
	Problems    []string // what was broken in it, in English, at most a hundred
}

// Address is somebody's in a mail. Address may be anything that stood in its place.
type Address struct {
	Name    string
	Address string
}

// Attachment is a part of a mail that isn't its text: a file, a picture in the HTML, an
// invitation, a signature, another mail.
type Attachment struct {
	Name      string // without directories; made up where the mail has none
	Type      string // such as "image/png", as the mail says, in lower case
	ContentID string // by which the HTML shows it, without < and >
	Inline    bool   // to be shown in the text
	Size      int64  // in bytes, decoded
	SHA256    string // of the decoded content, in hexadecimal
}

// Options say how much a mail may have, and where its files go. Zero values are the
// defaults.
type Options struct {
	MaxBytes       int64 // of all of it; 100 MB
	MaxHeaderBytes int   // of the header, and of that of each part; 1 MB
	MaxParts       int   // 1,000
	MaxDepth       int   // of parts within parts; 50
	MaxRecipients  int   // in To and Cc together; 1,000

	// Attach is called where an attachment begins, whose size and hash aren't known
	// yet, and gets what to write it to, or nil. An error of either ends Parse.
	Attach func(Attachment) (io.Writer, error)

	// Visible says what the desk's own mails look like.
	Visible *VisibleOptions
}

// ErrNoMail says that what was to be parsed has no header, and so is no mail.
var ErrNoMail = errors.New("this is no mail: it doesn't begin with a header")

// LimitError says that a mail has more of something than the options allow.
type LimitError struct {
	What string // "bytes", "header bytes", "parts", "levels of parts" or "recipients"
	Max  int64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("the mail has more than %d %s", e.Max, e.What)
}

const (
	maxText     = 1 << 20 // bytes of text, and of HTML
	maxProblems = 100
)

// Parse reads a mail as it was received (RFC 5322, MIME), and whatever programs make of
// these. It holds the header, the text and nothing else in memory. A mail that is
// broken is read as far as it can be; the errors are [ErrNoMail], a *[LimitError], and
// those of r and of o.Attach. o may be nil.
func Parse(r io.Reader, o *Options) (*Mail, error) {
	p := newParser(r, o)
	h, _, err := p.header(true)
	if err != nil {
		return nil, err
	}
	if len(h) == 0 {
		return nil, ErrNoMail
	}
	if err := p.fields(h); err != nil {
		return nil, err
	}
	if _, err := p.entity(h, 0); err != nil {
		return nil, err
	}
	p.finish(h)
	return p.mail, nil
}

// fields reads the header of the mail.
func (p *parser) fields(h header) error {
	m := p.mail
	p.problem(h.get("message-id") == "", "no Message-ID")
	m.MessageID = first(messageIDs(h.get("message-id")))
	m.InReplyTo = messageIDs(h.get("in-reply-to"))
	m.References = messageIDs(h.get("references"))
	m.Subject = decodeWords(h.get("subject"))
	m.From = firstAddress(parseAddresses(h.get("from")))
	m.Sender = firstAddress(parseAddresses(h.get("sender")))
	p.problem(m.From.Address == "", "no address in From")
	p.problem(h.count("from") > 1, "several From fields")
	m.ReplyTo = parseAddresses(h.get("reply-to"))
	m.To = parseAddresses(h.all("to"))
	m.Cc = parseAddresses(h.all("cc"))
	if len(m.To)+len(m.Cc) > p.o.MaxRecipients || len(m.ReplyTo) > p.o.MaxRecipients {
		return &LimitError{"recipients", int64(p.o.MaxRecipients)}
	}
	if date := h.get("date"); date != "" {
		var ok bool
		m.Date, ok = parseDate(date)
		p.problem(!ok, "a date that isn't one")
	}
	for _, name := range []string{"x-loop", "delivered-to"} {
		for _, f := range h {
			if f.name == name {
				m.Loops = append(m.Loops, f.value)
			}
		}
	}
	return nil
}

// finish makes of the parts what the mail says.
func (p *parser) finish(h header) {
	m := p.mail
	m.Text = unmarked(strings.Join(p.texts, "\n"))
	m.HTML = strings.Join(p.htmls, "\n")
	p.problem(p.cut, "text of more than 1 MB, of which the rest isn't here")
	fromHTML := strings.TrimSpace(m.Text) == "" && m.HTML != ""
	if fromHTML {
		m.Text, _ = htmlText(m.HTML, false)
	}
	m.Auto = autoOf(h, m.Subject)
	p.bounce(h)
	if isForward(m.Subject) {
		m.Visible, m.Sure = strings.TrimSpace(m.Text), false
		return
	}
	m.Visible, m.Sure = visibleOf(m.Text, p.o.Visible)
	if m.HTML == "" || !fromHTML && !sameWords(m.Visible, m.Text) {
		return
	}
	// The programs' marks in HTML tell more than text that looks like all of it.
	if text, marked := htmlText(m.HTML, true); marked {
		if visible, sure := visibleOf(text, p.o.Visible); sure && visible != "" {
			m.Visible, m.Sure = visible, true
		}
	}
}

func (p *parser) problem(is bool, text string) {
	if !is || len(p.mail.Problems) >= maxProblems {
		return
	}
	for _, told := range p.mail.Problems {
		if told == text {
			return
		}
	}
	p.mail.Problems = append(p.mail.Problems, text)
}

func sameWords(a, b string) bool { return slices.Equal(strings.Fields(a), strings.Fields(b)) }

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

func firstAddress(a []Address) Address {
	if len(a) == 0 {
		return Address{}
	}
	return a[0]
}
