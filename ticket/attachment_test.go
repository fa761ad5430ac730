package ticket_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"

func (d *desk) upload(t testing.TB, who event.Actor, name, content string) *ticket.Attachment {
	t.Helper()
	a, err := d.tickets.Upload(t.Context(), who, ticket.DefaultApp, "webchat", name, strings.NewReader(content))
	must(t, err)
	return a
}

func (d *desk) read(t testing.TB, who event.Actor, id string) (string, error) {
	t.Helper()
	r, _, err := d.tickets.Attachment(t.Context(), who, id)
	if err != nil {
		return "", err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	must(t, err)
	return string(b), nil
}

func TestAttachments(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a := d.upload(t, d.user(), "../../etc/pass\x00wd.png", png)
		if a.Type != "image/png" || a.Size != int64(len(png)) || !a.Inline() || strings.ContainsAny(a.Name, "/\\\x00") || a.Name == "" {
			t.Errorf("uploaded %+v", a)
		}
		if s, err := d.read(t, d.user(), a.ID); s != png || err != nil {
			t.Errorf("its author reads %q, %v", s, err)
		}
		_, err := d.read(t, ann, a.ID)
		is(t, err, store.ErrNotFound) // until a message names it
		in := d.inbound("", "")
		in.Attachments = []string{a.ID}
		w, err := d.tickets.Write(t.Context(), in)
		must(t, err)
		if len(w.Message.Attachments) != 1 || w.Message.Attachments[0] != *a || w.Ticket.Preview.Attachments != 1 {
			t.Errorf("message %+v", w.Message)
		}
		if s, err := d.read(t, ann, a.ID); s != png || err != nil {
			t.Errorf("an agent reads %q, %v", s, err)
		}
		note := d.upload(t, ann, "n.txt", "note")
		_, _, err = d.tickets.Note(t.Context(), ann, w.Ticket.ID, ticket.Draft{Attachments: []string{note.ID}})
		must(t, err)
		_, err = d.read(t, d.user(), note.ID)
		is(t, err, store.ErrNotFound)
		if s, err := d.read(t, bob, note.ID); s != "note" || err != nil {
			t.Errorf("another agent reads %q, %v", s, err)
		}
		d.setActive(t, "ann", false)
		_, err = d.read(t, ann, note.ID)
		forbidden(t, err)
	})
}

func TestUploadsAreUsedOnceByTheirAuthor(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		mine, theirs := d.upload(t, d.user(), "a", "a"), d.upload(t, ann, "b", "b")
		tk := d.ask(t)
		write := func(ids ...string) error {
			in := d.inbound(tk.ID, "Look.")
			in.Attachments = ids
			_, err := d.tickets.Write(t.Context(), in)
			return err
		}
		head := d.head(t)
		for _, ids := range [][]string{{theirs.ID}, {mine.ID, mine.ID}, {mine.ID, "none"}, {""}, {mine.ID, theirs.ID}} {
			refuses(t, write(ids...), "message.attachments")
		}
		d.unchanged(t, tk, head)
		must(t, write(mine.ID)) // the refusals left it free
		refuses(t, write(mine.ID), "message.attachments")
	})
}

func TestUploadRules(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		app, err := d.tickets.App(t.Context(), ticket.DefaultApp)
		must(t, err)
		rules := func(f ticket.Files) {
			t.Helper()
			p, err := app.Platform("webchat")
			must(t, err)
			p.Attachments = f
			must(t, d.tickets.SaveApp(t.Context(), host, app))
		}
		up := func(who event.Actor, content string) error {
			_, err := d.tickets.Upload(t.Context(), who, ticket.DefaultApp, "webchat", "f", strings.NewReader(content))
			return err
		}
		typed := func(err error) bool { _, ok := errors.AsType[*ticket.TypeError](err); return ok }
		rules(ticket.Files{Types: []string{"image/*", "application/pdf"}, MaxBytes: 100})
		must(t, up(d.user(), png))
		must(t, up(d.user(), "%PDF-1.7\n"))
		if err := up(d.user(), "<html><script>alert(1)</script>"); !typed(err) || !errors.Is(err, store.ErrValue) {
			t.Errorf("error %v, want a *ticket.TypeError", err)
		}
		large, ok := errors.AsType[*blob.TooLargeError](up(d.user(), png+strings.Repeat("x", 100)))
		if !ok || large.Limit != 100 {
			t.Errorf("error %v, want one that tells the limit of 100", large)
		}
		must(t, up(ann, "plain text, "+strings.Repeat("x", 100))) // agents aren't bound by it
		rules(ticket.Files{Off: true})
		if err := up(d.user(), png); !typed(err) {
			t.Errorf("error %v, want a *ticket.TypeError", err)
		}
		infos, err := d.blobs.List(t.Context(), "", 100)
		if must(t, err); len(infos) != 3 {
			t.Errorf("%d blobs of three uploads", len(infos))
		}
		_, err = d.tickets.Upload(t.Context(), ann, "", "", "f", io.LimitReader(zeros{}, ticket.MaxAttachment+1))
		is(t, err, store.ErrTooLarge)
		_, err = d.tickets.Upload(t.Context(), d.user(), "none", "webchat", "f", strings.NewReader("x"))
		refuses(t, err, "app")
		forbidden(t, up(event.Actor{Kind: event.Agent, ID: "nobody"}, "x"))
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestPendingUploadsAreBounded(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		for i := range 100 {
			d.upload(t, d.user(), "f", fmt.Sprint(i))
		}
		_, err := d.tickets.Upload(t.Context(), d.user(), "", "", "f", strings.NewReader("x"))
		refuses(t, err, "attachments")
		d.upload(t, ann, "f", "x")
	})
}

func TestSweepUploads(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		used, spare := d.upload(t, d.user(), "a", "used"), d.upload(t, d.user(), "b", "spare")
		_, err := d.blobs.Put(t.Context(), bytes.NewReader([]byte("orphan")), 100) // whose transaction never came
		must(t, err)
		in := d.inbound("", "Look.")
		in.Attachments = []string{used.ID}
		_, err = d.tickets.Write(t.Context(), in)
		must(t, err)
		n, err := d.tickets.SweepUploads(t.Context(), time.Now().Add(-time.Hour))
		if must(t, err); n != 0 {
			t.Errorf("%d young uploads were swept", n)
		}
		n, err = d.tickets.SweepUploads(t.Context(), time.Now().Add(time.Hour)) // blobs bear the real time
		if must(t, err); n != 2 {
			t.Errorf("%d uploads were swept, want 2", n)
		}
		if s, err := d.read(t, ann, used.ID); s != "used" || err != nil {
			t.Errorf("what a message names reads as %q, %v", s, err)
		}
		in.Attachments = []string{spare.ID}
		_, err = d.tickets.Write(t.Context(), in)
		refuses(t, err, "message.attachments")
	})
}
