package frontdesk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// sights is a desk with tickets that not everybody sees.
type sights struct {
	t       *testing.T
	d       *frontdesk.Desk
	user    string
	tickets []*ticket.Ticket
	files   map[string]string // by ticket
	view    *ticket.View
}

// Whatever way somebody takes, he finds the tickets that he may see, all of them and
// no others.
func TestVisibility(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		w := &sights{t: t, d: open(t, frontdesk.Config{Store: s}), files: map[string]string{}}
		w.fill(rand.New(rand.NewPCG(5, 7)))
		for _, sees := range []identity.Visibility{identity.SeesAll, identity.SeesGroups, identity.SeesOwn} {
			a, err := w.d.People.Access(t.Context())
			w.must(err)
			a.Agent.Sees = sees
			w.must(w.d.People.SaveAccess(t.Context(), frontdesk.Host(), a))
			for _, id := range []string{"anna", "bert", "cara", "dora", "emil", "fay"} {
				a, err := w.d.People.Agent(t.Context(), id)
				w.must(err)
				w.look(fmt.Sprintf("%s, who sees %s", id, sees), a.Actor(), func(t *ticket.Ticket) bool { return w.sees(sees, a, t) })
			}
		}
		k, _, err := w.d.People.AddKey(t.Context(), frontdesk.Host(), identity.Key{Name: "Shop", May: []identity.Permission{identity.Converse, identity.BulkChange}, Apps: []string{"shop"}})
		w.must(err)
		w.look("a key", k.Actor(), func(t *ticket.Ticket) bool { return t.App == "shop" })
		for app, may := range map[string]bool{"shop": true, ticket.DefaultApp: false} {
			_, err := w.d.Tickets.Create(t.Context(), ticket.New{Actor: k.Actor(), EndUser: w.user, App: app, Message: &ticket.Draft{Text: "Hello."}})
			if bad, ok := errors.AsType[*store.FieldError](err); may != (err == nil) || !may && (!ok || bad.Field != "app") {
				t.Errorf("a key of the shop creates in %s: %v", app, err)
			}
		}
	})
}

func (w *sights) must(err error) {
	if err != nil {
		w.t.Helper()
		w.t.Fatal(err)
	}
}

// fill makes staff and tickets of all kinds.
func (w *sights) fill(r *rand.Rand) {
	ctx, host := w.t.Context(), frontdesk.Host()
	for _, g := range []string{"g1", "g2", "g3"} {
		w.must(w.d.People.SaveGroup(ctx, host, &identity.Group{ID: g, Name: g}))
	}
	w.must(w.d.People.SaveAgent(ctx, host, &identity.Agent{ID: "lea", Name: "Lea", Role: identity.Supervisor}))
	for team, sees := range map[string]identity.Visibility{"narrow": identity.SeesOwn, "plain": "", "wide": identity.SeesAll} {
		w.must(w.d.People.SaveTeam(ctx, host, &identity.Team{ID: team, Name: team, Supervisor: "lea", Sees: sees}))
	}
	for _, a := range []*identity.Agent{
		{ID: "anna", Groups: []string{"g1"}}, {ID: "bert", Groups: []string{"g1", "g2"}, Apps: []string{"shop"}, Team: "wide"}, {ID: "cara", Team: "plain"},
		{ID: "fay", Role: identity.Admin, Team: "narrow"},
		{ID: "dora", Groups: []string{"g3"}, Team: "narrow"}, {ID: "emil", Groups: []string{"g2"}, Apps: []string{"shop", ticket.DefaultApp}},
	} {
		a.Name = a.ID
		w.must(w.d.People.SaveAgent(ctx, host, a))
	}
	w.must(w.d.Tickets.SaveApp(ctx, host, ticket.NewApp("shop", "Shop")))
	w.must(w.d.Tickets.SaveTag(ctx, host, &ticket.Tag{Name: "vip"}))
	u, err := w.d.People.Save(ctx, host, identity.Profile{UserID: "eve"})
	w.must(err)
	w.user = u.ID
	w.view = &ticket.View{Name: "VIP", Filter: `"vip" in ticket.tags`}
	w.must(w.d.Tickets.SaveView(ctx, host, w.view))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	for i := range 60 {
		n := ticket.New{Actor: host, EndUser: u.ID, App: pick("shop", ticket.DefaultApp), Group: pick("", "g1", "g2", "g3"), Title: fmt.Sprint("Parcel ", i),
			Message: &ticket.Draft{Text: "Where is my parcel?"}}
		if r.IntN(2) == 0 {
			n.Tags = []string{"vip"}
		}
		t, err := w.d.Tickets.Create(ctx, n)
		w.must(err)
		if agent := pick("", "anna", "bert", "cara", "dora", "emil"); agent != "" {
			_, err = w.d.Tickets.Assign(ctx, host, t.ID, agent)
			w.must(err)
		}
		if agent := pick("", "", "anna", "cara", "dora"); agent != "" {
			_, err = w.d.Tickets.Edit(ctx, host, t.ID, ticket.Edit{Followers: &[]string{agent}})
			w.must(err)
		}
		if r.IntN(3) == 0 {
			_, err = w.d.Tickets.Resolve(ctx, host, t.ID)
			w.must(err)
		}
		if i%7 == 0 {
			up, err := w.d.Tickets.Upload(ctx, host, "", "", "a.txt", io.LimitReader(zeros{}, 10))
			w.must(err)
			_, _, err = w.d.Tickets.Reply(ctx, host, t.ID, ticket.Draft{Text: "See this.", Attachments: []string{up.ID}})
			w.must(err)
			w.files[t.ID] = up.ID
		}
		w.tickets = append(w.tickets, t)
	}
	_, err = w.d.Drain(ctx)
	w.must(err)
	for i, t := range w.tickets {
		w.tickets[i], err = w.d.Tickets.Get(ctx, host, t.ID)
		w.must(err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// sees is the rule, written down in the plainest way.
func (w *sights) sees(v identity.Visibility, a *identity.Agent, t *ticket.Ticket) bool {
	if t.Assignee.ID == a.ID || slices.Contains(t.Followers, a.ID) {
		return true
	}
	if a.Team == "narrow" {
		v = identity.SeesOwn
	}
	if a.Role == identity.Admin {
		v = identity.SeesAll
	}
	switch v {
	case identity.SeesAll:
		return true
	case identity.SeesGroups:
		return t.Group != "" && slices.Contains(a.Groups, t.Group) && (a.Apps == nil || slices.Contains(a.Apps, t.App))
	}
	return false
}

func (w *sights) look(whose string, who event.Actor, sees func(*ticket.Ticket) bool) {
	ctx := w.t.Context()
	var all, vip, openOnes, closed []string
	for _, t := range w.tickets {
		seen := sees(t)
		w.one(whose, who, t, seen)
		if !seen {
			continue
		}
		all = append(all, t.ID)
		if t.HasTag("vip") {
			vip = append(vip, t.ID)
		}
		if t.Status.Open() {
			openOnes = append(openOnes, t.ID)
		} else {
			closed = append(closed, t.ID)
		}
	}
	w.unlinked(whose, who, all)
	same := func(what string, got []string, want []string) {
		w.t.Helper()
		got = slices.Sorted(slices.Values(got))
		if want = slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
			w.t.Errorf("%s by %s: %d tickets, want %d", what, whose, len(got), len(want))
		}
	}
	list := func(f ticket.Filter) []string {
		return w.pages(func(after string) ([]*ticket.Ticket, string, error) { return w.d.Tickets.List(ctx, who, f, after, 7) })
	}
	same("List", list(ticket.Filter{}), all)
	same("List of open ones", list(ticket.Filter{Open: true}), openOnes)
	same("List of closed ones", list(ticket.Filter{Closed: true}), closed)
	same("List by tag", list(ticket.Filter{Tag: "vip"}), vip)
	same("ViewTickets", w.pages(func(after string) ([]*ticket.Ticket, string, error) {
		return w.d.Tickets.ViewTickets(ctx, who, w.view.ID, after, 7)
	}), vip)
	same("OfEndUser", w.pages(func(after string) ([]*ticket.Ticket, string, error) {
		return w.d.Tickets.OfEndUser(ctx, who, w.user, after, 7)
	}), all)
	same("Find", w.found(who, ticket.Search{Text: "parcel", Limit: 7}), all)
	same("Find newest", w.found(who, ticket.Search{Newest: true, Limit: 7, Filter: ticket.SearchFilter{Tags: []string{"vip"}}}), vip)
	for what, c := range map[string]struct {
		f    ticket.Filter
		want int
	}{"all": {ticket.Filter{}, len(all)}, "open": {ticket.Filter{Open: true}, len(openOnes)}, "vip": {ticket.Filter{Tag: "vip"}, len(vip)}, "app": {ticket.Filter{App: "shop"}, w.inApp(all)}} {
		if n, err := w.d.Tickets.Count(ctx, who, c.f, 1000); err != nil || n != c.want {
			w.t.Errorf("Count of %s by %s: %d, want %d, %v", what, whose, n, c.want, err)
		}
	}
	counts, err := w.d.Tickets.ViewCounts(ctx, who, w.view.ID)
	if w.must(err); counts[0].N != len(vip) || counts[0].AtLeast {
		w.t.Errorf("ViewCounts by %s: %+v, want %d", whose, counts[0], len(vip))
	}
}

// unlinked makes sure that nobody learns by a link of what he doesn't see.
func (w *sights) unlinked(whose string, who event.Actor, seen []string) {
	for _, t := range w.tickets {
		if len(seen) == 0 || slices.Contains(seen, t.ID) {
			continue
		}
		_, err := w.d.Tickets.Edit(w.t.Context(), who, seen[0], ticket.Edit{Link: &ticket.Link{Kind: ticket.Related, Ticket: t.ID}})
		if bad, ok := errors.AsType[*store.FieldError](err); !ok || bad.Field != "link" {
			w.t.Errorf("%s links what isn't seen: %v", whose, err)
		}
		return
	}
}

func (w *sights) inApp(ids []string) (n int) {
	for _, t := range w.tickets {
		if t.App == "shop" && slices.Contains(ids, t.ID) {
			n++
		}
	}
	return n
}

// one tries the ways that lead to one ticket, and those that change it.
func (w *sights) one(whose string, who event.Actor, t *ticket.Ticket, seen bool) {
	ctx, s := w.t.Context(), w.d.Tickets
	ways := map[string]error{
		"Get":      only(s.Get(ctx, who, t.ID)),
		"ByNumber": only(s.ByNumber(ctx, who, t.Number)),
		"Messages": third(s.Messages(ctx, who, t.ID, 0, 0, 9)),
		"History":  third(s.History(ctx, who, t.ID, "", 9)),
		"MarkRead": only(s.MarkRead(ctx, who, t.ID, 0)),
		"Apply":    only(s.Apply(ctx, who, t.ID)),
	}
	if !seen { // it would change what is seen
		ways["Reply"] = third(s.Reply(ctx, who, t.ID, ticket.Draft{Text: "Here."}))
		ways["Assign"] = only(s.Assign(ctx, who, t.ID, who.ID))
		ways["Resolve"] = only(s.Resolve(ctx, who, t.ID))
		ways["Split"] = third(s.Split(ctx, who, t.ID, []int64{1}, ""))
		if other := w.tickets[0]; other.ID != t.ID {
			ways["Merge"] = third(s.Merge(ctx, who, t.ID, other.ID, &ticket.MergeOptions{Abroad: true}))
		}
		results, err := s.Bulk(ctx, who, []string{t.ID}, ticket.Action{Do: ticket.DoResolve})
		w.must(err)
		ways["Bulk"] = results[0].Err
	}
	if file := w.files[t.ID]; file != "" {
		r, _, err := s.Attachment(ctx, who, file)
		if err == nil {
			r.Close()
		}
		ways["Attachment"] = err
	}
	for way, err := range ways {
		if seen && err != nil || !seen && !errors.Is(err, store.ErrNotFound) {
			w.t.Errorf("%s by %s, seen %v: %v", way, whose, seen, err)
		}
	}
}

func (w *sights) pages(page func(after string) ([]*ticket.Ticket, string, error)) (ids []string) {
	for after := ""; ; {
		ts, next, err := page(after)
		w.must(err)
		for _, t := range ts {
			ids = append(ids, t.ID)
		}
		if after = next; next == "" {
			return ids
		}
	}
}

func (w *sights) found(who event.Actor, s ticket.Search) (ids []string) {
	for {
		f, err := w.d.Search.Find(w.t.Context(), who, s)
		w.must(err)
		for _, h := range f.Hits {
			ids = append(ids, h.Ticket.ID)
		}
		if s.After = f.Next; f.Next == "" {
			return ids
		}
	}
}

// An agent's stream has what happens to the tickets that he sees; one that is taken
// from him goes, without what is in it.
func TestTailShowsWhatIsSeen(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		d := frontdeskRunning(t, frontdesk.Config{Store: s})
		ctx, host := t.Context(), frontdesk.Host()
		w := &sights{t: t, d: d}
		for _, a := range []string{"anna", "bert"} {
			w.must(d.People.SaveAgent(ctx, host, &identity.Agent{ID: a, Name: a}))
		}
		access, err := d.People.Access(ctx)
		w.must(err)
		access.Agent.Sees = identity.SeesOwn
		w.must(d.People.SaveAccess(ctx, host, access))
		u, err := d.People.Save(ctx, host, identity.Profile{UserID: "eve"})
		w.must(err)
		anna := event.Actor{Kind: event.Agent, ID: "anna"}
		head, err := d.Events.Head(ctx)
		w.must(err)
		create := func() *ticket.Ticket {
			t, err := d.Tickets.Create(ctx, ticket.New{EndUser: u.ID, Message: &ticket.Draft{Text: "Where is it?"}})
			w.must(err)
			return t
		}
		hidden, hers := create(), create()
		for _, step := range []func() (*ticket.Ticket, error){
			func() (*ticket.Ticket, error) { return d.Tickets.Assign(ctx, host, hidden.ID, "bert") },
			func() (*ticket.Ticket, error) { return d.Tickets.Assign(ctx, host, hers.ID, "anna") },
			func() (*ticket.Ticket, error) {
				t, _, err := d.Tickets.Note(ctx, host, hers.ID, ticket.Draft{Text: "A note."})
				return t, err
			},
		} {
			_, err := step()
			w.must(err)
		}
		limited, cancel := context.WithTimeout(ctx, 5*time.Minute)
		defer cancel()
		var got []string
		moved := false
		for n, err := range d.Tickets.Tail(limited, anna, head) {
			w.must(err)
			what := n.Event.Type
			if n.Event.Subject != hers.ID {
				t.Fatalf("she gets %s of another ticket", what)
			}
			if n.Message != nil {
				what += " " + n.Message.Text
			}
			if n.Ticket == nil {
				what += " gone"
			}
			if got = append(got, what); n.Ticket == nil {
				break
			}
			if n.Event.Type == ticket.MessageAdded && !moved {
				moved = true
				_, err = d.Tickets.Edit(ctx, host, hers.ID, ticket.Edit{Title: new("Hers")})
				w.must(err)
				_, err = d.Tickets.Assign(ctx, host, hers.ID, "bert")
				w.must(err)
			}
		}
		if last := got[len(got)-1]; last != "ticket.assigned gone" || !slices.Contains(got, "ticket.message_added A note.") {
			t.Errorf("she gets %q", got)
		}
		for _, err := range d.Tickets.Tail(ctx, event.Actor{Kind: event.Agent, ID: "nobody"}, head) {
			if _, ok := errors.AsType[*identity.PermissionError](err); !ok {
				t.Errorf("a stranger gets %v", err)
			}
		}
	})
}

// frontdeskRunning is a desk whose background work is done until the test ends.
func frontdeskRunning(t *testing.T, c frontdesk.Config) *frontdesk.Desk {
	d := open(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := d.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return d
}
