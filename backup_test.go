package frontdesk_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// converse is what happens on a desk in a moment: a ticket with an attachment, a
// reply and a note. It returns an error only where the desk does.
func converse(ctx context.Context, d *frontdesk.Desk, user string, content []byte) error {
	u, err := d.People.Save(ctx, frontdesk.Host(), identity.Profile{UserID: user})
	if err != nil {
		return err
	}
	t, err := d.Tickets.Create(ctx, ticket.New{EndUser: u.ID, Message: &ticket.Draft{Text: "from " + user}})
	if err != nil {
		return err
	}
	a, err := d.Tickets.Upload(ctx, frontdesk.Host(), ticket.DefaultApp, "", "a.bin", bytes.NewReader(content))
	if err != nil {
		return err
	}
	if t, _, err = d.Tickets.Reply(ctx, frontdesk.Host(), t.ID, ticket.Draft{Text: "see this", Attachments: []string{a.ID}}); err != nil {
		return err
	}
	_, _, err = d.Tickets.Note(ctx, frontdesk.Host(), t.ID, ticket.Draft{Text: "sent"})
	return err
}

// checkDesk makes sure that a desk lacks nothing: positions are dense, each ticket
// has the event of its last revision and all of its messages, and each message its
// attachments. It returns how many tickets there are.
func checkDesk(t *testing.T, d *frontdesk.Desk) (tickets int) {
	t.Helper()
	if _, err := d.Drain(t.Context()); err != nil { // lists are made behind the writers
		t.Fatal(err)
	}
	revs := map[string]int64{}
	for at := int64(0); ; {
		es, err := d.Events.Since(t.Context(), d.DB, at, 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range es {
			if at++; e.Position != at {
				t.Fatalf("position %d follows %d", e.Position, at-1)
			}
			if e.Revision < revs[e.Subject] {
				t.Errorf("%s: revision %d after %d", e.Subject, e.Revision, revs[e.Subject])
			}
			revs[e.Subject] = e.Revision
		}
		if len(es) == 0 {
			break
		}
	}
	for after := ""; ; {
		ts, next, err := d.Tickets.List(t.Context(), frontdesk.Host(), ticket.Filter{}, after, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range ts {
			if tickets++; revs[one.ID] != int64(one.Rev) {
				t.Errorf("ticket %s is at revision %d, its last event at %d", one.ID, one.Rev, revs[one.ID])
			}
			checkMessages(t, d, one)
		}
		if after = next; next == "" {
			return tickets
		}
	}
}

func checkMessages(t *testing.T, d *frontdesk.Desk, one *ticket.Ticket) {
	t.Helper()
	ms, _, err := d.Tickets.Messages(t.Context(), frontdesk.Host(), one.ID, 0, 0, 200)
	if err != nil || int64(len(ms)) != one.Marks.Last {
		t.Errorf("ticket %s: %d messages of %d, %v", one.ID, len(ms), one.Marks.Last, err)
	}
	for _, m := range ms {
		for _, a := range m.Attachments {
			r, _, err := d.Tickets.Attachment(t.Context(), frontdesk.Host(), a.ID)
			if err != nil {
				t.Errorf("attachment %s: %v", a.ID, err)
				continue
			}
			if n, err := io.Copy(io.Discard, r); n != a.Size || err != nil {
				t.Errorf("attachment %s: %d bytes of %d, %v", a.ID, n, a.Size, err)
			}
			r.Close()
		}
	}
}

// restore unpacks a backup and returns the path of the desk's file.
func restore(t *testing.T, r io.Reader) string {
	t.Helper()
	dir := t.TempDir()
	for files := tar.NewReader(r); ; {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			return filepath.Join(dir, "support.db")
		}
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			if err := os.Mkdir(to, 0o700); err != nil {
				t.Fatal(err)
			}
			continue
		}
		b, err := io.ReadAll(files)
		if err == nil {
			err = os.WriteFile(to, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// deskAt is a desk that a test keeps somewhere.
type deskAt struct {
	name string
	open func(t *testing.T) frontdesk.Config
}

func boltAt(t *testing.T, name string) driver.Store {
	t.Helper()
	file, err := boltstore.Open(filepath.Join(t.TempDir(), name), nil)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// desks are all ways of keeping a desk.
func desks() []deskAt {
	return []deskAt{
		{"memory", func(*testing.T) frontdesk.Config { return frontdesk.Config{} }},
		{"memory that is given", func(*testing.T) frontdesk.Config { return frontdesk.Config{Store: memstore.New()} }},
		{"file", func(t *testing.T) frontdesk.Config {
			return frontdesk.Config{Path: filepath.Join(t.TempDir(), "desk.db")}
		}},
		{"file that is given", func(t *testing.T) frontdesk.Config { return frontdesk.Config{Store: boltAt(t, "desk.db")} }},
		{"database", func(t *testing.T) frontdesk.Config {
			pool, schema := pgtest.Schema(t)
			return frontdesk.Config{Store: pgstore.New(pool, &pgstore.Options{Schema: schema})}
		}},
	}
}

// load works on a desk until it is stopped, or has done enough. In the first round
// there is no background work: where processes share a store, no event has a
// position then.
func load(t *testing.T, d *frontdesk.Desk, round int) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	if round > 0 {
		wg.Go(func() {
			if err := d.Run(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("run: %v", err)
			}
		})
	}
	begun := make(chan struct{}, 3)
	for w := range 3 {
		wg.Go(func() {
			for i := 0; i < 30 && ctx.Err() == nil; i++ {
				err := converse(ctx, d, fmt.Sprintf("late-%d-%d-%d", round, w, i), []byte("small"))
				if i == 0 {
					begun <- struct{}{}
				}
				if err != nil && ctx.Err() == nil {
					t.Error(err)
					break
				}
			}
		})
	}
	<-begun
	return func() { cancel(); wg.Wait() }
}

// A backup that is taken while the desk works is a desk of one moment.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	for _, at := range desks() {
		t.Run(at.name, func(t *testing.T) {
			t.Parallel()
			d := open(t, at.open(t))
			content := bytes.Repeat([]byte("0123456789"), 70_000) // two chunks
			const before = 20
			for i := range before {
				if err := converse(t.Context(), d, fmt.Sprint("early-", i), content[:i*35_000]); err != nil {
					t.Fatal(err)
				}
			}
			first := 1
			if d.DB.Shared() {
				first = 0
			}
			for round := first; round < 2; round++ {
				stop := load(t, d, round)
				var b bytes.Buffer
				err := d.Backup(t.Context(), &b)
				stop()
				if err != nil {
					t.Fatal(err)
				}
				again := open(t, frontdesk.Config{Path: restore(t, &b)})
				if n := checkDesk(t, again); n < before {
					t.Errorf("%d tickets, there were %d before", n, before)
				}
				if err := converse(t.Context(), again, "after", content); err != nil {
					t.Errorf("the restored desk doesn't work: %v", err)
				}
				checkDesk(t, again)
			}
		})
	}
}

// temporaries are the leavings of backups.
func temporaries(t *testing.T) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "frontdesk-backup-*"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// A backup that fails says so, leaves nothing behind, and the desk works on.
func TestBackupFails(t *testing.T) {
	for _, at := range desks() {
		t.Run(at.name, func(t *testing.T) {
			d := open(t, at.open(t))
			t.Setenv("TMPDIR", t.TempDir())
			backupFails(t, d)
		})
	}
}

func backupFails(t *testing.T, d *frontdesk.Desk) {
	if err := converse(t.Context(), d, "u1", make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	for _, room := range []int{0, 600, 200_000} {
		if err := d.Backup(t.Context(), &narrow{room: room, err: full}); !errors.Is(err, full) {
			t.Errorf("%d bytes of room: %v", room, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := d.Backup(ctx, &narrow{room: 600, then: cancel}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled in the middle: %v", err)
	}
	if err := d.Backup(ctx, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
	if left := temporaries(t); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	checkDesk(t, d)
	d.Close()
	if err := d.Backup(t.Context(), io.Discard); !errors.Is(err, store.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// narrow has room for some bytes; after these it fails, or does something.
type narrow struct {
	room int
	err  error
	then func()
}

func (n *narrow) Write(p []byte) (int, error) {
	if n.room -= len(p); n.room >= 0 {
		return len(p), nil
	}
	if n.then != nil {
		n.then()
		return len(p), nil
	}
	return 0, n.err
}

// A desk that was made from half a copy would be no desk: there is no backup of it.
func TestBackupOfHalfACopy(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "target.db")
	halfCopy(t, path)
	half, err := frontdesk.OpenData(t.Context(), frontdesk.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	if err := half.Backup(t.Context(), io.Discard); !errors.Is(err, store.ErrCopying) {
		t.Error(err)
	}
}

// halfCopy leaves a file that is the target of a copy which hasn't ended.
func halfCopy(t *testing.T, path string) {
	t.Helper()
	from, err := frontdesk.OpenData(t.Context(), frontdesk.Config{Blobs: deaf{}})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := frontdesk.OpenData(t.Context(), frontdesk.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if _, err := from.CopyTo(t.Context(), to, nil); !errors.Is(err, errDeaf) {
		t.Fatal(err)
	}
}

var errDeaf = errors.New("no attachments today")

type deaf struct{ blob.Store }

func (deaf) List(context.Context, string, int) ([]blob.Info, error) { return nil, errDeaf }

// Attachments are where the configuration says, and processes that share a store
// share them.
func TestWhereAttachmentsAre(t *testing.T) {
	t.Parallel()
	shared := memstore.New()
	d := open(t, frontdesk.Config{Store: shared})
	a, err := d.Tickets.Upload(t.Context(), frontdesk.Host(), ticket.DefaultApp, "", "a.txt", strings.NewReader("shared"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := frontdesk.Open(t.Context(), frontdesk.Config{Store: shared})
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := second.Tickets.Attachment(t.Context(), frontdesk.Host(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if b, err := io.ReadAll(r); string(b) != "shared" || err != nil {
		t.Errorf("another desk reads %q, %v", b, err)
	}
}

// A file may hold attachments that were put there when no directory was given:
// they come along.
func TestAttachmentsInsideAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	file, err := boltstore.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, frontdesk.Config{Store: file})
	if err := converse(t.Context(), d, "u1", make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	from, err := frontdesk.OpenData(t.Context(), frontdesk.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	var b bytes.Buffer
	if err := from.Backup(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	to, err := frontdesk.OpenData(t.Context(), frontdesk.Config{Path: copied})
	if err != nil {
		t.Fatal(err)
	}
	report, err := from.CopyTo(t.Context(), to, nil)
	if err := errors.Join(err, to.Close()); err != nil {
		t.Fatal(err)
	}
	if report.Attachments != (blob.Copied{Blobs: 1, Bytes: 1 << 20, Written: 1}) {
		t.Errorf("attachments %+v", report.Attachments)
	}
	for _, path := range []string{copied, restore(t, &b)} {
		if n := checkDesk(t, open(t, frontdesk.Config{Path: path})); n != 1 {
			t.Errorf("%s: %d tickets", path, n)
		}
	}
}
