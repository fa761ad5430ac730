package frontdesk_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// stuck is a place for files that deletes none for a while.
type stuck struct {
	blob.Store
	open atomic.Bool
}

func (s *stuck) Delete(ctx context.Context, id string) error {
	if !s.open.Load() {
		return errors.New("the disk is read-only")
	}
	return s.Store.Delete(ctx, id)
}

// As long as a file can't be deleted the document stays that says whose it is. The
// erasure is tried again, also after it was given up, and then goes on.
func TestErasureWaitsForFiles(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		var clock atomic.Int64
		clock.Store(time.Now().UnixMicro())
		files := &stuck{Store: blob.Memory()}
		d := open(t, frontdesk.Config{Store: s, Blobs: files, Now: func() time.Time { return time.UnixMicro(clock.Load()) }})
		p, ctx, host := &planter{Desk: d, t: t}, t.Context(), frontdesk.Host()
		u, err := d.People.Save(ctx, host, identity.Profile{UserID: "ann"})
		p.must(err)
		a, err := d.Tickets.Upload(ctx, event.Actor{Kind: event.EndUser, ID: u.ID}, ticket.DefaultApp, "webchat", "a.txt", strings.NewReader("hers"))
		p.must(err)
		_, err = d.Tickets.Write(ctx, ticket.Inbound{EndUser: u.ID, Platform: "webchat", Draft: ticket.Draft{Attachments: []string{a.ID}}})
		p.must(err)
		_, err = d.People.Erase(ctx, host, u.ID)
		p.must(err)
		for range 150 { // until it is given up
			p.drain()
			clock.Add((2 * time.Hour).Microseconds())
		}
		dead, _, err := d.Jobs.Dead(ctx, "", 10)
		p.must(err)
		if len(dead) != 1 || !strings.Contains(dead[0].Error, "read-only") {
			t.Fatalf("given up: %+v", dead)
		}
		if e, err := d.People.Erasure(ctx, host, u.ID); err != nil || !e.Done.IsZero() {
			t.Errorf("it says that it is done: %+v, %v", e, err)
		}
		if !strings.Contains(p.holds("upload", u.ID), a.ID) {
			t.Error("nobody knows any more whose the file is")
		}
		files.open.Store(true)
		_, err = d.People.Erase(ctx, host, u.ID)
		p.must(err)
		p.drain()
		if e, err := d.People.Erasure(ctx, host, u.ID); err != nil || e.Done.IsZero() {
			t.Errorf("erasure %+v, %v", e, err)
		}
		left, err := files.List(ctx, "", 10)
		if p.must(err); len(left) > 0 || p.holds("upload", u.ID) != "" {
			t.Errorf("left: %v", left)
		}
	})
}
