package frontdesk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/analytics/live"
	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/channel/chat"
	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/deflect"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/predict/labels"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Collections are all that a desk keeps in its store, as Open declares them.
func Collections() []store.Any {
	return slices.Concat(event.Collections(), job.Collections(), identity.Collections(), ticket.Collections(), queue.Collections(), automation.Collections(), faq.Collections(), deflect.Collections(), labels.Collections(), bot.Collections(), analytics.Collections(), live.Collections(), chat.Collections(), email.Collections(),
		blob.Collections())
}

// Data is what a desk keeps, without the desk: for copies and backups. Its methods
// may be called by several goroutines.
type Data struct {
	DB *store.DB

	driver    driver.Store
	blobs     blob.Store     // where attachments are
	searchDir string         // where the index of tickets is, if there is one; "": nowhere
	free      []func() error // what Close gives back, last first
}

// OpenData opens the data of a desk as Open does, without the hooks that it may
// require, and without beginning any work. Of c it reads Path, Store, Blobs and
// Log. Data that is the target of an unfinished copy opens, too.
func OpenData(ctx context.Context, c Config) (*Data, error) {
	d, err := openData(ctx, c, &store.Options{ForCopy: true, Log: c.Log})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open data: %w", err), d.Close())
	}
	return d, nil
}

// openData returns, with an error, too, what Close has to give back.
func openData(ctx context.Context, c Config, o *store.Options) (d *Data, err error) {
	d = &Data{driver: c.Store, blobs: c.Blobs, searchDir: c.searchDir()}
	if c.Path != "" && c.Store != nil {
		return d, &store.FieldError{Field: "config.path", Reason: "is given, and so is a store: choose one"}
	}
	switch {
	case c.Path != "":
		file, err := boltstore.Open(c.Path, nil)
		if err != nil {
			return d, err
		}
		d.driver = file
	case c.Store == nil:
		d.driver = memstore.New()
	}
	if d.DB, err = store.Open(ctx, d.driver, o, Collections()...); err != nil {
		d.free = append(d.free, d.driver.Close)
		return d, err
	}
	d.free = append(d.free, d.DB.Close)
	switch {
	case c.Blobs != nil:
	case c.Store != nil:
		d.blobs = blob.In(d.DB)
	case c.Path == "":
		d.blobs = blob.Memory()
	default:
		dir, err := blob.OpenDir(c.Path + ".files")
		if err != nil {
			return d, err
		}
		d.blobs = dir
		d.free = append(d.free, dir.Close)
	}
	return d, nil
}

// Close gives the data back. It waits for what is under way.
func (d *Data) Close() (err error) {
	for _, f := range slices.Backward(d.free) {
		err = errors.Join(err, f())
	}
	return err
}

// CopyOptions of Data.CopyTo; nil means the defaults.
type CopyOptions struct {
	// Replace lets the target hold other data, which goes; see store.CopyOptions.
	Replace bool
	// Progress hears now and then how many documents of a collection have been
	// gone through.
	Progress func(collection string, documents int)
}

// CopyReport says what Data.CopyTo did.
type CopyReport struct {
	Collections []store.Copied
	Attachments blob.Copied
}

// CopyTo makes to hold all that d holds, attachments included, whatever the back
// ends. It may be interrupted and is then run again; until it has succeeded the
// target doesn't open as a desk. Documents are compared at the end, as store.Copy
// does, attachments as blob.Copy does. No desk may be open on either side: on
// PostgreSQL, where nothing keeps one from it, the comparison fails.
func (d *Data) CopyTo(ctx context.Context, to *Data, o *CopyOptions) (*CopyReport, error) {
	if o == nil {
		o = &CopyOptions{}
	}
	if err := d.settle(ctx); err != nil {
		return nil, fmt.Errorf("copy desk: %w", err)
	}
	var report CopyReport
	var err error
	report.Collections, err = store.Copy(ctx, d.DB, to.DB, &store.CopyOptions{
		Replace:  o.Replace,
		Leave:    blob.Names(),
		Progress: o.Progress,
		Also: func(ctx context.Context) error {
			for _, from := range d.attachments() {
				more, err := blob.Copy(ctx, from, to.blobs)
				if err != nil {
					return err
				}
				report.Attachments.Blobs += more.Blobs
				report.Attachments.Bytes += more.Bytes
				report.Attachments.Written += more.Written
			}
			return nil
		},
	})
	if err != nil {
		return nil, fmt.Errorf("copy desk: %w", err)
	}
	return &report, nil
}

// attachments are where attachments may be: a bbolt file may hold those of a desk
// that was opened without a directory.
func (d *Data) attachments() []blob.Store {
	if _, inside := d.blobs.(*blob.Docs); inside {
		return []blob.Store{d.blobs}
	}
	return []blob.Store{d.blobs, blob.In(d.DB)}
}

// settle gives every event its position, which on a store that processes share
// comes only after its commit, and which a file can't do without.
func (d *Data) settle(ctx context.Context) error {
	_, err := event.NewLog(d.DB, nil).Sequence(ctx)
	return err
}
