package frontdesk_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	zap "github.com/blevesearch/zapx/v17"
)

// place is where bytes of a desk are: a file, or what a file says when it is read as
// what it is.
type place struct {
	name  string
	bytes []byte
}

// where lists the marks that are anywhere in these places, with one of those.
func where(places []place, marks map[string]string) map[string]string {
	found := map[string]string{}
	for what, mark := range marks {
		for _, p := range places {
			if bytes.Contains(p.bytes, []byte(mark)) {
				found[what] = p.name
				break
			}
		}
	}
	return found
}

// files reads all files under a path, which may be a file.
func files(t *testing.T, path string) (ps []place) {
	t.Helper()
	err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // bleve has merged it meanwhile
		}
		ps = append(ps, place{name, b}, place{name + " (its name)", []byte(filepath.Base(name))})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

// segments reads what the files of a search index say: their dictionaries and
// stored fields, which aren't there as they are. Files that the index doesn't use
// any more count, too.
func segments(t *testing.T, dir string) (ps []place) {
	t.Helper()
	for _, p := range files(t, dir) {
		if !strings.HasSuffix(p.name, ".zap") || len(p.bytes) == 0 { // bleve has just begun to write it
			continue
		}
		segment, err := (&zap.ZapPlugin{}).Open(p.name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		for _, field := range segment.Fields() {
			dict, err := segment.Dictionary(field)
			if err != nil {
				t.Fatal(err)
			}
			words := dict.AutomatonIterator(nil, nil, nil)
			for e, err := words.Next(); e != nil; e, err = words.Next() {
				if err != nil {
					t.Fatal(err)
				}
				said.WriteString(field + "=" + e.Term + "\n")
			}
		}
		for n := range segment.Count() {
			err := segment.VisitStoredFields(n, func(field string, _ byte, value []byte, _ []uint64) bool {
				said.WriteString(field + ":" + string(value) + "\n")
				return true
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := segment.Close(); err != nil {
			t.Fatal(err)
		}
		ps = append(ps, place{p.name + " (read)", said.Bytes()})
	}
	return ps
}

var base64Text = regexp.MustCompile(`[A-Za-z0-9+/]{16,}={0,2}`)

// decoded adds what a text holds in base64, as JSON has bytes.
func decoded(p place) []place {
	var out bytes.Buffer
	for _, text := range base64Text.FindAll(p.bytes, -1) {
		if b, err := base64.StdEncoding.DecodeString(string(text)); err == nil {
			out.Write(b)
			out.WriteByte('\n')
		}
	}
	return []place{p, {p.name + " (base64)", out.Bytes()}}
}
