//go:build unix

package imap_test

import (
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk/channel/email/imap"
	"github.com/frontdesk-go/frontdesk/channel/email/internal/dovecot"
)

// deliver gives mails to a server, as another server does.
func deliver(t testing.TB, s *dovecot.Server, to string, mails ...string) {
	t.Helper()
	conn, err := net.Dial("tcp", s.LMTP)
	must(t, err)
	c := smtp.NewClientLMTP(conn)
	defer c.Close()
	for _, m := range mails {
		must(t, c.SendMail("ann@mail.example", []string{to}, strings.NewReader(m)))
	}
	must(t, c.Quit())
}

// plain is what of the mails the test had sent, without what the server put before it.
func plain(mails []string) []string {
	for i, m := range mails {
		mails[i] = m[strings.Index(m, "Subject:"):]
	}
	return mails
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	again, end := time.NewTicker(10*time.Millisecond), time.After(5*time.Minute)
	defer again.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-end:
			t.Fatalf("never came: %s", what)
		}
	}
}

// A server that we didn't write, which is killed now and then while mails come.
func TestDovecot(t *testing.T) {
	t.Parallel()
	server := dovecot.New(t)
	kills := map[imap.After]int{imap.AfterLeave: 2, imap.AfterMove: 2}
	for _, o := range []imap.Options{{}, {After: imap.AfterSeen}, {After: imap.AfterMove, Folder: "Done"}, {After: imap.AfterDelete}} {
		t.Run("after "+string(o.After), func(t *testing.T) {
			user := "user" + string(o.After)
			o.User, o.Password, o.Name = user, dovecot.Password, "help"
			d := &desk{}
			f, err := imap.New(server.IMAP, d, &o)
			must(t, err)
			deliver(t, server, user+"+tag@shop.example", texts(1, 60)...)
			end := running(t, f)
			defer end()
			eventually(t, "the first mails", func() bool { return len(d.mails()) >= 60 })
			deliver(t, server, user+"@shop.example", text(61))
			eventually(t, "a mail that it is told of", func() bool { return len(d.mails()) >= 61 })
			sent := 61
			for range kills[o.After] {
				deliver(t, server, user+"@shop.example", texts(sent+1, sent+40)...)
				before := sent + rand.IntN(40)
				eventually(t, "some mails", func() bool { return len(d.mails()) >= before })
				server.Kill()
				server.Start()
				sent += 40
			}
			eventually(t, "all mails", func() bool { return len(d.mails()) >= sent && f.Status().Behind == 0 && f.Status().Error == nil })
			end()
			got, want := plain(d.mails()), texts(1, sent)
			if kills[o.After] > 0 { // it may give its mails other numbers then
				slices.Sort(got)
				got = slices.Compact(got)
				slices.Sort(want)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			at, err := d.Mailbox(t.Context(), "help/INBOX")
			must(t, err)
			if o.After == imap.AfterDelete || o.After == imap.AfterMove {
				again := &desk{} // one that has never been here
				o.After = imap.AfterLeave
				f, err := imap.New(server.IMAP, again, &o)
				must(t, err)
				fetched(t, f, 0)
			}
			if int(at.UID) != sent && kills[o.After] == 0 {
				t.Errorf("the cursor is at %d", at.UID)
			}
		})
	}
}
