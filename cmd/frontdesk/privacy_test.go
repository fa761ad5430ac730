package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Somebody is exported, erased, and no byte of him is left after compacting; on both
// back ends.
func TestExportEraseCompact(t *testing.T) {
	t.Parallel()
	t.Run("file", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "desk.db")
		filled(t, frontdesk.Config{Path: path}, 2)
		exportAndErase(t, path, frontdesk.Config{Path: path})
		for _, name := range []string{path, path + ".search", path + ".search.faq", path + ".files"} {
			err := filepath.WalkDir(name, func(file string, d os.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				b, err := os.ReadFile(file)
				if bytes.Contains(b, []byte("u-17")) || strings.Contains(file, ".files") {
					t.Errorf("%s still holds something", file)
				}
				return err
			})
			if err != nil && !os.IsNotExist(err) {
				t.Error(err)
			}
		}
	})
	t.Run("database", func(t *testing.T) {
		t.Parallel()
		dsn, schema, config := database(t)
		filled(t, config(), 2)
		running, err := frontdesk.Open(t.Context(), config()) // which does no harm
		if err != nil {
			t.Fatal(err)
		}
		defer running.Close()
		exportAndErase(t, dsn, config(), "-schema", schema)
	})
}

func exportAndErase(t *testing.T, at string, c frontdesk.Config, more ...string) {
	t.Helper()
	dir := t.TempDir()
	doc, archive := filepath.Join(dir, "u.json"), filepath.Join(dir, "u.zip")
	do := func(args ...string) []map[string]any { return must(t, append(args, more...)...) }
	lines := do("export", "-from", at, "-user", "u-17", "-to", doc)
	b, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	id, _ := lines[0]["end_user"].(string)
	if !json.Valid(b) || !bytes.Contains(b, []byte("hello")) || lines[0]["bytes"] != float64(len(b)) || id == "" {
		t.Errorf("said %v of %d bytes", lines, len(b))
	}
	do("export", "-from", at, "-id", id, "-files", "-to", archive)
	z, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if len(z.File) != 3 {
		t.Errorf("%d files in the archive", len(z.File))
	}
	r, err := z.File[2].Open()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, r); n != 700_000 || err != nil {
		t.Errorf("an attachment of %d bytes, %v", n, err)
	}
	lines = do("erase", "-from", at, "-user", "u-17")
	if len(lines) != 2 || lines[0]["erasing"] != id || lines[1]["erased"] != id || lines[1]["documents"].(float64) < 8 {
		t.Errorf("erase said %v", lines)
	}
	lines = do("erase", "-from", at, "-id", id) // again
	if len(lines) != 2 || lines[1]["erased"] != id {
		t.Errorf("erase again said %v", lines)
	}
	for _, args := range [][]string{{"erase", "-from", at, "-user", "u-17"}, {"export", "-from", at, "-id", id, "-to", filepath.Join(dir, "none")}} {
		if status, out, err := frontdeskRun(t, append(args, more...)...); status != failed || out != "" || !strings.Contains(err, "not found") {
			t.Errorf("%q of who is erased: %d, %q, %q", args, status, out, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "none*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if lines := do("compact", "-in", at); len(lines) != 1 || lines[0]["compacted"] != true {
		t.Errorf("compact said %v", lines)
	}
	d, err := frontdesk.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	ts, _, err := d.Tickets.List(t.Context(), frontdesk.Host(), ticket.Filter{}, "", 100)
	if err != nil || len(ts) != 2 {
		t.Fatalf("%d tickets, %v", len(ts), err)
	}
	for _, one := range ts {
		ms, _, err := d.Tickets.Messages(t.Context(), frontdesk.Host(), one.ID, 0, 0, 10)
		if err != nil || len(ms) != 2 || ms[0].Text != "" || len(ms[1].Attachments) > 0 {
			t.Errorf("messages %+v, %v", ms, err)
		}
	}
}

// With - the export is all that is on standard output.
func TestExportToStandardOutput(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	filled(t, frontdesk.Config{Path: path}, 1)
	status, out, err := frontdeskRun(t, "export", "-from", path, "-user", "u-17", "-to", "-")
	if status != done || !json.Valid([]byte(out)) || !strings.HasPrefix(err, `{"export":"-"`) {
		t.Errorf("status %d, %s, %s", status, out, err)
	}
}
