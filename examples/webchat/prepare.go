package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// eightWeeks are four to look at, and four to compare them with.
const eightWeeks = 56

// prepare makes a new desk's file, with a past of some days, unless it is there. That is played in
// memory, where nothing waits for a disk, and copied; the file appears when it is whole.
func prepare(ctx context.Context, config frontdesk.Config, secret string, with extras, days int) error {
	path := config.Path
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	fmt.Println("Making up some weeks for the figures of the new desk …")
	kept := staying{memstore.New()}
	defer kept.Store.Close()
	with.past = &past{clock: &clock{}, days: days}
	config.Path, config.Store, config.Now = "", kept, with.past.clock.now
	desk, err := frontdesk.Open(ctx, config)
	if err != nil {
		return err
	}
	if err := errors.Join(furnish(ctx, desk, secret, with), desk.Close()); err != nil {
		return err
	}
	half := path + ".half"
	if err := errors.Join(os.RemoveAll(half), os.RemoveAll(half+".files")); err != nil { // of a start that was cut off
		return err
	}
	if err := copyDesk(ctx, kept, half); err != nil {
		return err
	}
	return errors.Join(os.Rename(half+".files", path+".files"), os.Rename(half, path))
}

// copyDesk copies a desk to a file.
func copyDesk(ctx context.Context, from driver.Store, path string) error {
	source, err := frontdesk.OpenData(ctx, frontdesk.Config{Store: from})
	if err != nil {
		return err
	}
	target, err := frontdesk.OpenData(ctx, frontdesk.Config{Path: path})
	if err != nil {
		return errors.Join(err, source.Close())
	}
	_, err = source.CopyTo(ctx, target, nil)
	return errors.Join(err, source.Close(), target.Close())
}

// staying is a store that outlives the desk on it.
type staying struct{ driver.Store }

// Close leaves it open, for who reads it next.
func (staying) Close() error { return nil }
