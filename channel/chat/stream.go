package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
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
type stream struct {
	c      *Chat
	w      http.ResponseWriter
	rc     *http.ResponseController
	sess   *identity.Session
	viewer *viewer // made anew for each piece of news, so that it shows what is now
	at     cursor
	sent   map[string]conversationForm // as last sent in this stream

	opening opening
	waits   []string // tickets that wait in line
	beats   int
}

func (c *Chat) listen(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	s := &stream{c: c, w: w, rc: http.NewResponseController(w), sess: sess, sent: map[string]conversationForm{}}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	h.Set("X-Content-Type-Options", "nosniff")
	// The server's own deadlines are for requests that end.
	s.rc.SetReadDeadline(time.Time{})

	kicked, leave := c.seat(sess.EndUser.ID)
	defer leave()
	watch := c.Events.Watch(sess.EndUser.ID)
	defer watch.Stop()
	live, deaf := c.Presence.Listen(sess.EndUser.ID)
	defer deaf()
	defer c.Presence.Come(sess.Actor())()

	defer s.opening.stop()
	if err := s.begin(r.Context(), r.Header.Get("Last-Event-ID")); err != nil {
		return s.broken(r, err)
	}
	tick := time.NewTicker(c.heartbeat)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-r.Context().Done():
			return nil
		case <-c.done:
			s.send("bye", struct{}{}, false)
			return nil
		case <-kicked:
			return nil
		case <-watch.C():
			err = s.news(r.Context())
		case <-s.opening.watch.C():
			err = s.hours(r.Context(), false)
		case l := <-live:
			if err = s.alive(r.Context()); err == nil {
				err = s.live(r.Context(), l)
			}
		case <-tick.C:
			err = s.beat(r.Context())
		}
		if err != nil {
			return s.broken(r, err)
		}
	}
}

// broken ends a stream whose answer has begun: all that is left is to hang up, and
// the client comes back.
func (s *stream) broken(r *http.Request, err error) error {
	if r.Context().Err() == nil && !errors.Is(err, identity.ErrSession) {
		s.c.log.WarnContext(r.Context(), "stream ended", "end_user", s.sess.EndUser.ID, "error", err)
	}
	return nil
}

// begin goes on where the client was, or tells it where it starts.
func (s *stream) begin(ctx context.Context, from string) error {
	var err error
	if from != "" {
		if s.at, err = readCursor(from); err != nil {
			s.at = nil
		}
	}
	known := s.at != nil
	if !known {
		if err := s.start(ctx); err != nil {
			return err
		}
		first := "ready"
		if from != "" {
			first = "reset" // the cursor is damaged: the client loads everything anew
		}
		if err := s.send(first, struct{}{}, true); err != nil {
			return err
		}
	}
	if err := s.send("presence", presenceForm{s.c.Presence.Staffed()}, false); err != nil {
		return err
	}
	if err := s.hours(ctx, true); err != nil {
		return err
	}
	return s.news(ctx)
}

// start takes the present as what the client knows: it loads history itself.
func (s *stream) start(ctx context.Context) error {
	s.at = cursor{}
	ts, err := s.tickets(ctx)
	for _, t := range ts {
		s.at[t.ID] = mark{t.Marks.Visible, int64(t.Rev)}
		err = errors.Join(err, s.delivered(ctx, t)) // it comes with the history
	}
	return err
}

// tickets are those that the stream follows, all of the session's app.
func (s *stream) tickets(ctx context.Context) ([]*ticket.Ticket, error) {
	ts, _, err := s.c.Tickets.OfEndUser(ctx, s.sess.Actor(), s.sess.EndUser.ID, "", followed)
	return slices.DeleteFunc(ts, func(t *ticket.Ticket) bool { return t.App != s.sess.App }), err
}

// news sends what the client doesn't have of every conversation that it follows.
func (s *stream) news(ctx context.Context) error {
	ts, err := s.tickets(ctx)
	if err != nil {
		return err
	}
	if err := s.alive(ctx); err != nil {
		return err
	}
	s.viewer = s.c.viewer(s.sess.Actor())
	now := cursor{}
	for _, t := range ts {
		now[t.ID] = s.at[t.ID]
		m := s.at[t.ID]
		restored := m.seq > t.Marks.Visible || m.rev > int64(t.Rev) // the cursor is from before the desk was
		moved := m.rev > 0 && m.rev <= int64(t.Moved)               // he would have those messages twice
		if restored || moved {
			return s.reset(ctx)
		}
	}
	s.at, s.waits = now, nil
	for _, t := range ts {
		if t.Backlogged() && s.c.estimator != nil {
			s.waits = append(s.waits, t.ID)
		}
		if m := s.at[t.ID]; m.seq < t.Marks.Visible || m.rev < int64(t.Rev) {
			if err := s.conversation(ctx, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// reset has the client load everything anew.
func (s *stream) reset(ctx context.Context) error {
	if err := s.start(ctx); err != nil {
		return err
	}
	return s.send("reset", struct{}{}, true)
}

// conversation sends new messages, then the state of the conversation.
func (s *stream) conversation(ctx context.Context, t *ticket.Ticket) error {
	m := s.at[t.ID]
	if t.Marks.Visible-m.seq > catchUp {
		return s.reset(ctx)
	}
	for m.seq < t.Marks.Visible {
		ms, _, err := s.c.Tickets.Messages(ctx, s.sess.Actor(), t.ID, m.seq, 0, page)
		if err != nil {
			return err
		}
		if err := s.alive(ctx); err != nil {
			return err
		}
		for _, msg := range ms {
			f, err := s.viewer.message(ctx, t, msg)
			if err != nil {
				return err
			}
			m.seq = msg.Seq
			s.at[t.ID] = m
			if err := s.send("message", f, true); err != nil {
				return err
			}
		}
		if len(ms) == 0 {
			m.seq = t.Marks.Visible // it was erased
		}
	}
	m.rev = int64(t.Rev)
	s.at[t.ID] = m
	if err := s.tellState(ctx, t); err != nil {
		return err
	}
	return s.delivered(ctx, t)
}

// tellState sends the state of the conversation, if the client doesn't know it.
func (s *stream) tellState(ctx context.Context, t *ticket.Ticket) error {
	f, err := s.viewer.conversation(ctx, t)
	if err != nil {
		return err
	}
	// What only staff sees changes the ticket, too: that isn't the end user's to know.
	was := s.sent[t.ID]
	was.Updated = f.Updated
	if s.sent[t.ID] = f; !reflect.DeepEqual(was, f) {
		return s.send("conversation", f, true)
	}
	return nil
}

// delivered notes that the messages have reached the device.
func (s *stream) delivered(ctx context.Context, t *ticket.Ticket) error {
	if t.Marks.Public <= t.Marks.EndUserGot {
		return nil
	}
	_, err := s.c.Tickets.MarkDelivered(ctx, s.sess.EndUser.ID, t.ID, t.Marks.Public)
	return err
}

type presenceForm struct {
	Online bool `json:"online"` // somebody of the staff is there
}

type typingForm struct {
	Conversation string `json:"conversation"`
	Name         string `json:"name"`
	Typing       bool   `json:"typing"`
}

func (s *stream) live(ctx context.Context, l ticket.Live) error {
	switch {
	case l.Actor.Kind == event.EndUser:
		return nil // himself, elsewhere
	case l.Ticket == "":
		return s.send("presence", presenceForm{s.c.Presence.Staffed()}, false)
	}
	t, err := s.c.Tickets.Get(ctx, s.sess.Actor(), l.Ticket)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	who, err := s.c.viewer(s.sess.Actor()).author(ctx, t.App, l.Actor)
	if err != nil {
		return err
	}
	return s.send("typing", typingForm{t.ID, who.Name, l.Typing}, false)
}

// alive asks whether the session lives still. It comes after what is to be told has
// been read, so that nothing from after a logout is told.
func (s *stream) alive(ctx context.Context) error {
	if _, err := s.c.People.Authenticate(ctx, s.sess.Token); err != nil {
		s.send("bye", struct{}{}, false)
		return err
	}
	return nil
}

// beat keeps the connection open.
func (s *stream) beat(ctx context.Context) error {
	if err := s.alive(ctx); err != nil {
		return err
	}
	if s.opening.told.runsOut(s.c.now()) {
		if err := s.hours(ctx, true); err != nil {
			return err
		}
	}
	if s.beats++; s.beats%lineBeats == 0 {
		if err := s.line(ctx); err != nil {
			return err
		}
	}
	return s.write(": \n\n")
}

// send writes one event; withCursor gives it the place that the client has then.
func (s *stream) send(what string, v any, withCursor bool) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("event %s: %w", what, err)
	}
	id := ""
	if withCursor {
		id = "id: " + s.at.String() + "\n"
	}
	return s.write("event: " + what + "\n" + id + "data: " + string(b) + "\n\n")
}

func (s *stream) write(text string) error {
	s.rc.SetWriteDeadline(time.Now().Add(writeTime)) // a server without deadlines does without
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.rc.Flush()
}
