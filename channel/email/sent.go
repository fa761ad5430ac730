package email

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// sent is what became of a mail. It is there before the mail goes out for the first time,
// so that what a process left behind that died meanwhile is known, and goes out again as
// the same mail.
type sent struct {
	Key     string    `json:"key"` // the message's id, or what unread ones are called
	ID      string    `json:"id"`  // Message-ID
	Ticket  string    `json:"ticket"`
	Seq     int64     `json:"seq"`
	EndUser string    `json:"end_user"`
	Date    time.Time `json:"date"`           // when it was first tried, or asked for again
	Began   time.Time `json:"began"`          // the newest attempt
	Done    time.Time `json:"done"`           // when all had it who can get it; zero: not yet
	Auto    string    `json:"auto,omitempty"` // hash of the address, where no person wrote
	// Taken are the addresses that have it: a further attempt leaves them out.
	Taken []string  `json:"taken,omitempty"`
	Again int       `json:"again,omitempty"` // how often it was asked for again
	Rev   store.Rev `json:"-"`
}

var sents = &store.Collection[sent]{
	Name: "email_sent",
	Key:  func(s *sent) string { return s.Key },
	Rev:  func(s *sent) *store.Rev { return &s.Rev },
	Columns: []store.Column[sent]{
		{Name: "auto", Kind: store.Text, Of: func(s *sent) any {
			if s.Auto == "" {
				return nil
			}
			return s.Auto
		}},
		{Name: "date", Kind: store.Time, Of: func(s *sent) any { return s.Date }},
		{Name: "end_user", Kind: store.Text, Of: func(s *sent) any { return s.EndUser }},
	},
	Indexes:  []store.Index{{Name: "auto", On: []string{"auto", "date"}}, {Name: "end_user", On: []string{"end_user"}}},
	Subjects: func(s *sent) []string { return []string{s.EndUser} },
	Erase:    func(*sent, string) bool { return false },
	Found:    []store.Way{store.InIndex("end_user")},
}

// thread is what all mails of a ticket have in common, as long as it lives.
type thread struct {
	Ticket  string    `json:"ticket"`
	Root    string    `json:"root"` // Message-ID that all refer to
	Subject string    `json:"subject"`
	EndUser string    `json:"end_user"`
	Rev     store.Rev `json:"-"`
}

var threads = &store.Collection[thread]{
	Name:     "email_thread",
	Key:      func(t *thread) string { return t.Ticket },
	Rev:      func(t *thread) *store.Rev { return &t.Rev },
	Columns:  []store.Column[thread]{{Name: "end_user", Kind: store.Text, Of: func(t *thread) any { return t.EndUser }}},
	Indexes:  []store.Index{{Name: "end_user", On: []string{"end_user"}}},
	Subjects: func(t *thread) []string { return []string{t.EndUser} },
	Erase:    func(*thread, string) bool { return false },
	Found:    []store.Way{store.InIndex("end_user")},
}

// hashed is an address as it is counted.
func hashed(address string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(address)))
	return hex.EncodeToString(sum[:])
}

// has says whether an address has the mail.
func (s *sent) has(address string) bool {
	return slices.ContainsFunc(s.Taken, func(a string) bool { return strings.EqualFold(a, address) })
}

// The brake on mails that no person wrote.
const (
	maxAutomatic = 10
	brakeTime    = time.Hour
)

// errBrake says why an automatic mail isn't sent.
var errBrake = errors.New("this address got 10 automatic mails within an hour: no more are sent")

// begin notes that a mail is about to be sent, and tells what is known of it; nil if it
// has been sent. A thread's first mail settles its subject and its root.
func (s *Service) begin(ctx context.Context, m sent, first thread) (d *sent, t *thread, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		m, first := m, first
		u, err := s.People.Writer(ctx, tx, m.EndUser) // nothing is kept about who was erased
		if err != nil {
			return err
		}
		m.EndUser, first.EndUser = u.ID, u.ID
		d, t = nil, nil
		d, err = sents.Lock(ctx, tx, m.Key, store.ForUpdate)
		switch {
		case errors.Is(err, store.ErrNotFound):
			if err := brake(ctx, tx, &m, s.now()); err != nil {
				return err
			}
			fresh := m
			d = &fresh
			d.Date = s.now()
		case err != nil:
			return err
		case !d.Done.IsZero():
			d = nil
			return nil
		}
		if d.ID == "" { // it had failed before there was a mail, and was asked for again
			d.ID, d.Auto = m.ID, m.Auto
		}
		d.Ticket, d.Seq, d.EndUser, d.Began = m.Ticket, m.Seq, m.EndUser, s.now()
		if err := sents.Put(ctx, tx, d); err != nil {
			return taken(err)
		}
		t, err = s.thread(ctx, tx, first)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return d, t, nil
}

// brake refuses an automatic mail to an address that got many.
func brake(ctx context.Context, tx *store.Tx, m *sent, now time.Time) error {
	if m.Auto == "" {
		return nil
	}
	n, err := sents.Count(ctx, tx, store.By("auto", m.Auto).From(now.Add(-brakeTime)).Limit(maxAutomatic))
	if err == nil && n >= maxAutomatic {
		err = errBrake
	}
	return err
}

// thread is what is kept of a ticket's mails, from the first one on.
func (s *Service) thread(ctx context.Context, tx *store.Tx, first thread) (*thread, error) {
	t, err := threads.Lock(ctx, tx, first.Ticket, store.ForUpdate)
	if err == nil && t.Subject == "" { // something was taken out of the title
		t.Subject = first.Subject
		return t, threads.Put(ctx, tx, t)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return t, err
	}
	if err := threads.Put(ctx, tx, &first); err != nil {
		return nil, taken(err)
	}
	return &first, s.know(ctx, tx, known{ID: first.Root, Ticket: first.Ticket, EndUser: first.EndUser, Out: true})
}

// taken makes of a document that another transaction created meanwhile a conflict, so
// that this one runs again.
func taken(err error) error {
	if errors.Is(err, store.ErrExists) {
		return errors.Join(store.ErrConflict, err)
	}
	return err
}

// references are the mails of a ticket that a mail refers to, oldest first: the root, and
// the newest ones; the last is the newest that was received, which it answers.
func (s *Service) references(ctx context.Context, t *thread, before int64) (refs []string, answered string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		refs, answered = nil, ""
		ks, _, err := knowns.Page(ctx, tx, store.By("ticket", t.Ticket).From(int64(1)).To(before).Desc().Limit(maxReferred))
		if err != nil {
			return err
		}
		for _, k := range ks {
			if !referable(k.ID) {
				continue
			}
			if answered == "" && !k.Out {
				answered = k.ID
			} else if k.ID != t.Root {
				refs = append(refs, k.ID)
			}
		}
		return nil
	})
	slices.Reverse(refs)
	refs = append([]string{t.Root}, refs...)
	if answered != "" {
		refs = append(refs, answered)
	}
	return refs, answered, err
}

// referable says whether a Message-ID may stand in a header: strangers made it up, and some
// servers refuse a mail with a line above 998 bytes, or with other than ASCII in it.
func referable(id string) bool {
	const most = 900
	return len(id) <= most && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' })
}
