package identity_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// audit reads the audit log, page by page, the newest first.
func (d *desk) audit(t *testing.T, by event.Actor, f identity.AuditFilter, page int) (lines []string) {
	t.Helper()
	if _, err := d.log.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	for after := ""; ; {
		es, next, err := d.people.Audit(t.Context(), by, f, after, page)
		must(t, err)
		for _, e := range es {
			line := fmt.Sprintf("%s %s %s", e.Actor.ID, e.What, e.Subject)
			if e.Permission != "" && e.What == identity.AccessRefused {
				line += " " + string(e.Permission)
			}
			lines = append(lines, line)
		}
		if after = next; next == "" {
			return lines
		}
	}
}

// The audit log has who changed, looked at and was refused what.
func TestAudit(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		root, jo := d.agent(t, "root", identity.Admin).Actor(), d.agent(t, "jo", identity.AgentRole).Actor()
		u, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "eve", Name: "Eve"})
		must(t, err)
		begun := d.clock.now()
		d.clock.forward(time.Hour)
		for range 3 { // is one entry
			_, err = d.people.Notes(t.Context(), jo, u.ID)
			must(t, err)
		}
		d.clock.forward(time.Second)
		forbidden(t, d.people.SaveGroup(t.Context(), jo, &identity.Group{ID: "g", Name: "G"}))
		d.clock.forward(time.Second)
		_, err = d.people.AddNote(t.Context(), jo, u.ID, "calls often")
		must(t, err)
		d.clock.forward(time.Second)
		must(t, d.people.SaveGroup(t.Context(), root, &identity.Group{ID: "g", Name: "G"}))
		d.clock.forward(11 * time.Minute)
		_, err = d.people.Notes(t.Context(), jo, u.ID)
		must(t, err)
		if got := d.audit(t, host, identity.AuditFilter{From: begun.Add(time.Minute)}, 200); len(got) != 2 {
			t.Errorf("before it is stored: %q", got)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if n, err := d.people.Flush(gone); err == nil || n != 0 {
			t.Errorf("stored %d, %v", n, err)
		}
		if n, err := d.people.Flush(t.Context()); err != nil || n != 3 { // what couldn't be stored wasn't lost
			t.Fatalf("stored %d, %v", n, err)
		}
		ns, err := d.people.Notes(t.Context(), host, u.ID)
		must(t, err)
		want := []string{
			"jo access.read " + u.ID, "root group.created group:g", "jo end_user.noted note:" + ns[0].ID,
			"jo access.refused group:g organise", "jo access.read " + u.ID,
		}
		for _, page := range []int{1, 2, 3, 200} {
			if got := d.audit(t, host, identity.AuditFilter{From: begun.Add(time.Minute)}, page); !slices.Equal(got, want) {
				t.Errorf("pages of %d: %q", page, got)
			}
		}
		filter := func(f identity.AuditFilter, want ...string) {
			t.Helper()
			for _, page := range []int{1, 200} {
				if got := d.audit(t, host, f, page); !slices.Equal(got, want) {
					t.Errorf("%+v: %q, want %q", f, got, want)
				}
			}
		}
		filter(identity.AuditFilter{Actor: jo}, want[0], want[2], want[3], want[4])
		filter(identity.AuditFilter{Actor: root}, want[1])
		filter(identity.AuditFilter{Subject: "group:g"}, want[1], want[3])
		filter(identity.AuditFilter{Subject: "group:g", Actor: jo}, want[3])
		filter(identity.AuditFilter{From: begun.Add(time.Minute), To: d.clock.now()}, want[1:]...)
		filter(identity.AuditFilter{From: begun.Add(time.Minute), To: begun.Add(time.Hour)})
		_, _, err = d.people.Audit(t.Context(), jo, identity.AuditFilter{}, "", 1)
		forbidden(t, err)
		_, _, err = d.people.Audit(t.Context(), host, identity.AuditFilter{}, "nonsense!", 1)
		is(t, err, store.ErrCursor)
		must(t, second(d.people.Audit(t.Context(), root, identity.AuditFilter{}, "", 1)))
		must(t, only(d.people.Flush(t.Context())))
		if got := d.audit(t, host, identity.AuditFilter{Actor: root}, 200)[0]; got != "root access.read audit" {
			t.Errorf("who reads the audit log is in it: %q", got)
		}
	})
}

func only[T any](_ T, err error) error           { return err }
func second[T, U any](_ T, _ U, err error) error { return err }

// An end user's own doing isn't staff's, and who was refused is told though what he
// did was undone.
func TestAuditIsOfStaff(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		u, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "eve"})
		must(t, err)
		self := event.Actor{Kind: event.EndUser, ID: u.ID}
		must(t, only(d.people.BanOf(t.Context(), self, u.ID, netip.Addr{})))
		must(t, only(d.people.Claim(t.Context(), self, u.ID, identity.Profile{Phone: "+49 40 1234"})))
		forbidden(t, second(d.people.Bans(t.Context(), self, "", 1)))
		must(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { // the desk's own decision
			e := &event.Event{Type: "ticket.changed", Subject: "t", Revision: 1, Actor: host, Reason: "language detection"}
			return d.log.Append(ctx, tx, e)
		}))
		if n, err := d.people.Flush(t.Context()); n != 0 || err != nil {
			t.Errorf("stored %d, %v", n, err)
		}
		if got := d.audit(t, host, identity.AuditFilter{}, 200); len(got) != 1 || got[0] != " end_user.created "+u.ID {
			t.Errorf("log %q", got)
		}
	})
}

// Of what nobody stores the log says how much it was.
func TestAuditTellsWhatIsLost(t *testing.T) {
	d := openMemory(t)
	jo := d.agent(t, "jo", identity.AgentRole).Actor()
	const most = 10_000
	for i := range most + 5 {
		_, err := d.people.Notes(t.Context(), jo, fmt.Sprint("user", i))
		must(t, err)
	}
	if n, err := d.people.Flush(t.Context()); n != most+1 || err != nil {
		t.Errorf("stored %d, %v", n, err)
	}
	es, _, err := d.people.Audit(t.Context(), host, identity.AuditFilter{}, "", 200)
	must(t, err)
	i := slices.IndexFunc(es, func(e identity.AuditEntry) bool { return e.What == identity.AccessLost })
	if i < 0 || es[i].Count != 5 {
		t.Errorf("newest %+v", es[0])
	}
}

// What was looked at long ago is forgotten.
func TestAuditIsSwept(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		jo := d.agent(t, "jo", identity.AgentRole).Actor()
		for i := range 3 {
			_, err := d.people.Notes(t.Context(), jo, fmt.Sprint("user", i))
			must(t, err)
			d.clock.forward(time.Hour)
		}
		must(t, only(d.people.Flush(t.Context())))
		if n, err := d.people.SweepAudit(t.Context(), d.clock.now().Add(-time.Hour)); n != 2 || err != nil {
			t.Errorf("swept %d, %v", n, err)
		}
		if got := d.audit(t, host, identity.AuditFilter{Actor: jo}, 200); !slices.Equal(got, []string{"jo access.read user2"}) {
			t.Errorf("left %q", got)
		}
	})
}

// What waits when Run ends is stored.
func TestRunStoresTheAudit(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		jo := d.agent(t, "jo", identity.AgentRole).Actor()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- d.people.Run(ctx) }()
		_, err := d.people.Notes(t.Context(), jo, "eve")
		must(t, err)
		cancel()
		is(t, <-ended, context.Canceled)
		if got := d.audit(t, host, identity.AuditFilter{Actor: jo}, 200); len(got) != 1 {
			t.Errorf("log %q", got)
		}
	})
}
