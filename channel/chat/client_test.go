package chat_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const secret = "a secret of the host, thirty-two bytes or more"

// clock tells the time that a test sets.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// desk is a desk behind an HTTP server, with one agent.
type desk struct {
	*frontdesk.Desk
	t     testing.TB
	url   string
	http  *http.Client
	clock *clock
	mira  event.Actor
	stop  func() // ends Run, and waits for it
}

func system() event.Actor { return event.Actor{Kind: event.System} }

// newDesk opens a desk. Its background work is done by Drain, by the test's clock, or
// by Run, by the real one: that has to agree with the store's.
func newDesk(t testing.TB, c frontdesk.Config, run bool) *desk {
	t.Helper()
	return newDeskBehind(t, c, run, func(h http.Handler) http.Handler { return h })
}

// newDeskBehind is newDesk with a host's middleware around it.
func newDeskBehind(t testing.TB, c frontdesk.Config, run bool, wrap func(http.Handler) http.Handler) *desk {
	t.Helper()
	d := openDesk(t, c, run)
	server := httptest.NewServer(wrap(http.StripPrefix("/support", d.Handler())))
	d.url, d.http = server.URL+"/support/", http.DefaultClient
	t.Cleanup(func() {
		d.Chat.Close()
		server.CloseClientConnections()
		server.Close()
	})
	return d
}

// openDesk opens a desk without a server.
func openDesk(t testing.TB, c frontdesk.Config, run bool) *desk {
	t.Helper()
	d := &desk{t: t, clock: newClock()}
	if !run {
		c.Now = d.clock.now
	}
	var err error
	if d.Desk, err = frontdesk.Open(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	agent := &identity.Agent{ID: "mira", Name: "Mira Okafor", Role: identity.Admin}
	d.must(d.People.SaveAgent(t.Context(), system(), agent))
	d.mira = agent.Actor()
	_, err = d.People.AddSecret(t.Context(), system(), ticket.DefaultApp, secret)
	d.must(err)
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	if run {
		wg.Go(func() {
			if err := d.Run(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("run: %v", err)
			}
		})
	}
	d.stop = func() {
		cancel()
		wg.Wait()
	}
	t.Cleanup(func() {
		d.stop()
		d.must(d.Close())
	})
	return d
}

// eachDesk runs a test on a desk of each back end.
func eachDesk(t *testing.T, c frontdesk.Config, run bool, test func(t *testing.T, d *desk)) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		c := c
		c.Store = s
		test(t, newDesk(t, c, run))
	})
}

// eachWay runs a test of streams on a desk of each back end that serves them with
// workers, and on one that a middleware keeps from taking connections over.
func eachWay(t *testing.T, c frontdesk.Config, test func(t *testing.T, d *desk)) {
	t.Parallel()
	for way, wrap := range map[string]func(http.Handler) http.Handler{
		"workers":  func(h http.Handler) http.Handler { return h },
		"handlers": covered,
	} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			eachstore.Run(t, func(t *testing.T, s driver.Store) {
				c := c
				c.Store = s
				test(t, newDeskBehind(t, c, true, wrap))
			})
		})
	}
}

// covered keeps connections from being taken over, as a middleware does that counts
// bytes, say.
func covered(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(cover{w, http.NewResponseController(w)}, r)
	})
}

type cover struct {
	http.ResponseWriter
	rc *http.ResponseController
}

func (c cover) FlushError() error                  { return c.rc.Flush() }
func (c cover) SetReadDeadline(t time.Time) error  { return c.rc.SetReadDeadline(t) }
func (c cover) SetWriteDeadline(t time.Time) error { return c.rc.SetWriteDeadline(t) }

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// platform changes the settings of the web chat.
func (d *desk) platform(change func(*ticket.App, *ticket.Platform)) {
	d.t.Helper()
	app, err := d.Tickets.App(d.t.Context(), ticket.DefaultApp)
	d.must(err)
	p, err := app.Platform("webchat")
	d.must(err)
	change(app, p)
	d.must(d.Tickets.SaveApp(d.t.Context(), system(), app))
}

func (d *desk) reply(id, text string) *ticket.Message {
	d.t.Helper()
	_, m, err := d.Tickets.Reply(d.t.Context(), d.mira, id, ticket.Draft{Text: text})
	d.must(err)
	return m
}

// answer is what a request got. The fields of all bodies are in one.
type answer struct {
	Status int
	Header http.Header
	Body   []byte

	Code  string `json:"code"`
	Field string `json:"field"`
	Limit int64  `json:"limit"`

	Token   string `json:"token"`
	EndUser struct {
		ID    string `json:"id"`
		Known bool   `json:"known"`
		Name  string `json:"name"`
	} `json:"end_user"`
	Refused *struct {
		Reason string `json:"reason"`
	} `json:"login_refused"`
	Config        map[string]any     `json:"config"`
	Conversation  conversation       `json:"conversation"`
	Conversations []conversation     `json:"conversations"`
	Message       message            `json:"message"`
	Messages      []message          `json:"messages"`
	More          bool               `json:"more"`
	Warnings      []identity.Warning `json:"warnings"`

	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
	URL  string `json:"url"`
}

type conversation struct {
	ID           string `json:"id"`
	Status       string `json:"status"`
	Unread       int    `json:"unread"`
	LastSeq      int64  `json:"last_seq"`
	AgentReadSeq int64  `json:"agent_read_seq"`
	FollowUpOf   string `json:"follow_up_of"`
	Agent        *struct {
		Name string `json:"name"`
	} `json:"agent"`
	CanReopen bool `json:"can_reopen"`
	Resolved  *struct {
		Question ticket.Answer `json:"question"`
		Survey   *struct {
			Score   int    `json:"score"`
			Comment string `json:"comment"`
		} `json:"survey"`
	} `json:"resolved"`
}

type message struct {
	Conversation string `json:"conversation"`
	Seq          int64  `json:"seq"`
	ClientID     string `json:"client_id"`
	Text         string `json:"text"`
	Delivery     string `json:"delivery"`
	Choices      []string
	Form         map[string]any
	Author       struct {
		Kind string `json:"kind"`
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"author"`
	Attachments []struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	} `json:"attachments"`
}

// client is an end user's device.
type client struct {
	d      *desk
	device string
	token  string
	id     string
}

// visit begins a session on a device of this name.
func (d *desk) visit(name string, login *identity.Login) *client {
	d.t.Helper()
	c := &client{d: d, device: (name + strings.Repeat("-", 40))[:40]}
	if a := c.begin(login); a.Status != http.StatusOK {
		d.t.Fatalf("session: %d %s", a.Status, a.Body)
	}
	return c
}

func (c *client) begin(login *identity.Login) *answer {
	c.d.t.Helper()
	a := c.post("session", map[string]any{"device": c.device, "user": login})
	c.token, c.id = a.Token, a.EndUser.ID
	return a
}

func signed(user, email string) *identity.Login {
	return &identity.Login{UserID: user, Email: email, HMAC: identity.Sign(secret, user, email)}
}

func (c *client) post(path string, body any) *answer {
	c.d.t.Helper()
	b, err := json.Marshal(body)
	c.d.must(err)
	return c.do("POST", path, "application/json", bytes.NewReader(b))
}

func (c *client) get(path string) *answer {
	c.d.t.Helper()
	return c.do("GET", path, "", nil)
}

func (c *client) send(id, text string) *answer {
	c.d.t.Helper()
	return c.post("messages", map[string]any{"client_id": id, "text": text})
}

// sent is send, which has to succeed.
func (c *client) sent(id, text string) *answer {
	c.d.t.Helper()
	a := c.send(id, text)
	if a.Status != http.StatusOK {
		c.d.t.Fatalf("send %q: %d %s", text, a.Status, a.Body)
	}
	return a
}

func (c *client) upload(name, content string) *answer {
	c.d.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", name)
	c.d.must(err)
	_, err = io.WriteString(part, content)
	c.d.must(err)
	c.d.must(w.Close())
	return c.do("POST", "attachments", w.FormDataContentType(), &form)
}

func (c *client) do(method, path, contentType string, body io.Reader) *answer {
	c.d.t.Helper()
	if !strings.HasPrefix(path, "chat/") && !strings.HasPrefix(path, "widget") {
		path = "chat/v1/" + path
	}
	req, err := http.NewRequestWithContext(c.d.t.Context(), method, c.d.url+path, body)
	c.d.must(err)
	req.Header.Set("Content-Type", contentType)
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.d.http.Do(req)
	c.d.must(err)
	defer resp.Body.Close()
	a := &answer{Status: resp.StatusCode, Header: resp.Header}
	a.Body, err = io.ReadAll(resp.Body)
	c.d.must(err)
	json.Unmarshal(a.Body, a) // an attachment's content is no JSON
	return a
}

// told is one server-sent event.
type told struct {
	what, id string
	data     []byte
}

func (e told) message() (m message) { json.Unmarshal(e.data, &m); return m }

// listen opens the stream at a cursor. Events come by the channel, which is closed
// when the stream ends.
func (c *client) listen(cursor string) (events <-chan told, hangUp func()) {
	c.d.t.Helper()
	ctx, cancel := context.WithCancel(c.d.t.Context())
	req, err := http.NewRequestWithContext(ctx, "GET", c.d.url+"chat/v1/stream", nil)
	c.d.must(err)
	req.Header.Set("Authorization", "Bearer "+c.token)
	if cursor != "" {
		req.Header.Set("Last-Event-ID", cursor)
	}
	resp, err := c.d.http.Do(req)
	c.d.must(err)
	if resp.StatusCode != http.StatusOK {
		c.d.t.Fatalf("stream: %s", resp.Status)
	}
	out := make(chan told, 1000)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(out)
		defer resp.Body.Close()
		scan := bufio.NewScanner(resp.Body)
		scan.Buffer(nil, 1<<20)
		var e told
		for scan.Scan() {
			key, value, _ := strings.Cut(scan.Text(), ": ")
			switch key {
			case "event":
				e.what = value
			case "id":
				e.id = value
			case "data":
				e.data = []byte(value)
			case "":
				if e.what != "" {
					out <- e
				}
				e = told{}
			}
		}
	}()
	hangUp = func() { cancel(); <-done }
	c.d.t.Cleanup(hangUp)
	return out, hangUp
}

// next waits for the next event of one kind.
func next(t testing.TB, events <-chan told, what string) told {
	t.Helper()
	timeout := time.After(5 * time.Minute) // longer than a heartbeat
	for {
		select {
		case e, ok := <-events:
			if !ok {
				t.Fatalf("the stream ended before %q", what)
			}
			if e.what == what {
				return e
			}
		case <-timeout:
			t.Fatalf("no %q came", what)
		}
	}
}

// admitted waits until a ticket has left intake: nothing of its own moves any more.
func (d *desk) admitted(id string) {
	d.t.Helper()
	watch := d.Events.Watch(id)
	defer watch.Stop()
	for {
		t, err := d.Tickets.Get(d.t.Context(), system(), id)
		d.must(err)
		if t.Intake == "" {
			return
		}
		select {
		case <-watch.C():
		case <-d.t.Context().Done():
			d.t.Fatal("it never leaves intake")
		}
	}
}
