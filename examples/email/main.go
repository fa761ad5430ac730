// Email is a workshop whose customers write mails: a desk with a mail server of its own, a
// page on which agents answer, and a customer's mailbox to try it with.
//
//	go run ./examples/email
//
// Mails come by SMTP on a port of this machine, from any program that sends mails:
//
//	swaks --server localhost:2525 --from you@home.example --to help@ternoak.example
//
// What the desk sends is written into a directory, a file each, or handed to a mail server
// with -relay. Everything else is kept in one file and in directories beside it.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/channel/email/smtp"
	"github.com/frontdesk-go/frontdesk/examples/webchat/staff"
)

type options struct {
	addr    string
	smtp    string
	file    string
	outbox  string
	relay   string
	samples bool
}

// sent is where the mails are that the mailbox's customer sent.
func (o options) sent() string { return o.file + ".sent" }

func main() {
	var o options
	flag.StringVar(&o.addr, "addr", "localhost:8080", "address of the pages")
	flag.StringVar(&o.smtp, "smtp", "localhost:2525", "address on which mails come in")
	flag.StringVar(&o.file, "file", filepath.Join("frontdesk-data", "email.db"), "file that holds the desk")
	flag.StringVar(&o.outbox, "outbox", "", "directory for what the desk sends; empty is one beside the file")
	flag.StringVar(&o.relay, "relay", "", "host:port of a mail server that sends in place of that")
	flag.BoolVar(&o.samples, "samples", true, "begin a new desk with some mails")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "email:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	p, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer p.close()
	p.greet()
	return p.serve(ctx)
}

// program is a desk, where its mails come in and its pages are, and what serves them.
type program struct {
	o     options
	desk  *frontdesk.Desk
	pages net.Listener
	mails net.Listener
	web   *http.Server
	post  *smtp.Server
}

// open opens everything, and serves nothing yet.
func open(ctx context.Context, o options) (p *program, err error) {
	if o.outbox == "" {
		o.outbox = o.file + ".outbox"
	}
	if err := os.MkdirAll(o.sent(), 0o700); err != nil {
		return nil, err
	}
	p = &program{o: o}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if p.pages, err = net.Listen("tcp", o.addr); err != nil {
		return p, err
	}
	if p.mails, err = net.Listen("tcp", o.smtp); err != nil {
		return p, err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if p.desk, err = frontdesk.Open(ctx, frontdesk.Config{Path: o.file, Log: log, Mail: email.Options{Sender: senderOf(o)}}); err != nil {
		return p, err
	}
	if err := furnish(ctx, p.desk, o.samples, o.sent()); err != nil {
		return p, err
	}
	all, err := p.handler(log)
	if err != nil {
		return p, err
	}
	p.web = &http.Server{Handler: all, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	p.post = smtp.NewServer(p.desk.Email, p.desk.Email.Accepts, &smtp.ServerOptions{Name: "mail.ternoak.example", Log: log})
	return p, nil
}

func (p *program) close() {
	for _, l := range []net.Listener{p.pages, p.mails} {
		if l != nil {
			l.Close()
		}
	}
	if p.desk != nil {
		p.desk.Close()
	}
}

func senderOf(o options) email.Sender {
	if o.relay != "" {
		return smtp.NewClient(o.relay, nil)
	}
	return email.Directory(o.outbox)
}

// serve runs the desk, its mail server and its pages until ctx ends.
func (p *program) serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 3)
	go func() { ended <- p.desk.Run(ctx) }()
	go func() { ended <- p.post.Serve(ctx, p.mails) }()
	go func() { ended <- p.web.Serve(p.pages) }()
	err := <-ended
	if ctx.Err() != nil {
		err = nil // asked to stop
	}
	cancel()
	p.desk.Chat.Close() // streams would keep the server from ending
	last, done := context.WithTimeout(context.Background(), 3*time.Second)
	defer done()
	if p.web.Shutdown(last) != nil {
		p.web.Close() // pages of staff hold streams of their own
	}
	for range 2 {
		<-ended
	}
	return err
}

// handler is the customer's mailbox, and the agents' page.
func (p *program) handler(log *slog.Logger) (http.Handler, error) {
	agents, err := staff.New(p.desk, log)
	if err != nil {
		return nil, err
	}
	box, err := newMailbox(customer, supportAddress, p.o.outbox, p.o.sent(), smtp.NewClient(p.mails.Addr().String(), nil), log)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/support/", http.StripPrefix("/support", p.desk.Handler()))
	mux.Handle("/support/agent/", http.StripPrefix("/support/agent", agents))
	mux.Handle("/", http.NewCrossOriginProtection().Handler(box))
	if host, _, err := net.SplitHostPort(p.pages.Addr().String()); err == nil && net.ParseIP(host).IsLoopback() {
		return staff.OnlyLocal(mux), nil
	}
	return mux, nil
}

func (p *program) greet() {
	base, sent := "http://"+staff.ShownAddress(p.pages), "written into "+p.o.outbox
	if p.o.relay != "" {
		sent = "handed to " + p.o.relay
	}
	fmt.Printf(`The workshop's desk is open.

  A customer's mailbox      %s/
  The agents' desk          %s/support/agent/
  Mails come in by SMTP     %s, for %s
  What is answered is       %s
  Everything is kept in     %s

Write from the mailbox, answer at the desk. Ctrl-C stops; nothing gets lost.
`, base, base, p.mails.Addr(), supportAddress, sent, p.o.file)
}
