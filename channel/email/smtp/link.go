package smtp

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/channel/email/internal/lines"
)

// link is a connection to a server that has let the client in.
type link struct {
	*smtp.Client
	ends *time.Timer // ends it while it is idle
}

func (l *link) login(user, password string) error {
	switch {
	case l.SupportsAuth(sasl.Plain):
		return l.Auth(sasl.NewPlainClient("", user, password))
	case l.SupportsAuth(sasl.Login):
		return l.Auth(sasl.NewLoginClient(user, password))
	}
	return fmt.Errorf("the server offers neither AUTH PLAIN nor LOGIN")
}

// begin names the sender. What the server has against him is a SendError; an error is
// one of the connection.
func (l *link) begin(o email.Outgoing, content io.Reader) (*email.SendError, error) {
	options := &smtp.MailOptions{}
	for _, address := range append([]string{o.From}, o.To...) {
		if strings.ContainsFunc(address, func(r rune) bool { return r > unicode.MaxASCII }) {
			options.UTF8 = true
		}
	}
	if ok, _ := l.Extension("SMTPUTF8"); options.UTF8 && !ok {
		return &email.SendError{Permanent: true, Reason: "the mail server takes only addresses in ASCII"}, nil
	}
	if sized, ok := content.(interface{ Len() int }); ok {
		if options.Size = int64(sized.Len()); options.Size > 0 {
			if most, ok := l.MaxMessageSize(); ok && most > 0 && options.Size > int64(most) {
				return &email.SendError{Permanent: true, Code: 552, Reason: fmt.Sprintf("the mail server takes mails of up to %d bytes", most)}, nil
			}
		}
	}
	if err := l.Mail(o.From, options); err != nil {
		return refusal(err)
	}
	return nil, nil
}

// refusal tells an answer of the server from an error of the connection.
func refusal(err error) (*email.SendError, error) {
	e, ok := err.(*smtp.SMTPError)
	if !ok {
		return nil, err
	}
	// That one has to log in, or to speak otherwise, the host's settings can mend.
	permanent := e.Code/100 == 5 && e.Code != 530 && e.Code != 534 && e.Code != 535 && e.Code != 538
	return &email.SendError{Permanent: permanent, Code: e.Code, Reason: reason(e)}, nil
}

// mail names the recipients and sends the content to those whom the server takes it for.
// What it refuses is a SendError, after which the connection is ready for another mail.
func (l *link) mail(to []string, content io.Reader) (*email.SendError, error) {
	var taken []string
	var refused *email.SendError
	for _, address := range to {
		err := l.Rcpt(address, nil)
		if err == nil {
			taken = append(taken, address)
			continue
		}
		this, err := refusal(err)
		if err != nil {
			return nil, err
		}
		if this.Code == 421 { // it closes the connection
			return nil, this
		}
		refused = worse(refused, this, address)
	}
	if len(taken) == 0 {
		return refused, l.Reset()
	}
	w, err := l.Data()
	if err == nil {
		if err := lines.Copy(w, content); err != nil {
			return nil, err // no end is sent, so the server throws away what it has
		}
		err = w.Close()
	}
	if err != nil {
		return refusal(err)
	}
	if refused != nil {
		refused.Taken = taken
	}
	return refused, nil
}

// worse joins what a server said of two recipients: as long as one may still get the
// mail, it is tried again.
func worse(before, now *email.SendError, address string) *email.SendError {
	now.Reason = address + ": " + now.Reason
	if before == nil {
		return now
	}
	joined := *before
	if !now.Permanent {
		joined.Permanent = false
		if before.Permanent {
			joined.Code = now.Code
		}
	}
	if reasons := before.Reason + "; " + now.Reason; len(reasons) <= 2000 {
		joined.Reason = reasons
	}
	return &joined
}

// reason is what a server said, in one line of a length that can be shown.
func reason(e *smtp.SMTPError) string {
	text := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(e.Message, "\uFFFD"))
	if len(text) > 500 {
		text = strings.ToValidUTF8(text[:500], "") + " …"
	}
	return fmt.Sprintf("%d %s", e.Code, text)
}
