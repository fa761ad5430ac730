package mail

import (
	"bytes"
	"strings"
)

// Bounce is what a report says of a mail that wasn't delivered, or not yet, or was
// (RFC 3464), and what programs write instead of one.
type Bounce struct {
	// MessageID is that of the mail which the report is about, without < and >; "" if
	// the report doesn't tell.
	MessageID  string
	Recipients []Undelivered // one or several; none where the report isn't in that form
}

// Undelivered is what became of a mail to one address.
type Undelivered struct {
	Address    string
	Action     string // "failed", "delayed", "delivered", "relayed" or "expanded"
	Status     string // such as "5.1.1" (RFC 3463): 5 failed for good, 4 is tried again, 2 delivered
	Diagnostic string // what the other server said
}

const maxUndelivered = 1000

// status reads the part of a report that is for programs: fields in paragraphs, of which
// the first is about the server.
func (p *parser) status(b []byte) {
	if p.mail.Bounce == nil {
		p.mail.Bounce = &Bounce{}
	}
	sub := newParser(bytes.NewReader(b), &p.o)
	for sub.read < int64(len(b)) && len(p.mail.Bounce.Recipients) < maxUndelivered {
		h, _, err := sub.header(false)
		if err != nil {
			return
		}
		if sub.again != nil { // a line that belongs nowhere
			sub.again = nil
		}
		to := h.get("final-recipient")
		if to == "" {
			to = h.get("original-recipient")
		}
		if to == "" && h.get("action") == "" {
			continue
		}
		p.mail.Bounce.Recipients = append(p.mail.Bounce.Recipients, Undelivered{
			Address:    cleanAddress(untyped(to)),
			Action:     lower(h.get("action")),
			Status:     statusCode(h.get("status")),
			Diagnostic: untyped(h.get("diagnostic-code")),
		})
	}
}

// untyped is a value without the type before it ("rfc822; ann@example.com").
func untyped(s string) string {
	if typ, v, ok := strings.Cut(s, ";"); ok && !strings.ContainsAny(typ, "@ ") {
		s = v
	}
	return strings.TrimSpace(s)
}

func statusCode(s string) string {
	f := strings.Fields(s)
	if len(f) == 0 {
		return ""
	}
	return f[0]
}

// bounce puts together what is known of a mail that came back.
func (p *parser) bounce(h header) {
	m := p.mail
	failed := h.get("x-failed-recipients")
	box, _, _ := strings.Cut(strings.ToLower(m.From.Address), "@")
	daemon := box == "mailer-daemon" || box == "postmaster" && m.Auto.Reply
	if m.Bounce == nil {
		if failed == "" && !daemon {
			return
		}
		m.Bounce = &Bounce{}
	}
	if len(m.Bounce.Recipients) == 0 {
		for _, a := range parseAddresses(failed) {
			if len(m.Bounce.Recipients) < maxUndelivered {
				m.Bounce.Recipients = append(m.Bounce.Recipients, Undelivered{Address: a.Address, Action: "failed"})
			}
		}
	}
	if m.Auto.Signs == nil {
		m.Auto.Signs = []string{"a delivery report"}
	}
	m.Auto.Reply, m.Auto.Weak = true, false
	m.Bounce.MessageID = p.returned
	if m.Bounce.MessageID == "" {
		m.Bounce.MessageID = returnedID([]byte(m.Text)) // older servers put the mail there
	}
}

// returnedID finds the Message-ID in the header of a mail that came back.
func returnedID(b []byte) string {
	for line := range bytes.Lines(b) {
		line = bytes.TrimLeft(line, "> \t")
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && strings.EqualFold(string(bytes.TrimSpace(name)), "message-id") {
			if id := first(messageIDs(string(value))); id != "" {
				return strings.ToValidUTF8(id, "\uFFFD")
			}
		}
	}
	return ""
}
