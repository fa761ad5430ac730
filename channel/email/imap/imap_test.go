package imap_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	library "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/channel/email/imap"
)

var _ imap.Desk = (*email.Service)(nil)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// desk keeps mails in memory, each copy once, as a desk does.
type desk struct {
	mu    sync.Mutex
	boxes map[string]email.Mailbox
	by    map[string]string // content by copy
	kept  []string          // contents in the order in which they were kept
	given int               // calls of Receive
	// missed are copies that were too large.
	missed []string
	fails  func(content string) error
}

func (d *desk) Receive(_ context.Context, e email.Envelope, content io.Reader) (*email.Received, error) {
	all, err := io.ReadAll(content)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.given++
	if d.fails != nil {
		if err := d.fails(string(all)); err != nil {
			return nil, err
		}
	}
	if d.by == nil {
		d.by = map[string]string{}
	}
	if e.Source != "imap:help" || e.Copy == "" {
		return nil, fmt.Errorf("an envelope of %+v", e)
	}
	if old, ok := d.by[e.Copy]; ok {
		if old != string(all) {
			return nil, errors.New("two mails are one copy")
		}
		return &email.Received{}, nil
	}
	d.by[e.Copy] = string(all)
	d.kept = append(d.kept, string(all))
	return &email.Received{}, nil
}

func (d *desk) Missed(_ context.Context, e email.Envelope, _ int64) (*email.Received, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.missed = append(d.missed, e.Copy)
	return &email.Received{}, nil
}

func (d *desk) Mailbox(_ context.Context, name string) (*email.Mailbox, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.boxes[name]
	m.Name = name
	return &m, nil
}

func (d *desk) SaveMailbox(_ context.Context, m *email.Mailbox) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.boxes == nil {
		d.boxes = map[string]email.Mailbox{}
	}
	next := *m
	old := d.boxes[m.Name]
	next.Rev = old.Rev + 1
	if old.Validity == m.Validity && old.Rev != m.Rev {
		next.UID = max(next.UID, old.UID)
		next.TooLarge = append(slices.Clone(old.TooLarge), next.TooLarge...)
	}
	d.boxes[m.Name] = next
	m.Rev = next.Rev
	return nil
}

func (d *desk) mails() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.kept)
}

// place is the library's server, in memory, which tests can stop, start and cut.
type place struct {
	t     testing.TB
	user  *imapmemserver.User
	caps  library.CapSet
	wrap  func(net.Conn) net.Conn // nil leaves connections as they are
	mu    sync.Mutex
	up    bool
	conns []net.Conn
	serve *imapserver.Server
	line  chan net.Conn
	close func()
}

var allCaps = library.CapSet{library.CapIMAP4rev1: {}, library.CapIdle: {}, library.CapUIDPlus: {}, library.CapMove: {}}

func newPlace(t testing.TB, caps library.CapSet) *place {
	p := &place{t: t, user: imapmemserver.NewUser("help", "secret"), caps: caps, up: true, line: make(chan net.Conn)}
	must(t, p.user.Create("INBOX", nil))
	must(t, p.user.Create("Done", nil))
	mem := imapmemserver.New()
	mem.AddUser(p.user)
	p.serve = imapserver.New(&imapserver.Options{
		Caps: caps, InsecureAuth: true, Logger: log.New(io.Discard, "", 0),
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
	})
	ended := make(chan struct{})
	go func() { p.serve.Serve(p); close(ended) }()
	p.close = sync.OnceFunc(func() { p.down(); close(p.line); <-ended })
	t.Cleanup(p.close)
	return p
}

// Accept, Close and Addr make a listener of the place.
func (p *place) Accept() (net.Conn, error) {
	c, ok := <-p.line
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p *place) Close() error   { return nil }
func (p *place) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 143} }

// local is a pipe that says it is on this machine.
type local struct{ net.Conn }

func (local) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 143} }

func (p *place) dial(ctx context.Context) (net.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.up {
		return nil, errors.New("connection refused")
	}
	client, server := net.Pipe()
	p.conns = append(p.conns, server)
	if p.wrap != nil {
		server = p.wrap(server)
	}
	select {
	case p.line <- server:
		return local{client}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// down ends all connections, and lets nobody in any more.
func (p *place) down() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.up = false
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}

func (p *place) back() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.up = true
}

type literal struct{ *strings.Reader }

func (p *place) put(mails ...string) {
	p.t.Helper()
	for _, m := range mails {
		_, err := p.user.Append("INBOX", literal{strings.NewReader(m)}, &library.AppendOptions{Time: time.Now()})
		must(p.t, err)
	}
}

// there is how many mails a folder has, and how many of them weren't read.
func (p *place) there(folder string) (all, unseen uint32) {
	p.t.Helper()
	s, err := p.user.Status(folder, &library.StatusOptions{NumMessages: true, NumUnseen: true})
	must(p.t, err)
	return *s.NumMessages, *s.NumUnseen
}

func (p *place) fetcher(d *desk, o imap.Options) *imap.Fetcher {
	p.t.Helper()
	o.User, o.Password = "help", "secret"
	f, err := imap.New("mail.example:143", d, &o)
	must(p.t, err)
	f.Dial(p.dial)
	return f
}

func fetched(t testing.TB, f *imap.Fetcher, want int64) {
	t.Helper()
	if n, err := f.Fetch(t.Context()); err != nil || n != want {
		t.Fatalf("fetched %d, %v; want %d", n, err, want)
	}
}

func text(n int) string { return fmt.Sprintf("Subject: %d\r\n\r\ntext of mail %d\r\n", n, n) }

func texts(from, to int) (all []string) {
	for n := from; n <= to; n++ {
		all = append(all, text(n))
	}
	return all
}
