// Package blob keeps attachments: bytes that are too large for a document.
//
// A [Store] gives each blob a random id, which a document then names. Put the
// blob first, and write the document in a transaction afterwards:
//
//	info, err := blobs.Put(ctx, body, 25<<20)
//	// then db.Update: the message names info.ID
//
// [Dir] keeps blobs in a directory, and Put returns when the blob would survive
// a power failure: what a transaction names is always there, and whole. A blob
// whose transaction never came is an orphan; [Sweep] removes it. [In] keeps blobs
// as documents of a store, which several processes may share. [Copy] brings them
// from one store to another.
//
// # Untrusted content
//
// The type of a blob is sniffed from its bytes; what the client says isn't
// looked at. Only what [Inline] allows may be shown by a browser on the host's
// own origin; everything else is for downloading, under a name that went through
// [CleanName].
//
// # Caveats
//
// The time of a blob is the file system's clock, not an injected one. A sweep
// must leave a blob alone for as long as a transaction may take to name it: 24
// hours is safe.
package blob

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/gabriel-vasile/mimetype"
)

// The errors of every blob store, which are those of package store; compare with
// errors.Is.
var (
	// ErrNotFound: there is no such blob. An id that isn't well-formed is never
	// found, whatever it spells.
	ErrNotFound = store.ErrNotFound
	// ErrTooLarge: the content is above the limit; *TooLargeError says which.
	ErrTooLarge = store.ErrTooLarge
)

// TooLargeError says that the content given to Put is above the limit. It is an
// ErrTooLarge.
type TooLargeError struct {
	Limit int64 // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("blob has more than %d bytes", e.Limit)
}

// Unwrap returns ErrTooLarge.
func (e *TooLargeError) Unwrap() error { return ErrTooLarge }

// Info describes a blob.
type Info struct {
	ID   string    // 26 characters, a-z and 2-7
	Type string    // MIME type as sniffed, perhaps with parameters
	Size int64     // bytes
	Time time.Time // when it was put, UTC
}

// Store keeps blobs. Its methods may be called by several goroutines.
type Store interface {
	// Put keeps what r yields, and returns once it is durable. Content of more
	// than maxBytes bytes is a *TooLargeError; nothing is kept then, or if r
	// fails. A negative maxBytes counts as 0.
	Put(ctx context.Context, r io.Reader, maxBytes int64) (Info, error)
	// Open gives the content from its beginning, or ErrNotFound. The caller
	// closes it.
	Open(ctx context.Context, id string) (io.ReadSeekCloser, Info, error)
	// Delete removes a blob for good, or gives ErrNotFound.
	Delete(ctx context.Context, id string) error
	// List returns at most limit blobs (all values below 1 count as 1) in the
	// order of their ids, those behind the id after, which need not exist. A
	// shorter answer is the end.
	List(ctx context.Context, after string, limit int) ([]Info, error)
}

func newID() string { return strings.ToLower(rand.Text()) }

const idLen = 26

// valid tells ids from everything else, and from file names of other meaning.
func valid(id string) bool {
	if len(id) != idLen {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// sniffLen is how much of the content tells its type.
const sniffLen = 3072

func sniff(head []byte) string { return mimetype.Detect(head).String() }

// bounded reads at most limit bytes, then fails. It also obeys ctx, which the
// reader of a request's body may not know.
type bounded struct {
	ctx   context.Context
	r     io.Reader
	limit int64
	n     int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	// One byte more than is allowed shows that there is more.
	if room := b.limit - b.n + 1; int64(len(p)) > room {
		p = p[:room]
	}
	n, err := b.r.Read(p)
	b.n += int64(n)
	if b.n > b.limit {
		return 0, &TooLargeError{b.limit}
	}
	return n, err
}

func bound(ctx context.Context, r io.Reader, maxBytes int64) *bounded {
	// The largest number has no successor, which room above needs.
	return &bounded{ctx: ctx, r: r, limit: min(max(maxBytes, 0), 1<<62)}
}

func notFound(op, id string) error { return fmt.Errorf("%s blob %q: %w", op, id, ErrNotFound) }
