package frontdesk_test

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// everywhere are all places where a desk of this path may have bytes.
func everywhere(t *testing.T, path string) []place {
	t.Helper()
	return slices.Concat(files(t, path), files(t, path+".files"), files(t, path+".search"), segments(t, path+".search"), files(t, path+".search.faq"))
}

// these are the marks that were planted in some places.
func (p *person) these(in func(where string) bool) map[string]string {
	some := maps.Clone(p.marks)
	maps.DeleteFunc(some, func(where, _ string) bool { return !in(where) })
	return some
}

// found makes sure that marks are somewhere, each of them, so that a test can fail.
func (p *planter) found(places []place, marks map[string]string) {
	p.t.Helper()
	there := where(places, marks)
	for what := range marks {
		if there[what] == "" {
			p.t.Errorf("%s isn't anywhere", what)
		}
	}
}

// Of what was redacted not one byte is in any file of the desk, and all else is.
func TestRedactionLeavesNotOneByte(t *testing.T) {
	t.Parallel()
	ctx, host := t.Context(), frontdesk.Host()
	path := filepath.Join(t.TempDir(), "desk.db")
	d := open(t, frontdesk.Config{Path: path})
	p := furnish(t, d)
	eve, bob := &person{marks: map[string]string{}}, &person{marks: map[string]string{}}
	for _, e := range []*person{eve, bob} {
		p.profile(e)
		p.conversation(e)
	}
	p.drain()
	// Messages and files go one by one; what stands on the ticket, and in its history, as patterns.
	said := eve.these(func(where string) bool {
		return strings.HasPrefix(where, "message.") && where != "message.client_id" || where == "upload.name" || where == "blob.content"
	})
	patterns := eve.these(func(where string) bool {
		return strings.HasPrefix(where, "ticket.") && where != "ticket.copied" || strings.HasPrefix(where, "event.former ") && where != "event.former name"
	})
	gone := maps.Clone(said)
	maps.Copy(gone, patterns)
	stays := eve.these(func(where string) bool { return gone[where] == "" })
	p.found(everywhere(t, path), eve.marks)
	p.found(everywhere(t, path), bob.marks)

	tk, err := d.Tickets.Get(ctx, host, eve.tickets[0])
	p.must(err)
	for seq := range tk.Marks.Last {
		_, _, err := d.Tickets.Redact(ctx, host, tk.ID, seq+1, &ticket.RedactOptions{Attachments: true})
		p.must(err)
	}
	for what, mark := range patterns {
		n, err := d.Tickets.RedactPattern(ctx, host, tk.ID, regexp.QuoteMeta(mark))
		p.must(err)
		if n == 0 && strings.HasPrefix(what, "ticket.") {
			t.Errorf("%s wasn't found", what)
		}
	}
	p.drain()
	p.must(d.Compact(ctx))
	if left := where(everywhere(t, path), gone); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	p.found(everywhere(t, path), stays)
	p.found(everywhere(t, path), bob.marks)
	p.must(d.Close())
	if left := where(everywhere(t, path), gone); len(left) > 0 {
		t.Errorf("left after closing: %v", left)
	}
}

// Once an app's time for it is over, not one byte of what was written on a ticket is
// in any file of the desk; of who wrote it nothing is lost, nor of an open ticket.
func TestRetentionLeavesNotOneByte(t *testing.T) {
	t.Parallel()
	ctx, host := t.Context(), frontdesk.Host()
	path := filepath.Join(t.TempDir(), "desk.db")
	var ahead time.Duration // only this goroutine looks at the clock
	d := open(t, frontdesk.Config{Path: path, Now: func() time.Time { return time.Now().Add(ahead) }})
	p := furnish(t, d)
	eve, bob := &person{marks: map[string]string{}}, &person{marks: map[string]string{}}
	p.profile(eve)
	first := p.conversation(eve)
	p.rest(eve, first)
	p.moved(eve)
	p.profile(bob)
	p.conversation(bob)
	p.drain()
	app, err := d.Tickets.App(ctx, ticket.DefaultApp)
	p.must(err)
	app.Retention = 30 * 24 * time.Hour
	p.must(d.Tickets.SaveApp(ctx, host, app))
	for _, id := range eve.tickets {
		tk, err := d.Tickets.Get(ctx, host, id)
		p.must(err)
		if tk.Status.Open() {
			_, err := d.Tickets.Resolve(ctx, host, id)
			p.must(err)
		}
	}
	// What stands on a friend's ticket goes with that.
	onFriends := func(where string) bool { return where == "message.abroad" || strings.Contains(where, "in copy") }
	gone := eve.these(func(where string) bool {
		return !onFriends(where) && (strings.HasPrefix(where, "ticket.") || strings.HasPrefix(where, "message.") || strings.HasPrefix(where, "upload.") ||
			strings.HasPrefix(where, "blob.") || strings.HasPrefix(where, "event.former ") && where != "event.former name")
	})
	stays := eve.these(func(where string) bool {
		return strings.HasPrefix(where, "end_user.") || strings.HasPrefix(where, "device.") || onFriends(where)
	})
	p.found(everywhere(t, path), gone)
	bobs := bob.these(func(where string) bool { return !strings.HasSuffix(where, ".pending") }) // swept after a day

	ahead = app.Retention - time.Minute
	p.drain()
	p.must(d.Compact(ctx))
	ours := eve.these(func(where string) bool { return gone[where] != "" && !strings.HasSuffix(where, ".pending") })
	p.found(everywhere(t, path), ours)
	ahead = app.Retention + 2*time.Hour // housekeeping comes by every hour
	p.drain()
	p.must(d.Compact(ctx))
	if left := where(everywhere(t, path), gone); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	p.found(everywhere(t, path), stays)
	p.found(everywhere(t, path), bobs)
	for _, id := range eve.tickets {
		if tk, err := d.Tickets.Get(ctx, host, id); err != nil || tk.Lapsed.IsZero() || tk.Number == 0 {
			t.Errorf("left of a ticket: %+v, %v", tk, err)
		}
	}
}
