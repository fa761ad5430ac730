package chat_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"

func TestAttachments(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		ann, eve := d.visit("ann", nil), d.visit("eve", nil)
		pic := ann.upload("../../etc/cat.png", png)
		if pic.Status != http.StatusCreated || pic.Name != "cat.png" || pic.Type != "image/png" {
			t.Fatalf("upload: %d %s", pic.Status, pic.Body)
		}
		page := ann.upload("page.png", "<html><script>steal()</script>")
		with := func(c *client, ids ...string) *answer {
			return c.post("messages", map[string]any{"client_id": strings.Join(ids, "+"), "text": "look", "attachments": ids})
		}
		if a := with(eve, pic.ID); a.Status != http.StatusUnprocessableEntity || a.Field != "message.attachments" {
			t.Errorf("Eve sends Ann's file: %d %s", a.Status, a.Body)
		}
		sent := with(ann, pic.ID, page.ID)
		if len(sent.Message.Attachments) != 2 {
			t.Fatalf("sent: %s", sent.Body)
		}
		if a := ann.post("messages", map[string]any{"client_id": "2", "text": "again", "attachments": []string{pic.ID}}); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("a file twice: %d %s", a.Status, a.Body)
		}

		nobody := &client{d: d} // a link is enough
		got := nobody.get(sent.Message.Attachments[0].URL)
		if string(got.Body) != png || got.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "inline") {
			t.Errorf("picture: %d %v", got.Status, got.Header)
		}
		got = nobody.get(sent.Message.Attachments[1].URL)
		if d := got.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") || got.Header.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.Contains(got.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("page: %v", got.Header)
		}
		link := sent.Message.Attachments[0].URL
		for name, bad := range map[string]string{
			"of Eve":     strings.Replace(link, ann.id, eve.id, 1),
			"forged":     strings.Replace(link, "&sign=", "&sign=A", 1),
			"unsigned":   link[:strings.Index(link, "&sign")],
			"other file": strings.Replace(link, pic.ID, page.ID, 1),
		} {
			if a := nobody.get(bad); a.Status != http.StatusNotFound {
				t.Errorf("link %s: %d", name, a.Status)
			}
		}
		d.clock.add(13 * time.Hour)
		if a := nobody.get(link); a.Status != http.StatusNotFound {
			t.Errorf("old link: %d", a.Status)
		}
	})
}

func TestAttachmentRules(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		d.platform(func(_ *ticket.App, p *ticket.Platform) {
			p.Attachments = ticket.Files{Types: []string{"image/*"}, MaxBytes: 1000}
		})
		ann := d.visit("ann", nil)
		for name, c := range map[string]struct {
			content string
			status  int
			code    string
		}{
			"allowed":   {png, 201, ""},
			"type":      {"just text", 415, "unsupported_type"},
			"disguised": {"<html>", 415, "unsupported_type"},
			"too large": {png + strings.Repeat("x", 1000), 413, "too_large"},
		} {
			if a := ann.upload("a.png", c.content); a.Status != c.status || a.Code != c.code {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
		d.platform(func(_ *ticket.App, p *ticket.Platform) { p.Attachments.Off = true })
		if a := ann.upload("a.png", png); a.Status != http.StatusUnsupportedMediaType {
			t.Errorf("off: %d", a.Status)
		}
	})
}

// A link is good for agents of whatever id the host gave them.
func TestLinksOfAgents(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		jo := &identity.Agent{ID: "jo+x&y#z@example.com", Name: "Jo"}
		if err := d.People.SaveAgent(t.Context(), frontdesk.Host(), jo); err != nil {
			t.Fatal(err)
		}
		a, err := d.Tickets.Upload(t.Context(), jo.Actor(), "", "", "cat.png", strings.NewReader(png))
		if err != nil {
			t.Fatal(err)
		}
		nobody := &client{d: d}
		if got := nobody.get(d.Chat.Attachments(jo.Actor(), []ticket.Attachment{*a})[0].URL); string(got.Body) != png {
			t.Errorf("%d %s", got.Status, got.Body)
		}
	})
}
