package imap_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	library "github.com/emersion/go-imap/v2"

	"github.com/frontdesk-go/frontdesk/channel/email/imap"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
)

func TestMailsComeOnceAndInOrder(t *testing.T) {
	t.Parallel()
	p, d := newPlace(t, allCaps), &desk{}
	f := p.fetcher(d, imap.Options{})
	fetched(t, f, 0)
	p.put(texts(1, 120)...)
	fetched(t, f, 120)
	fetched(t, f, 0)
	p.put(texts(121, 123)...)
	fetched(t, p.fetcher(d, imap.Options{}), 3) // another process goes on
	if got := d.mails(); !slices.Equal(got, texts(1, 123)) {
		t.Errorf("kept %d mails", len(got))
	}
	if d.given != 123 {
		t.Errorf("%d were given", d.given)
	}
	if all, unseen := p.there("INBOX"); all != 123 || unseen != 123 {
		t.Errorf("the mailbox was changed: %d mails, %d unread", all, unseen)
	}
	if s := f.Status(); s.Connected || s.Error != nil || s.Contact.IsZero() || s.Behind != 0 || s.Received != 120 {
		t.Errorf("%+v", s)
	}
}

// A mail that can't be kept stops the fetcher in front of it: it isn't passed over.
func TestAMailThatCantBeKept(t *testing.T) {
	t.Parallel()
	p, d := newPlace(t, allCaps), &desk{}
	away := errors.New("the store is away")
	d.fails = func(content string) error {
		if content == text(70) {
			return away
		}
		return nil
	}
	p.put(texts(1, 100)...)
	f := p.fetcher(d, imap.Options{After: imap.AfterDelete})
	for range 3 {
		if _, err := f.Fetch(t.Context()); !errors.Is(err, away) {
			t.Fatalf("the error is %v", err)
		}
		if s := f.Status(); !errors.Is(s.Error, away) || s.Behind < 31 {
			t.Errorf("%+v", s)
		}
	}
	if got := d.mails(); !slices.Equal(got, texts(1, 69)) {
		t.Errorf("kept %d mails", len(got))
	}
	if all, _ := p.there("INBOX"); all < 31 {
		t.Errorf("%d mails are left", all)
	}
	d.fails = nil
	_, err := f.Fetch(t.Context())
	must(t, err)
	if got := d.mails(); !slices.Equal(got, texts(1, 100)) {
		t.Errorf("kept %d mails", len(got))
	}
	if all, _ := p.there("INBOX"); all != 0 {
		t.Errorf("%d mails are left", all)
	}
	if s := f.Status(); s.Error != nil || s.Behind != 0 {
		t.Errorf("%+v", s)
	}
}

func TestANewNumbering(t *testing.T) {
	t.Parallel()
	p, d := newPlace(t, allCaps), &desk{}
	p.put(texts(1, 60)...)
	f := p.fetcher(d, imap.Options{})
	fetched(t, f, 60)
	must(t, p.user.Delete("INBOX"))
	must(t, p.user.Create("INBOX", nil))
	p.put(texts(50, 62)...) // their numbers are below those of before
	fetched(t, f, 13)
	if got := d.mails(); len(got) != 73 || got[72] != text(62) {
		t.Errorf("kept %d mails", len(got))
	}
}

func TestTooLargeMails(t *testing.T) {
	t.Parallel()
	p, d := newPlace(t, allCaps), &desk{}
	p.put(text(1), "Subject: large\r\n\r\n"+strings.Repeat("x", 10_000), text(3))
	f := p.fetcher(d, imap.Options{MaxBytes: 10_000, After: imap.AfterDelete})
	fetched(t, f, 2)
	fetched(t, f, 0)
	if m, _ := d.Mailbox(t.Context(), "help/INBOX"); f.Status().TooLarge != 1 || !slices.Equal(m.TooLarge, []uint32{2}) || m.UID != 3 {
		t.Errorf("%+v, %+v", f.Status(), m)
	}
	if len(d.missed) != 1 || !strings.HasSuffix(d.missed[0], "/2") {
		t.Errorf("the desk knows of %v", d.missed)
	}
	if all, _ := p.there("INBOX"); all != 1 {
		t.Errorf("%d mails are left; the large one has to be", all)
	}
	p.put(text(4))
	f = p.fetcher(d, imap.Options{MaxBytes: 20_000, After: imap.AfterDelete}) // the limit was raised
	d.fails = func(content string) error {
		if len(content) > 10_000 {
			return fmt.Errorf("receive mail: %w", &blob.TooLargeError{Limit: 10_000}) // but not the desk's
		}
		return nil
	}
	given := d.given
	fetched(t, f, 1)
	fetched(t, f, 0)
	if d.given != given+2 {
		t.Errorf("the large mail was given to the desk %d times", d.given-given-1)
	}
	d.fails = nil
	fetched(t, p.fetcher(d, imap.Options{MaxBytes: 20_000, After: imap.AfterDelete}), 1)
	if m, _ := d.Mailbox(t.Context(), "help/INBOX"); len(m.TooLarge) > 0 || m.UID != 4 || len(d.mails()) != 4 {
		t.Errorf("%+v", m)
	}
	if all, _ := p.there("INBOX"); all != 0 {
		t.Errorf("%d mails are left", all)
	}
}

func TestSince(t *testing.T) {
	t.Parallel()
	p, d := newPlace(t, allCaps), &desk{}
	since := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for n, at := range []time.Time{since.AddDate(0, -1, 0), since.Add(-time.Second), since, since.Add(time.Hour)} {
		_, err := p.user.Append("INBOX", literal{strings.NewReader(text(n))}, &library.AppendOptions{Time: at})
		must(t, err)
	}
	fetched(t, p.fetcher(d, imap.Options{Since: since}), 2)
	if got := d.mails(); !slices.Equal(got, texts(2, 3)) {
		t.Errorf("kept %q", got)
	}
}

func TestWhatIsDoneAfter(t *testing.T) {
	t.Parallel()
	without := func(caps ...library.Cap) library.CapSet {
		set := allCaps.Copy()
		for _, c := range caps {
			delete(set, c)
		}
		return set
	}
	for name, c := range map[string]struct {
		o                    imap.Options
		caps                 library.CapSet
		inbox, unseen, moved uint32
		fails                bool
	}{
		"left":                 {imap.Options{}, allCaps, 3, 3, 0, false},
		"seen":                 {imap.Options{After: imap.AfterSeen}, allCaps, 3, 0, 0, false},
		"moved":                {imap.Options{After: imap.AfterMove, Folder: "Done"}, allCaps, 0, 0, 3, false},
		"moved by copy":        {imap.Options{After: imap.AfterMove, Folder: "Done"}, without(library.CapMove), 0, 0, 3, false},
		"moved to nowhere":     {imap.Options{After: imap.AfterMove, Folder: "None"}, allCaps, 3, 3, 0, true},
		"copied to nowhere":    {imap.Options{After: imap.AfterMove, Folder: "None"}, without(library.CapMove), 3, 3, 0, true},
		"deleted":              {imap.Options{After: imap.AfterDelete}, allCaps, 0, 0, 0, false},
		"deletes others', too": {imap.Options{After: imap.AfterDelete}, without(library.CapUIDPlus), 3, 3, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := newPlace(t, c.caps), &desk{}
			p.put(texts(1, 3)...)
			f := p.fetcher(d, c.o)
			_, err := f.Fetch(t.Context())
			if (err != nil) != c.fails {
				t.Fatalf("the error is %v", err)
			}
			all, unseen := p.there("INBOX")
			moved, _ := p.there("Done")
			if all != c.inbox || unseen != c.unseen || moved != c.moved {
				t.Errorf("%d mails, %d unread, %d moved", all, unseen, moved)
			}
			if m, _ := d.Mailbox(t.Context(), "help/INBOX"); c.fails && m.UID != 0 {
				t.Error("what wasn't done isn't tried again")
			}
		})
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for field, o := range map[string]imap.Options{
		"user":    {},
		"name":    {User: "help", Name: strings.Repeat("x", 91)},
		"mailbox": {User: "help", Mailbox: strings.Repeat("x", 401)},
		"folder":  {User: "help", After: imap.AfterMove, Folder: "INBOX"},
		"after":   {User: "help", After: "burn"},
	} {
		_, err := imap.New("mail.example:993", &desk{}, &o)
		if e, ok := errors.AsType[*store.FieldError](err); !ok || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := imap.New("mail.example", &desk{}, &imap.Options{User: "help"}); err == nil {
		t.Error("an address without a port is taken")
	}
}
