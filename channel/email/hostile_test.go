package email

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// pieces is a mail that is made while it is read: head, then a piece so many times, then
// an end.
func pieces(head, piece string, n int, end string) io.Reader {
	rs := []io.Reader{strings.NewReader(head)}
	chunk := strings.Repeat(piece, max(1, min(n, 1000)))
	for ; n >= 1000; n -= 1000 {
		rs = append(rs, strings.NewReader(chunk))
	}
	return io.MultiReader(append(rs, strings.NewReader(strings.Repeat(piece, n)+end))...)
}

// What is made to break a desk costs bounded memory, and is kept or refused. The sizes are
// a tenth of what a desk takes. Not parallel: what is allocated is counted.
func TestHostileMails(t *testing.T) {
	dir, err := blob.OpenDir(t.TempDir())
	must(t, err)
	t.Cleanup(func() { dir.Close() })
	r := joinRoomOver(t, memstore.New(), dir, &hand{at: monday}, Options{MaxBytes: 10 << 20, PerSender: -1}).furnished()
	head := func(i int, more string) string {
		return fmt.Sprintf("From: eve@mail.example\r\nMessage-ID: <%d@mail.example>\r\nSubject: s\r\n%s\r\n", i, more)
	}
	var nested strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&nested, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	file := "Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n"
	for i, c := range []struct {
		name  string
		r     io.Reader
		state State // "" is refused
		most  uint64
	}{
		{"a file of 9 MB", pieces(head(0, file), strings.Repeat("QUFB", 19)+"\r\n", 120_000, ""), StateDone, 8 << 20},
		{"more than 10 MB", pieces(head(1, file), strings.Repeat("QUFB", 19)+"\r\n", 140_000, ""), "", 8 << 20},
		{"10,000 parts", pieces(head(2, "Content-Type: multipart/mixed; boundary=b\r\n"), "--b\r\n\r\nx\r\n", 10_000, ""), StateHeld, 16 << 20},
		{"10,000 recipients", pieces(strings.TrimSuffix(head(3, "Cc: "), "\r\n"), "a@b.example,\r\n ", 10_000, "\r\n\r\nx"), StateHeld, 32 << 20},
		{"nested 1,000 deep", pieces(strings.TrimSuffix(head(4, ""), "\r\n")+nested.String(), "x", 1, ""), StateHeld, 16 << 20},
		{"references of no end", pieces(strings.TrimSuffix(head(5, "References:"), "\r\n"), " <a@b>", 100_000, "\r\n\r\nx"), StateDone, 64 << 20},
		{"a header of no end", pieces(strings.TrimSuffix(head(6, ""), "\r\n"), "X: y\r\n z\r\n", 500_000, ""), StateHeld, 96 << 20},
		{"one line of 9 MB", pieces(head(7, ""), "xxxxxxxxx", 1<<20, ""), StateDone, 64 << 20},
		{"9 MB of empty lines", pieces(head(8, ""), "\r\n", 9<<19, ""), StateDone, 64 << 20},
		{"a header of folded lines", pieces(strings.TrimSuffix(head(9, "X: y\r\n"), "\r\n"), " z\r\n", 200_000, "\r\nx"), StateDone, 64 << 20},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d, err := r.Receive(t.Context(), Envelope{Source: "raw"}, c.r)
		if err == nil {
			r.work()
			d, err = r.received(t.Context(), d.ID)
			must(t, err)
		} else {
			d = &Received{}
		}
		runtime.ReadMemStats(&after)
		used := after.TotalAlloc - before.TotalAlloc
		if d.State != c.state || c.state == "" && !is[*blob.TooLargeError](err) || used > c.most {
			t.Errorf("%d, %s: %s %s, %v, %d MB allocated", i, c.name, d.State, d.Error, err, used>>20)
		}
	}
}

// Whatever comes in, it is processed to its end, once, and is kept unless a message has
// it, or it was here before.
func FuzzReceive(f *testing.F) {
	r := openRoom(f, memstore.New(), Options{PerSender: -1, Verifier: "mx"})
	for _, raw := range []string{"", "x", letter("Hello", from("eve@mail.example", "1", "Re: [#1]")...), letter("", "From: a@b.example", "Content-Type: text/html"), bounced("help@shop.example", "x"),
		letter("--b\r\nContent-Disposition: attachment; filename=\"../\x00.exe\"\r\n\r\nMZ\r\n--b--", from("eve@mail.example", "2", "s", "Content-Type: multipart/mixed; boundary=b")...),
		"From: <>\nTo: ,,\nAuthentication-Results: mx; dmarc=fail\n\n> a\n\nb", "\r\n\r\nFrom: late@mail.example\r\n\r\nx", "From: a@b.example\r\nReply-To: \r\nX-Frontdesk-Desk:\r\nReferences: <<>> <a\r\n\r\n\xff\xfe"} {
		f.Add([]byte(raw), "help@shop.example")
	}
	room := r
	f.Fuzz(func(t *testing.T, raw []byte, to string) {
		r := &mailroom{room.Service, t, room.clock}
		e := Envelope{Source: "raw", From: to, To: []string{to}}
		d, err := r.Receive(t.Context(), e, strings.NewReader(string(raw)))
		must(t, err)
		_, err = r.Jobs.Step(t.Context())
		must(t, err)
		if d, err = r.received(t.Context(), d.ID); err != nil || d.State == StateWaiting {
			t.Fatalf("%+v, %v", d, err)
		}
		switch d.State {
		case StateDone:
			ms, _, err := r.Tickets.Messages(t.Context(), host, d.Ticket, d.Seq-1, 0, 1)
			if err != nil || len(ms) != 1 || ms[0].Text == "" && len(ms[0].Attachments) == 0 {
				t.Fatalf("%+v, %v", ms, err)
			}
		case StateHeld:
			if d.Blob == "" || d.Reason == ReasonFailed {
				t.Fatalf("%+v", d)
			}
		}
		again := r.gets(string(raw), e)
		if again.State != StateDuplicate && again.State != d.State {
			t.Fatalf("%+v came again as %+v", d, again)
		}
	})
}

// Whatever a mail says, one that isn't from somebody who may write on a ticket doesn't
// get there.
func FuzzThread(f *testing.F) {
	r := openRoom(f, memstore.New(), Options{PerSender: -1})
	x := r.opened()
	for _, lines := range []string{"", "In-Reply-To: <first@mail.example>", "To: " + r.tagged("help@shop.example", tag{forReplies, x.ID, 0}), fmt.Sprintf("Subject: [#%d]", x.Number),
		"Cc: eve@mail.example, bob@mail.example\r\nSender: eve@mail.example", "Reply-To: eve@mail.example\r\nReferences: <first@mail.example>"} {
		f.Add(lines)
	}
	room := r
	f.Fuzz(func(t *testing.T, lines string) {
		r := &mailroom{room.Service, t, room.clock}
		before := r.ticket(x.ID).Rev
		d := r.gets("From: Mallory <mallory@mail.example>\r\n"+lines+"\r\n\r\nLet me in.", Envelope{})
		if d.From == "mallory@mail.example" && (d.Ticket == x.ID || r.ticket(x.ID).Rev != before) {
			t.Fatalf("%+v", d)
		}
	})
}
