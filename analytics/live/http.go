package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/frontdesk-go/frontdesk/channel/problem"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Handler serves the desk as it stands. actor says who asks; its error is the answer, and
// identity.ErrSession is 401. Errors are problem+json. Of a stream it is asked again, every
// 15 s: one that it doesn't name the same for any more ends.
//
//	GET  now                  Form
//	GET  stream               server-sent events of the type now, a Form each; a comment each 15 s
//	POST agents/{id}          {"state": "away", "reason": "lunch"}
//	POST queues/{id}          {"paused": true}
//
// Mount it under a prefix that ends with a slash, and strip that. Requests to change
// something that a browser sends from another origin are refused.
func (s *Service) Handler(actor func(*http.Request) (event.Actor, error)) http.Handler {
	mux := http.NewServeMux()
	for pattern, f := range map[string]func(http.ResponseWriter, *http.Request, event.Actor) error{
		"GET /now": s.serveNow,
		"GET /stream": func(w http.ResponseWriter, r *http.Request, who event.Actor) error {
			return s.serveStream(w, r, who, func() bool {
				still, err := actor(r)
				return err == nil && still == who
			})
		},
		"POST /agents/{id}": s.setAgent,
		"POST /queues/{id}": s.setQueue,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			who, err := actor(r)
			if err == nil {
				err = f(w, r, who)
			}
			if err != nil {
				problem.Write(w, r, s.log, err)
			}
		})
	}
	return http.NewCrossOriginProtection().Handler(mux)
}

// Form is a [Snapshot] as JSON. Durations are seconds, moments that aren't there null.
type Form struct {
	At      time.Time   `json:"at"`
	Through int64       `json:"through"`
	Total   TicketsForm `json:"total"`
	Minutes [60]Minute  `json:"minutes"`
	Spike   *Spike      `json:"spike"`
	Queues  []QueueForm `json:"queues"`
	Agents  []AgentForm `json:"agents"`
}

// TicketsForm is [Tickets] as JSON.
type TicketsForm struct {
	Open           int      `json:"open"`
	Backlog        int      `json:"backlog"`
	Wait           float64  `json:"wait"`
	Created        int      `json:"created"`
	Assigned       int      `json:"assigned"`
	FirstResponses int      `json:"first_responses"`
	Resolved       int      `json:"resolved"`
	Reopened       int      `json:"reopened"`
	FirstResponse  *float64 `json:"first_response"`
}

// QueueForm is [Queue] as JSON.
type QueueForm struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	TicketsForm
	Oldest    *time.Time   `json:"oldest"`
	Waited    float64      `json:"waited"`
	Colour    queue.Colour `json:"colour"`
	Hours     bool         `json:"at_work"`
	Until     *time.Time   `json:"until"`
	Paused    bool         `json:"paused"`
	Manual    bool         `json:"manual"`
	Available int          `json:"available"`
	Agents    int          `json:"agents"`
	Capacity  *float64     `json:"capacity"` // null: no limit
	Spike     *Spike       `json:"spike"`
}

// AgentForm is [Agent] as JSON.
type AgentForm struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Team     string         `json:"team"`
	State    queue.State    `json:"state"`
	Since    *time.Time     `json:"since"`
	Reason   string         `json:"reason"`
	Tickets  int            `json:"tickets"`
	Waiting  int            `json:"waiting"`
	Weight   float64        `json:"weight"`
	Limit    *float64       `json:"limit"` // null: none
	Channels map[string]int `json:"channels"`
}

// Form is the snapshot as JSON.
func (n *Snapshot) Form() *Form {
	f := &Form{At: n.At, Through: n.Through, Total: n.Total.form(), Minutes: n.Minutes, Spike: n.Spike, Queues: []QueueForm{}, Agents: []AgentForm{}}
	for i := range n.Queues {
		q := &n.Queues[i]
		f.Queues = append(f.Queues, QueueForm{ID: q.ID, Name: q.Name, TicketsForm: q.form(), Oldest: moment(q.Front.Oldest), Waited: q.Front.Waited.Seconds(), Colour: q.Front.Colour,
			Hours: q.Front.Open, Until: moment(q.Front.Until), Paused: q.Front.Paused, Manual: q.Front.Manual, Available: q.Available, Agents: q.Agents, Capacity: q.Capacity, Spike: q.Spike})
	}
	for _, a := range n.Agents {
		g := AgentForm{ID: a.ID, Name: a.Name, Team: a.Team, State: a.State, Since: moment(a.Since), Reason: a.Reason, Tickets: a.Tickets, Waiting: a.Waiting, Weight: a.Weight, Channels: map[string]int{}}
		if a.Limit > 0 {
			g.Limit = &a.Limit
		}
		for _, c := range a.Channels {
			g.Channels[c.Channel] = c.Tickets
		}
		f.Agents = append(f.Agents, g)
	}
	return f
}

func (t *Tickets) form() TicketsForm {
	h := &t.Hour
	f := TicketsForm{Open: t.Open, Backlog: t.Backlog, Wait: t.Wait.Seconds(), Created: h.Created, Assigned: h.Assigned, FirstResponses: h.FirstResponses, Resolved: h.Resolved, Reopened: h.Reopened}
	if h.FirstResponse.Known {
		f.FirstResponse = &h.FirstResponse.Number
	}
	return f
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (s *Service) serveNow(w http.ResponseWriter, r *http.Request, who event.Actor) error {
	snap, err := s.Now(r.Context(), who)
	if err != nil {
		return err
	}
	return write(w, snap.Form())
}

func write(w http.ResponseWriter, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(b) // who is gone can't be told
	return nil
}

// How often a stream says that it is there, and how long a write may take.
const (
	heartbeat = 15 * time.Second
	writeTime = 20 * time.Second
)

// serveStream streams as long as the reader is who he was.
func (s *Service) serveStream(w http.ResponseWriter, r *http.Request, who event.Actor, still func() bool) error {
	ctx, cancel := context.WithCancel(r.Context())
	type news struct {
		snap *Snapshot
		err  error
	}
	told, ended := make(chan news), make(chan struct{})
	go func() { // it ends with this function
		defer close(ended)
		for snap, err := range s.Watch(ctx, who) {
			select {
			case told <- news{snap, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	defer func() { cancel(); <-ended }()
	rc := http.NewResponseController(w)
	rc.SetReadDeadline(time.Time{})
	send := func(b []byte) bool {
		rc.SetWriteDeadline(time.Now().Add(writeTime))
		_, err := w.Write(b)
		return err == nil && rc.Flush() == nil
	}
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for begun := false; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if !still() {
				return nil // who comes again is told why
			}
			if begun && !send([]byte(":\n\n")) {
				return nil
			}
		case n := <-told:
			if n.err != nil && !begun {
				return n.err
			}
			if n.err != nil {
				return nil // who comes again is told why
			}
			if !begun {
				begun = true
				h := w.Header()
				h.Set("Content-Type", "text/event-stream")
				h.Set("Cache-Control", "no-store")
				h.Set("X-Accel-Buffering", "no")
			}
			b, err := json.Marshal(n.snap.Form())
			if err != nil {
				return err
			}
			if !send(fmt.Appendf(nil, "event: now\ndata: %s\n\n", b)) {
				return nil
			}
		}
	}
}

// maxBody is for what is changed.
const maxBody = 4 << 10

func read(w http.ResponseWriter, r *http.Request, v any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("more than one value")
		}
	}
	if err != nil {
		return fmt.Errorf("%w: %w", problem.ErrMalformed, err)
	}
	return nil
}

func (s *Service) setAgent(w http.ResponseWriter, r *http.Request, who event.Actor) error {
	var in struct {
		State  queue.State `json:"state"`
		Reason string      `json:"reason"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	av, err := s.Queues.SetAvailability(r.Context(), who, r.PathValue("id"), in.State, in.Reason)
	if err != nil {
		return err
	}
	return write(w, av)
}

func (s *Service) setQueue(w http.ResponseWriter, r *http.Request, who event.Actor) error {
	var in struct {
		Paused *bool `json:"paused"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	if in.Paused == nil {
		return fmt.Errorf("%w: paused is missing", problem.ErrMalformed)
	}
	q, err := s.Queues.Pause(r.Context(), who, r.PathValue("id"), *in.Paused)
	if err != nil {
		return err
	}
	return write(w, struct {
		ID     string `json:"id"`
		Paused bool   `json:"paused"`
	}{q.ID, q.Paused})
}
