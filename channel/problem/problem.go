// Package problem tells errors of the engine to HTTP clients, as
// application/problem+json (RFC 9457).
package problem

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Details is the body of an error response. Code is for programs.
type Details struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	Code   string `json:"code"`
	Field  string `json:"field,omitempty"`
	Limit  int64  `json:"limit,omitempty"`
}

// Of describes an error. What isn't the client's to know has no detail.
func Of(err error) Details {
	d := kind(err)
	d.Title = http.StatusText(d.Status)
	if d.Status < 500 && d.Detail == "" {
		d.Detail = err.Error()
	}
	return d
}

func kind(err error) Details {
	// First of all: what is said about a connection to the store is no word about
	// the client's request.
	if errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrUnknown) {
		return Details{Status: http.StatusServiceUnavailable, Code: "unavailable"}
	}
	if f, ok := errors.AsType[*store.FieldError](err); ok {
		code := "invalid"
		if f.Limit > 0 {
			code = "too_long"
		}
		return Details{Status: http.StatusUnprocessableEntity, Code: code, Field: f.Field, Limit: int64(f.Limit), Detail: f.Error()}
	}
	if e, ok := errors.AsType[*ticket.ConditionError](err); ok { // also that of rules and of the FAQ
		return Details{Status: http.StatusUnprocessableEntity, Code: "condition", Detail: e.Error()}
	}
	if e, ok := errors.AsType[*hours.PlanError](err); ok {
		return Details{Status: http.StatusUnprocessableEntity, Code: "invalid", Field: e.Field, Detail: e.Error()}
	}
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(e.Limit)
	}
	if e, ok := errors.AsType[*blob.TooLargeError](err); ok {
		return tooLarge(e.Limit)
	}
	if e, ok := errors.AsType[*ticket.TypeError](err); ok {
		return Details{Status: http.StatusUnsupportedMediaType, Code: "unsupported_type", Detail: e.Error()}
	}
	if e, ok := errors.AsType[*ticket.RefusedError](err); ok {
		return Details{Status: http.StatusUnprocessableEntity, Code: "refused", Detail: e.Error()}
	}
	if e, ok := errors.AsType[*ticket.UnresolvedError](err); ok {
		return Details{Status: http.StatusUnprocessableEntity, Code: "unresolved", Detail: e.Error()}
	}
	if e, ok := errors.AsType[*ticket.TransitionError](err); ok {
		return Details{Status: http.StatusConflict, Code: "transition", Detail: e.Error()}
	}
	if e, ok := errors.AsType[*ticket.MergedError](err); ok {
		return Details{Status: http.StatusConflict, Code: "merged", Detail: e.Error()}
	}
	if e, ok := errors.AsType[*ticket.TakenError](err); ok {
		return Details{Status: http.StatusConflict, Code: "taken", Detail: e.Error()}
	}
	if e, ok := errors.AsType[*queue.InUseError](err); ok {
		return Details{Status: http.StatusConflict, Code: "in_use", Detail: e.Error()}
	}
	if e, ok := errors.AsType[*ticket.IncompleteError](err); ok {
		return Details{Status: http.StatusUnprocessableEntity, Code: "incomplete", Field: "fields." + e.Fields[0], Detail: e.Error()}
	}
	if e, ok := errors.AsType[*LimitError](err); ok {
		return Details{Status: http.StatusTooManyRequests, Code: "rate_limited", Detail: e.Error()}
	}
	if e, ok := errors.AsType[*identity.PrivateError](err); ok {
		return Details{Status: http.StatusUnprocessableEntity, Code: "private", Detail: e.Error()}
	}
	if e, ok := errors.AsType[*identity.BannedError](err); ok {
		return Details{Status: http.StatusForbidden, Code: "banned", Detail: e.Error()}
	}
	if e, ok := errors.AsType[*ticket.ContactError](err); ok {
		return Details{Status: http.StatusForbidden, Code: "contact_closed", Detail: e.Error()}
	}
	if e, ok := errors.AsType[*identity.PermissionError](err); ok {
		return Details{Status: http.StatusForbidden, Code: "forbidden", Detail: "this needs the permission to " + string(e.Permission)}
	}
	if e, ok := errors.AsType[*identity.InvitationError](err); ok {
		return Details{Status: http.StatusForbidden, Code: "invitation_" + string(e.Reason), Detail: e.Error()}
	}
	if e, ok := errors.AsType[*identity.KeyError](err); ok {
		return Details{Status: http.StatusUnauthorized, Code: "key_" + string(e.Reason), Detail: e.Error()}
	}
	if syntax(err) {
		return Details{Status: http.StatusBadRequest, Code: "malformed", Detail: "the request's body can't be read: " + err.Error()}
	}
	for _, known := range []struct {
		err    error
		status int
		code   string
		detail string
	}{
		{identity.ErrSession, http.StatusUnauthorized, "session", "begin a new session"},
		{store.ErrNotFound, http.StatusNotFound, "not_found", "there is no such thing, or it isn't yours"},
		{store.ErrKeyReused, http.StatusConflict, "key_reused", "the same key was used with other content"},
		{identity.ErrLastAdmin, http.StatusConflict, "last_admin", "the last admin has to stay"},
		{queue.ErrDefault, http.StatusConflict, "default_queue", "make another queue the default one first"},
		{ticket.ErrNotOffered, http.StatusConflict, "not_offered", "it isn't offered to you, or not any more"},
		{ticket.ErrNotAsked, http.StatusConflict, "not_asked", "there is nothing to answer, or not any more"},
		{store.ErrStale, http.StatusConflict, "stale", "somebody was faster: look again"},
		{store.ErrExists, http.StatusConflict, "exists", "there is one already"},
		{store.ErrValue, http.StatusUnprocessableEntity, "invalid", "it holds something that can't be stored"},
		{store.ErrTooLarge, http.StatusRequestEntityTooLarge, "too_large", ""},
		{store.ErrCursor, http.StatusBadRequest, "cursor", ""},
		{store.ErrConflict, http.StatusServiceUnavailable, "busy", ""},
		{store.ErrClosed, http.StatusServiceUnavailable, "closing", ""},
		{context.Canceled, http.StatusServiceUnavailable, "cancelled", ""},
		{context.DeadlineExceeded, http.StatusServiceUnavailable, "timeout", ""},
	} {
		if errors.Is(err, known.err) {
			return Details{Status: known.status, Code: known.code, Detail: known.detail}
		}
	}
	return Details{Status: http.StatusInternalServerError, Code: "internal"}
}

func tooLarge(limit int64) Details {
	return Details{Status: http.StatusRequestEntityTooLarge, Code: "too_large", Limit: limit, Detail: fmt.Sprintf("at most %d bytes", limit)}
}

func syntax(err error) bool {
	_, isSyntax := errors.AsType[*json.SyntaxError](err)
	_, isType := errors.AsType[*json.UnmarshalTypeError](err)
	return isSyntax || isType || errors.Is(err, ErrMalformed) || errors.Is(err, io.ErrUnexpectedEOF)
}

// ErrMalformed: the request can't be read.
var ErrMalformed = errors.New("malformed request")

// LimitError says that somebody does something too often. It is answered with 429
// and Retry-After.
type LimitError struct {
	What  string        // as in "message"
	After time.Duration // when he may do it again
}

func (e *LimitError) Error() string { return "too many of this kind: " + e.What }

// seconds is how long the client shall wait, rounded up.
func (e *LimitError) seconds() int64 { return int64(max((e.After+time.Second-1)/time.Second, 1)) }

// maxLogged is how much of an error is logged, in bytes.
const maxLogged = 500

// Write answers with the error. What the client isn't told is logged.
func Write(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	d := Of(err)
	if d.Status >= 500 && r.Context().Err() == nil {
		text := err.Error()
		log.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "error", text[:min(len(text), maxLogged)])
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if d.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1")
	}
	if e, ok := errors.AsType[*LimitError](err); ok {
		h.Set("Retry-After", strconv.FormatInt(e.seconds(), 10))
	}
	w.WriteHeader(d.Status)
	json.NewEncoder(w).Encode(d)
}
