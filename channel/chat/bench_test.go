package chat_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/chat"
)

// BenchmarkSend is a message of a visitor's who has written before, through the
// handler: token, transaction, answer.
func BenchmarkSend(b *testing.B) {
	for _, on := range []string{"memory", "bbolt"} {
		b.Run(on, func(b *testing.B) {
			config := frontdesk.Config{}
			if on == "bbolt" {
				config.Path = filepath.Join(b.TempDir(), "x.db")
			}
			d := newDesk(b, config, false)
			ann := d.visit("ann", nil)
			id := ann.sent("first", "hello").Conversation.ID
			handler := d.Handler()
			var n atomic.Int64
			b.ReportAllocs()
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					body := fmt.Sprintf(`{"client_id":"%d","conversation":%q,"text":"Is the spring oolong back?"}`, n.Add(1), id)
					r := httptest.NewRequestWithContext(context.Background(), "POST", "/chat/v1/messages", strings.NewReader(body))
					r.Header.Set("Authorization", "Bearer "+ann.token)
					w := httptest.NewRecorder()
					if handler.ServeHTTP(w, r); w.Code != http.StatusOK {
						b.Error(w.Code, w.Body)
						return
					}
				}
			})
		})
	}
}

// BenchmarkCursor is reading and writing the cursor of one conversation.
func BenchmarkCursor(b *testing.B) {
	d := newDesk(b, frontdesk.Config{}, true)
	ann := d.visit("ann", nil)
	events, _ := ann.listen("")
	ann.sent("1", "hello")
	cursor := next(b, events, "message").id
	b.ReportAllocs()
	for b.Loop() {
		if _, err := chat.ReadCursor(cursor); err != nil {
			b.Fatal(err)
		}
	}
}
