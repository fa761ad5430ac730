package frontdesk_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

// exported is what an export says, and its data by collection.
func (p *planter) exported(id string) (text string, data map[string][]map[string]any) {
	p.t.Helper()
	var b bytes.Buffer
	p.must(p.People.Export(p.t.Context(), frontdesk.Host(), id, &b))
	var doc struct {
		Format  int
		EndUser string `json:"end_user"`
		Data    map[string][]map[string]any
	}
	p.must(json.Unmarshal(b.Bytes(), &doc))
	if doc.Format != 1 || doc.EndUser != id {
		p.t.Errorf("an export of %s in format %d", doc.EndUser, doc.Format)
	}
	return b.String(), doc.Data
}

// An export has all that was planted of somebody and nothing of anybody else.
func TestExport(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		p := furnish(t, open(t, frontdesk.Config{Store: s}))
		eve, bob := p.plant(), p.plant()
		text, data := p.exported(eve.id)
		for what, mark := range eve.marks {
			inside := !strings.HasPrefix(what, "blob.") && !strings.HasPrefix(what, "gone.")
			if inside != strings.Contains(text, mark) {
				t.Errorf("%s is in the export: %v", what, !inside)
			}
		}
		for what, mark := range bob.marks {
			if strings.Contains(text, mark) {
				t.Errorf("%s of somebody else is in it", what)
			}
		}
		for _, name := range personal(t) {
			if data[name] == nil {
				t.Errorf("there is no list of %s", name)
			}
		}
		ds, err := p.People.Devices(t.Context(), eve.id)
		p.must(err)
		if len(ds) != 1 || strings.Contains(text, ds[0].ID) {
			t.Errorf("what was made of a device's secret is in it: %v", ds)
		}
		if n := len(data["ticket"]); n != len(eve.tickets) {
			t.Errorf("%d tickets, want %d", n, len(eve.tickets))
		}
		friend, err := p.People.ByUserID(t.Context(), "friend of "+eve.id)
		p.must(err)
		text, data = p.exported(friend.ID)
		for where, mark := range eve.marks {
			if strings.Contains(text, mark) {
				t.Errorf("her friend reads %s of hers: %s", where, text)
			}
		}
		if len(data["message"]) != 5 || len(data["upload"]) != 0 {
			t.Errorf("her friend has %d messages and %d files", len(data["message"]), len(data["upload"]))
		}
		if e := p.lastOf(identity.Exported); e.Owner != friend.ID || e.Actor != frontdesk.Host() {
			t.Errorf("the log says %+v", e)
		}
	})
}

// An archive has the document, and the files by the names that it calls them.
func TestArchive(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		p := furnish(t, open(t, frontdesk.Config{Store: s}))
		eve := p.plant()
		_, data := p.exported(eve.id)
		var b bytes.Buffer
		p.must(p.People.Archive(t.Context(), frontdesk.Host(), eve.id, &b))
		z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		p.must(err)
		var all string
		var names []string
		for _, f := range z.File {
			r, err := f.Open()
			p.must(err)
			content, err := io.ReadAll(r)
			p.must(err)
			if f.Name == "export.json" && !json.Valid(content) {
				t.Error("the document is no JSON")
			}
			names = append(names, f.Name)
			all += string(content)
		}
		for _, u := range data["upload"] {
			if !slices.Contains(names, u["file"].(string)) {
				t.Errorf("%v isn't among %v", u["file"], names)
			}
		}
		for what, mark := range eve.marks {
			if !strings.HasPrefix(what, "gone.") && !strings.Contains(all, mark) {
				t.Errorf("%s isn't in the archive", what)
			}
		}
		if !strings.Contains(all, "our terms, which stay") {
			t.Error("what was sent to her with a quick reply isn't in the archive")
		}
	})
}

// interrupted does something when the first bytes come.
type interrupted struct {
	bytes.Buffer
	then func() error
}

func (w *interrupted) Write(b []byte) (int, error) {
	if w.then != nil {
		if err := w.then(); err != nil {
			return 0, err
		}
		w.then = nil
	}
	return w.Buffer.Write(b)
}

// An export that is under way when its end user is erased doesn't end well; nor does
// one of somebody who isn't there.
func TestExportOfWhoIsErased(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		p := furnish(t, open(t, frontdesk.Config{Store: s}))
		eve, ctx, host := p.plant(), t.Context(), frontdesk.Host()
		for _, write := range []func(context.Context, string, io.Writer) error{
			func(ctx context.Context, id string, w io.Writer) error { return p.People.Export(ctx, host, id, w) },
			func(ctx context.Context, id string, w io.Writer) error { return p.People.Archive(ctx, host, id, w) },
		} {
			full := errors.New("full")
			if err := write(ctx, eve.id, &interrupted{then: func() error { return full }}); !errors.Is(err, full) {
				t.Errorf("a writer that fails: %v", err)
			}
			if err := write(ctx, "nobody", io.Discard); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("nobody: %v", err)
			}
		}
		if e := p.lastOf(identity.Exported); e.Owner != eve.id {
			t.Errorf("an export that failed isn't in the log: %+v", e)
		}
		w := &interrupted{then: func() error { return only(p.People.Erase(ctx, host, eve.id)) }}
		if err := p.People.Export(ctx, host, eve.id, w); !errors.Is(err, store.ErrNotFound) || json.Valid(w.Bytes()) {
			t.Errorf("it was erased meanwhile, and ends with %v", err)
		}
		w = &interrupted{}
		if err := p.People.Archive(ctx, host, eve.id, w); !errors.Is(err, store.ErrNotFound) || w.Len() > 0 {
			t.Errorf("it was erased before, and ends with %v", err)
		}
	})
}
