package staff

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const (
	heartbeat = 15 * time.Second
	writeTime = 20 * time.Second
	// catchUp is how many events a page may have missed; beyond, it loads anew.
	catchUp = 2000
)

// stream tells the page what happens on the desk, from a position of the log on.
type stream struct {
	p  *Page
	w  http.ResponseWriter
	rc *http.ResponseController
	me *identity.Agent
}

func (p *Page) stream(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	s := &stream{p, w, http.NewResponseController(w), me}
	after, reset, err := s.from(r)
	if err != nil {
		return err
	}
	// Who is told that it is ready may rely on being heard, and on hearing.
	live, deaf := p.desk.Presence.Listen("")
	defer deaf()
	defer p.desk.Presence.Come(me.Actor())()
	if err := p.back(r.Context(), me); err != nil {
		return err
	}
	defer p.looks.open(me.ID + "/" + r.FormValue("tab"))()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	s.rc.SetReadDeadline(time.Time{})
	first := "ready"
	if reset {
		first = "reset"
	}
	if s.send(first, after, map[string]int64{"position": after}) != nil {
		return nil // gone already
	}
	ctx, cancel := context.WithCancel(r.Context())
	events, desk := make(chan ticket.News), make(chan happening)
	var wg sync.WaitGroup
	wg.Go(func() { p.tail(ctx, me, after, events) })
	wg.Go(func() { p.tailDesk(ctx, after, desk) })
	defer wg.Wait()
	defer cancel()

	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for err == nil {
		select {
		case n, ok := <-events:
			if !ok {
				return nil
			}
			err = s.happened(ctx, n)
		case l := <-live:
			err = s.live(ctx, l)
		case h := <-desk:
			err = s.send(h.kind, 0, h.of)
		case <-tick.C:
			err = s.beat(ctx)
		}
	}
	if ctx.Err() == nil {
		p.log.WarnContext(ctx, "staff stream ended", "agent", me.ID, "error", err)
	}
	return nil
}

// from is where the page wants to go on, or the end of the log where it can't.
func (s *stream) from(r *http.Request) (after int64, reset bool, err error) {
	head, err := s.p.desk.Events.Head(r.Context())
	if err != nil {
		return 0, false, err
	}
	text := r.Header.Get("Last-Event-ID")
	if text == "" {
		text = r.FormValue("after")
	}
	if text == "" {
		return head, false, nil
	}
	after, err = strconv.ParseInt(text, 10, 64)
	if err != nil || after < 0 || after > head || head-after > catchUp {
		return head, true, nil
	}
	return after, false, nil
}

// tail hands on what happens to the tickets that the agent sees; the channel's
// closing is the end.
func (p *Page) tail(ctx context.Context, me *identity.Agent, after int64, to chan<- ticket.News) {
	defer close(to)
	for n, err := range p.desk.Tickets.Tail(ctx, me.Actor(), after) {
		if err != nil {
			return // ctx has ended, or the page comes back and is told to begin anew
		}
		select {
		case to <- n:
		case <-ctx.Done():
			return
		}
	}
}

// happened sends the message of an event, and the ticket as it is now.
func (s *stream) happened(ctx context.Context, n ticket.News) error {
	t, e := n.Ticket, n.Event
	if t == nil {
		return s.send("gone", e.Position, map[string]string{"ticket": e.Subject})
	}
	if n.Message != nil {
		form, err := s.p.messageOf(ctx, s.me, t, n.Message)
		if err != nil {
			return err
		}
		// Without a position: who loses the line here gets both again.
		if err := s.send("message", 0, form); err != nil {
			return err
		}
	}
	form, err := s.p.ticketOf(ctx, s.me, t)
	if err != nil {
		return err
	}
	var f ticket.Facts
	if err := e.Payload(&f); err != nil {
		return err
	}
	// What the page has of the ticket's messages isn't so any more.
	if slices.Contains([]string{ticket.Merged, ticket.Unmerged, ticket.Split, ticket.Erased}, e.Type) || e.Type == ticket.Redacted && f.Seq == 0 {
		if err := s.send("moved", 0, map[string]string{"ticket": t.ID}); err != nil {
			return err
		}
	}
	return s.send("ticket", e.Position, form)
}

func (s *stream) live(ctx context.Context, l ticket.Live) error {
	if l.Ticket != "" {
		if _, err := s.p.desk.Tickets.Get(ctx, s.me.Actor(), l.Ticket); errors.Is(err, store.ErrNotFound) {
			return nil // not for his eyes
		} else if err != nil {
			return err
		}
	}
	switch {
	case l.Actor.Kind == event.Agent && l.Ticket != "" && l.Actor.ID != s.me.ID:
		return s.colleague(ctx, l)
	case l.Actor.Kind != event.EndUser:
		return nil
	case l.Ticket == "":
		return s.send("presence", 0, map[string]any{"end_user": l.EndUser, "online": l.Online})
	}
	who, err := s.p.person(ctx, l.Actor)
	if err != nil {
		return err
	}
	return s.send("typing", 0, map[string]any{"ticket": l.Ticket, "name": who.Name, "typing": l.Typing})
}

// colleague tells of another agent who opens a ticket, leaves it, or types there.
func (s *stream) colleague(ctx context.Context, l ticket.Live) error {
	who, err := s.p.person(ctx, l.Actor)
	if err != nil {
		return err
	}
	what := "viewing"
	if l.EndUser != "" {
		what = "answering"
	}
	return s.send(what, 0, map[string]any{"ticket": l.Ticket, "agent": who, "on": l.Viewing || l.Typing})
}

// beat shows that the line is up, and asks whether the agent is active still.
func (s *stream) beat(ctx context.Context) error {
	me, err := s.p.desk.People.Agent(ctx, s.me.ID)
	if err != nil {
		return err
	}
	if me.Inactive {
		return fmt.Errorf("agent %s: %w", me.ID, identity.ErrSession)
	}
	return s.send("ping", 0, struct{}{})
}

func (s *stream) send(what string, position int64, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("event %s: %w", what, err)
	}
	text := "event: " + what + "\n"
	if position > 0 {
		text += "id: " + strconv.FormatInt(position, 10) + "\n"
	}
	s.rc.SetWriteDeadline(time.Now().Add(writeTime))
	if _, err := s.w.Write([]byte(text + "data: " + string(b) + "\n\n")); err != nil {
		return err
	}
	return s.rc.Flush()
}
