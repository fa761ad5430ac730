package imap_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/channel/email/imap"
)

// script is a server that says what a test wants: answer gets a command without its tag
// and gives the lines before OK, or all lines if they end with a tagged one. "-" at the
// end closes the connection.
func script(t *testing.T, d *desk, o imap.Options, answer func(command string) string) *imap.Fetcher {
	o.User = "help"
	f, err := imap.New("mail.example:143", d, &o)
	must(t, err)
	f.Dial(func(context.Context) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			io.WriteString(server, "* OK [CAPABILITY IMAP4rev1 UIDPLUS] ready\r\n")
			for lines := bufio.NewScanner(server); lines.Scan(); {
				tag, command, _ := strings.Cut(lines.Text(), " ")
				said := answer(command)
				if said == "" {
					said = usual(command)
				}
				said, ends := strings.CutSuffix(said, "-")
				io.WriteString(server, said)
				if ends {
					return
				}
				if said != "silence" {
					fmt.Fprintf(server, "%s OK done\r\n", tag)
				} else {
					io.Copy(io.Discard, server)
				}
			}
		}()
		return local{client}, nil
	})
	return f
}

// usual is what a server with three mails says.
func usual(command string) string {
	switch {
	case strings.HasPrefix(command, "LOGIN"):
		return "* CAPABILITY IMAP4rev1 UIDPLUS\r\n"
	case strings.HasPrefix(command, "EXAMINE"):
		return "* 3 EXISTS\r\n* OK [UIDVALIDITY 9] numbered\r\n"
	case strings.HasPrefix(command, "UID SEARCH"):
		return "* SEARCH 1 2 3\r\n"
	case strings.Contains(command, "RFC822.SIZE"):
		return about(1) + about(2) + about(3)
	case strings.Contains(command, "BODY.PEEK[]"):
		return body(1) + body(2) + body(3)
	}
	return ""
}

func about(n int) string {
	return fmt.Sprintf("* %d FETCH (UID %d RFC822.SIZE %d INTERNALDATE \"10-Mar-2026 12:00:00 +0000\")\r\n", n, n, len(text(n)))
}

func body(n int) string {
	return fmt.Sprintf("* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n", n, n, len(text(n)), text(n))
}

func TestOddServers(t *testing.T) {
	t.Parallel()
	asked := func(command, part string) bool { return strings.Contains(command, part) }
	for name, c := range map[string]struct {
		answer func() func(command string) string
		want   []string
		fails  bool
		uid    uint32 // of the cursor
	}{
		"a usual one": {func() func(string) string { return func(string) string { return "" } }, texts(1, 3), false, 3},
		"mails backwards": {func() func(string) string {
			return func(command string) string {
				if asked(command, "BODY.PEEK") {
					return body(3) + body(1) + body(2)
				}
				return ""
			}
		}, []string{text(3), text(1), text(2)}, false, 3},
		"somebody reads a mail": {func() func(string) string {
			told := 0
			return func(command string) string { // before the answer comes what was changed
				if told++; asked(command, "BODY.PEEK") && told < 9 {
					return "* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n" + usual(command)
				}
				if asked(command, "RFC822.SIZE") && told < 6 {
					return "* 3 FETCH (UID 3 FLAGS (\\Seen))\r\n" + usual(command)
				}
				return ""
			}
		}, texts(1, 3), false, 3},
		"a mail goes meanwhile": {func() func(string) string {
			gone := false
			return func(command string) string {
				if gone = gone || asked(command, "BODY.PEEK"); gone && asked(command, "BODY.PEEK") {
					return body(1) + "* 2 FETCH (UID 2 BODY[] NIL)\r\n" + body(3)
				}
				if gone && asked(command, "SEARCH") {
					return "* SEARCH 1 3\r\n"
				}
				return ""
			}
		}, []string{text(1), text(3)}, false, 3},
		"a mail is never given": {func() func(string) string {
			return func(command string) string {
				if asked(command, "BODY.PEEK") {
					return body(1) + body(3)
				}
				return ""
			}
		}, []string{text(1), text(3)}, true, 0},
		"breaks off in a mail": {func() func(string) string {
			return func(command string) string {
				if asked(command, "BODY.PEEK") {
					return body(1) + body(2)[:40] + "-"
				}
				return ""
			}
		}, []string{text(1)}, true, 0},
		"breaks off before a mail": {func() func(string) string {
			return func(command string) string {
				if asked(command, "BODY.PEEK") {
					return "-"
				}
				return ""
			}
		}, nil, true, 0},
		"numbers nothing": {func() func(string) string {
			return func(command string) string {
				if asked(command, "EXAMINE") {
					return "* 3 EXISTS\r\n"
				}
				return ""
			}
		}, nil, true, 0},
		"speaks something else": {func() func(string) string { return func(string) string { return "* ?!\r\n" } }, nil, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &desk{}
			f := script(t, d, imap.Options{}, c.answer())
			_, err := f.Fetch(t.Context())
			if (err != nil) != c.fails {
				t.Errorf("the error is %v", err)
			}
			got := d.mails()
			slices.Sort(got)
			slices.Sort(c.want)
			m, _ := d.Mailbox(t.Context(), "help/INBOX")
			if !slices.Equal(got, c.want) || m.UID != c.uid {
				t.Errorf("kept %q, the cursor is at %d", got, m.UID)
			}
		})
	}
}

// A server that falls silent is left after the timeout, wherever that happens.
func TestSilence(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"LOGIN", "EXAMINE", "NOOP", "SEARCH", "RFC822.SIZE", "BODY.PEEK"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := script(t, &desk{}, imap.Options{}, func(command string) string {
					if strings.Contains(command, at) {
						return "silence"
					}
					return ""
				})
				began := time.Now()
				if _, err := f.Fetch(t.Context()); err == nil || time.Since(began) > 2*time.Minute {
					t.Errorf("%v after %s", err, time.Since(began))
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				began = time.Now()
				if _, err := f.Fetch(ctx); err == nil || time.Since(began) != time.Second {
					t.Errorf("the context ended it after %s: %v", time.Since(began), err)
				}
			})
		})
	}
}
