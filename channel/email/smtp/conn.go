package smtp

import (
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// door lets connections in, as many as there may be.
type door struct {
	net.Listener
	o ServerOptions

	mu     sync.Mutex
	open   map[*conn]bool
	ending bool
}

// Accept implements net.Listener. Who is one too many is told so.
func (d *door) Accept() (net.Conn, error) {
	for {
		nc, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c := d.admit(nc); c != nil {
			return c, nil
		}
		nc.SetWriteDeadline(time.Now().Add(time.Second))
		io.WriteString(nc, "421 4.3.2 Too many connections, try again later\r\n")
		nc.Close()
	}
}

func (d *door) admit(nc net.Conn) *conn {
	c := &conn{Conn: nc, door: d, ip: remoteIP(nc), timeout: d.o.Timeout, ends: time.Now().Add(lives * d.o.Timeout)}
	d.mu.Lock()
	defer d.mu.Unlock()
	same := 0
	for other := range d.open {
		if other.ip == c.ip {
			same++
		}
	}
	limited := !d.o.LMTP && c.ip.IsValid() && !c.ip.IsLoopback()
	if d.ending || len(d.open) >= d.o.Connections || limited && same >= d.o.PerIP {
		return nil
	}
	d.open[c] = true
	return c
}

// end lets nobody in, and ends the connections by which no mail is coming.
func (d *door) end() {
	d.each(func(c *conn) { c.end() })
}

// cut closes the connections that are left.
func (d *door) cut() {
	d.each(func(c *conn) { c.Close() })
}

func (d *door) each(f func(*conn)) {
	d.mu.Lock()
	d.ending = true
	open := make([]*conn, 0, len(d.open))
	for c := range d.open {
		open = append(open, c)
	}
	d.mu.Unlock()
	for _, c := range open {
		f(c)
	}
}

func remoteIP(c net.Conn) netip.Addr {
	at, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{} // a socket of the machine's own
	}
	return at.Addr().Unmap()
}

// conn is a connection of a client, with limits of time. The library sets a deadline for
// each command and none for what a mail holds; here each read and write has its own.
type conn struct {
	net.Conn
	door    *door
	ip      netip.Addr
	timeout time.Duration
	ends    time.Time

	mu     sync.Mutex
	busy   bool  // a mail is being received
	ending bool  // the server ends
	over   error // what further reads give
}

// Read implements net.Conn.
func (c *conn) Read(b []byte) (int, error) {
	c.mu.Lock()
	if c.over == nil && c.ending && !c.busy {
		c.over = os.ErrDeadlineExceeded
	}
	err := c.over
	if err == nil {
		err = c.Conn.SetReadDeadline(c.deadline())
	}
	c.mu.Unlock()
	if err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b)
	if err != nil {
		c.hangUp(err)
	}
	return n, err
}

// Write implements net.Conn. Who doesn't read an answer isn't listened to any more.
func (c *conn) Write(b []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(c.deadline()); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(b)
	if err != nil {
		c.hangUp(err)
	}
	return n, err
}

func (c *conn) deadline() time.Time {
	if at := time.Now().Add(c.timeout); at.Before(c.ends) {
		return at
	}
	return c.ends
}

// SetReadDeadline, SetWriteDeadline and SetDeadline do nothing: see conn.
func (c *conn) SetReadDeadline(time.Time) error  { return nil }
func (c *conn) SetWriteDeadline(time.Time) error { return nil }
func (c *conn) SetDeadline(time.Time) error      { return nil }

// Close implements net.Conn.
func (c *conn) Close() error {
	c.hangUp(net.ErrClosed)
	c.door.mu.Lock()
	delete(c.door.open, c)
	c.door.mu.Unlock()
	return c.Conn.Close()
}

// hangUp ends the connection after the answer that is being written.
func (c *conn) hangUp(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over == nil {
		c.over = err
	}
}

// broken says whether nothing more comes from the client.
func (c *conn) broken() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over != nil
}

// occupy says that a mail is being received, or no longer.
func (c *conn) occupy(busy bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = busy
}

func (c *conn) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ending = true
	if !c.busy {
		c.Conn.SetReadDeadline(time.Now()) // who waits for a command is told
	}
}
