package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/chat"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/resident"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The variables of the environment that make this program the desk: its file, and the
// address that it listens on.
const (
	deskFile = "SOAK_DESK_FILE"
	deskAddr = "SOAK_DESK_ADDR"
)

// loginSecret signs the logins of end users.
const loginSecret = "the secret of a host that soaks its desk for a while"

// figures are what a desk says of itself.
type figures struct {
	Age        time.Duration // of the process
	Resident   resident.Memory
	Heap       uint64 // in use after a collection
	Goroutines int
	Lag        int64 // events that the consumers are behind, all together
	Behind     map[string]int64
	File       int64 // size of the store
}

// desk is the child process: it serves a desk until it is killed, or its parent has died.
func desk(file, addr string) error {
	began := time.Now()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	d, err := frontdesk.Open(ctx, frontdesk.Config{Path: file, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), Limits: chat.Limits{Off: true}})
	if err != nil {
		return err
	}
	defer d.Close()
	if err := furnish(ctx, d); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/support/", http.StripPrefix("/support", d.Handler()))
	mux.HandleFunc("POST /reply", answering(func(r *http.Request) (any, error) { return reply(d, r) }))
	mux.HandleFunc("GET /talk", answering(func(r *http.Request) (any, error) { return talk(d, r) }))
	mux.HandleFunc("GET /figures", answering(func(r *http.Request) (any, error) { return measure(d, r, began, file) }))
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 3)
	go func() { ended <- d.Run(ctx) }()
	go func() { ended <- server.Serve(l) }()
	go func() {
		io.Copy(io.Discard, os.Stdin) // ends with the parent
		ended <- nil
	}()
	return errors.Join(<-ended, server.Close())
}

// mira answers everybody.
func mira() *identity.Agent { return &identity.Agent{ID: "mira", Name: "Mira", Role: identity.Admin} }

// furnish sets the desk up, the first time.
func furnish(ctx context.Context, d *frontdesk.Desk) error {
	return d.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		people := d.People.In(tx)
		if _, err := people.Agent(ctx, "mira"); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		_, err := people.AddSecret(ctx, frontdesk.Host(), ticket.DefaultApp, loginSecret)
		return errors.Join(err, people.SaveAgent(ctx, frontdesk.Host(), mira()))
	})
}

func answering(f func(r *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := f(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		json.NewEncoder(w).Encode(v)
	}
}

// line is a message as the soak knows it.
type line struct {
	Conversation string `json:"conversation"`
	Seq          int64  `json:"seq"`
	Text         string `json:"text"`
}

// reply is the agent's, which is there once however often it is asked for.
func reply(d *frontdesk.Desk, r *http.Request) (any, error) {
	var in line
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	_, m, err := d.Tickets.Reply(r.Context(), mira().Actor(), in.Conversation, ticket.Draft{ClientID: in.Text, Text: in.Text})
	if err != nil {
		return nil, err
	}
	return line{m.Ticket, m.Seq, m.Text}, nil
}

// talk is a whole conversation, as it is stored.
func talk(d *frontdesk.Desk, r *http.Request) (any, error) {
	var all []line
	for more := true; more; {
		var ms []*ticket.Message
		var err error
		if ms, more, err = d.Tickets.Messages(r.Context(), frontdesk.Host(), r.FormValue("id"), int64(len(all)), 0, 100); err != nil {
			return nil, err
		}
		for _, m := range ms {
			all = append(all, line{m.Ticket, m.Seq, m.Text})
		}
	}
	return all, nil
}

func measure(d *frontdesk.Desk, r *http.Request, began time.Time, file string) (any, error) {
	debug.FreeOSMemory() // what isn't in use isn't resident either
	f := figures{Age: time.Since(began), Goroutines: runtime.NumGoroutine(), Behind: map[string]int64{}}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	f.Heap = m.HeapAlloc
	var err error
	if f.Resident, err = resident.Self(); err != nil && !errors.Is(err, resident.ErrUnknown) {
		return nil, err
	}
	lags, err := d.Events.Lags(r.Context())
	if err != nil {
		return nil, err
	}
	for _, l := range lags {
		if l.Events > 0 {
			f.Lag += l.Events
			f.Behind[l.Consumer] = l.Events
		}
		if l.Incomplete {
			return nil, fmt.Errorf("consumer %s couldn't take an event", l.Consumer)
		}
	}
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	f.File = info.Size()
	return f, nil
}
