package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Directory is a Sender that writes each mail into a directory, as ID.eml, for
// development and tests. The same mail again replaces itself, and none is there in part.
// Whom it goes to by the envelope is in its first lines (X-Envelope-From, X-Envelope-To).
func Directory(path string) Sender { return directory(path) }

type directory string

// Send implements Sender.
func (d directory) Send(_ context.Context, o Outgoing, content io.Reader) error {
	name := strings.Map(func(r rune) rune {
		if r <= ' ' || r == '/' || r == '\\' || r == ':' || r == 0x7f {
			return '_'
		}
		return r
	}, strings.TrimLeft(o.ID, "."))
	if name == "" || len(name) > 200 {
		return &SendError{Permanent: true, Reason: "the mail has no id that is a file's name"}
	}
	if err := d.write(name+".eml", o, content); err != nil {
		return fmt.Errorf("write a mail into a directory: %w", err)
	}
	return nil
}

func (d directory) write(name string, o Outgoing, content io.Reader) error {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(string(d), ".mail-*")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "X-Envelope-From: <%s>\r\nX-Envelope-To: %s\r\n", o.From, strings.Join(o.To, ",\r\n "))
	if err == nil {
		_, err = io.Copy(f, content)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(string(d), name))
	}
	if err != nil {
		os.Remove(f.Name()) // nobody looks for it
	}
	return err
}
