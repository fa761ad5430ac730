package bot_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// orders is another system, which knows two orders.
func orders(t *testing.T) *http.Client {
	t.Helper()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/orders/1000":
			fmt.Fprint(w, `{"state": "on its way", "total": 20}`)
		case "/orders/2000":
			fmt.Fprint(w, `{"state": "lost", "total": 20}`)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	c := s.Client()
	c.Transport = rewritten{c.Transport, s.Listener.Addr().String()}
	return c
}

// rewritten sends whatever is asked for to one address.
type rewritten struct {
	http.RoundTripper
	to string
}

func (r rewritten) RoundTrip(q *http.Request) (*http.Response, error) {
	q = q.Clone(q.Context())
	q.URL.Host = r.to
	return r.RoundTripper.RoundTrip(q)
}

// A bot that is given a ticket talks until it is solved or somebody else has it.
func TestConversation(t *testing.T) {
	eachStore(t, func() *bot.Options { return &bot.Options{Client: orders(t)} }, func(t *testing.T, d *desk) {
		d.publish(t, "shop", shop(t))
		solved := d.ask(t, "shop", "Hello?")
		d.says(t, solved, "An order", "my order", "1000", "Yes")
		want := "> Hello?\nHi there!\nWhat is it about? [An order | Something else | Never mind]\n> An order\nWhich order?\n> my order\n" +
			"Sorry, that isn't what I need. Could you try again?\n> 1000\nOrder 1000 is on its way.\nIs this solved? [Yes | No]\n> Yes\n"
		if diff := cmp.Diff(want, d.talk(t, solved)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if x := d.get(t, solved); x.Status != ticket.StatusResolved || x.Resolution.By != (event.Actor{Kind: event.Bot, ID: "shop"}) {
			t.Errorf("it is %s, by %v", x.Status, x.Resolution)
		}

		d.clock.forward(time.Hour)
		handed := d.ask(t, "shop", "Hi")
		if x := d.get(t, handed); !x.WaitingSince.IsZero() {
			t.Errorf("it waits since %v while the bot has it", x.WaitingSince)
		}
		d.clock.forward(time.Minute)
		d.says(t, handed, "1", "2000")
		x := d.get(t, handed)
		if x.Group != "orders" || x.BotHasIt() || x.Priority != ticket.Urgent || !x.HasTag("lost") {
			t.Errorf("it is with %v of %q, %s, %v", x.Assignee, x.Group, x.Priority, x.Tags)
		}
		if v, _ := x.Field("order"); v.Text != "2000" {
			t.Errorf("the field is %+v", v)
		}
		if want := d.clock.now(); !x.WaitingSince.Equal(want) {
			t.Errorf("it waits since %v, want %v, when it was handed off", x.WaitingSince, want)
		}
		d.says(t, handed, "Anybody?")
		if s := d.talk(t, handed); !strings.HasSuffix(s, "> 2000\n> Anybody?\n") {
			t.Errorf("said is\n%s", s)
		}

		r := got[*bot.Report](t)(d.bots.Report(t.Context(), admin, "shop", 1))
		if r.Begun != 2 || r.Ended != 2 || r.Steps[0] != (bot.StepTally{Step: "hello", Taken: 2}) || len(r.Guards) != 0 {
			t.Errorf("the report is %+v", r)
		}
	})
}

// Whoever takes the ticket, or closes it, ends the conversation at once: the bot says
// nothing more, also when what it asked for comes back.
func TestTakenAway(t *testing.T) {
	for name, take := range map[string]func(t *testing.T, d *desk, id string) error{
		"replied": func(t *testing.T, d *desk, id string) error {
			_, _, err := d.tickets.Reply(t.Context(), ann, id, ticket.Draft{Text: "I do."})
			return err
		},
		"assigned": func(t *testing.T, d *desk, id string) error {
			_, err := d.tickets.Assign(t.Context(), host, id, "ann")
			return err
		},
		"to a queue": func(t *testing.T, d *desk, id string) error {
			_, err := d.tickets.AssignQueue(t.Context(), host, id, "orders")
			return err
		},
		"resolved": func(t *testing.T, d *desk, id string) error {
			_, err := d.tickets.Resolve(t.Context(), ann, id)
			return err
		},
		"rejected": func(t *testing.T, d *desk, id string) error {
			_, err := d.tickets.Reject(t.Context(), ann, id)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			called := 0
			var d *desk
			d = open(t, memstore.New(), &bot.Options{Functions: map[string]func(context.Context, bot.Call) (map[string]string, error){
				"look": func(_ context.Context, c bot.Call) (map[string]string, error) {
					called++
					must(t, take(t, d, c.Ticket.ID))
					return map[string]string{"state": "fine"}, nil
				}}})
			d.publish(t, "b", `{steps: [{id: look, run: {function: look}}, {id: tell, say: {text: "It is {{response.look_state}}."}}, {id: more, ask: {text: "More?", as: text}}]}`)
			id := d.ask(t, "b", "Hello?")
			d.clock.forward(48 * time.Hour)
			d.drain(t)
			if s := d.talk(t, id); strings.Contains(s, "fine") || called != 1 {
				t.Errorf("called %d times, said is\n%s", called, s)
			}
			if x := d.get(t, id); x.BotHasIt() && x.Status.Open() {
				t.Error("the bot has it")
			}
			if n := d.conversations(t); n != 0 {
				t.Errorf("%d conversations are left", n)
			}
		})
	}
}

// Nobody is left alone: who doesn't answer, wants a person, or meets a step that fails, is
// handed off.
func TestGuards(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.publish(t, "shop", shop(t))
		late, person, failed := d.ask(t, "shop", "Hello?"), d.ask(t, "shop", "Hi"), d.ask(t, "shop", "Hey")
		d.says(t, person, "human!")
		d.says(t, failed, "order", "3000") // its call fails: nobody is there
		d.clock.forward(time.Hour)
		d.says(t, late, "order")
		d.clock.forward(2*time.Hour - time.Second)
		d.drain(t)
		if x := d.get(t, late); !x.BotHasIt() {
			t.Error("it was handed off too early")
		}
		d.clock.forward(time.Second)
		d.drain(t)
		for id, group := range map[string]string{late: "", person: "", failed: "orders"} {
			x := d.get(t, id)
			if x.BotHasIt() || x.Group != group || group == "" && x.Queue != "orders" || x.WaitingSince.IsZero() {
				t.Errorf("it is with %v in %q of %q, waiting since %v:\n%s", x.Assignee, x.Queue, x.Group, x.WaitingSince, d.talk(t, id))
			}
		}
		r := got[*bot.Report](t)(d.bots.Report(t.Context(), admin, "shop", 1))
		if want := []bot.GuardTally{{Guard: flow.NoAnswer, Ended: 1}, {Guard: flow.WantsPerson, Ended: 1}}; !cmp.Equal(r.Guards, want) {
			t.Errorf("guards are %+v", r.Guards)
		}
	})
}

// A ticket ends with the version that it began with; new ones begin with the new one.
func TestVersions(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.publish(t, "b", `{steps: [{id: a, ask: {text: "One?", as: text}}, {id: z, say: {text: "One."}}]}`)
		old := d.ask(t, "b", "Hello?")
		b := got[*bot.Bot](t)(d.bots.Bot(ctx, admin, "b"))
		b.Draft = &flow.Flow{Steps: []flow.Step{{ID: "a", Ask: &flow.Ask{Text: flow.Text{"": "Two?"}, As: flow.TextAnswer}}}}
		must(t, d.bots.Save(ctx, admin, b))
		if got[*bot.Bot](t)(d.bots.Publish(ctx, admin, "b")).Version != 2 {
			t.Error("the version isn't 2")
		}
		fresh := d.ask(t, "b", "Hi")
		d.says(t, old, "x")
		if s := d.talk(t, old); s != "> Hello?\nOne?\n> x\nOne.\n" {
			t.Errorf("the old one says\n%s", s)
		}
		if s := d.talk(t, fresh); s != "> Hi\nTwo?\n" {
			t.Errorf("the new one says\n%s", s)
		}
		must(t, d.bots.RollBack(ctx, admin, "b", 1))
		if s := d.talk(t, d.ask(t, "b", "Hey")); s != "> Hey\nOne?\n" {
			t.Errorf("rolled back it says\n%s", s)
		}
		if err := d.bots.RollBack(ctx, admin, "b", 7); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("to a version that isn't there: %v", err)
		}
		if f := got[*flow.Flow](t)(d.bots.Flow(ctx, admin, "b", 2)); f.Steps[0].Ask.Text[""] != "Two?" {
			t.Errorf("version 2 is %+v", f)
		}
	})
}

// A disabled bot hands its tickets off, and gets no new ones.
func TestDisabled(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.publish(t, "b", `{fallback: {group: orders}, steps: [{id: a, ask: {text: "One?", as: text}}]}`)
		var ids []string
		for range 3 {
			ids = append(ids, d.ask(t, "b", "Hello?"))
		}
		must(t, d.bots.Disable(ctx, admin, "b"))
		d.drain(t)
		ids = append(ids, d.ask(t, "b", "Too late?"), d.ask(t, "nobody", "Who is it?"))
		for i, id := range ids {
			x := d.get(t, id)
			if x.BotHasIt() || i < 3 && x.Group != "orders" || i >= 3 && x.Queue == "" {
				t.Errorf("ticket %d is with %v of %q in %q", i, x.Assignee, x.Group, x.Queue)
			}
		}
		got[*bot.Bot](t)(d.bots.Publish(ctx, admin, "b"))
		if x := d.get(t, d.ask(t, "b", "And now?")); !x.BotHasIt() {
			t.Error("a published bot has no ticket")
		}
	})
}

// Bots hand on to each other, and not for ever.
func TestBotsHandOn(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		f := func(to string) string {
			return fmt.Sprintf(`{steps: [{id: a, say: {text: "to %s"}}, {id: z, hand_off: {bot: %s}}]}`, to, to)
		}
		must(t, d.bots.Save(t.Context(), admin, &bot.Bot{ID: "b", Name: "B", Draft: got[*flow.Flow](t)(flow.Parse([]byte(f("a"))))}))
		d.publish(t, "a", f("b"))
		got[*bot.Bot](t)(d.bots.Publish(t.Context(), admin, "b"))
		id := d.ask(t, "a", "Hello?")
		if x := d.get(t, id); x.BotHasIt() || x.Queue == "" {
			t.Errorf("it is with %v in %q", x.Assignee, x.Queue)
		}
		if n := strings.Count(d.talk(t, id), "to "); n != 6 {
			t.Errorf("%d bots talked:\n%s", n, d.talk(t, id))
		}
	})
}

// Bots ask for name and email, which are claims, and take what the end user picks from
// articles.
func TestIdentityAndArticles(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.found = finder{titles: []string{"Returns", "Refunds"}, confidence: 0.9}
		d.publish(t, "b", `{steps: [
			{id: known, branch: {cases: [{when: user.email != "", next: find}]}},
			{id: name, ask: {text: "Your name?", as: text}},
			{id: email, ask: {text: "Your email?", as: email}},
			{id: keep, set: {name: "{{answer.name}}", email: "{{answer.email}}", title: "{{answer.name}} asks"}},
			{id: find, suggest: {query: "{{ticket.title | nothing}}", limit: 2, unhelpful: person}},
			{id: done, resolve: {text: "Bye, {{answer.name | you}}."}},
			{id: person, hand_off: {}}]}`)
		first := d.ask(t, "b", "How do I send it back?")
		d.says(t, first, "Eve", "eve@example.com", "yes")
		want := "> How do I send it back?\nYour name?\n> Eve\nYour email?\n> eve@example.com\nThese may answer it:\n• Returns\n• Refunds\nDid that help? [Yes | No]\n> yes\nBye, Eve.\n"
		if diff := cmp.Diff(want, d.talk(t, first)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		u := got[*identity.EndUser](t)(d.people.EndUser(t.Context(), d.eve))
		if u.Email.Value != "eve@example.com" || u.Email.Proven {
			t.Errorf("her address is %+v", u.Email)
		}
		d.found.confidence = 0.4
		second := d.ask(t, "b", "Something else")
		if s := d.talk(t, second); s != "> Something else\nBye, you.\n" {
			t.Errorf("where no article fits it says\n%s", s)
		}
	})
}

// What is saved, published and read is for who may, and bad input changes nothing.
func TestBotsAreKept(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		ctx := t.Context()
		draft := &flow.Flow{Steps: []flow.Step{{ID: "a", Say: &flow.Say{Text: flow.Text{"": "x"}}}}}
		for field, b := range map[string]*bot.Bot{
			"bot.id": {ID: "A b", Name: "x", Draft: draft}, "bot.name": {ID: "a", Name: " ", Draft: draft}, "bot.draft": {ID: "a", Name: "x"},
		} {
			refuses(t, d.bots.Save(ctx, admin, b), field)
		}
		for n, bad := range map[int]bool{bot.MaxName: false, bot.MaxName + 1: true} {
			err := d.bots.Save(ctx, admin, &bot.Bot{ID: fmt.Sprint("n", n), Name: strings.Repeat("ä", n), Draft: draft})
			if (err != nil) != bad {
				t.Errorf("a name of %d: %v", n, err)
			}
		}
		b := &bot.Bot{ID: "b", Name: "B", State: bot.Published, Version: 7, Draft: &flow.Flow{Steps: []flow.Step{{ID: "a", HandOff: &flow.HandOff{Queue: "gone"}}}}}
		must(t, d.bots.Save(ctx, admin, b))
		if b.State != bot.Draft || b.Version != 0 {
			t.Errorf("a new bot is %s, version %d", b.State, b.Version)
		}
		_, err := d.bots.Publish(ctx, admin, "b")
		if e, ok := errors.AsType[*bot.ProblemsError](err); !ok || len(e.Problems) != 1 || e.Problems[0].Field != "hand_off" {
			t.Errorf("published with a queue that isn't there: %v", err)
		}
		old := *b
		b.Draft = draft
		must(t, d.bots.Save(ctx, admin, b))
		if err := d.bots.Save(ctx, admin, &old); !errors.Is(err, store.ErrStale) {
			t.Errorf("a change of what has changed: %v", err)
		}
		if err := d.bots.Save(ctx, admin, &bot.Bot{ID: "b", Name: "B", Draft: draft}); !errors.Is(err, store.ErrExists) {
			t.Errorf("another one with the id: %v", err)
		}
		for name, err := range map[string]error{
			"Save":    d.bots.Save(ctx, ann, &bot.Bot{ID: "c", Name: "C", Draft: draft}),
			"Publish": second(d.bots.Publish(ctx, ann, "b")), "Disable": d.bots.Disable(ctx, ann, "b"), "Bot": second(d.bots.Bot(ctx, ann, "b")),
			"RollBack": d.bots.RollBack(ctx, ann, "b", 1), "Check": second(d.bots.Check(ctx, ann, draft)), "Flow": second(d.bots.Flow(ctx, ann, "b", 1)),
			"Report": second(d.bots.Report(ctx, ann, "b", 1)),
		} {
			if _, ok := errors.AsType[*identity.PermissionError](err); !ok {
				t.Errorf("%s by an agent: %v", name, err)
			}
		}
		bs, next, err := d.bots.Bots(ctx, admin, "", 10)
		if err != nil || len(bs) != 2 || next != "" || bs[0].ID != "b" {
			t.Errorf("bots are %v, %q, %v", bs, next, err)
		}
	})
}

// What a bot was told goes with whom it was told by.
func TestErasure(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.publish(t, "b", `{steps: [{id: a, ask: {text: "Name?", as: text}}, {id: b, ask: {text: "Why?", as: text}}]}`)
		d.says(t, d.ask(t, "b", "Hello?"), "Melusine")
		if n := d.conversations(t); n != 1 {
			t.Fatalf("%d conversations", n)
		}
		got[*identity.Erasure](t)(d.people.Erase(t.Context(), host, d.eve))
		d.drain(t)
		if n := d.conversations(t); n != 0 {
			t.Errorf("%d conversations are left", n)
		}
	})
}

func second[T any](_ T, err error) error { return err }
