package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
)

func mailCommand() command {
	return command{
		name:  "mail",
		short: "says what is in mails, and what of them their senders wrote",
		help: `
  frontdesk mail parse *.eml
  frontdesk mail parse - < mail.eml

parse reads mails as they were received, one a file; "-" is standard input. For each it
writes a line {"file", "message_id", "from": {"name", "address"}, "to", "cc",
"reply_to", "subject", "date", "text", "visible", "html", "attachments": [{"name",
"type", "size", "sha256"}], "auto_reply", "bounce", "error"}. date is in RFC 3339 and
"" where the mail has none; visible is what the sender wrote, without what is quoted
and without a signature; bounce is null, or what a delivery report says. A file that
can't be read as a mail has an error, and the others are read; the status is 1 then.`,
		run: func(ctx context.Context, s *streams, f *flag.FlagSet, args []string) error {
			if len(args) == 0 {
				return &usageError{"say what: parse"}
			}
			switch args[0] {
			case "-h", "-help", "--help", "help":
				return flag.ErrHelp
			case "parse":
				return parseMails(ctx, s, f, args[1:])
			}
			return &usageError{fmt.Sprintf("there is no %q: parse there is", args[0])}
		},
	}
}

// mailLine is what a mail says.
type mailLine struct {
	File        string        `json:"file"`
	MessageID   string        `json:"message_id"`
	From        addressLine   `json:"from"`
	To          []addressLine `json:"to"`
	Cc          []addressLine `json:"cc"`
	ReplyTo     []addressLine `json:"reply_to"`
	Subject     string        `json:"subject"`
	Date        string        `json:"date"`
	Text        string        `json:"text"`
	Visible     string        `json:"visible"`
	HTML        string        `json:"html"`
	Attachments []fileLine    `json:"attachments"`
	AutoReply   bool          `json:"auto_reply"`
	Bounce      *bounceLine   `json:"bounce"`
	Error       string        `json:"error"`
}

type addressLine struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

type fileLine struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

type bounceLine struct {
	MessageID  string            `json:"message_id"` // of the mail that the report is about
	Recipients []undeliveredLine `json:"recipients"`
}

type undeliveredLine struct {
	Address    string `json:"address"`
	Action     string `json:"action"`
	Status     string `json:"status"`
	Diagnostic string `json:"diagnostic"`
}

// parseMails reads each file, also behind one that is no mail.
func parseMails(ctx context.Context, s *streams, f *flag.FlagSet, args []string) error {
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return &usageError{err.Error()}
	}
	if f.NArg() == 0 {
		return &usageError{"the files are missing"}
	}
	wrong := 0
	for i, name := range f.Args() {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.progress("%d of %d mails", i, f.NArg())
		m, err := parseMail(s.in, name)
		s.progress("")
		line := mailLineOf(name, m)
		if err != nil {
			wrong++
			line.Error = err.Error()
		}
		if err := s.tell(line); err != nil {
			return err
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d files couldn't be read as mails", wrong, f.NArg())
	}
	return nil
}

func parseMail(in io.Reader, name string) (*mail.Mail, error) {
	if name == "-" {
		return mail.Parse(in, nil)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return mail.Parse(file, nil)
}

// mailLineOf is the line of a mail, and of a file that is none, where m is nil.
func mailLineOf(name string, m *mail.Mail) mailLine {
	m = cmp.Or(m, &mail.Mail{})
	line := mailLine{
		File: name, MessageID: m.MessageID, Subject: m.Subject, Text: m.Text, Visible: m.Visible, HTML: m.HTML, AutoReply: m.Auto.Reply,
		From: addressLine(m.From), To: addressLines(m.To), Cc: addressLines(m.Cc), ReplyTo: addressLines(m.ReplyTo), Attachments: []fileLine{},
	}
	if !m.Date.IsZero() {
		line.Date = m.Date.Format(time.RFC3339)
	}
	for _, a := range m.Attachments {
		line.Attachments = append(line.Attachments, fileLine{a.Name, a.Type, a.Size, a.SHA256})
	}
	if m.Bounce != nil {
		line.Bounce = &bounceLine{MessageID: m.Bounce.MessageID, Recipients: []undeliveredLine{}}
		for _, u := range m.Bounce.Recipients {
			line.Bounce.Recipients = append(line.Bounce.Recipients, undeliveredLine{u.Address, u.Action, u.Status, u.Diagnostic})
		}
	}
	return line
}

func addressLines(list []mail.Address) []addressLine {
	lines := []addressLine{}
	for _, a := range list {
		lines = append(lines, addressLine(a))
	}
	return lines
}
