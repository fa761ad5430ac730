package blob

import (
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// chunkBytes is how much of a blob one document holds. In base64, which JSON
// needs, it is still below what a document may have.
const chunkBytes = 512 << 10

// head is what makes chunks a blob. It is written last.
type head struct {
	ID     string    `json:"id"`
	Type   string    `json:"type"`
	Size   int64     `json:"size"`
	Chunk  int64     `json:"chunk"` // bytes of each chunk but the last
	Chunks int       `json:"chunks"`
	Time   time.Time `json:"time"`
	Rev    store.Rev `json:"-"`
}

func (h *head) info() Info { return Info{ID: h.ID, Type: h.Type, Size: h.Size, Time: h.Time} }

// chunk is a part of a blob. It is created once and never changed.
type chunk struct {
	Blob string    `json:"blob"`
	N    int       `json:"n"` // from 0
	Data []byte    `json:"data"`
	Rev  store.Rev `json:"-"`
}

func chunkKey(blob string, n int) string { return fmt.Sprintf("%s/%08x", blob, n) }

// part counts the chunks that are there without a head: of an upload that is under
// way or never ended, or of a blob that is being deleted.
type part struct {
	ID     string    `json:"id"`
	Chunks int       `json:"chunks"`
	Time   time.Time `json:"time"` // of the last chunk; zero when they are to go
	Rev    store.Rev `json:"-"`
}

const impersonal = "whose content it is stands in the document that names it, and with that it goes"

var (
	heads = &store.Collection[head]{
		Name:       "blob",
		Key:        func(h *head) string { return h.ID },
		Rev:        func(h *head) *store.Rev { return &h.Rev },
		Impersonal: impersonal,
	}
	chunks = &store.Collection[chunk]{
		Name:       "blob_chunk",
		Key:        func(c *chunk) string { return chunkKey(c.Blob, c.N) },
		Rev:        func(c *chunk) *store.Rev { return &c.Rev },
		Impersonal: impersonal,
	}
	parts = &store.Collection[part]{
		Name:       "blob_part",
		Key:        func(p *part) string { return p.ID },
		Rev:        func(p *part) *store.Rev { return &p.Rev },
		Impersonal: "ids and numbers",
	}
)

// Collections are what a store given by In keeps; give them to store.Open.
func Collections() []store.Any { return []store.Any{heads, chunks, parts} }

// Names are the names of Collections: what a copy leaves alone that brings blobs
// by Copy.
func Names() []string { return []string{heads.Name, chunks.Name, parts.Name} }
