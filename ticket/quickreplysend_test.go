package ticket_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

func TestPreviewQuickReply(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		must(t, d.tickets.SaveField(t.Context(), host, &ticket.Field{Key: "spend", Type: ticket.Number}))
		must(t, d.tickets.SaveField(t.Context(), host, &ticket.Field{Key: "vip", Type: ticket.Checkbox}))
		q := d.quick(t, admin, &ticket.QuickReply{Title: "a", Texts: []ticket.ReplyText{
			{Language: "en", Text: "Hi {{user.name | there}}: {{ticket.number}}, {{field.spend}}, {{field.vip | no}}. {{agent.name}} of {{app.name}}",
				HTML: "<b>{{user.name | <i>you</i>}}</b> {{ticket.title}}"},
			{Language: "de", Text: "Hallo {{user.name}}"},
			{Language: "pt-BR", Text: "Olá"}}})
		u, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "mallory", Name: "<Mallory>"})
		must(t, err)
		tk, err := d.tickets.Create(t.Context(), ticket.New{Actor: host, EndUser: u.ID, Title: "A & B", Fields: map[string]any{"spend": 12.5, "vip": true}})
		must(t, err)
		r, err := d.tickets.PreviewQuickReply(t.Context(), ann, tk.ID, q.ID)
		must(t, err)
		want := &ticket.Rendered{Language: "en", Text: fmt.Sprintf("Hi <Mallory>: %d, 12.5, true. ANN of Support", tk.Number),
			HTML: "<b>&lt;Mallory&gt;</b> A &amp; B"}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Error(diff)
		}
		for language, want := range map[string]string{"de-AT": "de", "pt-PT": "pt-BR", "ja": "en"} {
			_, err := d.tickets.Edit(t.Context(), host, tk.ID, ticket.Edit{Language: &language})
			must(t, err)
			r, err := d.tickets.PreviewQuickReply(t.Context(), ann, tk.ID, q.ID)
			if must(t, err); r.Language != want {
				t.Errorf("%s gives %s, want %s", language, r.Language, want)
			}
		}
		bare := d.ask(t) // of somebody without a name, without a title and fields
		_, err = d.tickets.PreviewQuickReply(t.Context(), ann, bare.ID, q.ID)
		missing, ok := errors.AsType[*ticket.UnresolvedError](err)
		if !ok || cmp.Diff([]string{"field.spend", "ticket.title"}, missing.Names) != "" {
			t.Errorf("error %v", err)
		}
		head := d.head(t)
		_, _, err = d.tickets.SendQuickReply(t.Context(), ann, bare.ID, q.ID, ticket.Draft{})
		if _, ok := errors.AsType[*ticket.UnresolvedError](err); !ok {
			t.Errorf("error %v", err)
		}
		d.unchanged(t, bare, head)
		_, err = d.tickets.PreviewQuickReply(t.Context(), ann, "none", q.ID)
		is(t, err, store.ErrNotFound)
		_, err = d.tickets.PreviewQuickReply(t.Context(), ann, tk.ID, "none")
		is(t, err, store.ErrNotFound)
	})
}

func TestPrivateAgentsSignAsTheBrand(t *testing.T) {
	t.Parallel()
	d := openMemory(t, nil)
	app, err := d.tickets.App(t.Context(), ticket.DefaultApp)
	must(t, err)
	app.Private = true
	must(t, d.tickets.SaveApp(t.Context(), host, app))
	q := d.quick(t, admin, quick("a", "", "Yours, {{agent.name}}"))
	r, err := d.tickets.PreviewQuickReply(t.Context(), ann, d.ask(t).ID, q.ID)
	if must(t, err); r.Text != "Yours, Support" {
		t.Errorf("signed %q", r.Text)
	}
}

func TestSendQuickReply(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		q := d.quick(t, admin, &ticket.QuickReply{Title: "a", Texts: []ticket.ReplyText{{Text: "Number {{ticket.number}}", HTML: "<p>{{ticket.number}}</p>"}}})
		tk := d.ask(t)
		d.clock.forward(time.Minute)
		now, m, err := d.tickets.SendQuickReply(t.Context(), ann, tk.ID, q.ID, ticket.Draft{ClientID: "c1"})
		must(t, err)
		if m.Text != fmt.Sprint("Number ", tk.Number) || m.HTML != fmt.Sprintf("<p>%d</p>", tk.Number) || m.QuickReply != q.ID ||
			m.Author != ann || now.Assignee != ann || now.Status != ticket.StatusAgentReplied {
			t.Errorf("message %+v of %s", m, now.Status)
		}
		if diff := cmp.Diff([]string{ticket.Created, ticket.MessageAdded, ticket.QuickReplyUsed, ticket.Assigned}, d.history(t, tk.ID)); diff != "" {
			t.Error(diff)
		}
		head := d.head(t)
		q.Texts = []ticket.ReplyText{{Text: "Something else"}}
		d.quick(t, admin, q)
		// Again: nothing more happens, whatever the quick reply says now.
		_, again, err := d.tickets.SendQuickReply(t.Context(), ann, tk.ID, q.ID, ticket.Draft{ClientID: "c1"})
		must(t, err)
		if again.Seq != m.Seq || again.Text != m.Text {
			t.Errorf("again %+v", again)
		}
		d.unchanged(t, now, head+1) // of saving
		another := d.quick(t, admin, quick("b", "", "x"))
		for _, c := range []struct {
			reply string
			d     ticket.Draft
		}{{another.ID, ticket.Draft{ClientID: "c1"}}, {q.ID, ticket.Draft{ClientID: "c1", Text: "edited"}}} {
			_, _, err = d.tickets.SendQuickReply(t.Context(), ann, tk.ID, c.reply, c.d)
			is(t, err, store.ErrKeyReused)
		}
		_, m, err = d.tickets.SendQuickReply(t.Context(), ann, tk.ID, q.ID, ticket.Draft{Text: "Edited {{by hand}}"})
		must(t, err)
		if m.Text != "Edited {{by hand}}" || m.HTML != "" || m.QuickReply != q.ID {
			t.Errorf("edited %+v", m)
		}
		d.write(t, tk.ID, "Thanks!")
		_, _, err = d.tickets.SendQuickReply(t.Context(), ann, tk.ID, q.ID, ticket.Draft{Seen: m.Seq})
		is(t, err, store.ErrStale)
		d.step(t)
		got, err := d.tickets.QuickReply(t.Context(), ann, q.ID)
		must(t, err)
		if got.Uses != 2 || !got.LastUsed.Equal(start.Add(time.Minute)) {
			t.Errorf("%d uses, last at %v", got.Uses, got.LastUsed)
		}
		q.Archived = true // who has it open may still send it
		d.quick(t, admin, q)
		_, _, err = d.tickets.SendQuickReply(t.Context(), bot, tk.ID, q.ID, ticket.Draft{})
		must(t, err)
	})
}

// A use of a quick reply that is deleted before it is counted counts for nothing.
func TestUsesOfDeletedQuickReplies(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		q, kept := d.quick(t, admin, quick("a", "", "x")), d.quick(t, admin, quick("b", "", "y"))
		tk := d.ask(t)
		for range 3 {
			for _, r := range []*ticket.QuickReply{q, kept} {
				_, _, err := d.tickets.SendQuickReply(t.Context(), ann, tk.ID, r.ID, ticket.Draft{})
				must(t, err)
			}
		}
		must(t, d.tickets.DeleteQuickReply(t.Context(), admin, q.ID))
		d.step(t)
		got, err := d.tickets.QuickReply(t.Context(), ann, kept.ID)
		if must(t, err); got.Uses != 3 {
			t.Errorf("%d uses, want 3", got.Uses)
		}
		if got := d.suggested(t, ann, ""); got != "b" {
			t.Errorf("suggested %q", got)
		}
		parked, _, err := d.events.ParkedEvents(t.Context(), "", 10)
		if must(t, err); len(parked) > 0 {
			t.Errorf("parked %+v", parked[0])
		}
	})
}

func TestQuickReplyAttachments(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a, b := d.upload(t, admin, "terms.txt", "the terms"), d.upload(t, admin, "b.txt", "more")
		q := quick("a", "", "See the terms.")
		q.Attachments = []ticket.Attachment{{ID: a.ID}, {ID: b.ID}}
		d.quick(t, admin, q)
		if q.Attachments[0].Name != "terms.txt" || q.Attachments[0].Size != 9 {
			t.Errorf("kept %+v", q.Attachments)
		}
		two := quick("b", "", "x")
		two.Attachments = q.Attachments[:1]
		refuses(t, d.tickets.SaveQuickReply(t.Context(), admin, two), "quick_reply.attachments")
		two.Attachments = []ticket.Attachment{*d.upload(t, ann, "c", "of ann")}
		refuses(t, d.tickets.SaveQuickReply(t.Context(), admin, two), "quick_reply.attachments")
		_, _, err := d.tickets.Reply(t.Context(), admin, d.ask(t).ID, ticket.Draft{Attachments: []string{a.ID}})
		refuses(t, err, "message.attachments")
		content, err := d.read(t, ann, a.ID)
		if err != nil || content != "the terms" {
			t.Errorf("ann reads %q, %v", content, err)
		}
		_, err = d.read(t, d.user(), a.ID)
		is(t, err, store.ErrNotFound)

		tk := d.ask(t)
		var sent []ticket.Attachment
		for range 2 {
			own := d.upload(t, ann, "own.txt", "own")
			_, m, err := d.tickets.SendQuickReply(t.Context(), ann, tk.ID, q.ID, ticket.Draft{Attachments: []string{own.ID}})
			must(t, err)
			if len(m.Attachments) != 3 || m.Attachments[0].Name != "own.txt" || m.Attachments[1].Name != "terms.txt" || m.Attachments[1].ID == a.ID {
				t.Errorf("sent %+v", m.Attachments)
			}
			sent = append(sent, m.Attachments[1])
		}
		if sent[0].ID == sent[1].ID {
			t.Error("two messages share an upload")
		}
		reads := func(id, want string) {
			t.Helper()
			if got, err := d.read(t, d.user(), id); err != nil || got != want {
				t.Errorf("eve reads %q, %v", got, err)
			}
		}
		reads(sent[0].ID, "the terms")
		other := event.Actor{Kind: event.EndUser, ID: d.endUser(t, "other")}
		_, err = d.read(t, other, sent[0].ID)
		is(t, err, store.ErrNotFound)

		sweep := func(want int) {
			t.Helper()
			n, err := d.tickets.SweepUploads(t.Context(), time.Now().Add(time.Hour))
			if must(t, err); n != want {
				t.Errorf("%d files were swept, want %d", n, want)
			}
		}
		sweep(1) // of ann, who sent it with nothing
		q.Attachments = q.Attachments[1:]
		d.quick(t, admin, q)
		sweep(0) // messages have it
		reads(sent[1].ID, "the terms")
		must(t, d.tickets.DeleteQuickReply(t.Context(), admin, q.ID))
		unsent := quick("c", "", "x")
		unsent.Attachments = []ticket.Attachment{*d.upload(t, admin, "d", "never sent")}
		d.quick(t, admin, unsent)
		sweep(0)
		must(t, d.tickets.DeleteQuickReply(t.Context(), admin, unsent.ID))
		sweep(1)
		reads(sent[0].ID, "the terms")
	})
}

func TestQuickReplyAndDraftAttachTwenty(t *testing.T) {
	t.Parallel()
	d := openMemory(t, nil)
	q := quick("a", "", "x")
	for range 15 {
		q.Attachments = append(q.Attachments, *d.upload(t, admin, "f", "x"))
	}
	d.quick(t, admin, q)
	tk := d.ask(t)
	var own []string
	for range 6 {
		own = append(own, d.upload(t, ann, "f", "y").ID)
	}
	_, _, err := d.tickets.SendQuickReply(t.Context(), ann, tk.ID, q.ID, ticket.Draft{Attachments: own})
	refuses(t, err, "message.attachments")
	_, m, err := d.tickets.SendQuickReply(t.Context(), ann, tk.ID, q.ID, ticket.Draft{Attachments: own[:5]})
	if must(t, err); len(m.Attachments) != 20 {
		t.Errorf("%d attachments", len(m.Attachments))
	}
}

// Files that quick replies keep don't count among those that wait for a message.
func TestFilesOfQuickRepliesAreNotPending(t *testing.T) {
	t.Parallel()
	d := openMemory(t, nil)
	for range 6 {
		q := quick("a", "", "x")
		for range ticket.MaxAttachments {
			q.Attachments = append(q.Attachments, *d.upload(t, admin, "f", "x"))
		}
		d.quick(t, admin, q)
	}
}

// Many senders at once are all counted, and none waits for another's number.
func TestQuickReplySentByMany(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		q := d.quick(t, admin, quick("a", "", "x"))
		var wg sync.WaitGroup
		const senders, each = 8, 5
		for range senders {
			tk := d.ask(t)
			wg.Go(func() {
				for range each {
					if _, _, err := d.tickets.SendQuickReply(t.Context(), ann, tk.ID, q.ID, ticket.Draft{}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		d.step(t)
		got, err := d.tickets.QuickReply(t.Context(), ann, q.ID)
		if must(t, err); got.Uses != senders*each || got.Rev != 1 {
			t.Errorf("%d uses at revision %d", got.Uses, got.Rev)
		}
	})
}

func TestRenderedTextThatIsTooLong(t *testing.T) {
	t.Parallel()
	d := openMemory(t, nil)
	must(t, d.tickets.SaveField(t.Context(), host, &ticket.Field{Key: "story", Type: ticket.MultiLine}))
	q := d.quick(t, admin, quick("a", "", strings.Repeat("{{field.story}}", 2)))
	tk, err := d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Fields: map[string]any{"story": strings.Repeat("x", 60_000)}})
	must(t, err)
	_, _, err = d.tickets.SendQuickReply(t.Context(), ann, tk.ID, q.ID, ticket.Draft{})
	refuses(t, err, "message.text")
}
