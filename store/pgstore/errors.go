package pgstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
)

var (
	// ErrDenied: the server refuses the login (a wrong password, no such
	// database), or the role may not do what is asked of it.
	ErrDenied = errors.New("PostgreSQL denies access")

	// errStandby: the server takes no writes, as a standby doesn't.
	errStandby = fmt.Errorf("%w: the server is read-only (a standby, or one that was demoted)", driver.ErrUnavailable)
	// errBroken: the connection broke, and took the transaction with it.
	errBroken = fmt.Errorf("%w: the connection to the server broke", driver.ErrUnavailable)
)

// rerun is the error of a transaction that is gone with its connection, and may run
// once more on another one: a conflict, which doesn't say so.
type rerun struct{ err error }

func (r *rerun) Error() string { return r.err.Error() }

func (r *rerun) Unwrap() []error { return []error{store.ErrConflict, r.err} }

// SQLSTATE codes that mean something here; see PostgreSQL's appendix on them.
const (
	uniqueViolation  = "23505"
	serialization    = "40001"
	deadlock         = "40P01"
	lockNotAvailable = "55P03"
	readOnly         = "25006"
	failedBefore     = "25P02"
	undefinedTable   = "42P01"
	noPrivilege      = "42501"
	noDatabase       = "3D000"
	tooManyConnected = "53300"
	diskFull         = "53100"
	outOfMemory      = "53200"
	queryCancelled   = "57014" // by a limit of the server's
	adminShutdown    = "57P01"
	crashShutdown    = "57P02"
	cannotConnectNow = "57P03"
	duplicateColumn  = "42701"
	duplicateTable   = "42P07"
	duplicateSchema  = "42P06"
	undefinedObject  = "42704"
)

// code is the server's own code of an error, or "".
func code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// explain says in the store's words what an error of the server or of the
// connection means.
func explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	switch c := code(err); {
	case c == serialization || c == deadlock || c == lockNotAvailable:
		return fmt.Errorf("%w: %w", store.ErrConflict, err)
	case c == failedBefore:
		return fmt.Errorf("the transaction has failed before, and can only be rolled back: %w", err)
	case c == readOnly:
		return fmt.Errorf("%w: %w", errStandby, err)
	case strings.HasPrefix(c, "28") || c == noPrivilege || c == noDatabase:
		return fmt.Errorf("%w: %w", ErrDenied, err)
	case strings.HasPrefix(c, "08") || c == tooManyConnected || c == diskFull || c == outOfMemory ||
		c == queryCancelled || c == adminShutdown || c == crashShutdown || c == cannotConnectNow:
		return fmt.Errorf("%w: %w", driver.ErrUnavailable, err)
	case c != "":
		return err
	}
	if errors.Is(err, puddle.ErrClosedPool) {
		return fmt.Errorf("the host has closed the pool: %w", driver.ErrClosed)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return fmt.Errorf("%w: %w", driver.ErrUnavailable, err)
	}
	if broken(err) {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	return err
}

// broken says whether a connection is of no use any more.
func broken(err error) bool {
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err)
}
