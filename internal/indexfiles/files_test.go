package indexfiles_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	index "github.com/blevesearch/bleve_index_api"
	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/internal/crash"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/internal/indexfiles"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// some notes, read by the index.
func (s *shelf) some(t testing.TB) {
	t.Helper()
	for i := range 11 {
		must(t, s.save(t.Context(), fmt.Sprintf("n%02d", i), "some text"))
	}
	s.step(t)
}

func TestReopened(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) {
		dir := filepath.Join(t.TempDir(), "ix")
		s := open(t, d, dir)
		s.some(t)
		must(t, s.Close())
		if s.Opened() || s.dropped.Load() != 1 {
			t.Errorf("dropped %d times", s.dropped.Load())
		}
		must(t, s.save(t.Context(), "new", "later"))
		s.index(t, dir, "1")
		if got := dump(t, s.Files); len(got) != 11 { // before anybody reads the log
			t.Errorf("%q", got)
		}
		if n := s.step(t); n != 1 {
			t.Errorf("%d events read", n)
		}
		if n := s.step(t); n != 0 {
			t.Errorf("%d events read again", n)
		}
		s.same(t)
	})
}

func eachSegment(f func(name string) error) func(dir string) error {
	return func(dir string) error {
		names, err := filepath.Glob(filepath.Join(dir, "files", "*.zap"))
		if len(names) == 0 {
			return errors.Join(err, errors.New("no segments"))
		}
		for _, name := range names {
			err = errors.Join(err, f(name))
		}
		return err
	}
}

// An index that can't be gone on with is built anew.
func TestBuiltAnew(t *testing.T) {
	t.Parallel()
	root := func(content string) func(dir string) error {
		return func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "files", "root.bolt"), []byte(content), 0o600)
		}
	}
	for name, spoil := range map[string]func(dir string) error{
		"no files":       func(dir string) error { return os.RemoveAll(filepath.Join(dir, "files")) },
		"no root":        func(dir string) error { return os.Remove(filepath.Join(dir, "files", "root.bolt")) },
		"damaged root":   root(strings.Repeat("nonsense", 2000)),
		"empty root":     root(""),
		"no segments":    eachSegment(os.Remove),
		"cut segments":   eachSegment(func(name string) error { return os.Truncate(name, 10) }),
		"nothing at all": os.RemoveAll,
		"zeros": eachSegment(func(name string) error {
			i, err := os.Stat(name)
			if err != nil {
				return err
			}
			return os.WriteFile(name, make([]byte, i.Size()), 0o600)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, dir := inDir(t)
			s.some(t)
			must(t, s.Close())
			must(t, spoil(dir))
			s.index(t, dir, "1")
			s.step(t)
			if got := dump(t, s.Files); len(got) != 11 {
				t.Errorf("%q", got)
			}
			s.same(t)
		})
	}
}

func TestDamagedMark(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"nonsense", `{"position":"x"}`} {
		s, dir := inDir(t)
		s.some(t)
		must(t, s.WriteMark(text))
		must(t, s.Close())
		s.index(t, dir, "1")
		if n := s.step(t); n < 11 {
			t.Errorf("%d read", n)
		}
		s.same(t)
	}
}

func TestOtherForm(t *testing.T) {
	t.Parallel()
	s, dir := inDir(t)
	s.some(t)
	must(t, s.Close())
	s.index(t, dir, "2")
	if got := dump(t, s.Files); len(got) != 0 {
		t.Errorf("files of another form are used: %q", got)
	}
	if n := s.step(t); n < 11 {
		t.Errorf("%d read", n)
	}
	s.same(t)
}

// An index of another log, or of this one before a backup was restored, isn't used.
func TestOtherLog(t *testing.T) {
	t.Parallel()
	s, dir := inDir(t)
	s.some(t)
	must(t, s.Close())
	for _, n := range []int{1, 40} { // a shorter log, and a longer one
		other := open(t, memstore.New(), dir)
		for i := range n {
			must(t, other.save(t.Context(), fmt.Sprint("other", i), "different"))
		}
		other.step(t)
		if got := dump(t, other.Files); len(got) != n {
			t.Errorf("%q", got)
		}
		other.same(t)
		must(t, other.Close())
	}
}

// A directory with other files is left alone.
func TestForeignDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	thesis := filepath.Join(dir, "thesis.txt")
	must(t, os.WriteFile(thesis, []byte("years of work"), 0o600))
	s := open(t, memstore.New(), dir)
	if _, err := s.Step(t.Context()); err == nil {
		t.Error("it is used")
	}
	if b, err := os.ReadFile(thesis); string(b) != "years of work" || err != nil {
		t.Errorf("%q, error %v", b, err)
	}
	if there, err := os.ReadDir(dir); len(there) != 1 || err != nil {
		t.Errorf("%v, error %v", there, err)
	}
}

// A file where the directory should be is an error, not a panic.
func TestNoDirectory(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(name, nil, 0o600))
	s := open(t, memstore.New(), name)
	if err := s.Open(); err == nil {
		t.Error("it is opened")
	}
}

// Two processes don't write one index.
func TestDirectoryInUse(t *testing.T) {
	t.Parallel()
	s, dir := inDir(t)
	s.some(t)
	second := s.files(dir, "1")
	if _, err := second.Step(t.Context()); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("error %v", err)
	}
	must(t, second.Close())
	s.same(t)
}

// What bleve panics of is an error, and the files are closed afterwards as ever.
func TestPanics(t *testing.T) {
	t.Parallel()
	s, _ := inDir(t)
	s.some(t)
	if err := s.Read(func(index.IndexReader) error { panic("slice bounds out of range") }); !errors.Is(err, indexfiles.ErrDamaged) {
		t.Errorf("error %v", err)
	}
	s.same(t)
}

func TestClosed(t *testing.T) {
	t.Parallel()
	s, _ := inDir(t)
	if s.Opened() {
		t.Error("New opens files")
	}
	must(t, s.Close())
	must(t, s.Close())
	if _, err := s.Step(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("error %v", err)
	}
	if err := s.Read(func(index.IndexReader) error { return nil }); !errors.Is(err, store.ErrClosed) {
		t.Errorf("error %v", err)
	}
	if err := s.Run(t.Context()); err != nil {
		t.Errorf("error %v", err)
	}
}

// What changes nothing writes no files; how far it has come is kept when it is closed.
func TestNothingToWrite(t *testing.T) {
	t.Parallel()
	s, dir := inDir(t)
	s.some(t)
	written := s.Written()
	upToDate := func() {
		t.Helper()
		if lag, building, err := s.Lag(t.Context()); lag != 0 || building || err != nil {
			t.Errorf("it is %d events behind, building: %v, %v", lag, building, err)
		}
	}
	must(t, s.put(t.Context(), looked, "n00", ""))
	if n := s.step(t); n != 1 {
		t.Errorf("%d read", n)
	}
	upToDate()
	if now := s.Written(); now != written {
		t.Errorf("the files were written at %d, where nothing has changed since %d", now, written)
	}
	must(t, s.Close())
	s.index(t, dir, "1")
	must(t, s.Open())
	upToDate()
	must(t, s.save(t.Context(), "n00", "changed"))
	s.step(t)
	upToDate()
	s.same(t)
}

// What the source owes is written once the log has been read, until nothing is owed.
func TestSettle(t *testing.T) {
	t.Parallel()
	s, _ := inDir(t)
	s.owed = []string{"x", "y"}
	s.some(t)
	if got := dump(t, s.Files); len(got) != 13 || s.owed != nil {
		t.Errorf("%q, still owed: %q", got, s.owed)
	}
}

// After an erasure no file has the words of what was erased, which a deletion alone
// leaves in them.
func TestErasure(t *testing.T) {
	t.Parallel()
	s, _ := inDir(t)
	s.some(t)
	word := ""
	for i := 0; word == "" && i < 50; i++ { // merging in the background may be faster now and then
		id, try := fmt.Sprint("z", i), fmt.Sprint("zwiebelfisch", i)
		must(t, s.save(t.Context(), id, try))
		must(t, s.save(t.Context(), "beside "+id, "in the same file"))
		s.step(t)
		must(t, s.save(t.Context(), id, "another"))
		s.step(t)
		if s.has(t, try) {
			word = try
		}
	}
	if word == "" {
		t.Fatal("the word is gone already each time, so that this test can't fail")
	}
	must(t, s.erase(t.Context(), "n00"))
	s.step(t)
	if s.has(t, word) {
		t.Error("files have it still")
	}
	s.same(t)
}

// has says whether files hold a word, also of what was taken out.
func (s *shelf) has(t *testing.T, word string) (found bool) {
	t.Helper()
	must(t, s.Read(func(r index.IndexReader) error {
		dict, err := r.FieldDict("text")
		if err != nil {
			return err
		}
		defer dict.Close()
		for e, err := dict.Next(); e != nil || err != nil; e, err = dict.Next() {
			if err != nil {
				return err
			}
			found = found || e.Term == word
		}
		return nil
	}))
	return found
}

// Readers, writers and the one who follows don't get in each other's way.
func TestTogether(t *testing.T) {
	t.Parallel()
	s, _ := inDir(t)
	ctx, cancel := context.WithCancel(t.Context())
	var background, wg sync.WaitGroup
	background.Go(func() { _ = s.events.Run(ctx) })
	background.Go(func() { _ = s.Run(ctx) })
	for i := range 3 {
		wg.Go(func() {
			for j := range 20 {
				if err := s.save(ctx, fmt.Sprint(i, "-", j), "text"); err != nil {
					t.Error(err)
				}
				if err := s.Read(func(index.IndexReader) error { return nil }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() { must(t, s.Reset()) })
	wg.Go(func() { must(t, s.Compact(ctx)) })
	wg.Wait()
	for { // Run brings it up by itself
		n, building, err := s.Lag(ctx)
		must(t, err)
		if n == 0 && !building {
			break
		}
		_ = s.Read(func(index.IndexReader) error { return nil })
	}
	cancel()
	background.Wait()
	if got := dump(t, s.Files); len(got) != 60 {
		t.Errorf("%d of 60", len(got))
	}
}

// However the log was read, and whatever happened in between, the index holds what one
// holds that is built from the store.
func TestFollowedIsBuilt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s := openMemory(t)
		for range rapid.IntRange(1, 30).Draw(r, "n") {
			id := fmt.Sprint("n", rapid.IntRange(0, 9).Draw(r, "id"))
			switch rapid.IntRange(0, 6).Draw(r, "what") {
			case 0:
				must(t, s.erase(t.Context(), id))
			case 1:
				must(t, s.put(t.Context(), looked, id, ""))
			case 2:
				must(t, s.Reset())
			case 3:
				s.step(t)
			default:
				must(t, s.save(t.Context(), id, rapid.StringMatching("[a-z]{1,5}").Draw(r, "text")))
			}
		}
		s.same(t)
		must(t, s.Close())
	})
}

// A process that is killed at any moment, also in the middle of building or of an
// erasure, leaves an index that goes on from where it is, and then holds what one holds
// that is built.
func TestKilled(t *testing.T) {
	crash.Run(t, workForEver, func(t *testing.T, p *crash.Place) {
		dir := filepath.Join(p.Dir, "ix")
		behind := 0
		for round := range 4 {
			p.Kill(t, 10+round*11)
			s := open(t, p.Open(), dir)
			_, err := s.events.Sequence(t.Context())
			must(t, err)
			must(t, s.Open())
			lag, building, err := s.Lag(t.Context())
			must(t, err)
			if lag > 0 || building {
				behind++
			}
			switch round % 3 {
			case 0:
				s.same(t)
			case 1: // the next one goes on from what this one left
			case 2:
				must(t, s.Reset()) // the next one is killed while it builds
			}
			must(t, s.Close())
			must(t, s.db.Close())
		}
		if behind == 0 {
			t.Error("no process was killed before its index was up")
		}
		s := open(t, p.Open(), dir)
		s.same(t)
		if len(dump(t, s.Files)) == 0 {
			t.Error("nothing was done")
		}
	})
}

func workForEver(t *testing.T, d driver.Store, dir string) {
	s := open(t, d, filepath.Join(dir, "ix"))
	ctx := context.Background()
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.events.Run(ctx) })
	wg.Go(func() {
		for {
			n, err := s.Step(ctx)
			must(t, err)
			if n > 0 {
				fmt.Println("indexed", n)
			}
		}
	})
	for i := 0; ; i++ {
		must(t, s.save(ctx, fmt.Sprint("n", i%50), fmt.Sprint("text ", i)))
		if i%7 == 0 {
			must(t, s.erase(ctx, fmt.Sprint("n", i%50)))
		}
		fmt.Println("written", i)
	}
}
