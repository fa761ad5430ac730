package chat

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
)

// line is a connection that was taken over from the server: its buffers and its
// goroutine are free, and what is left is the socket.
type line struct {
	conn    net.Conn
	service *service
}

// errTalks: a client has said more than it was asked for.
var errTalks = errors.New("something follows the request")

// hijack takes the connection over, and returns it with the beginning of the answer.
// It is nil where that can't be: on HTTP/2, where something wraps the writer, where
// nobody runs who would serve it, and where the request has a body. A client that goes on
// talking before it has its answer is refused.
func (c *Chat) hijack(w http.ResponseWriter, r *http.Request) (*line, []byte, error) {
	v := c.room.served()
	if v == nil || r.ProtoMajor != 1 || r.ContentLength != 0 {
		return nil, nil, nil
	}
	conn, buffers, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, nil
	}
	l := &line{conn, v}
	h := w.Header().Clone()
	if buffers.Reader.Buffered() > 0 {
		h.Set("Content-Length", "0")
		l.write(head(r, http.StatusBadRequest, h))
		l.close()
		return nil, nil, errTalks
	}
	h.Del("Content-Length")
	return l, head(r, http.StatusOK, h), nil
}

// head is the beginning of an answer that ends with its connection, which every client
// and proxy understands.
func head(r *http.Request, status int, h http.Header) []byte {
	h.Del("Transfer-Encoding")
	h.Del("Trailer")
	h.Set("Connection", "close")
	if h.Get("Date") == "" {
		h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.%d %d %s\r\n", min(r.ProtoMinor, 1), status, http.StatusText(status))
	h.Write(&b)
	b.WriteString("\r\n")
	return b.Bytes()
}

// write gives the client its time to take all of b. After less a TLS connection is of no
// use any more, and neither is the stream.
func (l *line) write(b []byte) error {
	l.conn.SetWriteDeadline(time.Now().Add(writeTime))
	if l.service.hurry.Load() {
		l.hurry()
	}
	_, err := l.conn.Write(b)
	return hungUp(err)
}

// hurry leaves a write that is under way, or the next one, the time of parting.
func (l *line) hurry() { l.conn.SetWriteDeadline(time.Now().Add(parting)) }

// close hangs up. TLS takes leave first, which a client that takes nothing mustn't draw
// out.
func (l *line) close() {
	if t, ok := l.conn.(*tls.Conn); ok {
		defer time.AfterFunc(patience, func() { t.NetConn().Close() }).Stop()
	}
	l.conn.Close()
}

// heard says whether the client has hung up or said something, without taking it, as
// far as that can be seen.
func (l *line) heard(g *glancer) bool {
	conn := l.conn
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	s, ok := conn.(syscall.Conn)
	if !ok {
		return false // it shows when the next beat can't be written
	}
	raw, err := s.SyscallConn()
	return err != nil || g.heard(raw)
}

// listenTime is how long it may take to understand what the client began to say.
const listenTime = 10 * time.Millisecond

// gone says whether what was heard ends the stream: a hang-up does, and so does who
// talks. What TLS says among itself is nothing.
func (l *line) gone() bool {
	if _, ok := l.conn.(*tls.Conn); !ok {
		return true
	}
	var b [1]byte
	l.conn.SetReadDeadline(time.Now().Add(listenTime))
	n, err := io.ReadFull(l.conn, b[:])
	l.conn.SetReadDeadline(time.Time{})
	return n > 0 || !errors.Is(err, os.ErrDeadlineExceeded)
}
