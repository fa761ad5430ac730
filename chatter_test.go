package frontdesk_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// chatter is an end user who writes numbers, one after the other, to whichever
// process answers, and reads what comes over the stream.
type chatter struct {
	f      *fleet
	device string
	done   chan struct{} // closed when all that is sent should have been heard

	mu     sync.Mutex
	token  string
	acked  int // numbers from 1 to here were acknowledged
	tried  int // and the next one may have been sent
	ticket string
	heard  []string // texts in the order in which the stream brought them
	resets int
}

func newChatter(f *fleet, i int) *chatter {
	return &chatter{f: f, device: fmt.Sprintf("device-%02d-%s", i, strings.Repeat("x", 32)), done: make(chan struct{})}
}

// post sends a request to some process. It reports false when it should be sent
// again, perhaps to another one.
func (c *chatter) post(ctx context.Context, path, token string, body, answer any) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	b, err := json.Marshal(body)
	if err != nil {
		c.f.t.Error(err)
		return false
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.f.any()+path, bytes.NewReader(b))
	if err != nil {
		c.f.t.Error(err)
		return false
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return false
	}
	if resp.StatusCode >= 300 && resp.StatusCode != http.StatusServiceUnavailable {
		c.f.t.Errorf("%s says %d: %s", path, resp.StatusCode, text)
	}
	return resp.StatusCode < 300 && json.Unmarshal(text, answer) == nil
}

// begin opens the session, which all processes know.
func (c *chatter) begin(ctx context.Context) string {
	c.mu.Lock()
	token := c.token
	c.mu.Unlock()
	for token == "" && ctx.Err() == nil {
		var answer struct{ Token string }
		if !c.post(ctx, "/chat/v1/session", "", map[string]any{"device": c.device}, &answer) {
			pause(ctx, 20*time.Millisecond)
			continue
		}
		c.mu.Lock()
		if c.token == "" {
			c.token = answer.Token
		}
		token = c.token
		c.mu.Unlock()
	}
	return token
}

// write sends numbers until ctx ends, each until it is acknowledged.
func (c *chatter) write(ctx context.Context) {
	token := c.begin(ctx)
	for n := 1; ctx.Err() == nil; n++ {
		c.mu.Lock()
		c.tried = n
		c.mu.Unlock()
		var answer struct {
			Conversation struct{ ID string }
		}
		for !c.post(ctx, "/chat/v1/messages", token, map[string]any{"client_id": fmt.Sprint(n), "text": fmt.Sprint(n)}, &answer) {
			if pause(ctx, 20*time.Millisecond); ctx.Err() != nil {
				return
			}
		}
		c.mu.Lock()
		c.acked, c.ticket = n, answer.Conversation.ID
		c.mu.Unlock()
	}
}

// listen follows the stream, from process to process, until it is done.
func (c *chatter) listen(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		<-c.done
		cancel()
	}()
	token, last := c.begin(ctx), ""
	for ctx.Err() == nil {
		last = c.follow(ctx, token, last)
		pause(ctx, 20*time.Millisecond)
	}
}

// follow reads one connection to its end, and returns the cursor of the last event
// that came whole.
func (c *chatter) follow(ctx context.Context, token, last string) string {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.f.any()+"/chat/v1/stream", nil)
	if err != nil {
		return last
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return last
	}
	defer resp.Body.Close()
	var what, data, id string
	for r := bufio.NewReader(resp.Body); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			return last
		}
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch key {
		case "event":
			what = value
		case "data":
			data = value
		case "id":
			id = value
		case "":
			c.hear(what, data)
			if id != "" {
				last = id
			}
			what, data, id = "", "", ""
		}
	}
}

func (c *chatter) hear(what, data string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch what {
	case "reset":
		c.resets++
	case "message":
		var m struct{ Text string }
		if err := json.Unmarshal([]byte(data), &m); err != nil {
			c.f.t.Error(err)
		}
		c.heard = append(c.heard, m.Text)
	}
}

// finish waits until the stream has brought everything that was acknowledged.
func (c *chatter) finish() {
	ctx, cancel := context.WithTimeout(c.f.t.Context(), 5*time.Minute)
	defer cancel()
	for ; ctx.Err() == nil; pause(ctx, 20*time.Millisecond) {
		c.mu.Lock()
		n := 0
		if len(c.heard) > 0 {
			fmt.Sscan(c.heard[len(c.heard)-1], &n)
		}
		done := n >= c.acked
		c.mu.Unlock()
		if done {
			break
		}
	}
	close(c.done)
}

// read returns what the end user said, and how often each automation took which of
// it, by its place in the conversation.
func (c *chatter) read(desk *frontdesk.Desk) (said []*ticket.Message, notes map[event.Actor]map[string]int) {
	c.f.t.Helper()
	notes = map[event.Actor]map[string]int{witness: {}, echo: {}}
	for after, more := int64(0), true; more; {
		ms, rest, err := desk.Tickets.Messages(c.f.t.Context(), frontdesk.Host(), c.ticket, after, 0, 200)
		if err != nil {
			c.f.t.Fatal(err)
		}
		for _, m := range ms {
			if after++; m.Seq != after {
				c.f.t.Fatalf("message %d comes after %d", m.Seq, after-1)
			}
			if m.Author.Kind == event.EndUser {
				said = append(said, m)
			} else {
				notes[m.Author][m.Text]++
			}
		}
		more = rest
	}
	return said, notes
}

// check compares what is stored, and what was heard, with what was sent.
func (c *chatter) check(desk *frontdesk.Desk) {
	t := c.f.t
	t.Helper()
	if c.ticket == "" {
		t.Errorf("%s has no conversation", c.device)
		return
	}
	said, notes := c.read(desk)
	for i, m := range said {
		if m.Text != fmt.Sprint(i+1) {
			t.Errorf("message %d of %s says %s", i+1, c.device, m.Text)
		}
	}
	if len(said) < c.acked || len(said) > c.tried {
		t.Errorf("%d messages were acknowledged, %d tried, and %d are there", c.acked, c.tried, len(said))
	}
	for who, times := range notes {
		for _, m := range said {
			if n := times[fmt.Sprint(m.Seq)]; n != 1 {
				t.Errorf("%s took message %d of %s %d times", who, m.Seq, c.device, n)
			}
		}
		if len(times) != len(said) {
			t.Errorf("%s wrote %d notes for %d messages", who, len(times), len(said))
		}
	}
	c.checkHeard()
}

// checkHeard checks that the stream brought everything from where it began, in
// order and once.
func (c *chatter) checkHeard() {
	t := c.f.t
	if c.resets > 0 || len(c.heard) == 0 {
		t.Errorf("the stream of %s brought %d messages, and %d resets", c.device, len(c.heard), c.resets)
		return
	}
	var first, last int
	_, err := fmt.Sscan(c.heard[0], &first)
	for i, text := range c.heard {
		if last = first + i; text != fmt.Sprint(last) {
			err = errors.Join(err, fmt.Errorf("message %s comes where %d should", text, last))
			break
		}
	}
	if err != nil || last < c.acked {
		t.Errorf("the stream of %s brought %d to %d of %d: %v", c.device, first, last, c.acked, err)
	}
}
