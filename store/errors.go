package store

import (
	"errors"
	"fmt"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// The errors of every store; compare with errors.Is.
var (
	// ErrNotFound: there is no such document.
	ErrNotFound = driver.ErrNotFound
	// ErrExists: the key, or a value that must be unique, is taken. The
	// transaction stays usable.
	ErrExists = driver.ErrExists
	// ErrConflict: a document that this transaction read was changed by another
	// one meanwhile. Update runs its function again.
	ErrConflict = errors.New("changed by another transaction")
	// ErrStale: the revision that the caller brought from outside is no longer
	// the current one. It is never retried: the caller must look again.
	ErrStale = errors.New("stale revision")
	// ErrNewer: the data was written by a newer version of the program.
	ErrNewer = errors.New("written by a newer version")
	// ErrNested: View or Update of a DB inside a transaction of the same DB.
	ErrNested = errors.New("transaction inside a transaction: use the Tx that the function was given")
	// ErrCursor: the cursor belongs to another query, or is damaged.
	ErrCursor = errors.New("cursor doesn't belong to this query")
	// ErrKeyReused: an idempotency key came again with other content.
	ErrKeyReused = errors.New("idempotency key used with other content")
	// ErrIndexBuilding: the index is new, and older documents are still being
	// added to it.
	ErrIndexBuilding = errors.New("index is still being built")
	// ErrTooLarge: a document or a transaction is above its limit.
	ErrTooLarge = errors.New("too large")
	// ErrCopying: the store is the target of a copy that hasn't ended: copy again.
	ErrCopying = errors.New("the copy into this store hasn't ended: run it again, to its end")
	// ErrNotEmpty: a copy would replace what the target holds.
	ErrNotEmpty = errors.New("not empty, and replacing wasn't asked for")
	// ErrValue: a document holds a value that no store can keep.
	ErrValue = errors.New("value can't be stored")
	// ErrReadOnly: a write inside View.
	ErrReadOnly = driver.ErrReadOnly
	// ErrFailed: a flush failed; the store must be opened again.
	ErrFailed = driver.ErrFailed
	// ErrInUse: another process has the file open.
	ErrInUse = driver.ErrInUse
	// ErrClosed: the store or the transaction has ended.
	ErrClosed = driver.ErrClosed
	// ErrUnavailable: the store's server can't be reached, or refuses to work, at
	// the moment. Nothing was changed.
	ErrUnavailable = driver.ErrUnavailable
	// ErrUnknown: the connection broke while the transaction was being committed,
	// so that it has happened whole, or not at all. Creations with an idempotency
	// key, and messages with a client id, can be repeated without harm.
	ErrUnknown = driver.ErrUnknown
)

// Broken says whether an error isn't about what was asked for but about the
// transaction, which has to run again, or about the store, which can't go on: who does
// several things in one transaction, and passes over what fails, returns such an error.
func Broken(err error) bool {
	for _, about := range []error{ErrConflict, ErrUnavailable, ErrUnknown, ErrClosed, ErrFailed} {
		if errors.Is(err, about) {
			return true
		}
	}
	return false
}

// Error says which operation failed on which document.
type Error struct {
	Op         string // get, put, delete, scan
	Collection string
	Key        string
	Err        error
}

func (e *Error) Error() string {
	if e.Key == "" {
		return fmt.Sprintf("%s %s: %v", e.Op, e.Collection, e.Err)
	}
	return fmt.Sprintf("%s %s %q: %v", e.Op, e.Collection, e.Key, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// FieldError says which field of an input is refused, and why. It is an ErrValue.
// Services of higher packages give it, too: nothing has changed then.
type FieldError struct {
	Field  string // as in "message.body"
	Reason string
	Limit  int // the limit that was exceeded, 0 if it isn't about one
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Reason }

// Unwrap returns ErrValue.
func (e *FieldError) Unwrap() error { return ErrValue }

// TooLong returns the error of a text above its limit in characters.
func TooLong(field string, limit int) error {
	return &FieldError{field, fmt.Sprintf("at most %d characters", limit), limit}
}
