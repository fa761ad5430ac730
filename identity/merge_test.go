package identity_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/google/go-cmp/cmp"
)

// enter is a visit under a policy.
func (d *desk) enter(t testing.TB, dev string, p identity.AnonymousPolicy, l *identity.Login) *identity.Session {
	t.Helper()
	sess, err := d.people.Begin(t.Context(), identity.Visit{App: "default", Platform: "webchat", Device: device(dev), Language: "pt-BR", Login: l, Anonymous: p})
	must(t, err)
	return sess
}

// stranger is an anonymous end user who has written something, and claimed a name
// and addresses.
func (d *desk) stranger(t testing.TB, dev string) *identity.EndUser {
	t.Helper()
	u, err := d.ensure(t, d.visit(t, dev, nil))
	must(t, err)
	_, err = d.people.Claim(t.Context(), event.Actor{Kind: event.EndUser, ID: u.ID}, u.ID, identity.Profile{Name: "Nobody", Email: "claimed@example.com", Phone: "+49 89 1234"})
	must(t, err)
	return d.endUser(t, u.ID)
}

// What an anonymous end user wrote is kept with the device, merged, or left to staff.
func TestAnonymousPolicies(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.secret(t, secret)
		var hooked []string
		d.people.OnMerge(func(_ context.Context, _ *store.Tx, from, into *identity.EndUser) error {
			hooked = append(hooked, from.ID+" into "+into.ID)
			return nil
		})
		for _, p := range []identity.AnonymousPolicy{"", identity.KeepAnonymous, identity.MergeAnonymous, identity.ClearAnonymous} {
			t.Run("policy "+string(p), func(t *testing.T) {
				hooked = nil
				dev := "dev" + string(p)
				before := d.stranger(t, dev)
				anonymous := d.visit(t, dev, nil)
				bad := signed(other, "u1", "")
				if sess := d.enter(t, dev, p, &bad); sess.Refused == nil || sess.EndUser.ID != before.ID || len(hooked) > 0 {
					t.Fatalf("a refused login: %+v, merged %v", sess.EndUser, hooked)
				}
				l := signed(secret, "user"+string(p), "")
				in := d.enter(t, dev, p, &l)
				d.ended(t, anonymous.Token)
				must(t, d.people.Logout(t.Context(), in))
				after := d.visit(t, dev, nil)
				now := d.endUser(t, before.ID)
				switch p {
				case identity.MergeAnonymous:
					if now.ID != in.EndUser.ID || after.EndUser.ID == before.ID || after.EndUser.Rev != 0 || len(hooked) != 1 {
						t.Errorf("merged %v; the old one is %+v now, the device %+v's", hooked, now, after.EndUser)
					}
					if now.Name != "Nobody" || now.Email != (identity.Contact{Value: "claimed@example.com"}) || now.Phone.Proven {
						t.Errorf("the profile wasn't filled up, or claims were proven: %+v", now)
					}
				case identity.ClearAnonymous:
					if now.ID != before.ID || now.Name != "Nobody" || after.EndUser.ID == before.ID || after.EndUser.Rev != 0 || len(hooked) > 0 {
						t.Errorf("merged %v; the old one is %+v, the device %+v's", hooked, now, after.EndUser)
					}
				default:
					if now.ID != before.ID || after.EndUser.ID != before.ID || len(hooked) > 0 {
						t.Errorf("merged %v; the old one is %+v, the device %+v's", hooked, now, after.EndUser)
					}
				}
			})
		}
		_, err := d.people.Begin(t.Context(), identity.Visit{App: "default", Device: device("x"), Anonymous: "burn"})
		refuses(t, err, "anonymous")
	})
}

// An alias leads from the merged end user to the one who has taken over, also after
// that one was merged; what the known one's profile says wins.
func TestMergedEndUsersAreFollowed(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.secret(t, secret)
		ctx := t.Context()
		old := d.stranger(t, "a")
		_, err := d.people.AddNote(ctx, host, old.ID, "rude")
		must(t, err)
		lone := d.save(t, identity.Profile{Email: "ann@example.com", Name: "Ann", Attributes: []identity.Attribute{{Key: "plan", Value: "gold"}}})
		_, err = d.people.AddNote(ctx, host, lone.ID, "nice")
		must(t, err)
		l := signed(secret, "", "ann@example.com")
		stale := d.visit(t, "a", nil)
		in := d.enter(t, "a", identity.MergeAnonymous, &l)
		if twice := d.enter(t, "a", identity.MergeAnonymous, &l); twice.EndUser.ID != lone.ID || twice.EndUser.Rev != in.EndUser.Rev {
			t.Errorf("a second login changed %+v to %+v", in.EndUser, twice.EndUser)
		}
		u := d.endUser(t, old.ID)
		if u.ID != lone.ID || u.Name != "Ann" || u.Email != (identity.Contact{Value: "ann@example.com", Proven: true}) {
			t.Errorf("the alias leads to %+v", u)
		}
		if diff := cmp.Diff([]identity.Identity{{Kind: "email", Value: "claimed@example.com"}}, u.Identities); diff != "" {
			t.Errorf("a further address: %s", diff)
		}
		// Nothing is written as the merged one, and he is banned as the other one.
		if _, err = d.ensure(t, stale); err == nil {
			t.Error("a session of before the merge writes")
		}
		is(t, err, identity.ErrSession)
		must(t, d.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			w, err := d.people.Writer(ctx, tx, old.ID)
			if err == nil && w.ID != lone.ID {
				t.Errorf("the writer is %+v", w)
			}
			return err
		}))
		b, err := d.people.Ban(ctx, host, identity.Ban{Kind: identity.BanEndUser, Value: old.ID})
		must(t, err)
		if b.Value != lone.ID || b.EndUser != lone.ID {
			t.Errorf("the ban is of %+v", b)
		}
		must(t, d.people.Lift(ctx, host, b.ID))
		ns, err := d.people.Notes(ctx, host, old.ID)
		if must(t, err); len(ns) != 2 {
			t.Errorf("notes %+v", ns)
		}
		// The one who took over goes into another one.
		known := d.save(t, identity.Profile{UserID: "ann", Email: "ann@example.org", Attributes: []identity.Attribute{{Key: "plan", Value: "iron"}}})
		for range 2 {
			u, err = d.people.MergeEndUsers(ctx, host, lone.ID, known.ID)
			must(t, err)
		}
		if u.ID != known.ID || d.endUser(t, old.ID).ID != known.ID || d.endUser(t, lone.ID).ID != known.ID {
			t.Errorf("the aliases lead to %s and %s", d.endUser(t, old.ID).ID, d.endUser(t, lone.ID).ID)
		}
		if u.Name != "Ann" || u.Email.Value != "ann@example.org" || u.Attributes[0].Value != "iron" || len(u.Identities) != 2 {
			t.Errorf("the profile is %+v", u)
		}
		must(t, d.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			ids, err := d.people.Aliases(ctx, tx, known.ID)
			if len(ids) != 2 {
				t.Errorf("aliases %v", ids)
			}
			return err
		}))
		d.ended(t, in.Token) // who was logged in as the merged one has shown no right to be the other one
		if next := d.visit(t, "a", nil); next.EndUser.Rev != 0 || next.EndUser.Known() {
			t.Errorf("the device is %+v's", next.EndUser)
		}
		// An email never opens the profile of a user id, however it came to it.
		if again := d.enter(t, "b", identity.MergeAnonymous, &l); again.EndUser.ID == known.ID || again.EndUser.UserID != "" {
			t.Errorf("the email of the merged one opens %+v", again.EndUser)
		}
	})
}

func TestMergeLeavesBannedOnesAlone(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.secret(t, secret)
		ctx := t.Context()
		for i, kind := range []string{"anonymous", "known"} {
			old := d.stranger(t, kind)
			known := d.save(t, identity.Profile{UserID: kind})
			who := []*identity.EndUser{old, known}[i]
			_, err := d.people.Ban(ctx, host, identity.Ban{Kind: identity.BanEndUser, Value: who.ID})
			must(t, err)
			l := signed(secret, kind, "")
			if in := d.enter(t, kind, identity.MergeAnonymous, &l); in.EndUser.ID != known.ID || d.endUser(t, old.ID).ID != old.ID {
				t.Errorf("the %s one is banned, and was merged", kind)
			}
			_, err = d.people.MergeEndUsers(ctx, host, old.ID, known.ID)
			refuses(t, err, []string{"from", "into"}[i])
		}
	})
}

// Who logs in on a device where somebody else is logged in doesn't get what was
// written there before both.
func TestMergeIsForWhoWasAnonymous(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.secret(t, secret)
		old := d.stranger(t, "a")
		one, two := signed(secret, "one", ""), signed(secret, "two", "")
		d.enter(t, "a", identity.KeepAnonymous, &one)
		d.enter(t, "a", identity.MergeAnonymous, &one)
		in := d.enter(t, "a", identity.MergeAnonymous, &two)
		if got := d.endUser(t, old.ID); got.ID != old.ID {
			t.Errorf("it is %s's now", got.UserID)
		}
		must(t, d.people.Logout(t.Context(), in))
		if in = d.enter(t, "a", identity.MergeAnonymous, &two); d.endUser(t, old.ID).ID != in.EndUser.ID {
			t.Error("who logs in on an anonymous device gets nothing")
		}
	})
}

func TestMergeEndUsersRefuses(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		old, known := d.stranger(t, "a"), d.save(t, identity.Profile{UserID: "u1"})
		second := d.save(t, identity.Profile{UserID: "u2"})
		merge := func(from, into string) error {
			t.Helper()
			_, err := d.people.MergeEndUsers(ctx, host, from, into)
			return err
		}
		refuses(t, merge(known.ID, second.ID), "from")
		refuses(t, merge(known.ID, old.ID), "from")
		refuses(t, merge(old.ID, d.stranger(t, "b").ID), "into")
		refuses(t, merge(old.ID, old.ID), "into")
		is(t, merge("nobody", known.ID), store.ErrNotFound)
		is(t, merge(old.ID, "nobody"), store.ErrNotFound)
		for _, who := range []event.Actor{d.agent(t, "jo", identity.AgentRole).Actor(), d.agent(t, "su", identity.Supervisor).Actor(), {Kind: event.EndUser, ID: old.ID}} {
			_, err := d.people.MergeEndUsers(ctx, who, old.ID, known.ID)
			forbidden(t, err)
		}
		must(t, merge(old.ID, known.ID))
		refuses(t, merge(old.ID, second.ID), "from")
		must(t, merge(d.stranger(t, "c").ID, old.ID)) // into whom he was merged
		if got := d.endUser(t, old.ID); got.ID != known.ID {
			t.Errorf("merged into %+v", got)
		}
	})
}

// Two tabs that log in at once merge once.
func TestTwoTabsMergeOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.secret(t, secret)
		old := d.stranger(t, "a")
		l := signed(secret, "u1", "")
		var tabs sync.WaitGroup
		for range 4 {
			tabs.Go(func() {
				_, err := d.people.Begin(t.Context(), identity.Visit{App: "default", Platform: "webchat", Device: device("a"), Login: &l, Anonymous: identity.MergeAnonymous})
				if err != nil {
					t.Error(err)
				}
			})
		}
		tabs.Wait()
		n := strings.Count(fmt.Sprint(d.events(t)), "end_user.merged")
		if u := d.endUser(t, old.ID); u.UserID != "u1" || n != 2 {
			t.Errorf("the old one is %+v, %d events of a merge", u, n)
		}
	})
}

func TestLogoutEverywhere(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.secret(t, secret)
		l, another := signed(secret, "u1", ""), signed(secret, "u2", "")
		var in []*identity.Session
		for i := range 120 { // more than a page
			in = append(in, d.visit(t, fmt.Sprint("dev", i), &l))
		}
		theirs := d.visit(t, "theirs", &another)
		id := in[0].EndUser.ID
		for _, who := range []event.Actor{d.agent(t, "jo", identity.Supervisor).Actor(), {Kind: event.Bot, ID: "b"}} {
			_, err := d.people.LogoutEverywhere(t.Context(), who, id)
			forbidden(t, err)
		}
		_, err := d.people.LogoutEverywhere(t.Context(), theirs.Actor(), id)
		is(t, err, store.ErrNotFound)
		n, err := d.people.LogoutEverywhere(t.Context(), in[3].Actor(), id)
		if must(t, err); n != len(in) {
			t.Errorf("%d logged out of %d", n, len(in))
		}
		for _, sess := range in {
			d.ended(t, sess.Token)
		}
		d.live(t, theirs.Token)
		if next := d.visit(t, "dev7", nil); next.EndUser.Known() {
			t.Errorf("the device is %+v's", next.EndUser)
		}
		d.live(t, d.visit(t, "dev7", &l).Token)
		// An anonymous end user keeps his device.
		old := d.stranger(t, "a")
		sess := d.visit(t, "a", nil)
		if n, err = d.people.LogoutEverywhere(t.Context(), host, old.ID); n != 0 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		d.live(t, sess.Token)
	})
}

// A merge takes 1,000 devices and earlier merges along, and no more.
func TestMergeLimits(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	ctx := t.Context()
	d.secret(t, secret)
	known, lone := d.save(t, identity.Profile{UserID: "u1"}), signed(secret, "", "lone@example.com")
	var last *identity.Session
	for i := range 1001 {
		last = d.visit(t, fmt.Sprint("dev", i), &lone)
	}
	_, err := d.people.MergeEndUsers(ctx, host, last.EndUser.ID, known.ID)
	refuses(t, err, "from")
	d.live(t, last.Token)
	must(t, d.people.Logout(ctx, last))
	_, err = d.people.MergeEndUsers(ctx, host, last.EndUser.ID, known.ID)
	must(t, err)

	hub, next := d.save(t, identity.Profile{Email: "hub@example.com"}), d.save(t, identity.Profile{Email: "next@example.com"})
	merge := func(from, into string) error {
		t.Helper()
		_, err := d.people.MergeEndUsers(ctx, host, from, into)
		return err
	}
	var first string
	for i := range 1000 {
		u := d.save(t, identity.Profile{Email: fmt.Sprintf("x%d@example.com", i)})
		if i == 0 {
			first = u.ID
		}
		must(t, merge(u.ID, hub.ID))
	}
	must(t, merge(hub.ID, next.ID)) // with 1,000 of his own; he is the 1,001st of the next one
	if got := d.endUser(t, first); got.ID != next.ID || len(got.Identities) != identity.MaxIdentities {
		t.Errorf("the first of them is %+v", got)
	}
	refuses(t, merge(next.ID, known.ID), "from")
}
