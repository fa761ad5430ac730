// Webchat is a shop with a support desk in its own process: a page with the chat
// widget, and a page on which agents answer.
//
//	go run ./examples/webchat
//
// Everything is kept in one file and a directory beside it; the program prints
// where. With -postgres it is kept in a database instead, and any number of these
// programs may serve the same desk, each at an address of its own. With -replay it
// sends the rows of a CSV file as end users, through the
// same HTTP API that the widget uses.
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/examples/webchat/staff"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

//go:embed site
var site embed.FS

type options struct {
	addr     string
	file     string
	postgres string
	replay   string
	rules    bool
	labels   bool
	past     bool
}

func main() {
	var o options
	flag.StringVar(&o.addr, "addr", "localhost:8080", "address to listen on")
	flag.StringVar(&o.file, "file", filepath.Join("frontdesk-data", "support.db"), "file that holds the desk")
	flag.StringVar(&o.postgres, "postgres", "", "address of a PostgreSQL database that holds the desk instead, as postgres://user:password@host/name")
	flag.StringVar(&o.replay, "replay", "", "CSV file with columns user and text, to be sent as end users")
	flag.BoolVar(&o.rules, "rules", true, "have a new desk answer, route and remind by the shop's rules")
	flag.BoolVar(&o.labels, "labels", true, "have a new desk learn labels from the shop's past tickets, which keeps a processor busy for some seconds")
	flag.BoolVar(&o.past, "past", true, "play eight made-up weeks on a new desk with rules in a file, so that figures have something to tell")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "webchat:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if err := os.MkdirAll(filepath.Dir(o.file), 0o700); err != nil {
		return err
	}
	secret, err := shopSecret(filepath.Dir(o.file))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.addr)
	if o.replay != "" && errors.Is(err, syscall.EADDRINUSE) {
		// A desk runs there already: it gets the messages.
		return replay(ctx, "http://"+o.addr+"/support", secret, o.replay, func(int) {})
	}
	if err != nil {
		return err
	}
	defer listener.Close()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	config := frontdesk.Config{Path: o.file, Log: log}
	config.Bots.Functions = functions()
	config.Limits.Off = o.replay != "" // a file's end users don't write by hand
	if o.postgres != "" {
		pool, err := pgstore.Connect(ctx, o.postgres)
		if err != nil {
			return err
		}
		defer pool.Close()
		config.Path, config.Store = "", pgstore.New(pool, nil)
	}
	with := extras{samples: o.replay == "", rules: o.rules && o.replay == "", articles: o.replay == "", labels: o.labels && o.replay == "", bots: o.rules && o.replay == ""}
	if o.past && with.bots && o.postgres == "" {
		if err := prepare(ctx, config, secret, with, eightWeeks); err != nil {
			return err
		}
	}
	desk, err := frontdesk.Open(ctx, config)
	if err != nil {
		return err
	}
	defer desk.Close()
	if err := furnish(ctx, desk, secret, with); err != nil {
		return err
	}
	return serve(ctx, desk, listener, o, secret, log)
}

// serve runs the desk and its pages until ctx ends.
func serve(ctx context.Context, desk *frontdesk.Desk, listener net.Listener, o options, secret string, log *slog.Logger) error {
	handler, err := pages(desk, secret, log)
	if err != nil {
		return err
	}
	if host, _, err := net.SplitHostPort(listener.Addr().String()); err == nil && net.ParseIP(host).IsLoopback() {
		handler = staff.OnlyLocal(handler)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	ended := make(chan error, 3)
	go func() { ended <- desk.Run(ctx) }()
	go func() { ended <- server.Serve(listener) }()
	base := "http://" + staff.ShownAddress(listener)
	greet(base, o)
	if o.replay != "" {
		go func() {
			if err := replay(ctx, base+"/support", secret, o.replay, func(int) {}); err != nil {
				ended <- fmt.Errorf("replay: %w", err)
			}
		}()
	}
	err = <-ended
	if ctx.Err() != nil {
		err = nil // asked to stop
	}
	desk.Chat.Close() // streams would keep the server from ending
	last, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if server.Shutdown(last) != nil {
		server.Close() // pages of staff hold streams of their own
	}
	return err
}

// pages is the shop with its desk: what a host's own mux looks like.
func pages(desk *frontdesk.Desk, secret string, log *slog.Logger) (http.Handler, error) {
	files, err := fs.Sub(site, "site")
	if err != nil {
		return nil, err
	}
	agents, err := staff.New(desk, log)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/support/", http.StripPrefix("/support", desk.Handler()))
	mux.Handle("/support/agent/", http.StripPrefix("/support/agent", agents))
	mux.HandleFunc("GET /account", account(secret))
	mux.Handle("/", http.FileServerFS(files))
	return mux, nil
}

func greet(base string, o options) {
	where := o.file
	if path, err := filepath.Abs(where); err == nil {
		where = path
	}
	where += "\n                            and " + where + ".files"
	if o.postgres != "" {
		where = "the database, schema frontdesk"
	}
	fmt.Printf(`Frontdesk is open.

  The shop, with the chat   %s/
  The agents' desk          %s/support/agent/
  Everything is kept in     %s

Write in the chat, answer at the desk. Ctrl-C stops; nothing gets lost.
`, base, base, where)
}
