package chat_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// network is a desk on sockets, with and without TLS.
type network struct {
	*desk
	plain, secure string // addresses
}

func onNetwork(t *testing.T, c frontdesk.Config, wrap func(http.Handler) http.Handler) *network {
	t.Helper()
	n := &network{desk: newDeskBehind(t, c, true, wrap)}
	for look := time.NewTicker(time.Millisecond); !n.Chat.Serves(); <-look.C {
		if t.Context().Err() != nil {
			t.Fatal("Run doesn't serve streams")
		}
	}
	n.plain = strings.TrimSuffix(strings.TrimPrefix(n.url, "http://"), "/support/")
	server := httptest.NewTLSServer(wrap(http.StripPrefix("/support", n.Handler())))
	n.secure = server.Listener.Addr().String()
	t.Cleanup(func() {
		n.Chat.Close()
		server.CloseClientConnections()
		server.Close()
	})
	return n
}

// each runs a test on a plain connection and on one with TLS.
func (n *network) each(t *testing.T, test func(t *testing.T, dial func() net.Conn)) {
	for name, dial := range map[string]func() (net.Conn, error){
		"plain": func() (net.Conn, error) { return net.Dial("tcp", n.plain) },
		"tls": func() (net.Conn, error) {
			return tls.Dial("tcp", n.secure, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // it is a test's
		},
	} {
		t.Run(name, func(t *testing.T) {
			test(t, func() net.Conn {
				t.Helper()
				conn, err := dial()
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { conn.Close() })
				conn.SetDeadline(time.Now().Add(5 * time.Minute)) // a test that fails ends
				return conn
			})
		})
	}
}

func bare(h http.Handler) http.Handler { return h }

// The answer that is written by hand says what the server's would, with the headers that
// others have set.
func TestHeadOfAStream(t *testing.T) {
	t.Parallel()
	n := onNetwork(t, frontdesk.Config{Origins: []string{"https://shop.example"}}, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Strict-Transport-Security", "max-age=1")
			w.Header().Set("X-Of-Host", "one\r\nX-Evil: 1")
			h.ServeHTTP(w, r)
		})
	})
	ann := n.visit("ann", nil)
	n.each(t, func(t *testing.T, dial func() net.Conn) {
		for _, version := range []string{"1.0", "1.1"} {
			conn := dial()
			fmt.Fprintf(conn, "GET /support/chat/v1/stream HTTP/%s\r\nHost: desk\r\nOrigin: https://shop.example\r\nAuthorization: Bearer %s\r\n\r\n", version, ann.token)
			in := bufio.NewReader(conn)
			first, err := in.Peek(len("HTTP/1.x 200 OK\r\n"))
			if want := "HTTP/" + version + " 200 OK\r\n"; err != nil || string(first) != want {
				t.Errorf("%q, %v, want %q", first, err, want)
			}
			// A client of the standard library doesn't show this one.
			if sent, err := in.Peek(in.Buffered()); err != nil || !strings.Contains(string(sent), "\r\nConnection: close\r\n") {
				t.Errorf("%q, %v doesn't say that the connection ends with it", sent, err)
			}
			r := &reader{t: t, conn: conn, in: in}
			h := r.answer().Header
			for name, want := range map[string]string{
				"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff",
				"Access-Control-Allow-Origin": "https://shop.example", "Vary": "Origin", "Strict-Transport-Security": "max-age=1",
				"X-Of-Host": "one  X-Evil: 1", "X-Evil": "", "Content-Length": "", "Transfer-Encoding": "",
			} {
				if got := h.Get(name); got != want {
					t.Errorf("HTTP/%s, %s: %q, want %q", version, name, got, want)
				}
			}
			if _, err := http.ParseTime(h.Get("Date")); err != nil {
				t.Error(err)
			}
			if e := r.next("ready"); e.id == "" {
				t.Error("no stream")
			}
		}
	})
}

// Who asks for the headers alone gets those.
func TestHeadRequest(t *testing.T) {
	t.Parallel()
	n := onNetwork(t, frontdesk.Config{}, bare)
	ann := n.visit("ann", nil)
	n.each(t, func(t *testing.T, dial func() net.Conn) {
		conn := dial()
		in := bufio.NewReader(conn)
		ask := func(method, path string) *http.Response {
			fmt.Fprintf(conn, "%s /support/chat/v1/%s HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer %s\r\n\r\n", method, path, ann.token)
			resp, err := http.ReadResponse(in, &http.Request{Method: method})
			if err != nil {
				t.Fatal(err)
			}
			return resp
		}
		if resp := ask("HEAD", "stream"); resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("%s %v", resp.Status, resp.Header)
		}
		// The connection is still the server's.
		if resp := ask("GET", "conversations"); resp.StatusCode != http.StatusOK {
			t.Errorf("then %s", resp.Status)
		}
	})
}

// Who says more than his request, before the answer or later, is hung up on: nothing of
// it is taken for anything.
func TestWhoTalksOn(t *testing.T) {
	t.Parallel()
	n := onNetwork(t, frontdesk.Config{}, bare)
	ann := n.visit("ann", nil)
	n.each(t, func(t *testing.T, dial func() net.Conn) {
		for _, more := range []string{"GE", "POST /support/chat/v1/logout HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer " + ann.token + "\r\n\r\n"} {
			r := ann.reads(dial(), "", more)
			if resp := r.answer(); resp.StatusCode != http.StatusBadRequest || !resp.Close {
				t.Errorf("followed by %.10q: %s", more, resp.Status)
			}
			r = ann.reads(dial(), "", "")
			r.answer()
			r.next("hours")
			if _, err := io.WriteString(r.conn, more); err != nil {
				t.Error(err)
			}
			if _, err := io.Copy(io.Discard, r.in); err != nil && strings.Contains(err.Error(), "timeout") {
				t.Errorf("later %.10q: the stream goes on", more)
			}
		}
	})
	if a := ann.get("conversations"); a.Status != http.StatusOK {
		t.Errorf("the session: %d", a.Status)
	}
}

// A request with a body, which nobody needs, works as ever.
func TestAStreamWithABody(t *testing.T) {
	t.Parallel()
	n := onNetwork(t, frontdesk.Config{}, bare)
	ann := n.visit("ann", nil)
	n.each(t, func(t *testing.T, dial func() net.Conn) {
		conn := dial()
		fmt.Fprintf(conn, "GET /support/chat/v1/stream HTTP/1.1\r\nHost: desk\r\nContent-Length: 2\r\nAuthorization: Bearer %s\r\n\r\n{}", ann.token)
		r := &reader{t: t, conn: conn, in: bufio.NewReader(conn)}
		r.answer()
		if e := r.next("ready"); e.id == "" {
			t.Error("no stream")
		}
	})
}

// It shows soon that a client has gone, and not only when it is written to.
func TestWhoHasGone(t *testing.T) {
	t.Parallel()
	n := onNetwork(t, frontdesk.Config{}, bare)
	n.Chat.SetHeartbeat(time.Hour)
	ann := n.visit("ann", nil)
	n.each(t, func(t *testing.T, dial func() net.Conn) {
		r := ann.reads(dial(), "", "")
		r.answer()
		r.next("hours")
		all, deaf := n.Presence.Listen("")
		defer deaf()
		r.conn.Close()
		timeout := time.After(5 * time.Minute)
		for {
			select {
			case l := <-all:
				if l.Actor == (event.Actor{Kind: event.EndUser, ID: ann.id}) && !l.Online {
					return
				}
			case <-timeout:
				t.Fatal("she is there still")
			}
		}
	})
}

// serving counts the goroutines that serve connections or streams.
func serving() (n int) {
	stacks := make([]byte, 16<<20)
	for one := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if strings.Contains(one, "net/http.(*conn).serve(") || strings.Contains(one, "chat.(*service).work(") {
			n++
		}
	}
	return n
}

// Streams that have nothing to tell have no goroutine. It isn't parallel: it counts them.
func TestIdleStreamsHaveNoGoroutine(t *testing.T) { //nolint:paralleltest // see above
	n := onNetwork(t, frontdesk.Config{}, bare)
	const many = 100
	n.each(t, func(t *testing.T, dial func() net.Conn) {
		for i := range many {
			r := n.visit(fmt.Sprint("ann", i), nil).reads(dial(), "", "")
			r.answer()
			r.next("hours")
		}
		for end := time.Now().Add(5 * time.Minute); serving() > many/10 && time.Now().Before(end); {
			runtime.Gosched() // until the requests' have ended
		}
		if got := serving(); got > many/10 {
			t.Errorf("%d goroutines serve %d streams", got, many)
		}
	})
}

// Streams come and go while their messages are written, some after they have heard a few,
// some before they have begun, about a thousand of them. Together they are whole: each
// message once, in order.
func TestStreamsThatComeAndGo(t *testing.T) {
	t.Parallel()
	n := onNetwork(t, frontdesk.Config{}, bare)
	const people, messages = 16, 30
	n.each(t, func(t *testing.T, dial func() net.Conn) {
		var wg sync.WaitGroup
		var opened atomic.Int64
		for p := range people {
			ann := n.visit(fmt.Sprint(strings.ReplaceAll(t.Name(), "/", "-"), p), nil)
			id := ann.sent("1", "hello").Conversation.ID
			r := ann.reads(dial(), "", "")
			r.answer()
			cursor := r.next("ready").id
			r.conn.Close()
			wg.Go(func() {
				for i := range messages {
					if _, _, err := n.Tickets.Reply(t.Context(), n.mira, id, ticket.Draft{Text: fmt.Sprint("line ", i)}); err != nil {
						t.Error(err)
					}
				}
			})
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(p), 1))
				for seq := int64(1); seq <= messages; opened.Add(1) {
					r := ann.reads(dial(), cursor, "")
					r.answer()
					for range rng.IntN(3) {
						if seq > messages {
							break
						}
						e := r.next("message")
						m := e.message()
						if seq++; m.Seq != seq || m.Text != fmt.Sprint("line ", seq-2) {
							t.Errorf("%d: message %d %q after %d", p, m.Seq, m.Text, seq-1)
							return
						}
						cursor = e.id
					}
					r.conn.Close()
				}
			})
		}
		wg.Wait()
		if opened.Load() < people*messages/2 {
			t.Errorf("%d streams try little", opened.Load())
		}
	})
}
