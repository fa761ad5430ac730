package search_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// world is a few tickets, named by their titles.
func world(t testing.TB, d *desk) {
	d.ask(t, "parcel", "Where is my parcel? I ordered it two weeks ago.")
	d.ask(t, "refund", "Please refund the order ORD-2024-77 to my card, the parcels came broken.")
	d.ask(t, "password", "I can't log in. My password doesn't work, code ORD-2024-78.")
	d.ask(t, "cafe", "Le café était fermé, l'application ne marche pas. Straße, Ærø, Łódź.")
	d.ask(t, "荷物", "荷物がまだ届いていません。返金してください。")
	d.ask(t, "包裹", "我的包裹在哪里？我要退款。")
	d.ask(t, "택배", "아직 택배를 받지 못했습니다")
	d.ask(t, "พัสดุ", "ฉันยังไม่ได้รับพัสดุ")
	d.ask(t, "посылка", "Где моя посылка? Ёлка не пришла.")
	d.ask(t, "طرد", "أين طردي؟ لم أستلم الطلب")
	d.ask(t, "mail", "Please write to bob.builder@mail.example instead.")
	d.step(t)
}

func TestFind(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		world(t, d)
		for text, want := range map[string][]string{
			"parcel":                     {"parcel", "refund"}, // and its plural
			"PARCELS":                    {"parcel", "refund"},
			"Parcel broken":              {"refund"},
			"weeks ordered":              {"parcel"},
			"ORD-2024-77":                {"refund"},
			"ord-2024-77":                {"refund"},
			"cafe ferme":                 {"cafe"},
			"CAFÉ":                       {"cafe"},
			"strasse":                    {"cafe"},
			"lodz":                       {"cafe"},
			"application":                {"cafe"},
			"bob.builder@mail.example":   {"mail"},
			"BOB.builder@Mail.example":   {"mail"},
			"builder":                    {"mail"},
			"荷物":                         {"荷物"},
			"届いて":                        {"荷物"},
			"返金":                         {"荷物"},
			"包裹":                         {"包裹"},
			"退款":                         {"包裹"},
			"款":                          {"包裹"},
			"택배":                         {"택배"},
			"พัสดุ":                      {"พัสดุ"},
			"посылка":                    {"посылка"},
			"елка":                       {"посылка"},
			"الطلب":                      {"طرد"},
			`"my parcel"`:                {"parcel"},
			`"parcel my"`:                nil,
			`"log in" password`:          {"password"},
			`"まだ届いて"`:                    {"荷物"},
			`"届いてまだ"`:                    nil,
			`“two weeks ago”`:            {"parcel"},
			`"two weeks`:                 {"parcel"}, // the quote isn't finished
			"someone@mail.example":       nil,        // not by its parts
			"builder@mail.example":       nil,
			"xyzzyx":                     nil,
			"passwort":                   {"password"}, // one letter is wrong
			"#999":                       nil,
			"ORD-2024-79":                {"refund", "password"}, // nothing has all of it
			"...":                        nil,
			"refund password unicorns 7": {"refund", "password"}, // a question: one word is enough
		} {
			d.finds(t, text, want...)
		}
		// Everything that eve wrote, by whatever she is known.
		for _, text := range []string{"eve@shop.example", "Eve@Shop.example", "eve", "müller", d.eve} {
			if found := d.find(t, ticket.Search{Text: text}); len(found.Hits) != 11 {
				t.Errorf("%q finds %q", text, titles(found))
			}
		}
	})
}

func TestLoose(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	world(t, d)
	for text, want := range map[string]bool{
		"parcel": false, "parcel broken": false, "parcel password": true, "passwort": true, "xyzzyx": false, "": false, "#1": false,
		"where is the parcel that i ordered": false,
	} {
		if found := d.find(t, ticket.Search{Text: text}); found.Loose != want {
			t.Errorf("%q: loose is %v, found %q", text, found.Loose, titles(found))
		}
	}
}

func TestNumber(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t, "numbered", "Hello there.")
		other := d.ask(t, "other", fmt.Sprintf("It is about %d and nothing else.", tk.Number))
		// Before anything is indexed.
		if found := d.find(t, ticket.Search{Text: fmt.Sprint(tk.Number)}); titles(found) != "numbered" || !found.Building {
			t.Errorf("%q, building: %v", titles(found), found.Building)
		}
		d.step(t)
		for text, want := range map[string]string{
			fmt.Sprint("#", tk.Number):              "numbered",
			fmt.Sprint(" #", tk.Number, " "):        "numbered",
			fmt.Sprint(tk.Number):                   "numbered other",
			tk.ID:                                   "numbered",
			strings.ToUpper(tk.ID):                  "numbered",
			fmt.Sprint("#", other.Number):           "other",
			"#0":                                    "",
			"99999999999999999999999999":            "",
			"018f0000-0000-7000-8000-000000000000x": "",
		} {
			if found := d.find(t, ticket.Search{Text: text}); titles(found) != want {
				t.Errorf("%q finds %q, want %q", text, titles(found), want)
			}
		}
		// It comes first among the newest, too, and once.
		if found := d.find(t, ticket.Search{Text: fmt.Sprint(tk.Number), Newest: true}); titles(found) != "numbered other" {
			t.Errorf("%q", titles(found))
		}
		// Pages of one have one each.
		var pages []string
		for s := (ticket.Search{Text: fmt.Sprint(tk.Number), Limit: 1}); ; {
			found := d.find(t, s)
			pages = append(pages, titles(found))
			if s.After = found.Next; s.After == "" || len(pages) > 9 {
				break
			}
		}
		if strings.Join(strings.Fields(strings.Join(pages, " ")), " ") != "numbered other" || pages[0] != "numbered" {
			t.Errorf("%q", pages)
		}
		// The filter holds for it.
		if found := d.find(t, ticket.Search{Text: fmt.Sprint(tk.Number), Filter: ticket.SearchFilter{Closed: true}}); len(found.Hits) > 0 {
			t.Errorf("%q", titles(found))
		}
	})
}

func TestTyping(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	world(t, d)
	for text, want := range map[string]string{
		"pass": "password", "passw": "password", "orde": "parcel refund", "order": "parcel refund", "orders": "refund",
		"my pass": "password", "passw ": "", "p": "", "bro": "refund", "caf": "cafe", "посыл": "посылка",
	} {
		found := d.find(t, ticket.Search{Text: text, Typing: true, Newest: true})
		got := strings.Fields(titles(found))
		want := strings.Fields(want)
		if len(got) != len(want) {
			t.Errorf("%q finds %q, want %q", text, got, want)
			continue
		}
		for _, w := range want {
			if !strings.Contains(titles(found), w) {
				t.Errorf("%q finds %q, want %q", text, got, want)
			}
		}
	}
	if found := d.find(t, ticket.Search{Text: "passw"}); len(found.Hits) != 0 {
		t.Errorf("a word that isn't being typed finds %q", titles(found))
	}
}

func TestTitleBeforeMessages(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	d.ask(t, "one", "The battery of my phone is empty all the time.")
	d.ask(t, "battery", "Something with my phone is bad all the time.")
	d.ask(t, "two", "The battery of my phone is empty all the time.")
	d.step(t)
	if found := d.find(t, ticket.Search{Text: "battery"}); !strings.HasPrefix(titles(found), "battery ") || len(found.Hits) != 3 {
		t.Errorf("%q", titles(found))
	}
}

func TestEndUsersMayNotSearch(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t, "parcel", "Where is it?")
		d.step(t)
		for _, actor := range []event.Actor{{Kind: event.EndUser, ID: d.eve}, {Kind: event.Agent, ID: "nobody"}, {}} {
			for _, text := range []string{"parcel", fmt.Sprint("#", tk.Number), tk.ID, ""} {
				found, err := d.ix.Find(t.Context(), actor, ticket.Search{Text: text})
				if _, refused := errors.AsType[*identity.PermissionError](err); !refused || found != nil {
					t.Errorf("%s, %q: %v, error %v", actor, text, found, err)
				}
			}
		}
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	world(t, d)
	long := strings.Repeat("é", ticket.MaxSearchText)
	for _, ok := range []ticket.Search{{Text: long[:2*(ticket.MaxSearchText-1)]}, {Text: long}, {Text: strings.Repeat("a ", 500)},
		{Filter: ticket.SearchFilter{Tags: make([]string, 100)}}, {Limit: 1000}, {Limit: -1}} {
		if _, err := d.ix.Find(t.Context(), ann, ok); err != nil {
			t.Errorf("%d characters: %v", len(ok.Text), err)
		}
	}
	many := make([]string, 101)
	for field, bad := range map[string]ticket.Search{
		"search.text":              {Text: long + "x"},
		"search.filter.tags":       {Filter: ticket.SearchFilter{Tags: many}},
		"search.filter.apps":       {Filter: ticket.SearchFilter{Apps: many}},
		"search.filter.queues":     {Filter: ticket.SearchFilter{Queues: many}},
		"search.filter.assignees":  {Filter: ticket.SearchFilter{Assignees: make([]event.Actor, 101)}},
		"search.filter.statuses":   {Filter: ticket.SearchFilter{Statuses: make([]ticket.Status, 101)}},
		"search.filter.priorities": {Filter: ticket.SearchFilter{Priorities: make([]ticket.Priority, 101)}},
	} {
		_, err := d.ix.Find(t.Context(), ann, bad)
		if e, ok := errors.AsType[*store.FieldError](err); !ok || e.Field != field {
			t.Errorf("error %v, want one about %s", err, field)
		}
	}
}

func TestSnippets(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	tk := d.ask(t, "A broken lamp", "Hello. The lamp that I bought is broken: the LAMPS of your shop are always broken.")
	_, _, err := d.parts.Tickets.Note(t.Context(), ann, tk.ID, ticket.Draft{Text: strings.Repeat("Nothing to see here. ", 40) + "He means the desk lamp. " + strings.Repeat("Nothing more. ", 40)})
	must(t, err)
	d.step(t)
	found := d.find(t, ticket.Search{Text: "lamp"})
	if len(found.Hits) != 1 || len(found.Hits[0].Snippets) != 3 {
		t.Fatalf("%+v", found.Hits)
	}
	want := map[string]string{
		"title 0":   "A broken [lamp]",
		"message 1": "Hello. The [lamp] that I bought is broken: the [LAMPS] of your shop are always broken.",
	}
	seen := map[string]bool{}
	for _, s := range found.Hits[0].Snippets {
		key := fmt.Sprint(s.Place, " ", s.Seq)
		if seen[key] {
			t.Errorf("%s is there twice", key)
		}
		seen[key] = true
		if key == "message 2" {
			if len(s.Text) > 240 || !strings.Contains(marked(s), "He means the desk [lamp]. ") || !strings.HasPrefix(s.Text, "to see here. ") && !strings.HasPrefix(s.Text, "Nothing") && !strings.HasPrefix(s.Text, "see") {
				t.Errorf("%q", marked(s))
			}
			continue
		}
		if marked(s) != want[key] {
			t.Errorf("%s: %q, want %q", key, marked(s), want[key])
		}
	}
	d.ask(t, "荷物", "注文した荷物がまだ届いていません")
	d.step(t)
	found = d.find(t, ticket.Search{Text: "届いていません"})
	if len(found.Hits) != 1 || len(found.Hits[0].Snippets) != 1 || marked(found.Hits[0].Snippets[0]) != "注文した荷物がまだ[届いていません]" {
		t.Errorf("%+v", found.Hits)
	}
	found = d.find(t, ticket.Search{Text: `"荷物が"`})
	if len(found.Hits) != 1 || marked(found.Hits[0].Snippets[0]) != "注文した[荷物が]まだ届いていません" {
		t.Errorf("%+v", found.Hits)
	}
}

func TestFilters(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		must(t, d.parts.Tickets.SaveTag(ctx, host, &ticket.Tag{Name: "VIP"}))
		must(t, d.parts.People.SaveGroup(ctx, host, &identity.Group{ID: "billing", Name: "Billing"}))
		for key, typ := range map[string]ticket.FieldType{"size": ticket.Number, "paid": ticket.Checkbox, "order": ticket.SingleLine, "story": ticket.MultiLine} {
			must(t, d.parts.Tickets.SaveField(ctx, host, &ticket.Field{Key: key, Type: typ}))
		}
		other := d.endUser(t, identity.Profile{UserID: "otto"})
		d.clock.forward(time.Hour)
		mine, err := d.parts.Tickets.Create(ctx, ticket.New{EndUser: other, Title: "mine", Platform: "ios", Channel: "chat", Language: "de", Priority: ticket.High,
			Fields: map[string]any{"size": 1.5, "paid": true, "order": "A-17 ü", "story": "long"}, Tags: []string{"VIP"}, Message: &ticket.Draft{Text: "lamp"}})
		must(t, err)
		_, err = d.parts.Tickets.Assign(ctx, host, mine.ID, "ann")
		must(t, err)
		yours := d.ask(t, "yours", "lamp")
		_, err = d.parts.Tickets.AssignGroup(ctx, host, yours.ID, "billing")
		must(t, err)
		_, err = d.parts.Tickets.Resolve(ctx, host, yours.ID)
		must(t, err)
		d.step(t)
		mine, err = d.parts.Tickets.Get(ctx, host, mine.ID)
		must(t, err)
		yours, err = d.parts.Tickets.Get(ctx, host, yours.ID)
		must(t, err)
		for want, filters := range map[string][]ticket.SearchFilter{
			"mine": {{Open: true}, {Statuses: []ticket.Status{mine.Status, ticket.StatusRejected}}, {Platforms: []string{"ios"}}, {Channels: []string{"chat"}},
				{Languages: []string{"de", "fr"}}, {Priorities: []ticket.Priority{ticket.High}}, {Tags: []string{"vip"}}, {Assignees: []event.Actor{ann}},
				{Fields: map[string]string{"size": "1.5"}}, {Fields: map[string]string{"paid": "true", "order": "A-17 ü"}}, {EndUser: other}, {CreatedTo: yours.Times.Created}, {UpdatedTo: yours.Times.Updated}, {Apps: []string{mine.App}, Open: true}},
			"yours": {{Closed: true}, {Groups: []string{"billing"}}, {Platforms: []string{yours.Platform}}, {EndUser: d.eve},
				{CreatedFrom: yours.Times.Created}, {CreatedFrom: mine.Times.Created.Add(1)}, {Priorities: []ticket.Priority{ticket.None}}},
			"yours mine": {{}, {Apps: []string{mine.App}}, {Statuses: []ticket.Status{mine.Status, ticket.StatusResolved}}, {Labels: []string{""}},
				{CreatedFrom: mine.Times.Created}, {Queues: []string{""}}},
			"": {{Labels: []string{"x"}}, {Apps: []string{"x"}}, {Tags: []string{"vip", "x"}}, {Open: true, Closed: true}, {CreatedTo: mine.Times.Created},
				{Queues: []string{"x"}}, {EndUser: "x"}, {Fields: map[string]string{"size": "1.5", "paid": "false"}}, {Fields: map[string]string{"order": ""}},
				{Fields: map[string]string{"story": "long"}}, {Fields: map[string]string{"none": "x"}}},
		} {
			for _, f := range filters {
				for _, text := range []string{"", "lamp"} {
					if found := d.find(t, ticket.Search{Text: text, Newest: true, Filter: f}); titles(found) != want {
						t.Errorf("%q %+v: %q, want %q", text, f, titles(found), want)
					}
				}
			}
		}
	})
}

// The index lags: what it says is compared with the tickets as they are.
func TestLagShowsNothingWrong(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		tk := d.ask(t, "lamp", "It is broken.")
		d.step(t)
		_, err := d.parts.Tickets.Resolve(ctx, host, tk.ID)
		must(t, err)
		if found := d.find(t, ticket.Search{Text: "lamp", Filter: ticket.SearchFilter{Open: true}}); len(found.Hits) > 0 {
			t.Errorf("open: %q", titles(found))
		}
		if found := d.find(t, ticket.Search{Text: "lamp"}); len(found.Hits) != 1 || found.Hits[0].Ticket.Status != ticket.StatusResolved {
			t.Errorf("%q", titles(found))
		}
		title := "candle"
		_, err = d.parts.Tickets.Edit(ctx, host, tk.ID, ticket.Edit{Title: &title})
		must(t, err)
		d.finds(t, "lamp")
		d.step(t)
		d.finds(t, "lamp")
		d.finds(t, "candle", "candle")
		// What is said of the end user changes his tickets.
		d.finds(t, "müller", "candle")
		d.endUser(t, identity.Profile{UserID: "eve", Name: "Eva Maier", Email: "eva@shop.example"})
		d.finds(t, "müller")
		d.step(t)
		d.finds(t, "maier", "candle")
		d.finds(t, "eva@shop.example", "candle")
		d.finds(t, "eve@shop.example")
	})
}

func TestNotesAndQuotes(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	tk := d.ask(t, "lamp", "It is broken.")
	_, _, err := d.parts.Tickets.Note(t.Context(), ann, tk.ID, ticket.Draft{Text: "Known troublemaker."})
	must(t, err)
	_, _, err = d.parts.Tickets.Reply(t.Context(), ann, tk.ID, ticket.Draft{Text: "Dear customer", Quoted: "On Monday he wrote: ceterum censeo"})
	must(t, err)
	d.step(t)
	d.finds(t, "troublemaker", "lamp")
	d.finds(t, "customer", "lamp")
	d.finds(t, "ceterum")
}

// Of a ticket with very much text the first message and the newest ones are found.
func TestLargeTicket(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	tk := d.ask(t, "large", "firstword "+strings.Repeat("filler ", 3000)+" lateword")
	for i := range 12 {
		_, _, err := d.parts.Tickets.Note(t.Context(), ann, tk.ID, ticket.Draft{Text: fmt.Sprintf("number%dnote ", i) + strings.Repeat("filler ", 1500)})
		must(t, err)
	}
	d.step(t)
	for _, text := range []string{"firstword", "number11note", "number10note", "number8note"} {
		d.finds(t, text, "large")
	}
	for _, text := range []string{"lateword", "number0note", "number1note"} {
		if found := d.find(t, ticket.Search{Text: `"` + text + `"`}); len(found.Hits) > 0 {
			t.Errorf("%q is found", text)
		}
	}
}

func TestPages(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		for i := range 25 {
			d.ask(t, fmt.Sprintf("t%02d", i), "lamp "+strings.Repeat("lamp ", i%5)+"shade")
		}
		d.step(t)
		for _, newest := range []bool{false, true} { // what the second adds would be counted by the first
			seen := map[string]int{}
			var order []string
			s := ticket.Search{Text: "lamp", Newest: newest, Limit: 4}
			for pages := 0; ; pages++ {
				found := d.find(t, s)
				for _, h := range found.Hits {
					seen[h.Ticket.Title]++
					order = append(order, h.Ticket.Title)
				}
				if found.Next == "" {
					break
				}
				if s.After = found.Next; pages > 25 {
					t.Fatal("no end")
				}
				if newest && pages == 2 { // newer ones don't move the pages
					d.ask(t, "later", "lamp")
					d.step(t)
				}
			}
			if len(seen) != 25 || len(order) != 25 {
				t.Errorf("newest %v: %d of 25 tickets, %d rows: %q", newest, len(seen), len(order), order)
			}
			if newest && (order[0] != "t24" || order[24] != "t00") {
				t.Errorf("%q", order)
			}
			other := s
			other.Text, other.After = "shade", d.find(t, ticket.Search{Text: "lamp", Newest: newest, Limit: 4}).Next
			for _, bad := range []ticket.Search{other, {Text: "lamp", Newest: newest, After: "xyz"}, {Text: "lamp", Newest: !newest, After: other.After}} {
				if _, err := d.ix.Find(t.Context(), ann, bad); !errors.Is(err, store.ErrCursor) {
					t.Errorf("error %v, want ErrCursor", err)
				}
			}
		}
	})
}

func TestClosed(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	d.ask(t, "lamp", "lamp")
	d.step(t)
	must(t, d.ix.Close())
	must(t, d.ix.Close())
	if _, err := d.ix.Find(t.Context(), ann, ticket.Search{Text: "lamp"}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("error %v", err)
	}
	if _, err := d.ix.Step(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.ix.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
