//go:build unix

package endtoend_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	library "github.com/emersion/go-smtp"

	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/channel/email/internal/dovecot"
	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/channel/email/smtp"
)

// needs skips the test where a program is missing.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s isn't on the PATH", program)
		}
	}
}

func customer(n int) string { return fmt.Sprintf("customer%d@mail.example", n) }

// world is everybody outside of the desk: customers, the server that takes mails for the
// shop and puts them into its mailbox, and that of the customers.
type world struct {
	t           testing.TB
	mx, sink    string // addresses of servers
	boxes       *dovecot.Server
	signer      interface{ Record() (name, text string) }
	outside     sync.WaitGroup
	toShop      chan letter
	toCustomers chan letter

	mu  sync.Mutex
	got map[int][]string // Message-IDs of the answers that a customer got
}

type letter struct {
	from string
	text []byte
}

func newWorld(t testing.TB, boxes *dovecot.Server) *world {
	w := &world{t: t, boxes: boxes, signer: signer(t), got: map[int][]string{}, toShop: make(chan letter, 1000), toCustomers: make(chan letter, 1000)}
	ctx, cancel := context.WithCancel(context.Background())
	w.mx = w.serve(ctx, w.toShop, func(address string) bool {
		return strings.HasPrefix(address, "help") && strings.HasSuffix(address, "@shop.example")
	})
	w.sink = w.serve(ctx, w.toCustomers, func(address string) bool { return strings.HasSuffix(address, "@mail.example") })
	w.outside.Go(func() { w.deliver(ctx) })
	for range 2 {
		w.outside.Go(func() { w.reply(ctx) })
	}
	t.Cleanup(func() { cancel(); w.outside.Wait() })
	return w
}

// taker gives what a server receives to a channel.
type taker chan letter

func (c taker) Receive(ctx context.Context, e email.Envelope, content io.Reader) (*email.Received, error) {
	all, err := io.ReadAll(content)
	if err != nil {
		return nil, err
	}
	c <- letter{e.From, all}
	return &email.Received{}, nil
}

func (w *world) serve(ctx context.Context, to chan letter, has func(string) bool) (address string) {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(w.t, err)
	s := smtp.NewServer(taker(to), func(_ context.Context, address string) (bool, error) { return has(address), nil }, nil)
	w.outside.Go(func() { s.Serve(ctx, l) })
	return l.Addr().String()
}

// deliver puts mails into the shop's mailbox, again and again where its server is dead.
// One that died before it could say that it has a mail gets that twice.
func (w *world) deliver(ctx context.Context) {
	for {
		select {
		case m := <-w.toShop:
			for w.lmtp(ctx, m) != nil && ctx.Err() == nil {
				select {
				case <-time.After(50 * time.Millisecond):
				case <-ctx.Done():
				}
			}
		case <-ctx.Done():
			return
		}
	}
}

func (w *world) lmtp(ctx context.Context, m letter) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", w.boxes.LMTP)
	if err != nil {
		return err
	}
	c := library.NewClientLMTP(conn)
	c.CommandTimeout, c.SubmissionTimeout = 5*time.Second, 5*time.Second
	defer c.Close()
	return c.SendMail(m.from, []string{help}, bytes.NewReader(m.text))
}

// write has some customers write.
func (w *world) write(some ...int) {
	var all sync.WaitGroup
	defer all.Wait()
	for _, n := range some {
		all.Go(func() {
			out, err := exec.CommandContext(w.t.Context(), "swaks", "--server", w.mx, "--from", customer(n), "--to", help,
				"--header", fmt.Sprintf("Subject: Where is token-%d-?", n), "--body", fmt.Sprintf("I bought token-%d-, and it isn't here.", n)).CombinedOutput()
			if err != nil {
				w.t.Errorf("swaks: %v\n%s", err, out)
			}
		})
	}
}

var token = regexp.MustCompile(`token-(\d+)-`)

// reply has customers reply to what they get, once to each mail. Some of their programs
// know nothing of Reply-To.
func (w *world) reply(ctx context.Context) {
	for {
		select {
		case m := <-w.toCustomers:
			if err := w.answerTo(ctx, m.text); err != nil && ctx.Err() == nil {
				w.t.Error(err)
			}
		case <-ctx.Done():
			return
		}
	}
}

func (w *world) answerTo(ctx context.Context, text []byte) error {
	name, record := w.signer.Record()
	signatures, err := dkim.VerifyWithOptions(bytes.NewReader(text), &dkim.VerifyOptions{LookupTXT: func(asked string) ([]string, error) {
		if asked != name {
			return nil, fmt.Errorf("no such name: %s", asked)
		}
		return []string{record}, nil
	}})
	if err != nil || len(signatures) != 1 || signatures[0].Err != nil {
		return fmt.Errorf("a mail isn't signed as it should be: %v, %+v", err, signatures)
	}
	m, err := mail.Parse(bytes.NewReader(text), nil)
	if err != nil {
		return err
	}
	found := token.FindStringSubmatch(m.Text)
	if found == nil || m.MessageID == "" {
		return fmt.Errorf("a customer got what is no answer: %s", text)
	}
	n, _ := strconv.Atoi(found[1])
	w.mu.Lock()
	w.got[n] = append(w.got[n], m.MessageID)
	first := len(w.got[n]) == 1
	w.mu.Unlock()
	if !first {
		return nil
	}
	dir, err := os.MkdirTemp("", "customer")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	box := append([]byte("From help@shop.example Thu Nov 26 10:00:00 2026\n"), bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\nFrom "), []byte("\n>From "))...)
	if err := os.WriteFile(filepath.Join(dir, "box"), append(box, '\n'), 0o600); err != nil {
		return err
	}
	args := []string{"-n", "-~", "-#", "-S", "v15-compat=yes", "-S", "mta=smtp://" + w.mx, "-S", "smtp-auth=none", "-S", "smtp-config=-all",
		"-S", "from=" + customer(n), "-S", "hostname=mail.example", "-S", "smtp-hostname=mail.example", "-S", "quote", "-S", "indentprefix=> ", "-S", "sendwait", "-S", "ttycharset=utf-8"}
	if n%3 > 0 {
		args = append(args, "-S", "reply-to-honour=yes")
	}
	cmd := exec.CommandContext(ctx, "s-nail", append(args, "-r", customer(n), "-f", filepath.Join(dir, "box"))...)
	cmd.Env = append(os.Environ(), "HOME="+dir)
	cmd.Stdin = strings.NewReader(fmt.Sprintf("reply 1\nGood, reply-%d- then.\n~.\nexit\n", n))
	out, err := cmd.CombinedOutput()
	if _, dead := os.Stat(filepath.Join(dir, "dead.letter")); err == nil && dead == nil {
		err = errors.New("it wasn't sent")
	}
	if err != nil {
		return fmt.Errorf("s-nail: %w\n%s", err, out)
	}
	return nil
}

// answers are the Message-IDs of the mails that a customer got.
func (w *world) answers(n int) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.got[n]...)
}

// served is how many customers got an answer.
func (w *world) served() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.got)
}
