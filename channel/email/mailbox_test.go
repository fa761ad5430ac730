package email

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

func TestMailboxes(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) {
		db, err := store.Open(t.Context(), d, nil, mailboxes)
		if err != nil {
			t.Fatal(err)
		}
		s := &Service{db: db, now: time.Now}
		save := func(m Mailbox) {
			t.Helper()
			if err := s.SaveMailbox(t.Context(), &m); err != nil {
				t.Fatal(err)
			}
		}
		want := func(validity, uid uint32, large ...uint32) {
			t.Helper()
			m, err := s.Mailbox(t.Context(), "help/INBOX")
			if err != nil || m.Name != "help/INBOX" || m.Validity != validity || m.UID != uid || !slices.Equal(m.TooLarge, large) {
				t.Fatalf("%+v, %v", m, err)
			}
		}
		want(0, 0)
		save(Mailbox{Name: "help/INBOX", Validity: 1, UID: 7, TooLarge: []uint32{5}})
		want(1, 7, 5)
		var all sync.WaitGroup
		for i := range uint32(10) { // whoever comes last, the one who got furthest counts
			all.Go(func() { save(Mailbox{Name: "help/INBOX", Validity: 1, UID: 20 - i, TooLarge: []uint32{5, 20 - i}}) })
		}
		all.Wait()
		want(1, 20, 5, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)
		m, err := s.Mailbox(t.Context(), "help/INBOX")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // nobody else has been here: what isn't too large any more is forgotten
			m.TooLarge = m.TooLarge[2:]
			if err := s.SaveMailbox(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		want(1, 20, 14, 15, 16, 17, 18, 19, 20)
		save(Mailbox{Name: "help/INBOX", Validity: 2, UID: 3}) // other mails
		want(2, 3)
		for i := range uint32(150) {
			save(Mailbox{Name: "help/INBOX", Validity: 2, UID: i, TooLarge: []uint32{i}})
		}
		if m, _ := s.Mailbox(t.Context(), "help/INBOX"); len(m.TooLarge) != MaxTooLarge || m.TooLarge[0] != 50 || m.UID != 149 {
			t.Errorf("%+v", m)
		}
		if _, ok := errors.AsType[*store.FieldError](s.SaveMailbox(t.Context(), &Mailbox{})); !ok {
			t.Error("a mailbox without a name was saved")
		}
	})
}
