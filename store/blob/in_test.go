package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

func openDocs(t testing.TB, d driver.Store) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), d, nil, blob.Collections()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// random is content that no two chunks of have in common.
func random(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// The sizes around the borders of chunks.
func TestSizes(t *testing.T) {
	t.Parallel()
	const chunk = 512 << 10
	each(t, func(t *testing.T, s blob.Store) {
		for _, size := range []int{0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 3*chunk + 7} {
			want := random(size)
			info, err := s.Put(t.Context(), iotest.HalfReader(bytes.NewReader(want)), int64(size))
			if err != nil || info.Size != int64(size) {
				t.Fatalf("%d bytes: %+v, %v", size, info, err)
			}
			r, _, err := s.Open(t.Context(), info.ID)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); !bytes.Equal(got, want) || err != nil {
				t.Errorf("%d bytes: read %d others, %v", size, len(got), err)
			}
			for _, place := range []int{size / 2, 0, max(size-1, 0), size} {
				if at, err := r.Seek(int64(place-size), io.SeekEnd); at != int64(place) || err != nil {
					t.Errorf("seek %d: %d, %v", place, at, err)
				}
				if got, err := io.ReadAll(r); !bytes.Equal(got, want[place:]) || err != nil {
					t.Errorf("%d bytes from %d: read %d others, %v", size, place, len(got), err)
				}
			}
			if _, err := r.Seek(-1, io.SeekStart); err == nil {
				t.Error("went before the beginning")
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			if err := s.Delete(t.Context(), info.ID); err != nil {
				t.Error(err)
			}
		}
	})
}

// documents counts what is in the three collections, by copying them.
func documents(t *testing.T, db *store.DB) (n int) {
	t.Helper()
	done, err := store.Copy(t.Context(), db, openDocs(t, memstore.New()), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range done {
		n += c.Documents
	}
	return n
}

// Nothing is left behind by what fails, is deleted, or is swept.
func TestDocumentsGo(t *testing.T) {
	t.Parallel()
	db := openDocs(t, memstore.New())
	s := blob.In(db)
	info, err := s.Put(t.Context(), bytes.NewReader(random(2<<20)), 2<<20)
	if err != nil {
		t.Fatal(err)
	}
	if n := documents(t, db); n != 5 {
		t.Errorf("%d documents, want a head and 4 chunks", n)
	}
	if err := s.Delete(t.Context(), info.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), bytes.NewReader(random(2<<20)), 2<<20-1); !errors.Is(err, blob.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cut := io.MultiReader(bytes.NewReader(random(1<<20)), readerFunc(func([]byte) (int, error) {
		cancel()
		return 0, ctx.Err()
	}))
	if _, err := s.Put(ctx, cut, 2<<20); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled in the middle: %v", err)
	}
	if n := documents(t, db); n != 0 {
		t.Errorf("%d documents are left", n)
	}
}

// An upload whose process was killed leaves chunks: they are no blob, and go when
// they are old. A Keep under the same id isn't held up by them.
func TestLeftOvers(t *testing.T) {
	t.Parallel()
	db := openDocs(t, memstore.New())
	s := blob.In(db)
	// begin uploads a part, and then stands still for ever.
	begin := func(id string) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		stuck, ended := make(chan struct{}), make(chan struct{})
		r := io.MultiReader(bytes.NewReader(random(1<<20)), readerFunc(func([]byte) (int, error) {
			close(stuck)
			<-ctx.Done()
			return 0, ctx.Err()
		}))
		go func() {
			defer close(ended)
			s.Keep(ctx, blob.Info{ID: id, Size: 2 << 20, Time: time.Now()}, r)
		}()
		<-stuck
		t.Cleanup(func() { cancel(); <-ended })
	}
	first, second := "aaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbb"
	begin(first)
	begin(second)
	if all, err := s.List(t.Context(), "", 10); len(all) != 0 || err != nil {
		t.Errorf("half a blob is listed: %v, %v", all, err)
	}
	if _, _, err := s.Open(t.Context(), first); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("half a blob opens: %v", err)
	}
	info := blob.Info{ID: second, Size: 3, Time: time.Now()}
	if err := s.Keep(t.Context(), info, bytes.NewReader([]byte("abc"))); err != nil {
		t.Errorf("over left-overs: %v", err)
	}
	for _, c := range []struct {
		before time.Time
		want   int
	}{{time.Now().Add(-time.Hour), 0}, {time.Now().Add(time.Hour), 1}} {
		if n, err := s.SweepTemp(t.Context(), c.before); n != c.want || err != nil {
			t.Errorf("swept %d, %v; want %d", n, err, c.want)
		}
	}
	if n := documents(t, db); n != 2 {
		t.Errorf("%d documents, want the second blob's head and chunk", n)
	}
}

// A reader whose blob is deleted under it learns that.
func TestDeletedWhileRead(t *testing.T) {
	t.Parallel()
	s := blob.In(openDocs(t, memstore.New()))
	info, err := s.Put(t.Context(), bytes.NewReader(random(1<<20)), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := s.Open(t.Context(), info.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), info.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("read on: %v", err)
	}
	r.Close()
	if _, err := r.Read(make([]byte, 1)); err == nil {
		t.Error("read after closing")
	}
}
