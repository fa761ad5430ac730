package indexfiles

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
)

// What is taken out of bleve's index stays in its files until it merges them for
// reasons of its own, and in files of before until it finds the time to remove them.

// forget has what was taken out gone from the directory: it merges all files into
// one, and waits until the others are removed.
func (f *Files) forget(ctx context.Context) (err error) {
	defer guard(&err)
	if f.files == nil || f.dir == "" {
		return nil
	}
	const firstPause, lastPause = 5 * time.Millisecond, 200 * time.Millisecond
	pause, end := firstPause, time.Now().Add(patience)
	for merges := 0; ; {
		// Only what is in files is merged, and removed once something new is written.
		if err := f.flush(); err != nil {
			return err
		}
		taken, old, err := f.remains()
		switch {
		case err != nil:
			return err
		case taken && merges == maxMerges:
			return fmt.Errorf("%w: its files can't be merged", ErrDamaged)
		case taken:
			merges++
			if err := f.files.ForceMerge(ctx, nil); err != nil {
				return err
			}
			end = time.Now().Add(patience)
		case !old:
			return nil
		case time.Now().After(end):
			return errors.New("the search index still uses files of before a merge")
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, lastPause)
	}
}

// maxMerges is how often forget merges before it gives the files up: meanwhile
// others may have been written.
const maxMerges = 5

// remains says whether files hold something that was taken out, and whether there
// are files of before that the index doesn't use any more.
func (f *Files) remains() (taken, old bool, err error) {
	r, err := f.files.Reader()
	if err != nil {
		return false, false, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	now, ok := r.(*scorch.IndexSnapshot)
	if !ok {
		return false, false, fmt.Errorf("a reader of the search index is a %T", r)
	}
	used := map[string]bool{}
	for _, part := range now.Segments() {
		if gone := part.Deleted(); gone != nil && !gone.IsEmpty() {
			taken = true
		}
		if f, ok := part.Segment().(interface{ Path() string }); ok {
			used[filepath.Base(f.Path())] = true
		}
	}
	there, err := os.ReadDir(f.path())
	if err != nil {
		return false, false, err
	}
	for _, f := range there {
		old = old || filepath.Ext(f.Name()) == ".zap" && !used[f.Name()]
	}
	return taken, old, nil
}
