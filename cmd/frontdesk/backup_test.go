package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk"
)

func unpack(t *testing.T, r io.Reader, dir string) {
	t.Helper()
	for files := tar.NewReader(r); ; {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			err = os.Mkdir(to, 0o700)
		} else {
			var b []byte
			if b, err = io.ReadAll(files); err == nil {
				err = os.WriteFile(to, b, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A backup of a database that is in use, unpacked and brought to another one.
func TestBackup(t *testing.T) {
	t.Parallel()
	dsn, schema, config := database(t)
	filled(t, config(), 2)
	running, err := frontdesk.Open(t.Context(), config())
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "desk.tar")
	lines := must(t, "backup", "-from", dsn, "-schema", schema, "-to", file)
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if l := lines[0]; len(lines) != 1 || l["backup"] != file || l["bytes"] != float64(len(b)) {
		t.Errorf("said %v of %d bytes", lines, len(b))
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.part")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	unpack(t, bytes.NewReader(b), dir)
	unpacked := filepath.Join(dir, "support.db")
	dsn, schema, config = database(t)
	must(t, "copy", "-from", unpacked, "-to", dsn, "-schema", schema)
	works(t, config(), 2)
	works(t, frontdesk.Config{Path: unpacked}, 2)
}

// A schema that isn't there is neither backed up nor created.
func TestBackupOfNothing(t *testing.T) {
	t.Parallel()
	dsn, schema, _ := database(t)
	file := filepath.Join(t.TempDir(), "desk.tar")
	for range 2 {
		if status, _, err := frontdeskRun(t, "backup", "-from", dsn, "-schema", schema, "-to", file); status != failed || !strings.Contains(err, schema) {
			t.Errorf("status %d, %s", status, err)
		}
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a backup was written")
	}
}

// With - the backup is all that is on standard output.
func TestBackupToStandardOutput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "desk.db")
	filled(t, frontdesk.Config{Path: path}, 1)
	status, out, err := frontdeskRun(t, "backup", "-from", path, "-to", "-")
	if status != done || !strings.HasPrefix(err, `{"backup":"-"`) {
		t.Fatalf("status %d, %s", status, err)
	}
	unpack(t, strings.NewReader(out), dir)
	works(t, frontdesk.Config{Path: filepath.Join(dir, "support.db")}, 1)
}
