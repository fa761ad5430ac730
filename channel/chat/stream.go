package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const (
	heartbeat = 15 * time.Second
	// writeTime is how long a client may take to accept what is sent.
	writeTime = 20 * time.Second
	// catchUp is how many messages of one conversation a stream brings at most to
	// somebody who was away; who missed more loads it anew.
	catchUp = 500
)

// stream tells an end user what happens in his conversations, as server-sent
// events. Each message and conversation carries a cursor as its id; a client that
// comes back with it misses nothing and gets nothing twice. Typing and presence
// aren't repeated.
//
// There may be very many, of which nearly all have nothing to tell: a stream holds
// little, and has no goroutine where its connection could be taken over.
type stream struct {
	c     *Chat
	out   outlet
	leave func()        // of presence
	wake  chan struct{} // rung when something is due; nil where workers take the turns

	token, endUser, app, platform string // of the session
	from                          netip.Addr

	// What the client knows, to whoever has the turn.
	at      cursor
	hours   hoursForm
	staffed bool
	beaten  uint8 // beats, of which only some are more than a sign of life

	seat // guarded by the room
}

// outlet is the way to the client.
type outlet interface {
	// write hands all of b to the client, in time or not at all.
	write(b []byte) error
	close()
}

// The ways in which a stream ends, apart from errors.
var (
	errBye    = errors.New("the desk ends its streams")
	errKicked = errors.New("the end user has too many streams")
	errGone   = errors.New("the client has hung up")
)

func (s *stream) actor() event.Actor { return event.Actor{Kind: event.EndUser, ID: s.endUser} }

// listen opens a stream. Where the connection can be taken over, and workers run that
// serve it, the request's goroutine is done with the first turn; else it stays, with
// little on its stack.
func (c *Chat) listen(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	if s := c.open(w, r, sess); s != nil {
		defer c.room.end(s)
		s.attend(r.Context())
	}
	return nil
}

// open begins a stream, and returns it if it needs the request's goroutine.
func (c *Chat) open(w http.ResponseWriter, r *http.Request, sess *identity.Session) *stream {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodHead {
		return nil
	}
	s := &stream{c: c, token: sess.Token, endUser: sess.EndUser.ID, app: sess.App, platform: sess.Platform, from: c.from(r)}
	t := turns.Get().(*turn)
	defer t.release()
	switch line, head, err := c.hijack(w, r); {
	case err != nil:
		return nil // it has its answer
	case line != nil:
		s.out, t.text = line, append(t.text, head...)
	default:
		rc := http.NewResponseController(w)
		rc.SetReadDeadline(time.Time{}) // the server's own deadlines are for requests that end
		s.out, s.wake = response{w, rc}, make(chan struct{}, 1)
	}
	if !c.room.add(s, c.heartbeat) {
		s.out.close() // Run has ended this very moment
		return nil
	}
	s.leave = c.Presence.Come(s.actor())
	begun := false
	defer func() {
		if !begun {
			c.room.end(s)
		}
	}()
	begun = t.take(r.Context(), s, func(ctx context.Context) error { return t.begin(ctx, r.Header.Get("Last-Event-ID")) })
	if !begun {
		return nil
	}
	c.room.rest(s)
	if s.wake == nil {
		return nil
	}
	return s
}

// attend takes a stream's turns until it or its request ends.
func (s *stream) attend(ctx context.Context) {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for ; ; s.c.room.rest(s) {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.c.room.mark(s, dueBeat)
		case <-s.wake:
		}
		if !s.turn(ctx) {
			return
		}
	}
}

// turn tells what is due by now, and says whether the stream goes on.
func (s *stream) turn(ctx context.Context) (goesOn bool) {
	t := turns.Get().(*turn)
	defer t.release()
	return t.takeDue(ctx, s)
}

// turn is one time at which a stream tells something. What it says is kept together,
// and written at once.
type turn struct {
	*stream
	viewer *viewer // made anew for each piece of news, so that it shows what is now
	text   []byte
	broken error       // the write that failed
	aside  *time.Timer // runs while a write waits; nil where nobody else waits for it
	stood  bool        // it did run out
}

var turns = sync.Pool{New: func() any { return new(turn) }}

const (
	// enough is how many bytes a turn says at most before it writes them.
	enough = 16 << 10
	// roomy is the longest text whose memory a turn keeps for the next one.
	roomy = 2 * enough
)

func (t *turn) release() {
	if cap(t.text) <= roomy {
		*t = turn{text: t.text[:0]}
		turns.Put(t)
	}
}

// takeDue tells what is due.
func (t *turn) takeDue(ctx context.Context, s *stream) (goesOn bool) {
	what, typing := s.c.room.due(s)
	return t.take(ctx, s, func(ctx context.Context) error { return t.tell(ctx, what, typing) })
}

// take has a stream tell something, and says whether the stream goes on. All that is
// left if it doesn't is to hang up: its answer has begun, and the client comes back.
func (t *turn) take(ctx context.Context, s *stream, tell func(context.Context) error) (goesOn bool) {
	t.stream, t.broken = s, nil
	err := tell(ctx)
	if flushed := t.flush(); err == nil {
		err = flushed
	}
	t.stream, t.viewer = nil, nil
	switch {
	case err == nil:
		return true
	case ctx.Err() != nil, errors.Is(err, identity.ErrSession), errors.Is(err, errBye), errors.Is(err, errKicked), errors.Is(err, errGone):
	default:
		s.c.log.WarnContext(ctx, "stream ended", "end_user", s.endUser, "error", err)
	}
	return false
}

// tell tells what is due.
func (t *turn) tell(ctx context.Context, what due, typing []ticket.Live) error {
	switch {
	case what&dueKick != 0:
		return errKicked
	case what&dueHark != 0 && t.out.(*line).gone():
		return errGone
	case what&dueBye != 0:
		return errors.Join(t.send("bye", struct{}{}, false), errBye)
	}
	for _, part := range []struct {
		when due
		tell func(context.Context) error
	}{{dueNews, t.news}, {dueHours, t.otherHours}, {duePresence, t.presence}, {dueBeat, t.beat}} {
		if what&part.when == 0 {
			continue
		}
		if err := part.tell(ctx); err != nil {
			return err
		}
	}
	for _, l := range typing {
		if err := t.types(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// begin goes on where the client was, or tells it where it starts.
func (t *turn) begin(ctx context.Context, from string) error {
	known := false
	if from != "" {
		at, err := readCursor(from)
		t.at, known = at, err == nil
	}
	if !known {
		if err := t.start(ctx); err != nil {
			return err
		}
		first := "ready"
		if from != "" {
			first = "reset" // the cursor is damaged: the client loads everything anew
		}
		if err := t.send(first, struct{}{}, true); err != nil {
			return err
		}
	}
	t.staffed = t.c.Presence.Staffed()
	if err := t.send("presence", presenceForm{t.staffed}, false); err != nil {
		return err
	}
	if err := t.tellHours(ctx, true); err != nil {
		return err
	}
	return t.news(ctx)
}

// alive asks whether the session lives still. It comes after what is to be told has
// been read, so that nothing from after a logout is told.
func (t *turn) alive(ctx context.Context) error {
	if _, err := t.c.People.Authenticate(ctx, t.token); err != nil {
		t.send("bye", struct{}{}, false)
		return err
	}
	return nil
}

// beat keeps the connection open.
func (t *turn) beat(ctx context.Context) error {
	if err := t.alive(ctx); err != nil {
		return err
	}
	switch b, err := t.c.People.BanOf(ctx, t.actor(), t.endUser, t.from); {
	case err != nil:
		return err
	case b != nil: // he may read what there is, and is told of nothing new
		t.send("bye", struct{}{}, false)
		return errBye
	}
	if t.hours.runsOut(t.c.now()) {
		if err := t.tellHours(ctx, true); err != nil {
			return err
		}
	}
	if t.beaten++; t.beaten%lineBeats == 0 {
		if err := t.line(ctx); err != nil {
			return err
		}
	}
	t.text = append(t.text, ": \n\n"...)
	return nil
}

// send says one event; withCursor gives it the place that the client has then.
func (t *turn) send(what string, v any, withCursor bool) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("event %s: %w", what, err)
	}
	t.text = append(append(append(t.text, "event: "...), what...), '\n')
	if withCursor {
		t.text = append(append(append(t.text, "id: "...), t.at.String()...), '\n')
	}
	t.text = append(append(append(t.text, "data: "...), b...), "\n\n"...)
	if len(t.text) < enough {
		return nil
	}
	return t.flush()
}

// flush writes what was said. Whoever waits longer than a moment for a client lets
// others have the worker's place.
func (t *turn) flush() error {
	if t.broken != nil || len(t.text) == 0 {
		return t.broken
	}
	watched := t.aside != nil && !t.stood
	if watched {
		t.aside.Reset(patience)
	}
	t.broken = t.out.write(t.text)
	if watched {
		t.stood = !t.aside.Stop()
	}
	t.text = t.text[:0]
	return t.broken
}

// response is the way to the client through the server.
type response struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

func (r response) write(b []byte) error {
	r.rc.SetWriteDeadline(time.Now().Add(writeTime)) // a server without deadlines does without
	if _, err := r.w.Write(b); err != nil {
		return hungUp(err)
	}
	return hungUp(r.rc.Flush())
}

// close leaves it to the server.
func (response) close() {}

// hungUp tells a client that is gone from one that doesn't take what it is sent.
func hungUp(err error) error {
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return fmt.Errorf("%w: %w", errGone, err)
}
