package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/internal/crash"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// appending is a Sender that adds a line to a file for each mail: its id, and what it is
// about. Between a mail's line and its being known the process may die.
type appending struct {
	path string
	told func(line string)
}

func (a appending) Send(_ context.Context, o Outgoing, content io.Reader) error {
	m, err := mail.Parse(content, nil)
	if err != nil {
		return err
	}
	_, said, _ := strings.Cut(m.Text, "message <")
	said, _, _ = strings.Cut(said, ">")
	f, err := os.OpenFile(a.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	line := o.ID + " " + said
	_, err = f.WriteString(line + "\n")
	err = errors.Join(err, f.Close())
	a.told(line)
	return err
}

const crashMessages = 60

// Processes that are killed while they send: each message goes out, always as the same
// mail, and twice only if a process died between the sending and the knowing: at most
// once more for each kill.
func TestKilledWhileSending(t *testing.T) {
	crash.Run(t, func(t *testing.T, s driver.Store, dir string) {
		d := joinOut(t, s, appending{filepath.Join(dir, "sent"), func(line string) { fmt.Println(line) }}, blob.Memory(), true)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var work sync.WaitGroup
		for _, part := range []func(context.Context) error{d.store.Run, d.log.Run, d.jobs.Run} {
			work.Go(func() {
				if err := part(ctx); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			})
		}
		work.Wait()
	}, func(t *testing.T, p *crash.Place) {
		s := p.Open()
		d := joinOut(t, s, &post{}, blob.Memory(), true)
		d.settle()
		var tickets []string
		// A mail that was under way blocks its ticket until the lease of its job is over: with
		// many tickets there is always something left to do.
		for range 50 {
			tickets = append(tickets, d.ask("Where?").ID)
		}
		for i := range crashMessages {
			d.reply(tickets[i%len(tickets)], ticket.Draft{Text: fmt.Sprintf("message <%d>", i)})
		}
		d.must(d.store.Close())
		const kills = 6
		for range kills {
			p.Kill(t, 1+rand.IntN(3))
		}
		last := joinOut(t, p.Open(), appending{filepath.Join(p.Dir, "sent"), func(string) {}}, blob.Memory(), false)
		last.at = time.Now()
		for range 100 {
			last.drain()
			last.forward(time.Minute) // leases of the dead run out
			if b, _ := os.ReadFile(filepath.Join(p.Dir, "sent")); len(linesByMessage(string(b))) == crashMessages {
				break
			}
		}
		b, err := os.ReadFile(filepath.Join(p.Dir, "sent"))
		d.must(err)
		all := linesByMessage(string(b))
		if len(all) != crashMessages {
			t.Fatalf("%d of %d messages went out", len(all), crashMessages)
		}
		again := 0
		for said, ids := range all {
			for _, id := range ids {
				if id != ids[0] {
					t.Errorf("message %s has the ids %v", said, ids)
				}
			}
			again += len(ids) - 1
		}
		// As many mails may be under way at once as are sent side by side.
		if again > kills*sendAtOnce {
			t.Errorf("%d mails went out again in %d kills", again, kills)
		}
		t.Logf("%d mails, %d of them again after %d kills", strings.Count(string(b), "\n"), again, kills)
		for _, id := range tickets {
			if f := last.failure(id, 2); f != "" {
				t.Errorf("the answer on %s has failed: %s", id, f)
			}
		}
	})
}

// linesByMessage are the Message-IDs under which each message went out.
func linesByMessage(s string) map[string][]string {
	all := map[string][]string{}
	for line := range strings.Lines(s) {
		id, said, _ := strings.Cut(strings.TrimSpace(line), " ")
		all[said] = append(all[said], id)
	}
	return all
}
