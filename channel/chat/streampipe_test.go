package chat_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/chat"
	"github.com/frontdesk-go/frontdesk/identity"
)

// pipes is a network in memory that buffers nothing: who doesn't read keeps the other
// side from writing.
type pipes struct {
	conns chan net.Conn
	ended chan struct{}
	end   func()
}

func newPipes() *pipes {
	p := &pipes{conns: make(chan net.Conn), ended: make(chan struct{})}
	p.end = sync.OnceFunc(func() { close(p.ended) })
	return p
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.end(); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.ended:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// piped is a desk under a simulated clock, on such a network.
type piped struct {
	*desk
	pipes  *pipes
	secure bool
}

// inBubble runs a test of streams under a simulated clock, each way.
func inBubble(t *testing.T, ways []string, test func(t *testing.T, d *piped)) {
	t.Parallel()
	for _, way := range ways {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := &piped{desk: openDesk(t, frontdesk.Config{}, true), pipes: newPipes(), secure: way == "tls"}
				h := http.StripPrefix("/support", d.Handler())
				if way == "handlers" {
					h = covered(h)
				}
				server := &httptest.Server{Listener: d.pipes, Config: &http.Server{Handler: h}}
				if d.secure {
					server.StartTLS()
				} else {
					server.Start()
				}
				d.http = server.Client()
				transport := d.http.Transport.(*http.Transport)
				transport.DialContext = d.pipes.dial
				d.url = server.URL + "/support/"
				t.Cleanup(func() {
					d.Chat.Close()
					server.CloseClientConnections()
					server.Close()
				})
				test(t, d)
			})
		})
	}
}

// everyWay is plain, TLS, and without taking connections over.
func everyWay() []string { return []string{"plain", "tls", "handlers"} }

// reader is a client that reads when it likes.
type reader struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

// reads opens a stream on a connection.
func (c *client) reads(conn net.Conn, cursor, more string) *reader {
	c.d.t.Helper()
	request := "GET /support/chat/v1/stream HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer " + c.token + "\r\n"
	if cursor != "" {
		request += "Last-Event-ID: " + cursor + "\r\n"
	}
	_, err := io.WriteString(conn, request+"\r\n"+more)
	c.d.must(err)
	return &reader{t: c.d.t, conn: conn, in: bufio.NewReader(conn)}
}

// answer reads the beginning of the answer.
func (r *reader) answer() *http.Response {
	r.t.Helper()
	resp, err := http.ReadResponse(r.in, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	r.in = bufio.NewReader(resp.Body)
	return resp
}

// next reads up to the next event of a kind; it is empty where the stream ends before.
func (r *reader) next(what string) (e told) {
	for {
		line, err := r.in.ReadString('\n')
		if err != nil {
			return told{}
		}
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch key {
		case "event":
			e.what = value
		case "id":
			e.id = value
		case "data":
			e.data = []byte(value)
		case "":
			if e.what == what {
				return e
			}
			e = told{}
		}
	}
}

func (d *piped) dial() net.Conn {
	d.t.Helper()
	conn, err := d.pipes.dial(d.t.Context(), "", "")
	d.must(err)
	if d.secure {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // it is a pipe
	}
	return conn
}

// Who doesn't read holds up nobody, though there are more of them than workers; after
// their time they are hung up on, and have everything once they come back.
func TestSlowReaders(t *testing.T) {
	inBubble(t, everyWay(), func(t *testing.T, d *piped) {
		const many = 80
		type slow struct {
			*client
			*reader
			id, cursor string
		}
		var all []*slow
		for i := range many {
			s := &slow{client: d.visit(fmt.Sprint("slow", i), nil)}
			s.id = s.sent("1", "hello").Conversation.ID
			d.admitted(s.id)
			s.reader = s.reads(d.dial(), "", "")
			s.answer()
			s.cursor = s.next("ready").id
			s.next("hours")
			all = append(all, s)
		}
		brisk := d.visit("brisk", nil)
		id := brisk.sent("1", "hello").Conversation.ID
		d.admitted(id)
		events, _ := brisk.listen("")
		next(t, events, "hours")

		start := time.Now()
		for _, s := range all {
			d.reply(s.id, "are you there?")
		}
		synctest.Wait()
		d.reply(id, "good morning")
		if m := next(t, events, "message").message(); m.Text != "good morning" || time.Since(start) > time.Second {
			t.Errorf("the brisk one has %q after %v", m.Text, time.Since(start))
		}
		<-time.After(30 * time.Second)
		synctest.Wait()
		for i, s := range all {
			if e := s.reader.next("message"); e.what != "" {
				t.Fatalf("slow %d wasn't hung up on: %s", i, e.data)
			}
			events, _ := s.listen(s.cursor)
			if m := next(t, events, "message").message(); m.Text != "are you there?" || m.Seq != 2 {
				t.Errorf("slow %d, back again: %+v", i, m)
			}
		}
	})
}

// A session that ends without a word to its stream ends it at the next heartbeat.
func TestAStreamOfADeadSessionEnds(t *testing.T) {
	inBubble(t, everyWay(), func(t *testing.T, d *piped) {
		ann := d.visit("ann", nil)
		events, _ := ann.listen("")
		next(t, events, "hours")
		other := *ann
		other.begin(signed("u1", "")) // in another tab
		start := time.Now()
		next(t, events, "bye")
		if past := time.Since(start); past > 15*time.Second {
			t.Errorf("it ends %v later", past)
		}
	})
}

// Who is banned hears so at the next heartbeat, and gets no other stream until the ban is
// over.
func TestAStreamOfTheBannedEnds(t *testing.T) {
	inBubble(t, everyWay(), func(t *testing.T, d *piped) {
		ann := d.visit("ann", signed("u1", ""))
		ann.sent("1", "hello")
		events, _ := ann.listen("")
		next(t, events, "hours")
		ban, err := d.People.Ban(t.Context(), frontdesk.Host(), identity.Ban{Kind: identity.BanUserID, Value: "u1"})
		d.must(err)
		start := time.Now()
		next(t, events, "bye")
		if past := time.Since(start); past > 15*time.Second {
			t.Errorf("it ends %v later", past)
		}
		if got := ann.get("stream"); got.Status != http.StatusForbidden || got.Code != "banned" {
			t.Errorf("another one: %d %s", got.Status, got.Body)
		}
		d.must(d.People.Lift(t.Context(), frontdesk.Host(), ban.ID))
		events, _ = ann.listen("")
		next(t, events, "hours")
	})
}

// Streams beat every fifteen seconds, and not all at the same time.
func TestBeats(t *testing.T) {
	inBubble(t, []string{"plain"}, func(t *testing.T, d *piped) {
		const many = 30
		start := time.Now()
		var mu sync.Mutex
		var at [many][]time.Duration
		for i := range many {
			r := d.visit(fmt.Sprint("ann", i), nil).reads(d.dial(), "", "")
			r.answer()
			r.next("hours")
			go func() {
				for {
					line, err := r.in.ReadString('\n')
					if err != nil {
						return
					}
					if line == ": \n" {
						mu.Lock()
						at[i] = append(at[i], time.Since(start))
						mu.Unlock()
					}
				}
			}()
		}
		<-time.After(time.Minute + time.Millisecond)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		var firsts []time.Duration
		for i, beats := range at {
			if len(beats) != 4 {
				t.Fatalf("stream %d beats %v in a minute", i, beats)
			}
			for k, beat := range beats {
				if want := beats[0] + time.Duration(k)*15*time.Second; beat.Round(time.Millisecond) != want.Round(time.Millisecond) {
					t.Errorf("stream %d beats at %v, want %v", i, beat, want)
				}
			}
			firsts = append(firsts, beats[0])
		}
		if spread := slices.Max(firsts) - slices.Min(firsts); spread < 5*time.Second {
			t.Errorf("all beat within %v", spread)
		}
	})
}

// When Run ends all streams are told, and one that doesn't read holds up nothing. Later
// ones get a handler.
func TestRunTakesLeave(t *testing.T) {
	inBubble(t, []string{"plain", "tls"}, func(t *testing.T, d *piped) {
		deaf := d.visit("deaf", nil)
		id := deaf.sent("1", "hello").Conversation.ID
		d.admitted(id)
		r := deaf.reads(d.dial(), "", "")
		r.answer()
		r.next("hours")
		var all []<-chan told
		for i := range 10 {
			events, _ := d.visit(fmt.Sprint("ann", i), nil).listen("")
			next(t, events, "hours")
			all = append(all, events)
		}
		d.reply(id, "are you there?")
		synctest.Wait()
		start := time.Now()
		d.stop()
		if past := time.Since(start); past > 2*time.Second {
			t.Errorf("Run ends %v late", past)
		}
		for _, events := range all {
			next(t, events, "bye")
			if e, more := <-events; more {
				t.Errorf("after the end: %+v", e)
			}
		}
		events, _ := d.visit("late", nil).listen("")
		next(t, events, "ready")
	})
}

// Close ends streams of both kinds, and those that come afterwards.
func TestCloseEndsStreams(t *testing.T) {
	inBubble(t, everyWay(), func(t *testing.T, d *piped) {
		ann := d.visit("ann", nil)
		events, _ := ann.listen("")
		next(t, events, "hours")
		d.Chat.Close()
		next(t, events, "bye")
		events, _ = ann.listen("")
		next(t, events, "bye")
	})
}

// Who opens too many streams loses the oldest.
func TestTooManyStreams(t *testing.T) {
	inBubble(t, everyWay(), func(t *testing.T, d *piped) {
		ann := d.visit("ann", nil)
		id := ann.sent("1", "hello").Conversation.ID
		d.admitted(id)
		var all []<-chan told
		for range 23 {
			events, _ := ann.listen("")
			next(t, events, "hours")
			all = append(all, events)
		}
		d.reply(id, "good morning")
		for i, events := range all {
			if i < 3 {
				for e := range events {
					if e.what == "message" {
						t.Errorf("stream %d goes on", i)
					}
				}
				continue
			}
			next(t, events, "message")
		}
	})
}

// A stream may be served by one Run at a time.
func TestRunTwice(t *testing.T) {
	inBubble(t, []string{"plain"}, func(t *testing.T, d *piped) {
		synctest.Wait()
		if err := d.Chat.Run(t.Context()); !errors.Is(err, chat.ErrRunning) {
			t.Errorf("a second Run: %v", err)
		}
	})
}

// Signs of typing that a client is behind with are the newest ones.
func TestSignsPileUp(t *testing.T) {
	inBubble(t, everyWay(), func(t *testing.T, d *piped) {
		ann := d.visit("ann", nil)
		id := ann.sent("1", "hello").Conversation.ID
		d.admitted(id)
		r := ann.reads(d.dial(), "", "")
		r.answer()
		r.next("hours")
		tk, err := d.Tickets.Get(t.Context(), d.mira, id)
		d.must(err)
		d.reply(id, "one") // and while that isn't taken:
		synctest.Wait()
		for range 100 {
			d.Presence.Typing(tk, d.mira, true)
			d.Presence.Typing(tk, d.mira, false)
		}
		r.next("conversation")
		var got []string
		for range 2 {
			e := r.next("typing")
			got = append(got, string(e.data))
			if strings.Contains(string(e.data), "false") {
				break
			}
		}
		if last := got[len(got)-1]; !strings.Contains(last, `"typing":false`) {
			t.Errorf("typing: %q", got)
		}
		d.reply(id, "two")
		if m := r.next("message").message(); m.Text != "two" {
			t.Errorf("then %+v", m)
		}
	})
}
