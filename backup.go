package frontdesk

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// The names in a backup: a bbolt file, and the directory of its attachments.
const (
	backupFile  = "support.db"
	backupFiles = backupFile + ".files"
)

// Backup writes a copy of the desk to w while the desk runs: a tar stream that
// holds support.db and support.db.files, on every back end. Unpacked it is a desk
// again,
//
//	frontdesk.Open(ctx, frontdesk.Config{Path: "support.db"})
//
// which "frontdesk copy" also brings to PostgreSQL. The documents are those of one
// moment; attachments may be some more, and lack what was deleted while Backup ran.
//
// The documents go to a temporary file first, so that a slow w holds nobody up:
// os.TempDir needs room for them. With an error, what w got is no backup.
func (d *Desk) Backup(ctx context.Context, w io.Writer) error {
	d.mu.Lock()
	closed := d.closed
	d.mu.Unlock()
	if closed {
		return fmt.Errorf("back up: %w", store.ErrClosed)
	}
	return d.data.Backup(ctx, w)
}

// Backup is Desk.Backup. On PostgreSQL other processes may have the desk open.
func (d *Data) Backup(ctx context.Context, w io.Writer) (err error) {
	if d.DB.Copying() {
		return fmt.Errorf("back up: %w", store.ErrCopying)
	}
	temp, err := os.MkdirTemp("", "frontdesk-backup-*")
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	defer func() {
		if err = errors.Join(err, os.RemoveAll(temp)); err != nil {
			err = fmt.Errorf("back up: %w", err)
		}
	}()
	b := &backup{temp: temp, tar: tar.NewWriter(obedient{ctx, w})}
	if err := d.dump(ctx, b.file(backupFile)); err != nil {
		return err
	}
	if err := b.add(backupFile, b.file(backupFile), time.Now()); err != nil {
		return err
	}
	if err := b.dir(backupFiles); err != nil {
		return err
	}
	for _, blobs := range d.attachments() {
		if err := b.attachments(ctx, blobs); err != nil {
			return err
		}
	}
	return b.tar.Close()
}

// obedient is a writer that obeys ctx between two writes.
type obedient struct {
	ctx context.Context
	w   io.Writer
}

func (o obedient) Write(p []byte) (int, error) {
	if err := o.ctx.Err(); err != nil {
		return 0, err
	}
	return o.w.Write(p)
}

// dumper is a back end whose documents are in a bbolt file already.
type dumper interface {
	Dump(ctx context.Context, w io.Writer) (int64, error)
}

// dump writes the documents of one moment to a bbolt file.
func (d *Data) dump(ctx context.Context, path string) error {
	file, ok := d.driver.(dumper)
	if !ok {
		return d.rewrite(ctx, path)
	}
	// Attachments that are in the file, too, go beside it in a backup.
	inside, err := blob.In(d.DB).List(ctx, "", 1)
	if err != nil {
		return err
	}
	if len(inside) > 0 {
		return d.rewrite(ctx, path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Dump(ctx, obedient{ctx, f})
	return errors.Join(err, f.Close())
}

// rewrite copies the documents page by page in one View, and gives a position to
// events that have none yet.
func (d *Data) rewrite(ctx context.Context, path string) (err error) {
	to, err := boltstore.Open(path, nil)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, to, &store.Options{ForCopy: true}, Collections()...)
	if err != nil {
		return errors.Join(err, to.Close())
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = d.DB.Snapshot(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := store.Copy(ctx, tx, db, &store.CopyOptions{Leave: blob.Names()})
		return err
	})
	if err != nil {
		return err
	}
	_, err = event.NewLog(db, nil).Settle(ctx)
	return err
}

// backup is one that is being written.
type backup struct {
	temp string // directory
	tar  *tar.Writer
	last string // directory that has been written
}

func (b *backup) file(name string) string { return filepath.Join(b.temp, name) }

// add writes a file under a name.
func (b *backup) add(name, from string, t time.Time) (err error) {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if err := b.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: st.Size(), Mode: 0o600, ModTime: t}); err != nil {
		return err
	}
	_, err = io.Copy(b.tar, f)
	return err
}

// dir writes a directory, once.
func (b *backup) dir(name string) error {
	if b.last == name {
		return nil
	}
	b.last = name
	return b.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o700, ModTime: time.Now()})
}

// backupPage is how many attachments are listed at a time.
const backupPage = 256

func (b *backup) attachments(ctx context.Context, blobs blob.Store) error {
	for after := ""; ; {
		page, err := blobs.List(ctx, after, backupPage)
		if err != nil {
			return err
		}
		for _, info := range page {
			if err := b.attachment(ctx, blobs, info); err != nil && !errors.Is(err, blob.ErrNotFound) {
				return fmt.Errorf("attachment %s: %w", info.ID, err)
			}
		}
		if len(page) < backupPage {
			return nil
		}
		after = page[len(page)-1].ID
	}
}

// attachment reads one to its end before it begins to write it: it may be deleted
// while it is read.
func (b *backup) attachment(ctx context.Context, blobs blob.Store, info blob.Info) error {
	name, err := blob.File(info.ID)
	if err != nil {
		return err
	}
	spool := b.file("attachment")
	if err := fetch(ctx, blobs, info.ID, spool); err != nil {
		return err
	}
	name = path.Join(backupFiles, name)
	if err := b.dir(path.Dir(name)); err != nil {
		return err
	}
	return b.add(name, spool, info.Time)
}

func fetch(ctx context.Context, blobs blob.Store, id, to string) (err error) {
	r, _, err := blobs.Open(ctx, id)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(obedient{ctx, f}, r)
	return errors.Join(err, f.Close())
}
