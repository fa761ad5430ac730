package ticket_test

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
	"github.com/frontdesk-go/frontdesk/ticket/richtext"
	"github.com/google/go-cmp/cmp"
)

// quick is a shared quick reply with a text for all languages.
func quick(title, shortcut, body string) *ticket.QuickReply {
	return &ticket.QuickReply{Title: title, Shortcut: shortcut, Texts: []ticket.ReplyText{{Text: body}}}
}

func (d *desk) quick(t testing.TB, who event.Actor, q *ticket.QuickReply) *ticket.QuickReply {
	t.Helper()
	must(t, d.tickets.SaveQuickReply(t.Context(), who, q))
	return q
}

func TestSaveQuickReply(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		must(t, d.tickets.SaveField(t.Context(), host, &ticket.Field{Key: "spend", Type: ticket.Number}))
		q := d.quick(t, admin, &ticket.QuickReply{Title: " Refund ", Shortcut: "/Refund", Folder: "Money", Texts: []ticket.ReplyText{
			{Language: "en", Text: "Hi {{user.name | there}}, {{field.spend}} comes back.", HTML: "<script><p>{{user.name | there}}</p>"}, {Language: "de", Text: "Hallo"}}})
		if q.ID == "" || q.Rev != 1 || q.Title != "Refund" || q.Texts[0].HTML != "<p>{{user.name | there}}</p>" || !q.Created.Equal(start) {
			t.Errorf("saved %+v", q)
		}
		got, err := d.tickets.QuickReply(t.Context(), ann, q.ID)
		if must(t, err); cmp.Diff(q, got) != "" {
			t.Error(cmp.Diff(q, got))
		}
		d.clock.forward(time.Hour)
		got.Texts = got.Texts[:1]
		must(t, d.tickets.SaveQuickReply(t.Context(), admin, got))
		if !got.Created.Equal(start) || !got.Updated.Equal(start.Add(time.Hour)) || got.Rev != 2 {
			t.Errorf("changed %+v", got)
		}
		is(t, d.tickets.SaveQuickReply(t.Context(), admin, q), store.ErrStale)
		must(t, d.tickets.DeleteQuickReply(t.Context(), admin, q.ID))
		is(t, d.tickets.DeleteQuickReply(t.Context(), admin, q.ID), store.ErrNotFound)
		is(t, d.tickets.SaveQuickReply(t.Context(), admin, got), store.ErrNotFound)
		_, err = d.tickets.QuickReply(t.Context(), ann, q.ID)
		is(t, err, store.ErrNotFound)
		want := []string{"quick_reply.created", "quick_reply.changed", "quick_reply.deleted"}
		if diff := cmp.Diff(want, d.history(t, "quick_reply:"+q.ID)); diff != "" {
			t.Error(diff)
		}
		all, _, err := d.tickets.QuickReplies(t.Context(), ann, ticket.QuickReplyFilter{}, "", 10)
		if must(t, err); len(all) != 0 {
			t.Errorf("what was deleted is listed: %+v", all[0])
		}
	})
}

func TestHTMLOfQuickRepliesNeedsASanitiser(t *testing.T) {
	t.Parallel()
	d := openMemory(t, &ticket.Options{})
	q := d.quick(t, admin, &ticket.QuickReply{Title: "a", Texts: []ticket.ReplyText{{Text: "text", HTML: "<p>html</p>"}}})
	if q.Texts[0].HTML != "" {
		t.Errorf("kept %q", q.Texts[0].HTML)
	}
	refuses(t, d.tickets.SaveQuickReply(t.Context(), admin, &ticket.QuickReply{Title: "b", Texts: []ticket.ReplyText{{HTML: "<p>html</p>"}}}), "quick_reply.texts.*")
}

// What the sanitiser would take away isn't lost in silence.
func TestPlaceholdersInTags(t *testing.T) {
	t.Parallel()
	d := openMemory(t, &ticket.Options{Sanitize: richtext.Clean})
	must(t, d.tickets.SaveField(t.Context(), host, &ticket.Field{Key: "order", Type: ticket.SingleLine}))
	for _, html := range []string{`<a href="https://shop.example/{{field.order}}">order</a>`, `<p title="{{field.order}}">order</p>`, `<script>{{field.order}}</script>x`} {
		refuses(t, d.tickets.SaveQuickReply(t.Context(), admin, &ticket.QuickReply{Title: "a", Texts: []ticket.ReplyText{{Text: "x", HTML: html}}}), "quick_reply.texts.*.html")
	}
	q := d.quick(t, admin, &ticket.QuickReply{Title: "a", Texts: []ticket.ReplyText{{Text: "x", HTML: `<p onclick="x">See <b>{{field.order | "yours" & more}}</b></p>`}}})
	tk, err := d.tickets.Create(t.Context(), ticket.New{Actor: host, EndUser: d.eve, Fields: map[string]any{"order": `<a href="javascript:x">4</a>`}})
	must(t, err)
	for id, want := range map[string]string{
		tk.ID:       `<p>See <b>&lt;a href=&#34;javascript:x&#34;&gt;4&lt;/a&gt;</b></p>`,
		d.ask(t).ID: `<p>See <b>&#34;yours&#34; &amp; more</b></p>`,
	} {
		r, err := d.tickets.PreviewQuickReply(t.Context(), ann, id, q.ID)
		if must(t, err); r.HTML != want {
			t.Errorf("previewed %s, want %s", r.HTML, want)
		}
		_, m, err := d.tickets.SendQuickReply(t.Context(), ann, id, q.ID, ticket.Draft{})
		if must(t, err); m.HTML != want {
			t.Errorf("sent %s, want %s", m.HTML, want)
		}
	}
}

func TestQuickReplyRefusals(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		body := func(text string) []ticket.ReplyText { return []ticket.ReplyText{{Language: "de", Text: text}} }
		for _, c := range []struct {
			field  string
			change func(q *ticket.QuickReply)
		}{
			{"quick_reply.title", func(q *ticket.QuickReply) { q.Title = " " }},
			{"quick_reply.shortcut", func(q *ticket.QuickReply) { q.Shortcut = "refund" }},
			{"quick_reply.shortcut", func(q *ticket.QuickReply) { q.Shortcut = "/" }},
			{"quick_reply.shortcut", func(q *ticket.QuickReply) { q.Shortcut = "/re fund" }},
			{"quick_reply.shortcut", func(q *ticket.QuickReply) { q.Shortcut = "/a/b" }},
			{"quick_reply.texts", func(q *ticket.QuickReply) { q.Texts = nil }},
			{"quick_reply.texts", func(q *ticket.QuickReply) { q.Texts = []ticket.ReplyText{{Language: "de_DE", Text: "x"}} }},
			{"quick_reply.texts.DE", func(q *ticket.QuickReply) { q.Texts = append(body("x"), ticket.ReplyText{Language: "DE", Text: "y"}) }},
			{"quick_reply.texts.de", func(q *ticket.QuickReply) { q.Texts = body(" \n") }},
			{"quick_reply.texts.de.text", func(q *ticket.QuickReply) { q.Texts = body("{{user.name") }},
			{"quick_reply.texts.de.text", func(q *ticket.QuickReply) { q.Texts = body("{{user.password}}") }},
			{"quick_reply.texts", func(q *ticket.QuickReply) { q.Texts = body("{{field.none}}") }},
			{"quick_reply.attachments", func(q *ticket.QuickReply) { q.Attachments = []ticket.Attachment{{ID: "none"}} }},
			{"quick_reply.id", func(q *ticket.QuickReply) { q.ID = "a/b" }},
			{"quick_reply.id", func(q *ticket.QuickReply) { q.ID = strings.Repeat("x", 101) }},
			{"quick_reply.texts.de.html", func(q *ticket.QuickReply) { q.Texts = body("x"); q.Texts[0].HTML = "<p>{{user.name</p>" }},
			{"quick_reply.owner", func(q *ticket.QuickReply) { q.Owner = "nobody" }},
		} {
			q := quick("a", "", "b")
			c.change(q)
			refuses(t, d.tickets.SaveQuickReply(t.Context(), host, q), c.field)
		}
		bad := quick("a", "", "Hi\n{{User}}")
		err := d.tickets.SaveQuickReply(t.Context(), host, bad)
		if err == nil || !strings.Contains(err.Error(), "line 2, column 1") {
			t.Errorf("error %v doesn't say where", err)
		}
		q := d.quick(t, ann, &ticket.QuickReply{Title: "mine", Owner: "ann", Texts: body("x")})
		q.Owner = "bob"
		refuses(t, d.tickets.SaveQuickReply(t.Context(), host, q), "quick_reply.owner")
	})
}

func TestQuickReplyLimits(t *testing.T) {
	t.Parallel()
	d := openMemory(t, nil)
	texts := func(n int) (all []ticket.ReplyText) {
		for i := range n {
			all = append(all, ticket.ReplyText{Language: fmt.Sprintf("%c%c", 'a'+i/26, 'a'+i%26), Text: "x"})
		}
		return all
	}
	large := func(n int) (all []ticket.ReplyText) {
		for all = texts(9); n > 9; {
			for i := range all {
				more := min(n-9, 99_000)
				all[i].Text, n = "x"+strings.Repeat("x", more), n-more
			}
		}
		return all
	}
	for _, c := range []struct {
		field string
		limit int
		set   func(q *ticket.QuickReply, n int)
	}{
		{"quick_reply.title", 255, func(q *ticket.QuickReply, n int) { q.Title = strings.Repeat("ü", n) }},
		{"quick_reply.shortcut", 32, func(q *ticket.QuickReply, n int) { q.Shortcut = "/" + strings.Repeat("返", n) }},
		{"quick_reply.folder", 255, func(q *ticket.QuickReply, n int) { q.Folder = strings.Repeat("ü", n) }},
		{"quick_reply.texts", 50, func(q *ticket.QuickReply, n int) { q.Texts = texts(n) }},
		{"quick_reply.texts", 800 << 10, func(q *ticket.QuickReply, n int) { q.Texts = large(n) }},
		{"quick_reply.texts.*.text", 100_000, func(q *ticket.QuickReply, n int) { q.Texts[0].Text = strings.Repeat("ü", n) }},
		{"quick_reply.texts.*.html", 100_000, func(q *ticket.QuickReply, n int) { q.Texts[0].HTML = strings.Repeat("ü", n) }},
		{"quick_reply.attachments", 20, func(q *ticket.QuickReply, n int) {
			for range n {
				q.Attachments = append(q.Attachments, *d.upload(t, admin, "f", "x"))
			}
		}},
	} {
		for n := c.limit - 1; n <= c.limit+1; n++ {
			q := quick("a", "", "b")
			c.set(q, n)
			err := d.tickets.SaveQuickReply(t.Context(), admin, q)
			bad, refused := errors.AsType[*store.FieldError](err)
			switch {
			case n <= c.limit && err != nil:
				t.Errorf("%s of %d: %v", c.field, n, err)
			case n > c.limit && (!refused || bad.Field != c.field || bad.Limit != c.limit):
				t.Errorf("%s of %d: error %v, want one about the limit of %d", c.field, n, err, c.limit)
			}
		}
	}
}

// fillShelf saves quick replies, many in a transaction.
func (d *desk) fillShelf(t testing.TB, who event.Actor, owner string, n int, make func(i int) *ticket.QuickReply) {
	t.Helper()
	for made := 0; made < n; {
		must(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for range min(250, n-made) {
				q := make(made)
				q.Owner = owner
				if err := d.tickets.In(tx).SaveQuickReply(ctx, who, q); err != nil {
					return err
				}
				made++
			}
			return nil
		}))
	}
}

func TestQuickRepliesPerOwner(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		numbered := func(i int) *ticket.QuickReply { return quick(fmt.Sprint("reply ", i), "", "x") }
		d.fillShelf(t, ann, "ann", ticket.MaxPersonalReplies-1, numbered)
		mine := func() *ticket.QuickReply { q := quick("mine", "", "x"); q.Owner = "ann"; return q }
		last := d.quick(t, ann, mine())
		refuses(t, d.tickets.SaveQuickReply(t.Context(), ann, mine()), "quick_reply")
		last.Title = "changed" // which makes no more of them
		d.quick(t, ann, last)
		must(t, d.tickets.DeleteQuickReply(t.Context(), ann, last.ID))
		d.quick(t, ann, mine())
		d.quick(t, admin, quick("shared", "", "x"))
	})
}

func TestSharedQuickReplies(t *testing.T) {
	t.Parallel()
	d := openMemory(t, nil)
	d.fillShelf(t, admin, "", ticket.MaxSharedReplies, func(i int) *ticket.QuickReply { return quick(fmt.Sprint("reply ", i), "", "x") })
	refuses(t, d.tickets.SaveQuickReply(t.Context(), admin, quick("one more", "", "x")), "quick_reply")
}

func TestShortcutsAreUnique(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		first := d.quick(t, admin, quick("one", "/Refund", "x"))
		err := d.tickets.SaveQuickReply(t.Context(), admin, quick("two", "/refund", "x"))
		is(t, err, store.ErrExists)
		if e, ok := errors.AsType[*store.Error](err); !ok || e.Key != "/refund" {
			t.Errorf("error %v doesn't name the shortcut", err)
		}
		two := d.quick(t, admin, quick("two", "/refund2", "x"))
		two.Shortcut = "/ＲＥＦＵＮＤ"
		is(t, d.tickets.SaveQuickReply(t.Context(), admin, two), store.ErrExists)
		for _, owner := range []event.Actor{ann, bob} { // each has his own
			q := quick("mine", "/refund", "x")
			q.Owner = owner.ID
			d.quick(t, owner, q)
		}
		first.Archived = true
		d.quick(t, admin, first)
		two.Shortcut = "/refund"
		d.quick(t, admin, two)
		first.Archived = false
		is(t, d.tickets.SaveQuickReply(t.Context(), admin, first), store.ErrExists)
		first.Shortcut = ""
		d.quick(t, admin, first)
	})
}

func TestQuickReplyPermissions(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		lead := event.Actor{Kind: event.Agent, ID: "lea"}
		must(t, d.people.SaveAgent(t.Context(), host, &identity.Agent{ID: "lea", Name: "Lea", Role: identity.Supervisor}))
		shared := d.quick(t, lead, quick("shared", "", "x"))
		mine := quick("mine", "", "x")
		mine.Owner = "ann"
		d.quick(t, ann, mine)
		forbidden(t, d.tickets.SaveQuickReply(t.Context(), ann, quick("shared", "", "x")))
		forbidden(t, d.tickets.SaveQuickReply(t.Context(), bot, quick("shared", "", "x")))
		forbidden(t, d.tickets.SaveQuickReply(t.Context(), d.user(), quick("shared", "", "x")))
		forbidden(t, d.tickets.DeleteQuickReply(t.Context(), ann, shared.ID))
		tk := d.ask(t)
		for _, who := range []event.Actor{bob, lead, admin, bot, rule} {
			copied := *mine
			is(t, d.tickets.SaveQuickReply(t.Context(), who, &copied), store.ErrNotFound)
			copied.ID, copied.Rev = "", 0
			is(t, d.tickets.SaveQuickReply(t.Context(), who, &copied), store.ErrNotFound)
			is(t, d.tickets.DeleteQuickReply(t.Context(), who, mine.ID), store.ErrNotFound)
			_, err := d.tickets.QuickReply(t.Context(), who, mine.ID)
			is(t, err, store.ErrNotFound)
			_, _, err = d.tickets.QuickReplies(t.Context(), who, ticket.QuickReplyFilter{Owner: "ann"}, "", 10)
			is(t, err, store.ErrNotFound)
			_, err = d.tickets.PreviewQuickReply(t.Context(), who, tk.ID, mine.ID)
			is(t, err, store.ErrNotFound)
			_, _, err = d.tickets.SendQuickReply(t.Context(), who, tk.ID, mine.ID, ticket.Draft{})
			is(t, err, store.ErrNotFound)
			all, err := d.tickets.SuggestQuickReplies(t.Context(), who, "mine", 10)
			if must(t, err); len(all) != 0 {
				t.Errorf("%s is offered ann's own %q", who, all[0].Title)
			}
			_, err = d.tickets.QuickReply(t.Context(), who, shared.ID)
			must(t, err)
		}
		_, err := d.tickets.QuickReply(t.Context(), d.user(), shared.ID)
		forbidden(t, err)
		_, _, err = d.tickets.QuickReplies(t.Context(), d.user(), ticket.QuickReplyFilter{}, "", 10)
		forbidden(t, err)
		_, err = d.tickets.SuggestQuickReplies(t.Context(), d.user(), "", 10)
		forbidden(t, err)
		_, err = d.tickets.PreviewQuickReply(t.Context(), d.user(), tk.ID, shared.ID)
		forbidden(t, err)
		_, _, err = d.tickets.SendQuickReply(t.Context(), d.user(), tk.ID, shared.ID, ticket.Draft{})
		forbidden(t, err)
		must(t, d.tickets.DeleteQuickReply(t.Context(), host, mine.ID)) // the host's own code may
	})
}
