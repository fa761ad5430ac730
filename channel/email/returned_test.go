package email

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What reports say of the end user stands on his message, and of people in copy in a note.
func TestReturned(t *testing.T) {
	for name, tt := range map[string]struct {
		report  []mail.Undelivered
		failure string
		copied  []string
		note    string
		got     int64 // up to where it was delivered
	}{
		"failed":            {[]mail.Undelivered{{Address: "EVE@mail.example", Action: "failed", Status: "5.1.1", Diagnostic: "550 no such\nuser"}}, "5.1.1 550 no such user", []string{"tom@mail.example"}, "", 1},
		"long":              {[]mail.Undelivered{{Address: "eve@mail.example", Action: "failed", Diagnostic: strings.Repeat("長", 700)}}, strings.Repeat("長", 500) + "…", []string{"tom@mail.example"}, "", 1},
		"delayed":           {[]mail.Undelivered{{Address: "eve@mail.example", Action: "delayed", Status: "4.2.2"}}, "", []string{"tom@mail.example"}, "", 1},
		"delivered":         {[]mail.Undelivered{{Address: "eve@mail.example", Action: "delivered", Status: "2.0.0"}}, "", []string{"tom@mail.example"}, "", 2},
		"in words":          {nil, "The mail came back.", []string{"tom@mail.example"}, "", 1},
		"in copy":           {[]mail.Undelivered{{Address: "tom@mail.example", Action: "failed", Status: "5.1.1", Diagnostic: "gone"}}, "", nil, "A mail didn't reach tom@mail.example:\n5.1.1 gone\nIt goes there in copy no longer.", 1},
		"in copy, for now":  {[]mail.Undelivered{{Address: "tom@mail.example", Action: "failed", Status: "4.4.1", Diagnostic: "away"}}, "", []string{"tom@mail.example"}, "A mail didn't reach tom@mail.example:\n4.4.1 away", 1},
		"in copy, unsigned": {[]mail.Undelivered{{Address: "tom@mail.example", Action: "failed", Status: "5.1.1", Diagnostic: "gone"}}, "", []string{"tom@mail.example"}, "A mail didn't reach tom@mail.example:\n5.1.1 gone", 1},
		"of a stranger":     {[]mail.Undelivered{{Address: "x@mail.example", Action: "failed", Status: "5.1.1"}}, "", []string{"tom@mail.example"}, "A mail didn't reach x@mail.example:\n5.1.1", 1},
	} {
		t.Run(name, func(t *testing.T) {
			eachOutDesk(t, func(t *testing.T, d *outDesk) {
				x := d.ask("Where?")
				_, err := d.Tickets.Edit(t.Context(), d.ann, x.ID, ticket.Edit{Copied: &[]string{"tom@mail.example"}})
				d.must(err)
				m := d.reply(x.ID, ticket.Draft{Text: "There."})
				d.drain()
				d.post.raw()
				for range 2 { // servers may say so twice
					d.must(d.store.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
						return d.returned(ctx, tx, report{Ticket: x.ID, Seq: m.Seq, Signed: !strings.HasSuffix(name, "unsigned"), Bounce: &mail.Bounce{Recipients: tt.report}})
					}))
				}
				now, err := d.Tickets.Get(t.Context(), outSystem, x.ID)
				d.must(err)
				if got := d.failure(x.ID, m.Seq); got != tt.failure || !slices.Equal(now.Copied, tt.copied) || now.Marks.EndUserGot != tt.got {
					t.Errorf("failure %q, in copy %v, delivered %d", got, now.Copied, now.Marks.EndUserGot)
				}
				ms, _, err := d.Tickets.Messages(t.Context(), outSystem, x.ID, m.Seq, 0, 10)
				d.must(err)
				note := ""
				for _, n := range ms {
					note += n.Text
				}
				if note != tt.note {
					t.Errorf("note %q", note)
				}
				if tt.failure == "" {
					return
				}
				// Sent again it goes to whom it came back from, and to nobody else.
				d.must(d.Resend(t.Context(), d.ann, x.ID, m.Seq))
				d.drain()
				if ms := d.post.raw(); len(ms) != 1 || !slices.Equal(ms[0].To, []string{"eve@mail.example"}) {
					t.Errorf("sent again: %+v", ms)
				}
			})
		})
	}
}

// What isn't read in a chat is one mail, once, and its answers come to the same ticket.
func TestUnread(t *testing.T) {
	eachOutDesk(t, func(t *testing.T, d *outDesk) {
		x, err := d.Tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Platform: "webchat", Channel: "chat", Message: &ticket.Draft{Text: "Hello?"}})
		d.must(err)
		d.reply(x.ID, ticket.Draft{Text: "Hello Eve."})
		d.reply(x.ID, ticket.Draft{Text: "How can I help?", Choices: []string{"Where is it?"}})
		d.drain()
		if ms := d.post.raw(); len(ms) > 0 {
			t.Fatalf("a chat's messages went out: %v", ms)
		}
		u, err := d.People.EndUser(t.Context(), d.eve)
		d.must(err)
		x, err = d.Tickets.Get(t.Context(), outSystem, x.ID)
		d.must(err)
		ms, _, err := d.Tickets.Messages(t.Context(), outSystem, x.ID, 1, 0, 10)
		d.must(err)
		d.post.refuse = func(Outgoing) error { return &SendError{Code: 451} }
		if err := d.Unread(t.Context(), "push/1", x, u, ms); err == nil {
			t.Error("a refusal for now is no error")
		}
		d.post.refuse = nil
		for range 2 {
			d.must(d.Unread(t.Context(), "push/1", x, u, ms))
		}
		raw := d.post.raw()
		if len(raw) != 2 || raw[0].ID != raw[1].ID || raw[0].content != raw[1].content {
			t.Fatalf("sent %d times", len(raw))
		}
		m := parsed(t, raw[0])
		tag, _ := d.tagOf(m.ReplyTo[0].Address)
		if !strings.Contains(m.Text, "Hello Eve.") || !strings.Contains(m.Text, "How can I help?") || !strings.Contains(m.Text, "Where is it?") || tag.Ticket != x.ID || m.Subject != "New messages from Tea Shop [#1]" {
			t.Errorf("%s, answers to %+v:\n%s", m.Subject, tag, m.Text)
		}
		d.must(d.Unread(t.Context(), "push/2", x, &identity.EndUser{ID: d.eve}, ms)) // without an address nothing happens
		d.post.refuse = func(Outgoing) error { return &SendError{Permanent: true, Code: 550, Reason: "no such user"} }
		d.must(d.Unread(t.Context(), "push/3", x, u, ms))
		if got := d.failure(x.ID, 3); got != "" {
			t.Errorf("a chat's message has failed: %s", got)
		}
		notes, _, err := d.Tickets.Messages(t.Context(), outSystem, x.ID, 3, 0, 10)
		if err != nil || len(notes) != 1 || notes[0].Kind != ticket.Note || !strings.Contains(notes[0].Text, "no such user") {
			t.Errorf("notes %+v, %v", notes, err)
		}
	})
}

func TestDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	s := Directory(dir)
	for _, text := range []string{"first", "second"} {
		if err := s.Send(t.Context(), Outgoing{ID: "../a/b@x", From: "help@shop.example", To: []string{"eve@mail.example", "tom@mail.example"}}, strings.NewReader("Subject: "+text+"\r\n\r\n"+text)); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 || files[0].Name() != "_a_b@x.eml" {
		t.Fatalf("%v, %v", files, err)
	}
	b, err := os.ReadFile(filepath.Join(dir, files[0].Name()))
	want := "X-Envelope-From: <help@shop.example>\r\nX-Envelope-To: eve@mail.example,\r\n tom@mail.example\r\nSubject: second\r\n\r\nsecond"
	if err != nil || string(b) != want {
		t.Errorf("%q, %v", b, err)
	}
	// What can't be a file is refused for good, and nothing is left of one that broke off.
	for _, id := range []string{"", "..", strings.Repeat("x", 201)} {
		err := s.Send(t.Context(), Outgoing{ID: id}, strings.NewReader("x"))
		if refused, ok := errors.AsType[*SendError](err); !ok || !refused.Permanent {
			t.Errorf("%q: %v", id, err)
		}
	}
	if err := s.Send(t.Context(), Outgoing{ID: "c@x"}, iotest.ErrReader(errors.New("broke off"))); err == nil {
		t.Error("half a mail was sent")
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("left are %v, %v", files, err)
	}
}

// Templates of the host's own are used, and what might work without end isn't taken.
func TestTemplates(t *testing.T) {
	eachOutDesk(t, func(t *testing.T, d *outDesk) {
		for _, bad := range []string{"{{", "{{range 1000000000}}{{end}}", "{{with 1000000000}}{{range .}}{{end}}{{end}}", "{{$n := 1000000000}}{{range $n}}{{end}}", "{{range .Said}}{{range $.Said}}{{range $.Said}}{{end}}{{end}}{{end}}",
			`{{define "x"}}{{template "x"}}{{end}}{{template "x"}}`, `{{printf "%0999999999d" 1}}`, "{{call .Brand}}", `{{if (print "x")}}{{end}}`, "{{range len .Said}}{{end}}", "{{.Nothing}}", `{{with (printf "%d" 1).X}}{{end}}`} {
			for _, set := range []func(s *Settings){func(s *Settings) { s.Text = bad }, func(s *Settings) { s.HTML = bad }} {
				if err := d.SaveSettings(t.Context(), outSystem, d.settingsNow(set)); outField(err) != "settings.text" && outField(err) != "settings.html" {
					t.Errorf("%s: %v", bad, err)
				}
			}
		}
		if err := d.SaveSettings(t.Context(), outSystem, d.settingsNow(func(s *Settings) {
			s.Text = strings.Repeat("{{range .Earlier}}{{range $.Said}}"+strings.Repeat("x", 1000)+"{{end}}{{end}}", 90) + strings.Repeat("{{range .Earlier}}{{$.Texts}}{{end}}", 100)
		})); err != nil {
			t.Errorf("a long one: %v", err)
		}
		d.must(d.SaveSettings(t.Context(), outSystem, d.settingsNow(func(s *Settings) {
			s.Text = "{{.Delimiter}}\n{{range .Said}}{{.Author}}: {{.Text}}{{end}}\n{{.Texts.footer}}"
			s.HTML = `<p style="color:{{.Colour}}">{{.Delimiter}}</p>{{range .Said}}<b>{{.Author}}</b>{{.HTML}}{{end}}`
			s.Texts = []ticket.Text{{Language: "", Key: "footer", Text: "Just answer."}, {Language: "eo", Key: "delimiter", Text: "### respondu super tiu ĉi linio ###"}}
		})))
		x, err := d.Tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Actor: event.Actor{Kind: event.EndUser, ID: d.eve}, Platform: Platform, Channel: Channel, Language: "eo", Message: &ticket.Draft{Text: "Saluton!"}})
		d.must(err)
		d.reply(x.ID, ticket.Draft{Text: "Saluton & <b>"})
		d.drain()
		m := d.post.taken(t)[0]
		if m.Text != "### respondu super tiu ĉi linio ###\nAnn Baker: Saluton & <b>\nJust answer." || !strings.Contains(m.HTML, "<b>Ann Baker</b><p>Saluton &amp; &lt;b&gt;</p>") {
			t.Errorf("%q\n%s", m.Text, m.HTML)
		}
		if o, err := d.visible(t.Context()); err != nil || !slices.Contains(o.Delimiters, "### respondu super tiu ĉi linio ###") {
			t.Errorf("delimiters %v, %v", o, err)
		}
		r, err := d.Preview(t.Context(), d.ann, ticket.DefaultApp, "", x.ID)
		if err != nil || r.Text != strings.TrimSpace(m.Text) && r.Text != m.Text || r.Subject != "Your request [#1]" {
			t.Errorf("preview %+v, %v", r, err)
		}
		r, err = d.Preview(t.Context(), d.ann, ticket.DefaultApp, "de", "")
		if err != nil || !strings.Contains(r.HTML, "Where is my order?") && !strings.Contains(r.Text, "Ann Baker") {
			t.Errorf("preview of a sample %+v, %v", r, err)
		}
		unsaved := d.settingsNow(func(s *Settings) { s.Brand, s.Text = "Coffee Shop", "{{.Brand}}: {{range .Said}}{{.Text}}{{end}}" })
		r, err = d.PreviewOf(t.Context(), d.ann, unsaved, "", x.ID)
		if err != nil || r.Text != "Coffee Shop: Saluton & <b>" {
			t.Errorf("preview of what isn't saved %+v, %v", r, err)
		}
		unsaved.HTML = "{{"
		if _, err := d.PreviewOf(t.Context(), d.ann, unsaved, "", ""); outField(err) != "settings.html" {
			t.Errorf("preview of a broken template: %v", err)
		}
		if _, err := d.Preview(t.Context(), d.ann, "none", "", ""); outField(err) != "app" {
			t.Errorf("preview of no app: %v", err)
		}
	})
}

// What a template makes of a real conversation may fail where the sample didn't: then the
// mail has the built-in form.
func TestTemplateThatFails(t *testing.T) {
	eachOutDesk(t, func(t *testing.T, d *outDesk) {
		d.must(d.SaveSettings(t.Context(), outSystem, d.settingsNow(func(s *Settings) { s.Text = "{{(index .Earlier 1).Text}}" })))
		x := d.ask("Where?")
		d.reply(x.ID, ticket.Draft{Text: "There."})
		d.drain()
		ms := d.post.taken(t)
		if len(ms) != 1 || !strings.Contains(ms[0].Text, "— Write your answer above this line —") {
			t.Errorf("%+v", ms)
		}
	})
}
