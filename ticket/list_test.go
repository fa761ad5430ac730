package ticket_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

// all reads every page of a list.
func (d *desk) all(t testing.TB, f ticket.Filter, limit int) (ids []string) {
	t.Helper()
	for after := ""; ; {
		ts, next, err := d.tickets.List(t.Context(), ann, f, after, limit)
		must(t, err)
		for _, tk := range ts {
			ids = append(ids, tk.ID)
		}
		if after = next; next == "" {
			return ids
		}
	}
}

// variety makes six tickets of which each differs from the others.
func (d *desk) variety(t testing.TB) (tks []*ticket.Ticket) {
	t.Helper()
	for i := range 6 {
		d.clock.forward(time.Minute)
		n := ticket.New{EndUser: d.eve, Message: &ticket.Draft{Text: "Hi."}}
		if i >= 4 {
			n.App = "brand"
		}
		tk, err := d.tickets.Create(t.Context(), n)
		must(t, err)
		tks = append(tks, tk)
	}
	for i, act := range []string{"", "assign2", "group", "queue", "resolve"} { // the sixth stays as it is
		if d.clock.forward(time.Minute); act != "" {
			tks[i] = d.tell(t, act, tks[i])
		}
	}
	d.clock.forward(time.Minute)
	d.reply(t, bob, tks[0].ID, "Here.")
	_, err := d.tickets.Edit(t.Context(), ann, tks[1].ID, ticket.Edit{AddTags: []string{"vip"}, Label: &ticket.Label{Name: "delivery", Source: "agent"}})
	must(t, err)
	d.step(t)
	return tks
}

func TestListAndCount(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.define(t)
		must(t, d.tickets.SaveApp(t.Context(), host, ticket.NewApp("brand", "Brand")))
		tks := d.variety(t)
		for _, c := range []struct {
			f    ticket.Filter
			want []int
		}{
			{ticket.Filter{}, []int{1, 0, 4, 3, 2, 5}},
			{ticket.Filter{Open: true}, []int{1, 0, 3, 2, 5}},
			{ticket.Filter{Waiting: true}, []int{1, 2, 3, 5}},
			{ticket.Filter{Status: ticket.StatusNew}, []int{3, 2, 5}},
			{ticket.Filter{Status: ticket.StatusResolved}, []int{4}},
			{ticket.Filter{Assignee: ann}, []int{1}},
			{ticket.Filter{Assignee: bob}, []int{0}},
			{ticket.Filter{Assignee: bot}, nil},
			{ticket.Filter{Group: "billing"}, []int{2}},
			{ticket.Filter{Queue: "slow"}, []int{3}},
			{ticket.Filter{Tag: "VIP"}, []int{1}},
			{ticket.Filter{Label: "delivery"}, []int{1}},
			{ticket.Filter{App: "brand"}, []int{4, 5}},
			{ticket.Filter{App: "brand", Open: true}, []int{5}},
			{ticket.Filter{App: "default", Waiting: true}, []int{1, 2, 3}},
		} {
			var want []string
			for _, i := range c.want {
				want = append(want, tks[i].ID)
			}
			for _, limit := range []int{1, 2, 50} {
				got := d.all(t, c.f, limit)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%+v by %d: %s", c.f, limit, diff)
				}
			}
			if c.f.App != "" && (c.f.Open || c.f.Waiting) {
				continue // a count is of one thing
			}
			for _, limit := range []int{1, 100} {
				if n, err := d.tickets.Count(t.Context(), ann, c.f, limit); err != nil || n != min(len(want), limit) {
					t.Errorf("%+v: counted %d of %d, limit %d, %v", c.f, n, len(want), limit, err)
				}
			}
		}
		_, _, err := d.tickets.List(t.Context(), ann, ticket.Filter{}, "nonsense", 10)
		is(t, err, store.ErrCursor)
	})
}

// Before the projection has seen a change, no list shows a row that doesn't fit.
func TestListWhileTheProjectionLags(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		if ids := d.all(t, ticket.Filter{}, 10); len(ids) > 0 {
			t.Errorf("the projection knows %v already", ids)
		}
		d.step(t)
		_, err := d.tickets.AssignQueue(t.Context(), ann, tk.ID, "slow")
		must(t, err)
		d.reply(t, ann, tk.ID, "Here.")
		for _, f := range []ticket.Filter{{Status: ticket.StatusNew}, {Waiting: true}, {Queue: "slow"}, {Assignee: ann}} {
			ts, _, err := d.tickets.List(t.Context(), ann, f, "", 10)
			must(t, err)
			if len(ts) > 0 {
				t.Errorf("%+v shows %s, %+v", f, ts[0].Status, ts[0].Assignee)
			}
		}
		ts, _, err := d.tickets.List(t.Context(), ann, ticket.Filter{}, "", 10)
		if must(t, err); len(ts) != 1 || ts[0].Status != ticket.StatusAgentReplied {
			t.Errorf("the list of all shows %+v", ts)
		}
		d.step(t)
		if ids := d.all(t, ticket.Filter{Queue: "slow", Assignee: ann}, 10); len(ids) != 1 {
			t.Errorf("after the projection: %v", ids)
		}
	})
}

// A list whose rows mostly don't fit still ends, a page and a cursor at a time.
func TestListPassesOverManyRows(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		for range 20 {
			d.ask(t)
		}
		d.step(t)
		ids := d.all(t, ticket.Filter{}, 50)
		if len(ids) != 20 {
			t.Fatalf("%d rows of 20", len(ids))
		}
		tk, err := d.tickets.Resolve(t.Context(), ann, ids[19])
		must(t, err)
		if got := d.all(t, ticket.Filter{Status: ticket.StatusNew, App: ticket.DefaultApp}, 3); len(got) != 19 || slices.Contains(got, tk.ID) {
			t.Errorf("%d rows of 19", len(got))
		}
		if got := d.all(t, ticket.Filter{Tag: "none", Open: true}, 1); len(got) > 0 {
			t.Errorf("rows %v", got)
		}
	})
}

func TestOfEndUserAndByNumber(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		var ids []string
		for range 5 {
			d.clock.forward(time.Second)
			ids = append(ids, d.ask(t).ID)
		}
		_, err := d.tickets.Resolve(t.Context(), ann, ids[4])
		must(t, err)
		_, err = d.tickets.Create(t.Context(), ticket.New{EndUser: d.endUser(t, "other")})
		must(t, err)
		want := []string{ids[3], ids[2], ids[1], ids[0], ids[4]}
		for _, who := range []event.Actor{d.user(), ann} {
			var got []string
			for after := ""; ; {
				ts, next, err := d.tickets.OfEndUser(t.Context(), who, d.eve, after, 2)
				must(t, err)
				for _, tk := range ts {
					got = append(got, tk.ID)
				}
				if after = next; next == "" {
					break
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", who, diff)
			}
		}
		last := d.get(t, ids[4])
		tk, err := d.tickets.ByNumber(t.Context(), ann, last.Number)
		if must(t, err); tk == nil || tk.ID != ids[4] {
			t.Errorf("number %d leads to %+v", last.Number, tk)
		}
		_, err = d.tickets.ByNumber(t.Context(), ann, 4711)
		is(t, err, store.ErrNotFound)
		for i := range ids[1:] {
			if a, b := d.get(t, ids[i]).Number, d.get(t, ids[i+1]).Number; a >= b {
				t.Errorf("number %d, then %d", a, b)
			}
		}
	})
}

func TestMarks(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		for _, act := range []string{"reply", "note", "bot says", "rule", "announce", "reply"} {
			tk = d.tell(t, act, tk) // 2 to 7
		}
		want := func(what string, read, got int64, unread int, agent int64) {
			t.Helper()
			m := d.get(t, tk.ID).Marks
			if m.EndUserRead != read || m.EndUserGot != got || m.EndUserUnread != unread || m.AgentRead != agent {
				t.Errorf("%s: %+v, want read %d, got %d, unread %d, read by staff %d", what, m, read, got, unread, agent)
			}
		}
		want("at first", 1, 1, 4, 7)
		states := func(what string, want string) {
			t.Helper()
			got, now := "", d.get(t, tk.ID)
			for _, m := range d.messages(t, ann, tk.ID) {
				got += string(now.DeliveryOf(m))[:1]
			}
			if got != want {
				t.Errorf("%s: delivery %s, want %s", what, got, want)
			}
		}
		states("at first", "rssssss")
		_, err := d.tickets.MarkDelivered(t.Context(), d.eve, tk.ID, 4)
		must(t, err)
		want("delivered", 1, 4, 4, 7)
		states("delivered", "rdddsss")
		_, err = d.tickets.MarkRead(t.Context(), d.user(), tk.ID, 2)
		must(t, err)
		want("read", 2, 4, 3, 7)
		states("read", "rrddsss")
		_, err = d.tickets.MarkRead(t.Context(), d.user(), tk.ID, 5)
		must(t, err)
		want("read on", 5, 5, 1, 7)
		d.marksStay(t, tk.ID)
		_, err = d.tickets.MarkRead(t.Context(), d.user(), tk.ID, 1000)
		must(t, err)
		want("beyond the end", 7, 7, 0, 7)
		tk = d.write(t, tk.ID, "Thanks.").Ticket
		want("after writing", 8, 8, 0, 7)
		states("after writing", "rrrrrrrs")
		_, err = d.tickets.MarkRead(t.Context(), bob, tk.ID, 9)
		must(t, err)
		want("an agent has read", 8, 8, 0, 8)
		if es := d.history(t, tk.ID); es[len(es)-1] != ticket.Read {
			t.Errorf("events %v", es)
		}
	})
}

// marksStay moves marks back, which they don't.
func (d *desk) marksStay(t testing.TB, id string) {
	t.Helper()
	head := d.head(t)
	for _, back := range []int64{1, 5, 0, -3} {
		_, err := d.tickets.MarkRead(t.Context(), d.user(), id, back)
		must(t, err)
		_, err = d.tickets.MarkDelivered(t.Context(), d.eve, id, back)
		must(t, err)
		_, err = d.tickets.MarkRead(t.Context(), bob, id, back)
		must(t, err)
	}
	if n := d.head(t); n != head {
		t.Errorf("marks that don't move made %d events", n-head)
	}
}

func TestApps(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		for field, change := range map[string]func(a *ticket.App){
			"app.id":                       func(a *ticket.App) { a.ID = "My App" },
			"app.name":                     func(a *ticket.App) { a.Name = "" },
			"app.platforms":                func(a *ticket.App) { a.Platforms = append(a.Platforms, a.Platforms[0]) },
			"app.reopen":                   func(a *ticket.App) { a.Reopen.To = ticket.ToBot },
			"app.reopen.to":                func(a *ticket.App) { a.Reopen.To = "boss" },
			"app.platforms.ios.contact_us": func(a *ticket.App) { a.Platforms[0].ContactUs = "sometimes" },
			"app.platforms.ios.attachments.max_bytes": func(a *ticket.App) { a.Platforms[0].Attachments.MaxBytes = ticket.MaxAttachment + 1 },
			"app.platforms.ios.questions":             func(a *ticket.App) { a.Platforms[0].Questions = make([]ticket.Question, 11) },
			"app.platforms.ios.questions.size": func(a *ticket.App) {
				a.Platforms[0].Questions = []ticket.Question{{Key: "size", Label: "Size", Kind: "choice"}}
			},
			"app.platforms.ios.texts": func(a *ticket.App) { a.Platforms[0].Texts = make([]ticket.Text, 501) },
		} {
			a := ticket.NewApp("brand", "Brand")
			change(a)
			refuses(t, d.tickets.SaveApp(t.Context(), host, a), field)
		}
		a := ticket.NewApp("brand", "Brand")
		a.Reopen = ticket.ReopenPolicy{Window: -1}
		must(t, d.tickets.SaveApp(t.Context(), admin, a))
		is(t, d.tickets.SaveApp(t.Context(), host, ticket.NewApp("brand", "Other")), store.ErrExists)
		as, next, err := d.tickets.Apps(t.Context(), "", 10)
		if must(t, err); len(as) != 2 || next != "" || cmp.Diff(a, as[0]) != "" || as[1].ID != ticket.DefaultApp {
			t.Errorf("apps %+v", as)
		}
		texts := []ticket.Localised{{Language: "fr", Text: "salut"}, {Language: "de", Text: "hallo"}, {Language: "en", Text: "hello"}}
		for lang, want := range map[string]string{"de-AT": "hallo", "FR": "salut", "xx": "hello", "": "hello"} {
			if got := a.For(lang, texts); got != want {
				t.Errorf("%q: %s, want %s", lang, got, want)
			}
		}
		a.Archived = true
		must(t, d.tickets.SaveApp(t.Context(), host, a))
		_, err = d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, App: "brand"})
		refuses(t, err, "app")
	})
}

func TestPresence(t *testing.T) {
	t.Parallel()
	d := openMemory(t, nil)
	p := ticket.NewPresence()
	tk, eve := d.ask(t), d.user()
	hers, stop := p.Listen(d.eve)
	theirs, _ := p.Listen("someone else")
	leave, again := p.Come(ann), p.Come(ann)
	p.Typing(tk, ann, true)
	away := p.Come(eve)
	if !p.Online(ann) || !p.Staffed() || !p.Online(eve) || p.Online(bob) {
		t.Error("who is there isn't")
	}
	leave()
	leave() // counts once
	if !p.Online(ann) {
		t.Error("one of two streams ended, and ann is gone")
	}
	again()
	away()
	if p.Online(ann) || p.Staffed() || p.Online(eve) {
		t.Error("who left is there")
	}
	if got := fmt.Sprint(len(hers), len(theirs)); got != "5 2" {
		t.Errorf("heard %s signs, want 5 2", got)
	}
	if l := <-hers; !l.Online || l.Actor != ann {
		t.Errorf("first sign %+v", l)
	}
	for range 100 {
		p.Typing(tk, ann, true) // nobody listens, nobody waits
	}
	stop()
	n := len(hers)
	if p.Typing(tk, ann, false); len(hers) != n {
		t.Error("a sign after stop")
	}
}
