package ticket_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

// chief is a supervisor, who may redact.
func (d *desk) chief(t testing.TB) event.Actor {
	t.Helper()
	must(t, d.people.SaveAgent(t.Context(), host, &identity.Agent{ID: "chief", Name: "CHIEF", Role: identity.Supervisor}))
	return event.Actor{Kind: event.Agent, ID: "chief"}
}

func TestRedact(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		chief := d.chief(t)
		file := d.upload(t, d.user(), "secret.png", png)
		in := d.inbound("", "my password is swordfish")
		in.ClientID, in.HTML, in.Quoted, in.Attachments = "c1", "<p>swordfish</p>", "> swordfish", []string{file.ID}
		in.Page = &ticket.Page{URL: "https://shop.example/?token=swordfish"}
		w, err := d.tickets.Write(t.Context(), in)
		must(t, err)
		id, head := w.Ticket.ID, d.head(t)
		for _, who := range []event.Actor{d.user(), ann, bot, rule} {
			_, _, err := d.tickets.Redact(t.Context(), who, id, 1, nil)
			forbidden(t, err)
			_, _, err = d.tickets.RedactAttachment(t.Context(), who, id, 1, file.ID)
			forbidden(t, err)
			_, err = d.tickets.RedactPattern(t.Context(), who, id, ticket.Cards)
			forbidden(t, err)
		}
		_, _, err = d.tickets.Redact(t.Context(), chief, id, 2, nil)
		is(t, err, store.ErrNotFound)
		d.unchanged(t, w.Ticket, head)

		d.clock.forward(time.Minute)
		tk, m, err := d.tickets.Redact(t.Context(), chief, id, 1, nil)
		must(t, err)
		want := *w.Message
		want.Text, want.HTML, want.Quoted, want.Page, want.Rev = "", "", "", nil, m.Rev
		want.Redacted = &ticket.Redaction{Time: start.Add(time.Minute), By: chief, Whole: true}
		if diff := cmp.Diff(&want, m); diff != "" {
			t.Error(diff)
		}
		if p := tk.Preview; p.Text != "" || !p.Redacted || p.Attachments != 1 || tk.Counts.Inbound != 1 || tk.Status != ticket.StatusNew {
			t.Errorf("ticket %+v", tk)
		}
		if s, err := d.read(t, ann, file.ID); s != png || err != nil {
			t.Errorf("the file went, too: %v", err)
		}
		es := d.eventsOf(t, id)
		last := es[len(es)-1]
		var f ticket.Facts
		must(t, last.Payload(&f))
		if last.Type != ticket.Redacted || last.Actor != chief || f.Seq != 1 || f.Removed != 1 || last.Personal != nil {
			t.Errorf("event %+v, %+v", last, f)
		}
		// Once more changes nothing, and nor does its writer's repetition.
		head = d.head(t)
		again, _, err := d.tickets.Redact(t.Context(), chief, id, 1, nil)
		must(t, err)
		repeated, err := d.tickets.Write(t.Context(), in)
		must(t, err)
		if !repeated.Again || repeated.Message.Text != "" || again.Rev != tk.Rev {
			t.Errorf("repeated: %+v", repeated.Message)
		}
		d.unchanged(t, tk, head)
		in.ClientID = "c1"
		in.Attachments = nil
		_, err = d.tickets.Write(t.Context(), in)
		is(t, err, store.ErrKeyReused)

		_, m, err = d.tickets.Redact(t.Context(), host, id, 1, &ticket.RedactOptions{Attachments: true})
		must(t, err)
		if diff := cmp.Diff([]ticket.Attachment{{ID: file.ID, Redacted: true}}, m.Attachments); diff != "" || m.Redacted.Files != 1 || m.Redacted.By != host {
			t.Errorf("%s, %+v", diff, m.Redacted)
		}
		_, err = d.read(t, ann, file.ID)
		is(t, err, store.ErrNotFound)
		if infos, err := d.blobs.List(t.Context(), "", 10); len(infos) != 0 || err != nil {
			t.Errorf("files that are left: %v, %v", infos, err)
		}
	})
}

// Notes and lines of the desk can be redacted, too; only what end users saw makes
// them load it anew.
func TestRedactKinds(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		_, note, err := d.tickets.Note(t.Context(), ann, tk.ID, text("swordfish"))
		must(t, err)
		_, line, err := d.tickets.Announce(t.Context(), rule, tk.ID, "swordfish")
		must(t, err)
		tk, _, err = d.tickets.Redact(t.Context(), admin, tk.ID, note.Seq, nil)
		if must(t, err); tk.Moved != 0 || tk.Preview.Text != "Where is it?" {
			t.Errorf("moved %d, preview %+v", tk.Moved, tk.Preview)
		}
		was := tk.Rev
		tk, _, err = d.tickets.Redact(t.Context(), admin, tk.ID, line.Seq, nil)
		if must(t, err); tk.Moved != was || tk.Preview.Redacted {
			t.Errorf("moved %d of %d, preview %+v", tk.Moved, was, tk.Preview)
		}
		if diff := cmp.Diff([]string{"Where is it?", "", ""}, d.texts(t, admin, tk.ID)); diff != "" {
			t.Error(diff)
		}
		_, err = d.tickets.Fail(t.Context(), host, tk.ID, 1, "550 no such user: swordfish")
		must(t, err)
		tk, m, err := d.tickets.Redact(t.Context(), admin, tk.ID, 1, nil)
		if must(t, err); m.Failure != "redacted" || tk.DeliveryOf(m) != ticket.DeliveryFailed {
			t.Errorf("failure %q", m.Failure)
		}
	})
}

func TestRedactAttachment(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		shared := d.upload(t, admin, "price list.pdf", "%PDF-1.7 list")
		q := quick("Prices", "/prices", "Here.")
		q.Attachments = []ticket.Attachment{*shared}
		d.quick(t, admin, q)
		own := d.upload(t, ann, "own.txt", "own")
		tk := d.ask(t)
		tk, m, err := d.tickets.SendQuickReply(t.Context(), ann, tk.ID, q.ID, ticket.Draft{ClientID: "q", Attachments: []string{own.ID}})
		must(t, err)
		_, other, err := d.tickets.SendQuickReply(t.Context(), ann, tk.ID, q.ID, ticket.Draft{})
		must(t, err)
		_, _, err = d.tickets.RedactAttachment(t.Context(), admin, tk.ID, m.Seq, shared.ID)
		is(t, err, store.ErrNotFound) // the message has one of its own
		_, m, err = d.tickets.RedactAttachment(t.Context(), admin, tk.ID, m.Seq, m.Attachments[1].ID)
		if must(t, err); !m.Attachments[1].Redacted || m.Attachments[0].Redacted || m.Text != "Here." || m.Redacted.Whole || m.Redacted.Files != 1 {
			t.Errorf("message %+v", m)
		}
		if s, err := d.read(t, ann, other.Attachments[0].ID); s != "%PDF-1.7 list" || err != nil {
			t.Errorf("another message's file: %q, %v", s, err)
		}
		_, m, err = d.tickets.RedactAttachment(t.Context(), admin, tk.ID, m.Seq, m.Attachments[0].ID)
		must(t, err)
		head, now := d.head(t), d.get(t, tk.ID)
		_, _, err = d.tickets.RedactAttachment(t.Context(), admin, tk.ID, m.Seq, m.Attachments[0].ID)
		must(t, err)
		again, repeated, err := d.tickets.SendQuickReply(t.Context(), ann, tk.ID, q.ID, ticket.Draft{ClientID: "q", Attachments: []string{own.ID}})
		if must(t, err); repeated.Seq != m.Seq || again.Rev != now.Rev {
			t.Errorf("sent again: %+v", repeated)
		}
		d.unchanged(t, now, head)
		left := func() (n int) {
			infos, err := d.blobs.List(t.Context(), "", 10)
			must(t, err)
			return len(infos)
		}
		if n := left(); n != 1 {
			t.Errorf("%d files, want that of the quick reply", n)
		}
		// Once the quick reply is gone, the last message that has the file takes it along.
		must(t, d.tickets.DeleteQuickReply(t.Context(), admin, q.ID))
		if n := left(); n != 1 {
			t.Errorf("%d files, want that of the other message", n)
		}
		_, _, err = d.tickets.Redact(t.Context(), admin, tk.ID, other.Seq, &ticket.RedactOptions{Attachments: true})
		must(t, err)
		if n := left(); n != 0 {
			t.Errorf("%d files are left", n)
		}
	})
}

// A redacted message stays so wherever it goes.
func TestRedactedMessagesMove(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		file := d.upload(t, d.user(), "a.txt", "swordfish")
		in := d.inbound("", "swordfish")
		in.Fresh, in.Attachments = true, []string{file.ID}
		w, err := d.tickets.Write(t.Context(), in)
		must(t, err)
		a, b := w.Ticket.ID, d.fresh(t, "another").ID
		d.write(t, a, "more")
		_, _, err = d.tickets.Redact(t.Context(), admin, a, 1, &ticket.RedactOptions{Attachments: true})
		must(t, err)
		gone := func(id string, seq int64) {
			t.Helper()
			for _, m := range d.messages(t, admin, id) {
				if m.Seq == seq && m.Text == "" && m.Redacted != nil && m.Redacted.Whole && m.Attachments[0].Redacted {
					return
				}
			}
			t.Errorf("message %d of %s isn't as it was", seq, id)
		}
		_, _, err = d.tickets.Merge(t.Context(), admin, a, b, nil)
		must(t, err)
		gone(b, 2)
		_, _, err = d.tickets.Redact(t.Context(), admin, a, 2, nil) // its messages are elsewhere
		if merged, ok := errors.AsType[*ticket.MergedError](err); !ok || merged.Into != b {
			t.Errorf("error %v", err)
		}
		_, _, err = d.tickets.Redact(t.Context(), admin, b, 3, nil)
		must(t, err)
		_, _, err = d.tickets.Unmerge(t.Context(), admin, a)
		must(t, err)
		gone(a, 1)
		d.write(t, a, "third")
		if diff := cmp.Diff([]string{"", "", "third"}, d.texts(t, admin, a)); diff != "" {
			t.Error(diff)
		}
		_, part, err := d.tickets.Split(t.Context(), admin, a, []int64{1}, "")
		must(t, err)
		gone(part.ID, 1)
	})
}

// The note that quotes a conversation elsewhere forgets a message, too.
func TestRedactReachesQuotes(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a := d.ask(t)
		d.write(t, a.ID, "swordfish\nand 4111 1111 1111 1111")
		d.write(t, a.ID, "bye")
		b, err := d.tickets.Create(t.Context(), ticket.New{EndUser: d.endUser(t, "mallory"), Message: &ticket.Draft{Text: "swordfish is what I had"}})
		must(t, err)
		_, _, err = d.tickets.Merge(t.Context(), admin, a.ID, b.ID, &ticket.MergeOptions{Abroad: true})
		must(t, err)
		n, err := d.tickets.RedactPattern(t.Context(), admin, a.ID, ticket.Cards)
		if note := d.texts(t, admin, b.ID)[1]; n != 1 || err != nil || strings.Contains(note, "4111") || !strings.Contains(note, "swordfish") {
			t.Errorf("%d pieces, %v, note %q", n, err, note)
		}
		_, _, err = d.tickets.Redact(t.Context(), admin, a.ID, 2, nil)
		must(t, err)
		ms := d.messages(t, admin, b.ID)
		if note := ms[1]; strings.Contains(note.Text, "swordfish") || !strings.Contains(note.Text, "[removed]") || !strings.Contains(note.Text, "Where is it?") ||
			!strings.Contains(note.Text, "bye") || note.Redacted == nil || ms[0].Text != "swordfish is what I had" {
			t.Errorf("note %+v", note)
		}
		// What is redacted before isn't quoted.
		c := d.fresh(t, "c")
		_, _, err = d.tickets.Redact(t.Context(), admin, c.ID, 1, nil)
		must(t, err)
		_, _, err = d.tickets.Merge(t.Context(), admin, c.ID, b.ID, &ticket.MergeOptions{Abroad: true})
		must(t, err)
		if texts := d.texts(t, admin, b.ID); !strings.HasSuffix(texts[len(texts)-1], ":\n[removed]") {
			t.Errorf("quoted %q", texts[len(texts)-1])
		}
	})
}

const card, masked = "4111 1111 1111 1111", "•••• •••• •••• 1111"

// Wherever people write on a ticket, a card's number is found, and nothing else goes.
func TestRedactPattern(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.define(t)
		file := d.upload(t, d.user(), "card "+card+".txt", "x")
		w, err := d.tickets.Write(t.Context(), ticket.Inbound{EndUser: d.eve, Title: "Card " + card, Draft: ticket.Draft{
			Text: "It is " + card + ", twice " + card, HTML: "<p>It is " + card + ", twice " + card + "</p>", Quoted: "> " + card,
			Attachments: []string{file.ID}, Page: &ticket.Page{URL: "https://x/4111111111111111", Title: card}},
			Fields: map[string]any{"line": card, "lines": "one\n" + card, "count": 4111111111111111.0, "size": "S", "none": 1},
			Device: ticket.Device{Metadata: []ticket.Pair{{Key: "k", Value: card}}, Breadcrumbs: []ticket.Crumb{{Text: card}}, DebugLog: []string{card}}})
		must(t, err)
		id := w.Ticket.ID
		title, long := "Was "+card, strings.Repeat("x", 490)+card // of which the history keeps the beginning
		_, err = d.tickets.Edit(t.Context(), ann, id, ticket.Edit{Title: &title, Fields: map[string]any{"lines": long}})
		must(t, err)
		short := "short"
		_, err = d.tickets.Edit(t.Context(), ann, id, ticket.Edit{Title: &short, Fields: map[string]any{"lines": "l " + card}})
		must(t, err)
		_, err = d.tickets.Snooze(t.Context(), ann, id, start.Add(time.Hour), "waits for "+card)
		must(t, err)
		for range 150 {
			_, _, err = d.tickets.Note(t.Context(), ann, id, text("nothing"))
			must(t, err)
		}
		_, _, err = d.tickets.Note(t.Context(), ann, id, text("the last: "+card))
		must(t, err)
		_, err = d.tickets.RedactPattern(t.Context(), admin, id, "(")
		refuses(t, err, "pattern")
		_, err = d.tickets.RedactPattern(t.Context(), admin, id, strings.Repeat("x", ticket.MaxPattern+1))
		refuses(t, err, "pattern")

		n, err := d.tickets.RedactPattern(t.Context(), admin, id, "")
		must(t, err)
		if want := 6 + 1 + 7; n != want { // message, last note, ticket
			t.Errorf("%d pieces, want %d", n, want)
		}
		tk := d.get(t, id)
		for _, got := range []string{fmt.Sprintf("%+v %+v", *tk, tk.Snoozed), fmt.Sprintf("%+v", *d.messages(t, admin, id)[0]), d.told(t, id), d.payloads(t, id)} {
			if strings.Contains(got, "4111") || strings.Contains(got, "41111") {
				t.Errorf("left: %s", got)
			}
		}
		if v, _ := ticket.ValueOf[string](tk, "line"); v != masked {
			t.Errorf("line %q", v)
		}
		if _, ok := tk.Field("count"); ok || tk.Title != "short" {
			t.Errorf("a number is left, or the title %q", tk.Title)
		}
		m := d.messages(t, admin, id)[0]
		if m.Text != "It is "+masked+", twice "+masked || m.HTML != "<p>"+m.Text+"</p>" || m.Attachments[0].Name != "card "+masked+".txt" || m.Redacted.Pieces != 6 || m.Redacted.Whole {
			t.Errorf("message %+v", m)
		}
		_, a, err := d.tickets.Attachment(t.Context(), ann, file.ID)
		if must(t, err); a.Name != m.Attachments[0].Name {
			t.Errorf("file %+v", a)
		}
		if !strings.Contains(d.told(t, id), "Was "+masked) {
			t.Errorf("history: %s", d.told(t, id))
		}
		head := d.head(t)
		n, err = d.tickets.RedactPattern(t.Context(), admin, id, ticket.Cards)
		if must(t, err); n != 0 {
			t.Errorf("%d pieces again", n)
		}
		d.unchanged(t, tk, head)
		if n, err = d.tickets.RedactPattern(t.Context(), admin, id, `(?i)\bnothing\b`); n != 150 || err != nil {
			t.Errorf("%d pieces, %v", n, err)
		}
	})
}

// told is a ticket's history as people read it.
func (d *desk) told(t testing.TB, id string) string {
	t.Helper()
	var all []string
	for after := ""; ; {
		es, next, err := d.tickets.History(t.Context(), host, id, after, 200)
		must(t, err)
		for _, e := range es {
			all = append(all, e.String())
		}
		if after = next; next == "" {
			return strings.Join(all, "\n")
		}
	}
}

// payloads are what a ticket's events hold.
func (d *desk) payloads(t testing.TB, id string) string {
	t.Helper()
	var all []string
	for _, e := range d.eventsOf(t, id) {
		all = append(all, string(e.Facts)+string(e.Personal))
	}
	return strings.Join(all, "\n")
}

// What went into a ticket belongs to it.
func TestRedactPatternOfMergedTickets(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		made := func(title string) string {
			tk, err := d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Title: title, Message: &ticket.Draft{Text: card}})
			must(t, err)
			return tk.ID
		}
		a, b, c := made("a "+card), made("b "+card), made("c "+card)
		for _, pair := range [][2]string{{a, b}, {b, c}} {
			_, _, err := d.tickets.Merge(t.Context(), admin, pair[0], pair[1], nil)
			must(t, err)
		}
		n, err := d.tickets.RedactPattern(t.Context(), admin, c, ticket.Cards)
		if must(t, err); n != 6 {
			t.Errorf("%d pieces, want 3 titles and 3 messages", n)
		}
		for i, id := range []string{a, b, c} {
			if tk := d.get(t, id); tk.Title != "abc"[i:i+1]+" "+masked {
				t.Errorf("title %q", tk.Title)
			}
		}
	})
}

func TestMasking(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.define(t)
		app, err := d.tickets.App(t.Context(), ticket.DefaultApp)
		must(t, err)
		for _, bad := range [][]string{{"("}, {""}, {"x*"}, make([]string, 11), {strings.Repeat("x", 501)}} {
			app.Masking = bad
			refuses(t, d.tickets.SaveApp(t.Context(), admin, app), "app.masking")
		}
		in := ticket.Inbound{EndUser: d.eve, Title: "T " + card, Fields: map[string]any{"line": card, "lines": "fine", "count": "4111111111111111"},
			Draft:  ticket.Draft{ClientID: "c", Text: "It is " + card + " and swordfish", HTML: "<p>" + card + "</p>", Quoted: card},
			Device: ticket.Device{DebugLog: []string{card}}}
		asIs := in
		asIs.ClientID = "asis"
		w, err := d.tickets.Write(t.Context(), asIs)
		if must(t, err); w.Message.Text != in.Text || w.Ticket.Title != in.Title || len(w.Warnings) != 0 {
			t.Errorf("masked without being asked to: %+v", w)
		}
		app.Masking = append([]string{ticket.Cards, "swordfish"}, make([]string, 8)...)
		for i := range 8 {
			app.Masking[i+2] = fmt.Sprintf("nothing%d", i)
		}
		must(t, d.tickets.SaveApp(t.Context(), admin, app))
		in.Fresh = true
		w, err = d.tickets.Write(t.Context(), in)
		must(t, err)
		m := w.Message
		if m.Text != "It is "+masked+" and [removed]" || m.HTML != "<p>"+masked+"</p>" || m.Quoted != masked || m.Redacted == nil || m.Redacted.Pieces != 3 || m.Redacted.By.Kind != event.System {
			t.Errorf("message %+v, %+v", m, m.Redacted)
		}
		if v, _ := ticket.ValueOf[string](w.Ticket, "line"); v != masked || w.Ticket.Title != "T "+masked || w.Ticket.Device.DebugLog[0] != masked || strings.Contains(w.Ticket.Preview.Text, "4111") {
			t.Errorf("ticket %+v", w.Ticket)
		}
		var fields []string
		for _, warning := range w.Warnings {
			fields = append(fields, warning.Field)
		}
		if diff := cmp.Diff([]string{"title", "fields.count", "fields.line", "device", "message.text"}, fields); diff != "" {
			t.Errorf("warnings: %s", diff)
		}
		if s := d.payloads(t, w.Ticket.ID); strings.Contains(s, "4111") {
			t.Errorf("events: %s", s)
		}
		again, err := d.tickets.Write(t.Context(), in)
		if must(t, err); !again.Again || again.Message.Seq != m.Seq {
			t.Errorf("again %+v", again)
		}
		more, err := d.tickets.Write(t.Context(), ticket.Inbound{EndUser: d.eve, Ticket: w.Ticket.ID, Draft: text(card), Fields: map[string]any{"lines": card}})
		if must(t, err); more.Message.Text != masked || len(more.Warnings) != 2 {
			t.Errorf("more %+v", more)
		}
		if _, reply, err := d.tickets.Reply(t.Context(), ann, w.Ticket.ID, text("Call "+card)); reply.Text != "Call "+card || err != nil {
			t.Errorf("an agent's words are masked: %+v, %v", reply, err)
		}
		d.clock.forward(time.Hour)
		_, err = d.tickets.Resolve(t.Context(), ann, w.Ticket.ID)
		must(t, err)
		_, err = d.tickets.AskRating(t.Context(), rule, w.Ticket.ID)
		must(t, err)
		rated, err := d.tickets.Rate(t.Context(), d.user(), w.Ticket.ID, 5, "Thanks, "+card)
		if must(t, err); rated.Resolution.Survey.Comment != "Thanks, "+masked {
			t.Errorf("comment %q", rated.Resolution.Survey.Comment)
		}
	})
}
