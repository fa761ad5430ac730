package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/google/go-cmp/cmp"
)

func list(t *testing.T, s blob.Store) []blob.Info {
	t.Helper()
	all, err := s.List(t.Context(), "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i].Time = all[i].Time.Truncate(time.Microsecond).UTC() // what all of them keep
	}
	return all
}

// Blobs go from each kind of store to documents and from there to each kind.
func TestCopy(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s blob.Store) {
		for _, content := range []string{"", png, strings.Repeat("ab", 400_000)} {
			put(t, s, content)
		}
		docs := blob.In(openDocs(t, memstore.New()))
		for i, want := range []int{3, 0} {
			if done, err := blob.Copy(t.Context(), s, docs); err != nil || done.Written != want || done.Blobs != 3 || done.Bytes != 800_016 {
				t.Errorf("copy %d: %+v, %v", i, done, err)
			}
		}
		want := list(t, s)
		if d := cmp.Diff(want, list(t, docs)); d != "" {
			t.Error(d)
		}
		// Back, where one has gone and another one stands in its place.
		for _, info := range want[:2] {
			if err := s.Delete(t.Context(), info.ID); err != nil {
				t.Fatal(err)
			}
		}
		other := blob.Info{ID: want[1].ID, Size: 5, Time: time.Now()}
		if err := s.(blob.Keeper).Keep(t.Context(), other, strings.NewReader("other")); err != nil {
			t.Fatal(err)
		}
		if done, err := blob.Copy(t.Context(), docs, s); err != nil || done.Written != 2 {
			t.Errorf("back: %+v, %v", done, err)
		}
		if d := cmp.Diff(want, list(t, s)); d != "" {
			t.Error(d)
		}
	})
}

func TestKeep(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s blob.Store) {
		k := s.(blob.Keeper)
		taken := put(t, s, "here")
		id := strings.Repeat("a", 26)
		for _, c := range []struct {
			info    blob.Info
			content string
		}{
			{blob.Info{ID: "../etc/passwd", Size: 1}, "x"},
			{blob.Info{ID: "", Size: 1}, "x"},
			{blob.Info{ID: id, Size: 3}, "ab"},
			{blob.Info{ID: id, Size: 3}, "abcd"},
			{blob.Info{ID: id, Size: 2 << 20}, strings.Repeat("x", 1<<20)},
			{blob.Info{ID: taken.ID, Size: 1}, "x"},
		} {
			c.info.Time = time.Now()
			err := k.Keep(t.Context(), c.info, strings.NewReader(c.content))
			if err == nil || errors.Is(err, store.ErrExists) != (c.info.ID == taken.ID) {
				t.Errorf("%+v: %v", c.info, err)
			}
		}
		if all := list(t, s); len(all) != 1 {
			t.Errorf("kept: %+v", all)
		}
	})
}

// forgetful loses the last byte of what it keeps.
type forgetful struct{ *blob.Mem }

func (f forgetful) Keep(ctx context.Context, info blob.Info, r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	b[len(b)-1] = 0
	return f.Mem.Keep(ctx, info, bytes.NewReader(b))
}

func TestCopyIsVerified(t *testing.T) {
	t.Parallel()
	from := blob.Memory()
	info := put(t, from, "content")
	_, err := blob.Copy(t.Context(), from, forgetful{blob.Memory()})
	if bad, ok := errors.AsType[*blob.MismatchError](err); !ok || bad.ID != info.ID {
		t.Errorf("a byte was lost: %v", err)
	}
	if _, err := blob.Copy(t.Context(), from, struct{ blob.Store }{blob.Memory()}); err == nil {
		t.Error("copied to a store that can't take over ids")
	}
}
