package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// Dir keeps blobs in a directory: the blob abc… is the file ab/abc…. Nothing
// outside of the directory can be reached, not even through symbolic links.
// Several processes may use one directory.
type Dir struct {
	root *os.Root
}

var (
	_ TempSweeper = (*Dir)(nil)
	_ Keeper      = (*Dir)(nil)
)

// tempDir holds blobs that aren't whole yet. Its name is no fan-out's.
const tempDir = "tmp"

// OpenDir opens a directory, and creates it if there is none.
func OpenDir(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("open blobs: %w", err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("open blobs: %w", err)
	}
	if err := root.Mkdir(tempDir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, errors.Join(fmt.Errorf("open blobs: %w", err), root.Close())
	}
	return &Dir{root}, nil
}

// Close gives the directory back. Blobs that are open stay readable.
func (d *Dir) Close() error { return d.root.Close() }

func fileOf(id string) string { return id[:2] + "/" + id }

// File is where a Dir keeps a blob: a path with slashes inside its directory, for
// those who write such a directory themselves. id is one that a Store gave.
func File(id string) (string, error) {
	if !valid(id) {
		return "", errBadID
	}
	return fileOf(id), nil
}

// Put implements Store.
func (d *Dir) Put(ctx context.Context, r io.Reader, maxBytes int64) (Info, error) {
	id := newID()
	temp := tempDir + "/" + id
	if err := d.write(temp, bound(ctx, r, maxBytes)); err != nil {
		// What can't be removed now is swept as a left-over.
		d.root.Remove(temp)
		return Info{}, fmt.Errorf("put blob: %w", err)
	}
	if err := d.publish(temp, id); err != nil {
		d.root.Remove(temp)
		return Info{}, fmt.Errorf("put blob: %w", err)
	}
	info, err := d.info(id)
	if err != nil {
		return Info{}, fmt.Errorf("put blob: %w", err)
	}
	return info, nil
}

// Keep implements Keeper.
func (d *Dir) Keep(ctx context.Context, info Info, r io.Reader) (err error) {
	temp := tempDir + "/" + newID()
	defer func() {
		if err != nil {
			d.root.Remove(temp)
			err = fmt.Errorf("keep blob %q: %w", info.ID, err)
		}
	}()
	if !valid(info.ID) {
		return errBadID
	}
	switch _, err := d.root.Lstat(fileOf(info.ID)); {
	case err == nil:
		return store.ErrExists
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := d.write(temp, exactly(ctx, r, info.Size)); err != nil {
		return err
	}
	if err := d.root.Chtimes(temp, info.Time, info.Time); err != nil {
		return err
	}
	return d.publish(temp, info.ID)
}

// write leaves a file whose content is on the disk.
func (d *Dir) write(name string, r io.Reader) (err error) {
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.Copy(f, r); err != nil {
		return err
	}
	return f.Sync()
}

// publish gives a whole file its name, and makes sure that the name lasts.
func (d *Dir) publish(temp, id string) error {
	// The parent is synced even if somebody else made the directory: he may not
	// have come to that yet.
	if err := d.root.Mkdir(id[:2], 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := d.sync("."); err != nil {
		return err
	}
	if err := d.root.Rename(temp, fileOf(id)); err != nil {
		return err
	}
	return d.sync(id[:2])
}

func (d *Dir) sync(dir string) error {
	f, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Open implements Store.
func (d *Dir) Open(ctx context.Context, id string) (io.ReadSeekCloser, Info, error) {
	if err := ctx.Err(); err != nil {
		return nil, Info{}, err
	}
	f, info, err := d.open(id)
	if err != nil {
		return nil, Info{}, err
	}
	return f, info, nil
}

func (d *Dir) open(id string) (*os.File, Info, error) {
	if !valid(id) {
		return nil, Info{}, notFound("open", id)
	}
	f, err := d.root.Open(fileOf(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Info{}, notFound("open", id)
	}
	if err != nil {
		return nil, Info{}, fmt.Errorf("open blob: %w", err)
	}
	info, err := describe(f, id)
	if err != nil {
		return nil, Info{}, errors.Join(fmt.Errorf("open blob: %w", err), f.Close())
	}
	return f, info, nil
}

// describe sniffs the type each time: kept beside the content, it would be a
// second file to keep in step.
func describe(f *os.File, id string) (Info, error) {
	st, err := f.Stat()
	if err != nil {
		return Info{}, err
	}
	if !st.Mode().IsRegular() {
		return Info{}, ErrNotFound
	}
	head := make([]byte, sniffLen)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return Info{}, err
	}
	return Info{ID: id, Type: sniff(head[:n]), Size: st.Size(), Time: st.ModTime().UTC()}, nil
}

func (d *Dir) info(id string) (Info, error) {
	f, info, err := d.open(id)
	if err != nil {
		return Info{}, err
	}
	return info, f.Close()
}

// Delete implements Store.
func (d *Dir) Delete(ctx context.Context, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !valid(id) {
		return notFound("delete", id)
	}
	err := d.root.Remove(fileOf(id))
	if errors.Is(err, fs.ErrNotExist) {
		return notFound("delete", id)
	}
	if err == nil {
		// What was erased must not come back with the power.
		err = d.sync(id[:2])
	}
	if err != nil {
		return fmt.Errorf("delete blob: %w", err)
	}
	return nil
}

// List implements Store. Files that aren't blobs are passed over.
func (d *Dir) List(ctx context.Context, after string, limit int) ([]Info, error) {
	limit = max(limit, 1)
	fans, err := fs.ReadDir(d.root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("list blobs: %w", err)
	}
	var infos []Info
	for _, fan := range fans {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if name := fan.Name(); len(name) != 2 || !fan.IsDir() || name < after[:min(2, len(after))] {
			continue
		}
		if infos, err = d.listFan(infos, fan.Name(), after, limit); err != nil {
			return nil, fmt.Errorf("list blobs: %w", err)
		}
		if len(infos) == limit {
			break
		}
	}
	return infos, nil
}

func (d *Dir) listFan(infos []Info, fan, after string, limit int) ([]Info, error) {
	files, err := fs.ReadDir(d.root.FS(), fan)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		id := f.Name()
		if len(infos) == limit {
			break
		}
		if id <= after || !valid(id) || id[:2] != fan {
			continue
		}
		info, err := d.info(id)
		if errors.Is(err, ErrNotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// SweepTemp implements TempSweeper.
func (d *Dir) SweepTemp(ctx context.Context, olderThan time.Time) (n int, err error) {
	files, err := fs.ReadDir(d.root.FS(), tempDir)
	if err != nil {
		return 0, fmt.Errorf("sweep temporary files: %w", err)
	}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		st, err := f.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // became a blob
		}
		if err != nil {
			return n, fmt.Errorf("sweep temporary files: %w", err)
		}
		// A slow upload moves the time at each write, so it isn't taken away.
		if !st.ModTime().Before(olderThan) {
			continue
		}
		if err := d.root.Remove(tempDir + "/" + f.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return n, fmt.Errorf("sweep temporary files: %w", err)
		}
		n++
	}
	return n, nil
}
