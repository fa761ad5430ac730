package pgtest

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// install makes a folder with programs of these names.
func install(t *testing.T, dir string, names ...string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	all := []string{"initdb", "postgres", "pg_ctl", "pg_basebackup"}
	at := func(path ...string) string { return filepath.Join(append([]string{root}, path...)...) }
	install(t, at("lib", "9.6", "bin"), all...)
	install(t, at("lib", "15", "bin"), all...)
	install(t, at("lib", "16", "bin"), all[:2]...) // a package that was removed in part
	install(t, at("own"), all...)
	install(t, at("links"))
	if err := os.Symlink(at("own", "initdb"), at("links", "initdb")); err != nil {
		t.Fatal(err)
	}
	lib, none := at("lib", "*", "bin"), at("none")
	for _, c := range []struct {
		name, path string
		places     []string
		want       string
	}{
		{"newest", at("links", "nothing"), []string{none, lib}, at("lib", "15", "bin")},
		{"path first", none + string(filepath.ListSeparator) + at("links"), []string{lib}, at("own")},
		{"an earlier place", "", []string{at("own"), lib}, at("own")},
	} {
		if got, err := find(c.path, c.places); err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", c.name, got, err, c.want)
		}
	}
	if got, err := find(at("lib", "16", "bin"), []string{none}); !errors.Is(err, errNone) {
		t.Errorf("without PostgreSQL: %s, %v", got, err)
	}
}

// skipped is a test that notes why it was skipped.
type skipped struct {
	testing.TB
	why any
}

func (s *skipped) Helper() {}

func (s *skipped) Skip(args ...any) { s.why = args[0]; runtime.Goexit() }

func TestSkipSaysWhy(t *testing.T) {
	t.Parallel()
	s := &skipped{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		check(s, errNone)
		t.Error("the test goes on")
	}()
	<-done
	if s.why != errNone {
		t.Errorf("skipped because of %v", s.why)
	}
}
