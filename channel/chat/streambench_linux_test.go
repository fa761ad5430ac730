package chat_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// full is a desk with many visitors, of whom the first have a conversation.
type full struct {
	*frontdesk.Desk
	tokens  []string
	tickets []string
	agent   event.Actor
}

func newFull(b *testing.B, n, writers int) *full {
	b.Helper()
	ctx := context.Background()
	must := func(err error) {
		if err != nil {
			b.Helper()
			b.Fatal(err)
		}
	}
	desk, err := frontdesk.Open(ctx, frontdesk.Config{})
	must(err)
	f := &full{Desk: desk}
	agent := &identity.Agent{ID: "mira", Name: "Mira Okafor", Role: identity.Admin}
	must(f.People.SaveAgent(ctx, system(), agent))
	f.agent = agent.Actor()
	for i := range n {
		sess, err := f.People.Begin(ctx, identity.Visit{App: ticket.DefaultApp, Platform: "webchat", Device: fmt.Sprintf("a-secret-of-a-device-0123456789-%08d", i)})
		must(err)
		f.tokens = append(f.tokens, sess.Token)
		if i >= writers {
			continue
		}
		must(f.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			_, err := f.People.Ensure(ctx, tx, sess)
			return err
		}))
		w, err := f.Tickets.Write(ctx, ticket.Inbound{EndUser: sess.EndUser.ID, App: sess.App, Platform: sess.Platform, Channel: "chat", Draft: ticket.Draft{ClientID: "1", Text: "Is the spring oolong back?"}})
		must(err)
		f.tickets = append(f.tickets, w.Ticket.ID)
	}
	_, err = f.Drain(ctx)
	must(err)
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	wg.Go(func() {
		if err := f.Run(ctx); !errors.Is(err, context.Canceled) {
			b.Errorf("run: %v", err)
		}
	})
	b.Cleanup(func() {
		cancel()
		wg.Wait()
		must(f.Close())
	})
	return f
}

// serveFull serves a crowd, and returns the address.
func serveFull(b *testing.B, h http.Handler, way string) string {
	b.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	switch way {
	case "http1":
		server.Start()
	default:
		server.EnableHTTP2 = way == "http2"
		server.StartTLS()
	}
	b.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.Listener.Addr().String()
}

// serveCrowd serves a crowd that listens, and returns it.
func serveCrowd(b *testing.B, h http.Handler, way, what string, tokens []string) *crowd {
	b.Helper()
	return newCrowd(b, crowdSpec{Address: serveFull(b, h, way), Way: way, Clients: len(tokens), Event: what})
}

// BenchmarkIdleStreams is what streams cost in memory that tell nothing: the growth of
// the process by ten thousand of them (on HTTP/2, where clients need more, by two), each
// on a connection of its own. The time is that of opening one.
func BenchmarkIdleStreams(b *testing.B) {
	f := newFull(b, room(b, 10_000), 1000)
	for way, n := range map[string]int{"http1": len(f.tokens), "tls": len(f.tokens), "http2": min(len(f.tokens), 2_000)} {
		b.Run(way, func(b *testing.B) {
			server := serveFull(b, f.Handler(), way)
			b.ReportAllocs()
			var grown int64
			rounds := 0
			for b.Loop() {
				b.StopTimer()
				c := newCrowd(b, crowdSpec{Address: server, Way: way, Clients: n})
				settle()
				before := resident(b)
				b.StartTimer()
				c.open(f.tokens[:n])
				b.StopTimer()
				rounds++
				settle()
				grown = resident(b) - before
				c.leave()
				for len(f.Presence.EndUsers()) > 0 {
					runtime.Gosched()
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rounds*n), "ns/op")
			b.ReportMetric(float64(grown)/float64(n), "rss-bytes/stream")
			b.ReportMetric(float64(n), "streams")
		})
	}
}

// settle gives memory back that isn't in use. A stack shrinks by half with each
// collection, of which there is one every two minutes at the least.
func settle() {
	for range 3 {
		debug.FreeOSMemory()
	}
}

// perMessage measures what one more message to each of a crowd costs the process, by the
// time that processors work for it: what the clients do isn't counted.
func perMessage(b *testing.B, c *crowd, tokens []string, tell func()) {
	b.Helper()
	c.open(tokens)
	before, rounds := worked(b), 0
	for b.Loop() {
		tell()
		c.await("round")
		rounds++
	}
	took, messages := worked(b)-before, rounds*len(tokens)
	b.ReportMetric(float64(took.Nanoseconds())/float64(messages), "ns/op")
	b.ReportMetric(float64(messages)/took.Seconds(), "messages/core-s")
}

const heard = 5_000 // streams that hear something

// BenchmarkStreamMessages is a message to each of many streams, that somebody of the
// staff came or went, in processor time. Its baseline is a handler with a goroutine per
// stream that is given the same bytes.
func BenchmarkStreamMessages(b *testing.B) {
	for _, way := range []string{"http1", "tls"} {
		b.Run(way, func(b *testing.B) {
			f := newFull(b, room(b, heard), 0)
			var leave func()
			perMessage(b, serveCrowd(b, f.Handler(), way, "presence", f.tokens), f.tokens, func() {
				if leave == nil {
					leave = f.Presence.Come(f.agent)
					return
				}
				leave()
				leave = nil
			})
		})
	}
}

func BenchmarkStreamMessagesRaw(b *testing.B) {
	for _, way := range []string{"http1", "tls"} {
		b.Run(way, func(b *testing.B) {
			var mu sync.Mutex
			var ears []chan string
			tokens := strings.Split(strings.Repeat("x\n", room(b, heard)), "\n")[1:]
			c := serveCrowd(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ear := make(chan string, 1)
				mu.Lock()
				ears = append(ears, ear)
				mu.Unlock()
				rc := http.NewResponseController(w)
				w.Header().Set("Content-Type", "text/event-stream")
				for ear <- "event: presence\ndata: {\"online\":false}\n\n"; ; {
					select {
					case <-r.Context().Done():
						return
					case text := <-ear:
						if _, err := io.WriteString(w, text); err != nil || rc.Flush() != nil {
							return
						}
					}
				}
			}), way, "presence", tokens)
			perMessage(b, c, tokens, func() {
				for _, ear := range ears {
					ear <- "event: presence\ndata: {\"online\":true}\n\n"
				}
			})
		})
	}
}

// BenchmarkStreamReplies is an agent's reply to each of many who listen, whole: stored,
// looked up, told, and noted as delivered, in processor time. Its baseline is the same
// with a handler for each stream.
func BenchmarkStreamReplies(b *testing.B) { replies(b, func(h http.Handler) http.Handler { return h }) }

func BenchmarkStreamRepliesRaw(b *testing.B) { replies(b, covered) }

func replies(b *testing.B, wrap func(http.Handler) http.Handler) {
	f := newFull(b, room(b, 1000), 1000)
	perMessage(b, serveCrowd(b, wrap(f.Handler()), "http1", "message", f.tokens), f.tokens, func() {
		for _, id := range f.tickets {
			if _, _, err := f.Tickets.Reply(b.Context(), f.agent, id, ticket.Draft{Text: "It is, since this morning."}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
