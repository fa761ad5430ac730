//go:build unix

// Package endtoend_test sends mails through a desk as they come in earnest, with programs
// that we didn't write at each end.
package endtoend_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/channel/email/dkim"
	"github.com/frontdesk-go/frontdesk/channel/email/imap"
	"github.com/frontdesk-go/frontdesk/channel/email/internal/dovecot"
	"github.com/frontdesk-go/frontdesk/channel/email/smtp"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/crash"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const (
	help      = "help@shop.example"
	customers = 30
)

var eve = event.Actor{Kind: event.Agent, ID: "eve"}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// places are the servers with which a desk works.
type places struct{ IMAP, Sink string }

// open opens the desk of a directory.
func open(t testing.TB, d driver.Store, dir string, at places) *frontdesk.Desk {
	t.Helper()
	files, err := blob.OpenDir(filepath.Join(dir, "files"))
	must(t, err)
	client := smtp.NewClient(at.Sink, nil)
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{Store: d, Blobs: files, Mail: email.Options{Sender: signer(t).Wrap(client)}})
	must(t, err)
	t.Cleanup(func() {
		must(t, errors.Join(desk.Close(), client.Close(), files.Close()))
	})
	return desk
}

// signer signs for the shop, always with the same key.
func signer(t testing.TB) *dkim.Signer {
	t.Helper()
	s, err := dkim.New("shop.example", "desk", ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	must(t, err)
	return s
}

// work runs a desk until ctx ends: it fetches mails, and an agent answers each new ticket
// once. told hears of each look that she takes.
func work(ctx context.Context, t testing.TB, desk *frontdesk.Desk, at places, told func()) {
	fetcher, err := imap.New(at.IMAP, desk.Email, &imap.Options{User: "help", Password: dovecot.Password, After: imap.AfterMove, Folder: "Done"})
	must(t, err)
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer func() { cancel(); all.Wait() }()
	for _, run := range []func(context.Context) error{desk.Run, fetcher.Run} {
		all.Go(func() {
			defer cancel()
			if err := run(ctx); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		})
	}
	looks := time.NewTicker(50 * time.Millisecond)
	defer looks.Stop()
	for {
		select {
		case <-looks.C:
		case <-ctx.Done():
			return
		}
		if err := answer(ctx, desk); err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "answer:", err) // what a killed process says is heard by nobody
			t.Error(err)
			return
		}
		told()
	}
}

// answer answers the tickets that nobody has answered.
func answer(ctx context.Context, desk *frontdesk.Desk) error {
	tickets, _, err := desk.Tickets.All(ctx, frontdesk.Host(), "", 200)
	for _, tk := range tickets {
		if err != nil {
			return err
		}
		if tk.Counts.Agent > 0 {
			continue
		}
		_, _, err = desk.Tickets.Reply(ctx, eve, tk.ID, ticket.Draft{ClientID: "answer", Text: fmt.Sprintf("Thank you for your mail on %s. It is on its way.", tk.Title)})
	}
	return err
}

// Customers write by swaks to a server that puts their mails into a dovecot, from where
// the desk fetches them; an agent's answer goes out to them, and they reply by s-nail. All
// the while desk and dovecot are killed. In the end every customer has one ticket, with
// what he wrote, the answer, and his reply, each once. On PostgreSQL what a killed process
// was sending waits out its lease of minutes: there the tests of receiving and of sending
// kill processes, each by itself.
func TestEndToEnd(t *testing.T) {
	crash.RunOnFile(t, func(t *testing.T, d driver.Store, dir string) {
		var at places
		b, err := os.ReadFile(filepath.Join(dir, "places"))
		must(t, err)
		must(t, json.Unmarshal(b, &at))
		work(t.Context(), t, open(t, d, dir, at), at, func() { fmt.Println("looked") })
	}, func(t *testing.T, p *crash.Place) {
		needs(t, "swaks", "s-nail")
		mails := dovecot.New(t)
		world := newWorld(t, mails)
		at := places{IMAP: mails.IMAP, Sink: world.sink}
		b, err := json.Marshal(at)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(p.Dir, "places"), b, 0o600))
		furnish(t, p, at)

		disturbed, calm := context.WithCancel(t.Context())
		var all sync.WaitGroup
		defer all.Wait()
		defer calm()
		all.Go(func() { disturb(disturbed, mails) })
		for n := 0; n < customers; n += 5 {
			all.Go(func() { world.write(n, n+1, n+2, n+3, n+4) })
			p.Kill(t, 3+rand.IntN(25))
			t.Logf("killed when %d customers had their answer", world.served())
		}
		calm()
		all.Wait()
		mails.Start()
		finish(t, p, at, world)
	})
}

// furnish makes a desk with an agent and an address.
func furnish(t *testing.T, p *crash.Place, at places) {
	t.Run("furnish", func(t *testing.T) {
		d := open(t, p.Open(), p.Dir, at)
		must(t, d.People.SaveAgent(t.Context(), frontdesk.Host(), &identity.Agent{ID: eve.ID, Name: "Eve"}))
		must(t, d.Email.SaveSettings(t.Context(), frontdesk.Host(), &email.Settings{App: ticket.DefaultApp, From: help}))
	})
}

// disturb kills a server now and then.
func disturb(ctx context.Context, s *dovecot.Server) {
	for {
		wait := time.NewTimer(500*time.Millisecond + rand.N(2*time.Second))
		select {
		case <-wait.C:
			s.Kill()
			s.Start()
		case <-ctx.Done():
			wait.Stop()
			return
		}
	}
}

// finish lets a desk work in peace until all is there, and looks at it.
func finish(t *testing.T, p *crash.Place, at places, w *world) {
	d := open(t, p.Open(), p.Dir, at)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	work(ctx, t, d, at, func() {
		if talks, err := conversations(ctx, d); err == nil && len(talks) >= customers && complete(talks) {
			cancel()
		}
	})
	talks, err := conversations(t.Context(), d)
	must(t, err)
	want := map[string][]string{}
	for n := range customers {
		want[customer(n)] = []string{fmt.Sprintf("token-%d-", n), fmt.Sprintf("answer-%d-", n), fmt.Sprintf("reply-%d-", n)}
	}
	for _, c := range talks {
		if !slices.Equal(c.said, want[c.of]) {
			t.Errorf("a ticket of %q has %q", c.of, c.said)
		}
		delete(want, c.of)
	}
	for who := range want {
		t.Errorf("nothing is here of %s", who)
	}
	again := 0
	for n := range customers {
		ids := w.answers(n)
		again += len(ids) - 1
		if ids = slices.Compact(slices.Sorted(slices.Values(ids))); len(ids) != 1 {
			t.Errorf("%s was answered by the mails %q", customer(n), ids)
		}
	}
	t.Logf("%d mails were sent again, under the same Message-ID, after a process had died", again)
}

// conversation is what is said on a ticket, as words that the test made up.
type conversation struct {
	of   string
	said []string
}

var words = regexp.MustCompile(`(token|reply)-\d+-`)

func conversations(ctx context.Context, d *frontdesk.Desk) (all []conversation, err error) {
	tickets, _, err := d.Tickets.All(ctx, frontdesk.Host(), "", 200)
	if err != nil {
		return nil, err
	}
	for _, tk := range tickets {
		u, err := d.People.EndUser(ctx, tk.EndUser)
		if err != nil {
			return nil, err
		}
		c := conversation{of: u.Email.Value}
		ms, _, err := d.Tickets.Messages(ctx, frontdesk.Host(), tk.ID, 0, 0, 100)
		if err != nil {
			return nil, err
		}
		for _, m := range ms {
			for _, word := range words.FindAllString(m.Text, -1) {
				if m.Author.Kind == event.Agent {
					word = strings.Replace(word, "token", "answer", 1)
				}
				c.said = append(c.said, word)
			}
		}
		all = append(all, c)
	}
	return all, nil
}

func complete(talks []conversation) bool {
	for _, c := range talks {
		if len(c.said) < 3 {
			return false
		}
	}
	return true
}
