package problem_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/channel/problem"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func Example() {
	d := problem.Of(fmt.Errorf("write: %w", store.TooLong("message.text", 10_000)))
	fmt.Println(d.Status, d.Code, d.Field, d.Limit, d.Detail)
	// Output: 422 too_long message.text 10000 message.text: at most 10000 characters
}

func TestOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{&store.FieldError{Field: "x", Reason: "is bad"}, 422, "invalid"},
		{fmt.Errorf("save: %w", &faq.ConditionError{Line: 1, Column: 2, Message: "x isn't known"}), 422, "condition"},
		{&hours.PlanError{Field: "zone", Reason: "is unknown"}, 422, "invalid"},
		{&http.MaxBytesError{Limit: 9}, 413, "too_large"},
		{&blob.TooLargeError{Limit: 9}, 413, "too_large"},
		{&ticket.TypeError{Type: "text/html"}, 415, "unsupported_type"},
		{&ticket.ContactError{Rule: ticket.NeverContact}, 403, "contact_closed"},
		{&identity.PrivateError{What: "attachments"}, 422, "private"},
		{&ticket.TransitionError{From: ticket.StatusNew, To: ticket.StatusResolved}, 409, "transition"},
		{&identity.PermissionError{Actor: event.Actor{Kind: event.Agent}}, 403, "forbidden"},
		{&identity.InvitationError{Reason: identity.InvitationBad}, 403, "invitation_bad"},
		{&identity.KeyError{Reason: identity.KeyRevoked}, 401, "key_revoked"},
		{identity.ErrLastAdmin, 409, "last_admin"},
		{&ticket.TakenError{Agent: "jo"}, 409, "taken"},
		{&queue.InUseError{Queues: []string{"VIP"}}, 409, "in_use"},
		{queue.ErrDefault, 409, "default_queue"},
		{ticket.ErrNotOffered, 409, "not_offered"},
		{fmt.Errorf("write: %w", &identity.BannedError{Ban: "b"}), 403, "banned"},
		{fmt.Errorf("write: %w", &problem.LimitError{What: "message", After: time.Second}), 429, "rate_limited"},
		{json.Unmarshal([]byte("{"), new(int)), 400, "malformed"},
		{json.Unmarshal([]byte(`"a"`), new(int)), 400, "malformed"},
		{problem.ErrMalformed, 400, "malformed"},
		{io.ErrUnexpectedEOF, 400, "malformed"},
		{&ticket.RefusedError{Reason: "not today"}, 422, "refused"},
		{&ticket.UnresolvedError{Names: []string{"user.name"}}, 422, "unresolved"},
		{&store.Error{Err: store.ErrValue}, 422, "invalid"},
		{identity.ErrSession, 401, "session"},
		{&store.Error{Err: store.ErrNotFound}, 404, "not_found"},
		{store.ErrKeyReused, 409, "key_reused"},
		{store.ErrStale, 409, "stale"},
		{store.ErrExists, 409, "exists"},
		{store.ErrCursor, 400, "cursor"},
		{store.ErrUnavailable, 503, "unavailable"},
		{fmt.Errorf("%w: %w", store.ErrUnknown, io.ErrUnexpectedEOF), 503, "unavailable"},
		{store.ErrConflict, 503, "busy"},
		{context.Canceled, 503, "cancelled"},
		{store.ErrFailed, 500, "internal"},
		{errors.New("anything"), 500, "internal"},
	} {
		d := problem.Of(fmt.Errorf("doing: %w", c.err))
		if d.Status != c.status || d.Code != c.code {
			t.Errorf("%v: %d %s, want %d %s", c.err, d.Status, d.Code, c.status, c.code)
		}
		if d.Status >= 500 && d.Detail != "" {
			t.Errorf("%v: the client is told %q", c.err, d.Detail)
		}
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	w := httptest.NewRecorder()
	problem.Write(w, httptest.NewRequest("GET", "/x", nil), slog.New(slog.NewTextHandler(&log, nil)), errors.New("the disk is full"))
	if w.Code != 500 || w.Header().Get("Content-Type") != "application/problem+json" || strings.Contains(w.Body.String(), "disk") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if !strings.Contains(log.String(), "the disk is full") {
		t.Errorf("log: %s", log.String())
	}
}
