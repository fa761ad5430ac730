package blob

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// Mem keeps blobs in memory, for tests.
type Mem struct {
	mu    sync.Mutex
	blobs map[string]memBlob
}

type memBlob struct {
	info Info
	data []byte
}

var _ Keeper = (*Mem)(nil)

// Memory returns an empty store in memory.
func Memory() *Mem { return &Mem{blobs: map[string]memBlob{}} }

// Put implements Store.
func (m *Mem) Put(ctx context.Context, r io.Reader, maxBytes int64) (Info, error) {
	data, err := io.ReadAll(bound(ctx, r, maxBytes))
	if err != nil {
		return Info{}, fmt.Errorf("put blob: %w", err)
	}
	head := data[:min(len(data), sniffLen)]
	info := Info{ID: newID(), Type: sniff(head), Size: int64(len(data)), Time: time.Now().UTC()}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blobs[info.ID] = memBlob{info, data}
	return info, nil
}

// Keep implements Keeper.
func (m *Mem) Keep(ctx context.Context, info Info, r io.Reader) error {
	data, err := io.ReadAll(exactly(ctx, r, info.Size))
	if err == nil && !valid(info.ID) {
		err = errBadID
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, taken := m.blobs[info.ID]; err == nil && taken {
		err = store.ErrExists
	}
	if err != nil {
		return fmt.Errorf("keep blob %q: %w", info.ID, err)
	}
	info.Type = sniff(data[:min(len(data), sniffLen)])
	m.blobs[info.ID] = memBlob{info, data}
	return nil
}

// Open implements Store.
func (m *Mem) Open(ctx context.Context, id string) (io.ReadSeekCloser, Info, error) {
	if err := ctx.Err(); err != nil {
		return nil, Info{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.blobs[id]
	if !ok {
		return nil, Info{}, notFound("open", id)
	}
	return reader{bytes.NewReader(b.data)}, b.info, nil
}

type reader struct{ *bytes.Reader }

func (reader) Close() error { return nil }

// Delete implements Store.
func (m *Mem) Delete(ctx context.Context, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.blobs[id]; !ok {
		return notFound("delete", id)
	}
	delete(m.blobs, id)
	return nil
}

// List implements Store.
func (m *Mem) List(ctx context.Context, after string, limit int) ([]Info, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var infos []Info
	for _, id := range slices.Sorted(maps.Keys(m.blobs)) {
		if id > after && len(infos) < max(limit, 1) {
			infos = append(infos, m.blobs[id].info)
		}
	}
	return infos, nil
}
