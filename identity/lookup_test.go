package identity_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/google/go-cmp/cmp"
)

// The rules of doc.go, one after the other.
func TestLookUpRules(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.secret(t, secret)
		n := 0
		login := func(userID, email string) *identity.EndUser {
			t.Helper()
			n++
			l := signed(secret, userID, email)
			sess := d.visit(t, fmt.Sprint("dev", n), &l)
			if sess.Refused != nil {
				t.Fatal(sess.Refused)
			}
			return sess.EndUser
		}
		ann := login("ann", "ann@example.com")
		if upper := login("Ann", ""); upper.ID == ann.ID {
			t.Error("user ids that differ in case are one")
		}
		if again := login("ann", "other@example.com"); again.ID != ann.ID || again.Email.Value != "other@example.com" {
			t.Errorf("a user id with another email is %+v", again)
		}
		lone := login("", "Lone@Example.COM")
		if again := login("", "lone@example.com"); again.ID != lone.ID {
			t.Errorf("the email in another case opens %+v", again)
		}
		// A known user's address moves to one that a lone profile has: both stay.
		if moved := login("ann", "lone@example.com"); moved.ID != ann.ID || moved.Email != (identity.Contact{Value: "lone@example.com", Proven: true}) {
			t.Errorf("moved to %+v", moved)
		}
		if still := login("", "lone@example.com"); still.ID != lone.ID || still.UserID != "" {
			t.Errorf("the lone profile is %+v now", still)
		}
		if got := d.endUser(t, ann.ID); got.Email.Value != "lone@example.com" {
			t.Errorf("the known one is %+v now", got)
		}
		by, err := d.people.ByEmail(ctx, " LONE@example.com ")
		if must(t, err); by.ID != lone.ID {
			t.Errorf("ByEmail gives %+v", by)
		}
		// A new user id with that email takes the lone profile along, once.
		if bob := login("bob", "lone@example.com"); bob.ID != lone.ID || bob.UserID != "bob" {
			t.Errorf("the lone profile wasn't adopted: %+v", bob)
		}
		_, err = d.people.ByEmail(ctx, "lone@example.com")
		is(t, err, store.ErrNotFound)
		if next := login("", "lone@example.com"); next.ID == lone.ID || next.ID == ann.ID {
			t.Errorf("an email opened user id %q", next.UserID)
		}
		// A claim opens nobody.
		claimed := d.stranger(t, "c")
		if u := login("", "claimed@example.com"); u.ID == claimed.ID {
			t.Error("a claim opened a profile")
		}
		for _, none := range []string{"", "nobody@example.com"} {
			_, err = d.people.ByEmail(ctx, none)
			is(t, err, store.ErrNotFound)
			_, err = d.people.ByUserID(ctx, none)
			is(t, err, store.ErrNotFound)
		}
	})
}

func TestFindEndUsers(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		agent := d.agent(t, "jo", identity.AgentRole).Actor()
		ann := d.save(t, identity.Profile{UserID: "491234567", Email: "Ann@Example.com", Name: "Ann Äpfel", Phone: "+49 (12) 34-567",
			Identities: []identity.Identity{{Kind: "shop", Value: "A:7"}}})
		claimed := d.stranger(t, "c") // Nobody
		long := strings.Repeat("é", identity.MaxUserID)
		big := d.save(t, identity.Profile{UserID: long, Name: strings.Repeat("W", identity.MaxName)})
		for what, want := range map[string]*identity.EndUser{
			"491234567": ann, "ann@EXAMPLE.com": ann, "+49 12 34567": ann, "0049": nil, "shop:A:7": ann, "shop:a:7": nil, "shop:A": nil, "SHOP:A:7": nil,
			"ann": ann, "ANN ä": ann, "äpfel": nil, "a": nil, "claimed@example.com": claimed, "+49 89 1234": claimed, "89 1234": nil, "nob": claimed,
			long: big, strings.Repeat("w", 64): big, strings.Repeat("w", 65): big, "%": nil, "Visitor": nil,
		} {
			us, next, err := d.people.FindEndUsers(ctx, agent, "  "+what+" ", "", 10)
			must(t, err)
			var got, wanted []string
			for _, u := range us {
				got = append(got, u.ID)
			}
			if want != nil {
				wanted = []string{want.ID}
			}
			if diff := cmp.Diff(wanted, got); diff != "" || next != "" {
				t.Errorf("%.20q: %s, then %q", what, diff, next)
			}
		}
		for _, bad := range []string{"", " ", "\xff", long + "é"} {
			_, _, err := d.people.FindEndUsers(ctx, agent, bad, "", 10)
			refuses(t, err, "what")
		}
		for _, who := range []event.Actor{{Kind: event.EndUser, ID: ann.ID}, {Kind: event.Agent, ID: "nobody"}} {
			_, _, err := d.people.FindEndUsers(ctx, who, "ann", "", 10)
			forbidden(t, err)
		}
		for _, cursor := range []string{"x", "7.", "-1.", "0.x"} {
			_, _, err := d.people.FindEndUsers(ctx, agent, "ann", cursor, 10)
			is(t, err, store.ErrCursor)
		}
	})
}

// A page goes on where the one before ended, from one reading to the next.
func TestFindEndUsersPages(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		want := map[string]bool{}
		for i := range 25 {
			want[d.save(t, identity.Profile{UserID: fmt.Sprint("u", i), Phone: "0123 456", Name: fmt.Sprint("0123 456 ", i)}).ID] = true
		}
		want[d.save(t, identity.Profile{UserID: "0123 456"}).ID] = true
		want[d.save(t, identity.Profile{UserID: "named", Name: "0123 456 and so on"}).ID] = true
		for _, limit := range []int{1, 3, 25, 26, 27, 200} {
			got, pages := map[string]bool{}, 0
			for after := ""; pages == 0 || after != ""; pages++ {
				us, next, err := d.people.FindEndUsers(t.Context(), host, "0123 456", after, limit)
				if must(t, err); len(us) > limit {
					t.Fatalf("%d on a page of %d", len(us), limit)
				}
				for _, u := range us {
					if got[u.ID] {
						t.Errorf("limit %d: %s twice", limit, u.UserID)
					}
					got[u.ID] = true
				}
				after = next
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("limit %d: %s", limit, diff)
			}
		}
	})
}
