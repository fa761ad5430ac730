package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // as a program that reads mails has it

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// benchMail is a mail of 9 KB with text, HTML and what it quotes.
func benchMail(i int64) string {
	quoted := strings.Repeat("> We have sent it, and it is on its way to you. Thank you for waiting.\r\n", 40)
	html := "<div>Where is my order?</div><blockquote type=\"cite\">" + strings.Repeat("<p>We have sent it, and it is on its way to you. Thank you for waiting.</p>\r\n", 40) + "</blockquote>"
	return letter("--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nWhere is my order?\r\n\r\nOn Mon, 4 May 2026 at 08:00, Shop <help@shop.example> wrote:\r\n"+quoted+
		"--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"+strings.ReplaceAll(html, "=", "=3D")+"\r\n--b--",
		from(fmt.Sprintf("Eve <eve%d@mail.example>", i), fmt.Sprintf("%d@mail.example", i), "My order", "Content-Type: multipart/alternative; boundary=b")...)
}

// benchRoom is a desk in memory, or in a file with mails in a directory.
func benchRoom(b *testing.B, on string) *mailroom {
	b.Helper()
	var d driver.Store = memstore.New()
	var blobs blob.Store
	if on == "bbolt" {
		dir := b.TempDir()
		bolt, err := boltstore.Open(filepath.Join(dir, "desk.db"), nil)
		must(b, err)
		files, err := blob.OpenDir(filepath.Join(dir, "files"))
		must(b, err)
		b.Cleanup(func() { files.Close() })
		d, blobs = bolt, files
	}
	return joinRoomOver(b, d, blobs, nil, Options{}).furnished()
}

// BenchmarkReceive is a mail that is durable, of many that come at once.
func BenchmarkReceive(b *testing.B) {
	for _, on := range []string{"memory", "bbolt"} {
		b.Run(on, func(b *testing.B) {
			r := benchRoom(b, on)
			var n atomic.Int64
			b.ReportAllocs()
			b.SetParallelism(16)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := r.Receive(b.Context(), Envelope{Source: "raw"}, strings.NewReader(benchMail(n.Add(1)))); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// BenchmarkProcess is a mail that was received and becomes a ticket, of many that wait.
func BenchmarkProcess(b *testing.B) {
	for _, on := range []string{"memory", "bbolt"} {
		b.Run(on, func(b *testing.B) {
			r := benchRoom(b, on)
			for i := range b.N {
				_, err := r.Receive(b.Context(), Envelope{Source: "raw"}, strings.NewReader(benchMail(int64(i))))
				must(b, err)
			}
			ctx, stop := context.WithCancel(b.Context())
			defer stop()
			look := time.NewTicker(5 * time.Millisecond)
			defer look.Stop()
			b.ReportAllocs()
			b.ResetTimer()
			go r.Jobs.Run(ctx)
			for done := 0; done < b.N; {
				<-look.C
				must(b, r.DB.View(b.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
					done, err = receiveds.Count(ctx, tx, store.By("message"))
					return err
				}))
			}
			b.StopTimer()
		})
	}
}

// BenchmarkProcessParse is the part of it that reads the mail.
func BenchmarkProcessParse(b *testing.B) {
	raw := benchMail(1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := mail.Parse(strings.NewReader(raw), nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkProcessRaw is a MIME library that decodes the same mail, and does nothing else.
func BenchmarkProcessRaw(b *testing.B) {
	raw := benchMail(1)
	b.ReportAllocs()
	for b.Loop() {
		e, err := message.Read(strings.NewReader(raw))
		must(b, err)
		parts := e.MultipartReader()
		for {
			p, err := parts.NextPart()
			if errors.Is(err, io.EOF) {
				break
			}
			must(b, err)
			_, err = io.Copy(io.Discard, p.Body)
			must(b, err)
		}
	}
}
