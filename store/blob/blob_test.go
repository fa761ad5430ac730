package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

func openDir(t testing.TB) (*blob.Dir, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "blobs")
	d, err := blob.OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, path
}

// each runs a test on all stores.
func each(t *testing.T, f func(t *testing.T, s blob.Store)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) { t.Parallel(); f(t, blob.Memory()) })
	t.Run("dir", func(t *testing.T) {
		t.Parallel()
		d, _ := openDir(t)
		f(t, d)
	})
	t.Run("documents", func(t *testing.T) {
		t.Parallel()
		eachstore.Run(t, func(t *testing.T, d driver.Store) { f(t, blob.In(openDocs(t, d))) })
	})
}

func put(t testing.TB, s blob.Store, content string) blob.Info {
	t.Helper()
	info, err := s.Put(t.Context(), strings.NewReader(content), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"

func TestPutOpenDelete(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s blob.Store) {
		info := put(t, s, png)
		if info.Type != "image/png" || info.Size != int64(len(png)) || time.Since(info.Time) > time.Minute {
			t.Errorf("put: %+v", info)
		}
		r, again, err := s.Open(t.Context(), info.ID)
		if err != nil || again != info {
			t.Fatalf("open: %+v, %v; want %+v", again, err, info)
		}
		if _, err := r.Seek(1, io.SeekStart); err != nil {
			t.Error(err)
		}
		if b, err := io.ReadAll(r); string(b) != png[1:] || err != nil {
			t.Errorf("read %q, %v", b, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Delete(t.Context(), info.ID); err != nil {
			t.Error(err)
		}
		if err := s.Delete(t.Context(), info.ID); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("delete again: %v", err)
		}
		if _, _, err := s.Open(t.Context(), info.ID); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("open deleted: %v", err)
		}
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s blob.Store) {
		for _, c := range []struct {
			size, limit int64
			ok          bool
		}{{0, 0, true}, {0, -1, true}, {1, 0, false}, {5, 5, true}, {6, 5, false}, {1 << 16, 1<<16 - 1, false}, {9, 1<<63 - 1, true}} {
			_, err := s.Put(t.Context(), bytes.NewReader(make([]byte, c.size)), c.limit)
			tooLarge, typed := errors.AsType[*blob.TooLargeError](err)
			if (err == nil) != c.ok || !c.ok && (!typed || tooLarge.Limit != c.limit || !errors.Is(err, blob.ErrTooLarge)) {
				t.Errorf("%d bytes, limit %d: %v", c.size, c.limit, err)
			}
		}
		if all, err := s.List(t.Context(), "", 100); len(all) != 4 || err != nil {
			t.Errorf("%d blobs, %v; want the 4 that fit", len(all), err)
		}
	})
}

func TestPutThatFailsKeepsNothing(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	each(t, func(t *testing.T, s blob.Store) {
		for _, err := range []error{broken, io.ErrUnexpectedEOF} {
			for _, size := range []int{4, 1 << 20} {
				r := io.MultiReader(bytes.NewReader(make([]byte, size)), readerFunc(func([]byte) (int, error) { return 0, err }))
				if _, got := s.Put(t.Context(), r, 2<<20); !errors.Is(got, err) {
					t.Errorf("%v after %d bytes: %v", err, size, got)
				}
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Put(ctx, strings.NewReader("x"), 100); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if all, err := s.List(t.Context(), "", 100); len(all) != 0 || err != nil {
			t.Errorf("left: %v, %v", all, err)
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestEscape(t *testing.T) {
	t.Parallel()
	d, path := openDir(t)
	secret := filepath.Join(filepath.Dir(path), "secret")
	if err := os.WriteFile(secret, []byte("s"), 0o600); err != nil {
		t.Fatal(err)
	}
	linked := "ab" + strings.Repeat("c", 24)
	if err := os.MkdirAll(filepath.Join(path, "ab"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(path, "ab", linked)); err != nil {
		t.Fatal(err)
	}
	info := put(t, d, "fine")
	for _, id := range []string{"", ".", "..", "../secret", "/etc/passwd", "tmp", "ab", "a", strings.ToUpper(info.ID),
		info.ID + "\x00", info.ID[:25], "../" + info.ID[:23], "..............secret......"} {
		if _, _, err := d.Open(t.Context(), id); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("open %q: %v", id, err)
		}
		if err := d.Delete(t.Context(), id); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("delete %q: %v", id, err)
		}
	}
	if _, _, err := d.Open(t.Context(), linked); err == nil {
		t.Error("a symbolic link led out of the directory")
	}
}

func TestListPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s blob.Store) {
		var want, got []string
		for i := range 40 {
			want = append(want, put(t, s, fmt.Sprint(i)).ID)
		}
		slices.Sort(want)
		for after := ""; ; {
			page, err := s.List(t.Context(), after, 7)
			if err != nil {
				t.Fatal(err)
			}
			for _, info := range page {
				got = append(got, info.ID)
			}
			if len(page) < 7 {
				break
			}
			after = got[len(got)-1]
		}
		if !slices.Equal(got, want) {
			t.Errorf("listed %d, want %d in order", len(got), len(want))
		}
	})
}

func TestConcurrent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s blob.Store) {
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				want := strings.Repeat(fmt.Sprint(i), 5000)
				info, err := s.Put(t.Context(), strings.NewReader(want), 1<<20)
				if err != nil {
					t.Error(err)
					return
				}
				r, _, err := s.Open(t.Context(), info.ID)
				if err != nil {
					t.Error(err)
					return
				}
				defer r.Close()
				if b, err := io.ReadAll(r); string(b) != want || err != nil {
					t.Errorf("blob %d: %d bytes, %v", i, len(b), err)
				}
				if _, err := s.List(t.Context(), "", 100); err != nil {
					t.Error(err)
				}
				if i%2 == 0 {
					if err := s.Delete(t.Context(), info.ID); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if all, err := s.List(t.Context(), "", 100); len(all) != 8 || err != nil {
			t.Errorf("%d left, %v", len(all), err)
		}
	})
}

func TestSweep(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s blob.Store) {
		keep, orphan := put(t, s, "kept"), put(t, s, "orphan")
		used := func(_ context.Context, id string) (bool, error) { return id == keep.ID, nil }
		if n, err := blob.Sweep(t.Context(), s, used, time.Now().Add(-time.Hour)); n != 0 || err != nil {
			t.Errorf("young ones: %d, %v", n, err)
		}
		broken := errors.New("no answer")
		unsure := func(context.Context, string) (bool, error) { return false, broken }
		if n, err := blob.Sweep(t.Context(), s, unsure, time.Now().Add(time.Hour)); n != 0 || !errors.Is(err, broken) {
			t.Errorf("unsure: %d, %v", n, err)
		}
		if n, err := blob.Sweep(t.Context(), s, used, time.Now().Add(time.Hour)); n != 1 || err != nil {
			t.Errorf("sweep: %d, %v", n, err)
		}
		if _, _, err := s.Open(t.Context(), orphan.ID); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("the orphan is still there: %v", err)
		}
		if all, _ := s.List(t.Context(), "", 10); len(all) != 1 || all[0].ID != keep.ID {
			t.Errorf("left: %v", all)
		}
	})
}

// A process that is killed between writing and renaming leaves a temporary file:
// it is no blob, and goes when it is old.
func TestKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	d, path := openDir(t)
	left := filepath.Join(path, "tmp", strings.Repeat("a", 26))
	if err := os.WriteFile(left, []byte("hal"), 0o600); err != nil {
		t.Fatal(err)
	}
	if all, err := d.List(t.Context(), "", 10); len(all) != 0 || err != nil {
		t.Errorf("half a blob is listed: %v, %v", all, err)
	}
	if _, _, err := d.Open(t.Context(), filepath.Base(left)); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("half a blob opens: %v", err)
	}
	used := func(context.Context, string) (bool, error) { return true, nil }
	for _, c := range []struct {
		before time.Time
		want   int
	}{{time.Now().Add(-time.Hour), 0}, {time.Now().Add(time.Hour), 1}} {
		if n, err := blob.Sweep(t.Context(), d, used, c.before); n != c.want || err != nil {
			t.Errorf("swept %d, %v; want %d", n, err, c.want)
		}
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the left-over is still there: %v", err)
	}
}

func TestInline(t *testing.T) {
	t.Parallel()
	for typ, want := range map[string]bool{
		"image/png": true, "IMAGE/JPEG; q=1": true, "image/gif": true, "image/webp": true, "image/avif": true,
		"image/svg+xml": false, "text/html; charset=utf-8": false, "application/pdf": false, "": false, "image/pngx": false,
	} {
		if blob.Inline(typ) != want {
			t.Errorf("%q: want %v", typ, want)
		}
	}
}

func TestCleanName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                  "file",
		"..":                                "file",
		"../../etc/passwd":                  "passwd",
		`C:\Users\me\a.txt`:                 "a.txt",
		"dir/":                              "dir",
		" a\r\nb\x00.png ":                  "ab.png",
		"photo\u202Egpj.exe":                "photogpj.exe",
		"\xffx":                             "\uFFFDx",
		"Żółć.pdf":                          "Żółć.pdf",
		strings.Repeat("ж", 300) + ".jpeg":  strings.Repeat("ж", 250) + ".jpeg",
		"a." + strings.Repeat("x", 300):     "a." + strings.Repeat("x", 253),
		strings.Repeat(" ", 300) + "/ . / ": "file",
	} {
		if got := blob.CleanName(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"", "..", "a/b", "a\\..\\..", "\x00", "\xff\xfe", strings.Repeat("é", 400) + ".png", " . "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := blob.CleanName(in)
		n := utf8.RuneCountInString(got)
		if n < 1 || n > 255 || !utf8.ValidString(got) || strings.ContainsAny(got, `/\`) || got == "." || got == ".." {
			t.Errorf("%q: got %q", in, got)
		}
		if strings.ContainsFunc(got, unicode.IsControl) {
			t.Errorf("%q: control characters in %q", in, got)
		}
		if again := blob.CleanName(got); again != got {
			t.Errorf("%q: cleaned twice %q, once %q", in, again, got)
		}
	})
}

func Example() {
	ctx := context.Background()
	var blobs blob.Store = blob.Memory() // a program uses blob.OpenDir
	info, err := blobs.Put(ctx, strings.NewReader("GIF89a…"), 1<<20)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(info.Type, info.Size, "show in the page:", blob.Inline(info.Type))

	_, err = blobs.Put(ctx, strings.NewReader("too much"), 3)
	fmt.Println(err)
	fmt.Println(blob.CleanName(`..\..\cat.gif`))
	// Output:
	// image/gif 9 show in the page: true
	// put blob: blob has more than 3 bytes
	// cat.gif
}

func BenchmarkPut(b *testing.B) {
	d, _ := openDir(b)
	content := bytes.Repeat([]byte("x"), 64<<10)
	b.ReportAllocs()
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if _, err := d.Put(b.Context(), bytes.NewReader(content), 1<<20); err != nil {
			b.Fatal(err)
		}
	}
}
