package indexfiles

import (
	"context"
	"encoding/json"
	"errors"

	index "github.com/blevesearch/bleve_index_api"
)

// Batch is what is written at once, all or nothing.
type Batch struct {
	// Erased says that what is taken out here, and was before, is to be gone from the
	// files, too.
	Erased bool
	// Then, if it isn't nil, is called when the index has it.
	Then func() error

	ops *index.Batch
}

func newBatch() *Batch { return &Batch{ops: index.NewBatch()} }

// Put puts a document, in place of the one with its id.
func (b *Batch) Put(d index.Document) { b.ops.Update(d) }

// Delete takes out the document with the id, if there is one.
func (b *Batch) Delete(id string) { b.ops.Delete(id) }

func (b *Batch) empty() bool { return len(b.ops.IndexOps) == 0 && !b.Erased }

func (b *Batch) mark(m *mark) error {
	encoded, err := json.Marshal(m)
	if err != nil {
		return err
	}
	b.ops.SetInternal(markKey, encoded)
	return nil
}

// mark says how far the index has come. It is written with what it is about.
type mark struct {
	// Position of the log up to which events are in the index, and the id of the
	// event there: another one means another log.
	Position int64  `json:"position"`
	Event    string `json:"event,omitempty"`
	// Building is set until all of the store has been read once; After is the cursor.
	Building bool   `json:"building,omitempty"`
	After    string `json:"after,omitempty"`
	// Purge is set as long as files may hold what was erased; see forget.
	Purge bool `json:"purge,omitempty"`

	written int64 // the position that the files hold, which may be an earlier one
}

var (
	markKey = []byte("mark")
	formKey = []byte("form")
)

// readMark returns the mark of the files; nil is an empty index.
func readMark(r index.IndexReader) (m *mark, err error) {
	b, err := r.GetInternal(markKey)
	if err != nil || b == nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, errors.Join(ErrDamaged, err)
	}
	m.written = m.Position
	return m, nil
}

// write writes a batch and how far it brings the index, both or none.
func (f *Files) write(ctx context.Context, b *Batch, m mark) (err error) {
	defer guard(&err)
	if err := b.mark(&m); err != nil {
		return err
	}
	b.ops.SetInternal(formKey, []byte(f.source.Form))
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := f.files.Batch(b.ops); err != nil {
		return err
	}
	m.written = m.Position
	f.at.Store(&m)
	if b.Then != nil {
		return b.Then()
	}
	return nil
}
