package frontdesk_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

// crowd is a desk where people of several kinds do at random what people do.
type crowd struct {
	*planter
	r       *mathrand.Rand
	users   []string // ids, those who were merged or erased included
	tickets []string
	visits  []identity.Visit
}

func newCrowd(t *testing.T, d *frontdesk.Desk, seed uint64) *crowd {
	c := &crowd{planter: furnish(t, d), r: mathrand.New(mathrand.NewPCG(seed, 7))}
	for i := range 4 {
		u, err := c.People.Save(t.Context(), frontdesk.Host(), identity.Profile{UserID: fmt.Sprintf("u%d", i), Email: fmt.Sprintf("u%d@example.com", i), Name: "Somebody"})
		c.must(err)
		c.users = append(c.users, u.ID)
		c.visits = append(c.visits, identity.Visit{App: ticket.DefaultApp, Platform: "webchat", Device: rand.Text() + rand.Text(), Push: rand.Text()})
	}
	return c
}

func any1(c *crowd, of []string) string {
	if len(of) == 0 {
		return "none"
	}
	return of[c.r.IntN(len(of))]
}

// act does one thing. That it is refused is no matter here.
func (c *crowd) act() {
	c.t.Helper()
	ctx, host := c.t.Context(), frontdesk.Host()
	user, id := any1(c, c.users), any1(c, c.tickets)
	who := event.Actor{Kind: event.EndUser, ID: user}
	switch c.r.IntN(20) {
	case 0, 1, 2:
		draft := ticket.Draft{Text: "words " + rand.Text()}
		if a, err := c.Tickets.Upload(ctx, who, ticket.DefaultApp, "webchat", "a.txt", strings.NewReader(rand.Text())); err == nil && c.r.IntN(2) == 0 {
			draft.Attachments = []string{a.ID}
		}
		w, err := c.Tickets.Write(ctx, ticket.Inbound{EndUser: user, Platform: "webchat", Fresh: true, Draft: draft,
			Fields: map[string]any{"plan": rand.Text(), "street": rand.Text()}})
		if err == nil && w != nil {
			c.tickets = append(c.tickets, w.Ticket.ID)
		}
	case 3:
		c.Tickets.Write(ctx, ticket.Inbound{EndUser: user, Ticket: id, Draft: ticket.Draft{Text: "more"}})
	case 4:
		c.Tickets.Reply(ctx, host, id, ticket.Draft{Text: "an answer", Reopen: true})
	case 5:
		c.Tickets.SendQuickReply(ctx, host, id, "dear", ticket.Draft{})
	case 6, 7:
		c.Tickets.Merge(ctx, host, id, any1(c, c.tickets), &ticket.MergeOptions{Abroad: true})
	case 8:
		if _, fresh, err := c.Tickets.Split(ctx, host, id, []int64{1 + c.r.Int64N(3)}, "part"); err == nil {
			c.tickets = append(c.tickets, fresh.ID)
		}
	case 9:
		c.Tickets.Unmerge(ctx, host, id)
	case 10:
		title := rand.Text()
		c.Tickets.Edit(ctx, host, id, ticket.Edit{Title: &title, Fields: map[string]any{"plan": rand.Text()}})
	case 11:
		c.People.AddNote(ctx, host, user, "a note")
	case 12:
		c.People.Ban(ctx, host, identity.Ban{Kind: identity.BanEndUser, Value: user, Until: time.Now().Add(time.Hour)})
	case 13:
		if bs, _, err := c.People.Bans(ctx, host, "", 1); err == nil && len(bs) > 0 && c.r.IntN(2) == 0 {
			c.People.Lift(ctx, host, bs[0].ID)
		}
	case 14:
		if u, err := c.People.EndUser(ctx, user); err != nil || u.Erased { // a host's own jobs aren't kept from anything
			return
		}
		c.Jobs.Enqueue(ctx, c.DB, job.Spec{ID: rand.Text(), Kind: "test.never", Key: "k", Owner: user, Data: []byte(`"x"`), RunAt: time.Now().Add(time.Hour)})
	case 15:
		c.visit()
	case 16:
		c.People.MergeEndUsers(ctx, host, user, any1(c, c.users))
	case 18:
		c.FAQ.View(ctx, faq.Viewer{Actor: who, App: ticket.DefaultApp}, c.article, "")
		c.FAQ.Remember(ctx, host, &faq.Answer{Article: c.article, Text: rand.Text(), By: faq.Opened, EndUser: user})
	case 19:
		id, err := c.FAQ.Searched(ctx, faq.Viewer{Actor: who, App: ticket.DefaultApp}, "words "+rand.Text(), c.r.IntN(2))
		if err == nil {
			c.FAQ.Vote(ctx, faq.Viewer{Actor: who, App: ticket.DefaultApp}, c.article, faq.Feedback{Opinion: []faq.Opinion{faq.Helpful, faq.Unhelpful}[c.r.IntN(2)], Search: id})
		}
	case 17:
		if c.r.IntN(4) == 0 {
			c.drain()
		}
	}
}

// visit is a device on which somebody logs in, logs out, or is nobody.
func (c *crowd) visit() {
	c.t.Helper()
	ctx := c.t.Context()
	v := c.visits[c.r.IntN(len(c.visits))]
	if name := fmt.Sprintf("u%d", c.r.IntN(4)); c.r.IntN(2) == 0 {
		v.Login = &identity.Login{UserID: name, HMAC: identity.Sign(c.secret, name, "")}
	}
	sess, err := c.People.Begin(ctx, v)
	if err != nil {
		return
	}
	err = c.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := c.People.Ensure(ctx, tx, sess)
		return err
	})
	if err == nil && !slices.Contains(c.users, sess.EndUser.ID) {
		c.users = append(c.users, sess.EndUser.ID)
	}
	if c.r.IntN(3) == 0 {
		c.People.Logout(ctx, sess)
	}
}

// scan finds what a collection has of somebody by looking at all of it.
func (c *crowd) scan(coll store.Any, subjects []string) (keys []string) {
	c.t.Helper()
	v := reflect.ValueOf(coll)
	key, of := v.Elem().FieldByName("Key"), v.Elem().FieldByName("Subjects")
	for after := ""; ; {
		var out []reflect.Value
		c.must(c.DB.View(c.t.Context(), func(ctx context.Context, tx *store.Tx) error {
			q := store.ByKey().Limit(50).After(after)
			out = v.MethodByName("Page").Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(tx), reflect.ValueOf(q)})
			err, _ := out[2].Interface().(error)
			return err
		}))
		for i := range out[0].Len() {
			doc := out[0].Index(i)
			whose := of.Call([]reflect.Value{doc})[0].Interface().([]string)
			if slices.ContainsFunc(whose, func(s string) bool { return slices.Contains(subjects, s) }) {
				keys = append(keys, key.Call([]reflect.Value{doc})[0].String())
			}
		}
		if after = out[1].String(); after == "" {
			slices.Sort(keys)
			return keys
		}
	}
}

// idsOf is all ids of an end user, under which something of his may be.
func (c *crowd) idsOf(user string) (ids []string) {
	c.t.Helper()
	u, err := c.People.EndUser(c.t.Context(), user)
	c.must(err)
	c.must(c.DB.View(c.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		ids, err = c.People.Aliases(ctx, tx, u.ID)
		return err
	}))
	return append(ids, u.ID)
}

// same compares the two ways of finding somebody's documents, in every collection.
func (c *crowd) same(subjects ...string) (documents int) {
	c.t.Helper()
	for _, coll := range frontdesk.Collections() {
		v := reflect.ValueOf(coll).Elem()
		if v.FieldByName("Subjects").IsNil() {
			continue
		}
		name := v.FieldByName("Name").String()
		var found []string
		for doc, err := range c.DB.Personal(c.t.Context(), name, subjects...) {
			c.must(err)
			found = append(found, doc.Key)
		}
		slices.Sort(found)
		if diff := cmp.Diff(c.scan(coll, subjects), found); diff != "" {
			c.t.Errorf("%s of %v: %s", name, subjects, diff)
		}
		documents += len(found)
	}
	return documents
}

// The ways by which a collection's documents are found lead to what looking at all
// of them finds, and to nothing twice, whatever people have done. And when some of
// them are erased in the midst of it, nothing of theirs can be found any more.
func TestGuidedWalkFindsAll(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		c := newCrowd(t, open(t, frontdesk.Config{Store: s}), mathrand.Uint64())
		for round := range 3 {
			for range 60 {
				c.act()
			}
			c.drain()
			n := 0
			for _, user := range c.users {
				n += c.same(c.idsOf(user)...)
			}
			if c.same(c.users...); n < 20 {
				t.Errorf("round %d: %d documents", round, n)
			}
			gone := any1(c, c.users)
			e, err := c.People.Erase(t.Context(), frontdesk.Host(), gone)
			c.must(err)
			for range 10 {
				c.act() // some of it about him
			}
			c.drain()
			for _, name := range c.DB.PersonalCollections() {
				n, err := c.DB.Erase(t.Context(), name, nil, append(e.Aliases, e.EndUser)...)
				if c.must(err); n > 0 {
					t.Errorf("round %d: %d documents of %s held something", round, n, name)
				}
			}
			for i, v := range c.visits { // his devices come back, as somebody's
				name := fmt.Sprintf("u%d", i)
				v.Login = &identity.Login{UserID: name, HMAC: identity.Sign(c.secret, name, "")}
				if sess, err := c.People.Begin(t.Context(), v); err != nil || sess.Refused != nil || sess.EndUser.Erased {
					t.Errorf("round %d: a device comes back: %+v, %v", round, sess, err)
				}
			}
			again, err := c.People.Erase(t.Context(), frontdesk.Host(), gone)
			c.must(err)
			if done, err := c.People.Erasure(t.Context(), frontdesk.Host(), gone); err != nil || done.Done.IsZero() || again.Rev != done.Rev {
				t.Errorf("erasing again: %+v, %+v, %v", again, done, err)
			}
		}
	})
}

// Nobody who isn't there is erased, and nobody without jobs erases.
func TestEraseNobody(t *testing.T) {
	t.Parallel()
	d := open(t, frontdesk.Config{})
	if _, err := d.People.Erase(t.Context(), frontdesk.Host(), "nobody"); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
	if err := d.People.FinishErasure(t.Context(), "nobody"); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
	if _, err := d.People.Erasure(t.Context(), frontdesk.Host(), "nobody"); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}

// On a ticket whose end user was erased work goes on, and nobody's words come to it.
func TestErasedTicketStaysBlank(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		p := furnish(t, open(t, frontdesk.Config{Store: s}))
		e, ctx := p.plant(), t.Context()
		_, err := p.People.Erase(ctx, frontdesk.Host(), e.id)
		p.must(err)
		p.drain()
		mira, words := event.Actor{Kind: event.Agent, ID: "mira"}, "words"
		for _, id := range e.tickets {
			for what, err := range map[string]error{
				"title":   only(p.Tickets.Edit(ctx, mira, id, ticket.Edit{Title: &words})),
				"field":   only(p.Tickets.Edit(ctx, mira, id, ticket.Edit{Fields: map[string]any{"plan": words}})),
				"copied":  only(p.Tickets.Edit(ctx, mira, id, ticket.Edit{Copied: &[]string{"words@example.com"}})),
				"failure": only(p.Tickets.Fail(ctx, frontdesk.Host(), id, 1, words)),
				"rating":  only(p.Tickets.Rate(ctx, frontdesk.Host(), id, 5, words)),
				"answer":  second(p.Tickets.Reply(ctx, mira, id, ticket.Draft{Text: words})),
				"note":    second(p.Tickets.Note(ctx, mira, id, ticket.Draft{Text: words})),
				"split":   second(p.Tickets.Split(ctx, mira, id, []int64{1}, words)),
			} {
				if err == nil {
					t.Errorf("%s was written on an erased ticket", what)
				}
			}
			if _, err := p.Tickets.Edit(ctx, mira, id, ticket.Edit{Priority: new(ticket.High)}); err != nil {
				if _, merged := errors.AsType[*ticket.MergedError](err); !merged {
					t.Errorf("work doesn't go on: %v", err)
				}
			}
			b, err := json.Marshal(p.holds("ticket", e.id) + p.holds("message", e.id) + p.holds("event", e.id))
			p.must(err)
			if strings.Contains(string(b), words) {
				t.Errorf("left: %s", b)
			}
		}
		counts, err := p.Tickets.ViewCounts(ctx, mira, "planned")
		p.must(err)
		if counts[0].N != 0 {
			t.Errorf("%d tickets have a plan", counts[0].N)
		}
	})
}

// Who was on a device before somebody logged in there who is erased now has his
// history still.
func TestErasureLeavesTheDeviceToWhoHadIt(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		c := newCrowd(t, open(t, frontdesk.Config{Store: s}), 1)
		ctx := t.Context()
		v := identity.Visit{App: "default", Platform: "webchat", Device: strings.Repeat("d", 40)}
		begin := func(v identity.Visit) *identity.Session {
			t.Helper()
			sess, err := c.People.Begin(ctx, v)
			c.must(err)
			c.must(c.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
				_, err := c.People.Ensure(ctx, tx, sess)
				return err
			}))
			return sess
		}
		before := begin(v)
		in := v
		in.Login = &identity.Login{UserID: "gone", HMAC: identity.Sign(c.secret, "gone", "")}
		logged := begin(in)
		_, err := c.People.Erase(ctx, frontdesk.Host(), logged.EndUser.ID)
		c.must(err)
		c.must(c.People.FinishErasure(ctx, logged.EndUser.ID))
		for what, token := range map[string]string{"who was erased": logged.Token, "from before he came": before.Token} {
			if _, err := c.People.Authenticate(ctx, token); !errors.Is(err, identity.ErrSession) {
				t.Errorf("the token of %s: %v", what, err)
			}
		}
		if after, err := c.People.Begin(ctx, v); err != nil || after.EndUser.ID != before.EndUser.ID {
			t.Errorf("the device is %+v's, %v", after, err)
		}
	})
}
