package email

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/crash"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

// crashMails is how many mails there are that processes are killed over.
const crashMails = 60

// crashMail is one of them: of five senders, in threads, some with files, and every
// tenth without anything that tells it from others but its text.
func crashMail(i int) string {
	text := fmt.Sprintf("Token-%03d.", i)
	lines := []string{fmt.Sprintf("From: s%d@mail.example", i%5), "To: help@shop.example, friend@mail.example"}
	if i%10 != 9 {
		lines = append(lines, fmt.Sprintf("Message-ID: <%d@mail.example>", i), fmt.Sprintf("In-Reply-To: <%d@mail.example>", i%5))
	}
	if i%3 == 0 {
		lines = append(lines, "Content-Type: multipart/mixed; boundary=b")
		text = "--b\r\n\r\n" + text + "\r\n--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\n" + strings.Repeat("file ", 1000) + "\r\n--b--"
	}
	return letter(text, lines...)
}

// receiveUntilKilled has mails come in again and again, and works on them meanwhile. What
// was acknowledged is in a file.
func receiveUntilKilled(t *testing.T, d driver.Store, dir string) {
	r := joinRoom(t, d, nil, Options{PerSender: -1})
	acked, err := os.OpenFile(filepath.Join(dir, "acked"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	must(t, err)
	var work sync.WaitGroup
	for _, part := range []func(context.Context) error{r.DB.Run, r.Events.Run, r.Jobs.Run} {
		work.Go(func() { part(t.Context()) })
	}
	for {
		at := rand.IntN(crashMails)
		for i := at; i < crashMails; i++ {
			_, err := r.Receive(t.Context(), Envelope{Source: "imap:box", Copy: fmt.Sprint(i)}, strings.NewReader(crashMail(i)))
			must(t, err)
			_, err = fmt.Fprintln(acked, i)
			must(t, err)
			fmt.Println(i)
		}
	}
}

// Every mail that was acknowledged is one message, wherever processes were killed.
func TestKilledWhileMailsComeIn(t *testing.T) {
	crash.Run(t, receiveUntilKilled, func(t *testing.T, p *crash.Place) {
		r := openRoom(t, p.Open(), Options{})
		must(t, r.DB.Close())
		for range 12 {
			p.Kill(t, 1+rand.IntN(25))
		}
		acked, err := os.ReadFile(filepath.Join(p.Dir, "acked"))
		must(t, err)
		r = joinRoom(t, p.Open(), &hand{at: time.Now()}, Options{PerSender: -1})
		for range 5 {
			r.clock.forward(time.Hour) // leases of those that were killed are over
			r.work()
		}
		times := map[string]int{}
		for _, x := range r.tickets() {
			for line := range strings.Lines(r.talk(x.ID)) {
				if _, text, _ := strings.Cut(strings.TrimSpace(line), ": "); strings.HasPrefix(text, "Token-") {
					token, file, _ := strings.Cut(text, " ")
					times[token]++
					if i := 0; file != "[a.txt]" {
						if fmt.Sscanf(token, "Token-%03d.", &i); i%3 == 0 {
							t.Errorf("%s has lost its file", token)
						}
					}
				}
			}
		}
		for token, n := range times {
			if n > 1 {
				t.Errorf("%s is there %d times", token, n)
			}
		}
		n := 0
		for line := range strings.Lines(string(acked)) {
			var i int
			if _, err := fmt.Sscan(line, &i); err != nil || !strings.HasSuffix(line, "\n") {
				continue
			}
			if n++; times[fmt.Sprintf("Token-%03d.", i)] != 1 {
				t.Errorf("mail %d was acknowledged, and is there %d times", i, times[fmt.Sprintf("Token-%03d.", i)])
			}
		}
		for _, d := range r.inQuarantine() {
			t.Errorf("held is %+v", d)
		}
		t.Logf("%d acknowledgements of %d mails", n, len(times))
	})
}
