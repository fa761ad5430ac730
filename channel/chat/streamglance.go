//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package chat

import (
	"errors"
	"syscall"
)

// glancer looks at sockets.
type glancer struct{ b [1]byte }

// heard says whether there is something to read at a socket, or it has ended.
func (g *glancer) heard(raw syscall.RawConn) bool {
	something := true
	err := raw.Read(func(fd uintptr) bool {
		_, _, err := syscall.Recvfrom(int(fd), g.b[:], syscall.MSG_PEEK)
		something = !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EINTR)
		return true // whatever it was, it isn't waited for
	})
	return err != nil || something
}
