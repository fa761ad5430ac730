package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/examples/webchat/staff"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// begin opens the example on ports of its own, and serves it until the test ends.
func begin(t *testing.T) (p *program, base string) {
	t.Helper()
	p, err := open(t.Context(), options{addr: "localhost:0", smtp: "localhost:0", file: filepath.Join(t.TempDir(), "email.db"), samples: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		p.close()
	})
	return p, "http://" + staff.ShownAddress(p.pages)
}

// until asks a page until it says something, and returns what it said.
func until(t *testing.T, address, want string) string {
	t.Helper()
	deadline := time.After(5 * time.Minute)
	for {
		body := get(t, address)
		if strings.Contains(body, want) {
			return body
		}
		select {
		case <-deadline:
			t.Fatalf("%s never said %q; it says\n%s", address, want, body)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func get(t *testing.T, address string) string {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func post(t *testing.T, address string, form url.Values) {
	t.Helper()
	answer, err := http.PostForm(address, form)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if b, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", address, answer.StatusCode, b)
	}
}

var answersMail = regexp.MustCompile(`name="answers" value="([0-9a-f]+)"`)

// A customer writes, an agent answers, the customer answers that: one ticket.
func TestConversationByMail(t *testing.T) {
	t.Parallel()
	p, base := begin(t)
	post(t, base+"/send", url.Values{"subject": {"A bell for the Tern 3"}, "text": {"Do you have brass bells?"}})
	tk := titled(t, p, "A bell for the Tern 3")
	tom := event.Actor{Kind: event.Agent, ID: "tom"}
	if _, _, err := p.desk.Tickets.Reply(t.Context(), tom, tk.ID, ticket.Draft{Text: "We do: from 12 euros."}); err != nil {
		t.Fatal(err)
	}
	page := until(t, base+"/", "Re: A bell for the Tern 3")
	found := answersMail.FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("the mailbox offers no answer:\n%s", page)
	}
	if body := get(t, base+"/mail/"+found[1]+"/body"); !strings.Contains(body, "We do: from 12 euros.") {
		t.Errorf("the mail's HTML is\n%s", body)
	}
	post(t, base+"/send", url.Values{"answers": {found[1]}, "text": {"Lovely, keep one for me."}})
	for {
		ms, _, err := p.desk.Tickets.Messages(t.Context(), frontdesk.Host(), tk.ID, 0, 0, 50)
		if err != nil {
			t.Fatal(err)
		}
		last := ms[len(ms)-1]
		if last.Author.Kind == event.EndUser && last.Seq > 1 {
			if last.Text != "Lovely, keep one for me." || !strings.Contains(last.Quoted, "We do: from 12 euros.") {
				t.Errorf("the answer is %q, and quotes %q", last.Text, last.Quoted)
			}
			break
		}
		if t.Context().Err() != nil {
			t.Fatal("the answer never came")
		}
	}
}

// titled waits for the ticket of a title.
func titled(t *testing.T, p *program, title string) *ticket.Ticket {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); {
		ts, _, err := p.desk.Tickets.All(t.Context(), frontdesk.Host(), "", 200)
		if err != nil {
			t.Fatal(err)
		}
		for _, tk := range ts {
			if tk.Title == title {
				return tk
			}
		}
	}
	t.Fatalf("there is no ticket %q", title)
	return nil
}

// What a new desk begins with: four tickets, the automatic answer held, and mails whose
// quotes and encodings are read.
func TestSamples(t *testing.T) {
	t.Parallel()
	p, _ := begin(t)
	titled(t, p, "Front lamp flickers")
	titled(t, p, "サドルの在庫について")
	titled(t, p, "Gears slip on the Tern 3")
	invoice := titled(t, p, "Rechnung für vier Diensträder")
	if len(invoice.Copied) != 1 || invoice.Copied[0] != "rechnung@buero.example" {
		t.Errorf("in copy are %v", invoice.Copied)
	}
	u, err := p.desk.People.EndUser(t.Context(), invoice.EndUser)
	if err != nil || u.Name != "Jörg Weiß" || u.Email != (identity.Contact{Value: "joerg@buero.example"}) {
		t.Errorf("it is from %+v, %v", u, err)
	}
	held, _, err := p.desk.Email.Held(t.Context(), frontdesk.Host(), "", 10)
	if err != nil || len(held) != 1 || held[0].From != "piet@wielen.example" {
		t.Errorf("held are %+v, %v", held, err)
	}
	if entries, err := os.ReadDir(p.o.outbox); !errors.Is(err, os.ErrNotExist) && (err != nil || len(entries) > 0) {
		t.Errorf("the desk has sent %v, %v", entries, err)
	}
}
